"""What a contest's definition and entries say comes back from the files of the package that they are written to."""

from __future__ import annotations

import dataclasses

import pytest

from clics.contest_package import read_contest_package
from clics.fold import fold
from clics.package_export import account_objects, configuration_files, dumped
from clics.state import State
from schemas.definition import BIG_5, JudgementType, Language, Problem
from schemas.events import (
    Account,
    ContestExtended,
    Definition,
    Group,
    Membership,
    Organization,
    Person,
    StartMoved,
    Team,
)

HEAD = {"contest": "c1", "recorded_at": 1, "recorded_by": "test"}
HOUR = 3_600_000
START = 1_767_258_000_000
ALL = {
    "changes": -1,
    "name": "C",
    "formal_name": "The C",
    "start_time": START,
    "countdown_pause_time": None,
    "duration": 5 * HOUR,
    "scoreboard_freeze_duration": HOUR,
    "scoreboard_thaw_time": START + 7 * HOUR,
    "scoreboard_type": "score",
    "main_scoreboard_group_id": "g1",
    "penalty_time": 90_500,
    "rule": "ioi",
    "parameters": {"mode": "best"},
    "score_scale": 100,
    "judgement_types": (
        JudgementType("AC", "Accepted", penalty=False, solved=True),
        JudgementType("WA", "Wrong", penalty=True, solved=False, simplified="WA"),
    ),
    "publish": {**BIG_5, "MLE": "WA"},
    "feedback": "verdict",
    "problems": (),
    "languages": (
        Language("cpp", "C++", ("cpp",)),
        Language("java", "Java", ("java",), entry_point_required=True, entry_point_name="Class"),
    ),
    "priority": 7,
    "late_window": 61_000,
    "rehearsal": True,
    "public": False,
    "fold_version": 1,
    "all_tests": True,
    "verification": True,
    "window": 2 * HOUR,
    "awards": {"gold": "2"},
    "limits": {"submissions": 5, "streams": 9},
    "address_login": True,
    "location": '{"latitude": 64.1, "longitude": -21.9}',
    "media": (),
    "webhook_patience": 60_000,
    "clarification_categories": ("General", "Printers"),
    "clarification_answers": ("No comment.",),
}
PROBLEM = Problem(
    id="a", label="A", name="Sums", ordinal=3, package="0" * 64, time_limit_ms=1500, memory_limit_mib=64,
    output_limit_mib=8, test_data_count=3, rgb="#f00", color="red", weight=2, max_score=100, withdrawn=True,
)  # fmt: skip
ENTRIES = (
    Group(**HEAD, id="g1", name="One", type="site", icpc_id="11"),
    Group(**HEAD, id="g2", name="Two", hidden=True),
    Organization(**HEAD, id="o", name="KTH", formal_name="Kungliga", country="SWE", url="https://kth.se", icpc_id="433",
                 country_subdivision="SE-AB"),
    Team(**HEAD, id="1", name="First", label="L", display_name="F", icpc_id="i", organization_id="o", group_ids=("g1",),
         location='{"rotation": 90, "x": 1.5, "y": 2}'),
    Team(**HEAD, id="2", name="Second", hidden=True),
    Team(**HEAD, id="3", name="Third", removed=True),
    Person(**HEAD, id="p", name="P", role="coach", title="Dr", email="p@x", sex="female", team_ids=("1",),
           icpc_id="32442"),
)  # fmt: skip


def read_back(tmp_path, definition, *more):
    """The package that the contest's files are."""
    state = State("c1")
    for position, event in enumerate((definition, *ENTRIES, *more)):
        fold(state, position, event)
    files = configuration_files(state, definition, {})
    for name, value in files.items():
        (tmp_path / f"{name}.json").write_bytes(dumped(value))
    return files, read_contest_package(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"score_scale": 1, "window": None, "scoreboard_thaw_time": None, "verification": False, "rule": "icpc"},
        {"start_time": None, "countdown_pause_time": 30_000, "scoreboard_freeze_duration": None},
    ],
)
def test_every_field_of_a_definition_comes_back(tmp_path, fields):
    assert ALL.keys() == {f.name for f in dataclasses.fields(Definition)} - HEAD.keys(), "a new field: write it as well"
    definition = Definition(**HEAD, **(ALL | fields | {"problems": (PROBLEM,)}))
    files, package = read_back(tmp_path, definition)
    assert package.warnings == ()
    for name in ALL.keys() - {"changes", "fold_version", "problems"}:
        assert package.contest[name] == getattr(definition, name), name
    (problem,) = package.problems
    shown = (problem.id, problem.label, problem.name, problem.ordinal, problem.rgb, problem.color)
    assert shown == ("a", "A", "Sums", 3, "#f00", "red")
    assert (problem.time_limit_ms, problem.weight, problem.withdrawn) == (1500, 2, True)
    assert "defined" not in files["podium"]


def test_every_entry_comes_back_and_those_that_are_gone_do_not(tmp_path):
    _, package = read_back(tmp_path, Definition(**HEAD, **ALL))
    for endpoint, cls in (("groups", Group), ("organizations", Organization), ("teams", Team), ("persons", Person)):
        read = [cls(**HEAD, **values) for values in getattr(package, endpoint)]
        expected = [one for one in ENTRIES if isinstance(one, cls) and not one.removed]
        assert [dataclasses.replace(one, label="2") if one.id == "2" else one for one in expected] == read


def test_what_acts_have_moved_is_told_and_what_was_defined_is_read(tmp_path):
    moved = StartMoved(**HEAD, id="m", start_time=START + HOUR)
    longer = ContestExtended(**HEAD, id="x", by=HOUR)
    definition = Definition(**HEAD, **ALL)
    files, package = read_back(tmp_path, definition, moved, longer)
    assert files["contest"]["duration"] == "6:00:00"
    assert files["podium"]["defined"] == {"start_time": "2026-01-01T09:00:00.000Z", "duration": "5:00:00"}
    assert package.contest["start_time"] == START
    assert package.contest["duration"] == 5 * HOUR


def test_accounts_are_told_without_passwords():
    head = {"recorded_at": 1, "recorded_by": "x"}
    accounts = [
        Account(**head, username="t", role="team", memberships=(Membership("c1", "1"), Membership("c2", "2")), password="h"),
        Account(**head, username="j", name="J", role="jury", memberships=(Membership("c1", None),), password="h"),
        Account(**head, username="gone", role="team", memberships=(Membership("c1", "2"),), disabled=True),
        Account(**head, username="other", role="team", memberships=(Membership("c2", "2"),)),
    ]  # fmt: skip
    assert account_objects(accounts, "c1") == [
        {"id": "j", "username": "j", "type": "judge", "name": "J"},
        {"id": "t", "username": "t", "type": "team", "team_id": "1"},
    ]
