"""`podium log`: what is on the log is shown, whatever it is, and nothing of it is obeyed."""

import json
import os
import subprocess
import sys

import pytest

from podium.cli import main
from schemas import reader
from schemas.events import Definition, Team
from schemas.ids import partition_of
from schemas.producer import Producer


@pytest.fixture
def shown(settings, kafka, monkeypatch, capfd):
    """What `podium log CONTEST …` prints."""
    monkeypatch.setenv("PODIUM_PORT_BASE", str(settings.port_base))

    def run(*arguments, code=0):
        assert main(["log", *arguments]) == code
        return capfd.readouterr()

    return run


@pytest.fixture
def contest(settings, kafka):
    """A definition, a record that nobody can read, and a team with a name for terminals."""
    head = {"contest": "odd", "recorded_at": 1, "recorded_by": "[/x]\x1b[2J"}
    with Producer(settings) as producer:
        producer.append(Definition(**head, changes=-1, name="Odd", duration=1)).result()
        producer.send("log", "odd", b"\xc3\x01" + bytes(8), partition=partition_of("odd")).result()
        producer.append(Team(**head, id="1", name="[red]Foo[/red] \x1b[2J")).result()
    return "odd"


def test_a_record_that_cannot_be_read_has_its_line(shown, contest):
    definition, unreadable, team = shown(contest).out.splitlines()
    assert "Definition" in definition
    assert "unreadable: schema 0000000000000000 is unknown" in unreadable
    assert "Team" in team
    assert "unreadable" in json.loads(shown(contest, "--json").out.splitlines()[1])
    assert "unreadable" in shown(contest, "--type", "team").out


def test_names_are_text(shown, contest):
    out = shown(contest).out
    assert "[/x][2J" in out
    assert "[red]Foo[/red]" in out
    assert "\x1b[2J" not in out


@pytest.mark.parametrize("options", [[], ["--follow"]])
def test_a_broker_that_is_away_is_one_line(shown, monkeypatch, options):
    monkeypatch.setenv("PODIUM_KAFKA", "127.0.0.1:1")
    monkeypatch.setattr(reader, "ANSWER_S", 1.0)
    said = shown("any", *options, code=2)
    assert said.out == ""
    assert said.err.startswith("podium: Kafka at 127.0.0.1:1: ")
    assert said.err.count("\n") == 1


def test_who_waits_for_a_broker_is_told_so():
    env = dict(os.environ, PODIUM_KAFKA="127.0.0.1:1")
    command = [sys.executable, "-m", "podium", "log", "any"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as asked:
        try:
            first = asked.stderr.readline()
        finally:
            asked.kill()
    assert first == "Kafka at 127.0.0.1:1 does not answer yet; it is waited for, 27 s at most\n"
