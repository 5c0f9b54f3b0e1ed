"""A contest's log written in a few words, and its boards read in one line a row: for tests of scores."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from schemas.definition import JudgementType, Problem
from schemas.events import (
    Act,
    Definition,
    Event,
    Group,
    Judgement,
    JudgingFaulted,
    Submission,
    SubmissionIgnored,
    Team,
    VerdictOverridden,
)
from streams.scoring.canonical import canonical
from streams.scoring.fold import apply
from streams.scoring.project import active, board, find, scoreboard
from streams.scoring.ranking import ranked
from streams.scoring.state import ContestState

START = 1_800_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE


def ms(time: str | int) -> int:
    """Contest time in ms: minutes as a number, or h:mm:ss(.mmm), negative before the start."""
    if isinstance(time, int):
        return time * MINUTE
    sign, hours, minutes, seconds, rest = re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{3}))?", time).groups()
    found = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(rest or 0)
    return -found if sign else found


def problem(id_: str, ordinal: int, **fields: Any) -> Problem:
    """A problem of this id, with these fields or else what they mostly are."""
    usual: dict[str, Any] = {
        "label": id_,
        "name": f"Problem {id_}",
        "package": "0" * 64,
        "time_limit_ms": 1000,
        "memory_limit_mib": 1024,
        "output_limit_mib": 8,
        "test_data_count": 3,
    }
    return Problem(id=id_, ordinal=ordinal, **usual | fields)


def judgement_types(**penalties: bool) -> tuple[JudgementType, ...]:
    """A table of judgement types by id and whether each costs a penalty; AC solves."""
    return tuple(JudgementType(id_, id_, penalty=p, solved=id_ == "AC") for id_, p in penalties.items())


class ContestLog:
    """A log in memory: five hours, the last one frozen, a thaw at six, problems A B C, unless said otherwise."""

    def __init__(
        self,
        teams: Iterable[str] = ("t1", "t2"),
        problems: Iterable[str | Problem] = "ABC",
        contest: str = "c1",
        **definition: Any,
    ) -> None:
        self.contest = contest
        self.events: list[tuple[int, Event]] = []
        self.defined = -1
        self.recorded_at = START
        self._fields: dict[str, Any] = {
            "name": "Contest",
            "start_time": START,
            "duration": 5 * HOUR,
            "scoreboard_freeze_duration": HOUR,
            "scoreboard_thaw_time": START + 6 * HOUR,
            "problems": tuple(problem(p, at) if isinstance(p, str) else p for at, p in enumerate(problems, 1)),
        }
        self.define(**definition)
        for team in teams:
            self.team(team)

    # ---- writing -------------------------------------------------------------------------------------------------

    def add(self, event: Event) -> int:
        """Append an event; its position. Positions have holes: other contests share the partition."""
        position = self.events[-1][0] + 3 if self.events else 5
        self.events.append((position, event))
        return position

    def make(self, cls: type[Event], **fields: Any) -> Event:
        if issubclass(cls, Act):
            fields.setdefault("id", f"act-{len(self.events)}")
        return cls(contest=self.contest, recorded_at=self.recorded_at, recorded_by="test", **fields)

    def act(self, cls: type[Event], **fields: Any) -> int:
        return self.add(self.make(cls, **fields))

    def define(self, *, changes: int | None = None, **fields: Any) -> int:
        """Another definition: what was said before, with these fields changed."""
        self._fields |= fields
        follows = self.defined if changes is None else changes
        position = self.act(Definition, changes=follows, **self._fields)
        if follows == self.defined:
            self.defined = position
        return position

    def team(self, id_: str, **fields: Any) -> int:
        return self.act(Team, id=id_, **({"name": f"Team {id_}"} | fields))

    def group(self, id_: str, **fields: Any) -> int:
        return self.act(Group, id=id_, name=id_, **fields)

    def submit(
        self,
        team: str,
        problem_id: str,
        time: str | int,
        verdict: str | None = None,
        *,
        id_: str = "",
        at: int | None = None,
    ) -> str:
        """A submission at a contest time (as it is before any act), or *at* UTC ms; judged at once with a verdict."""
        id_ = id_ or f"s{len(self.events)}"
        at = START + ms(time) if at is None else at
        self.act(Submission, id=id_, team_id=team, problem_id=problem_id, language_id="cpp", submitted_at=at)
        if verdict is not None:
            self.judge(id_, verdict)
        return id_

    def submission(self, id_: str) -> Submission:
        return next(event for _, event in self.events if isinstance(event, Submission) and event.id == id_)

    def judge(self, submission_id: str, verdict: str, judging: int = 0, **fields: Any) -> int:
        """The end of a judging; *fields* are scores, scaled."""
        submitted = self.submission(submission_id)
        return self.act(
            Judgement,
            submission_id=submission_id,
            team_id=submitted.team_id,
            problem_id=submitted.problem_id,
            language_id=submitted.language_id,
            submitted_at=submitted.submitted_at,
            judging=judging,
            attempt=1,
            verdict=verdict,
            started_at=submitted.submitted_at + 1000,
            ended_at=submitted.submitted_at + 2000,
            **fields,
        )

    def fault(self, submission_id: str) -> int:
        why = {"host": "h", "why": "no container", "final": True}
        return self.act(JudgingFaulted, submission_id=submission_id, judging=0, attempt=3, **why)

    def override(self, submission_id: str, verdict: str | None, **fields: Any) -> int:
        return self.on(VerdictOverridden, submission_id, verdict=verdict, **fields)

    def ignore(self, submission_id: str, **fields: Any) -> int:
        return self.on(SubmissionIgnored, submission_id, **fields)

    def on(self, cls: type[Event], submission_id: str, **fields: Any) -> int:
        submitted = self.submission(submission_id)
        about = {"team_id": submitted.team_id, "problem_id": submitted.problem_id}
        return self.act(cls, submission_id=submission_id, **about, **fields)

    @property
    def rule(self) -> str:
        """The rule of the last definition that was written."""
        return self._fields.get("rule", "icpc")

    # ---- reading -------------------------------------------------------------------------------------------------

    def state(self) -> ContestState:
        return fold(self.events, self.contest)

    def rows(self, audience: str = "jury") -> list[str]:
        """Rank, team, solved, total minutes, then the cells that are not empty.

        `A=2/35` solved with the second judged one in minute 35, `A:2` judged and not solved, `+1?` one more pending.
        """
        state = self.state()
        found = board(state, find(state, active(state)), audience)
        lines = []
        for rank, row in ranked(found.rows):
            line = [str(rank or "-"), row.team_id, str(row.num_solved), f"{row.total_time / MINUTE:g}"]
            for cell in row.cells:
                if cell.num_judged or cell.num_pending:
                    shown = f"={cell.num_judged}/{cell.time // MINUTE}" if cell.solved else f":{cell.num_judged}"
                    line.append(cell.problem_id + shown + (f"+{cell.num_pending}?" if cell.num_pending else ""))
            lines.append(" ".join(line))
        return lines

    def firsts(self, audience: str = "jury") -> dict[str, str]:
        """Who solved which problem first, where that is decided."""
        state = self.state()
        found = board(state, find(state, active(state)), audience)
        return {one.problem_id: one.team_id for one in found.firsts if one.team_id is not None}

    def canonical(self, audience: str = "jury") -> bytes:
        return board_bytes(self.state(), audience)


def fold(events: Iterable[tuple[int, Event]], contest: str = "c1") -> ContestState:
    """The state after these events."""
    state = ContestState(contest)
    for position, event in events:
        apply(state, position, event)
    return state


def board_bytes(state: ContestState, audience: str) -> bytes:
    """The canonical scoreboard of the active generation."""
    generation = find(state, active(state))
    return canonical((), ()) if generation is None else scoreboard(state, generation, audience)
