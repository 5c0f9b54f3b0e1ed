"""A result: a contest's boards as a replay has them, with all that says how they came about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from schemas.errors import RuleError, UsageError
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams.names import read_names
from streams.refold import Folded
from streams.replay.files import folder, read_document, write_document
from streams.replay.plan import PlannedContest, PlannedMark
from streams.replay.truth import active_generation, refuse_unknown
from streams.replay.whatif import WhatIf, alter, generation_of
from streams.scoring.awards import Names, of_state
from streams.scoring.canonical import digest
from streams.scoring.contest import Generation
from streams.scoring.fold import FOLD_VERSION
from streams.scoring.project import generations, scoreboard
from streams.scoring.state import ContestState

__all__ = [
    "Compared",
    "Result",
    "awards_of",
    "compared",
    "make_result",
    "names_for",
    "read_result",
    "result_path",
    "write_result",
]

KIND = "replay result"

_LATE = 1 << 62
"""A moment at which every planned freeze has come."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A mark of the scorer, and the digest that the replay has at its position: None where it has no such board."""

    generation: str
    audience: str
    position: int
    scorer: str
    replay: str | None

    @property
    def equal(self) -> bool:
        """Whether scorer and replay agree."""
        return self.scorer == self.replay


@dataclass(frozen=True, slots=True)
class Result:
    """What came out for one contest, up to and with `position`.

    `boards` are the canonical scoreboards as JSON, `digests` the SHA-256 of their bytes, both by audience; so are
    `awards`, those that anybody has: teams by the award's id. `generation`
    is None where the contest had no definition, and the id of none where the rule is the replay's own. `skipped` and
    `unreadable` are positions that count nowhere. `teams` are names by id. Equal plans give equal results.
    """

    contest: str
    plan: str
    position: int
    fold_version: int
    generation: str | None
    rule: str | None
    parameters: dict[str, str]
    what_if: WhatIf
    events: int
    skipped: tuple[int, ...]
    unreadable: tuple[int, ...]
    marks: tuple[Compared, ...]
    teams: dict[str, str]
    digests: dict[str, str]
    boards: dict[str, dict[str, Any]]
    awards: dict[str, dict[str, list[str]]]

    @property
    def as_the_scorer(self) -> bool:
        """Whether the scorer's marks agree with the replay, as far as it left any."""
        return all(one.equal for one in self.marks)

    def dump(self) -> dict[str, Any]:
        """The result as JSON."""
        return asdict(self) | {"podium": KIND, "what_if": self.what_if.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Result:
        """What `dump` gave."""
        made = {
            "what_if": WhatIf.load(data["what_if"]),
            "skipped": tuple(data["skipped"]),
            "unreadable": tuple(data["unreadable"]),
            "marks": tuple(Compared(**one) for one in data["marks"]),
        }
        fields = {name: value for name, value in data.items() if name != "podium"}
        return cls(**fields | made)


def make_result(
    plan_id: str, what_if: WhatIf, planned: PlannedContest, folded: Folded, names: Names | None = None
) -> Result:
    """The result of a contest's fold, which is used up; *names* as `awards_of` takes them.

    Raises:
        UsageError: when the active generation is of another fold version.
        RuleError: when the contest cannot be scored so.
        DataError: when the log holds events of the contest that this podium cannot read.
    """
    refuse_unknown(folded)
    if what_if.rule is None:
        active_generation(folded.state)
    marks = compared(planned.marks, folded)
    state = alter(folded.state, what_if)
    generation = generation_of(state, what_if)
    try:
        boards = {audience: scoreboard(state, generation, audience) for audience in AUDIENCES} if generation else {}
    except ValueError as error:
        raise RuleError(f"contest {planned.contest}: {error}") from None
    return Result(
        contest=planned.contest,
        plan=plan_id,
        position=folded.position,
        fold_version=FOLD_VERSION,
        generation=generation.id if generation else None,
        rule=generation.rule if generation else None,
        parameters=dict(generation.parameters) if generation else {},
        what_if=what_if,
        events=folded.events,
        skipped=tuple(sorted(folded.skipped)),
        unreadable=tuple(folded.unreadable),
        marks=marks,
        teams={id_: team.name for id_, team in sorted(state.teams.items())},
        digests={audience: digest(board) for audience, board in boards.items()},
        boards={audience: json.loads(board) for audience, board in boards.items()},
        awards=awards_of(state, generation, what_if, names),
    )


def compared(marks: Iterable[Mark | PlannedMark], folded: Folded) -> tuple[Compared, ...]:
    """Marks of the scorer beside what a fold has, which took the digests at their positions. Pure.

    Those of a generation that was retired are left out: nobody sees its board, and the scorer marks it no more.
    """
    open_ = {one.id for one in generations(folded.state)}
    found = []
    for m in marks:
        truth = folded.digests.get((m.position, m.generation, m.audience))
        if truth is None or m.generation in open_:
            found.append(Compared(m.generation, m.audience, m.position, m.digest, truth))
    return tuple(found)


def names_for(settings: Settings, folded: Folded, what_if: WhatIf) -> Names | None:
    """The names without which an award of the contest is given to nobody, out of its log; None where no award takes any.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    contest = folded.state.contest
    if contest.terms is None or "organization-winner" not in contest.terms.awards.get("given", ""):
        return None  # a state knows all that the others take: the log need not be read again
    last = folded.position if contest.closed is None else min(folded.position, contest.closed)
    return read_names(
        settings, folded.state.contest_id, last, left_out=frozenset(folded.skipped), known_at=what_if.known_at
    )


def awards_of(
    state: ContestState, generation: Generation | None, what_if: WhatIf, names: Names | None
) -> dict[str, dict[str, list[str]]]:
    """The awards that anybody has: teams by the award's id, by audience; *names* as `names_for` has them. Pure."""
    if generation is None:
        return {}
    clock = state.contest.clock
    within = None if what_if.until_contest_time is None else clock.moment(what_if.until_contest_time)
    moments = [one for one in (what_if.until_time, within, what_if.known_at) if one is not None]
    now = min(moments, default=_LATE)
    return {
        audience: {
            award.id: list(award.team_ids)
            for award in of_state(state, generation, audience, now, names)
            if award.team_ids
        }
        for audience in AUDIENCES
    }


def result_path(settings: Settings, contest: str, plan_id: str) -> Path:
    """Where a contest's result of a plan is written."""
    return folder(settings) / f"{contest}-{plan_id}.json"


def write_result(settings: Settings, result: Result) -> Path:
    """Write the result into its file; where that is."""
    path = result_path(settings, result.contest, result.plan)
    write_document(path, result.dump())
    return path


def read_result(path: Path, *, board: bool = True) -> Result:
    """A result out of its file.

    Raises:
        UsageError: when the file is no result, or one of another fold version; with *board*, when it has none.
    """
    found = read_document(path, KIND, Result.load)
    if found.fold_version != FOLD_VERSION:
        raise UsageError(
            f"{path}: the result is of fold version {found.fold_version}, and this podium folds by version {FOLD_VERSION}: "
            "make a new one"
        )
    if board and found.generation is None:
        raise UsageError(f"{path}: contest {found.contest} had no definition at position {found.position}: no board")
    return found
