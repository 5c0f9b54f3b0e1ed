"""Ends a process that no longer gets anywhere: the supervisor starts it again, and Kafka knows where it was."""

from __future__ import annotations

import logging
import os
import threading

__all__ = ["EXIT", "Watchdog", "end_process"]

EXIT = 70
"""The exit code of a process that ends itself because of a bug (EX_SOFTWARE)."""

log = logging.getLogger(__name__)


def end_process(why: str) -> None:
    """End the process at once, without unwinding: nothing more is acknowledged or committed. Does not return."""
    log.critical("the process ends itself: %s", why)
    logging.shutdown()
    os._exit(EXIT)


class Watchdog(threading.Thread):
    """A thread that ends the process when nobody has called `beat` for *limit_s* seconds.

    It counts its own seconds, so that a process that was stopped and goes on is given the time to show that it lives.
    It begins with the first beat.
    """

    def __init__(self, limit_s: float) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._limit_s = limit_s
        self._silent_s = 0.0
        self._stopped = threading.Event()

    def beat(self) -> None:
        """The main loop turns and its watch finds nothing that stands still."""
        self._silent_s = 0.0
        if not self.is_alive() and not self._stopped.is_set():
            self.start()

    @property
    def alive(self) -> bool:
        """Whether there was a beat in the first half of the limit."""
        return self._silent_s <= self._limit_s / 2

    def stop(self) -> None:
        """The process is ending anyway."""
        self._stopped.set()

    def end_process(self, why: str) -> None:
        """End the process with the reason in its log. Does not return."""
        end_process(why)

    def run(self) -> None:
        """Count the silence."""
        while not self._stopped.wait(1.0):
            self._silent_s += 1.0
            if self._silent_s > self._limit_s:
                self.end_process(f"no sign of life for {self._silent_s:.0f} s")
