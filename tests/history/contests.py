"""Random contests with every event that a board depends on: quarrels of acts, repeats, gaps, and late knowledge."""

import random
from typing import Any

from schemas import events as e
from schemas.definition import JudgementType
from streams.scoring import fold
from streams.scoring.state import ContestState
from tests.contest_log import problem

START = 1_800_000_000_000
MINUTE = 60_000
THAWS = [START + minutes * MINUTE for minutes in (60, 70, 300, 310, 400)]

VERDICTS = ["AC", "AC", "AC", "WA", "WA", "TLE", "MLE", "RTE", "CE", "JE", "OLE", "XX"]


PARAMETERS: dict[str, list[dict[str, str]]] = {
    "icpc": [{}, {}, {"time_precision": "seconds"}, {"penalty_minutes": "7"}],
    "ioi": [
        {},
        {"mode": "subtasks", "ties": "time"},
        {"mode": "best"},
        {"mode": "last"},
        {"mode": "last", "ties": "time"},
    ],
    "extended-icpc": [{}, {"hacks": "tie"}],
    "codeforces": [{}, {"decay": "4", "minimum": "0"}],
    "atcoder": [{}, {"time_precision": "minutes"}],
}
NO_POINTS = ("icpc", "extended-icpc")


class Maker:
    """Makes a contest's log, event by event; a *plain* one has no parameters, no generations and nothing twice."""

    def __init__(self, seed: int, contest: str, *, plain: bool, rule: str) -> None:
        self.random = random.Random(seed)
        self.plain = plain
        self.rule = rule
        self.contest = contest
        self.log: list[tuple[int, e.Event]] = []
        self.position = self.random.randrange(3)
        self.now = START - 10 * MINUTE
        self.acts = 0
        self.submissions: list[e.Submission] = []
        self.rejudgings: list[int] = []
        self.intervals: list[tuple[int, int]] = []
        self.generations: list[str] = ["0"]
        self.definition = -1
        self.teams = [f"t{n}" for n in range(self.random.randrange(2, 8))]
        self.problems = ["a", "b", "c", "d"][: self.random.randrange(1, 5)]

    def add(self, kind: type[Any], /, **fields: Any) -> int:
        """Append an event; knowledge is recorded about when it is appended, sometimes a little out of order."""
        self.now += self.random.randrange(0, 2 * MINUTE)
        recorded = self.now - self.random.choice([0, 0, 0, 3000])
        event = kind(recorded_at=recorded, recorded_by="test", contest=self.contest, **fields)
        here = self.position
        self.log.append((here, event))
        self.position += self.random.choice([1, 1, 1, 2, 5])
        return here

    def act(self, kind: type[Any], /, **fields: Any) -> int:
        """Append an act, at times one with an id that was used before."""
        self.acts += 1
        number = self.acts if self.plain else self.random.choice([self.acts] * 9 + [max(1, self.acts - 1)])
        return self.add(kind, id=f"act{number}", **fields)

    def define(self) -> None:
        r = self.random
        changes = self.definition if r.random() < 0.9 else r.choice([-1, 999])
        types = (
            JudgementType("AC", "accepted", penalty=False, solved=True),
            JudgementType("WA", "wrong", penalty=True, solved=False),
            JudgementType("TLE", "slow", penalty=True, solved=False),
            JudgementType("RTE", "crash", penalty=True, solved=False),
            JudgementType("CE", "no program", penalty=r.random() < 0.5, solved=False),
        )
        shown = r.sample(self.problems, r.randrange(1, len(self.problems) + 1))
        here = self.add(
            e.Definition,
            changes=changes,
            name="Contest",
            start_time=r.choice([START, START, START + 90_500, None]),
            duration=r.choice([60, 300]) * MINUTE,
            scoreboard_freeze_duration=r.choice([None, 0, 20 * MINUTE]),
            scoreboard_thaw_time=r.choice([None, *THAWS]),
            main_scoreboard_group_id=r.choice([None, None, None, "g0"]),
            penalty_time=r.choice([20, 5]) * MINUTE,
            **self.scoring(),
            judgement_types=r.choice([(), types]),
            publish=r.choice([{}, {"MLE": "WA", "XX": "CE"}, {"TLE": "RTE"}]),
            verification=r.random() < 0.2,
            window=r.choice([None, None, None, 30 * MINUTE]),
            problems=tuple(
                problem(id_, r.choice([n, 10 - n]), withdrawn=id_ not in shown, **self.worth())
                for n, id_ in enumerate(self.problems)
            ),
        )
        if changes == self.definition:
            self.definition = here

    def scoring(self) -> dict[str, Any]:
        """The rule; one of points has a precision."""
        found: dict[str, Any] = {"rule": self.rule}
        if not self.plain:
            found["parameters"] = self.random.choice(PARAMETERS[self.rule])
        if self.rule not in NO_POINTS:
            found |= {"scoreboard_type": "score", "score_scale": self.random.choice([1, 100])}
        return found

    def worth(self) -> dict[str, Any]:
        """What a problem gives under a rule of points."""
        if self.rule in NO_POINTS:
            return {"weight": self.random.choice([1, 1, 1, 0, 3])}
        return {"weight": self.random.choice([1, 1, 2, 0]), "max_score": self.random.choice([None, 100, 60])}

    def scores(self) -> dict[str, Any]:
        """What a judgement gives; of submissions to one problem not all need have as many subtasks."""
        if self.rule in NO_POINTS:
            return {}
        groups = tuple(self.random.choice([0, 0, 20, 40, -5]) for _ in range(self.random.randrange(4)))
        return {"score": self.random.choice([None, sum(groups), sum(groups), 15, 100]), "group_scores": groups}

    def team(self, id_: str) -> None:
        r = self.random
        self.add(
            e.Team,
            id=id_,
            name=r.choice(["Élan", "elan", "Zebra", f"Team {id_}", "ÄÖ"]),
            group_ids=tuple(r.sample(["g0", "g1", "g2"], r.randrange(3))),
            hidden=r.random() < 0.1,
            removed=r.random() < 0.1,
        )

    def submit(self) -> None:
        r = self.random
        again = r.random() < 0.05 and self.submissions and not self.plain
        submission_id = r.choice(self.submissions).id if again else f"s{len(self.submissions)}"
        at = self.now - r.choice([0, 0, MINUTE, 5 * MINUTE])
        if r.random() < 0.2:
            at = r.choice(
                [START, START - 1, START + 59_999, START + 60 * MINUTE, START + 40 * MINUTE, at - at % MINUTE]
            )
        self.add(
            e.Submission,
            id=submission_id,
            team_id=r.choice([*self.teams, "nobody"] if r.random() < 0.1 else self.teams),
            problem_id=r.choice(self.problems),
            language_id="cpp",
            submitted_at=at,
        )
        self.submissions.append(self.log[-1][1])

    def judge(self) -> None:
        if not self.submissions:
            return
        r = self.random
        s = r.choice(self.submissions[-8:] if r.random() < 0.7 else self.submissions)
        self.add(
            e.Judgement,
            submission_id=s.id,
            team_id=s.team_id,
            problem_id=s.problem_id,
            language_id=s.language_id,
            submitted_at=s.submitted_at,
            judging=r.choice([0, 0, 0, *self.rejudgings[-2:]]),
            attempt=1,
            verdict=r.choice(VERDICTS),
            started_at=self.now,
            ended_at=self.now,
            **self.scores(),
        )

    def on_a_submission(self) -> None:
        if not self.submissions:
            return
        r = self.random
        s = r.choice(self.submissions)
        of = {"submission_id": s.id, "team_id": s.team_id, "problem_id": s.problem_id}
        match r.randrange(5):
            case 0:
                scores = self.scores() if r.random() < 0.5 else {}
                self.act(e.VerdictOverridden, verdict=r.choice([*VERDICTS, None]), **scores, **of)
            case 1:
                self.act(e.SubmissionIgnored, ignored=r.random() < 0.6, **of)
            case 2:
                self.act(e.SubmissionHacked, by_team_id=r.choice(self.teams), successful=r.random() < 0.7, **of)
            case _:
                self.act(e.SubmissionVerified, judging=r.choice([0, 0, *self.rejudgings[-1:]]), **of)

    def rejudge(self) -> None:
        r = self.random
        if not self.rejudgings or (self.submissions and r.random() < 0.4):
            ids = tuple({s.id for s in r.sample(self.submissions, min(len(self.submissions), 3))})
            chunk = r.choice([0, 0, 1]) if self.rejudgings and not self.plain else 0
            number = self.rejudgings[-1] if chunk else 0
            here = self.act(e.RejudgingCreated, rejudging=number, chunk=chunk, chunks=2, submission_ids=ids)
            if not chunk:
                self.rejudgings.append(here)
            return
        kind = r.choice([e.RejudgingApplied, e.RejudgingApplied, e.RejudgingCancelled, e.RejudgingReverted])
        self.act(kind, rejudging=r.choice(self.rejudgings[-3:]))

    def on_the_contest(self) -> None:
        r = self.random
        match r.randrange(11):
            case 9:
                self.act(e.TeamTimeExtended, team_id=r.choice(self.teams), by=r.choice([10, -10, 3]) * MINUTE)
            case 10:
                start = r.choice([START, self.now, self.now - 5 * MINUTE])
                self.act(e.TeamStarted, team_id=r.choice(self.teams), start_time=start)
            case 0:
                self.act(e.StartMoved, start_time=r.choice([START, START + 2 * MINUTE, None]))
            case 1:
                self.act(e.ContestExtended, by=r.choice([10 * MINUTE, -5 * MINUTE]))
            case 2:
                self.act(e.ScoreboardFrozen, at=self.now + r.choice([0, 0, 10, -5]) * MINUTE)
            case 3:
                self.act(e.ScoreboardUnfrozen)
            case 4:
                kind, at = r.choice(["thawed", "thawed", "frozen", "started"]), r.choice([self.now, *THAWS])
                if kind == "thawed" and r.random() < 0.7:
                    self.act(e.ThawScheduled, thaw_time=r.choice([None, at, at, START]))
                self.add(e.Transitioned, id=f"{kind}-{at}", kind=kind, planned_at=at)
            case 5:
                old = self.intervals and r.random() < 0.5
                span = r.choice(self.intervals) if old else self.some_interval()
                self.act(e.IntervalRemoved, start=span[0], end=span[1], restored=bool(old))
            case 6:
                self.act(e.PenaltyAdded, team_id=r.choice(self.teams), by=r.choice([MINUTE, -MINUTE, 90_000]))
            case 7:
                self.act(e.TeamDisqualified, team_id=r.choice(self.teams), disqualified=r.random() < 0.6)
            case _:
                self.act(e.Finalized)

    def some_interval(self) -> tuple[int, int]:
        begin = START + self.random.randrange(-5, 90) * MINUTE
        span = (begin, begin + self.random.choice([0, 1, 5, 20]) * MINUTE + self.random.choice([0, 1, 30_000]))
        self.intervals.append(span)
        return span

    def on_generations(self) -> None:
        r = self.random
        if self.definition < 0 or self.plain:
            return
        match r.randrange(3):
            case 0:
                opened = {"rule": self.rule, "parameters": r.choice(PARAMETERS[self.rule])}
                self.generations.append(str(self.add(e.GenerationOpened, fold_version=1, **opened)))
            case 1:
                chosen = r.choice(self.generations)
                self.add(e.GenerationPromoted, expect=r.choice(self.generations), generation=chosen)
            case _:
                self.add(e.GenerationRetired, generation=r.choice(self.generations))

    def end(self) -> None:
        """The clock comes past the end and the thaw, and the jury finalizes: what comes behind that changes nothing."""
        state = ContestState(self.contest)
        for position, event in self.log:
            fold.apply(state, position, event)
        contest = state.contest
        if contest.last_end is None:
            return
        self.now = max(self.now, contest.last_end) + MINUTE
        self.add(e.Transitioned, id="the-end", kind="ended", planned_at=contest.clock.end)
        if contest.planned_thaw is not None:
            self.add(e.Transitioned, id="the-thaw", kind="thawed", planned_at=contest.planned_thaw)
        elif contest.thawed is None and contest.freeze is not None:
            self.add(e.ThawScheduled, id="a-thaw", thaw_time=contest.last_end)
            self.add(e.Transitioned, id="the-thaw", kind="thawed", planned_at=contest.last_end)
        self.add(e.Finalized, id="final")

    def make(self, size: int, ends: int | None) -> list[tuple[int, e.Event]]:
        """A contest's log of about this many events; it may end after *ends* of them, and events go on all the same."""
        self.define()
        for id_ in self.teams[1:] if self.random.random() < 0.3 else self.teams:
            self.team(id_)
        self.now = max(self.now, START)
        steps = (
            [self.submit] * 30
            + [self.judge] * 40
            + [self.on_a_submission] * 5
            + [self.rejudge] * 6
            + [self.on_the_contest] * 6
            + [self.on_generations] * 2
            + [self.define] * 2
            + [lambda: self.team(self.random.choice(self.teams))] * 2
            + [
                lambda: self.add(
                    e.Group, id=self.random.choice(["g0", "g1", "g2"]), name="G", hidden=self.random.random() < 0.4
                )
            ]
        )
        while len(self.log) < size:
            if ends is not None and len(self.log) >= ends:
                self.end()
                ends = None
            self.random.choice(steps)()
        return self.log


def random_log(
    seed: int, contest: str, *, plain: bool = False, size: int = 120, rule: str = "icpc", ends: int | None = None
) -> list[tuple[int, e.Event]]:
    """The same log for the same seed; with *ends*, one of a contest that is over after so many events."""
    return Maker(seed, contest, plain=plain, rule=rule).make(size, ends)
