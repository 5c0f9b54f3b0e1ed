"""What a slot does for its host beside tasks: the canary, and what is compiled ahead."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from judge.canary import Canary
from judge.prefetch import Prefetch

__all__ = ["Care", "HostCare"]

log = logging.getLogger(__name__)


class Care(Protocol):
    """Looks after the host, on a slot's own thread; raises nothing."""

    def rest(self, slot: int) -> None:
        """The slot has nothing to do, or may take nothing: called before its first task, and each second."""

    def faulted(self, slot: int) -> None:
        """The judge has failed at a task in this slot."""


@dataclass(frozen=True, slots=True)
class HostCare:
    """Care with a canary, and packages made ready."""

    canary: Canary
    prefetch: Prefetch

    def rest(self, slot: int) -> None:
        """See Care. Where the canary goes wrong nothing is compiled: a container that fails there says nothing of a package."""
        try:
            self.canary.rest(slot)
            if not self.canary.standing.is_sick(slot):
                self.prefetch.rest(slot)
        except Exception:  # a slot that judges is worth more than what is done beside it
            log.exception("slot %d: what is done beside tasks", slot)

    def faulted(self, slot: int) -> None:
        """See Care."""
        try:
            self.canary.check(slot)
        except Exception:  # as above
            log.exception("slot %d: the canary", slot)
