"""One supervised process: started, watched, restarted with backoff, ended."""

from __future__ import annotations

import enum
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from podium.stack.parts import Part
from schemas.errors import ConfigError, UsageError

__all__ = ["State", "Supervised"]

_BACKOFF_S = (0.5, 10.0)
"""First and longest pause before a process that ended is started again."""

_HEALTHY_S = 30.0
"""A process that was ready for so long has recovered: the next pause is the first again."""

_LOG_BYTES = 50_000_000
"""A log larger than this becomes NAME.log.1, and a new one begins: two of each are kept."""

_ASK_S = 0.25
"""How often a process that is not ready is asked whether it is."""

_ASK_AGAIN_S = 5.0
"""How often one that is ready is asked whether it still is; its log's size is looked at as often."""

_HUNG_S = 60.0
"""A process that has said for so long that it makes no progress, or nothing, is killed: a busy machine delays answers
by seconds."""


_ENDED_AS_ASKED = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""Java and uvicorn tidy up at a SIGTERM and then say that it was one."""

_BACKLOG = 2048
"""Connections that wait to be taken: thousands of streams come back at once."""


class State(enum.StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "not ready"
    BACKOFF = "waiting to restart"
    STOPPING = "stopping"
    STOPPED = "stopped"
    HELD = "held down"


class Supervised:
    """A part and its present process. `tick` is called by one thread, which must outlive the process.

    The child is told to die with that thread (PR_SET_PDEATHSIG), so a killed supervisor leaves nothing behind.
    """

    def __init__(self, part: Part, env: Mapping[str, str], logs: Path, say: Callable[[str, str, str], None]) -> None:
        self.part = part
        self.restarts = 0
        self.state = State.STOPPED
        self.pid: int | None = None
        self.refusal = ""
        """Why it cannot run at all (exit 2: a setting or the machine is wrong), said before it was ever ready."""
        self._was_ready = False
        self._env = env
        self._socket: socket.socket | None = None
        self._log = logs / f"{part.name}.log"
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = _BACKOFF_S[0]
        self._again_at = 0.0
        self._since = 0.0
        self._asked = 0.0
        self._lived = 0.0
        self._answer: Future[tuple[bool, bool]] | None = None
        # answers are waited for elsewhere: one process that hangs must not keep the others from being looked after
        self._asker = ThreadPoolExecutor(1, thread_name_prefix=f"ask-{part.name}")

    def start(self) -> None:
        """Start the process; it is ready when `tick` says so.

        Raises:
            ConfigError: when it cannot be started: a program or a folder that is missing, a full disk.
        """
        try:
            self._start()
        except OSError as error:
            raise ConfigError(f"{self.part.name} cannot be started: {error}") from error

    def _start(self) -> None:
        self.part.prepare()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._rotate()
        handed = self._hand_over()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.part.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._env, **self.part.env, **handed},
                pass_fds=[int(one) for one in handed.values()],
                start_new_session=True,  # a Ctrl-C in the terminal reaches the supervisor alone, which ends all in order
            )
        self.pid = self._process.pid
        self._since = self._lived = time.monotonic()
        self._answer = None  # what was asked of its predecessor
        self._set(State.STARTING)

    def _hand_over(self) -> dict[str, str]:
        """The variable that names the listening socket, where the part is handed one; opened when nobody has it yet."""
        if not self.part.handed:
            return {}
        if self._socket is None:
            host, _, port = self.part.handed.rpartition(":")
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
        return {"PODIUM_API_SOCKET": str(self._socket.fileno())}

    def _let_go(self) -> None:
        """Close the socket: while nobody serves an address, its clients are refused, and go elsewhere."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def successor(self) -> Supervised:
        """One that takes this one's place while it still runs: it listens on the same socket. It is not started yet.

        Raises:
            UsageError: for a part of which two cannot run side by side, or one that does not run.
        """
        if self.part.other is None:
            raise UsageError(f"{self.part.name} cannot be replaced while it runs")
        if self._socket is None:
            raise UsageError(f"{self.part.name} does not run")
        back = replace(self.part, other=None)
        made = Supervised(replace(self.part.other, other=back), self._env, self._log.parent, self._say)
        made.restarts, made._socket = self.restarts, self._socket.dup()  # its own class
        return made

    def leave(self, seconds: float) -> None:
        """Let the process's clients go to its successor, and see its end; it is killed after so many seconds.

        Not for the thread that ticks: it waits.
        """
        say = self._say
        self._say = lambda name, state, detail: say(f"{name}, the old one", state, detail)
        self.stop(signal.SIGTERM)
        self.wait(time.monotonic() + seconds)
        self._let_go()

    def tick(self) -> None:
        """Look once: notice an end, a change of readiness or a standstill; start again when the pause is over."""
        now = time.monotonic()
        if self.state is State.BACKOFF:
            if now >= self._again_at:
                self._restart(now)
            return
        if self._process is None or self.state in (State.STOPPED, State.HELD):
            return
        code = self._process.poll()
        if code is not None:
            self._ended(code, now)
            return
        if self._answer is not None and self._answer.done():
            self._answered(*self._answer.result(), now)
        elif self._answer is None and now - self._asked >= (_ASK_AGAIN_S if self.state is State.READY else _ASK_S):
            self._asked = now
            self._answer = self._asker.submit(lambda: (self.part.ready(), self.part.alive()))
            self._rotate()

    def _answered(self, ready: bool, alive: bool, now: float) -> None:
        self._answer = None
        if alive or self.state is State.STARTING:  # a start may read for long; who waits for it has a bound
            self._lived = now
        if now - self._lived > _HUNG_S:
            self._hung()
        elif ready and self.state in (State.STARTING, State.UNREADY):
            self._was_ready = True
            self._since = now
            self._set(State.READY)
        elif not ready and self.state is State.READY:
            self._set(State.UNREADY, f"see {self._log}")
        elif self.state is State.READY and now - self._since > _HEALTHY_S:
            self._pause = _BACKOFF_S[0]

    def _hung(self) -> None:
        self.signal(signal.SIGKILL)
        self._lived = float("inf")  # once: `tick` notices the end
        self._say(self.part.name, State.UNREADY.value, f"no progress for {_HUNG_S:g} s: it is killed")

    def _rotate(self) -> None:
        """Put a log that is too large aside by copying: the process goes on writing to the same file, at its end."""
        try:
            if self._log.stat().st_size > _LOG_BYTES:
                shutil.copyfile(self._log, self._log.with_suffix(".log.1"))
                os.truncate(self._log, 0)
        except OSError:
            pass  # not there yet, or the disk is full: the process itself is what counts

    def _restart(self, now: float) -> None:
        self.restarts += 1
        try:
            self.start()
        except ConfigError as error:  # a full disk or no more processes: it may pass
            self._back_off(str(error), now)

    def _ended(self, code: int, now: float) -> None:
        self.signal(signal.SIGKILL)  # what it has left behind of its own group
        self._process, self.pid = None, None
        self._let_go()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        if self.state is State.STOPPING:
            self._set(State.STOPPED, "" if code in _ENDED_AS_ASKED else how)
            return
        if code == 2 and not self._was_ready:
            self.refusal = self._last_words() or how
        self._back_off(how, now)

    def _last_words(self) -> str:
        """The message of the last critical line that the process wrote to its log."""
        try:
            with self._log.open("rb") as log:
                # its last lines, an exception with its trace among them
                log.seek(max(0, log.seek(0, os.SEEK_END) - 20_000))
                lines = log.read().splitlines()
        except OSError:
            return ""  # the supervisor goes on without them
        for line in reversed(lines):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict) and said.get("level") == "critical":
                return str(said.get("message", ""))
        return ""

    def _back_off(self, why: str, now: float) -> None:
        self._again_at = now + self._pause
        self._set(State.BACKOFF, f"{why}; again in {self._pause:g} s; see {self._log}")
        self._pause = min(self._pause * 2, _BACKOFF_S[1])

    def signal(self, number: int) -> None:
        """Send the process and what it has started a signal, if they run."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass  # nothing of its group is left

    def hold(self) -> None:
        """Kill the process and do not start it again until `release`."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process, self.pid = None, None
        self._let_go()
        self._set(State.HELD)

    def release(self) -> None:
        """Start a process that is held down."""
        if self.state is State.HELD:
            self.restarts += 1
            self.start()

    def stop(self, number: int | None = None) -> None:
        """Ask the process to end, by this signal or its part's; `wait` sees to it."""
        if self._process is None or self._process.poll() is not None:
            self._process, self.pid = None, None
            self._let_go()
            self.state = State.STOPPED
            return
        self._set(State.STOPPING)
        self.signal(self.part.end_signal if number is None else number)

    def wait(self, deadline: float) -> None:
        """Wait for the end that `stop` asked for until the (monotonic) deadline, then kill."""
        if self._process is None:
            return
        try:
            code = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            code = self._process.wait()
        self._ended(code, time.monotonic())

    def _set(self, state: State, detail: str = "") -> None:
        self.state = state
        self._say(self.part.name, state.value, detail)
