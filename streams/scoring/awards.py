"""Awards as the Contest API names them, out of a board: CCS requirements, Scoring Data Generation 6 to 8.

Positions and ties are those of the board (`ranking`), so that ties fill positions. A medal is for a position; behind
12 + B (as many medals as the settings say) the rank of a team that solved as much as the median team is by solved
problems alone; who solved less is not ranked. Who has scored nothing gets no medal, no rank and no honors, whatever
the median, as with DOMjudge. Contests that score points have winners and medals by rank, and no honors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.scoring.award_settings import GROUP_WINNER, KINDS, AwardSettings
from streams.scoring.canonical import AnyCell, AnyFirst, AnyRow
from streams.scoring.contest import Generation
from streams.scoring.project import board
from streams.scoring.ranking import of_group, ranked
from streams.scoring.state import ContestState

__all__ = ["Award", "Names", "awards", "names_of", "of_state", "with_acts"]


@dataclass(frozen=True, slots=True)
class Award:
    """An award and the teams that have it, in the order of the board; none: nobody has it yet."""

    id: str
    citation: str
    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What awards must know beside the board.

    The problems' labels in their order, names of groups and organizations, and who is in which, all by id.
    """

    problems: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    organizations: Mapping[str, str] = field(default_factory=dict)
    groups_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    organization_of: Mapping[str, str] = field(default_factory=dict)


def awards(
    rows: Iterable[AnyRow], firsts: Iterable[AnyFirst], settings: AwardSettings, names: Names, *, b: int = 0
) -> tuple[Award, ...]:
    """All awards that the settings give, in the order of KINDS, those that nobody has yet among them. Pure.

    Args:
        rows: the board of one audience: of the core, of `scoreboard-rows` or of the live view, in any order.
        firsts: its first-to-solves.
        settings: how awards are given.
        names: problems, groups and organizations.
        b: the B of the CCS requirements, given when the contest is finalized; 0 until then.
    """
    rows = list(rows)
    places = [(rank, row) for rank, row in ranked(rows) if rank is not None]
    scored = [(rank, row) for rank, row in places if _has_scored(row)]
    found = {
        "winner": [Award("winner", "Contest winner", _teams(scored, 1, 1))],
        **{kind: [award] for kind, award in _medals(scored, settings, b)},
        **_of_the_others(places, scored, settings, b),
        "first-to-solve": list(_first_to_solve(firsts, names)),
        "group-winner": list(_group_winners(rows, names)),
        "organization-winner": list(_organization_winners(places, scored, names)),
    }
    return tuple(award for kind in KINDS if kind in settings.given for award in found.get(kind, ()))


def with_acts(computed: Iterable[Award], by_hand: Mapping[str, Award | None]) -> tuple[Award, ...]:
    """The awards with what the jury did by hand, by id: it gave one instead or beside, or (None) took one away. Pure."""
    kept = {award.id: award for award in computed}
    for id_, award in sorted(by_hand.items()):
        if award is None:
            kept.pop(id_, None)
        else:
            kept[id_] = award
    return tuple(kept.values())


def names_of(
    *,
    problems: Iterable[Mapping[str, Any]],
    groups: Iterable[Mapping[str, Any]],
    organizations: Iterable[Mapping[str, Any]],
    teams: Iterable[Mapping[str, Any]],
) -> Names:
    """The names out of the Contest API's objects. Pure."""
    teams = list(teams)
    return Names(
        {one["id"]: one["label"] for one in sorted(problems, key=lambda one: (one["ordinal"], one["id"]))},
        {one["id"]: one["name"] for one in groups},
        {one["id"]: one["name"] for one in organizations},
        {one["id"]: one.get("group_ids") or () for one in teams},
        {one["id"]: one["organization_id"] for one in teams if one.get("organization_id")},
    )


def of_state(
    state: ContestState, generation: Generation, audience: str, now: int, names: Names | None = None
) -> tuple[Award, ...]:
    """The awards of a contest's state under a generation, as an audience may see them. Pure.

    While the board is frozen the public is told what the public board implies and no more: awards by the jury's hand
    and B come with the thaw.

    Args:
        state: the contest's state.
        generation: under whose rule.
        audience: public or jury.
        now: event time, UTC ms; it tells whether the freeze has come.
        names: without them groups and problems are called by their ids, and no organization wins.

    Raises:
        ValueError: as `project.board`.
    """
    contest = state.contest
    if contest.terms is None:
        return ()
    if names is None:
        problems = {task.id: task.id for task in contest.terms.tasks}
        groups = {id_: id_ for team in state.teams.values() for id_ in team.group_ids}
        names = Names(problems, groups, groups_of={id_: team.group_ids for id_, team in state.teams.items()})
    frozen = contest.freeze is not None and contest.thawed is None and now >= contest.freeze
    told = audience == "jury" or not frozen
    found = board(state, generation, audience)
    settings = AwardSettings.parse(contest.terms.awards)
    computed = awards(found.rows, found.firsts, settings, names, b=contest.b if told else 0)
    by_hand = {
        id_: None if given is None else Award(id_, given[0], tuple(given[1])) for id_, given in contest.awards.items()
    }
    return with_acts(computed, by_hand if told else {})


# ---- positions ------------------------------------------------------------------------------------------------------

_Places = Sequence[tuple[int, AnyRow]]


def _has_scored(row: AnyRow) -> bool:
    return (row.num_solved if row.score is None else row.score) > 0


def _teams(places: _Places, first: int, last: int) -> tuple[str, ...]:
    return tuple(row.team_id for rank, row in places if first <= rank <= last)


def _medals(scored: _Places, settings: AwardSettings, b: int) -> Iterator[tuple[str, Award]]:
    last = 0
    for metal, count in (("gold", settings.gold), ("silver", settings.silver), ("bronze", settings.bronze + b)):
        first, last = last + 1, last + count
        kind = f"{metal}-medal"
        yield kind, Award(kind, f"{metal.capitalize()} medal winner", _teams(scored, first, last))


def _of_the_others(places: _Places, scored: _Places, settings: AwardSettings, b: int) -> Mapping[str, Sequence[Award]]:
    """Ranks, honors and honorable mentions, of contests that count solved problems."""
    if any(row.score is not None for _, row in places):
        return {}
    medals = settings.gold + settings.silver + settings.bronze + b
    median = _median(places, settings)
    # the team ranked 12 + B: with ties there is none at the last position itself
    mark = min((row.num_solved for rank, row in scored if rank <= medals), default=None)
    ranks: dict[int, list[str]] = {}
    first_of: dict[int, int] = {}
    honors: dict[str, list[str]] = {"highest-honors": [], "high-honors": [], "honors": [], "honorable-mention": []}
    for rank, row in places:
        medal = rank <= medals and row.num_solved > 0
        if not medal and row.num_solved < max(median, 1):
            honors["honorable-mention"].append(row.team_id)
            continue
        if not medal:
            ranks.setdefault(first_of.setdefault(row.num_solved, rank), []).append(row.team_id)
        if not medal or settings.medallists_honored:
            honors[_honor(row.num_solved, mark)].append(row.team_id)
    citations = {
        "highest-honors": "Highest honors",
        "high-honors": "High honors",
        "honors": "Honors",
        "honorable-mention": "Honorable mention",
    }
    return {
        "rank": [Award(f"rank-{rank}", f"Rank {rank}", tuple(teams)) for rank, teams in sorted(ranks.items())],
        **{kind: [Award(kind, citations[kind], tuple(teams))] for kind, teams in honors.items()},
    }


def _honor(solved: int, mark: int | None) -> str:
    """By how many problems the team stays behind the last medallist; without medals all honors are alike."""
    if mark is None or solved < mark - 1:
        return "honors"
    return "highest-honors" if solved >= mark else "high-honors"


def _median(places: _Places, settings: AwardSettings) -> int:
    """The number of problems that the median team solved: of an even number of teams the lower one of the middle."""
    counted = [row.num_solved for _, row in places if _counts(row, settings.median)]
    return counted[len(counted) // 2] if counted else 0


def _counts(row: AnyRow, median: str) -> bool:
    if median == "solved":
        return row.num_solved > 0
    cells: tuple[AnyCell, ...] = row.cells
    return median == "all" or any(cell.num_judged + cell.num_pending for cell in cells)


# ---- one award each of many -----------------------------------------------------------------------------------------


def _first_to_solve(firsts: Iterable[AnyFirst], names: Names) -> Iterator[Award]:
    solved = {first.problem_id: first.team_id for first in firsts if first.team_id is not None}
    for id_, label in names.problems.items():
        team = solved.get(id_)
        yield Award(f"first-to-solve-{id_}", f"First to solve problem {label}", () if team is None else (team,))


def _group_winners(rows: Sequence[AnyRow], names: Names) -> Iterator[Award]:
    """The first of each group's own board; a group that has none, as a hidden one, has no winner to be."""
    members: dict[str, set[str]] = {}
    for row in rows:
        for group in names.groups_of.get(row.team_id, ()):
            members.setdefault(group, set()).add(row.team_id)
    for id_ in sorted(members.keys() & names.groups.keys()):
        places = [(rank, row) for rank, row in of_group(rows, members[id_]) if rank is not None]
        if places:
            best = [(rank, row) for rank, row in places if _has_scored(row)]
            yield Award(f"{GROUP_WINNER}{id_}", f"Winner of group {names.groups[id_]}", _teams(best, 1, 1))


def _organization_winners(places: _Places, scored: _Places, names: Names) -> Iterator[Award]:
    there = {names.organization_of.get(row.team_id, "") for _, row in places}
    for id_ in sorted(there & names.organizations.keys()):
        mine = [(rank, row) for rank, row in scored if names.organization_of.get(row.team_id) == id_]
        best = min((rank for rank, _ in mine), default=0)
        yield Award(f"organization-winner-{id_}", f"Winner of {names.organizations[id_]}", _teams(mine, best, best))
