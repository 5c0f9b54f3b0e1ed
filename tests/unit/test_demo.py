"""The demo's story: the same every time, with every jury submission in it, told by a contest package that is valid."""

import fcntl
import io
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console

from clics.contest_package import read_contest_package
from podium.board import frozen_sentence
from podium.cli import main
from podium.commands import demo as demo_command
from podium.demo.cast import DURATION_MS, TEAMS, Cast, Plan, write_contest
from podium.demo.run import Demo, begin_afresh, jury_submissions, rehearsal_settings, shipped_problems
from podium.demo.script import JurySubmission, script
from schemas.errors import DependencyError, UsageError
from schemas.settings import Settings

PROBLEMS = ["a", "b", "c"]
SUBMISSIONS = [
    JurySubmission(problem, Path(f"{problem}/{kind}/{n}.py"), "python3", frozenset({kind}))
    for problem in PROBLEMS
    for kind in ("AC", "WA", "TLE", "RTE")
    for n in range(3)
]


def shipped():
    """The demo's own problems and their jury's submissions."""
    problems = shipped_problems()
    return list(problems), jury_submissions(problems)


def test_every_jury_submission_is_in_the_story_within_the_contest():
    scenes = script(SUBMISSIONS, PROBLEMS)
    assert {s.submission for s in scenes} == set(SUBMISSIONS)
    assert all(0 < s.at < DURATION_MS for s in scenes)
    assert [s.at for s in scenes] == sorted(s.at for s in scenes)
    assert {s.team for s in scenes} == set(TEAMS)


@pytest.mark.parametrize("seed", range(40, 52))
def test_every_jury_submission_of_the_shipped_problems_is_sent_whatever_the_seed(seed):
    problems, submissions = shipped()
    assert len(submissions) > 60
    sent = {scene.submission for scene in script(submissions, problems, seed)}
    assert [s.path for s in submissions if s not in sent] == []


def test_the_story_is_the_same_every_time():
    assert script(SUBMISSIONS, PROBLEMS) == script(SUBMISSIONS, PROBLEMS)


def test_the_demos_contest_package_is_valid(tmp_path):
    plan = Plan(1_800_000_000_000)
    root = write_contest(tmp_path / "demo", [("a", "Apples", tmp_path)], plan, Cast.draw(plan))
    package = read_contest_package(root)
    assert package.warnings == ()
    assert len(package.teams) == 24
    assert package.contest["rehearsal"] is True


def test_a_second_demo_finds_nothing_of_the_first(tmp_path):
    settings = rehearsal_settings(Settings(home=tmp_path))
    for name in ("kafka/data", "redis", "history", "contest", "packages", "logs"):
        (settings.home / name).mkdir(parents=True)
    assert begin_afresh(settings) == "demo"
    assert sorted(p.name for p in settings.home.iterdir()) == ["logs", "packages"]


def test_a_demo_on_a_part_that_others_share_holds_a_contest_of_a_new_id_and_deletes_nothing(tmp_path, monkeypatch):
    settings = rehearsal_settings(Settings(home=tmp_path, kafka="broker:9092"))
    (settings.home / "redis").mkdir(parents=True)
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000 * 10**9)
    assert begin_afresh(settings) == "demo-1800000000"
    assert (settings.home / "redis").exists()


def test_a_demo_beside_a_running_demo_says_so_and_deletes_nothing(tmp_path):
    settings = rehearsal_settings(Settings(home=tmp_path))
    (settings.home / "run").mkdir(parents=True)
    (settings.home / "kafka").mkdir()
    with (settings.home / "run" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="a stack runs already"):
            begin_afresh(settings)
    assert (settings.home / "kafka").exists()


def test_the_frozen_sentence_is_that_of_the_ccs_requirements():
    assert frozen_sentence(3_600_000) == (
        "The scoreboard was frozen with 60 minutes remaining - submissions in the last 60 minutes of the contest "
        "are still shown as pending."
    )


@pytest.fixture
def held(monkeypatch):
    """The command's parts as doubles; the contest has been held when the command waits."""
    monkeypatch.setenv("PODIUM_CLOCK", "2026-01-01T10:00:00Z@2")
    monkeypatch.setattr(demo_command.signal, "signal", lambda *_: None)
    monkeypatch.setattr(demo_command, "ensure_judging", lambda _: None)
    monkeypatch.setattr(demo_command, "begin_afresh", lambda _: "demo")
    monkeypatch.setattr(demo_command, "Stack", Mock())
    monkeypatch.setattr(demo_command, "Demo", Mock(return_value=Mock(**{"hold.return_value": True})))
    return demo_command


@pytest.mark.parametrize(("right", "code"), [(True, 0), (False, 1)])
def test_a_demo_that_is_left_with_ctrl_c_says_by_its_exit_code_whether_it_was_right(
    held, monkeypatch, capsys, right, code
):
    def interrupted(*_):
        raise KeyboardInterrupt

    held.Demo.return_value.hold.return_value = right
    monkeypatch.setattr(held.threading, "Event", lambda: Mock(wait=interrupted))
    assert main(["demo"]) == code
    said = capsys.readouterr().out
    assert "PODIUM_CLOCK=2026-01-01T10:00:00Z@2 is passed over" in said
    assert "ending" in said
    held.Stack.return_value.stop.assert_called_once()


def test_a_demo_whose_processes_are_not_looked_after_any_more_ends_with_the_reason(held, monkeypatch, capsys):
    monkeypatch.setattr(held.threading, "Event", lambda: Mock(wait=lambda _: False))
    held.Stack.return_value.check.side_effect = DependencyError("the supervisor has failed")
    assert main(["demo"]) == 2
    assert "podium: the supervisor has failed" in capsys.readouterr().err
    held.Stack.return_value.stop.assert_called_once()


def test_the_logins_name_each_role_and_the_analysts_way_in_by_sql(tmp_path):
    settings = rehearsal_settings(Settings(home=tmp_path, clickhouse_analyst_password="for-sql"))
    console = Console(record=True, width=300, file=io.StringIO())
    show = Demo(Mock(settings=settings), console, "demo")
    show.cast = Cast.draw(Plan(1_800_000_000_000))
    show.logins()
    said = console.export_text()
    for user in ("team01", "jury", "analyst", "admin"):
        assert f"{user:<8} {show.cast.passwords[user]}" in said
    assert f"curl -u analyst:for-sql {settings.clickhouse} " in said
