"""The board by SQL over the facts has the same bytes as the fold's, at every position and for every question."""

import json
import random
from operator import mul
from pathlib import Path

import pytest

from schemas import events as e
from schemas.errors import RuleError
from schemas.history import boards
from streams.history_sink.rows import COLUMNS, Rows, log_rows
from streams.scoring import fold, project
from streams.scoring.canonical import board_rows
from streams.scoring.clock import PAUSE_MS
from streams.scoring.state import ContestState
from tests.contest_log import problem
from tests.history.asked import scoreboard
from tests.history.contests import MINUTE, START, random_log
from tests.reference_icpc import scoreboard as reference


def insert(client, rows: Rows) -> None:
    by_table = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    for table, found in by_table.items():
        client.insert(table, found, column_names=COLUMNS[table], database="podium")


def state_of(contest, log):
    state = ContestState(contest)
    for position, event in log:
        fold.apply(state, position, event)
    return state


def folded(contest, log, audience, generation=""):
    state = state_of(contest, log)
    if state.contest.terms is None:
        return b'{"awards":[],"rows":[]}'
    return project.scoreboard(state, project.find(state, generation or project.active(state)), audience)


def of_group(contest, log, audience, group):
    """The rows of a group's own board, of the fold."""
    state = state_of(contest, log)
    if state.contest.terms is None:
        return []
    members = {id_ for id_, team in state.teams.items() if group in team.group_ids}
    found = project.board(state, project.find(state, project.active(state)), audience)
    return board_rows(found.rows, members=members, score_scale=state.contest.terms.score_scale)


def told_of_group(client, contest, audience, group, rule="icpc"):
    """The same by SQL, ranked by SQL."""
    found = boards(client, contest, audiences=[audience], group=group, rule=rule)[audience]
    view, more = ("scoreboard", "") if rule == "icpc" else ("points", ", mode=''")
    asked = (
        f"SELECT rank, team_id FROM podium.{view}(contest='{contest}', generation='', audience='{audience}', "
        f"at_ms=4000000000000, as_of=4000000000000, upto=4000000000000, frozen=-1, group_id='{group}'{more}) "
        "ORDER BY sort_key, tie_key"
    )
    rows = board_rows(found.rows, members={row.team_id for row in found.rows}, score_scale=found.score_scale)
    ranks = client.query(asked).result_rows
    assert ranks == [(row.get("rank"), row["team_id"]) for row in rows]
    return rows


def questions(log, seed):
    """(audience, records): the whole log and its half, each for one audience, the other one with another seed."""
    whole, half = ("public", "jury") if seed % 4 < 2 else ("jury", "public")
    return ((whole, log), (half, log[: len(log) // 2]))


def compare(client, seeds) -> None:
    for seed in seeds:
        contest, plain = f"random-{seed}", seed % 2 == 0
        log = random_log(seed, contest, plain=plain, ends=80 if seed % 3 == 0 else None)
        rows = [row for position, event in log for row in log_rows(position, event)]
        insert(client, rows)
        insert(client, random.Random(seed).sample(rows, len(rows) // 4))  # read again after a crash
        for audience, prefix in questions(log, seed):
            got = scoreboard(client, contest, audience=audience, upto=prefix[-1][0])
            assert got == folded(contest, prefix, audience), (seed, len(prefix), audience)
            if plain:  # as far as the second fold reads: it knows no parameters and no generations
                assert got == reference(prefix, audience), (seed, len(prefix), audience)


def test_random_contests(client):
    compare(client, range(3))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_many_random_contests(client):
    compare(client, range(1000, 1040))


def points(client, seeds, most: int | None = None) -> None:
    """Contests of points under every mode: the active generation and all others, or the last *most* of them."""
    for seed in seeds:
        contest = f"points-{seed}"
        log = random_log(seed, contest, rule="ioi")
        insert(client, [row for position, event in log for row in log_rows(position, event)])
        opened = [str(position) for position, event in log if isinstance(event, e.GenerationOpened)]
        for audience, prefix in questions(log, seed):
            got = scoreboard(client, contest, audience=audience, rule="ioi", upto=prefix[-1][0])
            assert got == folded(contest, prefix, audience), (seed, len(prefix), audience)
        state = state_of(contest, log)
        for generation in opened[-most if most else 0 :]:
            if (found := project.find(state, generation)) is not None:
                got = scoreboard(client, contest, audience="jury", generation=generation, rule=found.rule)
                assert got == folded(contest, log, "jury", generation), (seed, generation)


def test_random_contests_of_points(client):
    points(client, range(5003, 5005), most=1)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_many_random_contests_of_points(client):
    points(client, range(6000, 6030))


def test_other_generations(client):
    for seed in range(2000, 2004):
        contest = f"random-{seed}"
        log = random_log(seed, contest)
        insert(client, [row for position, event in log for row in log_rows(position, event)])
        for position, event in log:
            if isinstance(event, e.GenerationOpened):
                state = state_of(contest, log)
                if project.find(state, str(position)) is not None:
                    expected = folded(contest, log, "jury", str(position))
                    assert scoreboard(client, contest, audience="jury", generation=str(position)) == expected


def test_as_known_at_a_moment(client):
    for seed in range(3000, 3002):
        contest = f"random-{seed}"
        log = random_log(seed, contest)
        insert(client, [row for position, event in log for row in log_rows(position, event)])
        for audience, part in questions(log[:-2], seed):
            moment = part[-1][1].recorded_at
            known = [(position, one) for position, one in log if one.recorded_at <= moment]
            got = scoreboard(client, contest, audience=audience, as_of=moment)
            assert got == folded(contest, known, audience), (seed, audience)


# ---- by hand --------------------------------------------------------------------------------------------------------


class Contest:
    """A small contest's log, written by hand: an hour from START, frozen for its last 20 minutes, problems a and b."""

    def __init__(self, contest, **definition):
        self.contest = contest
        self.log = []
        fields = {
            "changes": -1,
            "name": contest,
            "start_time": START,
            "duration": 60 * MINUTE,
            "scoreboard_freeze_duration": 20 * MINUTE,
            "scoreboard_thaw_time": START + 70 * MINUTE,
            "problems": (problem("a", 1), problem("b", 2)),
        }
        self.add(e.Definition, at=START - MINUTE, **fields | definition)
        for id_ in ("t1", "t2"):
            self.add(e.Team, at=START - MINUTE, id=id_, name=id_)

    def add(self, kind, /, at, **fields):
        event = kind(recorded_at=at, recorded_by="test", contest=self.contest, **fields)
        self.log.append((len(self.log), event))
        return len(self.log) - 1

    def submit(self, id_, team, problem_id, minute, verdict=None, judged=None, **scores):
        at = START + int(minute * MINUTE)
        self.add(e.Submission, at=at, id=id_, team_id=team, problem_id=problem_id, language_id="c", submitted_at=at)
        if verdict:
            self.judge(id_, verdict, at + MINUTE if judged is None else START + judged * MINUTE, **scores)

    def judge(self, id_, verdict, at, judging=0, **scores):
        s = next(one for _, one in self.log if isinstance(one, e.Submission) and one.id == id_)
        self.add(
            e.Judgement,
            at=at,
            submission_id=id_,
            team_id=s.team_id,
            problem_id=s.problem_id,
            language_id="c",
            submitted_at=s.submitted_at,
            judging=judging,
            attempt=1,
            verdict=verdict,
            started_at=at,
            ended_at=at,
            **scores,
        )

    def insert(self, client):
        insert(client, [row for position, event in self.log for row in log_rows(position, event)])


def cells(board):
    """What a reader sees: for each team rank, solved, minutes, and cells as solved/judged+pending."""
    found = {}
    for row in json.loads(board)["rows"]:
        shown = [f"{c['time'] if c['solved'] else '-'} {c['num_judged']}+{c['num_pending']}" for c in row["problems"]]
        found[row["team_id"]] = (row.get("rank"), row["score"]["num_solved"], row["score"]["total_time"], *shown)
    return found


def test_any_minute_any_knowledge_frozen_or_not(client):
    contest = Contest("by-hand-clocks")
    contest.submit("s1", "t1", "a", 5.999, "WA")
    contest.submit("s2", "t1", "a", 10, "AC", judged=30)
    contest.submit("s3", "t2", "a", 12, "AC")
    contest.submit("s4", "t2", "b", 40, "AC")  # at the freeze itself
    contest.submit("s5", "t1", "b", 59.9, "AC")
    contest.submit("s6", "t2", "b", 60, "WA")  # too late
    contest.insert(client)

    def ask(audience="public", **question):
        return cells(scoreboard(client, "by-hand-clocks", audience=audience, **question))

    frozen = {"t2": (1, 1, "0:12:00", "0:12:00 1+0", "- 0+1"), "t1": (2, 1, "0:30:00", "0:10:00 2+0", "- 0+1")}
    final = {
        "t2": (1, 2, "0:52:00", "0:12:00 1+0", "0:40:00 1+0"),
        "t1": (2, 2, "1:29:00", "0:10:00 2+0", "0:59:00 1+0"),
    }
    assert ask() == frozen
    assert ask(frozen=False) == final
    assert ask(at_ms=12 * MINUTE) == {
        "t2": (1, 1, "0:12:00", "0:12:00 1+0", "- 0+0"),
        "t1": (2, 1, "0:30:00", "0:10:00 2+0", "- 0+0"),
    }
    assert ask(at_ms=12 * MINUTE - 1)["t2"] == (2, 0, "0:00:00", "- 0+0", "- 0+0")
    assert ask(as_of=START + 20 * MINUTE) == {
        "t2": (1, 1, "0:12:00", "0:12:00 1+0", "- 0+0"),
        "t1": (2, 0, "0:00:00", "- 1+1", "- 0+0"),
    }
    contest.add(e.Transitioned, at=START + 90 * MINUTE, id="thaw", kind="thawed", planned_at=START + 70 * MINUTE)
    contest.insert(client)
    assert ask() == final
    assert ask(frozen=True) == frozen


def test_what_is_recorded_in_the_freeze_does_not_move_it_but_a_restored_interval_moves_it_back(client):
    contest = Contest("by-hand-still", changes=-1)
    contest.submit("s0", "t2", "b", 44, "AC")
    contest.submit("s1", "t1", "a", 46, "AC")
    early, late = ({"start": START + a * MINUTE, "end": START + b * MINUTE} for a, b in ((10, 15), (20, 30)))
    fields = {"name": "still", "start_time": START, "problems": (problem("a", 1), problem("b", 2))}
    steps = [  # the freeze is at 40, and at 45 without the first five minutes
        (e.IntervalRemoved, 30, {"id": "early"} | early),
        (e.IntervalRemoved, 47, {"id": "late"} | late),
        (e.StartMoved, 48, {"id": "start", "start_time": START + MINUTE}),
        (e.Definition, 49, fields | {"changes": 0, "duration": 90 * MINUTE, "scoreboard_freeze_duration": MINUTE}),
        (e.Definition, 50, fields | {"changes": 0, "duration": 60 * MINUTE}),  # void
        (e.ContestExtended, 51, {"id": "more", "by": 5 * MINUTE}),
    ]
    for place, (kind, minute, values) in enumerate(steps):
        contest.add(kind, at=START + minute * MINUTE, **values)
        if place in (0, 3):
            continue  # asked with what comes next: a question takes a second
        contest.insert(client)
        board = scoreboard(client, "by-hand-still", audience="public")
        assert board == folded("by-hand-still", contest.log, "public") == reference(contest.log, "public")
        assert [cells(board)[team][1] for team in ("t1", "t2")] == [0, 1], kind
    contest = Contest("by-hand-restored")
    contest.submit("s0", "t2", "b", 44, "AC")
    contest.submit("s1", "t1", "a", 42, "AC")
    since, until = START + 38 * MINUTE, START + 41 * MINUTE
    for minute, restored, solved in ((30, False, 1), (46, True, 0)):
        contest.add(e.IntervalRemoved, at=START + minute * MINUTE, id=str(minute), restored=restored, **early)
        if not restored:  # a pause, resumed when the freeze would have come without it and the early minutes
            contest.add(e.IntervalRemoved, at=since, id="pause", start=since, end=since + PAUSE_MS)
            contest.add(e.IntervalRemoved, at=until, id="lasted", start=since, end=until)
            contest.add(e.IntervalRemoved, at=until, id="resume", start=since, end=since + PAUSE_MS, restored=True)
        contest.insert(client)
        board = scoreboard(client, "by-hand-restored", audience="public")
        assert board == folded("by-hand-restored", contest.log, "public") == reference(contest.log, "public")
        assert [cells(board)[team][1] for team in ("t1", "t2")] == [1, solved]


def test_a_group_has_a_board_of_its_own_where_its_teams_are_ranked_among_themselves(client, analyst):
    contest = Contest("by-hand-groups", main_scoreboard_group_id="main")
    contest.add(e.Transitioned, at=START, id="go", kind="started", planned_at=START)
    for id_, groups in (("t3", ("main", "north")), ("t4", ("north",)), ("t5", ("north", "main")), ("t6", ("north",))):
        contest.add(e.Team, at=START, id=id_, name=id_, group_ids=groups, hidden=id_ == "t6")
    contest.add(e.Team, at=START, id="t1", name="t1", group_ids=("main",))
    contest.add(e.TeamDisqualified, at=START, id="out", team_id="t5")
    for minute, team in enumerate(("t1", "t6", "t5", "t4", "t3"), 1):
        contest.submit(team, team, "a", minute, "AC")
    contest.submit("late", "t3", "b", 50, "AC")  # behind the freeze
    contest.insert(client)
    for audience, expected in (
        ("public", [(1, "t4", 1), (2, "t3", 1), (None, "t5", 1)]),
        ("jury", [(1, "t3", 2), (2, "t4", 1), (None, "t5", 1)]),
    ):
        rows = told_of_group(client, contest.contest, audience, "north")
        assert rows == of_group(contest.contest, contest.log, audience, "north")
        assert [(row.get("rank"), row["team_id"], row["score"]["num_solved"]) for row in rows] == expected
    seen = analyst.query(
        "SELECT b.rank, b.team_id, t.listed, b.first_to_solve FROM scoreboard(contest='by-hand-groups', group_id='north', "
        "at_ms=4000000, as_of=4000000000000) AS b INNER JOIN teams AS t ON t.contest = 'by-hand-groups' "
        "AND t.team_id = b.team_id ORDER BY ifNull(b.rank, 9)"
    ).result_rows
    assert seen == [(1, "t4", False, []), (2, "t3", True, []), (None, "t5", True, [])]
    assert told_of_group(client, contest.contest, "public", "south") == []


def test_a_group_of_a_contest_of_points_is_ranked_among_itself(client):
    log = random_log(7010, "groups-7010", rule="ioi")
    insert(client, [row for position, event in log for row in log_rows(position, event)])
    rows = told_of_group(client, "groups-7010", "jury", "g2", "ioi")
    assert rows == of_group("groups-7010", log, "jury", "g2")
    assert [row.get("rank") for row in rows] == [1, 2, 2, 2, None]


def test_a_freeze_that_has_come_stays_and_a_thaw_comes_as_planned_or_not_at_all(client):
    contest = Contest("by-hand-freeze")
    contest.submit("s1", "t1", "a", 45, "AC")
    contest.submit("s2", "t2", "a", 62, "AC")
    contest.add(e.IntervalRemoved, at=START + 20 * MINUTE, id="i", start=START + 10 * MINUTE, end=START + 12 * MINUTE)
    for id_, minute, by in (("early", 41, 5), ("late", 47, 10), ("back", 60, -3)):  # the freeze is at 42, then at 47
        contest.add(e.ContestExtended, at=START + minute * MINUTE, id=id_, by=by * MINUTE)
    frozen = {"t1": (1, 1, "0:43:00", "0:43:00 1+0", "- 0+0"), "t2": (2, 0, "0:00:00", "- 0+1", "- 0+0")}
    thawed = frozen | {"t2": (2, 1, "1:00:00", "1:00:00 1+0", "- 0+0")}
    for minute, expected in ((70, frozen), (74, thawed)):  # the end is at 74 now
        planned = START + minute * MINUTE
        contest.add(e.Transitioned, at=START + 90 * MINUTE, id=str(minute), kind="thawed", planned_at=planned)
        contest.insert(client)
        board = scoreboard(client, "by-hand-freeze", audience="public")
        assert cells(board) == expected
        assert board == folded("by-hand-freeze", contest.log, "public") == reference(contest.log, "public")


def some_freezes(seed):
    """A contest in which freezes by hand and lifts come round the planned one, of minute 40, and round what moves that."""
    drawn, contest = random.Random(seed), Contest(f"freezes-{seed:03}")
    interval = {"start": START + 10 * MINUTE, "end": START + 15 * MINUTE}
    for place in range(drawn.randrange(2, 9)):
        minute = drawn.choice((-10, 20, 30, 39, 40, 41, 44, 45, 46, 55))
        kind, fields = drawn.choice(
            [(e.ScoreboardFrozen, {"at": START + (minute + drawn.choice((0, 0, 5, 15, -5))) * MINUTE})] * 3
            + [(e.ScoreboardUnfrozen, {})] * 3
            + [(e.ContestExtended, {"by": drawn.choice((5, -10)) * MINUTE})]
            + [(e.IntervalRemoved, interval | {"restored": drawn.random() < 0.5})]
            + [(e.StartMoved, {"start_time": drawn.choice((START, START, START + 50 * MINUTE, None))})]
        )
        stamp = {"contest": contest.contest, "recorded_at": START + minute * MINUTE, "recorded_by": "test"}
        contest.log.append((len(contest.log), kind(**stamp, id=str(place), **fields)))
    return contest


def test_freezes_by_hand_and_lifts_count_as_in_the_fold(client):
    contests = [some_freezes(seed) for seed in range(100)]
    logs = [entry for contest in contests for entry in contest.log]
    insert(client, [row for position, event in logs for row in log_rows(position, event)])
    told = client.query(
        "SELECT contest, toInt64(freeze) FROM podium.terms(contest='', as_of=4000000000000, upto=4000000000000, "
        "generation='') WHERE startsWith(contest, 'freezes-') ORDER BY contest"
    ).result_rows
    states = {contest.contest: state_of(contest.contest, contest.log).contest for contest in contests}
    assert dict(told) == {name: state.freeze for name, state in states.items()}
    taken = [one for state in states.values() for one in state.times.by_hand]
    assert {(at is None, of_planned) for _, at, of_planned in taken} == {(False, False), (True, False), (True, True)}


def test_a_thaw_that_was_cancelled_does_not_come(client):
    contest = Contest("by-hand-no-thaw")
    contest.submit("s1", "t1", "a", 45, "AC")
    contest.add(e.ThawScheduled, at=START + 55 * MINUTE, id="never", thaw_time=None)
    contest.add(e.Transitioned, at=START + 90 * MINUTE, id="thaw", kind="thawed", planned_at=START + 60 * MINUTE)
    contest.insert(client)
    board = scoreboard(client, "by-hand-no-thaw", audience="public")
    assert cells(board)["t1"] == (1, 0, "0:00:00", "- 0+1", "- 0+0")
    assert board == folded("by-hand-no-thaw", contest.log, "public") == reference(contest.log, "public")


def test_a_rejudge_is_a_new_row_and_shows_when_it_is_applied(client):
    contest = Contest("by-hand-rejudge", scoreboard_freeze_duration=None)
    contest.submit("s1", "t1", "a", 5, "WA")
    number = contest.add(e.RejudgingCreated, at=START + 20 * MINUTE, id="r", submission_ids=("s1",))
    contest.judge("s1", "AC", START + 21 * MINUTE, judging=number)
    contest.insert(client)

    def ask(**question):
        return cells(scoreboard(client, "by-hand-rejudge", audience="public", **question))["t1"]

    before, after = (1, 0, "0:00:00", "- 1+0", "- 0+0"), (1, 1, "0:05:00", "0:05:00 1+0", "- 0+0")
    assert ask() == before
    contest.add(e.RejudgingApplied, at=START + 22 * MINUTE, id="apply", rejudging=number)
    contest.insert(client)
    assert ask() == after
    of = {"submission_id": "s1", "team_id": "t1", "problem_id": "a"}
    contest.add(e.VerdictOverridden, at=START + 23 * MINUTE, id="hand", verdict="CE", **of)
    contest.insert(client)
    assert ask() == (1, 0, "0:00:00", "- 0+0", "- 0+0")  # compile errors cost nothing and do not count, by default
    contest.add(e.VerdictOverridden, at=START + 24 * MINUTE, id="back", verdict=None, **of)
    contest.insert(client)
    assert ask() == after
    contest.add(e.RejudgingReverted, at=START + 25 * MINUTE, id="revert", rejudging=number)
    contest.add(e.SubmissionIgnored, at=START + 26 * MINUTE, id="ignore", **of)
    contest.insert(client)
    assert ask() == (1, 0, "0:00:00", "- 0+0", "- 0+0")
    rows = client.query(
        "SELECT cause, judging, verdict FROM podium.verdicts FINAL WHERE contest = 'by-hand-rejudge' ORDER BY position"
    ).result_rows
    assert rows == [
        ("judgement", 0, "WA"),
        ("judgement", number, "AC"),
        ("override", 0, "CE"),
        ("override", 0, ""),
        ("ignore", 0, ""),
    ]


def test_a_verdict_by_hand_is_worth_the_score_that_it_says(client):
    scored = {"rule": "ioi", "scoreboard_type": "score", "problems": (problem("a", 1, max_score=100),)}
    contest = Contest("by-hand-score", **scored, scoreboard_freeze_duration=None)
    of = {"submission_id": "s1", "team_id": "t1", "problem_id": "a"}
    contest.submit("s1", "t1", "a", 5, "WA", score=40, group_scores=(40, 0))
    for number, said in enumerate(({"score": 60}, {"score": 0, "group_scores": (20, 50)}, {}), 7):
        contest.add(e.VerdictOverridden, at=START + number * MINUTE, id=f"hand{number}", verdict="WA", **said, **of)
    contest.insert(client)

    def ask(**question):
        board = scoreboard(client, "by-hand-score", audience="jury", rule="ioi", **question)
        return board, {row["team_id"]: row["score"]["score"] for row in json.loads(board)["rows"]}["t1"]

    overridden = [position for position, event in contest.log if isinstance(event, e.VerdictOverridden)]
    assert [ask(upto=position)[1] for position in (overridden[0] - 1, *overridden)] == [40, 60, 70, 0]
    for position in overridden:
        assert ask(upto=position)[0] == folded("by-hand-score", contest.log[: position + 1], "jury")


def test_the_first_record_of_an_id_counts(client):
    contest = Contest("by-hand-repeats", scoreboard_freeze_duration=None)
    contest.submit("s1", "t1", "a", 5, "AC")
    contest.submit("s1", "t2", "b", 6)
    contest.judge("s1", "WA", START + 9 * MINUTE)
    contest.insert(client)
    board = cells(scoreboard(client, "by-hand-repeats", audience="jury"))
    assert board["t1"] == (1, 1, "0:05:00", "0:05:00 1+0", "- 0+0")
    assert board["t2"] == (2, 0, "0:00:00", "- 0+0", "- 0+0")


def test_another_rule_is_refused_by_name(client):
    contest = Contest("by-hand-rule", rule="codeforces")
    contest.insert(client)
    with pytest.raises(RuleError, match="icpc and ioi, not of 'codeforces'"):
        scoreboard(client, "by-hand-rule", audience="jury")


def test_points_at_any_minute_in_every_mode(client):
    problems = (problem("a", 1, max_score=100), problem("b", 2, weight=3))
    scored = {"rule": "ioi", "scoreboard_type": "score", "score_scale": 10, "problems": problems}
    contest = Contest("by-hand-points", **scored)
    contest.submit("s1", "t1", "a", 5, "WA", score=40, group_scores=(40, 0))
    contest.submit("s2", "t1", "a", 10, "WA", score=35, group_scores=(5, 30))
    contest.submit("s3", "t2", "a", 12, "AC", score=100, group_scores=(40, 60))
    contest.submit("s4", "t2", "b", 20, "AC")
    contest.submit("s5", "t2", "a", 41, "WA", score=0)  # behind the freeze
    # on a package that is cut into other subtasks
    contest.submit("s6", "t1", "a", 44, "WA", score=35, group_scores=(0, 0, 35))
    modes = {}
    for mode in ("best", "last"):
        opened = {"rule": "ioi", "parameters": {"mode": mode}, "fold_version": 1}
        modes[mode] = str(contest.add(e.GenerationOpened, at=START + 50 * MINUTE, **opened))
    contest.insert(client)

    def ask(mode="subtasks", audience="jury", rule="ioi", **question):
        generation = modes.get(mode, "0")
        asked = {"audience": audience, "generation": generation, "rule": rule}
        board = scoreboard(client, "by-hand-points", **asked, **question)
        assert question or board == folded("by-hand-points", contest.log, audience, generation)
        return {
            row["team_id"]: (row["score"]["score"], [cell["score"] for cell in row["problems"]])
            for row in json.loads(board)["rows"]
        }

    assert ask(rule="icpc") == {"t2": (13, [10, 3]), "t1": (10, [10, 0])}
    assert ask("best") == {"t2": (13, [10, 3]), "t1": (4, [4, 0])}
    assert ask("last") == {"t1": (3.5, [3.5, 0]), "t2": (3, [0, 3])}
    assert ask(at_ms=43 * MINUTE) == {"t2": (13, [10, 3]), "t1": (7, [7, 0])}
    assert ask(at_ms=6 * MINUTE) == {"t1": (4, [4, 0]), "t2": (0, [0, 0])}


# ---- a real contest -------------------------------------------------------------------------------------------------

BOARDS = Path(__file__).parents[3] / "shared" / "data" / "boards"


@pytest.mark.skipif(not BOARDS.is_dir(), reason=f"no collection of real contests at {BOARDS}")
def test_the_46th_world_finals(client):
    data = json.loads((BOARDS / "wf46.json").read_text())
    names = sorted({run["problem_id"] for run in data["runs"]}, key=int)
    problems = tuple(problem(name, place) for place, name in enumerate(names, 1))
    contest = Contest("wf46", duration=300 * MINUTE, scoreboard_freeze_duration=60 * MINUTE, problems=problems)
    for id_ in data["teams"]:
        contest.add(e.Team, at=START - MINUTE, id=id_, name=id_)
    for number, run in enumerate(data["runs"]):
        verdict = {"CORRECT": "AC", "INCORRECT": "WA"}[run["status"]]
        contest.submit(f"s{number}", run["team_id"], run["problem_id"], run["timestamp"] / 60, verdict)
    contest.log = [one for one in contest.log if getattr(one[1], "id", "") not in ("t1", "t2")]
    contest.insert(client)
    jurys = scoreboard(client, "wf46", audience="jury")
    board = json.loads(jurys)
    official = json.loads((BOARDS / "wf46.final.json").read_text())
    seconds = [60 * 60, 60, 1]
    total = [
        (
            row["rank"],
            row["score"]["num_solved"],
            sum(map(mul, map(int, row["score"]["total_time"].split(":")), seconds)),
        )
        for row in board["rows"]
    ]
    assert sorted((rank, solved, time // 60) for rank, solved, time in total) == sorted(
        (row["rank"], row["num_solved"], row["total_time"]) for row in official
    )
    for audience, got in (("public", scoreboard(client, "wf46", audience="public")), ("jury", jurys)):
        assert got == folded("wf46", contest.log, audience) == reference(contest.log, audience)
