"""What the auditor remembers from one audit to the next."""

from __future__ import annotations

from schemas.settings import Settings
from streams.auditor.beside import Turns
from streams.auditor.marks import Marks
from streams.auditor.queued import QueueTable

__all__ = ["Memory"]


class Memory:
    """What was read and is not read again, and whose turn it is: all of it can be made anew."""

    def __init__(self, settings: Settings) -> None:
        self.marks = Marks(settings)
        self.queue = QueueTable(settings)
        self.turns = Turns()

    def forget(self, contest: str) -> None:
        """The contest is not audited again."""
        self.marks.forget(contest)
        self.turns.forget(contest)
