"""Events of a small contest for the tests of the live view, and a contest's story to run through it."""

import random
from typing import Any

from schemas import events
from schemas.definition import BIG_5, WORLD_FINALS_TYPES, Award, ChangedPackage, FileData, Language, Problem
from schemas.rows import BatchClosed, Cell, FirstToSolve, Mark, ScoreboardRow

START = 1_800_000_000_000
HOUR = 3_600_000
MINUTE = 60_000

PROBLEMS = tuple(
    Problem(
        id=id_,
        label=label,
        name=f"Problem {label}",
        ordinal=ordinal,
        package="0" * 64,
        time_limit_ms=1500,
        memory_limit_mib=256,
        output_limit_mib=8,
        test_data_count=3,
        rgb="#ff0000",
        statement=statement,
    )
    for ordinal, (id_, label, statement) in enumerate(
        [("alpha", "A", "statement/problem.en.pdf"), ("beta", "B", "statement/problem.en.md")], 1
    )
)
LANGUAGES = (
    Language("cpp", "C++", ("cc", "cpp")),
    Language("python3", "Python 3", ("py",), entry_point_required=True, entry_point_name="Main file"),
)


def make(kind: type, contest: str = "c1", recorded: int = START, /, **fields: Any) -> Any:
    """An event of this kind at this time."""
    return kind(contest=contest, recorded_at=recorded, recorded_by="test", **fields)


def definition(contest: str = "c1", *, changes: int = -1, **fields: Any) -> events.Definition:
    """A contest of five hours, frozen in the last."""
    known = {
        "name": "Contest",
        "start_time": START,
        "duration": 5 * HOUR,
        "scoreboard_freeze_duration": HOUR,
        "judgement_types": WORLD_FINALS_TYPES,
        "publish": BIG_5,
        "problems": PROBLEMS,
        "languages": LANGUAGES,
    }
    return make(events.Definition, contest, START - HOUR, changes=changes, **{**known, **fields})


def submission(id_: str, contest: str = "c1", *, team: str = "t1", problem: str = "alpha", at: int = MINUTE) -> Any:
    """A submission, *at* ms after the start."""
    return make(
        events.Submission,
        contest,
        START + at,
        id=id_,
        team_id=team,
        problem_id=problem,
        language_id="cpp",
        submitted_at=START + at,
        account=team,
        digest="d" * 64,
        files=(FileData("a.cpp", b"int main() {}"),),
    )


def started(id_: str, contest: str = "c1", *, judging: int = 0, attempt: int = 1, at: int = 2 * MINUTE) -> Any:
    return make(
        events.JudgingStarted,
        contest,
        START + at,
        submission_id=id_,
        judging=judging,
        attempt=attempt,
        host="h1",
        started_at=START + at,
    )


def runs(
    id_: str, *ordinals: int, contest: str = "c1", judging: int = 0, attempt: int = 1, at: int = 3 * MINUTE
) -> Any:
    return make(
        events.Runs,
        contest,
        START + at,
        submission_id=id_,
        judging=judging,
        attempt=attempt,
        runs=tuple(events.Run(n, "AC", 57, 80, 1024, START + at + n) for n in ordinals),
    )


def judgement(
    id_: str,
    verdict: str = "AC",
    contest: str = "c1",
    *,
    team: str = "t1",
    problem: str = "alpha",
    judging: int = 0,
    attempt: int = 1,
    at: int = 4 * MINUTE,
) -> Any:
    return make(
        events.Judgement,
        contest,
        START + at,
        submission_id=id_,
        team_id=team,
        problem_id=problem,
        language_id="cpp",
        submitted_at=START + MINUTE,
        judging=judging,
        attempt=attempt,
        verdict=verdict,
        started_at=START + 2 * MINUTE,
        ended_at=START + at,
        max_cpu_ms=123,
        runs=3,
        host="h1",
        package="0" * 64,
    )


def act(event: type, id_: str, contest: str = "c1", when: int = HOUR, **fields: Any) -> Any:
    """An act of the jury."""
    return make(event, contest, START + when, id=id_, **fields)


def entries(contest: str = "c1", teams: int = 3) -> list[Any]:
    """Teams, an organization, a group and a person."""
    return [
        make(events.Organization, contest, id="org", name="University", country="DEU"),
        make(events.Group, contest, id="site", name="Site"),
        *(
            make(events.Team, contest, id=f"t{n}", name=f"Team {n}", organization_id="org", group_ids=("site",))
            for n in range(1, teams + 1)
        ),
        make(events.Person, contest, id="ada", name="Ada", role="contestant", team_ids=("t1",)),
    ]


def story(contest: str, seed: int, length: int = 40) -> list[Any]:
    """A contest's log with everything in it: repeats, attempts, rejudgings, moved times, freezes, messages."""
    random_ = random.Random(seed)
    log: list[Any] = [definition(contest), *entries(contest)]
    submitted: list[str] = []
    whose: dict[str, dict[str, str]] = {}
    rejudgings: list[int] = []
    for step in range(length):
        at = step * 8 * MINUTE
        pick = random_.randrange(16)
        if pick < 4 or not submitted:
            submitted.append(f"{contest}-s{len(submitted)}")
            team, problem = f"t{random_.randint(1, 3)}", random_.choice(["alpha", "beta"])
            whose[submitted[-1]] = {"team": team, "problem": problem}
            log.append(submission(submitted[-1], contest, **whose[submitted[-1]], at=at))
            continue
        id_, judging = random_.choice(submitted), random_.choice([0, 0, *rejudgings])
        match pick:
            case 4 | 5:
                log.append(started(id_, contest, judging=judging, attempt=random_.randint(1, 2), at=at))
            case 6:
                log.append(runs(id_, 1, 2, contest=contest, judging=judging, at=at))
            case 7 | 8 | 9:
                verdict = random_.choice(["AC", "WA", "MLE", "CE", "JE"])
                log.append(judgement(id_, verdict, contest, **whose[id_], judging=judging, at=at))
            case 10:
                rejudgings.append(len(log))
                log.append(act(events.RejudgingCreated, f"r{step}", contest, at, submission_ids=tuple(submitted[-3:])))
            case 11:
                kind = random_.choice([events.RejudgingApplied, events.RejudgingReverted, events.RejudgingCancelled])
                changed = ChangedPackage("alpha", f"{step:064d}", 2000 + step, 256, 8, 4)
                more = {"changed": changed} if kind is events.RejudgingApplied and step % 2 else {}
                log.append(act(kind, f"a{step}", contest, at, rejudging=random_.choice([*rejudgings, 1]), **more))
            case 12:
                verdict = random_.choice(["WA", "AC", None])
                about = {"submission_id": id_, "team_id": whose[id_]["team"], "problem_id": whose[id_]["problem"]}
                log.append(act(events.VerdictOverridden, f"o{step}", contest, at, **about, verdict=verdict))
            case 13:
                log.append(
                    random_.choice(
                        [
                            act(events.ContestExtended, f"e{step}", contest, at, by=10 * MINUTE),
                            act(events.IntervalRemoved, f"i{step}", contest, at, start=START + at, end=START + at + 99),
                            act(events.ScoreboardFrozen, f"f{step}", contest, at, at=START + at),
                            act(events.ScoreboardUnfrozen, f"u{step}", contest, at),
                            make(events.Team, contest, id="t2", name="Team 2", hidden=bool(step % 2)),
                            definition(contest, changes=random_.choice([0, -1]), name=f"Renamed {step}"),
                        ]
                    )
                )
            case 14:
                log.append(
                    random_.choice(
                        [
                            make(
                                events.Clarification,
                                contest,
                                id=f"q{step % 3}",
                                from_team_id="t1",
                                text="?",
                                asked_at=at,
                            ),
                            make(events.Commentary, contest, id=f"k{step % 3}", message="!", said_at=START + at),
                            act(events.AwardGiven, f"w{step}", contest, at, award=Award("best", "Best", ("t1",))),
                            make(events.GenerationOpened, contest, rule="icpc", fold_version=1),
                            make(events.GenerationPromoted, contest, expect="0", generation=str(step)),
                        ]
                    )
                )
            case _:
                log.append(random_.choice(log[1:]))  # one of them again
    return log


def row(team: str, position: int, contest: str = "c1", *, solved: int = 0, batch: int = 0, **fields: Any) -> Any:
    known = {"generation": "0", "audience": "public", "listed": True, "ranked": True}
    return make(
        ScoreboardRow,
        contest,
        **{**known, **fields},
        position=position,
        batch=batch,
        team_id=team,
        sort_key=(-solved, 20 * solved, 0),
        tie_key=team,
        num_solved=solved,
        total_time=solved * 20 * MINUTE,
        cells=(Cell("alpha", solved, 0, bool(solved), 20 * MINUTE if solved else None),),
    )


def first(problem: str, position: int, team: str | None, contest: str = "c1", *, batch: int = 0) -> Any:
    time = 20 * MINUTE if team else None
    about = {"generation": "0", "audience": "public", "problem_id": problem}
    return make(FirstToSolve, contest, **about, position=position, batch=batch, team_id=team, time=time)


def closed(batch: int, contest: str = "c1") -> Any:
    return make(BatchClosed, contest, generation="0", audience="public", position=batch, batch=batch, count=0)


def mark(position: int, contest: str = "c1") -> Any:
    about = {"generation": "0", "audience": "public", "digest": f"{position:064x}", "fold_version": 1}
    return make(Mark, contest, **about, position=position)


def board_story(contest: str, seed: int, length: int = 40) -> list[Any]:
    """The rows of a contest: repeats, stale ones, batches with and without their closing mark, marks, rows that go."""
    random_ = random.Random(seed)
    out: list[Any] = []
    position = 10
    for _ in range(length):
        position += random_.randrange(3)
        pick = random_.randrange(12)
        if pick < 6:
            solved, listed = random_.randrange(4), random_.random() < 0.9
            out.append(row(f"t{random_.randrange(6)}", position, contest, solved=solved, listed=listed))
        elif pick < 8:
            out.append(first(random_.choice("ab"), position, random_.choice(["t1", "t2", None]), contest))
        elif pick == 8:
            out.append(mark(position, contest))
        elif pick == 9 and out:
            out.append(random_.choice(out))
        else:
            out += [row(f"t{n}", position, contest, solved=random_.randrange(4), batch=position) for n in range(6)]
            out.append(first("a", position, random_.choice(["t3", None]), contest, batch=position))
            if random_.random() < 0.7:
                out.append(closed(position, contest))
    return out
