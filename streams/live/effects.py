"""What events and rows do to the live view, as the arguments of the scripts that do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clics.view import Change, Outcome
from schemas.codec import Codec
from schemas.live import Stored, encode_first, encode_mark, encode_row, encode_was, index_member
from schemas.rows import BatchClosed, FirstToSolve, Mark, ProjectionRecord, ScoreboardRow
from streams.live.folded import Folded

__all__ = ["Call", "LogEffects", "row_record"]

SLICE = 1000
"""Effects of one script: a thousand take Redis about five milliseconds."""
SLICE_BYTES = 4 << 20

ADDED_UP = ("contest", "scores|contest")
"""The parts that have sums: these may have more than 64 bits, of which there is no JSON."""

Argument = str | bytes | int
Effect = tuple[int, str, str, str, bytes, str, bytes, str]


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one script: effects up to and with position `last`, the whole of it or a first part."""

    last: int
    whole: bool
    arguments: list[Argument]


class LogEffects:
    """Gathers what a batch of one contest's events does, and cuts it into scripts that don't block Redis for long."""

    def __init__(self, folded: Folded, codec: Codec) -> None:
        self._folded = folded
        self._codec = codec
        self._effects: list[Effect] = []
        self._parts: dict[str, int] = {}
        self._size = 0
        self._last = -1

    @property
    def full(self) -> bool:
        """Whether it is time to cut."""
        return len(self._effects) + len(self._parts) >= SLICE or self._size >= SLICE_BYTES

    def add(self, position: int, outcome: Outcome) -> None:
        """What one event did; the state is as it left it.

        Raises:
            TypeError: for what cannot be kept, as an integer beyond 64 bits.
        """
        for key in outcome.parts.intersection(ADDED_UP):
            self._folded.dump(key, self._codec)
        self._last = position
        for sequence, change in enumerate(outcome.changes, 1):  # a stream has no entry 0-0
            now = None if change.facts is None else Stored(change.object, change.facts, position)
            doc, what = b"" if now is None else now.encode(), "object" if change.stored else ""
            if change.type == "runs":
                # they are most of what a contest says: whoever hears of them looks them up
                self._put(position, what, change.type, change.id, value=doc)
                if change.notified:
                    self._put(position, "", change.type, change.id, entry=(str(sequence), b"", "1"))
                continue
            was = b"" if change.was is None else encode_was(Stored(*change.was, position), now)
            self._put(position, what, change.type, change.id, value=doc, entry=_entry(sequence, change, was))
        if outcome.numbered:
            id_, number = outcome.numbered
            self._put(position, "number", id_, str(number))
        if outcome.retired is not None:
            self._put(position, "retired", outcome.retired)
        if outcome.promoted is not None:
            news = (str(len(outcome.changes) + 1), b"", "1")
            self._put(position, "", "generation", outcome.promoted, entry=news)
        if "contest" in outcome.parts:
            conduct = self._folded.state.conduct
            finalized = b"" if conduct.finalized is None else b"%d" % conduct.finalized
            self._put(position, "meta", "active", value=conduct.active.encode())
            self._put(position, "meta", "promotions", value=b"%d" % conduct.promotions)
            self._put(position, "meta", "definition", value=b"%d" % conduct.definition_position)
            self._put(position, "meta", "finalized", value=finalized)
        for key in outcome.parts:
            self._parts[key] = position

    def _put(
        self,
        position: int,
        what: str,
        a: str,
        b: str = "",
        *,
        value: bytes = b"",
        entry: tuple[str, bytes, str] = ("", b"", ""),
    ) -> None:
        self._effects.append((position, what, a, b, value, *entry))
        self._size += len(value) + len(entry[1])

    def cut(self) -> Iterator[Call]:
        """The scripts for all that was added since the last cut; to be made before anything else is added."""
        effects, self._effects, self._size = self._effects, [], 0
        last = self._last
        if last < 0:
            return
        for key, position in self._parts.items():
            effects.append((position, "state", key, "", self._folded.dump(key, self._codec), "", b"", ""))
        self._parts.clear()
        self._last = -1
        while len(effects) > 2 * SLICE and effects[0][0] == last:
            # one event that changes more than a script should: its first parts move nothing on
            yield Call(last, whole=False, arguments=_flat(effects[:SLICE]))
            effects = effects[SLICE:]
        yield Call(last, whole=True, arguments=_flat(effects))


def _entry(sequence: int, change: Change, was: bytes) -> tuple[str, bytes, str]:
    """What makes a change an entry of the feed: its place within the position, what was, whether the push tells of it."""
    return str(sequence), was, "1" if change.notified else ""


def _flat(effects: list[Effect]) -> list[Argument]:
    return [value for effect in effects for value in effect]


def row_record(position: int, record: ProjectionRecord) -> list[Argument] | None:
    """The nine arguments of a record of scoreboard-rows; None for one that the view has no use for."""
    what, id_ = "", ""
    value: bytes = b""
    member: bytes = b""
    match record:
        case ScoreboardRow():
            what, id_ = "row", record.team_id
            # a row that is not listed leaves no trace on the board: not even how often it changes. That of a team out of
            # competition, which holds a rank all the same, is kept for the boards of its groups
            if record.listed or record.ranked:
                value = encode_row(record)
            if record.listed:
                member = index_member(record)
        case FirstToSolve():
            what, id_, value = "first", record.problem_id, encode_first(record)
        case BatchClosed():
            what = "closed"
        case Mark():
            what, value = "mark", encode_mark(record)
        case _:
            return None
    return [position, what, record.generation, record.audience, record.position, record.batch, id_, value, member]
