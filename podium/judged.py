"""A contest's new files beside what was judged under the old ones: what may not change, and what is to be judged again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from podium.jury.record import Record
from schemas.events import Definition
from streams.scoring.contest import FIRST_GENERATION

__all__ = ["LeftBehind", "concerns", "faults", "left_behind"]

_NAMED = 12
"""So many digits of a digest name a package."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A problem that goes on another package, and how many submissions to it show a judging on which other ones."""

    contest: str
    problem: str
    package: str
    judged_with: tuple[str, ...]
    verdicts: int

    @property
    def command(self) -> str:
        """The command that has them judged again, once the problem is on its new package."""
        names = " ".join(f"--judged-with {one[:_NAMED]}" for one in self.judged_with)
        why = f'--reason "package {self.package[:_NAMED]}"'
        return f"podium rejudge create {self.contest} --problem {self.problem} {names} {why}"

    @property
    def told(self) -> str:
        """All of it in a line."""
        verdicts = "1 verdict is" if self.verdicts == 1 else f"{self.verdicts} verdicts are"
        before = " and ".join(one[:_NAMED] for one in self.judged_with)
        return (
            f"problem {self.problem} goes on package {self.package[:_NAMED]}, and {verdicts} left on {before}: "
            f"`{self.command}` has them judged again"
        )


def concerns(before: Definition, after: Definition) -> bool:
    """Whether a definition that follows another one may change what was judged, so that it has to be looked at. Pure."""
    packages = {one.id: one.package for one in before.problems}
    return (
        before.score_scale != after.score_scale
        or before.scoreboard_type != after.scoreboard_type
        or any(packages.get(one.id, one.package) != one.package for one in after.problems)
    )


def faults(record: Record, after: Definition) -> list[str]:
    """What the contest's next definition may not change any more, a line each. Pure."""
    before, active = record.state.definition, record.state.conduct.active
    found: list[str] = []
    if before is None:
        return found
    old, new = before.score_scale, after.score_scale
    if old != new and record.state.submissions:
        # a judgement holds units and not what they are, and so does the task of what still waits
        found.append(
            f"podium.yaml: score_scale: cannot change from {old} to {new}: the contest has submissions "
            f"({len(record.state.submissions)}), and their scores are kept in units of 1/{old}; keep score_scale: {old}, or "
            "hold the contest anew, under another id"
        )
    if before.scoreboard_type != after.scoreboard_type and active != FIRST_GENERATION:
        found.append(
            f"contest: scoreboard_type: cannot change from {before.scoreboard_type} to {after.scoreboard_type}: generation "
            f"{active} is active, with a rule of its own; `podium replay rollback` brings back that of the files, generation "
            f"{FIRST_GENERATION}"
        )
    return found


def left_behind(record: Record, after: Definition) -> Iterator[LeftBehind]:
    """The problems that the contest's next definition puts on another package than that of some of their verdicts. Pure.

    A package that a rejudging has put a problem on stays whatever a definition says. What a feed told was judged
    elsewhere.
    """
    state = record.state
    changed = {one.problem_id: one for _, one in state.conduct.changed}
    for problem in after.problems:
        had, act = state.problems.get(problem.id), changed.get(problem.id)
        package = problem.package if act is None else act.package
        if had is None or had.package == package or problem.withdrawn:
            continue
        found = [
            record.judged.get((one.id, record.judging(one)))
            for one in state.submissions.values()
            if one.problem == problem.id
        ]
        others = [one.package for one in found if one is not None and one.package not in ("", package)]
        if others:
            yield LeftBehind(record.contest, problem.id, package, tuple(dict.fromkeys(others)), len(others))
