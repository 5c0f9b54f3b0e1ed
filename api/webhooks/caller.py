"""The calls: each webhook is told what its account sees of each contest, in order, one call at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import orjson
from prometheus_client import Counter

from api.access import Viewer, may_see_contest, viewer_of
from api.feed.feed import Feed
from api.feed.lines import Ground
from api.feed.source import Source
from api.feed.tokens import Place, Tokens
from api.site import Site
from api.webhooks.accounts import AccountsTold
from api.webhooks.address import resolved
from api.webhooks.cursor import Cursors
from api.webhooks.registry import switch_off
from schemas.errors import DataError, DependencyError
from schemas.events import Account, Webhook
from schemas.ids import new_id
from schemas.live import Stored

__all__ = ["Calls"]

logger = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # it writes every URL down, and one may be its client's secret

AT_ONCE = 200
"""Notifications of one call, at most."""
TIMEOUT_S = 10.0
"""A client that takes longer to say that it has the events has not got them."""
LOOK_S = 0.5
"""Between two looks at what is new: a call comes about as soon as the news on a page."""
RETRY_S = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Between attempts with a client that does not answer, growing."""
CLOSE_S = 5.0
"""The end of a call is waited for so long: a process that ends has other things to end."""
MOST_SAID = 65_536
"""Bytes that a client may say beside its status, of which nothing is used."""
CALLS = Counter("podium_api_webhook_calls", "Calls of webhooks", ["answered"])


@dataclass(slots=True)
class _Patience:
    """How a webhook has answered of late: since when it has not, and when it is tried again (monotonic seconds)."""

    failed_since: float | None = None
    attempts: int = 0
    again_at: float = 0.0

    def failed(self, now: float) -> None:
        self.failed_since = now if self.failed_since is None else self.failed_since
        self.again_at = now + RETRY_S[min(self.attempts, len(RETRY_S) - 1)]
        self.attempts += 1


class _Called:
    """One webhook."""

    def __init__(self, site: Site, username: str, hook: Webhook) -> None:
        self._site, self._username, self.hook = site, username, hook
        self.ends = False
        self._cursors = Cursors(site.view)
        self._patience = _Patience()
        self._accounts = AccountsTold(site, hook)
        self._changes: dict[str, int] = {}
        # contests that are not the account's, and that it was told of to the end: as whom, and by which position
        self._shut: dict[str, tuple[Viewer, int]] = {}

    async def run(self) -> None:
        """Call until it `ends`, or the task is cancelled."""
        limits = httpx.Limits(max_connections=1)
        # no proxy of the environment: it would be asked to call what we may not
        async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False) as http:
            while not self.ends:
                try:
                    busy = await self._round(http)
                except DependencyError:
                    busy = False  # the view is away: it is asked again
                except Exception:
                    logger.exception("webhook %s", self.hook.id)
                    busy = False
                if not busy:
                    await asyncio.sleep(LOOK_S)

    async def _round(self, http: httpx.AsyncClient) -> bool:
        """Tell it what is new, contest by contest; whether there was any."""
        known = self._site.accounts.get(self._username)
        if known is None:
            return False
        busy = False
        for contest, stored in (await self._site.directory.contests_at_hand()).items():
            if time.monotonic() < self._patience.again_at:
                return False  # one that does not answer is not asked about another contest either
            if not self.hook.contest_ids or contest in self.hook.contest_ids:
                busy = await self._tell(http, known.account, contest, stored) or busy
        return busy

    async def _tell(self, http: httpx.AsyncClient, account: Account, contest: str, stored: Stored) -> bool:
        """Tell it what is new of a contest; whether there was any. What fails is tried again, and holds up no other one."""
        try:
            # that the contest is theirs no more is the last that they hear of it: the feed knows what comes behind that
            busy = await self._contest(http, account, contest, stored)
            if may_see_contest(viewer_of(account, contest), stored.facts):
                busy = await self._accounts_of(http, account, contest, stored) or busy
            return busy
        except DependencyError:
            return False  # it is away, or being read into the view
        except Exception:
            logger.exception("webhook %s, contest %s", self.hook.id, contest)
            return False

    async def _accounts_of(self, http: httpx.AsyncClient, account: Account, contest: str, stored: Stored) -> bool:
        """Tell it of the accounts that have changed; whether there was any."""
        accounts = self._site.accounts
        same = self._changes.get(contest) == accounts.changes
        if same or not self._wants("accounts") or time.monotonic() < self._patience.again_at:
            return False
        if not self._changes:
            await accounts.whole()  # who made the calls before may have told of more than is known here
        changes = accounts.changes
        found = await self._accounts.news(contest, viewer_of(account, contest), stored)
        for at in range(0, len(found), AT_ONCE):
            some = found[at : at + AT_ONCE]
            if not await self._call(http, contest, some):
                await self._lose_patience(stored.facts["webhook_patience"])
                return False
            self._patience = _Patience()
            await self._accounts.heard(contest, some)
        self._changes[contest] = changes
        return bool(found)

    def _wants(self, type_: str) -> bool:
        return not self.hook.endpoints or type_ in self.hook.endpoints

    async def _contest(self, http: httpx.AsyncClient, account: Account, contest: str, stored: Stored) -> bool:
        viewer, version = viewer_of(account, contest), self.hook.version
        seen = viewer, stored.position
        if self._shut.get(contest) == seen and not may_see_contest(viewer, stored.facts):
            return False  # nothing comes behind what takes it from them: to read it again would find the same
        tokens = Tokens.of(self._site.sealer, contest, version, viewer)
        place = await self._cursors.place(self.hook, contest)
        source = Source(self._site.view, contest, wakes=False)
        feed = Feed(source, Ground(version, viewer), tokens, place)
        told: list[dict[str, Any]] = []
        last: Place | None = None
        async with aclosing(feed.news()) as pieces:
            async for piece in pieces:
                for line in piece.splitlines():
                    one = orjson.loads(line)
                    last = tokens.place(one["token"]) or last
                    if self._wants(one["type"]):
                        told.append(one)
                    if len(told) == AT_ONCE:
                        break
                if len(told) == AT_ONCE:
                    break
        if last is None:
            if feed.closed:
                self._shut[contest] = seen
            return False
        if told and not await self._call(http, contest, told):
            await self._lose_patience(stored.facts["webhook_patience"])
            return False
        if told:
            self._patience = _Patience()
        await self._cursors.move(self.hook, contest, last)
        return True

    async def _call(self, http: httpx.AsyncClient, contest: str, told: list[dict[str, Any]]) -> bool:
        """Whether the client has taken it."""
        url, settings = self.hook.url, self._site.settings
        parts, taken, why = urlsplit(url), False, ""
        try:
            async with asyncio.timeout(TIMEOUT_S):  # of it all: the library's own bounds each of its steps
                address = await resolved(url, local=settings.webhooks_local)
                host = f"[{address}]" if ":" in address else address
                place = urlunsplit(
                    (parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, parts.query, "")
                )
                call = http.stream(
                    "POST",
                    place,
                    content=orjson.dumps({"contest_id": contest, "notifications": told}),
                    headers={
                        "Content-Type": "application/json",
                        "Host": parts.netloc,
                        "Webhook-Token": self.hook.token,
                    },
                    extensions={"sni_hostname": parts.hostname or ""},
                )
                async with call as answer:
                    taken, why = answer.is_success, f"{answer.status_code}"
                    await _hear_out(answer)
        except (httpx.HTTPError, httpx.InvalidURL, DataError, TimeoutError) as error:
            why = why or f"{error or type(error).__name__}"
        CALLS.labels("yes" if taken else "no").inc()
        if not taken:
            logger.info("webhook %s of %s was not taken: %r", self.hook.id, self._username, why[:200])
        return taken

    async def _lose_patience(self, patience_ms: int) -> None:
        """Try again later; a client that has not answered for longer than the contest allows hears no more."""
        now = time.monotonic()
        self._patience.failed(now)
        since = self._patience.failed_since
        if since is not None and (now - since) * 1000 >= patience_ms:
            logger.warning("webhook %s of %s has not answered for too long: it is off", self.hook.id, self._username)
            await switch_off(self._site, self._username, self.hook.id)
            self.ends = True  # whoever looks what webhooks there are may come too late


async def _hear_out(answer: httpx.Response) -> None:
    """Let the client end what it says, so that the next call needs no other connection; one that says too much is left."""
    heard = 0
    async for piece in answer.aiter_raw():
        heard += len(piece)
        if heard > MOST_SAID:
            return


@dataclass(slots=True)
class Calls:
    """Makes the calls of all webhooks while this process is the one of the site that does. For one event loop."""

    site: Site
    me: str = field(default_factory=new_id)
    _tasks: dict[str, tuple[_Called, asyncio.Task[None]]] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _ends: bool = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def close(self) -> None:
        """Make no more calls, and let another process make them."""
        self._ends = True  # a library may swallow a cancellation
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSE_S)

    async def _run(self) -> None:
        cursors = Cursors(self.site.view)
        try:
            while not self._ends:
                try:
                    await self._look(leads=await cursors.lead(self.me))
                except DependencyError:
                    await self._look(leads=False)
                except Exception:
                    logger.exception("webhooks")  # one that is wrong does not end the calls of the others
                await asyncio.sleep(LOOK_S)
        finally:
            await self._look(leads=False)
            with contextlib.suppress(DependencyError):
                await cursors.retire(self.me)

    async def _look(self, *, leads: bool) -> None:
        """Have a task for each webhook that there is, and none for any other."""
        wanted: dict[str, tuple[Account, Webhook]] = {}
        if leads and self.site.accounts.ready:
            for account in self.site.accounts.all():
                wanted |= {hook.id: (account, hook) for hook in account.webhooks if hook.active}
        for id_, (called, task) in list(self._tasks.items()):
            if task.done() or id_ not in wanted or wanted[id_][1] != called.hook:
                del self._tasks[id_]
                called.ends = True
                task.cancel()
                await asyncio.wait([task], timeout=CLOSE_S)
        for id_, (account, hook) in wanted.items():
            if id_ not in self._tasks:
                called = _Called(self.site, account.username, hook)
                self._tasks[id_] = called, asyncio.create_task(called.run(), name=f"webhook-{id_}")
