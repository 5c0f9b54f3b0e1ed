"""Contest packages: JSON and YAML, folder and zip; whatever is wrong is named with its file and key."""

import json
import shutil

import pytest

from clics.contest_package import read_contest_package
from schemas.definition import WORLD_FINALS_TYPES
from schemas.errors import PackageError

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
    (root / "podium.yaml").write_text("rehearsal: true\nlate_window: 0:05:00\nproblems: {sums: {package: ../sums}}\n")
    package = read_contest_package(root)
    assert package.contest["rehearsal"] is True
    assert package.contest["late_window"] == 300_000
    assert package.problems[0].package == "../sums"


@pytest.mark.parametrize("inside", ["", "dress"])
def test_a_zip_says_the_same_as_the_folder(root, tmp_path, inside):
    archive = shutil.make_archive(
        str(tmp_path / "packed" / "dress"), "zip", root.parent if inside else root, inside or None
    )
    folder, packed = read_contest_package(root), read_contest_package(type(root)(archive))
    assert (folder.contest, folder.teams, folder.problems) == (packed.contest, packed.teams, packed.problems)


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
        ("contest.json", "{}", "one of them has to go"),
        ("podium.yaml", "rehearsel: true\n", "podium.yaml: rehearsel is not used"),
        ("podium.yaml", "rehearsal: maybe\n", "podium.yaml: rehearsal: expected true or false"),
        ("podium.yaml", "problems: {nope: {package: x}}\n", "problems.yaml has no such problem"),
        ("problems.yaml", PROBLEMS * 2, "'sums' stands there twice"),
        ("problems.yaml", "- {label: A}\n", "id is missing"),
        ("teams.json", '[{"id": "1", "name": "One"}, {"id": "1", "name": "Two"}]', "there are two with this id"),
        ("teams.json", '[{"id": "1", "name": "One", "group_ids": ["none"]}]', "group_ids: there is no 'none'"),
        ("teams.json", "{", "teams.json"),
        ("accounts.yaml", "- {username: x, type: wizard}\n", "type: expected one of team"),
        ("accounts.yaml", "- {username: x, type: team}\n", "x: team_id is missing"),
        ("accounts.yaml", "- {username: x, type: team, team_id: '9'}\n", "there is no '9'"),
        ("languages.json", '[{"id": "cobol"}]', "cobol: podium judges c, cpp, java, python3"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(root, file, content, says):
    (root / file).write_text(content)
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    assert says in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once(root):
    (root / "contest.yaml").write_text(CONTEST.replace("duration: 5:00:00", "duration: soon"))
    (root / "teams.json").write_text('[{"id": "a b", "name": "One"}]')
    with pytest.raises(PackageError) as caught:
        read_contest_package(root)
    assert len(str(caught.value).splitlines()) >= 3
