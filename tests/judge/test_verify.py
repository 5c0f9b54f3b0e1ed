"""A package's own submissions get what they must, and what is otherwise is told."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from judge.pipeline import Judge
from judge.verify import DataReport, SubmissionReport, TimeReport, measure, verify
from packages.read import read_package
from podium.cli import main
from schemas.errors import DependencyError, PackageError
from tests.unit.packaging import PACKAGE, VALIDATOR, with_yaml, write
from tests.wait import until

PROBLEMS = Path(__file__).parents[2] / "problems"


def verified(pool, package):
    """What is said of the data, of each submission by its name, and of the time limit."""
    reports = list(verify(Judge(pool), package, 2))
    (data,) = [r for r in reports if isinstance(r, DataReport)]
    (time,) = [r for r in reports if isinstance(r, TimeReport)]
    submissions = {r.submission.name: r for r in reports if isinstance(r, SubmissionReport)}
    assert sorted(submissions) == sorted(s.name for s in package.submissions)
    assert len(reports) == 2 + len(submissions)
    return data, submissions, time


def all_right(pool, package):
    data, submissions, time = verified(pool, package)
    assert data.faults == time.faults == ()
    assert data.checked > 8
    assert {name: report.faults for name, report in submissions.items() if not report.ok} == {}


def test_the_jurys_submissions_of_a_shipped_problem_get_their_verdicts(pool):
    """Those in the quick languages; the long test has all."""
    package = read_package(PROBLEMS / "evenshare")
    quick = tuple(one for one in package.submissions if one.language in ("c", "python3"))
    assert {verdict for one in quick for verdict in one.expected} == {"AC", "WA", "TLE", "RTE", "CE"}
    all_right(pool, replace(package, submissions=quick))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["apples", "bridges", "coins", "dunes", "evenshare", "fences"])
def test_long_the_jurys_submissions_of_every_shipped_problem_get_their_verdicts(pool, name):
    all_right(pool, read_package(PROBLEMS / name))


WRONG = {
    "submissions/accepted/five.py": "print(5)\n",
    "submissions/accepted/broken.py": "print(\n",
    "submissions/accepted/other.adb": "x\n",
    "submissions/accepted/unknown.tcl": "x\n",
    "submissions/mixed/hand.py": "# @EXPECTED_RESULTS@: CHECK-MANUALLY\n1 / 0\n",
    "submissions/wrong_answer/right.py": PACKAGE["submissions/accepted/sum.py"],
    "submissions/wrong_answer/crash.py": "print(5)\nif input() == '4 5': 1 / 0\n",
    "submissions/rejected/five.py": "print(5)\n",
    "submissions/submissions.yaml": "rejected/five.py:\n  secret/01: {permitted: [AC]}\n  secret/02: {permitted: [AC]}\n  sample: {message: much}\n",
    "input_validators/validate.py": "import os, sys\ntext = sys.stdin.read()\n"
    "if 'x' in text: os.kill(os.getpid(), 9)\nsys.exit(42 if '4' not in text else 'a four')\n",
    "data/invalid_input/2.in": "x\n",
    "data/invalid_input/3.in": "4\n",
    **{
        f"data/{kind}/1.{e}": "1 2\n"
        for kind in ("valid_output", "invalid_output", "invalid_input")
        for e in ("in", "ans")
    },
    "data/valid_output/1.out": "3\n",
    "data/invalid_output/1.out": "1 2\n",
}


def test_the_jury_may_use_languages_that_teams_may_not(pool, tmp_path):
    files = {"problem.yaml": with_yaml("languages: [cpp]")}
    _, submissions, _ = verified(pool, read_package(write(tmp_path / "sum", PACKAGE | files)))
    (report,) = submissions.values()
    assert (report.state, report.outcome.verdict) == ("ok", "AC")
    assert report.warnings[0].startswith("This problem may not be solved in Python 3")


def test_every_difference_is_told(pool, tmp_path):
    data, submissions, _ = verified(pool, read_package(write(tmp_path / "sum", PACKAGE | WRONG)))
    broken = submissions["accepted/broken.py"]
    assert broken.faults[0].startswith("CE, expected AC: ")
    assert {name: r.faults for name, r in submissions.items() if not r.ok and r is not broken} == {
        "accepted/five.py": ("WA, expected AC",),
        "wrong_answer/right.py": ("AC, expected WA",),
        "wrong_answer/crash.py": ("secret/02: RTE is not permitted by wrong_answer",),
        "rejected/five.py": (
            "secret/02: WA is not permitted by rejected/five.py: secret/02",
            "no judgemessage says 'much', as rejected/five.py: sample requires",
        ),
    }
    assert {name: (r.state, r.why) for name, r in submissions.items() if r.why} == {
        "accepted/other.adb": ("skipped", "this judge has no language 'ada'"),
        "accepted/unknown.tcl": ("skipped", "this judge has no language of its files' extensions"),
        "mixed/hand.py": ("manual", "@EXPECTED_RESULTS@: CHECK-MANUALLY leaves it to a person"),
    }
    assert data.checked == 9
    assert data.warnings == ("invalid_input/3: validate rejects it with exit code 1, which may be a crash: 43 is none",)
    assert sorted(data.faults) == [
        "invalid_input/1: no input validator rejects it",
        "invalid_input/2: validate failed: signal 9",
        "invalid_output/1: 1.out: the output validator accepts it",
        "secret/02: validate does not take the input (exit code 1): a four",
        "valid_output/1: 1.out: the output validator rejects it: line 1, column 1: expected '1', got '3'",
    ]


SUM = "input_ = input()\nprint(sum(map(int, input_.split())), flush=True)\n"
BUSY = SUM + "import time\nwhile input_ == '4 5' and time.process_time() < {}: pass\n"
QUICK = {"problem.yaml": with_yaml(time_limit=None, time_resolution=0.4)}
"""Python begins in far less than the half of it; what is busy for longer than that is, by its CPU time, on any machine."""
QUICKER = {"problem.yaml": with_yaml(time_limit=None, time_resolution=0.2)}
"""The same, where nothing has to come close to what is allowed."""


def test_a_time_limit_that_is_not_stated_is_measured(pool, tmp_path):
    files = {
        "submissions/accepted/slower.py": BUSY.format(0.15),
        "submissions/time_limit_exceeded/never.py": SUM + "while input_ == '4 5': pass\n",
        "submissions/time_limit_exceeded/asleep.py": SUM + "import time\nif input_ == '4 5': time.sleep(100)\n",
        "submissions/rejected/hard.py": BUSY.format(0.25) + "print(3)\n",
        "submissions/rejected/both.py": "while True: pass\n",
        "submissions/submissions.yaml": (
            "time_limit_exceeded/never.py:\n  secret: {required: [TLE]}\n"
            "rejected/both.py:\n  secret/01: {required: [TLE]}\n  secret/02: {required: [TLE]}\n"
        ),
    }
    package = read_package(write(tmp_path / "sum", PACKAGE | QUICKER | files))
    _, submissions, time = verified(pool, package)
    assert {name: r.faults for name, r in submissions.items() if r.faults} == {}
    assert (time.limit_ms, time.measured, time.faults) == (400, True, ())
    assert max((b for b in time.bounds if b.kind == "lower"), key=lambda b: b.ms).submission == "accepted/slower.py"
    assert {b.submission for b in time.bounds if b.kind == "upper"} == {
        "time_limit_exceeded/asleep.py", "time_limit_exceeded/never.py", "rejected/both.py",
    }  # fmt: skip
    # each of its rules is seen to be broken by a run of twice the limit, not only the first one
    assert {b.test: b.ms >= 800 for b in time.bounds if b.submission == "rejected/both.py"} == {
        "secret/01": True, "secret/02": True,
    }  # fmt: skip
    assert submissions["accepted/sum.py"].warnings == ()
    assert "is fast enough by less than a factor of 2" in submissions["rejected/hard.py"].warnings[0]
    assert submissions["time_limit_exceeded/never.py"].warnings == ()  # it was let run for twice the limit


def test_what_could_not_bound_the_time_limit_that_is_measured_is_told(pool, tmp_path):
    files = {"submissions/accepted/other.adb": "x\n"}
    found = measure(Judge(pool), read_package(write(tmp_path / "sum", PACKAGE | QUICK | files)), 2)
    assert found.measured
    assert found.warnings == ("accepted/other.adb: does not bound the time limit: this judge has no language 'ada'",)
    assert (found.judged, found.bounding) == (1, 2)


def test_a_file_that_two_would_have_is_the_jurys_fault_and_no_rejection(pool, tmp_path):
    files = {
        "data/invalid_input/1.in": "x\n",
        "data/invalid_input/1.files/helper": "1\n",
        "input_validators/validate.py": None,
        "input_validators/own/run": "#!/bin/sh\ncat >/dev/null\ntouch x\nexit 43\n",
        "input_validators/own/build": "#!/bin/sh\ntouch helper\n",
    }
    package = read_package(write(tmp_path / "sum", {**PACKAGE, **files}))
    data, _, _ = verified(pool, package)
    assert "invalid_input/1: own has a file helper, and so have the test case's files" in data.faults


def test_a_time_limit_that_cannot_be_is_told(pool, tmp_path):
    slow = {"submissions/time_limit_exceeded/barely.py": BUSY.format(0.5)}
    package = read_package(write(tmp_path / "sum", PACKAGE | QUICK | slow))
    _, submissions, time = verified(pool, package)
    assert "no multiple of 400 ms is a time limit" in time.faults[0]
    assert "is too slow by less than a factor of 2" in submissions["time_limit_exceeded/barely.py"].warnings[0]
    with pytest.raises(PackageError, match=r"sum: the time limit cannot be measured:\nsum: no multiple of 400 ms"):
        measure(Judge(pool), package, 2)
    stated = with_yaml(time_limit=0.4, time_resolution=0.4)
    package = read_package(write(tmp_path / "sum", {"problem.yaml": stated}))
    *_, time = verified(pool, package)
    assert not time.measured
    assert time.faults[0].startswith(
        "the time limit, 400 ms by problem.yaml: limits.time_limit, is too high: time_limit_exceeded/barely.py takes "
    )
    with pytest.raises(
        PackageError, match=r"sum: its submissions do not bear out the time limit:\nsum: the time limit"
    ):
        measure(Judge(pool), package, 2)
    wrong = {"submissions/accepted/five.py": "print(5)\n"}
    with pytest.raises(PackageError, match=r"wrong: accepted/five\.py: WA, expected AC"):
        measure(Judge(pool), read_package(write(tmp_path / "wrong", PACKAGE | QUICK | wrong)), 2)


def test_nothing_goes_on_when_nobody_reads(pool, tmp_path):
    files = {f"submissions/time_limit_exceeded/{n}.py": "while True: pass\n" for n in range(20)}
    package = read_package(
        write(tmp_path / "sum", PACKAGE | {"problem.yaml": with_yaml(time_limit=0.5, time_resolution=0.5)} | files)
    )
    reports = verify(Judge(pool), package, 2)
    next(reports)
    reports.close()
    assert [t.name for t in threading.enumerate() if t.name.startswith("crew-")] == []


@pytest.fixture
def heeded():
    """SIGINT ends what is begun here, also where a shell began the tests in the background: then it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_leaves_no_container(judge_settings, tmp_path):
    files = {f"submissions/time_limit_exceeded/{n}.py": "while True: pass\n" for n in range(20)}
    root = write(tmp_path / "sum", PACKAGE | files)
    environment = {**os.environ, "PODIUM_HOME": str(judge_settings.home)}
    command = [sys.executable, "-m", "podium", "problem", "verify", str(root), "-j", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        client = docker.from_env()

        def left():
            return [
                c
                for c in client.containers.list(all=True, ignore_removed=True)
                if f"verify-{process.pid} " in str(c.labels)
            ]

        until(left, 60, "it judges")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert (process.returncode, said.count(b"Traceback")) == (130, 0)
        assert left() == []
        client.close()


def without_network(_settings, _say, image):
    raise DependencyError(f"the {'second' if image == 'extra' else image} image cannot be made")


def test_the_command_says_by_its_exit_code_whether_packages_are_as_they_say(
    tmp_path, judge_settings, monkeypatch, capfd
):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    good = write(tmp_path / "good", PACKAGE)
    bad = write(tmp_path / "bad", PACKAGE | {"submissions/accepted/five.py": "print(5)\n"})
    assert main(["problem", "verify", str(good), str(bad), "--json", "-j", "1"]) == 1
    one, other = map(json.loads, capfd.readouterr().out.splitlines())
    assert (one["package"], one["ok"]) == ("good", True)
    assert [t["verdict"] for t in one["submissions"][0]["tests"]] == ["AC", "AC", "AC"]
    assert (other["package"], other["ok"]) == ("bad", False)
    assert [s["name"] for s in other["submissions"] if not s["ok"]] == ["accepted/five.py"]
    more = {
        "accepted/other.adb": "x\n",
        "accepted/second_image.rb": "x\n",
        "mixed/a.c": "// @EXPECTED_RESULTS@: CHECK-MANUALLY\n",
    }
    write(good, {f"submissions/{name}": text for name, text in more.items()})
    monkeypatch.setattr("podium.commands.problem.ensure_image", without_network)
    assert main(["problem", "verify", str(good), "-j", "1"]) == 3
    shown = capfd.readouterr().out
    assert "skipped, since this judge does not have their languages: 2" in shown
    assert "accepted/second_image.rb: skipped: this judge has no language 'ruby'" in shown
    assert "the second image cannot be made" in shown
    assert main(["problem", "verify", str(good), "-j", "1", "--allow-skipped"]) == 0
    assert "accepted/sum.py" in shown
    assert "all 1 packages are as they say" in shown
    write(bad, {"problem.yaml": "name: [\n"})
    assert main(["problem", "verify", str(bad)]) == 2
    assert "podium: bad/problem.yaml: line 2" in capfd.readouterr().err


def test_the_default_validators_data_is_checked_without_a_validator(pool, tmp_path):
    data, *_ = verified(
        pool, read_package(write(tmp_path / "sum", PACKAGE | {"input_validators/validate.py": VALIDATOR}))
    )
    assert (data.checked, data.faults) == (4, ())


def test_add_measures_a_time_limit_once_and_keeps_it(tmp_path, judge_settings, monkeypatch, capfd):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    root = write(tmp_path / "sum", PACKAGE | QUICK)
    assert main(["problem", "add", str(root), "--json", "-j", "1"]) == 0
    added = json.loads(capfd.readouterr().out)
    assert added["time_limit_ms"] == 400
    assert added["time_limit_origin"].startswith("measured: accepted/sum.py takes ")
    kept = next((tmp_path / "home" / "packages").glob("*.limit.json"))
    before = kept.stat().st_mtime_ns
    assert main(["problem", "add", str(root)]) == 0
    assert kept.stat().st_mtime_ns == before
    assert "0.4 s (measured: accepted/sum.py" in capfd.readouterr().out
    broken = write(tmp_path / "broken", PACKAGE | QUICK | {"submissions/accepted/five.py": "print(5)\n"})
    assert main(["problem", "add", str(broken), "-j", "1"]) == 2
    assert "podium: broken: accepted/five.py: WA, expected AC" in capfd.readouterr().err
    stated = write(tmp_path / "stated", PACKAGE | {"problem.yaml": with_yaml(time_limit=0.001, time_resolution=0.001)})
    assert main(["problem", "add", str(stated), "-j", "1"]) == 2
    assert "podium: stated: its submissions do not bear out the time limit:" in capfd.readouterr().err
    assert len(list((tmp_path / "home" / "packages").glob("*.zip"))) == 1
    write(stated, PACKAGE | {"submissions/accepted/other.adb": "x\n"})
    for judged in (True, False):  # a second time it is known
        assert main(["problem", "add", str(stated), "-j", "1"]) == 0
        said = capfd.readouterr()
        assert ("other.adb: does not bound the time limit: this judge has no language 'ada'" in said.err) == judged
        assert "only 1 of the 2 submissions that bound its time limit were judged; --measure" in said.out
        assert "nothing was judged" not in said.out
