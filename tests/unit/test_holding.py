"""Where acts of the jury hold against a contest's files, and what brings the files into force."""

from __future__ import annotations

import dataclasses

import pytest

from podium.current import Current
from podium.holding import holding
from schemas.definition import ChangedPackage
from schemas.events import Definition
from streams.scoring.contest import FOLD_VERSION, Generation
from tests.contest_log import MINUTE, START, problem

FILES = Definition(
    contest="c1", recorded_at=START, recorded_by="test", changes=-1, name="Contest", start_time=START, duration=300 * MINUTE,
    problems=(problem("A", 1),), penalty_time=20 * MINUTE,
)  # fmt: skip


def told(state: Current, **fields) -> list[str]:
    """What is said of files that have these fields from now on."""
    return list(holding(state, dataclasses.replace(FILES, **fields)))


def shows(rule: str, **parameters: str) -> Current:
    """The contest, with a generation promoted."""
    return Current(FILES, 5, promoted=Generation("20415", rule, parameters, FOLD_VERSION))


def test_nothing_holds_where_there_was_no_act():
    assert told(Current()) == []
    assert told(Current(FILES, 5), rule="ioi", parameters={"mode": "last"}, penalty_time=0) == []


def test_a_package_of_a_rejudging_holds_until_the_files_have_it():
    changed = ChangedPackage("A", "1" * 64, 1000, 1024, 8, 3)
    state = Current(FILES, 5, changed={"A": (77, changed)})
    for fields in ({}, {"name": "Renamed"}, {"problems": (problem("A", 1, package="2" * 64),)}):
        (line,) = told(state, **fields)
        assert f"rejudging 77 has put it on {'1' * 12}, which stays" in line
    assert told(state, problems=(problem("A", 1, package="1" * 64),)) == []


def test_a_promoted_generation_holds_against_the_rule_of_the_files():
    state = shows("icpc", penalty_minutes="10")
    assert told(state) == []
    assert told(state, name="Renamed", score_scale=10) == []
    (line,) = told(state, parameters={"penalty_minutes": "15"})
    assert line == (
        "parameters: generation 20415 is active, with a rule of its own, icpc (penalty_minutes=10), which stays; "
        "`podium replay rollback` brings back that of the files, generation 0"
    )
    (line,) = told(state, rule="extended-icpc", parameters={"hacks": "tie"}, penalty_time=0)
    assert line.startswith("rule, parameters, penalty_time: generation 20415 is active")
    assert told(state, parameters={"penalty_minutes": "10"}) == [], "the files take the rule that shows"


@pytest.mark.parametrize(
    ("rule", "parameters", "counts"),
    [
        ("icpc", {"penalty_minutes": "10"}, False),
        ("icpc", {"time_precision": "seconds"}, True),
        ("extended-icpc", {}, False),
        ("atcoder", {}, False),
        ("codeforces", {}, False),
        ("ioi", {}, False),
    ],
)
def test_a_penalty_time_of_the_files_is_told_of_where_the_promoted_rule_has_none_of_it(rule, parameters, counts):
    lines = told(shows(rule, **parameters), penalty_time=5 * MINUTE)
    assert [line.partition(":")[0] for line in lines] == ([] if counts else ["penalty_time"])
