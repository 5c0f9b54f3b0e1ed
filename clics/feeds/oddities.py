"""What was odd about a feed: kinds, where, how often."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["KINDS", "Oddities", "Oddity"]

_SINCE_2021 = frozenset({"2021-11", "2022-07", "2023-06", "2026-01"})
_EVER = _SINCE_2021 | {"2020-03"}
_BEFORE_2026 = _EVER - {"2026-01"}
_NEVER: frozenset[str] = frozenset()

KINDS: dict[str, tuple[str, frozenset[str]]] = {
    # lines
    "truncated line": ("the last line is cut off; left out", _NEVER),
    "broken line": ("no JSON object; left out", _NEVER),
    "no data": ("a notification without type or data; left out", _NEVER),
    "unknown type": ("not of the Contest API; left out", _SINCE_2021),
    "other contest": ("of another contest than the first; left out", _NEVER),
    # which object is meant
    "null id": ("the notification names no object; the object's own id counts", _NEVER),
    "no id": ("neither the notification nor the object has an id; left out", _NEVER),
    "other id": ("the notification names another id than the object has; the object's own counts", _NEVER),
    "id of a single object": ("contest and state have none; passed over", _NEVER),
    "number as id": ("taken as text", _NEVER),
    "not an id": ("a text that is no id of the Contest API; replaced everywhere by the same one that is", _NEVER),
    # how often and in which order
    "sent again": ("an object that has not changed", _SINCE_2021),
    "created twice": ("op create of what is there; taken as an update", _NEVER),
    "update of nothing": ("op update of what is not there; taken as a creation", _NEVER),
    "deleted nothing": ("a deletion of what is not there; passed over", _SINCE_2021),
    "changed afterwards": ("a submission, a message or a finished judgement that was changed; the latest counts", _NEVER),
    "refers ahead": ("an object that refers to one that comes later", _SINCE_2021),
    "after the end of updates": ("taken all the same", _NEVER),
    # values
    "bad value": ("a value that is none of its kind; taken as missing", _NEVER),
    "penalty in minutes": ("a whole number where 2026-01 has a duration; taken as minutes", _BEFORE_2026),
    "times disagree": ("time and contest time differ by more than a second; the contest time counts", _NEVER),
    "no time": ("neither time nor contest time that can be read; left out", _NEVER),
    "no language": ("a submission without a language; it is of `unknown`", _NEVER),
    "no start": ("the contest has no start time; that of its state, or of its submissions, counts", _NEVER),
    "no state": ("nothing says how the contest went; it went as planned, and is thawed behind its last event", _NEVER),
    "no penalty time": ("20 minutes", _NEVER),
    "refers to nothing": ("an object that is nowhere in the feed; the reference, or what cannot do without, is left out", _NEVER),
    "unknown verdict": ("a judgement type that the contest does not have; its known class counts, or it is pending", _NEVER),
    "two current judgements": ("the one that began last counts", _NEVER),
    "state disagrees": ("the state names other times than the contest; the contest's count", _NEVER),
    "no team": ("a submission of nobody's team, such as the jury's; left out", _EVER),
}  # fmt: skip
"""What each kind of oddity is and what is done about it, and the versions whose texts allow it."""

_KEPT = 5
"""Places that are remembered of each kind, unless more are asked for."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A kind of oddity: how often, and the first few places with what was seen there."""

    kind: str
    meaning: str
    count: int
    first: tuple[tuple[int, str], ...]
    allowed: bool

    @property
    def lines(self) -> tuple[int, ...]:
        """The first lines; 0 for what is not of one line."""
        return tuple(line for line, _ in self.first)


@dataclass(slots=True)
class Oddities:
    """Collects what was odd; of each kind it remembers the first `keep` places."""

    keep: int = _KEPT
    _count: dict[str, int] = field(default_factory=dict)
    _first: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, kind: str, line: int, what: str = "") -> None:
        """Note one; *line* 0: of no line."""
        count = self._count[kind] = self._count.get(kind, 0) + 1
        if count <= self.keep:
            self._first.setdefault(kind, []).append((line, what))

    def rather(self, kind: str, was: str, line: int) -> None:
        """The latest that was noted as one of *was*, in this line, is one of *kind*."""
        self._count[was] -= 1
        if self._count[was] < self.keep:
            self._first[was].pop()
        if not self._count[was]:
            del self._count[was], self._first[was]
        self.add(kind, line)

    def clear(self) -> None:
        """Forget everything: the feed is read again."""
        self._count.clear()
        self._first.clear()

    def found(self, version: str) -> tuple[Oddity, ...]:
        """All kinds that were seen, those that *version* does not allow first."""
        made = [
            Oddity(kind, meaning, self._count[kind], tuple(self._first[kind]), version in allowed)
            for kind, (meaning, allowed) in KINDS.items()
            if kind in self._count
        ]
        return tuple(sorted(made, key=lambda one: one.allowed))

    @property
    def unread(self) -> bool:
        """Whether a line was cut off or could not be read: what it says is not known."""
        return bool(self.count("truncated line") or self.count("broken line"))

    def count(self, kind: str) -> int:
        """How often this kind was seen."""
        return self._count.get(kind, 0)
