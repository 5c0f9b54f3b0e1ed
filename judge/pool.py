"""Warm containers by slot, role and shape: refilled behind the scenes, reused only when clean."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from judge.container import Engine, Shape
from judge.owner import OwnFolder
from judge.probe import PROBED, probe
from judge.sandbox import Role, Sandbox
from judge.shapes import USUAL, Wanted
from judge.uids import Core, UidBlock, free_cores
from packages.timing import JUDGING_MS
from schemas.errors import ConfigError, DependencyError, JudgeError, SandboxError
from schemas.languages import Image
from schemas.runtime import allow_files
from schemas.settings import Settings

if TYPE_CHECKING:
    from judge.compile import Compiled

__all__ = ["Claim", "Pool"]

_FILES: Final = 65536
"""Descriptors of a judge: one for each test's input, answer and each file of a program that is kept."""

log = logging.getLogger(__name__)

_SERVED_MAX: Final = 25
"""Submissions that one container serves: what a kernel's bug let one of them change does not live on for ever."""

_RENEWED: Final = 20
"""After so many another one is made behind the scenes, and takes its place when it is ready: no submission waits for it."""

_IDLE_MAX: Final = 8
"""Idle containers of one slot; of the kinds that are not wanted, the one unused for longest goes. One takes some 10 MiB."""

_PROGRAMS_BYTES: Final = 256 << 20
"""Of compiled programs that are kept: a jury's validators and what is judged again."""

_WARM_MAX: Final = 6
"""Kinds of containers that a slot has ready before anybody needs them: the rest of its idle ones are what it has used."""

Key = tuple[int, Role, Shape]


class Pool:
    """Every container of one judge host. Thread-safe; one claim a slot at a time.

    `owner` and the settings' home label the containers. Whatever bears their label at the start is what a process that
    died has left, and is removed: no two living processes of one home have one owner.

    Raises:
        ConfigError: when Docker or the image is missing, or another process has this owner.
    """

    def __init__(self, settings: Settings, *, owner: str, slots: int = 1) -> None:
        label = f"{owner} {settings.home.resolve()}"
        cores = free_cores(settings)
        self._folder = OwnFolder(settings.home / "run" / "judge", owner)
        try:
            self._engine = Engine(settings, label, self._folder.path)
        except BaseException:
            self._folder.close()
            raise
        self.files = allow_files(_FILES)
        """Descriptors that this process may have open."""
        self._fresh = settings.judge_fresh == "always"
        self._slots = [_Slot(Core(cores), UidBlock()) for _ in range(slots)]
        self._lock = threading.Lock()
        self._made = threading.Condition(self._lock)
        self._making: set[Key] = set()
        """What is being made behind the scenes."""
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._serve, name="judge-pool", daemon=True)
        self._compiled: OrderedDict[str, Compiled] = OrderedDict()
        self._kept_files = self._kept_bytes = 0
        """Of all of them; they are sealed, so what each has never changes."""
        self._wanted: tuple[Wanted, ...] = ()
        self.failed: set[int] = set()
        """Slots whose canary is due, since a container has failed in the middle of something (see judge.again)."""
        self._closed = False

    @property
    def facts(self) -> dict[str, str]:
        """On what is judged here, for whoever compares times: image, engine, kernel, cgroup version."""
        return self._engine.facts

    def image(self, image: Image) -> str:
        """The id of an image; see `Engine.image`."""
        return self._engine.image(image)

    def known_image(self, image: Image) -> str | None:
        """The id of an image that was used before; see `Engine.known_image`."""
        return self._engine.known_image(image)

    @property
    def missed_images(self) -> frozenset[Image]:
        """Images that somebody needed and that were not there."""
        return frozenset(self._engine.missed)

    def build_image(self, image: Image) -> None:
        """Build an image unless it is there; see `Engine.build_image`."""
        self._engine.build_image(image)

    def has_image(self, image: Image) -> bool:
        """Whether an image is there now; see `Engine.has_image`."""
        return self._engine.has_image(image)

    def start(self) -> None:
        """Remove leftovers, check the sandbox's promises, warm the first containers.

        Raises:
            ConfigError: when a promise of the sandbox is not kept on this machine; judging must not begin.
            DependencyError: when the engine does not answer.
        """
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        left = self._engine.remove_leftovers(everyones=True)
        if left:
            log.info("removed %d containers that earlier processes left", left)
        try:
            try:
                self._try_out()
            except SandboxError as error:  # its container was killed, maybe
                log.warning("the sandbox is tried out again in another container: %s", error)
                self._try_out()
        except SandboxError as error:
            raise ConfigError(f"the sandbox does not work on this machine: {error}") from error
        self.want(USUAL)
        self._worker.start()

    def _try_out(self) -> None:
        sandbox = self.make((0, "run", PROBED))
        try:
            sandbox.prepare(self._slots[0].uids.next())
            probe(sandbox)
        finally:
            self._destroy(sandbox)

    def want(self, wanted: Sequence[Wanted]) -> None:
        """Have containers of these kinds ready in each slot, the first ones first, as far as there is room for them.

        Those that were wanted before, and are not any more, give way to others.
        """
        wanted = tuple(wanted[:_WARM_MAX])
        with self._lock:
            new = [kind for kind in wanted if kind not in self._wanted]
            self._wanted = wanted
        for role, shape in new:
            for slot in range(len(self._slots)):
                self._later(slot, role, shape)

    def claim(self, slot: int) -> Claim:
        """This slot's containers for one submission: a context manager."""
        return Claim(self, slot, self._slots[slot].uids)

    def core(self, slot: int) -> int:
        """The core that this slot's containers run on."""
        return self._slots[slot].core.number

    def close(self) -> None:
        """Remove every container of this owner. Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._engine.end()
            idle = [sandbox for slot in self._slots for sandbox in slot.idle.values()]
        for sandbox in idle:
            sandbox.close()
        self._work.put(None)
        if self._worker.is_alive():
            self._worker.join()
        try:
            self._engine.remove_leftovers()
        except DependencyError as error:
            log.warning("containers are left to the next start: %s", error)
        self._engine.close()
        for slot in self._slots:
            slot.uids.close()
            slot.core.close()
        self._folder.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def known(self, key: str) -> Compiled | None:
        """What came of a compilation before, by its key."""
        with self._lock:
            compiled = self._compiled.get(key)
            if compiled is not None:
                self._compiled.move_to_end(key)
            return compiled

    def remember(self, key: str, compiled: Compiled) -> None:
        """Keep a program; those unused for longest go when there are too many bytes, or files, of them."""
        with self._lock:
            before = self._compiled.pop(key, None)
            if before is not None:  # another slot has compiled the same meanwhile
                self._count(before, -1)
            self._compiled[key] = compiled
            self._count(compiled, 1)
            while (self._kept_bytes > _PROGRAMS_BYTES or self._kept_files > self.files // 4) and len(
                self._compiled
            ) > 1:
                _, gone = self._compiled.popitem(last=False)
                self._count(gone, -1)

    def _count(self, compiled: Compiled, sign: Literal[1, -1]) -> None:
        files, size = _sizes(compiled)
        self._kept_files += sign * files
        self._kept_bytes += sign * size

    def take(self, key: Key) -> Sandbox:
        """An idle container that is as new, or one made now; if that has begun behind the scenes already, that one."""
        idle = self._slots[key[0]].idle
        with self._made:
            self._made.wait_for(lambda: key in idle or key not in self._making)
            sandbox = idle.pop(key, None)
        return sandbox or self.make(key)

    def give_back(self, key: Key, sandbox: Sandbox) -> None:
        """Keep it for the next claim when it is clean; else remove it and make another, both behind the scenes.

        Another is made as well when it has served for long. Of the jury's none is made ahead: its programs are compiled
        once, and most hosts have done it.
        """
        kept = not self._fresh and sandbox.served < _SERVED_MAX and sandbox.clean()
        if kept:
            self._give(key, sandbox)
        else:
            sandbox.close()
        if key[1] != "jury" and (not kept or sandbox.served >= _RENEWED):
            self._later(*key)
        if not kept:
            self._work.put(lambda: self._engine.remove(sandbox.container))

    def _later(self, slot: int, role: Role, shape: Shape) -> None:
        self._work.put(lambda: self._refill((slot, role, shape)))

    def _give(self, key: Key, sandbox: Sandbox) -> None:
        idle = self._slots[key[0]].idle
        with self._lock:
            surplus = []
            if self._closed or self._has_new(key):
                surplus.append(sandbox)
            else:
                if key in idle:
                    surplus.append(idle.pop(key))
                idle[key] = sandbox
            while len(idle) > _IDLE_MAX:
                unwanted = (one for one in idle if one[1:] not in self._wanted)
                surplus.append(idle.pop(next(unwanted, next(iter(idle)))))
        for one in surplus:
            self._destroy(one)

    def make(self, key: Key) -> Sandbox:
        """A new container, warmed up.

        Raises:
            DependencyError: when the engine does not answer, or the pool is closed.
            SandboxError: when the container does not work.
        """
        if self._closed:
            raise DependencyError("the judge ends")
        slot, _, shape = key
        container, channel = self._engine.start(shape, slot, self._slots[slot].core.number)
        sandbox = Sandbox(container, channel, lambda: self._engine.killed_for_memory(container))
        if self._closed:  # meanwhile: its containers were removed before this one was there
            sandbox.close()
            self._engine.remove(container)
            raise DependencyError("the judge ends")
        try:
            sandbox.warm(self._slots[slot].uids.next())
        except SandboxError:
            self._destroy(sandbox)
            raise
        return sandbox

    def _refill(self, key: Key) -> None:
        with self._lock:
            if self._closed or self._has_new(key):
                return
            self._making.add(key)
        try:
            self._give(key, self.make(key))
        finally:
            with self._made:
                self._making.discard(key)
                self._made.notify_all()

    def _has_new(self, key: Key) -> bool:
        """Whether one is idle that need not be renewed yet. Under the lock."""
        idle = self._slots[key[0]].idle.get(key)
        return idle is not None and idle.served < _RENEWED

    def _destroy(self, sandbox: Sandbox) -> None:
        sandbox.close()
        self._work.put(lambda: self._engine.remove(sandbox.container))

    def _serve(self) -> None:
        """Do what a claim need not wait for. A container that could not be made is made by the claim that needs it."""
        while (act := self._work.get()) is not None:
            try:
                act()
            except Exception as error:  # whatever it is, the claim that needs the container meets it again
                if not self._closed:
                    log.warning("a container could not be made ahead: %s", error)


@dataclass(slots=True)
class _Slot:
    """A core, the users of its submissions, and its idle containers, the one used last at the end."""

    core: Core
    uids: UidBlock
    idle: OrderedDict[Key, Sandbox] = field(default_factory=OrderedDict)


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
            log.warning("another container is made: %s", error)
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
        """Wipe and give back what is clean, destroy what is not."""
        for key, sandbox in self._held.items():
            self.pool.give_back(key, sandbox)
        self._held.clear()


def _sizes(compiled: Compiled) -> tuple[int, int]:
    """Files of its program, and bytes in them and in what the compiler said."""
    program = compiled.program
    blobs = {content for _, content in (*program.files, *program.folder)} if program else set()
    return len(blobs), len(compiled.log) + sum(content.size for content in blobs)
