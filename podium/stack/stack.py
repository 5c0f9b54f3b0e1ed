"""A whole stack under one supervising thread: `podium up`, the demo, and the tests that kill its processes."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any

from podium.stack.docker import remove_containers
from podium.stack.external import prepare
from podium.stack.handover import Handover
from podium.stack.parts import ending, environment, parts
from podium.stack.ports import taken
from podium.stack.supervised import State, Supervised
from schemas.errors import ConfigError, DependencyError, UsageError
from schemas.settings import Settings
from schemas.topics import apply_topics

__all__ = ["Stack", "idle", "read_state", "running", "with_secrets"]

log = logging.getLogger(__name__)

_TICK_S = 0.1

_LOCK_S = 1.0
"""A `podium status` holds the lock for an instant; a stack holds it for longer."""


_PORTS_S = 2.0
"""The processes of a supervisor that was killed die with it, and Java takes a moment to."""


def read_state(settings: Settings) -> dict[str, Any] | None:
    """What the running stack last said of itself (pid, processes), None when none runs.

    A stack that is just beginning or has just ended says nothing: its pid is None.
    """
    folder = settings.home / "run"
    try:
        with (folder / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                return None
    except FileNotFoundError:
        return None
    try:
        return dict(json.loads((folder / "stack.json").read_text()))
    except FileNotFoundError:
        return {"pid": None, "processes": []}


def running(settings: Settings) -> str:
    """What to tell somebody who wants to start a stack where one runs."""
    pid = (read_state(settings) or {}).get("pid") or "just starting or ending"
    return f"a stack runs already in {settings.home} (pid {pid}); `podium status` shows it, `podium down` ends it"


def idle(settings: Settings) -> str:
    """What to tell somebody who looks for a stack where none runs; a demo has a home of its own."""
    text = f"no stack runs in {settings.home}"
    demo = settings.model_copy(update={"home": settings.home / "demo"})
    if read_state(demo) is not None:
        text += f"; one runs in {demo.home}: say PODIUM_HOME={demo.home}"
    return text


def with_secrets(settings: Settings) -> Settings:
    """The settings with the secrets that an embedded stack makes for itself at its first start and keeps."""
    made: dict[str, str] = {}
    for name in ("secret", "judge_token"):
        if not getattr(settings, name):
            path = settings.home / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(descriptor, secrets.token_hex(32).encode())
                os.close(descriptor)
            made[name] = path.read_text()
    return settings.model_copy(update=made)


class Stack:
    """Starts and supervises the embedded parts and podium's processes.

    All processes are children of one thread, which runs until `stop`. Calls are safe from other threads.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        scale: Mapping[str, int] | None = None,
        only: frozenset[str] | None = None,
        say: Callable[[str, str, str], None] = lambda _name, _state, _detail: None,
    ) -> None:
        """*only*: the kinds of process that are wanted; *say* is told (process, state, detail) at each change."""
        self.settings = with_secrets(settings)
        self._say = say
        logs = self.settings.home.absolute() / "logs"
        wanted = parts(self.settings, scale or {}, only)
        self.processes = {
            part.name: Supervised(part, environment(self.settings, part.kind), logs, self._tell) for part in wanted
        }
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._done = threading.Event()
        self._handover = Handover(self.processes, self._call, self.settings.home / "run", self._done)
        self._lock: IO[bytes] | None = None
        self._said = ""
        self._unwritten = False
        self._broken: BaseException | None = None
        # a stack of Redis or the history alone has nothing to do with Kafka
        self._needs_topics = any(p.part.kind not in ("redis", "history") for p in self.processes.values())

    def start(self, timeout_s: float = 120.0) -> None:
        """Start everything, stage by stage, and return when all of it is ready.

        Raises:
            UsageError: when a stack runs already in this home.
            ConfigError: when a port is taken, or a process says that it cannot run on this machine or settings.
            DependencyError: when something is not ready in time (two minutes: a cold start on a slow laptop).
        """
        self._take_lock()
        self._check_ports()
        self._thread = threading.Thread(target=self._supervise, name="supervisor")
        self._thread.start()
        deadline = time.monotonic() + timeout_s
        try:
            for line in prepare(self.settings, {p.part.kind for p in self.processes.values()}):
                self._tell("external", "prepared", line)
            stages = sorted({p.part.stage for p in self.processes.values()})
            for stage in stages:
                names = [n for n, p in self.processes.items() if p.part.stage == stage]
                for name in names:
                    self._call(self.processes[name].start)
                self.wait_ready(names, max(0.1, deadline - time.monotonic()))
                if stage == stages[0] and self._needs_topics and "kafka" in self.settings.embedded:
                    apply_topics(self.settings)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Return when the processes are looked after, or nothing was started.

        Raises:
            DependencyError: when the supervising thread has failed, and all processes have ended with it.
        """
        if self._broken is not None:
            why = f"{type(self._broken).__name__}: {self._broken}"
            raise DependencyError(f"the supervisor has failed and ends every process: {why}") from self._broken

    def wait_ready(self, names: list[str] | None = None, timeout_s: float = 60.0) -> None:
        """Return when the named processes (all by default) are ready.

        Raises:
            ConfigError: when one that never was says why it cannot be.
            DependencyError: naming those that are not, and their logs; or the supervisor has failed.
        """
        deadline = time.monotonic() + timeout_s
        wanted = [self.processes[n] for n in (self.processes if names is None else names)]
        while late := [p for p in wanted if p.state is not State.READY]:
            self.check()
            for process in late:
                if process.refusal:
                    raise ConfigError(f"{process.part.name} cannot run: {process.refusal}")
            if time.monotonic() > deadline:
                logs = self.settings.home / "logs"
                names_late = ", ".join(f"{p.part.name} ({p.state})" for p in late)
                raise DependencyError(f"not ready in time: {names_late}; see {logs}")
            time.sleep(0.05)

    def kill(self, name: str, number: int = 9) -> None:
        """Send a signal to a process; it is started again after its pause when it ends."""
        self._call(lambda: self.processes[name].signal(number))

    def hold(self, name: str) -> None:
        """Kill a process and keep it down."""
        self._call(self.processes[name].hold)

    def release(self, name: str) -> None:
        """Start a process that was held down."""
        self._call(self.processes[name].release)

    def replace(self, name: str) -> None:
        """Replace an api process by a new one without a failed request; returns when the old one has ended.

        Raises:
            UsageError: for a process of another kind, or one that does not run.
            DependencyError: when the new one does not come up; the old one goes on.
        """
        self._handover.replace(name)

    def names(self, kind: str) -> list[str]:
        """The processes of a kind."""
        return [n for n, p in self.processes.items() if p.part.kind == kind]

    def stop(self) -> None:
        """End everything in the reverse order of its start; nothing is left running. Idempotent."""
        if self._thread is not None and self._thread.is_alive():
            self._done.set()
            self._thread.join()
        self._thread = None
        if self._lock is not None:
            (self.settings.home / "run" / "stack.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        folder = self.settings.home / "run"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("wb")
        deadline = time.monotonic() + _LOCK_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    lock.close()
                    raise UsageError(running(self.settings)) from None
                time.sleep(_TICK_S)
        self._lock = lock
        # what an earlier stack left there, if it was killed, is not ours
        self._write_state()
        (folder / "replace").unlink(missing_ok=True)

    def _check_ports(self) -> None:
        """Another stack's processes would answer as if they were ours."""
        deadline = time.monotonic() + _PORTS_S
        while held := taken(process.part for process in self.processes.values()):
            if time.monotonic() > deadline:
                self.stop()
                more = f" (and {len(held) - 1} more)" if len(held) > 1 else ""
                raise ConfigError(f"{held[0]}{more}; end that, or set PODIUM_PORT_BASE to another number")
            time.sleep(_TICK_S)

    def _call(self, act: Callable[[], Any]) -> None:
        self.check()
        answer: Future[Any] = Future()
        self._calls.put((act, answer))
        answer.result(60)  # the supervising thread does nothing that takes longer than formatting Kafka's storage

    def _tell(self, name: str, state: str, detail: str) -> None:
        try:
            self._say(name, state, detail)
        except (OSError, SystemExit):
            pass  # the terminal is gone (rich exits then), or the disk full: the processes are what counts

    def _supervise(self) -> None:
        for step in (self._look_after, self._end):
            try:
                step()
            except BaseException as error:  # `check` tells who waits; what is left dies with this thread
                log.exception("the supervisor has failed")
                self._broken = self._broken or error

    def _look_after(self) -> None:
        while not self._done.is_set():
            try:
                act, answer = self._calls.get(timeout=_TICK_S)
            except queue.Empty:
                pass
            else:
                try:
                    answer.set_result(act())
                except Exception as error:
                    answer.set_exception(error)
            for process in (*self.processes.values(), *self._handover.beside):
                process.tick()
            self._handover.look()
            self._write_state()

    def _end(self) -> None:
        waves: dict[int, list[Supervised]] = {}
        for process in (*self.processes.values(), *self._handover.beside):
            waves.setdefault(ending(process.part.kind), []).append(process)
        for _, wave in sorted(waves.items()):
            for process in wave:
                process.stop()
            begun = time.monotonic()
            for process in wave:
                process.wait(begun + process.part.grace_s)
            self._write_state()
        if self.names("judge"):
            remove_containers(self.settings.home)  # those of a judge that had to be killed

    def _write_state(self) -> None:
        state = {
            "pid": os.getpid(),
            "processes": [
                {
                    "name": p.part.name,
                    "kind": p.part.kind,
                    "state": p.state.value,
                    "pid": p.pid,
                    "restarts": p.restarts,
                    "address": p.part.address,
                    "metrics": p.part.env.get("PODIUM_METRICS", ""),
                }
                for p in self.processes.values()
            ],
        }
        text = json.dumps(state)
        if text != self._said:
            path = Path(self.settings.home / "run" / "stack.json")
            try:
                path.with_suffix(".new").write_text(text)
                path.with_suffix(".new").replace(path)
            except OSError as error:  # a full disk: the processes are what counts, and it is tried again
                if not self._unwritten:
                    log.error("what runs cannot be written to %s: %s", path, error)
                self._unwritten = True
            else:
                self._said, self._unwritten = text, False
