"""What is said in the demo: an announcement, a question and its answer, and remarks for presentations."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from podium.demo.cast import Cast, Plan
from podium.demo.posting import posted
from schemas.clock import Clock
from schemas.errors import DependencyError

__all__ = ["Remark", "Talk", "remarks"]

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Remark:
    """At *at* (milliseconds of contest time) *who* posts this; `answers` is the place of the remark that it replies to."""

    at: int
    who: str
    endpoint: str
    body: dict[str, Any]
    answers: int | None = None


def remarks(plan: Plan, problems: list[str]) -> list[Remark]:
    """All that is said, in order of time; *problems* are ids, easy to hard. Pure."""
    first, last, team = problems[0], problems[-1], f"{plan.prefix}01"
    return [
        Remark(_MINUTE_MS, "jury", "clarifications", {"text": "Welcome. The printers are beside the doors."}),
        Remark(2 * _MINUTE_MS, "analyst", "commentary", {"message": "They are off.", "tags": ["start"]}),
        Remark(20 * _MINUTE_MS, team, "clarifications", {"text": "May the list be empty?", "problem_id": first}),
        Remark(25 * _MINUTE_MS, "jury", "clarifications", {"text": "Yes.", "problem_id": first}, answers=2),
        Remark(
            90 * _MINUTE_MS,
            "analyst",
            "commentary",
            {
                "message": "{teams:01} looks at {problems:" + last + "}.",
                "tags": ["observation"],
                "team_ids": ["01"],
                "problem_ids": [last],
            },
        ),
    ]


@dataclass(slots=True)
class Talk:
    """Says the remarks, each at its time. `errors` are those that were refused."""

    url: str
    plan: Plan
    cast: Cast
    remarks: list[Remark]
    clock: Clock
    errors: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to talk."""
        self._thread = threading.Thread(target=self._talk, name="talk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say nothing more. Idempotent."""
        self._stop.set()

    @property
    def done(self) -> bool:
        """Whether everything was said."""
        return self._thread is None or not self._thread.is_alive()

    def _talk(self) -> None:
        said: list[str] = []
        with httpx.Client(timeout=40) as http:
            for remark in self.remarks:
                wait = (self.clock.real_ms(self.plan.start_ms + remark.at) - time.time_ns() // 1_000_000) / 1000
                if wait > 0 and self._stop.wait(wait):
                    return
                reply = {} if remark.answers is None else {"reply_to_id": said[remark.answers]}
                said.append(self._post(http, remark, remark.body | reply))

    def _post(self, http: httpx.Client, remark: Remark, body: dict[str, Any]) -> str:
        """The id of what was said; empty where it was refused."""
        url = f"{self.url}/api/contests/{self.plan.id}/{remark.endpoint}"
        auth = remark.who, self.cast.passwords[remark.who]
        try:
            return posted(http, url, self._stop, f"{remark.who}, {remark.endpoint}", auth=auth, json=body)
        except DependencyError as error:
            self.errors.append(str(error))
            return ""
