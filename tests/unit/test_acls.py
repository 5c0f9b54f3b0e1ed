"""The rules for Kafka allow each process what it does, and a judge nothing that the log could suffer from."""

import ast
import inspect

import pytest

import api.server
import judge.worker
import streams.auditor.process
import streams.clock
import streams.history_sink.sink
import streams.live.sink
from podium.cli import main
from podium.stack.parts import KINDS
from schemas.acls import READERS, ROLES
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.auditor.table import CHANGELOG, CONTESTS, GROUP, KNOWN, PLANNER
from streams.dispatcher import planner, queue
from streams.scorer import app as scorer


def checked(module):
    """The topics that a process checks when it starts: those that it uses."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check_topics":
            expression = ast.unparse(node.args[1])
            return set(eval(expression, vars(module) | {"frozenset": frozenset}))
    raise AssertionError(module)


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        ("api", api.server),
        ("live-sink", streams.live.sink),
        ("history-sink", streams.history_sink.sink),
        ("clock", streams.clock),
        ("auditor", streams.auditor.process),
        ("judge", judge.worker),
    ],
)
def test_a_process_may_use_the_topics_that_it_checks_and_no_others(kind, module):
    assert ROLES[kind].reads | ROLES[kind].writes == checked(module)


@pytest.mark.parametrize(("kind", "module"), [("planner", planner), ("queue", queue), ("scorer", scorer)])
def test_a_faust_app_may_read_its_sources_and_write_what_it_says(kind, module, tmp_path):
    app, role = module.make(Settings(home=tmp_path)), ROLES[kind]
    skips = {"log"} if kind == "scorer" else set()  # what the fold could not take it says there
    assert app.strict_topics == role.reads - {"scoreboard-rows"}
    assert app.written_topics | skips == role.writes
    assert app.conf.id.startswith(role.app)
    audited = {"scorer": (GROUP, [CHANGELOG]), "planner": (PLANNER, [CONTESTS, KNOWN])}
    if kind in audited:
        assert (app.conf.id, [one.changelog_topic_name for one in app.tables.values()]) == audited[kind]
        assert app.conf.id.startswith(tuple(ROLES["auditor"].follows))


def test_every_kind_that_speaks_with_kafka_has_a_role():
    assert set(ROLES) == set(KINDS) - {"history"}
    assert all(role.reads | role.writes <= set(TOPICS) for role in ROLES.values())


def test_who_looks_for_its_own_dead_letters_may_read_them_and_who_recovers_a_table_may_read_by_position():
    assert "dead-letters" in ROLES["api"].reads
    assert all(READERS in ROLES[kind].groups for kind in ("api", "planner", "queue", "scorer"))


def test_a_judge_may_write_reports_and_nothing_else(capsys):
    assert main(["topics", "acls"]) == 0
    told = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    of_judge = [line[1:4] for line in told if line[0] == "User:podium-judge"]
    assert [line for line in of_judge if line[0] not in ("READ", "DESCRIBE_CONFIGS")] == [
        ["WRITE", "TOPIC", "judge-reports"]
    ]
    turns = [line[:2] for line in told if line[2] == "TRANSACTIONAL_ID"]
    assert turns == [["User:podium-api", "DESCRIBE"], ["User:podium-api", "WRITE"]], "to change accounts"
    assert not [line for line in told if line[1] == "ALL" or line[3] == "*"]
