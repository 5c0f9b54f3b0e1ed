"""The topic `accounts`, held in memory: who may log in, as what."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition
from prometheus_client import Counter, Gauge

from api.shared import Shared
from schemas.account_turn import change_accounts
from schemas.accounts import account_of
from schemas.dead_letters import buried, dead_letter
from schemas.errors import DecodeError, DependencyError
from schemas.events import Account, AuditEntry, Token
from schemas.ids import CONTEST_PARTITIONS
from schemas.producer import Producer
from schemas.reader import consumer, ends, fetched
from schemas.settings import Settings

__all__ = ["Accounts", "Known"]

logger = logging.getLogger(__name__)

APP = "api"
TOPIC = "accounts"
RETRY_S = 1.0
"""Between two attempts to read, when the client has given up: it reconnects by itself otherwise."""
CLOSE_S = 30.0
"""An end waits no longer for the reader, which belongs to the process: a broker that is away may hold it."""
WHOLE_S = 5.0
"""An answer waits so long for what was written before it was asked for: the reader is some milliseconds behind."""
LOOP_S = 1.0
"""A busy event loop is as much behind; one that has ended never answers, and the process would wait for it."""
POLL_S = 0.005
"""Between two looks at how far the reader has come."""
POSITION = Gauge("podium_api_accounts_position", "Next position of the topic accounts", ["partition"])
UNREADABLE = Counter("podium_api_accounts_unreadable", "Records of the topic accounts that are no accounts")


@dataclass(frozen=True, slots=True)
class Known:
    """An account and the name of its present state: any change of the account is another revision."""

    account: Account
    revision: str


class Accounts:
    """Follows the topic from its beginning on a thread of its own; reads are safe from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Known] = {}
        self._tokens: dict[str, str] = {}
        self._at: dict[str, tuple[tuple[str, str], ...]] = {}
        self._unread = set(range(CONTEST_PARTITIONS))
        self._next = dict.fromkeys(range(CONTEST_PARTITIONS), OFFSET_BEGINNING)
        self._buried: set[tuple[int, int]] = set()
        self.broken: BaseException | None = None
        """What ended the reading, and with it the process."""
        self._listener: Callable[[str], None] = lambda _: None
        self._shared = Shared()
        self._turn = asyncio.Lock()
        # who waits for a turn holds none of the threads that pictures, statements and checks of passwords need
        self._threads = ThreadPoolExecutor(2, "accounts")
        self._changes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="accounts", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether the topic was read to its end once."""
        return not self._unread

    @property
    def changes(self) -> int:
        """How many records were taken in: while it stays, every account is as it was."""
        return self._changes

    async def whole(self) -> None:
        """Return when all is known here that was written, by whichever process, before this call.

        Raises:
            DependencyError: when the broker does not answer, or the reader is behind.
        """
        try:
            async with asyncio.timeout(WHOLE_S):
                wanted = await self._shared.ask("ends", self._ends)
                # the reader is a thread of its own, and knows no loop
                while any(self._next[partition] < end for partition, end in wanted.items()):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise DependencyError("the accounts cannot be read; try again") from None

    async def change(self, username: str, change: Callable[[Account], tuple[Account, AuditEntry] | None]) -> None:
        """Write an account as *change* makes it of what it is, with the audit's entry; return when that is known here.

        *change* is called on another thread, and again where another process changed accounts at the same moment. Where it
        gives None there is nothing to write; what it raises comes from here. In this process one changes after the other.

        Raises:
            DependencyError: when the broker does not take it, or the account has gone.
        """
        loop = asyncio.get_running_loop()

        def changed() -> list[tuple[Account, AuditEntry]]:
            whole = asyncio.run_coroutine_threadsafe(self.whole(), loop)
            try:
                whole.result(WHOLE_S + LOOP_S)
            except concurrent.futures.TimeoutError:
                raise DependencyError("this process ends; try again") from None
            known = self.get(username)
            if known is None:
                raise DependencyError(f"there is no account {username!r} any more")
            made = change(known.account)
            return [] if made is None else [made]

        async with self._turn:  # two at once would take it from each other, and begin again
            await loop.run_in_executor(self._threads, change_accounts, self._settings, changed)
        await self.whole()

    async def _ends(self) -> dict[int, int]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, ends, self._settings, TOPIC, CONTEST_PARTITIONS)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have the *listener* told of each login whose account has changed, on the thread that reads."""
        self._listener = listener

    def current(self, account: Account) -> bool:
        """Whether the account is as it was."""
        known = self._known.get(account.username)
        return known is not None and known.account == account

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._thread.join(CLOSE_S)

    def get(self, username: str) -> Known | None:
        """The account, unless there is none or it is disabled.

        Raises:
            DependencyError: while the topic is not read to its end: who is unknown now may be known in a moment.
        """
        if not self.ready:
            raise DependencyError("the accounts are not read yet; try again in a few seconds")
        known = self._known.get(username)
        return None if known is None or known.account.disabled else known

    def exists(self, username: str) -> bool:
        """Whether there is such an account, be it disabled."""
        return username in self._known

    def by_token(self, digest: str) -> tuple[Account, Token] | None:
        """The account that has a token with this SHA-256 (hexadecimal), and the token, unless it is disabled."""
        known = self.get(self._tokens.get(digest, ""))
        held = (token for token in known.account.tokens if token.digest == digest) if known else ()
        token = next(iter(held), None)
        return (known.account, token) if known and token else None

    def at(self, address: str) -> tuple[tuple[str, str], ...]:
        """The logins that have this address and are not disabled, each with the contest in which they have it."""
        return self._at.get(address, ())

    def all(self) -> list[Account]:
        """Every account that is not disabled."""
        return [known.account for known in list(self._known.values()) if not known.account.disabled]

    def of(self, contest: str) -> list[Account]:
        """The accounts that belong to a contest, and those that belong to none in particular: every admin is of all."""
        found = (known.account for known in list(self._known.values()))
        return [
            one
            for one in found
            if one.role == "admin" or not one.memberships or any(m.contest == contest for m in one.memberships)
        ]

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except KafkaException as error:
                # from where it stands: what is older would replace what is known
                logger.warning("%s: %s; read on", TOPIC, error.args[0].str())
                self._stop.wait(RETRY_S)
            except BaseException as error:
                # a process that no longer hears who was shut out must not go on letting people in
                self.broken = error
                signal.raise_signal(signal.SIGINT)  # at once
                return

    def _read(self) -> None:
        reader = consumer(self._settings, **{"fetch.wait.max.ms": 100, "reconnect.backoff.max.ms": 500})
        reader.assign([TopicPartition(TOPIC, partition, position) for partition, position in self._next.items()])
        try:
            while not self._stop.is_set():
                for message in fetched(reader, 500, 0.2):
                    self._take(message)
                    if message.error() is None:
                        self._next[message.partition()] = message.offset() + 1
        finally:
            reader.close()

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its public name
                self._next[message.partition()] = message.offset()  # compaction may have left nothing before it
                self._unread.discard(message.partition())
            else:
                logger.warning("%s: %s", TOPIC, error.str())
            return
        where = f"{message.partition()}.{message.offset()}"
        POSITION.labels(str(message.partition())).set(message.offset() + 1)
        username, value = (message.key() or b"").decode(errors="replace"), message.value()
        if value is None:
            self._drop(username)
            return
        try:
            account = account_of(username, value)
        except DecodeError as wrong:
            UNREADABLE.inc()
            logger.error("%s %s is no account and changes nothing: %s", TOPIC, where, wrong)
            self._bury(message, wrong)
            return
        old = self._known.get(username)
        # one step: a request that looks meanwhile finds the old account or the new one, never none
        self._known[username] = Known(account, where)
        self._index(old.account if old else None, account)
        self._changes += 1
        self._listener(username)

    def _bury(self, message: Message, why: DecodeError) -> None:
        """Send the record to the dead letters, unless an api has done so: each reads the topic from its beginning."""
        where = (message.partition(), message.offset())
        while where not in self._buried and not self._stop.is_set():
            try:
                self._buried |= buried(self._settings, APP, TOPIC, self._stop)
                if where in self._buried:
                    return
                with Producer(self._settings) as producer:
                    dead_letter(
                        producer,
                        APP,
                        topic=TOPIC,
                        partition=where[0],
                        position=where[1],
                        key=message.key(),
                        value=message.value(),
                        error=why,
                    ).result()
                self._buried.add(where)
            except DependencyError as error:
                logger.warning("%s %d.%d: no dead letter yet: %s", TOPIC, *where, error)
                self._stop.wait(RETRY_S)

    def _drop(self, username: str) -> None:
        old = self._known.pop(username, None)
        self._index(old.account if old else None, None)
        self._changes += 1
        self._listener(username)

    def _index(self, old: Account | None, new: Account | None) -> None:
        """Find the account by its tokens and addresses as they are now."""
        held = {token.digest: new.username for token in new.tokens} if new else {}
        for token in old.tokens if old else ():
            if token.digest not in held:
                self._tokens.pop(token.digest, None)
        self._tokens |= held
        before, after = _addresses(old), _addresses(new)
        for address, whose in before - after:
            left = tuple(one for one in self._at.get(address, ()) if one != whose)
            self._at[address] = left
            if not left:
                del self._at[address]
        for address, whose in sorted(after - before):
            self._at[address] = (*self._at.get(address, ()), whose)


def _addresses(account: Account | None) -> set[tuple[str, tuple[str, str]]]:
    if account is None or account.disabled:
        return set()
    return {(one.ip, (account.username, one.contest)) for one in account.memberships if one.ip is not None}
