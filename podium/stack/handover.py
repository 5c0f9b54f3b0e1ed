"""One process behind another: the new one is ready before the old one is asked to leave, and nobody is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podium.stack.supervised import State, Supervised
from schemas.errors import DependencyError, PodiumError

__all__ = ["Handover", "ask", "asked", "outcome"]

READY_S = 60.0
"""How long a new process may take to be ready: what a start of the whole stack gives it, too."""
LEAVE_S = 30.0
"""How long the old one may take to let its clients out: five seconds for their next requests, eight for those under way
(api/drain.py), and a busy machine."""
_POLL_S = 0.05


class Handover:
    """Replaces processes of a stack, one at a time.

    `beside` are those that are about to take another one's place: the supervising thread looks after them as well.
    """

    def __init__(
        self,
        processes: dict[str, Supervised],
        call: Callable[[Callable[[], Any]], None],
        folder: Path,
        ending: threading.Event,
    ) -> None:
        """*call* runs something on the supervising thread; *folder*: where it is asked for a replacement."""
        self.beside: list[Supervised] = []
        self._processes = processes
        self._call = call
        self._folder = folder
        self._ending = ending
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def replace(self, name: str) -> None:
        """Replace a process: both listen on one socket until the old one has let its clients go.

        Raises:
            UsageError: for a process of which two cannot run side by side, or one that does not run.
            DependencyError: when the new one does not come up; the old one goes on.
        """
        with self._lock:
            old = self._processes[name]
            new = old.successor()
            self.beside.append(new)
            try:
                self._call(new.start)
                self._wait(new)
            except BaseException:
                self._take_back(new)
                raise
            self._call(lambda: self._put(name, new))
            old.leave(LEAVE_S)

    def _wait(self, new: Supervised) -> None:
        deadline = time.monotonic() + READY_S
        while new.state is not State.READY:
            if self._ending.is_set():
                raise DependencyError("the stack ends")
            if new.state is State.BACKOFF or time.monotonic() > deadline:
                why = new.refusal or ("it ended" if new.state is State.BACKOFF else "it was not ready in time")
                raise DependencyError(f"{new.part.name} was not replaced and goes on: of the new one, {why}")
            time.sleep(_POLL_S)

    def _put(self, name: str, new: Supervised) -> None:
        self.beside.remove(new)
        self._processes[name] = new

    def _take_back(self, new: Supervised) -> None:
        if self._ending.is_set():
            return  # it is ended with all others
        self._call(lambda: self.beside.remove(new))
        new.leave(LEAVE_S)

    # ---- asked by another process -------------------------------------------------------------------------------------

    def look(self) -> None:
        """See whether somebody has asked, and begin. For the supervising thread."""
        if asked(self._folder) and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._all, name="handover", daemon=True)
            self._thread.start()

    def _all(self) -> None:
        said = ""
        try:
            for name, process in list(self._processes.items()):
                if process.part.other is not None:
                    self.replace(name)
        except PodiumError as error:
            said = str(error)
        try:
            _outcome(self._folder).write_text(said)
            _request(self._folder).unlink(missing_ok=True)
        except OSError:
            pass  # a full disk: who waits is told that it took too long


def ask(folder: Path) -> None:
    """Ask the supervisor whose state is in this folder to replace what it can."""
    _outcome(folder).unlink(missing_ok=True)
    _request(folder).touch()


def asked(folder: Path) -> bool:
    """Whether somebody has asked and it is not done."""
    return _request(folder).exists()


def outcome(folder: Path) -> str:
    """What went wrong with what was asked for last; empty: nothing."""
    return _outcome(folder).read_text()


def _request(folder: Path) -> Path:
    return folder / "replace"


def _outcome(folder: Path) -> Path:
    return folder / "replaced"
