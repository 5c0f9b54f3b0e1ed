"""A line before a door: who of those that wait is let in next, and who goes when there are too many. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Line"]

T = TypeVar("T", bound=Hashable)


@dataclass(slots=True)
class _Lane(Generic[T]):
    """Those of one network in the order in which they came."""

    known: dict[T, None] = field(default_factory=dict)
    others: dict[T, None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.known) + len(self.others)

    def first(self) -> T:
        """The one that is let in first."""
        return next(iter(self.known or self.others))

    def last(self) -> T:
        """The one that goes first when there are too many."""
        return next(reversed(self.others or self.known))

    def drop(self, one: T) -> None:
        (self.known if one in self.known else self.others).pop(one)


class Line(Generic[T]):
    """Those who wait. Their networks take turns, so who sends many delays those of other networks by one for each turn.

    Of one network those whose login is known go first: whoever makes logins up keeps no neighbour out. When *most* wait
    the longest of the networks gives way, so one of them may have all the places while no other wants any.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lanes: dict[str, _Lane[T]] = {}  # the network whose turn is next is the first
        self._where: dict[T, str] = {}

    def __len__(self) -> int:
        return len(self._where)

    def enter(self, one: T, network: str, *, known: bool) -> T | None:
        """Let it wait; gives who waits no more because of it: None, another one, or itself where there is no place."""
        out = self._out(network, known=known) if len(self) >= self._most else None
        if out is not None:
            self.leave(out)
        elif len(self) >= self._most:
            return one
        lane = self._lanes.setdefault(network, _Lane())
        (lane.known if known else lane.others)[one] = None
        self._where[one] = network
        return out

    def take(self) -> T | None:
        """Who is let in now, and waits no more; None when nobody waits."""
        if not self._lanes:
            return None
        network, lane = next(iter(self._lanes.items()))
        one = lane.first()
        self.leave(one)
        if lane:  # its next turn comes behind all others'
            self._lanes[network] = self._lanes.pop(network)
        return one

    def leave(self, one: T) -> None:
        """It waits no more, if it did."""
        if (network := self._where.pop(one, None)) is not None:
            lane = self._lanes[network]
            lane.drop(one)
            if not lane:
                del self._lanes[network]

    def _out(self, network: str, *, known: bool) -> T | None:
        """Who goes for another one of this network; None: nobody."""
        own, longest = self._lanes.get(network, _Lane()), max(self._lanes.values(), key=len)
        if len(own) + 1 < len(longest):
            return longest.last()
        return own.last() if known and own.others else None
