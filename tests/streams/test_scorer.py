"""The scorer as a process over a real Kafka: killed, reloaded, put to sleep, fed with what its fold cannot take."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from schemas.codec import codec
from schemas.events import (
    ContestExtended,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    PenaltyAdded,
    PositionSkipped,
    Reloaded,
    ScoreboardFrozen,
    TeamDisqualified,
    Transitioned,
)
from schemas.ids import partition_of
from schemas.producer import Producer
from schemas.reader import bounds, read, read_contest, read_topic
from schemas.rows import AUDIENCES, BatchClosed
from schemas.settings import Settings
from streams.auditor.table import CHANGELOG, read_table, unlike
from streams.changelog import held
from streams.replay import Replayed, latest_marks, recompute, request_marks
from streams.scorer.rows import key_of
from streams.scorer.states import position_of
from tests.contest_log import HOUR, MINUTE, START
from tests.reference_icpc import scoreboard as reference
from tests.streams.kafka_log import KafkaLog, written_boards
from tests.wait import until

ROOT = Path(__file__).parents[2]
CODE = "import logging; logging.basicConfig(level='INFO'); from schemas.settings import load; from streams.scorer.app import run; run(load())"


class Scorer:
    """A scorer that is started again when it is killed."""

    def __init__(self, settings: Settings) -> None:
        self.env = os.environ | {
            "PODIUM_HOME": str(settings.home),
            "PODIUM_KAFKA": settings.kafka,
            "PODIUM_INSTANCE": "scorer-1",
            "PODIUM_LOG_LEVEL": "warning",
            "PODIUM_SESSION_TIMEOUT": "6",  # its successor waits for so long for one that was killed
            "PYTHONPATH": str(ROOT),
        }
        self.log = settings.home / "scorer.log"
        self.output = self.log.open("a")
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", CODE], env=self.env, stdout=self.output, stderr=self.output)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)
        self.process = self.start()

    def said(self) -> str:
        return self.log.read_text()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()


@pytest.fixture(scope="module")
def cluster(stack_settings, kafka, tmp_path_factory) -> Settings:
    return stack_settings.model_copy(update={"home": tmp_path_factory.mktemp("scorer"), "kafka": kafka})


@pytest.fixture(scope="module")
def scorer(cluster):
    running = Scorer(cluster)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def producer(cluster):
    with Producer(cluster) as made:
        yield made


def marked(settings: Settings, log: KafkaLog) -> bool:
    """Whether the scorer's marks cover the last event of the log that scores depend on."""
    last = log.state().position
    marks = latest_marks(settings, log.contest)
    return (
        bool(marks)
        and all(marks.get(("0", audience)) is not None for audience in AUDIENCES)
        and (min(mark.position for mark in marks.values()) >= last)
    )


def proven(settings: Settings, log: KafkaLog, wait: float = 90) -> Replayed:
    """Wait for the marks of the newest position; rows, marks, recomputation and the second fold must be equal."""
    until(lambda: marked(settings, log), wait, f"the scorer marks position {log.state().position}")
    position = log.state().position
    replayed = recompute(settings, log.contest, until_position=position)
    assert replayed.generation is not None
    generation = replayed.generation.id
    marks, boards = latest_marks(settings, log.contest), written_boards(settings, log.contest)
    for audience in AUDIENCES:
        assert marks[generation, audience].position == position
        assert marks[generation, audience].digest == replayed.digests[audience]
        assert boards[generation, audience] == replayed.boards[audience]
        if generation == "0":
            assert replayed.boards[audience] == reference(log.events, audience)
    return replayed


def play(log: KafkaLog, draw: random.Random, submissions: int) -> None:
    """Submissions, judged out of order, before and after the freeze."""
    waiting: list[str] = []
    for _ in range(submissions):
        at = START + draw.randrange(5 * HOUR)
        waiting.append(log.submit(f"t{draw.randrange(6)}", draw.choice("ABC"), 0, at=at))
        if len(waiting) > 3:
            log.judge(waiting.pop(draw.randrange(len(waiting))), draw.choice(("AC", "AC", "WA", "TLE", "CE", "JE")))


def end(log: KafkaLog) -> None:
    """The contest comes to its end and is finalized."""
    log.recorded_at = START + 7 * HOUR
    log.act(Transitioned, kind="ended", planned_at=START + 5 * HOUR)
    log.act(Finalized)


def spoil(settings: Settings, producer: Producer, log: KafkaLog, part: str, value: bytes) -> None:
    """The scorer's changelog has this instead of a part of the contest."""
    key, partition = f"{log.contest}|{part}", partition_of(log.contest)
    term = held(settings, CHANGELOG, partition, key, position_of).term
    headers = [("term", str(term).encode())]
    producer.send(CHANGELOG, orjson.dumps(key), value, partition=partition, headers=headers).result(30)


def test_whenever_the_scorer_is_killed_its_rows_are_the_recomputations_and_a_contest_that_is_over_sleeps(
    cluster, scorer, producer
):
    over = KafkaLog(producer)
    wrong = over.submit("t1", "A", 5, "WA")
    over.submit("t2", "A", 299, "AC")
    end(over)
    draw = random.Random(46)
    log = KafkaLog(producer, teams=[f"t{n}" for n in range(6)])
    play(log, draw, 10)
    proven(cluster, log)
    proven(cluster, over)
    assert len(in_table(cluster, over.contest)) > 1, "it is to be thawed, and is not to be folded again for that"
    for killed, act, fields in (
        (True, ScoreboardFrozen, {"at": START + 2 * HOUR}),
        (False, TeamDisqualified, {"team_id": "t3"}),
        (True, ContestExtended, {"by": -30 * MINUTE}),
        (False, Transitioned, {"kind": "thawed", "planned_at": START + 6 * HOUR}),
    ):
        play(log, draw, 15)
        if killed:  # who starts anew over a part that is none folds the contest again
            spoil(cluster, producer, log, "team:t1", orjson.dumps({"position": 10**12}))
            scorer.kill()
        log.act(act, **fields)
        play(log, draw, 15)
    over.override(wrong, "AC")
    proven(cluster, log)
    proven(cluster, over)
    over.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    final = proven(cluster, over).boards["public"]
    assert final == over.canonical("jury")
    until(lambda: in_table(cluster, over.contest) == {"asleep"}, 60, "its parts have left the table")
    partition = partition_of(over.contest)
    written = bounds(cluster, "scoreboard-rows", partition)[1]
    late = over.override(wrong, "WA")
    reloaded = over.act(Reloaded)
    key = f"{over.contest}|".encode()
    until(
        lambda: any(one.key.startswith(key) for one in read(cluster, "scoreboard-rows", partition, written)),
        60,
        "its rows are written anew",
    )
    until(lambda: in_table(cluster, over.contest) == {"asleep"}, 60, "it sleeps again")
    assert f"contest {over.contest}: folded again up to {reloaded}:" in scorer.said()
    assert f"contest {over.contest}: folded again up to {late}:" not in scorer.said(), (
        "it counts no more, and wakes nobody"
    )
    assert proven(cluster, over).boards["public"] == final


def test_a_promoted_generation_is_projected_and_marked(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "1"}, fold_version=1)
    until(lambda: marked(cluster, log), 60, "both generations are marked")
    assert (str(opened), "jury") in latest_marks(cluster, log.contest)
    log.act(GenerationPromoted, expect="0", generation=str(opened))
    log.submit("t2", "A", 20, "AC")
    assert proven(cluster, log).generation.id == str(opened)
    assert log.rows()[0] == "1 t1 1 11 A=2/10"


def test_a_reload_writes_the_whole_board_again_as_one_batch(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    proven(cluster, log)
    position = log.act(Reloaded)

    def closed() -> set[str]:
        found = set()
        for raw in read(cluster, "scoreboard-rows", partition_of(log.contest)):
            if raw.key is not None and raw.key.startswith(log.contest.encode()) and raw.value is not None:
                record = codec().decode(raw.value)
                if isinstance(record, BatchClosed) and record.position == position:
                    assert record.count == 2 + 3
                    found.add(record.audience)
        return found

    until(lambda: closed() == set(AUDIENCES), 60, "both boards are written again")
    log.submit("t2", "A", 7, "AC")
    proven(cluster, log)


def forge(settings: Settings, producer: Producer, log: KafkaLog) -> None:
    """The scorer's mark of the public board is another one."""
    right = latest_marks(settings, log.contest)["0", "public"]
    forged = dataclasses.replace(right, digest="0" * 64)
    producer.send("scoreboard-rows", key_of(forged), forged, partition=partition_of(log.contest)).result(30)
    assert latest_marks(settings, log.contest)["0", "public"].digest == "0" * 64


def test_a_reload_renews_a_wrong_mark_of_a_quiet_contest(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    right = proven(cluster, log).digests["public"]
    forge(cluster, producer, log)
    log.act(Reloaded)
    until(lambda: latest_marks(cluster, log.contest)["0", "public"].digest == right, 60, "the mark is right again")
    proven(cluster, log)


def in_table(settings: Settings, contest: str) -> set[str]:
    """The parts of a contest that the scorer's table has."""
    held: set[str] = set()
    for raw in read(settings, CHANGELOG, partition_of(contest)):
        key, _, part = orjson.loads(raw.key).partition("|")
        if key == contest:
            (held.discard if raw.value is None else held.add)(part)
    return held


def test_what_is_spoilt_in_the_changelog_is_mended_by_a_reload(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    proven(cluster, log)
    parts = dict(log.state().parts())
    right = orjson.dumps(parts["cell:t1:A"])

    def wrong() -> str:
        return unlike(read_table(cluster, log.contest).parts, parts)

    assert not wrong()
    spoil(cluster, producer, log, "cell:t1:A", right.replace(b'"AC"', b'"WA"'))
    spoil(cluster, producer, log, "cell:ghost:A", right)
    spoil(cluster, producer, log, "team:t1", b"no JSON")
    assert wrong() == "cell:ghost:A, cell:t1:A, team:t1"
    log.act(Reloaded)
    until(lambda: not wrong(), 60, "the table is right again")
    log.submit("t2", "A", 7, "AC")
    proven(cluster, log)


def test_no_event_is_skipped_for_a_part_that_is_spoilt_but_can_be_read(cluster, scorer, producer):
    """The next event fails over it in the scorer that takes it up: what counts is what the event does to the log's state."""
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    proven(cluster, log)
    contest = orjson.dumps(dict(log.state().parts())["contest"])
    spoil(cluster, producer, log, "contest", contest.replace(b'"rule":"icpc"', b'"rule":"icpd"'))
    scorer.kill()
    log.submit("t2", "A", 7, "AC")
    proven(cluster, log)
    assert not [event for _, event in read_contest(cluster, log.contest) if isinstance(event, PositionSkipped)]


def test_marks_are_written_on_request_also_of_a_contest_that_sleeps(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    right = proven(cluster, log).digests["public"]
    forge(cluster, producer, log)
    request_marks(cluster, log.contest, by="test", reason="test")
    assert latest_marks(cluster, log.contest)["0", "public"].digest == right
    end(log)
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    right = proven(cluster, log).digests["public"]
    forge(cluster, producer, log)
    request_marks(cluster, log.contest, by="test", reason="test")
    assert latest_marks(cluster, log.contest)["0", "public"].digest == right
    until(lambda: in_table(cluster, log.contest) == {"asleep"}, 60, "the contest sleeps again")
    log.act(Reloaded)
    request_marks(cluster, log.contest, by="test", reason="test")
    until(lambda: in_table(cluster, log.contest) == {"asleep"}, 60, "and again")


def test_what_is_no_mark_under_a_marks_key_is_passed_over(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "AC")
    proven(cluster, log)
    marks = latest_marks(cluster, log.contest)
    act = codec().encode(log.make(Reloaded))
    for value in (b"no record", b"\xc3\x01unheard-of", act):
        key, partition = key_of(marks["0", "jury"]), partition_of(log.contest)
        producer.send("scoreboard-rows", key, value, partition=partition).result(30)
    assert latest_marks(cluster, log.contest) == marks


def test_what_has_more_than_64_bits_is_skipped_and_the_contest_goes_on(cluster, scorer, producer):
    log = KafkaLog(producer)
    _, beyond = [log.act(PenaltyAdded, team_id="t1", by=by) for by in (20 * MINUTE, 2**63 - 1)]

    def skipped() -> list[PositionSkipped]:
        return [e for _, e in read_contest(cluster, log.contest) if isinstance(e, PositionSkipped)]

    until(skipped, 60, "the position is skipped")
    assert [act.position for act in skipped()] == [beyond]
    log.events = [(p, e) for p, e in read_contest(cluster, log.contest) if p != beyond]
    log.submit("t1", "A", 5, "AC")
    assert proven(cluster, log).skipped == (beyond,)


def test_what_the_fold_cannot_take_is_an_act_and_the_contest_goes_on(cluster, scorer, producer):
    log = KafkaLog(producer)
    log.define(rule="golf")
    poison, _ = log.events.pop()

    def skipped() -> list[PositionSkipped]:
        return [e for _, e in read_contest(cluster, log.contest) if isinstance(e, PositionSkipped)]

    until(skipped, 60, "the position is skipped")
    assert [(act.position, act.fold_version) for act in skipped()] == [(poison, 1)]
    assert "golf" in skipped()[0].reason
    log.events = [(p, e) for p, e in read_contest(cluster, log.contest) if p != poison]
    log.submit("t1", "A", 5, "AC")
    assert proven(cluster, log).skipped == (poison,)


def test_a_record_under_another_contests_key_and_one_that_is_no_record_go_to_the_dead_letters(
    cluster, scorer, producer
):
    log = KafkaLog(producer)
    partition = partition_of(log.contest)
    before = dead_letters(cluster)
    foreign = log.make(Reloaded)
    producer.send("log", "another", foreign, partition=partition).result(30)
    producer.send("log", log.contest, b"\xc3\x01nothing that was ever written", partition=partition).result(30)
    log.submit("t1", "A", 5, "AC")
    proven(cluster, log)
    until(lambda: len(dead_letters(cluster)) >= len(before) + 2, 30, "both are in the dead letters")


def dead_letters(settings: Settings) -> list[bytes]:
    """What the scorer sent there."""
    return [raw.value for raw in read_topic(settings, "dead-letters", 12)]
