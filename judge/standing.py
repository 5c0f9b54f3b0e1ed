"""How a judge host stands: whether it takes tasks, why not, and which packages it lacks."""

from __future__ import annotations

import threading
import time
from typing import Final

from schemas.work import Lacking

__all__ = ["Standing"]

ASIDE_S: Final = 3.0
"""The queue sends a declined task again within two ticks; an idle slot elsewhere has it a moment later."""


class Standing:
    """What is known of this host, for its slots and its reports. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paused: str | None = None
        self._sick: dict[int, str] = {}
        self._waiting: dict[int, str] = {}
        self._lacks: tuple[Lacking, ...] = ()
        self._helping: set[int] = set()
        self._aside_until = 0.0

    def order(self, *, paused: bool, reason: str = "") -> None:
        """An operator's word: take nothing new, or go on."""
        with self._lock:
            self._paused = reason if paused else None

    def sick(self, slot: int, why: str) -> None:
        """What is wrong with this slot, by its canary; empty: nothing. A host is sick while any of its slots is."""
        with self._lock:
            _say(self._sick, slot, why)

    def is_sick(self, slot: int) -> bool:
        """Whether something is wrong with this slot."""
        return slot in self._sick

    def waiting(self, slot: int, why: str) -> None:
        """The slot waits for something that is away, and for what; empty: it goes on. A host waits while a slot does."""
        with self._lock:
            _say(self._waiting, slot, why)

    def lack(self, lacks: tuple[Lacking, ...]) -> None:
        """The packages that are wanted and not ready here."""
        with self._lock:
            self._lacks = lacks

    def help(self, slot: int, *, on: bool) -> None:
        """The slot runs tests of another slot's task, or has ended that."""
        with self._lock:
            (self._helping.add if on else self._helping.discard)(slot)

    @property
    def helping(self) -> tuple[int, ...]:
        """The slots that help others."""
        with self._lock:
            return tuple(sorted(self._helping))

    @property
    def lacks(self) -> tuple[Lacking, ...]:
        """The packages that are wanted and not ready here."""
        return self._lacks

    @property
    def takes(self) -> bool:
        """Whether its slots may take tasks."""
        return not self._sick and self._paused is None

    def step_aside(self) -> None:
        """Take nothing for a moment: a task that this host has declined comes again and is for another one."""
        self._aside_until = time.monotonic() + ASIDE_S

    @property
    def aside(self) -> bool:
        """Whether it has just stepped aside."""
        return time.monotonic() < self._aside_until

    def told(self) -> tuple[str, str]:
        """State and reason as HostReported has them."""
        with self._lock:
            if self._sick:
                return "sick", _joined(self._sick)
            if self._paused is not None:
                return "paused", self._paused
            if self._waiting:
                return "waiting", _joined(self._waiting)
            return "ready", ""


def _say(said: dict[int, str], slot: int, why: str) -> None:
    said.pop(slot, None)
    if why:
        said[slot] = why


def _joined(said: dict[int, str]) -> str:
    return "; ".join(f"slot {slot}: {why}" for slot, why in sorted(said.items()))
