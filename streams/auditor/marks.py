"""The scorer's latest marks, as the auditor follows them."""

from __future__ import annotations

from schemas.ids import partition_of
from schemas.reader import bounds, read
from schemas.rows import Mark
from schemas.settings import Settings
from streams.replay import marks_in

__all__ = ["Marks"]


class Marks:
    """The latest mark of each board; of a contest that was asked for before, what has come since is read, and no more."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next: dict[str, int] = {}
        self._latest: dict[str, dict[tuple[str, str], Mark]] = {}

    def of(self, contest: str) -> dict[tuple[str, str], Mark]:
        """A contest's latest marks, by (generation, audience).

        Raises:
            DependencyError: when the broker does not answer.
        """
        partition = partition_of(contest)
        end = bounds(self._settings, "scoreboard-rows", partition)[1]
        if self._next.get(contest, 0) > end:  # it is another topic
            self.forget(contest)
        latest = self._latest.setdefault(contest, {})
        for mark in marks_in(read(self._settings, "scoreboard-rows", partition, self._next.get(contest, 0), end)):
            if mark.contest == contest:
                latest[mark.generation, mark.audience] = mark
        self._next[contest] = end
        return latest

    def forget(self, contest: str) -> None:
        """The contest is not asked for again."""
        self._next.pop(contest, None)
        self._latest.pop(contest, None)
