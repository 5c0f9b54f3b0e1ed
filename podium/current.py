"""A contest as its log has it: what is in force, and what may be compared with its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clics.fold import fold
from clics.state import State
from schemas.definition import ChangedPackage
from schemas.events import (
    Definition,
    Event,
    GenerationOpened,
    Group,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    Organization,
    Person,
    PositionSkipped,
    Runs,
    Submission,
    Team,
)
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.scoring.acts import refused
from streams.scoring.contest import FOLD_VERSION, Generation

__all__ = ["Current", "current"]

_OF_SUBMISSIONS = (Submission, JudgingStarted, JudgingFaulted, Judgement, Runs)
"""Neither which packages are in force nor whether a contest is over depends on one, and they are most of a log."""


@dataclass(slots=True)
class Current:
    """A contest as its log has it: the definition in force, its position, the entries by (class, id), where it ends.

    `changed` are the packages that rejudgings have put problems on, by problem, each with the rejudging's number. `promoted` is
    the active generation, where that is not the one that follows the definition. `over` is the position of its end of updates,
    behind which nothing counts: what is there is of these all the same.
    """

    definition: Definition | None = None
    position: int = -1
    entries: dict[tuple[type, str], Team | Organization | Group | Person] = field(default_factory=dict)
    end: int = 0
    changed: dict[str, tuple[int, ChangedPackage]] = field(default_factory=dict)
    promoted: Generation | None = None
    over: int | None = None


def current(
    settings: Settings, contest: str, end: int | None = None, *, told: Callable[[Event], None] = lambda _: None
) -> Current:
    """Read what is in force before position *end*; *told* is told each event on the way.

    A definition counts only where it changes the one in force, under a rule that the fold does not refuse, and if no
    scorer has skipped it.
    """
    state = Current()
    definitions: list[tuple[int, Definition]] = []
    skipped: set[int] = set()
    opened: dict[str, Generation] = {}
    acts = State(contest)
    for position, event in read_contest(settings, contest, end=end):
        state.end = position + 1
        told(event)
        if isinstance(event, Definition):
            definitions.append((position, event))
        elif isinstance(event, PositionSkipped) and event.fold_version == FOLD_VERSION:
            skipped.add(event.position)
        elif isinstance(event, GenerationOpened) and not refused(event, None):
            opened[str(position)] = Generation(str(position), event.rule, dict(event.parameters), event.fold_version)
        elif isinstance(event, (Team, Organization, Group, Person)):
            state.entries[type(event), event.id] = event
        if not isinstance(event, _OF_SUBMISSIONS):
            fold(acts, position, event)
    state.over = acts.conduct.closed
    state.promoted = opened.get(acts.conduct.active)
    state.changed = {changed.problem_id: (number, changed) for number, changed in acts.conduct.changed}
    fold_version = None
    for position, event in definitions:
        if event.changes == state.position and position not in skipped and not refused(event, fold_version):
            state.definition, state.position = event, position
            fold_version = event.fold_version if fold_version is None else fold_version
    return state
