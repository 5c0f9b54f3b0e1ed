"""A contest's new files beside what was judged under the old ones: what may not change, and what is to be judged again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from podium.conduct.ends import behind_thaw, final
from podium.conduct.times import said_moment
from podium.jury.record import Record
from schemas.events import Definition
from streams.scoring.contest import FIRST_GENERATION
from streams.scoring.times import ContestTimes

__all__ = ["LeftBehind", "concerns", "faults", "left_behind"]

_OF_ACCESS = {"feedback": "podium.yaml", "scoreboard_type": "contest"}
"""What decides which endpoints and properties somebody sees, and the file of each: that stays while a contest goes on."""

_NAMED = 12
"""So many digits of a digest name a package."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A problem that goes on another package, and how many submissions to it show a judging on which other ones.

    `by_hand` counts those beside that were judged on them and show a verdict by hand.
    """

    contest: str
    problem: str
    package: str
    judged_with: tuple[str, ...]
    verdicts: int
    by_hand: int = 0

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
        show = "that shows" if self.by_hand == 1 else "that show"
        beside = (
            f", and {self.by_hand} {show} a verdict by hand, which applying it would replace" if self.by_hand else ""
        )
        return (
            f"problem {self.problem} goes on package {self.package[:_NAMED]}, and {verdicts} left on {before}: "
            f"`{self.command}` has them judged again{beside}"
        )


def concerns(before: Definition, after: Definition) -> bool:
    """Whether a definition that follows another one has to be looked at beside what was judged, and when that was. Pure."""
    packages = {one.id: one.package for one in before.problems}
    return (
        before.score_scale != after.score_scale
        or any(getattr(before, key) != getattr(after, key) for key in _OF_ACCESS)
        or (before.start_time, before.duration) != (after.start_time, after.duration)
        or any(packages.get(one.id, one.package) != one.package for one in after.problems)
    )


def faults(record: Record, after: Definition) -> list[str]:
    """What the contest's next definition may not change any more when it is recorded, a line each. Pure."""
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
    return [*found, *_of_access(record, before, after), *_of_times(record, before, after)]


def _of_access(record: Record, before: Definition, after: Definition) -> Iterator[str]:
    """What may not change from the start on until nobody has time left."""
    start, end = record.state.clock.start, record.state.last_end
    if start is None or end is None or not start <= after.recorded_at < end:
        return
    for key, file in _OF_ACCESS.items():
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            yield (
                f"{file}: {key}: cannot change from {old} to {new} while the contest runs: what its clients were told that "
                f"they may see stays until nobody has time left; keep {key}: {old} until {said_moment(end)}"
            )


def _of_times(record: Record, before: Definition, after: Definition) -> Iterator[str]:
    """Where the end would move that the contest was thawed or finalized behind; not where an act holds against the files."""
    state = record.state
    times = ContestTimes.load(state.conduct.times.dump())
    times.define(after.recorded_at, after.start_time, after.duration, after.scoreboard_freeze_duration)
    if times.clock == state.clock:
        return
    keys = [key for key in ("start_time", "duration") if getattr(before, key) != getattr(after, key)]
    if why := final(state) or behind_thaw(state, times.clock, state.conduct.extra.values()):
        yield f"contest: {' and '.join(keys)}: {why}"


def left_behind(record: Record, after: Definition) -> Iterator[LeftBehind]:
    """The problems that the contest's next definition puts on another package than that of some of their verdicts. Pure.

    A package that a rejudging has put a problem on stays whatever a definition says. What a feed told was judged
    elsewhere; a verdict by hand is of no package, and what is ignored counts for nothing.
    """
    state = record.state
    changed = {one.problem_id: one for _, one in state.conduct.changed}
    for problem in after.problems:
        had, act = state.problems.get(problem.id), changed.get(problem.id)
        package = problem.package if act is None else act.package
        if had is None or had.package == package or problem.withdrawn:
            continue
        others = {
            one.id: judged.package
            for one in state.submissions.values()
            if one.problem == problem.id
            and not one.ignored
            and (judged := record.judged.get((one.id, record.judging(one)))) is not None
            and judged.package not in ("", package)
        }
        shown = [one for id_, one in others.items() if state.shown(state.submissions[id_])[0] is not None]
        if shown:
            with_ = tuple(dict.fromkeys(shown))
            # what the command selects beside them: it asks for packages
            by_hand = sum(one in with_ for one in others.values()) - len(shown)
            yield LeftBehind(record.contest, problem.id, package, with_, len(shown), by_hand)
