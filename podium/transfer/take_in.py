"""Appending an exported contest to a log, so that its boards come out of it to the same bytes.

Other contests share the partition, so every record stands at another position than it did, and what names a position
(a definition the one it changes, a judging its rejudging, …) is moved with it: `schemas.references`. All else stays byte
for byte. Each record says in its headers the how-manieth of the import it is: the same command goes on where another
ended, and a second time appends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from podium.transfer.file import LogFile, Stored
from podium.transfer.moves import Moves
from podium.transfer.survey import survey
from schemas.codec import Codec
from schemas.errors import ConflictError, DecodeError
from schemas.events import (
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    MarkRequested,
    PositionSkipped,
    Reloaded,
    Runs,
    Transitioned,
)
from schemas.imported import Imported
from schemas.references import REFERENCES, moved

__all__ = ["Held", "Taken", "Target", "take_in"]

AT_ONCE = 1000
"""Records on their way to the broker at a time: they fill its batches and not the producer's queue."""

_BY_ITSELF = (
    *(JudgingStarted, Runs, JudgingFaulted, Judgement),
    *(Transitioned, PositionSkipped, Reloaded, MarkRequested),
)
"""What podium's own processes append to a contest that is half there."""

Progress = Callable[[str, int, int], None]
"""Told what is done, with how many records, of how many."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record of the contest that the target's log holds; `imported` None: it is no import's."""

    position: int
    value: bytes | None
    imported: Imported | None


class Target(Protocol):
    """The log that takes a contest in."""

    codec: Codec

    def held(self) -> Iterator[Held]:
        """What it holds of the contest now, in its order."""

    def send(self, value: bytes | None, timestamp: int, said: Imported) -> Future[int]:
        """Append a record under the contest's key; the future gives its position.

        Records come into the log in the order in which they are sent, and none behind one that does not.
        """


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an import: how many records there are, how many of them were appended now, from where to where.

    `open` counts submissions and rejudgings that are judged here, as the file has no verdict of them.
    """

    contest: str
    count: int
    appended: int
    first: int
    last: int
    open: int
    unreadable: int
    packages: tuple[str, ...]


def take_in(file: LogFile, target: Target, progress: Progress = lambda *_: None) -> Taken:
    """Append what the target's log does not hold yet of the file, in order. Idempotent.

    The file is read whole first, and what the log holds is compared: nothing is appended unless all of that is right.

    Raises:
        DataError: when the file cannot be taken in.
        ConflictError: when the log holds something else of this contest.
        DependencyError: when the broker did not take a record; the same command goes on.
    """
    header, count = file.header, file.header.count
    found = survey(header, file.records(), target.codec, lambda n: progress("checking the file", n, count))
    held = _prefix(target, header.contest, count, progress)
    moves = Moves(AT_ONCE)
    appended = 0
    for number, one in enumerate(file.records(), 1):
        value = _moved(one, moves, target.codec)
        if (there := next(held, None)) is not None:
            if there.value != value:
                raise ConflictError(
                    f"contest {header.contest}: record {number} of {file.path} is not what the log holds at position "
                    f"{there.position}: another export was imported; nothing was appended"
                )
            moves.stands(one.position, there.position)
            continue
        said = Imported(number, count, judged=one.position not in found.open)
        moves.comes(one.position, target.send(value, one.timestamp, said))
        appended += 1
        progress("appending", number, count)
    moves.settle()
    first, last = moves.span
    return Taken(header.contest, count, appended, first, last, len(found.open), found.unreadable, found.packages)


def _moved(one: Stored, moves: Moves, codec: Codec) -> bytes | None:
    """The record's bytes with the positions that it names as they are now; the same bytes where it names none."""
    if one.value is None:
        return None
    value = codec.framed(one.value)
    try:
        if codec.peek(value) not in REFERENCES:
            return value
        event = codec.decode(value)
    except DecodeError:
        return value  # nobody can read it, here and there
    new = moved(event, moves.of)
    return value if new is event else codec.encode(new)


def _prefix(target: Target, contest: str, count: int, progress: Progress) -> Iterator[Held]:
    """The records of an import that the log holds, from the first on, none twice; they are looked at before the first.

    Raises:
        ConflictError: when the log holds something of the contest that no import of this file can have left.
    """
    seen, whole, foreign = 0, False, ""
    for one in target.held():
        said = one.imported
        if said is None:
            if not whole and not foreign and not (seen and _by_itself(one, target.codec)):
                foreign = f"a record at position {one.position} that no import brought"
        elif said.count != count or said.number > seen + 1:
            foreign = f"record {said.number} of {said.count} of another import at position {one.position}"
            break
        else:
            seen, whole = max(seen, said.number), whole or said.last
            progress("reading the log", seen, count)
    if foreign and not whole:
        raise ConflictError(f"the log already holds something of contest {contest}: {foreign}; nothing was appended")
    return _once(target) if seen else iter(())


def _once(target: Target) -> Iterator[Held]:
    seen = 0
    for one in target.held():
        if one.imported is not None and one.imported.number == seen + 1:
            seen += 1
            yield one


def _by_itself(one: Held, codec: Codec) -> bool:
    try:
        return one.value is not None and codec.peek(one.value) in _BY_ITSELF
    except DecodeError:
        return False
