"""The states of the contests that this scorer has, kept part by part in a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import orjson

from streams.scoring.state import ContestState

__all__ = ["States", "position_of"]

WRITES = 500
"""Writes into the table at a time: they take some milliseconds."""

Breathe = Callable[[], Awaitable[None]]
"""Gives way to others, says that the work gets on, and waits until the broker has what was written."""

_ASLEEP = "asleep"
"""Key of the record that says that the parts of a contest that is over have left the table."""


def position_of(value: Any) -> int:
    """The position that a value of the table has applied. Pure."""
    return int(value["position"])


class States:
    """Contests' states, restored from the table when they are first asked for.

    Table keys are `CONTEST|PART`; every value carries the `position` that it has applied. Writes go through the
    table, which refuses them once its partition is another member's.
    """

    def __init__(self, table: MutableMapping[str, Any]) -> None:
        self._table = table
        self._epoch: int | None = None
        self._kept: dict[str, dict[str, Any]] = {}
        self._states: dict[str, ContestState] = {}

    def renew(self, epoch: int) -> None:
        """Forget what was restored before the last rebalance."""
        if epoch == self._epoch:
            return
        self._epoch = epoch
        self._states.clear()
        self._kept.clear()
        for key, value in self._table.items():
            contest, _, part = key.partition("|")
            self._kept.setdefault(contest, {})[part] = value

    def asleep(self, contest: str) -> bool:
        """Whether the contest's parts have left the table."""
        return f"{contest}|{_ASLEEP}" in self._table

    def over(self, contest: str, position: int) -> bool:
        """Whether the contest was over, and put to sleep, before this position."""
        if not self.asleep(contest):  # as nearly all are: to get what is not there takes the table an exception
            return False
        asleep = self._table[f"{contest}|{_ASLEEP}"]
        return "over" in asleep and position_of(asleep) < position

    def of(self, contest: str) -> ContestState:
        """The contest's state; empty for one that is new, or asleep."""
        state = self._states.get(contest)
        if state is None:
            kept = self._kept.get(contest, {})
            parts: Iterable[tuple[str, Any]] = () if _ASLEEP in kept else kept.items()
            state = self._states[contest] = ContestState.restore(contest, parts)
            self._kept.pop(contest, None)
        return state

    def spoilt(self, contest: str) -> bool:
        """Whether what the table has of the contest is no state: somebody else has written there."""
        try:
            self.of(contest)
        except Exception:  # whatever there may be instead of a part
            return True
        return False

    def awake(self) -> Iterator[ContestState]:
        """The states of all contests that have parts in the table; those that are spoilt wait for their next event."""
        for contest in sorted(self._states.keys() | self._kept.keys()):
            if not self.asleep(contest) and not self.spoilt(contest):
                yield self.of(contest)

    def forget(self, contest: str) -> None:
        """Restore the contest from the table when it is next asked for."""
        self._states.pop(contest, None)
        prefix = f"{contest}|"
        self._kept[contest] = {k[len(prefix) :]: v for k, v in self._table.items() if k.startswith(prefix)}

    # ---- writes --------------------------------------------------------------------------------------------------

    def dump(self, state: ContestState, parts: Iterable[str]) -> dict[str, Any]:
        """These parts of a state as the table takes them.

        Raises:
            TypeError: for a value that has no JSON, as an integer beyond 64 bits; the table would end the process.
        """
        dumped = {part: state.dump(part) for part in parts}
        orjson.dumps(dumped)
        return dumped

    def keep(self, contest: str, parts: Mapping[str, Any]) -> None:
        """Write these parts of a contest into the table."""
        for part, value in parts.items():
            self._table[f"{contest}|{part}"] = value

    async def replace(self, state: ContestState, breathe: Breathe) -> None:
        """Keep this state instead of all that the table has of the contest, and wake it.

        Whatever write is the last that survives a crash: an unfinished replacement is asleep, and is made again. It
        pauses to *breathe* between writes: a big contest has tens of thousands of parts.
        """
        contest = state.contest_id
        asleep, parts = self._fall_asleep(contest, {"position": state.position}), dict(state.parts())
        self._states.pop(contest, None)
        self._kept.pop(contest, None)
        stale = [key for key in self._keys(contest) if key.partition("|")[2] not in parts]
        for count, key in enumerate(stale):
            del self._table[key]
            await _pause(count, breathe)
        for count, (part, value) in enumerate(parts.items()):
            key = f"{contest}|{part}"
            held = self._table.get(key)
            if held != value:
                if held is not None:
                    del self._table[key]  # a recovery would take a value that claims a later position for the newer one
                self._table[key] = value
            await _pause(count, breathe)
        del self._table[asleep]
        self._states[contest] = state

    async def sleep(self, contest: str, position: int, breathe: Breathe) -> None:
        """Take the parts of a contest, which is over at this position, out of the table and out of memory."""
        self._fall_asleep(contest, {"position": position, "over": True})
        self._kept.pop(contest, None)
        self._states.pop(contest, None)
        for count, key in enumerate(self._keys(contest)):
            del self._table[key]
            await _pause(count, breathe)

    def _fall_asleep(self, contest: str, said: dict[str, Any]) -> str:
        """Before all other writes: parts that are left behind by a crash no longer count."""
        asleep = f"{contest}|{_ASLEEP}"
        self._table[asleep] = said
        return asleep

    def _keys(self, contest: str) -> list[str]:
        """The keys of the contest's parts."""
        prefix, asleep = f"{contest}|", f"{contest}|{_ASLEEP}"
        return [key for key in self._table if key.startswith(prefix) and key != asleep]


async def _pause(count: int, breathe: Breathe) -> None:
    if count % WRITES == WRITES - 1:
        await breathe()
