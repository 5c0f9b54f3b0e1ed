"""What an exported contest holds, looked at whole before anything of it is appended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from podium.transfer.file import Header, Stored
from schemas.codec import Codec
from schemas.errors import DataError, DecodeError
from schemas.events import (
    Definition,
    Finalized,
    Judgement,
    JudgingFaulted,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Submission,
)

__all__ = ["Survey", "survey"]


@dataclass(slots=True)
class Survey:
    """What is told of the records beside what they say.

    `open` are the positions of submissions and rejudgings that no judging of the file has ended: who takes the contest
    in has them judged. `packages` are the digests of the latest definition's problems, `unreadable` counts records that
    nobody can read and that count nowhere.
    """

    open: frozenset[int] = frozenset()
    packages: tuple[str, ...] = ()
    unreadable: int = 0


@dataclass(slots=True)
class _Judgings:
    """Submissions and rejudgings by position, and the judgings (submission, number) that have ended."""

    submissions: dict[str, int] = field(default_factory=dict)
    rejudgings: dict[int, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    ended: set[tuple[str, int]] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    finalized: bool = False

    def take(self, position: int, event: object) -> None:
        match event:
            case Submission():
                self.submissions.setdefault(event.id, position)
            case Judgement():
                self.ended.add((event.submission_id, event.judging))
            case JudgingFaulted() if event.final:
                self.ended.add((event.submission_id, event.judging))
            case RejudgingCreated():
                number = event.rejudging if event.chunk else position
                self.rejudgings[position] = (number, event.submission_ids)
            case RejudgingApplied() | RejudgingCancelled() | RejudgingReverted():
                self.over.add(event.rejudging)
            case Finalized():
                self.finalized = True

    def open(self) -> frozenset[int]:
        if self.finalized:
            return frozenset()
        ended = self.ended
        initial = {position for id_, position in self.submissions.items() if (id_, 0) not in ended}
        later = {
            position
            for position, (number, ids) in self.rejudgings.items()
            if number not in self.over and any((id_, number) not in ended for id_ in ids)
        }
        return frozenset(initial | later)


_JUDGING = (
    *(Submission, Judgement, JudgingFaulted, Finalized),
    *(RejudgingCreated, RejudgingApplied, RejudgingCancelled, RejudgingReverted),
)


def survey(header: Header, records: Iterable[Stored], codec: Codec, progress: Callable[[int], None]) -> Survey:
    """Read every record and say what there is. Changes nothing.

    Args:
        header: the file's.
        records: the file's, which prove at their end that the file is whole.
        codec: of the log that is to take them.
        progress: told how many records were read.

    Raises:
        DataError: for a file that is damaged, holds another contest's records, or was written with schemas that this
            podium does not know.
    """
    judgings, unreadable = _Judgings(), 0
    packages: tuple[str, ...] = ()
    for number, one in enumerate(records, 1):
        progress(number)
        try:
            value = codec.framed(one.value or b"")
            cls = codec.peek(value)
            event = codec.decode(value)
        except DecodeError as error:
            if (type_ := header.schemas.get((one.value or b"")[2:10].hex())) is not None:
                raise DataError(
                    f"a record of type {type_} cannot be read here ({error}): a newer podium wrote it, update this one"
                ) from error
            unreadable += 1
            continue
        if getattr(event, "contest", None) != header.contest:
            unreadable += 1  # under a key that is not its contest: it counts nowhere, and is taken along as it is
            continue
        if cls in _JUDGING:
            judgings.take(one.position, event)
        elif isinstance(event, Definition):
            packages = tuple(sorted({problem.package for problem in event.problems if problem.package}))
    return Survey(judgings.open(), packages, unreadable)
