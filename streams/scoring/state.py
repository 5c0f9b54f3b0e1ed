"""A contest's state: its parts, and what is derived from them for quick projections."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from streams.scoring.contest import Contest
from streams.scoring.parts import Cell, Group, RejudgingChunk, Submitted, Team, in_time

__all__ = ["ContestState"]


class ContestState:
    """Everything that a contest's boards are computed from, free of rules.

    It is made of parts, each JSON of its own under a key: `contest`, `team:ID`, `group:ID`, `cell:TEAM:PROBLEM`,
    `rejudging:ACT`. The state is the same whatever order the parts are restored in.
    """

    __slots__ = (
        "_owners",
        "cells",
        "chunks",
        "contest",
        "contest_id",
        "groups",
        "hacked_by",
        "of_problem",
        "of_team",
        "rejudgings_of",
        "teams",
        "views",
    )

    def __init__(self, contest_id: str) -> None:
        self.contest_id = contest_id
        self.contest = Contest()
        self.teams: dict[str, Team] = {}
        self.groups: dict[str, Group] = {}
        self.cells: dict[tuple[str, str], Cell] = {}
        self.chunks: dict[str, RejudgingChunk] = {}
        self.of_problem: dict[str, list[Submitted]] = {}
        """Derived: the submissions of a problem by time and position."""
        self.of_team: dict[str, dict[str, Cell]] = {}
        """Derived: a team's cells by problem."""
        self.hacked_by: dict[str, dict[tuple[str, str, str], Submitted]] = {}
        """Derived: the submissions that a team tried to hack, by team, problem and id."""
        self.rejudgings_of: dict[str, dict[int, int]] = {}
        """Derived: the rejudgings that a submission belongs to, each with the position from which on it does."""
        self.views: dict[tuple[str, str], Any] = {}
        """Derived: what projections remember, until something changes that concerns more than some teams."""
        self._owners: dict[str, Submitted] = {}

    @property
    def position(self) -> int:
        """The last position that a part has applied, -1 for none."""
        groups: tuple[dict[Any, Any], ...] = (self.teams, self.groups, self.cells, self.chunks)
        latest = (max((part.position for part in parts.values()), default=-1) for parts in groups)
        return max(self.contest.position, *latest)

    # ---- parts ---------------------------------------------------------------------------------------------------

    def dump(self, key: str) -> dict[str, Any]:
        """The JSON value of a part.

        Raises:
            KeyError: when there is no such part.
        """
        kind, _, id_ = key.partition(":")
        match kind:
            case "cell":
                team_id, _, problem_id = map(unquote, id_.partition(":"))
                return self.cells[team_id, problem_id].dump()
            case "team":
                return self.teams[id_].dump()
            case "group":
                return self.groups[id_].dump()
            case "rejudging":
                return self.chunks[id_].dump()
            case "contest":
                return self.contest.dump()
        raise KeyError(key)

    def parts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The keys and JSON values of all parts."""
        yield "contest", self.contest.dump()
        yield from ((f"team:{id_}", team.dump()) for id_, team in self.teams.items())
        yield from ((f"group:{id_}", group.dump()) for id_, group in self.groups.items())
        yield from ((cell.key, cell.dump()) for cell in self.cells.values())
        yield from ((f"rejudging:{id_}", chunk.dump()) for id_, chunk in self.chunks.items())

    @classmethod
    def restore(cls, contest_id: str, items: Iterable[tuple[str, dict[str, Any]]]) -> ContestState:
        """The state from its parts, in any order; the values are left alone."""
        state = cls(contest_id)
        for key, value in items:
            kind, _, id_ = key.partition(":")
            match kind:
                case "cell":
                    cell = Cell.load(id_, value)
                    state.add_cell(cell)
                    for submitted in cell.submissions.values():
                        if submitted.position >= 0:
                            state.index(cell, submitted)
                        state.index_hacks(cell, submitted)
                case "team":
                    state.teams[id_] = Team.load(id_, value)
                case "group":
                    state.groups[id_] = Group.load(id_, value)
                case "rejudging":
                    state.add_chunk(RejudgingChunk.load(id_, value))
                case "contest":
                    state.contest = Contest.load(value)
                case _:
                    raise KeyError(key)
        return state

    # ---- what is derived -----------------------------------------------------------------------------------------

    def add_cell(self, cell: Cell) -> None:
        """A new cell."""
        self.cells[cell.team_id, cell.problem_id] = cell
        self.of_team.setdefault(cell.team_id, {})[cell.problem_id] = cell

    def add_chunk(self, chunk: RejudgingChunk) -> None:
        """A new chunk of a rejudging."""
        self.chunks[chunk.id] = chunk
        for id_ in chunk.submission_ids:
            mine = self.rejudgings_of.setdefault(id_, {})
            mine[chunk.rejudging] = min(chunk.position, mine.get(chunk.rejudging, chunk.position))

    def index_hacks(self, cell: Cell, submitted: Submitted) -> None:
        """A submission that was hacked, or may have been."""
        for hack in submitted.hacks:
            self.hacked_by.setdefault(hack.team_id, {})[cell.team_id, cell.problem_id, submitted.id] = submitted

    def forget(self, teams: Iterable[str], problems: Iterable[str], since: tuple[int, int] | None) -> None:
        """What projections remember of these teams and problems may have changed; see `View.forget`."""
        for view in self.views.values():
            view.forget(teams, problems, since)

    def index(self, cell: Cell, submitted: Submitted) -> None:
        """A submission whose record has been read: of two with one id the first in the log counts."""
        owner = self._owners.setdefault(submitted.id, submitted)
        if owner is not submitted:
            earlier, later = (owner, submitted) if owner.position < submitted.position else (submitted, owner)
            earlier.first, later.first = True, False
            self._owners[submitted.id] = earlier
        timed = self.of_problem.setdefault(cell.problem_id, [])
        if timed and timed[-1].when > submitted.when:
            insort(timed, submitted, key=in_time)
        else:
            timed.append(submitted)
