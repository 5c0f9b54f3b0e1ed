"""Contest packages: JSON and YAML, folder and zip; whatever is wrong is named with its file and key."""

import json
from pathlib import Path

import pytest

from clics.contest_package import read_contest_package
from podium.contest import faults
from schemas.definition import WORLD_FINALS_TYPES
from schemas.errors import PackageError
from schemas.settings import Settings

CONTEST = """\
id: dress
name: Dress rehearsal
start_time: 2026-01-01T10:00:00+01
duration: 5:00:00
scoreboard_freeze_duration: 1:00:00
penalty_time: 20
"""
PROBLEMS = "- {id: sums, label: A, name: Sums, rgb: '#f00', time_limit: 1.5}\n"
TEAMS = [{"id": "1", "name": "One", "organization_id": "kth.se", "group_ids": ["all"]}]
ACCOUNTS = (
    "- {id: one, username: one, password: secret, type: team, team_id: '1'}\n- {id: j, username: j, type: judge}\n"
)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "dress"
    root.mkdir()
    (root / "contest.yaml").write_text(CONTEST)
    (root / "problems.yaml").write_text(PROBLEMS)
    (root / "teams.json").write_text(json.dumps(TEAMS))
    (root / "organizations.json").write_text('[{"id": "kth.se", "name": "KTH"}]')
    (root / "groups.json").write_text('[{"id": "all", "name": "All"}]')
    (root / "accounts.yaml").write_text(ACCOUNTS)
    return root


def test_a_package_is_read_with_the_contest_apis_defaults(root):
    package = read_contest_package(root)
    assert package.id == "dress"
    assert package.contest["duration"] == 5 * 3_600_000
    assert package.contest["start_time"] == 1_767_258_000_000
    assert package.contest["penalty_time"] == 1_200_000
    assert package.contest["judgement_types"] == WORLD_FINALS_TYPES
    assert package.contest["publish"]["MLE"] == "RTE"
    assert [(p.id, p.label, p.ordinal, p.time_limit_ms) for p in package.problems] == [("sums", "A", 1, 1500)]
    assert [(a.username, a.role, a.team_id) for a in package.accounts] == [("one", "team", "1"), ("j", "jury", None)]


def test_podiums_own_keys_stand_in_podium_yaml(root):
    assert read_contest_package(root).contest["all_tests"] is False
    own = (
        "rehearsal: true\nall_tests: true\nlate_window: 0:05:00\nproblems: {sums: {package: ../sums}}\n"
        "verification: true\nwindow: 5:00:00\nawards: {medals: none}\n"
    )
    (root / "podium.yaml").write_text(own)
    package = read_contest_package(root)
    assert package.contest["rehearsal"] is True
    assert package.contest["all_tests"] is True
    assert (package.contest["verification"], package.contest["window"]) == (True, 5 * 3_600_000)
    assert package.contest["awards"] == {"medals": "none"}
    assert package.contest["late_window"] == 300_000
    assert package.problems[0].package == "../sums"


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("contest.yaml", "name: [", "contest.yaml"),
        ("contest.yaml", "- a list\n", "contest.yaml: expected an object"),
        (
            "contest.yaml",
            CONTEST.replace("duration: 5:00:00", "duration: soon"),
            "contest.yaml: duration: expected a duration",
        ),
        ("contest.yaml", CONTEST.replace("+01", ""), "contest.yaml: start_time: expected a time with a zone"),
        ("contest.yaml", CONTEST.replace("name: Dress rehearsal\n", ""), "contest.yaml: name is missing"),
        ("contest.yaml", CONTEST.replace("id: dress", "id: a b"), "contest.yaml: id: id: 'a b' is not an id"),
        ("contest.yaml", CONTEST.replace("1:00:00", "6:00:00"), "scoreboard_freeze_duration: longer than the contest"),
        ("podium.yaml", "window: 0:00:00\n", "podium.yaml: window: must be longer than nothing"),
        ("contest.json", "{}", "one of them has to go"),
        ("contest.yaml", "", "contest.yaml (or contest.json) is missing or empty"),
        (
            "contest.yaml",
            CONTEST.replace("penalty_time: 20", "penalty_time: -20"),
            "penalty_time: expected a penalty time",
        ),
        ("contest.yaml", CONTEST.replace("penalty_time", "penalty_tme"), "did you mean penalty_time?"),
        (
            "contest.yaml",
            CONTEST.replace("2026-01-01T10:00:00+01", "0001-01-01T00:00:00+01:00"),
            "start_time: expected a time",
        ),
        (
            "contest.yaml",
            CONTEST.replace("5:00:00", "100000:00:00"),
            "duration: expected a duration of at most ten years",
        ),
        (
            "contest.yaml",
            CONTEST.replace("penalty_time: 20", f"penalty_time: {1 << 80}"),
            "penalty_time: expected a whole",
        ),
        (
            "contest.yaml",
            CONTEST.replace("penalty_time: 20", "penalty_time: 99999999"),
            "penalty_time: expected a duration",
        ),
        (
            "podium.yaml",
            "feedback: banana\n",
            "podium.yaml: feedback: expected one of verdict, samples, number, groups, full, got 'banana'",
        ),
        ("podium.yaml", "publish: {MLE: NOPE}\n", "publish: MLE: the contest has no judgement type 'NOPE'"),
        ("podium.yaml", "publish: {MLEE: RTE}\n", "publish: MLEE: there is no such judgement type"),
        ("podium.yaml", "problems: [a]\n", "podium.yaml: problems: expected ids with objects, got ['a']"),
        ("podium.yaml", "problems: {sums: null}\n", "podium.yaml: problems: expected ids with objects"),
        ("podium.yaml", "rehearsel: true\n", "podium.yaml: rehearsel is not used"),
        ("podium.yaml", "rehearsal: maybe\n", "podium.yaml: rehearsal: expected true or false"),
        ("podium.yaml", "problems: {nope: {package: x}}\n", "problems.yaml has no such problem"),
        ("podium.yaml", "problems: {sums: {weight: -1}}\n", "weight: expected a whole number that is not negative"),
        ("problems.yaml", PROBLEMS * 2, "'sums' stands there twice"),
        ("problems.yaml", "- {label: A}\n", "id is missing"),
        ("teams.json", '[{"id": "1", "name": "One"}, {"id": "1", "name": "Two"}]', "there are two with this id"),
        ("teams.json", '[{"id": "1", "name": "One", "group_ids": ["none"]}]', "group_ids: there is no 'none'"),
        (
            "teams.json",
            '[{"id": "1", "name": "One", "hiden": true}]',
            "teams.json: 1: hiden is not used; did you mean hidden?",
        ),
        (
            "teams.json",
            '[{"id": "1", "name": "One", "location": {"x": "a", "y": 2, "rotation": 90}}]',
            "teams.json: 1: location: x: expected a number from ",
        ),
        (
            "teams.json",
            '[{"id": "1", "name": "One", "location": {"x": 1, "y": NaN, "rotation": 90}}]',
            "teams.json: 1: location: y: expected a number from ",
        ),
        (
            "teams.json",
            '[{"id": "1", "name": "One", "location": {"x": 1, "y": 2, "rotation": 450}}]',
            "teams.json: 1: location: rotation: expected a number from 0 to 360, got 450",
        ),
        (
            "teams.json",
            '[{"id": "1", "name": "One", "location": {"x": 1, "y": 2, "rotation": 90, "z": 1}}]',
            "teams.json: 1: location: expected an object with x and y and rotation, got {",
        ),
        (
            "groups.json",
            '[{"id": "all", "name": "All", "Hidden": true}]',
            "groups.json: all: Hidden is not used; did you",
        ),
        ("judgement-types.json", '[{"id": "AC", "name": "x", "solvd": true}]', "did you mean solved?"),
        ("judgement-types.json", '[{"id": "AC", "name": "x"}, {"id": "AC", "name": "x"}]', "'AC' stands there twice"),
        (
            "judgement-types.json",
            '[{"id": "AC", "name": "x", "simplified_judgement_type_id": "YES"}]',
            "judgement-types: AC: simplified_judgement_type_id: there is no 'YES'",
        ),
        ("languages.json", '[{"id": "c"}, {"id": "c"}]', "languages: id: 'c' stands there twice"),
        ("languages.json", '[{"id": "c", "extensions": "c"}]', "extensions: expected a list of texts"),
        ("problems.yaml", PROBLEMS.replace("#f00", "red"), "problems.yaml: sums: rgb: expected #rgb"),
        ("persons.json", '[{"id": "p", "name": "P"}]', "persons.json: p: role is missing"),
        ("accounts.yaml", ACCOUNTS * 2, "accounts.yaml: one: there are two with this username"),
        ("accounts.yaml", "- {username: 'a:b', type: judge}\n", "username: expected 1 to 255 characters without ':'"),
        ("accounts.yaml", "- {username: a, type: judge, pasword: x}\n", "did you mean password?"),
        ("accounts.yaml", "- {username: a, type: judge, password: ''}\n", "accounts.yaml: a: password: is empty"),
        ("teams.json", "{", "teams.json"),
        ("accounts.yaml", "- {username: x, type: wizard}\n", "type: expected one of team"),
        ("accounts.yaml", "- {username: x, type: team}\n", "x: team_id is missing"),
        ("accounts.yaml", "- {username: x, type: team, team_id: '9'}\n", "there is no '9'"),
        ("languages.json", '[{"id": "cobol"}]', "cobol: podium judges awk, bash, c, cpp, "),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(root, file, content, says):
    (root / file).write_text(content)
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    assert says in str(caught.value)


@pytest.mark.parametrize("limit", ["Infinity", "-Infinity", "NaN", "1e999", "0", "61"])
def test_a_time_limit_is_one_that_a_judge_allows(root, limit):
    (root / "problems.yaml").unlink()
    (root / "problems.json").write_text(f'[{{"id": "sums", "label": "A", "name": "Sums", "time_limit": {limit}}}]')
    with pytest.raises(PackageError, match="sums: time_limit: expected a positive number of seconds, at most 60"):
        read_contest_package(root)


def test_a_type_is_simplified_to_itself_or_to_one_that_is_not_simplified(root):
    simplified = {"AC": "AC", "WA": "NO", "TLE": "NO", "RTE": "NO", "CE": "CE", "NO": None}
    about = [
        {"id": id_, "name": id_, "solved": id_ == "AC", "penalty": id_ not in ("AC", "CE"), "simplified_judgement_type_id": to}
        for id_, to in simplified.items()
    ]  # fmt: skip
    (root / "judgement-types.json").write_text(json.dumps(about))
    read = read_contest_package(root).contest["judgement_types"]
    assert {one.id: one.simplified for one in read} == simplified
    about[-1]["simplified_judgement_type_id"] = "CE"
    (root / "judgement-types.json").write_text(json.dumps(about))
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    says = "judgement-types: {}: simplified_judgement_type_id: 'NO' is itself simplified to 'CE'; name that one"
    for told, id_ in zip(str(caught.value).splitlines(), ("WA", "TLE", "RTE"), strict=True):
        assert told.startswith(says.format(id_))


def test_everything_that_is_wrong_is_said_at_once(root):
    (root / "contest.yaml").write_text(CONTEST.replace("duration: 5:00:00", "duration: soon"))
    (root / "teams.json").write_text('[{"id": "a b", "name": "One"}]')
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    assert len(str(caught.value).splitlines()) >= 3


def test_a_file_that_cannot_be_read_hides_no_other_fault_and_makes_none_up(root):
    (root / "teams.json").write_text("{")
    (root / "podium.yaml").write_text("feedback: banana\n")
    with pytest.raises(PackageError) as caught:
        read_contest_package(root, lambda package: [f"and of {package.id} the caller says so"])
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("podium.yaml: feedback")
    assert second.startswith("teams.json: ")
    assert third == "and of dress the caller says so"


def test_a_hidden_group_is_not_the_main_one(root):
    (root / "contest.yaml").write_text(f"{CONTEST}main_scoreboard_group_id: all\n")
    (root / "groups.json").write_text('[{"id": "all", "name": "All"}, {"id": "crew", "name": "Crew", "hidden": true}]')
    read_contest_package(root)
    (root / "groups.json").write_text('[{"id": "all", "name": "All", "hidden": true}]')
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    assert str(caught.value) == (
        "contest: main_scoreboard_group_id: 'all' is a hidden group, and everybody is told which one is the main group: name "
        "another one, or show it (groups: hidden: false)"
    )


def test_keys_of_other_systems_are_told_and_do_no_harm(root):
    (root / "groups.json").write_text('[{"id": "all", "name": "All", "sortorder": 3, "icpc_id": "7"}]')
    assert read_contest_package(root).warnings == ("groups.json: all: sortorder is not used",)


def test_the_id_is_the_folders_name_where_the_file_has_none(root, monkeypatch):
    (root / "contest.yaml").write_text(CONTEST.replace("id: dress\n", ""))
    monkeypatch.chdir(root)
    assert read_contest_package(Path()).id == "dress"
    moved = root.rename(root.with_name("my contest"))
    with pytest.raises(
        PackageError, match=r"contest\.yaml: id is missing, and the folder's name: 'my contest' is not an id"
    ):
        read_contest_package(moved)


def test_staff_see_what_the_public_sees_and_that_is_told(root):
    (root / "accounts.yaml").write_text(ACCOUNTS + "- {username: runner, type: staff}\n")
    package = read_contest_package(root)
    assert [(a.username, a.role) for a in package.accounts][-1] == ("runner", "public")
    (warning,) = package.warnings
    assert warning.startswith("accounts.yaml: runner: staff see what the public sees")


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("awards: {gold: many}\n", "podium.yaml: awards: gold is a whole number of at most six digits, not 'many'"),
        ("awards: {golden: 4}\n", "podium.yaml: awards: there is no setting 'golden'; there are given, gold, "),
        ("rule: golf\n", "podium.yaml: rule: there is no scoring rule 'golf'"),
    ],
)
def test_rules_and_awards_that_there_are_not_are_named(root, own, says):
    (root / "podium.yaml").write_text(own)
    with pytest.raises(PackageError) as error:
        read_contest_package(root, lambda package: faults(Settings(), package))
    assert says in str(error.value)


def test_settings_of_awards_are_taken_as_texts(root):
    (root / "podium.yaml").write_text("awards: {gold: 2, given: winner gold-medal}\n")
    assert read_contest_package(root).contest["awards"] == {"gold": "2", "given": "winner gold-medal"}
    assert faults(Settings(), read_contest_package(root)) == []
