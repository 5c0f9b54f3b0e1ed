"""Warm containers by slot, role and shape: refilled behind the scenes, reused only when clean."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from prometheus_client import Counter

from judge.claim import Claim
from judge.container import Engine, Shape
from judge.kept import Programs
from judge.owner import OwnFolder
from judge.probe import PROBED, probe
from judge.sandbox import Role, Sandbox
from judge.shapes import USUAL, Key, Wanted
from judge.uids import Core, UidBlock, free_cores
from schemas.errors import ConfigError, DependencyError, SandboxError
from schemas.languages import Image
from schemas.runtime import allow_files
from schemas.settings import Settings

__all__ = ["FAILED", "Pool"]

_FILES: Final = 65536
"""Descriptors of a judge: one for each test's input, answer and each file of a program that is kept."""

log = logging.getLogger(__name__)

_SERVED_MAX: Final = 25
"""Submissions that one container serves: what a kernel's bug let one of them change does not live on for ever."""

_RENEWED: Final = 20
"""After so many another one is made behind the scenes, and takes its place when it is ready: no submission waits for it."""

_IDLE_MAX: Final = 8
"""Idle containers of one slot; of the kinds that are not wanted, the one unused for longest goes. One takes some 10 MiB."""

_WARM_MAX: Final = 6
"""Kinds of containers that a slot has ready before anybody needs them: the rest of its idle ones are what it has used."""

When = Literal["work", "idle", "wipe", "ahead"]
"""What a container failed at: in the middle of something, found dead by who needed it, wiped, or made before its need."""

FAILED = Counter("podium_judge_containers_failed", "Containers of a slot that have failed", ["slot", "when"])


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
        self.programs = Programs(self.files // 4)
        """What was compiled here, for all slots."""
        self._wanted: tuple[Wanted, ...] = ()
        self.failed: set[int] = set()
        """Slots whose canary is due, since a container has failed (see `note`)."""
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

    def note(self, slot: int, when: When) -> None:
        """A container of the slot has failed. Nobody else sees that: it is counted, and the slot's canary is due."""
        FAILED.labels(slot, when).inc()
        self.failed.add(slot)

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
        as_new = sandbox.alive and not (self._fresh or self._closed or sandbox.suspect) and sandbox.served < _SERVED_MAX
        kept = as_new and sandbox.clean()
        if as_new and not kept:
            log.warning("slot %d: a container cannot be used again: %s", key[0], sandbox.suspect or "its wipe failed")
            self.note(key[0], "wipe")
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
        except SandboxError:
            if not self._closed:
                self.note(key[0], "ahead")
            raise
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
