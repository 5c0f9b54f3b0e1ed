"""How a record of the log says that it was brought from another log: a header `imported`, and `judged` beside it.

What podium's processes do of their own accord, they do not do for such records: judgings whose verdicts come with
the import are not asked for again, and the clock makes no transition while the rest is still to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Imported", "arrives", "imported_of"]

_IMPORTED, _JUDGED = "imported", "judged"


@dataclass(frozen=True, slots=True)
class Imported:
    """The record is the `number`-th (from 1) of `count` that were brought; `judged`: what it asks for is judged."""

    number: int
    count: int
    judged: bool

    @property
    def last(self) -> bool:
        """Whether nothing comes behind it."""
        return self.number >= self.count

    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers. Pure."""
        said = [(_IMPORTED, b"%d/%d" % (self.number, self.count))]
        return [*said, (_JUDGED, b"")] if self.judged else said


def imported_of(headers: Iterable[tuple[str, bytes | None]] | Mapping[str, bytes] | None) -> Imported | None:
    """What a record's headers say of it; None for a record of this log's own. Pure."""
    found = dict(headers or ())
    number, _, count = (found.get(_IMPORTED) or b"").partition(b"/")
    if not (number.isdigit() and count.isdigit()):
        return None
    return Imported(int(number), int(count), _JUDGED in found)


def arrives(before: bool, said: Imported | None) -> bool:
    """Whether behind a record more of an import is to come: what broke off does, until a last one is there. Pure.

    Args:
        before: whether it was so before the record.
        said: what the record's headers say; one of the log's own changes nothing.
    """
    return before if said is None else not said.last
