"""Whether a password is right: argon2 is dear, so what was verified is remembered, and the others wait in line for a core."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from prometheus_client import Counter

from api.accounts import Accounts
from api.line import Line
from schemas.errors import DependencyError
from schemas.events import Account
from schemas.passwords import MAX_PASSWORD, hash_password, verify_password

__all__ = ["Doorkeeper", "TooManyChecksError"]

REMEMBERED_S = 600.0
"""How long a verified password is not verified again."""
MOST_REMEMBERED = 50_000
MOST_WAITING = 400
"""Checks that may wait: at 27 ms each, some five seconds on two cores. Of one more a network that has most of them has to
try again later: a hall of thousands behind one address gets in, and no flood from another one keeps it out."""
TURNS = 2
"""Checks a core that are let in: a thread that is done has its next one at hand, however late the event loop is."""

NICE = 10
"""Of the threads that check: a check may wait some milliseconds, the messages to thousands of clients shall not."""

CHECKS = Counter("podium_api_password_checks", "Password checks by argon2")


class TooManyChecksError(Exception):
    """Somebody has tried too many passwords; `wait_s`: after so many seconds one more may be tried."""

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.wait_s = wait_s


@dataclass(slots=True, eq=False)
class _Place:
    """A place in line. `called`: it is its turn where it is `let_in`, and was given to somebody else where not."""

    called: asyncio.Event = field(default_factory=asyncio.Event)
    let_in: bool = False


class Doorkeeper:
    """Checks passwords. What it remembers is a keyed hash of (login, password, account revision), never a password.

    For one event loop: each process of the api checks for itself, as many at a time as there are cores, of the networks
    that ask in turn (`api/line.py`). Another revision of the account is another hash, so a change of the account is
    obeyed at once.
    """

    def __init__(self, accounts: Accounts, key: bytes) -> None:
        self._accounts = accounts
        self._key = hashlib.sha256(key).digest()
        cores = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(cores, thread_name_prefix="argon2", initializer=_give_way)
        self._verified: dict[bytes, float] = {}
        self._checks: dict[tuple[bytes, str], asyncio.Task[bool]] = {}
        self._line: Line[_Place] = Line(MOST_WAITING)
        self._free = TURNS * cores
        # an unknown login takes as long as a wrong password
        self._nobody = hash_password("nobody")

    def remembered(self, username: str, password: str) -> Account | None:
        """The account, if this was found to be its password within the last ten minutes."""
        known = self._accounts.get(username)
        if known is None or len(password) > MAX_PASSWORD:
            return None
        until = self._verified.get(self._name(username, password, known.revision), 0.0)
        return known.account if until > time.monotonic() else None

    async def check(
        self, username: str, password: str, network: str, wait: Callable[[], Awaitable[int]]
    ) -> Account | None:
        """The account, if this is its password: asks argon2, and remembers.

        *wait* counts the check and says, where it is one too many, after how many seconds it is none; it is asked when
        the check is let in, once for all of a *network* who ask the same at once. It is not asked of a password that
        was right before: whoever knows it is not held back by those who guess.

        Raises:
            TooManyChecksError: when it is.
            DependencyError: when too many checks are waiting, and none of a network that has more of them.
        """
        if len(password) > MAX_PASSWORD:
            return None
        known = self._accounts.get(username)
        hashed = known.account.password if known else ""
        name = self._name(username, password, known.revision if known else "")
        check = self._checks.get((name, network))
        if check is None:
            ask = self._ask(network, hashed, password, _never if name in self._verified else wait)
            check = self._checks[name, network] = asyncio.create_task(ask)
            check.add_done_callback(partial(self._checked, (name, network)))
        if not await asyncio.shield(check) or known is None:
            return None
        self._remember(name)
        return known.account

    def close(self) -> None:
        """Check nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _name(self, *parts: str) -> bytes:
        return hashlib.blake2b("\0".join(parts).encode(errors="surrogateescape"), key=self._key).digest()

    def _remember(self, name: bytes) -> None:
        while len(self._verified) >= MOST_REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified.pop(name, None)
        self._verified[name] = time.monotonic() + REMEMBERED_S

    def _checked(self, key: tuple[bytes, str], check: asyncio.Task[bool]) -> None:
        self._checks.pop(key, None)
        if not check.cancelled():
            check.exception()  # looked at, also where nobody waits any more

    async def _ask(self, network: str, hashed: str, password: str, wait: Callable[[], Awaitable[int]]) -> bool:
        """One check for all of a network who ask the same thing at the same time. *hashed*: empty where there is none."""
        place = _Place()
        if (out := self._line.enter(place, network, known=bool(hashed))) is not None:
            out.called.set()
        try:
            self._call()
            await place.called.wait()
            if not place.let_in:
                raise DependencyError("too many logins at once; try again in a few seconds")
            # counted when it is let in: of its few tries a minute nobody loses one because there is no room
            if wait_s := await wait():
                raise TooManyChecksError(wait_s)
            CHECKS.inc()
            check = partial(verify_password, hashed or self._nobody, password)
            return await asyncio.get_running_loop().run_in_executor(self._pool, check) and bool(hashed)
        finally:
            self._line.leave(place)
            self._free += place.let_in
            self._call()

    def _call(self) -> None:
        """Let in as many as there is room for."""
        while self._free and (place := self._line.take()) is not None:
            self._free -= 1
            place.let_in = True
            place.called.set()


async def _never() -> int:
    return 0


def _give_way() -> None:
    """Let the event loop go first where there are fewer cores than work. Of this thread alone."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
