"""What `podium problem verify` prints: a table, a plot against the limit, warnings; and its JSON."""

import dataclasses
import io
import json
from fractions import Fraction

import pytest
from rich.console import Console

from judge.outcome import Outcome, TestRun
from judge.verify import DataReport, SubmissionReport, TimeReport
from packages.model import TestGroup
from packages.read import read_package
from packages.timing import Bound
from podium.problem_report import Verified, as_json, for_people
from tests.unit.packaging import PACKAGE, with_yaml, write

FILES = {
    **dict.fromkeys(("submissions/wrong_answer/five.py", "submissions/mixed/hand.py"), "# @EXPECTED_RESULTS@: WRONG-ANSWER\n"),
    "submissions/mixed/hand.py": "# @EXPECTED_RESULTS@: CHECK-MANUALLY\n",
    "submissions/rejected/other.kt": "\n",
}  # fmt: skip


def run(ordinal, test, verdict, cpu_ms, score=None):
    return TestRun(ordinal, test, verdict, cpu_ms, cpu_ms + 5, 3 << 10, "", "", score)


@pytest.fixture
def verified(tmp_path):
    package = read_package(write(tmp_path / "sum", PACKAGE | FILES))
    found = Verified(package)
    by_name = {s.name: s for s in package.submissions}
    runs = (run(1, "sample/1", "AC", 3), run(2, "secret/01", "AC", 1500), run(3, "secret/02", "AC", 4))
    times = tuple((r.test, r.cpu_ms) for r in runs)
    found.add(SubmissionReport(
        by_name["accepted/sum.py"], Outcome("AC", runs, ""), "ok", warnings=("is fast enough by less",), times=times
    ))  # fmt: skip
    bad = (run(1, "sample/1", "AC", 3), run(2, "secret/01", "TLE", 2200), run(3, "secret/02", "WA", 4))
    found.add(SubmissionReport(
        by_name["wrong_answer/five.py"], Outcome("TLE", bad, ""), "wrong", ("TLE, expected WA [bold]\x1b[2J",),
        times=(("sample/1", 3), ("secret/01", 9000), ("secret/02", 4)),
    ))  # fmt: skip
    found.add(
        SubmissionReport(by_name["rejected/other.kt"], None, "skipped", why="this judge has no language 'kotlin'")
    )
    found.add(SubmissionReport(by_name["mixed/hand.py"], None, "manual", why="CHECK-MANUALLY leaves it to a person"))
    found.add(DataReport(4, ("secret/02: no",), ("invalid_input/1: by a crash",)))
    bounds = (Bound("lower", "accepted/sum.py", "accepted", "secret/01", 1500),)
    found.add(TimeReport(2000, measured=False, bounds=bounds, faults=("the time limit, 2000 ms, is too low",)))
    return found


def printed(found, **options):
    console = Console(file=io.StringIO(), width=160)
    console.print(*for_people(found, **({"tests": False} | options)), sep="\n")
    return console.file.getvalue()


def test_a_table_with_a_row_for_each_submission_and_group(verified):
    text = printed(verified)
    assert "sum: Sum (2000 ms; 2048 MiB)" in text
    rows = {line.split("│")[1].strip(): line for line in text.splitlines() if line.startswith("│")}
    assert [rows["accepted/sum.py"].split("│")[n].strip() for n in (2, 3, 4, 5, 6, 7, 8)] == [
        "python3", "all 3", "AC", "1500", "3.0", "AC", "yes",
    ]  # fmt: skip
    assert "secret (2)" in text
    for name, word in (
        ("rejected/other.kt", "skipped"),
        ("mixed/hand.py", "not judged"),
        ("wrong_answer/five.py", "no"),
    ):
        assert rows[name].split("│")[8].strip() == word
    assert "\x1b" not in text
    for line in (
        "data: secret/02: no",
        "warning: data: invalid_input/1: by a crash",
        "rejected/other.kt: skipped: this judge has no language 'kotlin'",
        "mixed/hand.py: not judged: CHECK-MANUALLY leaves it to a person",
        "wrong_answer/five.py: TLE, expected WA [bold]",
        "time limit: the time limit, 2000 ms, is too low",
        "warning: accepted/sum.py: is fast enough by less",
        "submissions: 1 as expected, 1 not as expected, 1 skipped, 1 left to a person",
    ):
        assert line in text
    assert "secret/02" in printed(verified, tests=True).split("times the limit")[0]


def test_times_are_plotted_against_the_limit(verified):
    lines = printed(verified).splitlines()
    at = next(n for n, line in enumerate(lines) if "times the limit" in line)
    start = len("wrong_answer/five.py") + 1
    ruler, fast, slow = (line[start:].ljust(61) for line in lines[at : at + 3])
    assert (ruler[15], ruler[30], ruler[60]) == ("½", "1", "2")
    assert (fast[0], fast[22], fast[30]) == ("•", "·", "│")
    assert (slow[0], slow[30], slow[60]) == ("•", "│", "·")  # what is beyond twice the limit stands at the end


def test_json_has_every_run_and_every_fault(verified):
    said = json.loads(json.dumps(as_json(verified)))
    assert (said["ok"], said["skipped"]) == (False, 1)
    assert said["data"] == {"checked": 4, "faults": ["secret/02: no"], "warnings": ["invalid_input/1: by a crash"]}
    assert said["time_limit"]["ms"] == 2000
    assert said["time_limit"]["bounds"][0] == {
        "kind": "lower", "submission": "accepted/sum.py", "rule": "accepted", "test": "secret/01", "ms": 1500,
    }  # fmt: skip
    states = {s["name"]: (s["state"], s["ok"], s["verdict"]) for s in said["submissions"]}
    assert states == {
        "accepted/sum.py": ("ok", True, "AC"),
        "mixed/hand.py": ("manual", False, None),
        "rejected/other.kt": ("skipped", False, None),
        "wrong_answer/five.py": ("wrong", False, "TLE"),
    }
    (slow,) = [t for s in said["submissions"] for t in s["tests"] if t["verdict"] == "TLE"]
    assert (slow["cpu_ms"], slow["time_ms"]) == (2200, 9000)


RULES = """
wrong_answer/five.py:
  secret: {permitted: [AC, WA], required: [WA], score: [10, 12.5]}
  secret/01: {permitted: [AC]}
  sample: {permitted: [AC, WA]}
"""


def test_what_the_rules_ask_of_groups_and_test_cases_stands_in_their_rows(verified, tmp_path):
    files = PACKAGE | FILES | {"submissions/submissions.yaml": RULES}
    files["problem.yaml"] = with_yaml("type: scoring")
    package = read_package(
        write(tmp_path / "ruled", files | {"submissions/mixed/hand.py": None, "submissions/rejected/other.kt": None})
    )
    (wrong,) = [s for s in package.submissions if s.name == "wrong_answer/five.py"]
    runs = (run(1, "sample/1", "AC", 3), run(2, "secret/01", "TLE", 9), run(3, "secret/02", "WA", 4))
    found = Verified(package)
    found.add(
        SubmissionReport(wrong, Outcome("TLE", runs, "", group_scores={"secret": Fraction(25, 2)}), "wrong", ("x",))
    )
    rows = {
        line.split("│")[3].strip(): line.split("│")
        for line in printed(found, tests=True).splitlines()
        if line[:1] == "│"
    }
    assert {name: (row[8].strip(), row[9].strip()) for name, row in rows.items()} == {
        "all 3": ("WA", "no"),
        "sample (1)": ("AC or WA", "yes"),
        "sample/1": ("AC or WA", "yes"),
        "secret (2)": ("AC or WA, some WA, 10 to 12.5", "no"),
        "secret/01": ("AC or WA, AC", "no"),
        "secret/02": ("AC or WA", "yes"),
    }
    runs = (*runs[:1], run(2, "secret/01", "AC", 9), runs[2])
    found.submissions.clear()
    found.add(SubmissionReport(wrong, Outcome("WA", runs, "", group_scores={"secret": Fraction(9)}), "wrong", ("x",)))
    rows = {line.split("│")[3].strip(): line.split("│") for line in printed(found).splitlines() if line[:1] == "│"}
    assert rows["secret (2)"][9].strip() == "no", "its score is too low"
    found.submissions.clear()
    found.add(SubmissionReport(wrong, Outcome("WA", runs[:1], ""), "wrong", ("x",)))
    assert "not run" in printed(found)


def test_scores_of_groups_are_shown(verified):
    package = dataclasses.replace(
        verified.package, types=frozenset({"scoring"}), groups=(TestGroup("sample"), TestGroup("secret"))
    )
    runs = (run(1, "sample/1", "AC", 1), run(2, "secret/01", "AC", 1, Fraction(25, 2)))
    scored = Outcome("AC", runs, "", score=Fraction(25, 2), group_scores={"secret": Fraction(25, 2)})
    found = Verified(package)
    found.add(SubmissionReport(package.submissions[0], scored, "ok"))
    assert printed(found).count("12.5") == 2
    assert as_json(found)["submissions"][0]["group_scores"] == {"secret": 12.5}
    assert found.ok
