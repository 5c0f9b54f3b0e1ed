"""The demo's teams: they submit through the public API, each at its time, and wait for their verdicts."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx

from podium.demo.cast import Cast, Plan
from podium.demo.posting import posted
from podium.demo.script import Scene
from schemas.clock import Clock
from schemas.errors import DependencyError

__all__ = ["Teams"]

_CLIENTS = 6
"""Threads that submit: a hundredfold clock makes several teams submit in one real second."""


@dataclass(slots=True)
class Teams:
    """Plays the scenes against the contest's clock. `sent`: each scene's submission id, once it was answered 201."""

    url: str
    plan: Plan
    cast: Cast
    scenes: list[Scene]
    clock: Clock
    sent: dict[int, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to play; scenes whose time has come are sent in order."""
        for number in range(_CLIENTS):
            thread = threading.Thread(target=self._play, name=f"team-client-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Send nothing more. Idempotent."""
        self._stop.set()

    @property
    def done(self) -> bool:
        """Whether every scene was played."""
        return not any(thread.is_alive() for thread in self._threads)

    def _play(self) -> None:
        with httpx.Client(timeout=40) as http:
            while not self._stop.is_set():
                with self._lock:
                    number = self._next
                    self._next += 1
                if number >= len(self.scenes):
                    return
                scene = self.scenes[number]
                wait = (self.clock.real_ms(self.plan.start_ms + scene.at) - time.time_ns() // 1_000_000) / 1000
                if wait > 0 and self._stop.wait(wait):
                    return
                try:
                    self.sent[number] = self._submit(http, scene, number)
                except DependencyError as error:
                    self.errors.append(str(error))

    def _submit(self, http: httpx.Client, scene: Scene, number: int) -> str:
        submission, username = scene.submission, self.plan.username(scene.team)
        return posted(
            http,
            f"{self.url}/api/contests/{self.plan.id}/submissions",
            self._stop,
            f"{username}, {submission.path}",
            auth=(username, self.cast.passwords[username]),
            # the key names this demo: another one on the same log is another contest day
            headers={"Idempotency-Key": f"demo-{self.plan.start_ms}-{number}"},
            data={"problem_id": submission.problem, "language_id": submission.language},
            files={"code": (submission.path.name, submission.path.read_bytes())},
        )
