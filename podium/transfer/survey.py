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
    in has them judged. `packages` are the digests of the latest definition's problems and of the rejudgings that are not
    taken back, `unreadable` counts records that nobody can read and that count nowhere.
    """

    open: frozenset[int] = frozenset()
    packages: tuple[str, ...] = ()
    unreadable: int = 0


@dataclass(slots=True)
class _Judgings:
    """Submissions (each with its problem) and rejudgings by position, and the judgings (submission, number) that have ended.

    `faulted` are those that ended with a judging error: a problem's next package has them judged again. `packages` are
    those of the latest definition by problem, `changed` those of rejudgings by number, with their problem.
    """

    submissions: dict[str, tuple[int, str]] = field(default_factory=dict)
    rejudgings: dict[int, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    ended: set[tuple[str, int]] = field(default_factory=set)
    faulted: set[tuple[str, int]] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    finalized: bool = False
    packages: dict[str, str] = field(default_factory=dict)
    changed: dict[int, tuple[str, str]] = field(default_factory=dict)

    def take(self, position: int, event: object) -> None:
        match event:
            case Submission():
                self.submissions.setdefault(event.id, (position, event.problem_id))
            case Definition():
                packages = {problem.id: problem.package for problem in event.problems if problem.package}
                self._others({id_ for id_ in packages if packages[id_] != self.packages.get(id_)})
                self.packages = packages
            case Judgement():
                self.ended.add((event.submission_id, event.judging))
            case JudgingFaulted() if event.final:
                self.faulted.add((event.submission_id, event.judging))
            case RejudgingCreated():
                number = event.rejudging if event.chunk else position
                self.rejudgings[position] = (number, event.submission_ids)
                if event.changed is not None:
                    self.changed[number] = (event.changed.problem_id, event.changed.package)
            case RejudgingApplied():
                self.over.add(event.rejudging)
                if event.changed is not None:
                    self.changed[event.rejudging] = (event.changed.problem_id, event.changed.package)
                    self._others({event.changed.problem_id})
            case RejudgingCancelled():
                self.over.add(event.rejudging)
                self.changed.pop(event.rejudging, None)
            case RejudgingReverted():
                self.over.add(event.rejudging)
                problem_id, _ = self.changed.pop(event.rejudging, ("", ""))
                self._others({problem_id})
            case Finalized():
                self.finalized = True

    def _others(self, problems: set[str]) -> None:
        """These problems are on other packages now: what ended with a judging error is judged on them."""
        self.faulted = {
            (id_, number)
            for id_, number in self.faulted
            if id_ not in self.submissions or self.submissions[id_][1] not in problems
        }

    def needed(self) -> tuple[str, ...]:
        """The packages that judgings of the contest may want."""
        return tuple(sorted({*self.packages.values(), *(package for _, package in self.changed.values())}))

    def open(self) -> frozenset[int]:
        if self.finalized:
            return frozenset()
        ended = self.ended | self.faulted
        initial = {position for id_, (position, _) in self.submissions.items() if (id_, 0) not in ended}
        later = {
            position
            for position, (number, ids) in self.rejudgings.items()
            if number not in self.over and any((id_, number) not in ended for id_ in ids)
        }
        return frozenset(initial | later)


_JUDGING = (
    *(Definition, Submission, Judgement, JudgingFaulted, Finalized),
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
    return Survey(judgings.open(), judgings.needed(), unreadable)
