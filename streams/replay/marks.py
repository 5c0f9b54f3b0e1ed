"""The scorer's marks: reading them, asking for them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError, UsageError
from schemas.events import Definition, MarkRequested
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import Raw, bounds, read, read_contest
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams.refold import fold_contest
from streams.scoring.fold import FOLD_VERSION

__all__ = ["ANSWER_S", "ask", "await_marks", "latest_marks", "marks_in", "request_marks"]

ANSWER_S = 60.0
"""A scorer that has just been killed is back, and through its backlog, in half of that."""


def marks_in(raws: Iterable[Raw]) -> Iterator[Mark]:
    """The marks of this fold version among records of `scoreboard-rows`; what is no record of ours is passed over."""
    decode = codec().decode
    for raw in raws:
        if raw.value and raw.key and raw.key.endswith(b"|!mark"):
            try:
                mark = decode(raw.value)
            except DecodeError:
                continue  # the sinks put it into the dead letters
            if isinstance(mark, Mark) and mark.fold_version == FOLD_VERSION:
                yield mark


def latest_marks(settings: Settings, contest: str, start: int = 0) -> dict[tuple[str, str], Mark]:
    """The scorer's latest mark of each board, by (generation, audience), of those from position *start* on."""
    raws = read(settings, "scoreboard-rows", partition_of(contest), start)
    return {(mark.generation, mark.audience): mark for mark in marks_in(raws) if mark.contest == contest}


def request_marks(settings: Settings, contest: str, *, by: str, reason: str) -> None:
    """Append an act that asks the scorer for marks, and wait until it has marked all that stands before the act.

    Args:
        settings: where Kafka is.
        contest: the contest's id.
        by: who asks.
        reason: what for.

    Raises:
        UsageError: when the log does not define the contest; nothing is appended.
        DependencyError: when the broker does not answer, or no scorer does.
    """
    if not any(isinstance(event, Definition) for _, event in read_contest(settings, contest)):
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    start = bounds(settings, "scoreboard-rows", partition_of(contest))[1]
    with Producer(settings) as producer:
        asked = ask(settings, producer, contest, by=by, reason=reason)
    # no mark is at the act itself: it changes no score
    held = fold_contest(settings, contest, asked).state.position
    await_marks(settings, contest, start, held)


def ask(settings: Settings, producer: Producer, contest: str, *, by: str, reason: str) -> int:
    """Append the act that asks for marks, by whom and what for; its position.

    Raises:
        DependencyError: when the broker does not answer.
    """
    now = Clock.parse(settings.clock).now_ms()
    act = MarkRequested(contest=contest, recorded_at=now, recorded_by=by, id=new_id(), reason=reason)
    return producer.append(act).result()


def await_marks(
    settings: Settings, contest: str, start: int, held: int, generation: str | None = None
) -> dict[str, Mark]:
    """Wait until the scorer has marked the boards of both audiences at or past position *held*; the marks by audience.

    Args:
        settings: where Kafka is.
        contest: the contest's id.
        start: the position of `scoreboard-rows` from which on marks count.
        held: the position that they must cover.
        generation: whose boards they are of; any generation's unless it is named.

    Raises:
        DependencyError: when there are none within a minute.
    """
    deadline = time.monotonic() + ANSWER_S
    while True:
        found = {
            mark.audience: mark
            for mark in latest_marks(settings, contest, start).values()
            if mark.position >= held and generation in (None, mark.generation)
        }
        if found.keys() == set(AUDIENCES):
            return found
        if time.monotonic() > deadline:
            whose = "" if generation is None else f" of generation {generation}"
            raise DependencyError(
                f"the scorer has written no marks of contest {contest}{whose} at or past position {held} "
                f"within {ANSWER_S:.0f} s"
            )
        time.sleep(0.1)
