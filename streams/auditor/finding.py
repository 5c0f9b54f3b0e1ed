"""What an audit has seen: noted while it goes on, told when it has ended."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Finding", "Notes"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one audit saw: what was compared, what could not be and why, and what differs.

    Up to and with the position `proved` all that could be compared is right; -1 where nothing could, or something is not.
    `asked_s` are the seconds that the views took to answer: what they spend on the audit is no more. `closed`: the
    contest has had its end of updates, and nothing of it was still on its way to a view, or could not be compared.
    """

    contest: str
    position: int
    compared: tuple[str, ...]
    unaudited: tuple[str, ...]
    different: tuple[str, ...]
    proved: int = -1
    asked_s: float = 0.0
    closed: bool = False


@dataclass(slots=True)
class Notes:
    """What an audit has seen so far; `positions` are those up to which what was compared stands."""

    compared: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    asked_s: float = 0.0

    def stands(self, called: str, position: int, wrong: str = "") -> None:
        """It was compared where it stands: what is wrong with it, in words."""
        self.compared.append(called)
        self.positions.append(position)
        if wrong:
            self.different.append(f"{called}: {wrong}")

    def stand(self, called: str) -> int:
        """Up to which position it was compared; -1 where it was not."""
        return max((at for name, at in zip(self.compared, self.positions, strict=True) if name == called), default=-1)

    def finding(self, contest: str, position: int, *, closed: bool = False) -> Finding:
        """All of it, once nothing more is noted."""
        return Finding(
            contest,
            position,
            tuple(self.compared),
            tuple(self.unaudited),
            tuple(self.different),
            proved=-1 if self.different else min(self.positions, default=-1),
            asked_s=self.asked_s,
            closed=closed,
        )
