"""What a stack consists of, for given settings and numbers of instances."""

import importlib
import io
import socket
from unittest.mock import Mock

import pytest
from rich.console import Console

from judge import worker
from podium.cli import main
from podium.commands import stack as stack_command
from podium.commands.run import PROCESSES
from podium.commands.stack import parse_scale
from podium.stack.parts import KINDS, MOST, ending, environment, parts
from schemas.errors import DependencyError, UsageError
from schemas.settings import Settings, load


def names(settings, scale=None, only=None):
    return [part.name for part in parts(settings, scale or {}, only)]


def test_one_of_each_is_started_by_default_stores_before_those_who_use_them():
    started = parts(Settings(), {})
    assert [part.kind for part in started] == ["kafka", "redis", *KINDS]
    assert [part.stage for part in started] == sorted(part.stage for part in started)


def test_who_has_no_contestant_waiting_leaves_the_cores_to_those_who_have():
    assert {part.kind for part in parts(Settings(), {}) if part.argv[0] == "nice"} == {"history", "auditor"}


def test_who_writes_is_ended_before_who_is_written_to():
    order = ["judge", "api", "scorer", "live-sink", "history", "redis", "kafka"]
    assert [ending(kind) for kind in order] == sorted({ending(kind) for kind in (*KINDS, "kafka", "redis")})


def test_every_kind_can_be_run_and_its_module_has_a_run():
    assert set(PROCESSES) == set(KINDS)
    for module in PROCESSES.values():
        assert callable(importlib.import_module(module).run)


def test_a_part_that_a_variable_names_is_not_started(monkeypatch):
    monkeypatch.setenv("PODIUM_KAFKA", "broker-1:9092,broker-2:9092")
    monkeypatch.setenv("PODIUM_CLICKHOUSE", "https://history.example")
    settings = load()
    assert not {"kafka", "history"} & set(names(settings))
    assert "redis" in names(settings)
    assert environment(settings, "scorer")["PODIUM_KAFKA"] == "broker-1:9092,broker-2:9092"


def test_each_instance_has_ports_of_its_own_and_the_apis_lie_side_by_side():
    most = dict.fromkeys((kind for kind in KINDS if kind != "history"), MOST)
    started = parts(Settings(port_base=20000), most)
    addresses = [part.env["PODIUM_METRICS"] for part in started if "PODIUM_METRICS" in part.env]
    addresses += [part.other.env["PODIUM_METRICS"] for part in started if part.other]
    addresses += [part.address.partition("://")[2] or part.address for part in started if part.address]
    assert len(addresses) == len(set(addresses))
    apis = [part for part in started if part.kind == "api"]
    assert [part.env["PODIUM_API"] for part in apis] == [f"127.0.0.1:{20080 + n}" for n in range(MOST)]
    assert apis[1].env["PODIUM_INSTANCE"] == "api-2"
    assert [part.handed for part in started if part.handed] == [part.address for part in apis]
    assert {part.other.env["PODIUM_INSTANCE"] for part in apis} == {f"api-{n}" for n in range(1, MOST + 1)}


def test_children_get_the_settings_and_nothing_else_of_podiums(monkeypatch, tmp_path):
    monkeypatch.setenv("PODIUM_LOG_LEVEL", "debug")
    settings = Settings(home=tmp_path, port_base=20000, count_handled=True)
    monkeypatch.setenv("PODIUM_CLOCK", "set after the settings were read")
    ours = {name: value for name, value in environment(settings, "api").items() if name.startswith("PODIUM_")}
    assert ours == {
        "PODIUM_HOME": str(tmp_path),
        "PODIUM_PORT_BASE": "20000",
        "PODIUM_COUNT_HANDLED": "true",
        "PODIUM_LOG_LEVEL": "debug",
    }


def test_a_child_gets_no_secret_that_it_does_not_need():
    secret = {
        "secret": "of-cookies",
        "judge_token": "of-judges",
        "redis": "redis://:of-redis@r:1/0",
        "clickhouse_password": "of-history",
        "clickhouse_analyst_password": "of-analysts",
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "PLAIN",
        "kafka_username": "podium",
        "kafka_password": "of-kafka",
    }
    told = {
        kind: {
            value for key, value in environment(Settings(**secret), kind).items() if "of-" in value and "PODIUM" in key
        }
        for kind in ("kafka", "redis", *KINDS)
    }
    kafka, live = "of-kafka", "redis://:of-redis@r:1/0"
    assert told == {
        "kafka": set(),
        "redis": set(),
        "history": {"of-history", "of-analysts"},
        "history-sink": {kafka, "of-history"},
        "live-sink": {kafka, live},
        "scorer": {kafka},
        "planner": {kafka},
        "queue": {kafka},
        "clock": {kafka},
        "auditor": {kafka, live, "of-history"},
        "api": {kafka, live, "of-cookies", "of-judges"},
        "judge": {kafka, "of-judges"},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_child_can_read_the_settings_that_it_is_given(monkeypatch, kind):
    given = Settings(
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_sasl_mechanism="PLAIN",
        kafka_username="podium",
        kafka_password="x",
        redis="redis://r:1/0",
    )
    for name, value in environment(given, kind).items():
        monkeypatch.setenv(name, value)
    assert load().kafka_password == ("" if kind == "history" else "x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("history=2", "--scale history: there is no such process"),
        ("kafka=3", "--scale kafka: there is no such process"),
        ("api=9", "--scale api=9: from 0 to 8"),
    ],
)
def test_what_cannot_be_scaled_is_said(text, says):
    with pytest.raises(UsageError, match=says):
        names(Settings(), parse_scale(text))


def test_judges_of_one_machine_have_names_that_no_other_machine_has():
    judges = [part for part in parts(Settings(), {"judge": 2}) if part.kind == "judge"]
    assert judges[1].env["PODIUM_JUDGE_HOST"] == f"{socket.gethostname()}-2"


def test_each_process_is_given_the_time_that_its_end_takes_and_down_waits_for_all_of_them():
    grace = {part.kind: part.grace_s for part in parts(Settings(), {})}
    assert grace["judge"] > worker._END_S
    waves = {ending(kind): max(grace[k] for k in grace if ending(k) == ending(kind)) for kind in grace}
    assert sum(waves.values()) < stack_command._DOWN_S


def test_what_a_process_says_is_printed_as_it_is():
    console = Console(record=True, width=200, file=io.StringIO())
    stack_command.Printer(console)("redis", "waiting to restart", "[Errno 28] No space left [/] on [red]device")
    assert "[Errno 28] No space left [/] on [red]device" in console.export_text()


def test_an_up_whose_processes_are_not_looked_after_any_more_ends_with_the_reason(monkeypatch, capsys, tmp_path):
    stack = Mock(**{"names.return_value": [], "check.side_effect": DependencyError("the supervisor has failed")})
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    monkeypatch.setattr(stack_command.signal, "signal", lambda *_: None)
    monkeypatch.setattr(stack_command, "Stack", Mock(return_value=stack))
    monkeypatch.setattr(stack_command, "_CHECK_S", 0.01)
    assert main(["up"]) == 2
    assert "podium: the supervisor has failed" in capsys.readouterr().err
    stack.stop.assert_called_once()


def test_scale_is_read():
    assert parse_scale("api=2,judge=0") == {"api": 2, "judge": 0}
    assert names(Settings(), {"api": 2, "judge": 0})[-2:] == ["api-1", "api-2"]
