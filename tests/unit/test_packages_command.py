"""`podium problem add`, `list` and `show`: packages into the store, and what lies there."""

import json

import pytest

from clics.contest_package import read_contest_package
from packages.read import read_package
from packages.store import FolderStore, KeptLimit
from podium.cli import main
from podium.commands.contest import _Problems
from schemas.errors import DataError, PackageError
from schemas.settings import Settings
from tests.unit.packaging import LEGACY, PACKAGE, with_yaml, write


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_packages_are_added_once_and_listed(tmp_path, home, capfd):
    root = write(tmp_path / "sum", PACKAGE)
    assert main(["problem", "add", str(root), "--json", "--no-measure"]) == 0
    added = json.loads(capfd.readouterr().out)
    assert (added["name"], added["time_limit_ms"], added["memory_mib"], added["tests"]) == ("Sum", 2000, 2048, 3)
    stored = home / "packages" / f"{added['digest']}.zip"
    first = stored.stat().st_mtime_ns
    assert main(["problem", "add", str(stored), "--no-measure"]) == 0
    said = capfd.readouterr()
    assert added["digest"] in said.out
    assert "that time limit was not compared with its submissions; --measure does it" in said.out
    assert said.err == ""
    assert stored.stat().st_mtime_ns == first
    assert main(["problem", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == added
    assert main(["problem", "list"]) == 0
    shown = capfd.readouterr().out
    for word in (added["digest"][:12], "Sum", "pass-fail", "2 s", "2048 MiB"):
        assert word in shown
    (home / "packages" / f"{'0' * 64}.zip").write_bytes(b"PK")
    assert main(["problem", "list", "--json"]) == 1
    shown = capfd.readouterr()
    assert json.loads(shown.out) == added
    assert "not a zip that can be read" in shown.err


def test_a_package_is_shown_whole(tmp_path, home, capfd):
    files = {
        "submissions/wrong_answer/five.py": "print(5)\n",
        "submissions/submissions.yaml": "accepted/*: {authors: Ada, model_solution: true}\n",
        "notes.txt": "x",
        "problem.yaml": with_yaml(
            "version: 2025-13-01",
            "license: cc0",
            "credits: {authors: Ada, translators: {sv: Bob}}",
            "embargo_until: 2026-02-28",
            "keywords: [sum]",
        ),
        "data/secret/01.yaml": "hint: add\n",
        "data/secret/big.in": "1 2" + " " * 2000 + "\n",
        "data/secret/big.ans": "3\n",
    }
    root = write(tmp_path / "sum", PACKAGE | files)
    assert main(["problem", "show", str(root), "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["time_limit_ms"], said["time_limit_origin"]) == (2000, "problem.yaml: limits.time_limit")
    assert said["limits_stated"] == ["time_limit"]
    assert [(t["name"], t["input_bytes"]) for t in said["test_cases"]][-1] == ("secret/big", 2004)
    assert [(t["full_feedback"], t["hint"]) for t in said["test_cases"]][:2] == [(True, None), (False, "add")]
    assert said["origin"] == {
        "credits": {"authors": ["Ada"], "translators sv": ["Bob"]},
        "source": [],
        "license": "cc0",
        "rights_owner": "Ada",
        "embargo_until": "2026-02-28T00:00:00+00:00",
        "keywords": ["sum"],
        "version": "2025-13-01",
    }
    assert [(s["name"], s["expected"], s["time_limit"], s["authors"]) for s in said["submissions"]] == [
        ("accepted/sum.py", ["AC"], "lower bound", ["Ada"]),
        ("wrong_answer/five.py", ["WA"], "lower bound", []),
    ]
    assert said["warnings"] == ["sum/notes.txt: is passed over: it is no part of the format"]
    assert main(["problem", "add", str(root), "--json", "--no-measure"]) == 0
    said = capfd.readouterr()
    digest = json.loads(said.out)["digest"]
    assert said.err == "warning: sum/notes.txt: is passed over: it is no part of the format\n"
    assert main(["problem", "show", digest[:8]]) == 0
    shown = capfd.readouterr().out
    for word in (
        digest,
        "2 s (problem.yaml: limits.time_limit)",
        "2.0 KiB",
        "authors: Ada; translators sv: Bob",
        "2026-02-28 00:00:00 UTC",
        "cc0, Ada",
        "input validator validate (python3)",
        "notes.txt",
    ):
        assert word in shown
    for named, why in (("f" * 9, "no package in the store"), ("nothing", "there is no folder or file nothing")):
        assert main(["problem", "show", named]) == 2
        assert why in capfd.readouterr().err


def test_a_measured_time_limit_is_kept_beside_its_package(tmp_path, home, capfd):
    package = read_package(write(tmp_path / "sum", PACKAGE | {"problem.yaml": with_yaml(time_limit=None)}))
    assert package.limits.time_limit_ms == 0
    store = FolderStore(home / "packages")
    assert store.kept_limit(package.digest) is None
    for ms in (2000, 3000):
        store.keep_limit(package.digest, KeptLimit(ms, "accepted/sum.py takes 1 ms for secret/01", 5, 6))
    assert main(["problem", "add", str(package.root), "--json"]) == 0  # known: nothing is measured
    added = json.loads(capfd.readouterr().out)
    assert added["time_limit_judged"] == [5, 6]
    assert main(["problem", "add", str(package.root)]) == 0
    lacking = "only 5 of the 6 submissions that bound its time limit were judged; --measure judges them anew"
    assert lacking in capfd.readouterr().out
    assert (added["time_limit_ms"], added["time_limit_origin"]) == (
        3000, "measured: accepted/sum.py takes 1 ms for secret/01",
    )  # fmt: skip
    assert store.digests() == [package.digest]
    assert main(["problem", "list"]) == 0
    assert "3 s (measured)" in capfd.readouterr().out
    (home / "packages" / f"{package.digest}.limit.json").write_text("[]")
    with pytest.raises(DataError, match="is no record of a time limit"):
        store.kept_limit(package.digest)


def test_a_contest_takes_its_own_time_limit_or_the_packages_or_the_measured_one(tmp_path, home):
    settings = Settings(home=home)
    more = {f"data/secret/{n}.{e}": "1 2\n" for n in range(100, 120) for e in ("in", "ans")}
    long = PACKAGE | more | {"problem.yaml": with_yaml(time_limit=None)}
    root = write(tmp_path / "one", {
        "contest.yaml": "name: One\nstart_time: 2026-01-01T10:00:00Z\nduration: 5:00:00\n",
        "problems.yaml": (
            "- {id: a, label: A, name: A, time_limit: 1.5}\n- {id: b, label: B, name: B}\n- {id: c, label: C, name: C}\n"
            "- {id: d, label: D, name: D, time_limit: 60}\n"
        ),
        **{f"problems/{p}/{name}": text for p in "ab" for name, text in PACKAGE.items()},
        **{f"problems/c/{name}": text for name, text in (PACKAGE | {"problem.yaml": with_yaml(time_limit=None)}).items()},
        **{f"problems/d/{name}": text for name, text in long.items()},
    })  # fmt: skip
    with pytest.raises(
        PackageError, match="problems: c: c: states no time limit, and none was measured yet: `podium problem add`"
    ):
        read_contest_package(root, _Problems(settings, inside=False).faults)
    for problem, ms, judged in (("c", 7000, 5), ("d", 3000, 6)):
        digest = read_package(root / "problems" / problem).digest
        kept = KeptLimit(ms, "accepted/sum.py takes 9 ms for secret/01", judged, 6)
        FolderStore(home / "packages").keep_limit(digest, kept)
    problems = _Problems(settings, inside=False)
    package = read_contest_package(root, problems.faults)
    assert [problems.problem(file).time_limit_ms for file in package.problems] == [1500, 2000, 7000, 60_000]
    stated = "its time limit, 2000 ms by problem.yaml: limits.time_limit, was not held against its submissions"
    assert problems.warnings == [
        f"a: {stated}; `podium problem add` does",
        "a: the contest's time limit, 1500 ms, counts, not that of the package, 2000 ms by problem.yaml: limits.time_limit",
        f"b: {stated}; `podium problem add` does",
        "c: only 5 of the 6 submissions that bound its time limit were judged",
        (
            "d: the contest's time limit, 60000 ms, counts, not that of the package, 3000 ms by its submissions "
            "(accepted/sum.py takes 9 ms for secret/01)"
        ),
        (
            "d: 23 test cases may take up to 46 minutes at 60000 ms each, where a submission idles; a judging that takes "
            "more than 45 is a judging error"
        ),
    ]


def test_a_contest_does_not_show_what_is_under_embargo_and_is_told_of_groups_that_nobody_sees(tmp_path, home):
    settings = Settings(home=home)
    contest = "name: One\nduration: 5:00:00\nstart_time: 2026-01-01T10:00:00Z\n"
    embargo = with_yaml("embargo_until: 2026-01-01T10:00:01Z")
    grading = "type: scoring\ngrading: {show_test_data_groups: true}\n"
    files = {
        "contest.yaml": contest,
        "problems.yaml": "- {id: a, label: A, name: A}\n- {id: b, label: B, name: B}\n",
        **{f"problems/a/{name}": text for name, text in (PACKAGE | {"problem.yaml": embargo}).items()},
        **{f"problems/b/{name}": text for name, text in (LEGACY | {"problem.yaml": f"name: B\n{grading}"}).items()},
    }
    root = write(tmp_path / "one", files)
    held = KeptLimit(2000, "accepted/sum.py takes 9 ms for secret/01", 1, 1)
    FolderStore(home / "packages").keep_limit(read_package(root / "problems/a").digest, held)
    with pytest.raises(PackageError, match="problems: a: under embargo until 2026-01-01 10:00:01 UTC, and the contest"):
        read_contest_package(root, _Problems(settings, inside=False).faults)
    later = "start_time: 2026-01-01T10:00:01Z\n"
    for changed, told in (
        ({"contest.yaml": "name: One\nduration: 5:00:00\n" + later}, ["b: show_test_data_groups"]),
        ({"podium.yaml": "public: false\nfeedback: full\n"}, []),
        ({"podium.yaml": "feedback: groups\n", "contest.yaml": "name: One\nduration: 5:00:00\n"}, []),
    ):
        write(root, {"contest.yaml": contest} | changed)
        problems = _Problems(settings, inside=False)
        read_contest_package(root, problems.faults)
        assert [warning.partition(": teams are told")[0] for warning in problems.warnings] == told


def test_of_a_stated_legacy_limit_it_is_said_that_nothing_was_judged(tmp_path, home, capfd):
    assert main(["problem", "add", str(write(tmp_path / "old", LEGACY))]) == 0
    assert "that time limit was not compared with time_multiplier; --measure does it" in capfd.readouterr().out


def test_without_an_engine_a_package_that_must_be_judged_is_refused_and_it_is_said_how_to_add_it(
    tmp_path, home, monkeypatch, capfd
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    root = write(tmp_path / "sum", PACKAGE)
    assert main(["problem", "add", str(root)]) == 2
    assert "with --no-measure packages are added unjudged" in capfd.readouterr().err
    assert not (home / "packages").exists()
    assert main(["problem", "add", str(root), "--no-measure"]) == 0


def test_nothing_is_added_when_one_is_broken(tmp_path, home, capfd):
    good, bad = write(tmp_path / "good", PACKAGE), write(tmp_path / "bad", {"problem.yaml": "name: x\n"})
    assert main(["problem", "add", str(good), str(bad)]) == 2
    assert "podium: bad/problem_statement" in capfd.readouterr().err
    assert not (home / "packages").exists()
