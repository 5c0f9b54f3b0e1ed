"""`podium contest export` and `import`, between two logs in two Kafkas: the same boards, whatever is killed.

The other podium has the live path as well: what is taken in is on its board as it is in the recomputation.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from podium.cli import main
from podium.live_board import live_scoreboard
from podium.stack.stack import Stack
from schemas.errors import PodiumError
from schemas.events import (
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    JudgingStarted,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCreated,
    SubmissionVerified,
    Team,
)
from schemas.ids import new_id, partition_of, skip_id
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from streams import auditor
from streams.auditor import process
from streams.replay import recompute
from streams.scoring.fold import FOLD_VERSION
from tests.conftest import free_port_base
from tests.contest_log import START
from tests.producers import lending
from tests.stacks import end_at_once
from tests.streams.kafka_log import KafkaLog
from tests.wait import until

LIVE = ("scorer", "live-sink")

KILLED = """
import itertools, os, signal, sys
from podium.cli import main
from podium.transfer.moves import Moves

sent, comes = itertools.count(1), Moves.comes

def come(*record):
    comes(*record)
    if next(sent) == 2500:
        os.kill(os.getpid(), signal.SIGKILL)

Moves.comes = come
main(["contest", "import", sys.argv[1]])
"""
"""An import that is killed in the middle: half of its records are in the log, others on their way to it."""


@pytest.fixture(scope="module")
def other_stack(tmp_path_factory):
    """Another podium, with a Kafka of its own and what brings its log onto its boards."""
    settings = Settings(home=tmp_path_factory.mktemp("elsewhere"), port_base=free_port_base())
    stack = Stack(settings, only=frozenset({"kafka", "redis", *LIVE}))
    stack.start()
    with lending(stack.settings.kafka):
        yield stack
    end_at_once(stack)


@pytest.fixture
def elsewhere(other_stack):
    """Its settings."""
    return other_stack.settings


def shown(settings, contest, audience):
    """The board as it stands in Redis; what is wrong while it is not there yet."""
    try:
        return live_scoreboard(settings, contest, audience)
    except PodiumError as error:
        return error


def environment(settings):
    return {"PODIUM_KAFKA": settings.kafka, "PODIUM_HOME": str(settings.home)}


@pytest.fixture
def here(settings, kafka):
    return settings.model_copy(update={"kafka": kafka})


def whole_contest(settings):
    """A contest with each kind of record that names a position, beside another one in its partition."""
    with Producer(settings) as producer:
        log = KafkaLog(producer)
        noise = next(f"n-{n}" for n in range(100) if partition_of(f"n-{n}") == partition_of(log.contest))
        wrong = log.submit("t1", "A", 5, "WA")
        producer.append(Team(contest=noise, recorded_at=START, recorded_by="test", id="x", name="X")).result(30)
        log.submit("t2", "A", 7, "AC")
        number = log.act(RejudgingCreated, submission_ids=(wrong,))
        log.judge(wrong, "AC", number)
        log.act(RejudgingApplied, rejudging=number)
        log.act(SubmissionVerified, submission_id=wrong, team_id="t1", problem_id="A", judging=number)
        poison = log.define(rule="golf")
        skip = skip_id(log.contest, poison, FOLD_VERSION)
        log.act(PositionSkipped, id=skip, position=poison, fold_version=FOLD_VERSION)
        before = next(position for position, _ in log.events)
        log.define(changes=before, rule="icpc", penalty_time=60_000)
        opened = log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "7"}, fold_version=FOLD_VERSION)
        log.act(GenerationPromoted, expect="0", generation=str(opened))
        log.submit("t2", "B", 9, "WA")
        log.submit("t2", "B", 11, "AC")
        started = {"judging": 0, "attempt": 1, "host": "h", "started_at": START}
        for n in range(4000):
            producer.append(log.make(JudgingStarted, submission_id=f"x{n}", **started))
        log.act(Finalized)
    return log


def test_a_contest_comes_to_another_podium_with_the_same_boards(here, elsewhere, tmp_path, monkeypatch, capsys):
    log = whole_contest(here)
    file = tmp_path / "c.podium"
    for name, value in environment(here).items():
        monkeypatch.setenv(name, value)
    assert main(["contest", "export", log.contest, "-o", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    count = said["count"]
    assert count == len(list(read_contest(here, log.contest)))
    assert main(["contest", "export", f"none-{new_id()}", "-o", str(tmp_path / "none")]) == 2
    assert not list(tmp_path.glob("none*"))
    assert main(["contest", "import", str(file)]) == 2  # its own log has it already
    assert "that no import brought" in capsys.readouterr().err

    for name, value in environment(elsewhere).items():
        monkeypatch.setenv(name, value)
    partition = partition_of(log.contest)
    with Producer(elsewhere) as producer:  # positions are others there
        for _ in range(3):
            producer.send("log", "other", b"", partition=partition).result(30)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert main(["contest", "import", str(file), "--json"]) == 0
    taken = json.loads(capsys.readouterr().out)
    assert 0 < taken["appended"] < count, "what the killed one brought is there"
    begun = Counter(e.submission_id for _, e in read_contest(elsewhere, log.contest) if isinstance(e, JudgingStarted))
    assert (len(begun), set(begun.values())) == (4000, {1}), "each once"
    assert main(["contest", "import", str(file)]) == 0
    out = capsys.readouterr().out
    assert f"{count} records, 0 appended" in out
    assert f"the store lacks the package {'0' * 64}" in out

    source, target = recompute(here, log.contest), recompute(elsewhere, log.contest)
    assert target.boards == source.boards
    assert len(target.skipped) == len(source.skipped) == 1
    assert target.generation.parameters == source.generation.parameters == {"penalty_minutes": "7"}
    assert json.loads(target.boards["jury"])["rows"][0]["team_id"] == "t2"
    for audience, board in target.boards.items():
        until(lambda a=audience, b=board: shown(elsewhere, log.contest, a) == b, 60, f"Redis has the {audience} board")


def test_a_contest_package_comes_onto_the_boards_of_another_podium(here, elsewhere, tmp_path, monkeypatch, capsys):
    log = whole_contest(here)
    for name, value in environment(here).items():
        monkeypatch.setenv(name, value)
    assert main(["contest", "export", log.contest, "--package", str(tmp_path / "c.zip")]) == 0
    for name, value in environment(elsewhere).items():
        monkeypatch.setenv(name, value)
    assert main(["import", str(tmp_path / "c.zip")]) == 0
    capsys.readouterr()
    source, target = recompute(here, log.contest), recompute(elsewhere, log.contest)
    assert target.boards == source.boards
    for audience, board in target.boards.items():
        until(lambda a=audience, b=board: shown(elsewhere, log.contest, a) == b, 60, f"Redis has the {audience} board")


def test_a_log_whose_beginning_was_deleted_is_refused_by_all_that_read_it_whole(
    other_stack, elsewhere, tmp_path, monkeypatch, capsys, caplog
):
    """In the Kafka that is nobody else's: whatever comes into that partition later cannot be replayed either."""
    for kind in LIVE:
        for name in other_stack.names(kind):
            other_stack.hold(name)
    for name, value in environment(elsewhere).items():
        monkeypatch.setenv(name, value)
    with Producer(elsewhere) as producer:
        log = KafkaLog(producer)
        log.submit("t1", "A", 5, "AC")
    plan = tmp_path / "plan.json"
    assert main(["replay", "plan", "-c", log.contest, "--until", "0:04:00", "-o", str(plan)]) == 0
    capsys.readouterr()
    assert main(["replay", "run", log.contest, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)[0]["file"]
    partition, kept = partition_of(log.contest), log.events[1][0]
    # it outlives its Kafka, and says nothing of that into what other tests read
    admin = AdminClient(elsewhere.kafka_client() | {"log_level": 0})
    (deleted,) = admin.delete_records([TopicPartition("log", partition, kept)]).values()
    assert deleted.result(30).low_watermark == kept
    says = f"the log's partition {partition} begins at {kept}: what is gone cannot be replayed"
    for arguments in (
        ["plan", "-c", log.contest],
        ["run", log.contest],
        ["run", str(plan)],
        ["diff", result],
        ["promote", result, "--expect", "0", "--reason", "x"],
        ["rollback", log.contest, "--reason", "x"],
        ["gc", "-c", log.contest],
    ):
        assert main(["replay", *arguments]) == 2, arguments
        assert says in capsys.readouterr().err, arguments
    assert process._attempt(elsewhere, log.contest, auditor.Memory(elsewhere), {}) is None
    assert f"{log.contest}: cannot be audited: {says}" in caplog.text
    assert [event for _, event in read_contest(elsewhere, log.contest)] == [event for _, event in log.events[1:]]
