"""Where an act of the jury holds against a contest's files: no definition undoes one, and what it says there shows nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from podium.current import Current
from schemas.events import Definition
from streams.scoring.contest import FIRST_GENERATION, Generation
from streams.scoring.rules import Attempt, CellScore, Scope, Task, make_rule
from streams.scoring.verdicts import Outcome

__all__ = ["holding"]


def holding(state: Current, wanted: Definition) -> Iterator[str]:
    """The acts that hold against the contest's next definition, a line each, with what brings the files into force. Pure.

    A package that a rejudging has put a problem on is told as long as the files have another one; a promoted generation where
    the files change what only their own one has.
    """
    yield from _packages(state, wanted)
    yield from _generation(state, wanted)


def _packages(state: Current, wanted: Definition) -> Iterator[str]:
    for problem in wanted.problems:
        number, changed = state.changed.get(problem.id, (0, None))
        if changed is not None and changed.of(problem) != problem:
            yield (
                f"problem {problem.id}: these files have package {problem.package[:12]}, and rejudging {number} has put it "
                f"on {changed.package[:12]}, which stays: take that package into the files, or "
                f"`podium rejudge revert` {number}; another package is put into force by `podium rejudge create --package`"
            )


def _generation(state: Current, wanted: Definition) -> Iterator[str]:
    before, promoted = state.definition, state.promoted
    if before is None or promoted is None:
        return
    keys = [key for key in ("rule", "parameters") if getattr(before, key) != getattr(wanted, key)]
    if before.penalty_time != wanted.penalty_time:
        old, new = (_solved(promoted, wanted, time) for time in (before.penalty_time, wanted.penalty_time))
        # a rule without a penalty of its own has that of the files all the same
        keys += ["penalty_time"] if old == new else []
    if keys and (promoted.rule, promoted.parameters) != (wanted.rule, wanted.parameters):
        yield (
            f"{', '.join(keys)}: generation {promoted.id} is active, with a rule of its own, {promoted.told}, which stays; "
            f"`podium replay rollback` brings back that of the files, generation {FIRST_GENERATION}"
        )


def _solved(generation: Generation, definition: Definition, penalty_time: int) -> CellScore:
    """What a solved problem with a rejected run before it gives under this penalty time."""
    scope = Scope(penalty_time, definition.duration, definition.score_scale)
    attempts = (Attempt(0, Outcome.REJECTED), Attempt(0, Outcome.ACCEPTED, passed=True))
    return make_rule(generation.rule, scope, generation.parameters).cell(Task("", 1, None), attempts)
