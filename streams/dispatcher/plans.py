"""What the planner keeps of a contest once it has read its log: made offline, for a planner that reloads and the auditor."""

from __future__ import annotations

from typing import Any

from schemas.codec import codec
from schemas.errors import DataError
from schemas.events import Event, Judgement, JudgingFaulted
from schemas.ids import partition_of
from schemas.imported import imported_of
from schemas.settings import Settings
from streams.dispatcher.outstanding import Outstanding
from streams.dispatcher.plan import WANTS, Place, plan
from streams.refold import Headers, Progress, batches

__all__ = ["Plans", "plans_of"]

_STAMP = {"recorded_at": 0, "recorded_by": ""}
"""Of wishes that nobody sends."""

_WANTS = frozenset(WANTS)
_TAKEN = _WANTS | {Judgement, JudgingFaulted}


class Plans:
    """The planner's tables of one contest, after the last event that was taken. Takes them in their order.

    `values` are all that the contest's own value has been, each with the position from which on it was; `outstanding` is
    what the queue should have.
    """

    def __init__(self, contest: str) -> None:
        self.contests: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        self.values: list[tuple[int, Any]] = [(-1, None)]
        self.outstanding = Outstanding()
        self._partition = partition_of(contest)

    def take(self, position: int, event: Event, headers: Headers) -> None:
        """The next event, and the headers of its record."""
        if isinstance(event, Judgement | JudgingFaulted):
            self.outstanding.settle(event)
        if type(event) not in _WANTS:
            return
        said = imported_of(headers)
        place = Place(self._partition, position, judged=said is not None and said.judged)
        made = plan(self.contests, self.known, event, place, _STAMP)
        self.known |= made.known
        for wish in made.wishes:
            self.outstanding.take(wish)
        if made.changed:
            self.contests[event.contest] = made.contest
            self.values.append((position, made.contest))


def plans_of(settings: Settings, contest: str, position: int, progress: Progress | None = None) -> Plans:
    """What is kept of a contest after this position, from the log alone.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    plans, key = Plans(contest), contest.encode()
    peek, decode = codec().peek, codec().decode
    for batch in batches(settings, partition_of(contest), position):
        for message in batch:
            value = message.value()
            if message.key() != key or value is None:
                continue
            try:
                event = decode(value) if peek(value) in _TAKEN else None
            except DataError:
                continue  # it went to the dead letters
            if event is not None and event.contest == contest:
                plans.take(message.offset(), event, message.headers())
        if progress is not None and batch:
            progress(batch[-1].offset() + 1, position + 1)
    return plans
