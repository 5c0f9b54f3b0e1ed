"""`podium contest freeze|extend|penalty|award|show|finalize|…` on a real log: who, when and why, and nothing by halves."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from clics.blockers import blockers
from clics.times import format_time
from podium.cli import main
from podium.commands import results
from podium.conduct import asked, deeds, finalize, team_deeds
from podium.conduct.known import read_known
from podium.conduct.perform import Who, perform, plan
from schemas.errors import ConflictError
from schemas.events import (
    AwardGiven,
    Clarification,
    ContestExtended,
    GenerationOpened,
    GenerationRetired,
    IntervalRemoved,
    PenaltyAdded,
    Reloaded,
    ScoreboardFrozen,
    Transitioned,
)
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.rows import Mark
from streams.replay import marks, recompute
from streams.scoring.fold import FOLD_VERSION
from tests.contest_log import HOUR, MINUTE
from tests.streams.kafka_log import KafkaLog


@pytest.fixture
def producer(cluster):
    with Producer(cluster) as made:
        yield made


@pytest.fixture
def log(producer) -> KafkaLog:
    """A contest that has run for an hour, and was submitted to in it."""
    start = now() - HOUR
    made = KafkaLog(producer, start_time=start, scoreboard_thaw_time=None)
    made.submit("t1", "A", 0, "AC", at=start + 10 * MINUTE)
    made.submit("t2", "A", 0, "WA", at=start + 55 * MINUTE)
    return made


def now() -> int:
    return time.time_ns() // 1_000_000


def last(cluster, log) -> Any:
    return list(read_contest(cluster, log.contest))[-1][1]


def count(cluster, log) -> int:
    return sum(1 for _ in read_contest(cluster, log.contest))


def test_a_reload_stands_in_the_log_with_who_and_why(cluster, log, capsys):
    c = log.contest
    assert main(["contest", "reload", c]) == 2
    assert capsys.readouterr().err == "podium: say why: --reason TEXT\n"
    assert main(["contest", "reload", f"{c}x", "--reason", "a wrong row"]) == 2
    assert "there is no contest" in capsys.readouterr().err
    assert main(["contest", "reload", c, "--reason", "a wrong row", "--by", "jane"]) == 0
    act = last(cluster, log)
    assert (type(act), act.recorded_by, act.reason) == (Reloaded, "jane", "a wrong row")
    assert "make contest" in capsys.readouterr().out


def test_an_act_says_what_it_changes_and_stands_in_the_log_with_who_and_why(cluster, log, capsys):
    c = log.contest
    assert main(["contest", "freeze", c]) == 2
    assert capsys.readouterr().err == "podium: say why: --reason TEXT\n"
    assert main(["contest", "freeze", c, "--reason", "projector", "--by", "jane", "--dry-run"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert main(["contest", "freeze", c, "--reason", "projector", "--by", "jane"]) == 0
    act = last(cluster, log)
    assert (type(act), act.recorded_by, act.reason) == (ScoreboardFrozen, "jane", "projector")
    assert act.at == act.recorded_at
    out = capsys.readouterr().out
    assert "the public board is frozen from" in out
    row = next(line for line in out.splitlines() if " freeze " in line)
    before, after = (format_time(ms)[11:19] for ms in (log._fields["start_time"] + 4 * HOUR, act.at))
    assert before in row
    assert row.index(before) < row.index(after)
    assert "the live view does not show it yet" in out
    assert main(["contest", "freeze", c, "--reason", "again"]) == 2
    assert "is frozen since" in capsys.readouterr().err


def test_spans_with_a_sign_teams_and_what_is_lost(cluster, log, capsys):
    c, why = log.contest, ["--reason", "r"]
    assert main(["contest", "penalty", c, "t1", "-20m", *why]) == 0
    assert (type(last(cluster, log)), last(cluster, log).by) == (PenaltyAdded, -20 * MINUTE)
    assert main(["contest", "penalty", c, "t1", "+5m", *why, "--json"]) == 0
    out = capsys.readouterr().out.splitlines()[-1]
    (change,) = json.loads(out)["changes"]
    assert change == {"what": "penalty time of team t1", "before": "-0:20:00", "after": "-0:15:00"}
    before = count(cluster, log)
    assert main(["contest", "penalty", c, "t9", "5m", *why]) == 2
    assert "has no team 't9'; did you mean" in capsys.readouterr().err
    assert main(["contest", "extend", c, "-4h10m", *why]) == 2
    assert "1 submissions that count would count no more" in capsys.readouterr().err
    assert count(cluster, log) == before
    assert main(["contest", "extend", c, "-4h10m", *why, "--yes"]) == 0
    assert (type(last(cluster, log)), last(cluster, log).by) == (ContestExtended, -250 * MINUTE)
    for command in (
        ["start", c, *why],
        ["thaw", c, "--now", "--cancel", *why],
        ["award", c, "x", "--remove", "--team", "t1"],
    ):
        assert main(["contest", *command]) == 2
    assert "podium: --remove and --computed stand alone" in capsys.readouterr().err
    assert main(["contest", "show", "nowhere"]) == 2
    assert capsys.readouterr().err == "podium: there is no contest 'nowhere'\n"


def test_an_act_is_stamped_when_the_question_is_answered_and_asked_about_again_where_more_is_lost(
    cluster, log, capsys, monkeypatch
):
    questions, answered = [], []

    def answer(question: str, *, yes: bool) -> None:
        assert not yes
        questions.append(question)
        if len(questions) == 1:
            log.submit("t2", "B", 0, at=now())
        answered.append(now())

    monkeypatch.setattr(asked, "ask", answer)
    assert main(["contest", "extend", log.contest, "-4h10m", "--reason", "r"]) == 0
    assert [question.split()[0] for question in questions] == ["1", "2"]
    assert type(last(cluster, log)) is ContestExtended
    assert last(cluster, log).recorded_at >= answered[-1]
    assert "done, at position" in capsys.readouterr().out


def test_a_pause_awards_and_how_the_contest_stands(cluster, log, capsys):
    c, why = log.contest, ["--reason", "power", "--by", "jane"]
    assert main(["contest", "pause", c, *why]) == 0
    assert "paused since" in shown(c, capsys)["state"]
    assert main(["contest", "resume", c, *why]) == 0
    interval, restored = [event for _, event in read_contest(cluster, c)][-2:]
    assert isinstance(interval, IntervalRemoved)
    assert (interval.start, restored.start, restored.restored) == (restored.start, interval.start, True)
    assert main(["contest", "award", c, "best", "--citation", "Best [cake]", "--team", "t2", *why]) == 0
    assert last(cluster, log).award.team_ids == ("t2",)
    assert main(["contest", "award", c, "winner", "--remove", *why]) == 0
    assert isinstance(last(cluster, log), AwardGiven)
    capsys.readouterr()
    assert main(["contest", "awards", c, "--json"]) == 0
    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["best"] == {"id": "best", "citation": "Best [cake]", "team_ids": ["t2"]}
    assert found["first-to-solve-A"]["team_ids"] == ["t1"]
    assert "winner" not in found
    assert main(["contest", "awards", c, "--audience", "jury"]) == 0
    assert "Best [cake]" in capsys.readouterr().out
    survey = shown(c, capsys)
    assert [(one["act"], one["who"], one["why"]) for one in survey["acts"]] == [
        (act, "jane", "power")
        for act in ("IntervalRemoved", "IntervalRemoved", "IntervalRemoved", "AwardGiven", "AwardGiven")
    ]
    assert survey["counts"]["submissions"] == 2
    assert [one["label"] for one in survey["problems"]] == ["A", "B", "C"]
    assert main(["contest", "show", c]) == 0
    assert "removed from" in capsys.readouterr().out


def shown(contest: str, capsys) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["contest", "show", contest, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_who_was_too_late_is_told_so(cluster, log):
    """Two cancel, or the clock thaws, between the look and the act: nothing comes of the act, and it says that."""
    end = log._fields["start_time"] + 5 * HOUR
    who = Who("jane", "r")
    thaw = plan(cluster, read_known(cluster, log.contest), lambda known, _: deeds.thaw(known, end + HOUR), who)
    assert perform(cluster, thaw).changes == thaw.changes
    cancel = plan(cluster, read_known(cluster, log.contest), lambda known, _: deeds.thaw(known, None), who)
    log.act(Transitioned, kind="thawed", planned_at=end + HOUR)
    with pytest.raises(ConflictError, match="nothing came of it"):
        perform(cluster, cancel)
    known = read_known(cluster, log.contest)
    assert known.state.conduct.thawed == known.scores.contest.thawed == end + HOUR
    twice = plan(cluster, known, lambda known, _: team_deeds.disqualify(known, "t1", undo=False), who)
    perform(cluster, twice)
    with pytest.raises(ConflictError, match="nothing came of it"):
        perform(cluster, twice)


def test_a_board_that_the_scorer_has_otherwise_is_in_the_way(cluster, log, producer, monkeypatch):
    opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "1"}, fold_version=FOLD_VERSION)
    log.act(GenerationRetired, generation=str(opened))
    replayed = recompute(cluster, log.contest)

    def answer(_: Any, contest: str, *, by: str, reason: str) -> None:
        """A scorer whose public board is right, whose jury board is not, and which has one that the log does not have.

        And it had a wrong one that was retired for it: it marks that no more, whoever asks.
        """
        assert (by, bool(reason)) == ("jane", True)
        right, at = replayed.digests["public"], replayed.position
        for generation, audience, position, digest in (
            (str(opened), "public", opened, "0" * 64),
            ("0", "public", at, right),
            ("0", "jury", at, "0" * 64),
            ("9", "public", at, right),
        ):
            about = {"contest": contest, "recorded_at": now(), "recorded_by": "test", "generation": generation}
            mark = Mark(**about, audience=audience, position=position, digest=digest, fold_version=1)
            key = f"{contest}|{generation}|{audience}|!mark"
            producer.send("scoreboard-rows", key, mark, partition=partition_of(contest)).result()

    monkeypatch.setattr(finalize, "request_marks", answer)
    one, other = finalize.differences(cluster, log.contest, "jane")
    assert other.what == "the public board of generation 9"
    assert "by the log there is no such board" in other.why
    assert (one.kind, one.what) == ("recomputation", "the jury board of generation 0")
    assert "the scorer has 0000000000000000" in one.why


def test_finalize_lists_all_that_is_in_the_way_a_scorer_that_does_not_answer_too(cluster, log, capsys, monkeypatch):
    monkeypatch.setattr(marks, "ANSWER_S", 0.5)
    log.submit("t2", "B", 0, at=now())
    log.act(Clarification, id="q", from_team_id="t1", text="?", asked_at=now())
    assert main(["contest", "finalize", log.contest, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)["blockers"]
    assert [one["kind"] for one in found] == ["not over", "pending", "clarification", "recomputation"]
    assert main(["contest", "finalize", log.contest]) == 3
    out = capsys.readouterr().out
    assert "clarification q of team t1" in out
    assert "submission 3" in out


def test_what_comes_while_its_boards_are_recomputed_keeps_a_contest_from_being_final(
    cluster, producer, capsys, monkeypatch
):
    start = now() - 6 * HOUR
    log = KafkaLog(producer, start_time=start, scoreboard_thaw_time=None)
    log.submit("t1", "A", 0, "AC", at=start + 10 * MINUTE)
    log.act(Transitioned, kind="ended", planned_at=start + 5 * HOUR)

    def look(_: Any, known: Any, at: int, __: str) -> list:
        found = blockers(known.state, at)
        log.submit("t2", "B", 0, at=start + 299 * MINUTE)
        return found

    monkeypatch.setattr(results, "in_the_way", look)
    assert main(["contest", "finalize", log.contest, "--json"]) == 3
    (found,) = json.loads(capsys.readouterr().out)["blockers"]
    assert (found["kind"], found["what"].split(" (")[0]) == ("pending", "submission 2")
    assert read_known(cluster, log.contest).state.conduct.finalized is None
