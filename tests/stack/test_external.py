"""A stack on a Kafka, a Redis and a ClickHouse that it did not start, all of them empty."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from clickhouse_connect.driver.exceptions import ClickHouseError

from history.analysts import analyst_sql
from history.config import DATABASES
from podium.cli import main
from podium.stack.external import prepare
from podium.stack.parts import KINDS, environment, parts
from podium.stack.stack import Stack
from podium.stack.supervised import State, Supervised
from schemas.errors import ConfigError
from schemas.history import connect
from schemas.settings import Settings
from schemas.topics import TOPICS, Topic, apply_topics, check_topics
from streams.history_sink.store import Store
from tests.conftest import free_port_base
from tests.history.process import HistoryProcess
from tests.wait import until

SOME = frozenset({"history", "history-sink", "live-sink", "queue"})
"""Of a stack, those that ask for the tables, for Redis and for share groups; a history of its own is not started."""


def emptied(server):
    """A ClickHouse as somebody has set it up, without any of podium's."""
    with server.client(database="default") as client:
        for database in DATABASES:
            client.command(f"DROP DATABASE IF EXISTS {database} SYNC", use_database=False)


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory):
    server = HistoryProcess(tmp_path_factory.mktemp("clickhouse") / "home", free_port_base() + 23).start()
    yield server
    server.stop()


@pytest.fixture
def empty(clickhouse):
    emptied(clickhouse)
    return clickhouse


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, clickhouse):
    """A Kafka and a Redis as processes of nobody's stack, and that ClickHouse; gives settings that name them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    theirs = Settings(home=folder / "theirs", port_base=free_port_base())
    processes = [
        Supervised(part, environment(theirs, part.kind), theirs.home / "logs", lambda *_: None)
        for part in parts(theirs, {}, frozenset({"kafka", "redis"}))
    ]
    for process in processes:
        process.start()
    for process in processes:
        until(process.part.ready, 60, f"{process.part.name} answers")
    yield Settings(
        home=folder / "ours",
        port_base=free_port_base(),
        kafka=theirs.kafka,
        redis=theirs.redis,
        clickhouse=clickhouse.url,
    )
    for process in processes:
        process.hold()  # what they hold is nobody's any more


def test_a_stack_starts_on_parts_of_somebody_else_that_are_empty(elsewhere, empty):
    said = []
    stack = Stack(elsewhere, only=SOME, say=lambda *line: said.append(line))
    try:
        stack.start()
        assert {process.state for process in stack.processes.values()} == {State.READY}
        assert set(stack.processes) == {"history-sink-1", "live-sink-1", "queue-1"}
        assert ("external", "prepared", "created log") in said
    finally:
        stack.stop()
    check_topics(elsewhere, frozenset(TOPICS), replicas=True)
    with connect(elsewhere, username="analyst") as analyst:
        assert analyst.query("SELECT count() FROM podium_public.submissions").first_row == (0,)
    # a broker that knows its topics takes two that find nothing to do as it takes one
    assert prepare(elsewhere, KINDS) == []


def test_topics_may_be_applied_twice_at_once(elsewhere, monkeypatch):
    new = [f"new-{number}" for number in range(20)]
    for name in new:
        monkeypatch.setitem(TOPICS, name, Topic(name, 1))
    with ThreadPoolExecutor(4) as pool:
        done = [line for lines in pool.map(lambda _: apply_topics(elsewhere), range(4)) for line in lines]
    assert sorted(line for line in done if line.startswith("created new")) == sorted(f"created {name}" for name in new)
    check_topics(elsewhere, frozenset(TOPICS))


def test_the_sink_asks_for_tables_and_the_command_makes_them(empty, monkeypatch, capsys):
    store = Store(Settings(clickhouse=empty.url))
    with pytest.raises(ConfigError, match="podium history apply"):
        store.positions([0])
    monkeypatch.setenv("PODIUM_CLICKHOUSE", empty.url)
    assert main(["history", "apply"]) == 0
    assert "made the tables of version" in capsys.readouterr().out
    assert store.positions([0]) == {}
    assert main(["history", "apply"]) == 0
    assert capsys.readouterr().out == "the history's tables are as they must be\n"
    store.close()


def test_rows_of_another_version_are_dropped_only_when_an_operator_says_so(empty, monkeypatch, capsys):
    monkeypatch.setenv("PODIUM_CLICKHOUSE", empty.url)
    assert main(["history", "apply"]) == 0
    with empty.client() as client:
        client.command("ALTER TABLE sink_offsets MODIFY COMMENT 'of another version'")
        assert main(["history", "apply"]) == 0  # they are empty
        client.command("INSERT INTO sink_offsets (topic, partition, next_position) VALUES ('log', 3, 7)")
        client.command("ALTER TABLE sink_offsets MODIFY COMMENT 'of another version'")
        capsys.readouterr()
        assert main(["history", "apply"]) == 2
        assert "podium history apply --rebuild" in capsys.readouterr().err
        assert client.query("SELECT max(next_position) FROM sink_offsets").first_row == (7,)
        assert main(["history", "apply", "--rebuild"]) == 0
        assert "dropped podium.sink_offsets" in capsys.readouterr().out
        assert client.query("SELECT max(next_position) FROM sink_offsets").first_row == (0,)


def test_an_analyst_is_made_with_statements_that_the_engine_knows(empty):
    """The embedded engine makes no users, but it reads what would make them."""
    create, grant = analyst_sql("it's \\ secret")
    with empty.client(database="default") as client:
        for statement in (create, grant):
            with pytest.raises(ClickHouseError) as caught:
                client.command(statement, use_database=False)
            assert "SYNTAX_ERROR" not in str(caught.value)
    assert "readonly = 1 CONST" in create
    assert "max_threads = " in create


def test_a_redis_of_a_cluster_is_refused_in_one_line(tmp_path, settings):
    port = free_port_base() + 79
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--cluster-enabled", "yes", "--dir", str(tmp_path), "--save", ""],
        stdout=subprocess.DEVNULL,
    )

    def answers():
        try:
            with redis.Redis(port=port) as client:
                return client.ping()
        except redis.ConnectionError:
            return False

    try:
        until(answers, 10, "redis answers")
        given = Settings(home=settings.home, port_base=free_port_base(), redis=f"redis://127.0.0.1:{port}/0")
        with pytest.raises(
            ConfigError, match=f"^PODIUM_REDIS: redis://127.0.0.1:{port}/0 is a node of a Redis cluster"
        ):
            Stack(given, only=frozenset({"live-sink"})).start()
    finally:
        server.terminate()
        server.wait(60)
