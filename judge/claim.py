"""One submission's containers: its own users, and another container where one has failed."""

from __future__ import annotations

import logging
import math
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from judge.container import Shape
from judge.sandbox import Role, Sandbox
from judge.shapes import Key
from judge.uids import UidBlock
from packages.timing import JUDGING_MS
from schemas.errors import DependencyError, JudgeError, SandboxError

if TYPE_CHECKING:
    from judge.pool import Pool

__all__ = ["Claim"]

log = logging.getLogger(__name__)


class Claim:
    """The right to use a slot's containers for one submission, on one thread.

    Its user ids are new for the slot, and each role has its own.
    """

    def __init__(self, pool: Pool, slot: int, uids: UidBlock) -> None:
        self.pool = pool
        self.slot = slot
        self._next_uid = uids.next
        self._uids: dict[Role, int] = {}
        self._held: dict[Key, Sandbox] = {}
        self.until = math.inf
        """The time, as time.monotonic has it, from which on nothing begins in its containers."""

    @property
    def held(self) -> tuple[Sandbox, ...]:
        """The containers that this claim has used so far."""
        return tuple(self._held.values())

    def sandbox(self, role: Role, shape: Shape, *, memory_kib: int = 0, files_kib: int = 0) -> Sandbox:
        """This claim's container of that role and shape; another one when the last has failed.

        In it a run shows that takes more than *memory_kib* of memory, beside *files_kib* in files that it is given.

        Raises:
            SandboxError: when none could be made.
            JudgeError: when it is too late for another run.
        """
        if time.monotonic() >= self.until:
            raise JudgeError(
                f"not judged within {JUDGING_MS // 60_000} minutes, which is the most that one judging may take: the "
                "problem needs fewer test cases, or a lower time limit"
            )
        key: Key = (self.slot, role, shape)
        need = (shape.memory_mib << 10, memory_kib, files_kib)
        held = self._held.get(key)
        if held is not None and held.alive and held.shows(*need):
            return held
        if held is not None:
            self._replace(key, self._held.pop(key))
        uid = self._uids[role] = self._uids.get(role) or self._next_uid()
        sandbox = self.pool.take(key)
        try:
            sandbox.prepare(uid)
            fits = sandbox.shows(*need)
        except SandboxError as error:  # it died while it was idle; nothing has run in it
            log.warning("slot %d: another container is made: %s", self.slot, error)
            self.pool.note(self.slot, "idle")
            fits = False
        if fits:
            self._held[key] = sandbox
            return sandbox
        self._replace(key, sandbox)
        sandbox = self._held[key] = self.pool.make(key)  # whatever comes of it, it is given back
        sandbox.prepare(uid)
        return sandbox

    def _replace(self, key: Key, sandbox: Sandbox) -> None:
        sandbox.suspect = sandbox.suspect or "there was more memory in use in it than its next run may take"
        self.pool.give_back(key, sandbox)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wipe and give back what is clean, destroy what is not.

        Of a judging that has failed nothing is clean, whatever failed in it: its next attempt is in new containers. Only
        where something outside of them was away (DependencyError) they are as good as before.
        """
        failed = error is not None and not isinstance(error, DependencyError)
        for key, sandbox in self._held.items():
            if failed:
                sandbox.suspect = sandbox.suspect or "a judging has failed in it"
            self.pool.give_back(key, sandbox)
        self._held.clear()
