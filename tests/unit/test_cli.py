"""The command line's front: help without loading anything, mistyped commands, errors in one line."""

import importlib
import importlib.metadata
import os
import subprocess
import sys

import pytest
import typer

from podium.cli import COMMANDS, main
from schemas import reader


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS if name != "run")


def test_the_version_is_that_of_the_installed_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"podium {importlib.metadata.version('podium')}\n"


def test_help_loads_no_command_and_no_client():
    code = (
        "import sys; from podium.cli import main; main(['--help'])\n"
        "print([m for m in sys.modules if m.startswith('podium.commands.') or m in ('confluent_kafka', 'docker')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_its_module_and_documented(name):
    app = typer.Typer()
    importlib.import_module(COMMANDS[name].module).register(app)
    command = typer.main.get_group(app).commands[name]
    assert command.help
    assert COMMANDS[name].line.endswith(".")


def test_a_mistyped_command_is_named_with_the_nearest_one(capsys):
    assert main(["statsu"]) == 2
    assert capsys.readouterr().err == "podium: there is no command 'statsu'; did you mean `podium status`?\n"


def test_a_wrong_option_is_a_usage_error(capsys):
    assert main(["up", "--scael", "api=2"]) == 2
    assert "--scael" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["up", "--scale", "api"], "podium: --scale api: expected PROCESS=NUMBER, such as api=2,judge=2\n"),
        (["run", "scorrer"], "podium: there is no process 'scorrer'; there are api, planner, queue,"),
    ],
)
def test_wrong_input_is_one_line(arguments, line, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(line)
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PODIUM_PORT_BASE", "many", "PODIUM_PORT_BASE: Input should be a valid integer"),
        ("PODIUM_KAFKA", "localhost", "PODIUM_KAFKA: expected host:port"),
        ("PODIUM_METRICS", "9100", "PODIUM_METRICS: expected host:port"),
        ("PODIUM_KAFAK", "x:1", "PODIUM_KAFAK: there is no such setting"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(variable, value, says, monkeypatch, capsys):
    monkeypatch.setenv(variable, value)
    assert main(["status"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"podium: {says}")
    assert error.count("\n") == 1


def test_ctrl_c_while_the_command_is_loaded_is_no_error(monkeypatch, capsys):
    def interrupted(_module):
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_where_no_stack_runs_it_is_said_and_how_to_start_one(monkeypatch, tmp_path, capsys):
    for name in [name for name in os.environ if name.startswith("PODIUM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))
    monkeypatch.setenv("PODIUM_PORT_BASE", "1100")  # nobody listens there
    monkeypatch.setattr(reader, "ANSWER_S", 1.0)
    assert main(["log", "spring"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("podium: Kafka at 127.0.0.1:1192: ")
    assert second == f"podium: no stack runs in {tmp_path}; `podium up` starts one"
    monkeypatch.setenv("PODIUM_KAFKA", "127.0.0.1:1193")
    assert main(["log", "spring"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1, "what answers to somebody else is not in a stack"
