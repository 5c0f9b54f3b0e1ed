"""A package's own submissions get what they must, and what is otherwise is told."""

import json
from pathlib import Path

import pytest

from judge.pipeline import Judge, Outcome, TestRun
from judge.verify import DataReport, SubmissionReport, faults_of, verify
from packages.read import read_package
from podium.cli import main
from tests.unit.packaging import PACKAGE, VALIDATOR, write

PROBLEMS = Path(__file__).parents[2] / "problems"


def verified(pool, package):
    reports = list(verify(Judge(pool), package, 2))
    data = [r for r in reports if isinstance(r, DataReport)]
    submissions = {r.submission.name: r for r in reports if isinstance(r, SubmissionReport)}
    assert len(data) == 1
    assert sorted(submissions) == sorted(s.name for s in package.submissions)
    return data[0], submissions


def all_right(pool, name):
    data, submissions = verified(pool, read_package(PROBLEMS / name))
    assert data.faults == ()
    assert data.checked > 8
    assert {name: report.faults for name, report in submissions.items() if not report.ok} == {}


@pytest.mark.parametrize("name", ["dunes", "evenshare"])
def test_the_jurys_submissions_of_a_shipped_problem_get_their_verdicts(pool, name):
    all_right(pool, name)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["apples", "bridges", "coins", "fences"])
def test_long_the_jurys_submissions_of_every_other_shipped_problem_get_their_verdicts(pool, name):
    all_right(pool, name)


WRONG = {
    "submissions/accepted/five.py": "print(5)\n",
    "submissions/accepted/broken.py": "print(\n",
    "submissions/accepted/other.kt": "fun main() {}\n",
    "submissions/wrong_answer/right.py": PACKAGE["submissions/accepted/sum.py"],
    "submissions/wrong_answer/crash.py": "print(5)\nif input() == '4 5': 1 / 0\n",
    "submissions/rejected/five.py": "print(5)\n",
    "submissions/submissions.yaml": "rejected/five.py:\n  secret/01: {permitted: [AC]}\n  secret/02: {permitted: [AC]}\n  sample: {message: much}\n",
    "input_validators/validate.py": "import sys\nsys.exit(42 if '4' not in sys.stdin.read() else 'a four')\n",
    **{
        f"data/{kind}/1.{e}": "1 2\n"
        for kind in ("valid_output", "invalid_output", "invalid_input")
        for e in ("in", "ans")
    },
    "data/valid_output/1.out": "3\n",
    "data/invalid_output/1.out": "1 2\n",
}


def test_every_difference_is_told(pool, tmp_path):
    data, submissions = verified(pool, read_package(write(tmp_path / "sum", PACKAGE | WRONG)))
    assert {name: report.faults for name, report in submissions.items() if not report.ok} == {
        "accepted/five.py": ("WA, expected AC",),
        "accepted/broken.py": ("CE, expected AC",),
        "accepted/other.kt": ("this judge has no language 'kotlin'",),
        "wrong_answer/right.py": ("AC, expected WA",),
        "wrong_answer/crash.py": ("secret/02: RTE is not permitted by wrong_answer",),
        "rejected/five.py": (
            "secret/02: WA is not permitted by rejected/five.py: secret/02",
            "no judgemessage says 'much', as rejected/five.py: sample requires",
        ),
    }
    assert data.checked == 7
    assert sorted(data.faults) == [
        "invalid_input/1: no input validator rejects it",
        "invalid_output/1: 1.out: the output validator accepts it",
        "secret/02: validate does not take the input (exit code 1): a four",
        "valid_output/1: 1.out: the output validator rejects it: token 1: expected '1', got '3'",
    ]


def test_what_is_required_of_test_cases_is_required(tmp_path):
    files = {"submissions/time_limit_exceeded/a.c": "\n"}
    (submission,) = [s for s in read_package(write(tmp_path / "sum", PACKAGE | files)).submissions if s.language == "c"]

    def faults(*verdicts):
        runs = tuple(TestRun(n, f"secret/{n}", v, 1, 1, 1) for n, v in enumerate(verdicts, 1))
        verdict = next((v for v in verdicts if v != "AC"), "AC")
        return list(faults_of(submission, Outcome(verdict, runs, "")))

    assert faults("AC", "TLE") == faults("ILE", "AC") == []
    assert faults("AC", "TLE", "WA") == ["secret/3: WA is not permitted by time_limit_exceeded"]
    assert faults("AC", "AC") == ["AC, expected TLE"]


def test_the_command_says_by_its_exit_code_whether_packages_are_as_they_say(
    tmp_path, judge_settings, monkeypatch, capfd
):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    good = write(tmp_path / "good", PACKAGE)
    bad = write(tmp_path / "bad", PACKAGE | {"submissions/accepted/five.py": "print(5)\n"})
    assert main(["problem", "verify", str(good), str(bad), "--json", "--slots", "1"]) == 1
    one, other = map(json.loads, capfd.readouterr().out.splitlines())
    assert (one["package"], one["ok"]) == ("good", True)
    assert [t["verdict"] for t in one["submissions"][0]["tests"]] == ["AC", "AC", "AC"]
    assert (other["package"], other["ok"]) == ("bad", False)
    assert [s["name"] for s in other["submissions"] if not s["ok"]] == ["accepted/five.py"]
    assert main(["problem", "verify", str(good), "--slots", "1"]) == 0
    shown = capfd.readouterr().out
    assert "accepted/sum.py" in shown
    assert "all 1 packages are as they say" in shown
    write(bad, {"problem.yaml": "name: [\n"})
    assert main(["problem", "verify", str(bad)]) == 2
    assert "podium: bad/problem.yaml: line 2" in capfd.readouterr().err


def test_the_default_validators_data_is_checked_without_a_validator(pool, tmp_path):
    data, _ = verified(
        pool, read_package(write(tmp_path / "sum", PACKAGE | {"input_validators/validate.py": VALIDATOR}))
    )
    assert (data.checked, data.faults) == (4, ())
