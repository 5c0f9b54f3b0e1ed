"""The recomputation from a real log, and the command that compares it with the scorer's marks."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.cli import main
from schemas.errors import DependencyError, RuleError, UsageError
from schemas.events import (
    GenerationOpened,
    GenerationPromoted,
    JudgingStarted,
    MarkRequested,
    PositionSkipped,
    Transitioned,
)
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds, read_contest
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams import replay
from streams.replay import latest_marks, recompute, replay_run, request_marks
from streams.scoring.canonical import digest
from tests.contest_log import HOUR, START
from tests.streams.kafka_log import KafkaLog
from tests.wait import until


@pytest.fixture
def cluster(settings, kafka) -> Settings:
    return settings.model_copy(update={"kafka": kafka})


@pytest.fixture
def producer(cluster):
    with Producer(cluster) as made:
        yield made


@pytest.fixture
def log(producer) -> KafkaLog:
    """Two teams, one of them frozen."""
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 250, "AC")
    return log


def mark(log: KafkaLog, position: int, audience: str, digest_: str) -> None:
    record = Mark(
        contest=log.contest,
        recorded_at=START,
        recorded_by="test",
        generation="0",
        audience=audience,
        position=position,
        digest=digest_,
        fold_version=1,
    )
    key = f"{log.contest}|0|{audience}|!mark"
    log.producer.send("scoreboard-rows", key, record, partition=partition_of(log.contest)).result(30)


def test_a_contest_comes_back_from_the_log_at_every_position(cluster, log):
    expected = []
    events, log.events = log.events, []
    for position, event in events:
        log.events.append((position, event))
        expected.append((position, {audience: log.canonical(audience) for audience in AUDIENCES}))
    told: list[tuple[int, int]] = []
    for position, boards in expected[:1] + expected[4:]:
        replayed = recompute(cluster, log.contest, until_position=position, progress=lambda *at: told.append(at))
        assert replayed.boards == boards
        assert replayed.digests == {audience: digest(board) for audience, board in boards.items()}
        assert replayed.position == position
        assert told[-1] == (position + 1, position + 1)
    whole = recompute(cluster, log.contest, at=[position for position, _ in expected])
    assert whole.events == len(expected)
    for position, boards in expected:
        for audience in AUDIENCES:
            assert whole.folded.digests[position, "0", audience] == digest(boards[audience])


def test_what_scores_do_not_depend_on_and_what_does_not_decode_is_passed_over(cluster, log):
    started = {"submission_id": "x", "judging": 0, "attempt": 1, "host": "h", "started_at": START}
    log.act(JudgingStarted, **started)
    partition = partition_of(log.contest)
    bad = [log.producer.send("log", log.contest, raw, partition=partition).result(30) for raw in (b"no record", None)]
    log.producer.send(
        "log", f"other-{new_id()}", log.make(Transitioned, kind="ended", planned_at=0), partition=partition
    )
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    replayed = recompute(cluster, log.contest)
    assert replayed.boards["public"] == log.canonical("jury")
    assert replayed.folded.unreadable == bad
    assert replayed.skipped == ()


def test_a_position_that_a_scorer_skipped_is_left_out_before_the_act_that_says_so_as_well(cluster, log):
    skipped = log.events[-1][0]  # the verdict of t2: say that its rows could not be made
    after = log.submit("t1", "B", 20, "AC")
    for version in (1, 2):
        log.act(PositionSkipped, position=skipped if version == 1 else log.events[-2][0], fold_version=version)
    log.events = [one for one in log.events if one[0] != skipped]
    replayed = recompute(cluster, log.contest)
    assert replayed.skipped == (skipped,)
    assert replayed.boards["jury"] == log.canonical("jury")
    judged = next(position for position, event in log.events if getattr(event, "submission_id", "") == after)
    log.events = [one for one in log.events if one[0] <= judged]
    earlier = recompute(cluster, log.contest, until_position=judged)
    assert earlier.boards["jury"] == log.canonical("jury")


def test_a_record_under_a_key_that_is_not_its_contest_counts_nowhere(cluster, log):
    foreign = log.make(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    other = dataclasses.replace(foreign, contest=f"other-{new_id()}")
    partition = partition_of(log.contest)
    bad = log.producer.send("log", log.contest, other, partition=partition).result(30)
    log.producer.send("log", "another", foreign, partition=partition).result(30)
    replayed = recompute(cluster, log.contest)
    assert replayed.boards["public"] == log.canonical("public")
    assert replayed.folded.unreadable == [bad]
    assert [event for _, event in read_contest(cluster, log.contest)] == [event for _, event in log.events]


def test_a_generation_of_another_fold_version_is_refused(cluster, log):
    opened = log.act(GenerationOpened, rule="golf", fold_version=2)
    log.act(GenerationPromoted, expect="0", generation=str(opened))
    assert recompute(cluster, log.contest, generation="0").boards["jury"]
    with pytest.raises(UsageError, match="fold version 2"):
        recompute(cluster, log.contest)


def test_what_if_the_rule_were_another(cluster, log):
    replayed = recompute(cluster, log.contest, rule="icpc", parameters={"penalty_minutes": "5"})
    assert json.loads(replayed.boards["jury"])["rows"][0]["score"]["total_time"] == "0:15:00"
    assert replayed.generation.id == "what-if"
    with pytest.raises(RuleError, match="golf"):
        recompute(cluster, log.contest, rule="golf")
    with pytest.raises(RuleError, match="holes"):
        recompute(cluster, log.contest, rule="icpc", parameters={"holes": "18"})


def test_another_generation_can_be_asked_for_by_its_id(cluster, log):
    opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "0"}, fold_version=1)
    replayed = recompute(cluster, log.contest, generation=str(opened))
    assert json.loads(replayed.boards["jury"])["rows"][0]["score"]["total_time"] == "0:10:00"
    with pytest.raises(UsageError, match="no open generation '7'"):
        recompute(cluster, log.contest, generation="7")


def test_a_contest_that_the_log_does_not_know_is_an_error(cluster):
    with pytest.raises(UsageError, match="nothing of a contest 'nowhere'"):
        recompute(cluster, "nowhere")


def test_a_run_is_written_to_a_file_and_compared_with_the_latest_marks(cluster, log):
    position = log.events[-1][0]
    for audience in AUDIENCES:
        mark(log, log.events[2][0], audience, "of an earlier position")
        mark(log, position, audience, digest(log.canonical(audience)))
    log.submit("t2", "B", 20, "AC")
    done = replay_run(cluster, log.contest)
    assert [(one.mark.audience, one.mark.position, one.equal) for one in done.compared] == [
        (audience, position, True) for audience in AUDIENCES
    ]
    assert done.path.parent == cluster.home / "replays"
    written = json.loads(done.path.read_text())
    assert written["boards"]["jury"] == json.loads(log.canonical("jury"))
    assert written["digests"] == {audience: digest(log.canonical(audience)) for audience in AUDIENCES}
    assert [one["equal"] for one in written["marks"]] == [True, True]
    assert latest_marks(cluster, log.contest)["0", "jury"].position == position


def test_the_command_exits_with_3_when_the_scorer_had_another_board(cluster, log, monkeypatch, capsys):
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))
    run = ["replay", "run", log.contest]
    assert main(run) == 0
    assert "nothing to compare with" in capsys.readouterr().out
    mark(log, log.events[-1][0], "jury", digest(log.canonical("jury")))
    assert main(run) == 0
    assert "as the scorer had it" in capsys.readouterr().out
    mark(log, log.events[-1][0], "public", "0" * 64)
    assert main(run) == 3
    assert f"DIFFERENT: the scorer had {'0' * 64}" in capsys.readouterr().out
    assert main([*run, "--until", str(log.events[0][0])]) == 0
    assert main([*run, "--rule", "golf"]) == 2
    assert main([*run, "--parameter", "a=b"]) == 2
    assert main(["replay", "run", "nowhere"]) == 2


def test_no_mark_is_asked_for_of_a_contest_that_is_not_defined(cluster, producer, monkeypatch):
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))
    typo = f"typo-{new_id()}"
    before = bounds(cluster, "log", partition_of(typo))
    assert main(["replay", "run", typo, "--mark"]) == 2
    assert bounds(cluster, "log", partition_of(typo)) == before


def test_marks_from_before_what_the_contest_holds_are_no_answer(cluster, log, monkeypatch):
    monkeypatch.setattr(replay, "ANSWER_S", 3.0)
    held = log.events[-1][0]

    def asked():
        return any(isinstance(event, MarkRequested) for _, event in read_contest(cluster, log.contest))

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request_marks, cluster, log.contest)
        until(asked, 30, "the act is in the log")
        for audience in AUDIENCES:
            mark(log, held - 1, audience, "of an earlier position")
        with pytest.raises(DependencyError, match=f"at or past position {held} "):
            waiting.result(30)
