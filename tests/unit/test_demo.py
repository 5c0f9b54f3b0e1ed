"""The demo's story: the same every time, with every jury submission in it, told by a contest package that is valid."""

from pathlib import Path

from clics.contest_package import read_contest_package
from podium.board import frozen_sentence
from podium.demo.cast import DURATION_MS, TEAMS, Cast, Plan, write_contest
from podium.demo.script import JurySubmission, script

PROBLEMS = ["a", "b", "c"]
SUBMISSIONS = [
    JurySubmission(problem, Path(f"{problem}/{kind}/{n}.py"), "python3", frozenset({kind}))
    for problem in PROBLEMS
    for kind in ("AC", "WA", "TLE", "RTE")
    for n in range(3)
]


def test_every_jury_submission_is_in_the_story_within_the_contest():
    scenes = script(SUBMISSIONS, PROBLEMS)
    assert {s.submission for s in scenes} == set(SUBMISSIONS)
    assert all(0 < s.at < DURATION_MS for s in scenes)
    assert [s.at for s in scenes] == sorted(s.at for s in scenes)
    assert {s.team for s in scenes} == set(TEAMS)


def test_the_story_is_the_same_every_time():
    assert script(SUBMISSIONS, PROBLEMS) == script(SUBMISSIONS, PROBLEMS)


def test_the_demos_contest_package_is_valid(tmp_path):
    plan = Plan(1_800_000_000_000)
    root = write_contest(tmp_path / "demo", [("a", "Apples", tmp_path)], plan, Cast.draw(plan))
    package = read_contest_package(root)
    assert package.warnings == ()
    assert len(package.teams) == 24
    assert package.contest["rehearsal"] is True


def test_the_frozen_sentence_is_that_of_the_ccs_requirements():
    assert frozen_sentence(3_600_000) == (
        "The scoreboard was frozen with 60 minutes remaining - submissions in the last 60 minutes of the contest "
        "are still shown as pending."
    )
