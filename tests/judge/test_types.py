"""Every type of problem in real containers: what a submission gets, what the jury's programs are told, what is their fault."""

from fractions import Fraction

import pytest

from judge.pipeline import Judge
from judge.sandbox import Limits
from schemas.definition import FileData
from schemas.errors import JudgeError
from tests.judge.problems import OBEY, SUM, cases, legacy, package, python, saying
from tests.unit.packaging import write

SCORING = "type: scoring"


@pytest.fixture(scope="module")
def judge(pool):
    return Judge(pool)


def seen(outcome):
    return [(run.test, run.verdict) for run in outcome.runs]


def wrong_for(*numbers):
    """The sum, but for these second numbers."""
    return python(f"a, b = map(int, input().split())\nprint(0 if b in {numbers} else a + b)\n")


# ---- scoring ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def subtasks(tmp_path_factory):
    """10 points for all of 1 and 2; a third of 20 for each of 3, 4 and 5; 70 by the worst of 6 and 7, once 1 and 2 are right."""
    groups = {"a": ("pass-fail", 10, (11, 12)), "b": ("sum", 20, (13, 14, 15)), "c": ("min", 70, (16, 17))}
    files = {}
    for name, (how, most, numbers) in groups.items():
        files |= cases(f"secret/{name}", *numbers)
        files[f"data/secret/{name}/test_group.yaml"] = f"score_aggregation: {how}\nmax_score: {most}\n"
    files["data/secret/c/test_group.yaml"] += "require_pass: secret/a\n"
    return package(tmp_path_factory.mktemp("scoring"), SCORING, files=files)


@pytest.mark.parametrize(
    ("wrong", "verdict", "points", "ran"),
    [
        ((), "AC", (10, 20, 70), "a/11 a/12 b/13 b/14 b/15 c/16 c/17"),
        ((14, 16), "WA", (10, Fraction(40, 3), 0), "a/11 a/12 b/13 b/14 b/15 c/16"),
        ((11,), "WA", (0, 20, 0), "a/11 b/13 b/14 b/15"),
    ],
)
def test_each_group_has_its_score_and_runs_what_can_matter_for_it(judge, subtasks, wrong, verdict, points, ran):
    outcome = judge.judge(0, subtasks, wrong_for(*wrong), "python3")
    assert outcome.verdict == verdict
    assert outcome.subtasks == points
    assert outcome.score == sum(points) == outcome.group_scores["secret"]
    assert [test for test, _ in seen(outcome)] == ["sample/1", *(f"secret/{name}" for name in ran.split())]


def test_all_tests_run_when_asked_for_but_those_of_a_group_that_may_not(judge, subtasks):
    outcome = judge.judge(0, subtasks, wrong_for(11), "python3", all_tests=True)
    ran = ["a/11", "a/12", "b/13", "b/14", "b/15"]
    assert [test for test, _ in seen(outcome)] == ["sample/1", *(f"secret/{name}" for name in ran)]
    assert [run.ordinal for run in outcome.runs] == [1, 2, 3, 4, 5, 6]
    assert outcome.score == 20


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """One secret test case for 100 points, and a sample, with a validator that obeys."""
    files = cases("secret", 11) | {"output_validator/obey.py": OBEY}
    return package(tmp_path_factory.mktemp("scored"), SCORING, files=files)


@pytest.mark.parametrize(
    ("said", "verdict", "score"),
    [
        ("", "AC", 100),
        ("score.txt 12.5", "AC", Fraction(25, 2)),
        ("score_multiplier.txt 1e-1", "AC", 10),
        ("exit 43", "WA", 0),
    ],
)
def test_a_validator_scores_a_test_case(judge, scored, said, verdict, score):
    outcome = judge.judge(0, scored, saying(said), "python3", all_tests=True)
    assert (outcome.verdict, outcome.score) == (verdict, score)
    assert [run.score for run in outcome.runs] == [None, score]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("score.txt 100.5", "exceeds the maximum score 100"),
        ("score.txt ten", "must be one floating-point number, not 'ten'"),
        ("score_multiplier.txt 2", "not in the range"),
        ("score.txt 1\nscore_multiplier.txt 1", "both a score.txt and a score_multiplier.txt"),
        ("score.txt 1\nexit 43", "rejects it and leaves a score.txt"),
    ],
)
def test_a_score_that_the_format_forbids_is_the_jurys_fault(judge, scored, said, says):
    with pytest.raises(JudgeError, match=f"secret/11: .*{says}"):
        judge.judge(0, scored, saying(said), "python3")


def test_a_group_without_a_maximum_has_the_score_that_the_validator_gives(judge, tmp_path):
    files = {"data/secret/test_group.yaml": "max_score: unbounded\n", "output_validator/obey.py": OBEY}
    problem = package(tmp_path, SCORING, files=files | cases("secret", 11, 12))
    assert judge.judge(0, problem, saying("score.txt 1000000.25"), "python3").score == Fraction(8000002, 4)
    with pytest.raises(JudgeError, match=r"secret/11: .*without a score.txt, and there is no maximum"):
        judge.judge(0, problem, saying(""), "python3")


# ---- what a validator is told -----------------------------------------------------------------------------------


def test_a_validator_gets_input_answer_flags_and_the_submissions_files_where_it_works(judge, tmp_path):
    files = {"output_validator/obey.py": OBEY, "data/secret/test_group.yaml": "output_validator_args: [one, two]\n"}
    outcome = judge.judge(
        0,
        package(tmp_path, files=files),
        (*saying("tell in\ntell ans\ntell flags\ntell here"), FileData("notes.txt", b"")),
        "python3",
    )
    sample, first, _ = [run.message for run in outcome.runs]
    assert sample == repr("1 2\n") + repr("3\n") + repr([]) + repr(["a.py", "notes.txt"])
    assert first == repr("2 3\n") + repr("5\n") + repr(["one", "two"]) + repr(["a.py", "notes.txt"])


def test_the_message_to_the_team_is_kept_beside_that_to_the_jury(judge, tmp_path):
    told = "judgemessage.txt \x1b[2J bad\nteammessage.txt look again\nexit 43"
    outcome = judge.judge(0, package(tmp_path, files={"output_validator/obey.py": OBEY}), saying(told), "python3")
    assert [(run.message, run.team_message) for run in outcome.runs] == [("\x1b[2J bad", "look again")]


def test_what_else_a_validator_leaves_of_a_failed_run_is_kept_for_the_jury_while_there_is_room(judge, tmp_path):
    validator = r"""
import os, sys
given, answer, folder, *_ = sys.argv[1:]
os.mkdir(folder + "more")
wrong = sys.stdin.read() != open(answer).read()
files = {b"judgemessage.txt": 9, b"a.png": 16 << 10, b"b.txt": 7, b"more/\xff": 5, b"score.txt": 1, b"z": 15 << 10}
for name, size in files.items():
    with open(os.fsencode(folder) + name, "wb") as file:
        file.write(name[-1:] * size)
sys.exit(43 if wrong else 42)
"""
    problem = package(tmp_path, files={**cases("secret", *range(11, 20)), "output_validator/v.py": validator})
    outcome = judge.judge(0, problem, python("print(3)\n"), "python3", all_tests=True)
    kept = [[(file.name, file.data[:1], len(file.data)) for file in run.feedback] for run in outcome.runs]
    both = [("b.txt", b"t", 7), ("more/\\xff", b"\xff", 5)]
    small = [*both, ("[left out].txt", b"a", len("a.png: 16384 bytes\nz: 15360 bytes\n"))]
    large = [*both, ("z", b"z", 15 << 10), ("[left out].txt", b"a", len("a.png: 16384 bytes\n"))]
    assert kept == [[], *([large] * 4), *([small] * 5)], "16 KiB a run that failed, 64 KiB a judging"


# ---- interactive ------------------------------------------------------------------------------------------------

TALK = r"""
import os, sys
folder = sys.argv[3]
number = int(open(sys.argv[1]).read().split()[1])
print(number, flush=True)
said = sys.stdin.readline().strip()
with open(folder + "judgemessage.txt", "a") as file:
    file.write(f"{number}>{said} ")
if said == "kill":
    sys.exit(1)
if said == str(number + 1) and number > 10 and number < 19:
    with open(folder + "nextpass.in", "w") as file:
        file.write(f"1 {number + 1}\n")
sys.exit(42 if said == str(number + 1) else 43)
"""


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    """A validator that says a number and wants the next one."""
    return package(tmp_path_factory.mktemp("talk"), "type: interactive", files={"output_validator/talk.py": TALK})


@pytest.mark.parametrize(
    ("text", "verdict", "message"),
    [
        ("print(int(input()) + 1)", "AC", "5>6 "),
        ("print(input())", "WA", "2>2 "),
        ("input(); raise SystemExit(3)", "RTE", "2> "),
        ("import time; time.sleep(1000)", "ILE", ""),
        ("while True: pass", "TLE", ""),
    ],
)
def test_an_interactive_problem(judge, talking, text, verdict, message):
    limits = Limits(cpu_ms=500, wall_ms=500, memory_mib=64, output_bytes=1 << 20)
    outcome = judge.judge(0, talking, python(text), "python3", limits=limits)
    assert outcome.verdict == verdict
    assert len(outcome.runs) == (3 if verdict == "AC" else 1)
    assert outcome.runs[-1].message.startswith(message)


def test_an_interactive_validator_that_fails_is_the_jurys_fault(judge, talking):
    with pytest.raises(JudgeError, match=r"sample/1: the output validator failed .exit code 1"):
        judge.judge(0, talking, python("input(); print('kill')"), "python3")


# ---- multi-pass -------------------------------------------------------------------------------------------------

PASSES = r"""
import os, sys
folder = sys.argv[3]
assert "nextpass.in" not in os.listdir(folder)
number = int(open(sys.argv[1]).read().split()[1])
said = int(input())
with open(folder + "judgemessage.txt", "a") as file:
    file.write(f"{number}>{said} ")
if said == number + 1 < 20:
    with open(folder + "nextpass.in", "w") as file:
        file.write(f"1 {said}\n")
sys.exit(42 if said == number + 1 else 43)
"""
NO_SAMPLE = {"data/sample/1.in": None, "data/sample/1.ans": None}


def passing(root, *types, validator=PASSES, number=17, passes=3):
    """A number that each pass makes one larger, until it is 20."""
    files = NO_SAMPLE | cases("secret", number) | {"output_validator/check.py": validator}
    return package(root, f"type: [{', '.join(('multi-pass', *types))}]", files=files, validation_passes=passes)


def test_each_pass_has_the_input_that_the_one_before_made_and_the_limits_for_itself(judge, tmp_path):
    busy = "import time\nwhile time.process_time() < 0.25: pass\n"
    limits = Limits(cpu_ms=400, wall_ms=2000, memory_mib=64, output_bytes=1 << 20)
    outcome = judge.judge(0, passing(tmp_path), python(busy + SUM), "python3", limits=limits)
    (run,) = outcome.runs
    assert (run.verdict, run.message) == ("AC", "17>18 18>19 19>20 ")
    assert 250 <= run.cpu_ms <= 400
    assert run.wall_ms >= 3 * 250


def test_the_first_pass_that_fails_decides(judge, tmp_path):
    wrong = python("a, b = map(int, input().split())\nprint(a + b if b < 18 else 0)\n")
    (run,) = judge.judge(0, passing(tmp_path), wrong, "python3").runs
    assert (run.verdict, run.message) == ("WA", "17>18 18>0 ")
    crash = python("a, b = map(int, input().split())\nprint(a + b if b < 18 else 1 // 0)\n")
    (run,) = judge.judge(0, passing(tmp_path), crash, "python3").runs
    assert (run.verdict, run.message) == ("RTE", "17>18 ")


def test_a_validator_that_asks_for_a_pass_it_may_not_have_is_at_fault(judge, tmp_path):
    with pytest.raises(JudgeError, match="secret/16: the output validator asks for more than 3 passes"):
        judge.judge(0, passing(tmp_path / "a", number=16), python(SUM), "python3")
    obeying = passing(tmp_path / "b", validator=OBEY)
    with pytest.raises(JudgeError, match="secret/17: the output validator rejects, and asks for another pass"):
        judge.judge(0, obeying, saying("nextpass.in 1 2\nexit 43"), "python3")
    # so it is whatever the submission did, as where it crashes before the validator has ended
    unsure = "import sys\nopen(sys.argv[3] + 'nextpass.in', 'w').write('1')\nsys.stdin.read()\nsys.exit(43)\n"
    talking = passing(tmp_path / "c", "interactive", validator=unsure)
    with pytest.raises(JudgeError, match="secret/17: the output validator rejects, and asks for another pass"):
        judge.judge(0, talking, python("1 / 0"), "python3")


def test_an_interactive_multi_pass_problem(judge, tmp_path):
    problem = passing(tmp_path, "interactive", validator=TALK)
    (run,) = judge.judge(0, problem, python("print(int(input()) + 1)"), "python3").runs
    assert (run.verdict, run.message) == ("AC", "17>18 18>19 19>20 ")
    (run,) = judge.judge(0, problem, python("n = int(input()); print(n + 1 if n < 18 else 0)"), "python3").runs
    assert (run.verdict, run.message) == ("WA", "17>18 18>0 ")


# ---- submit-answer ----------------------------------------------------------------------------------------------


def answer(**files):
    return tuple(FileData(name.replace("_", "-") + ".txt", text.encode()) for name, text in files.items())


def test_a_submission_of_answers_is_the_output_itself(judge, tmp_path):
    given = {f"submissions/accepted/right/{n}.txt": f"{n + 1}\n" for n in (11, 12)}
    files = {"submissions/accepted/sum.py": None} | given | NO_SAMPLE | cases("secret", 11, 12)
    problem = package(tmp_path, "type: submit-answer", files=files, code=1)
    right = judge.judge(0, problem, answer(secret_11="12", secret_12="13"), "")
    assert seen(right) == [("secret/11", "AC"), ("secret/12", "AC")]
    wrong = judge.judge(0, problem, (FileData("11.txt", b"12"), FileData("12", b"12")), "")
    assert seen(wrong) == [("secret/11", "AC"), ("secret/12", "WA")]
    some = judge.judge(0, problem, (FileData("12.out", b"13"),), "", all_tests=True)
    assert seen(some) == [("secret/11", "NO"), ("secret/12", "AC")]
    other = judge.judge(0, problem, (FileData("11", b"12"), FileData("13.txt", b"14")), "")
    assert (other.verdict, other.compiler_output) == ("CE", "13.txt: there is no such test case")
    assert "the limit is 1 KiB" in judge.judge(0, problem, (FileData("11", b"1" * 1025),), "").compiler_output


def test_a_validator_of_answers_finds_all_of_them_where_it_works(judge, tmp_path):
    files = {
        "submissions/accepted/sum.py": None,
        "submissions/accepted/right/11.txt": "",
        "output_validator/obey.py": OBEY,
    }
    problem = package(tmp_path, "type: [scoring, submit-answer]", files=files | NO_SAMPLE | cases("secret", 11, 12))
    outcome = judge.judge(0, problem, answer(secret_11="tell here", secret_12="score_multiplier.txt 0.5"), "")
    assert outcome.runs[0].message == repr(["secret-11.txt", "secret-12.txt"])
    assert (outcome.verdict, outcome.score) == ("AC", 75)


# ---- static validation ------------------------------------------------------------------------------------------

STATIC = r"""
import os, sys
language, entry, folder, *args = sys.argv[1:]
with open(folder + "judgemessage.txt", "w") as file:
    file.write(f"{language} {entry} {args} {sorted(os.listdir('.'))}")
text = open(entry).read()
if "half" in text:
    with open(folder + "score_multiplier.txt", "w") as file:
        file.write("0.5")
sys.exit(1 if "crash" in text else 43 if "eval" in text else 42)
"""


def test_a_static_validator_judges_the_submissions_files(judge, tmp_path):
    group = "static_validation_score: pass-fail\nstatic_validator_args: [strict]\n"
    files = {"static_validator/look.py": STATIC, "data/secret/test_group.yaml": group}
    problem = package(tmp_path, files=files)
    outcome = judge.judge(0, problem, python(SUM), "python3")
    assert seen(outcome) == [("sample/1", "AC"), ("secret:static", "AC"), ("secret/01", "AC"), ("secret/02", "AC")]
    assert outcome.runs[1].message == "python3 a.py ['strict'] ['a.py']"
    assert (outcome.runs[1].cpu_ms, outcome.runs[1].memory_kib) == (0, 0), "the submission does not run"
    parts = (FileData("sum.h", b""), FileData("main.c", b"int main(void) { return 1; }"))
    assert judge.judge(0, problem, parts, "c", all_tests=True).runs[1].message.startswith("c main.c ['strict'] ['")
    assert seen(judge.judge(0, problem, python(SUM + "# eval"), "python3"))[1:] == [("secret:static", "WA")]
    with pytest.raises(JudgeError, match=r"secret:static: the static validator failed .exit code 1"):
        judge.judge(0, problem, python(SUM + "# crash"), "python3")


def test_a_static_validation_has_its_part_of_the_score(judge, tmp_path):
    files = {
        "static_validator/look.py": STATIC,
        "data/secret/test_group.yaml": "static_validation_score: 40\n",
    }
    problem = package(tmp_path, SCORING, files=files | cases("secret", 11))
    assert judge.judge(0, problem, python(SUM), "python3").score == 100
    assert judge.judge(0, problem, python(SUM + "# half"), "python3").score == 80
    assert judge.judge(0, problem, python(SUM + "# eval"), "python3").score == 60


# ---- what is judged ---------------------------------------------------------------------------------------------


def test_included_files_lie_beside_a_submission_in_the_place_of_its_own(judge, tmp_path):
    files = {
        "include/default/data.txt": "{{one}}\n",
        "include/default/lib.py": "add = None\n",
        "include/python3/lib.py": "def add(a, b): return a + b  # " + "x" * 2000 + "\n",
    }
    problem = package(tmp_path, "constants: {one: 1}", files=files, code=1)
    text = "import lib\na, b = map(int, input().split())\nprint(lib.add(a, b) * int(open('data.txt').read()))\n"
    outcome = judge.judge(0, problem, (*python(text), FileData("lib.py", b"raise SystemExit")), "python3")
    assert outcome.verdict == "AC", outcome


def test_a_language_that_the_problem_does_not_take_is_a_compile_error(judge, tmp_path):
    problem = package(tmp_path, "languages: [python3, cpp]")
    outcome = judge.judge(0, problem, (FileData("a.c", b"int main(void) { return 0; }"),), "c")
    assert (outcome.verdict, outcome.runs) == ("CE", ())
    assert outcome.compiler_output.startswith("This problem may not be solved in C, but in C++")
    assert judge.judge(0, problem, python(SUM), "python3").verdict == "AC"


def test_a_compiler_that_meets_the_packages_time_limit(judge, tmp_path):
    slow = "constexpr long f(long n) { long s = 0; for (long i = 0; i < n; i++) s += i % 7; return s; }\n"
    calls = "".join(f"static_assert(f({20_000_000 + n}) > 0);\n" for n in range(50))
    options = '#pragma GCC diagnostic ignored "-w"\n'
    source = FileData("a.cpp", (options + slow + calls + "int main() {}\n").encode())
    outcome = judge.judge(0, package(tmp_path, compilation_time=1), (source,), "cpp")
    assert outcome.verdict == "CTL"
    assert "more than 1 s of CPU time" in outcome.compiler_output


def test_files_of_a_test_case_lie_where_the_submission_works_over_its_own(judge, tmp_path):
    files = {"data/secret/01.files/in/a.txt": "5\n", "data/secret/01.files/notes.txt": "secret\n"}
    text = "import os\nn = sum(map(int, input().split()))\nassert n != 5 or open('in/a.txt').read() == '5\\n'\n"
    text += "assert open('notes.txt').read() == ('secret\\n' if n == 5 else 'mine')\nprint(n)\n"
    outcome = judge.judge(0, package(tmp_path, files=files), (*python(text), FileData("notes.txt", b"mine")), "python3")
    assert outcome.verdict == "AC"


def test_a_jurys_program_may_bring_its_own_build_and_run(judge, tmp_path):
    files = {
        "output_validator/build": "#!/bin/sh\nprintf '#!/bin/sh\\nread n; exit $(( n == 5 ? 42 : 43 ))\\n' > run; chmod +x run\n"
    }
    write(tmp_path / "sum", files)
    (tmp_path / "sum/output_validator/build").chmod(0o755)
    outcome = judge.judge(0, package(tmp_path, files=NO_SAMPLE), python(SUM), "python3", all_tests=True)
    assert [verdict for _, verdict in seen(outcome)] == ["AC", "WA"]


# ---- legacy -----------------------------------------------------------------------------------------------------

GRADER = r"""
import sys
results = [line.split() for line in sys.stdin]
if sys.argv[1:] != ["twice"]:
    sys.exit(3)
print("AC", 2 * sum(float(score) for verdict, score in results if verdict == "AC"))
"""


def grading(root, flags):
    files = {
        "graders/grade.py": GRADER,
        "data/testdata.yaml": "grader_flags: ignore_sample\n",
        "data/secret/testdata.yaml": f"grading: custom\ngrader_flags: {flags}\non_reject: continue\naccept_score: 2.5\n",
    }
    return legacy(root, "type: scoring\n", files)


def test_a_legacy_packages_own_grader_gives_the_score(judge, tmp_path):
    problem = grading(tmp_path, "twice")
    assert judge.judge(0, problem, python(SUM), "python3").score == 10
    some = judge.judge(0, problem, wrong_for(3), "python3")
    assert (some.verdict, some.score) == ("AC", 5)
    assert [verdict for _, verdict in seen(some)] == ["AC", "WA", "AC"]


def test_a_legacy_validator_scores_a_test_case(judge, tmp_path):
    files = {"output_validators/obey.py": OBEY, "data/testdata.yaml": "range: -10 10\n"}
    problem = legacy(tmp_path, "type: scoring\nvalidation: custom score\n", files)
    outcome = judge.judge(0, problem, saying("score.txt -1.5"), "python3")
    assert (outcome.verdict, outcome.score) == ("AC", Fraction(-9, 2))
    outcome = judge.judge(0, problem, saying(""), "python3")
    assert (outcome.verdict, outcome.score) == ("AC", 3)  # without a score.txt each has its accept_score


def test_a_legacy_interactive_problem_has_its_validator_in_the_plural(judge, tmp_path):
    files = {"output_validators/talk.py": TALK, "data/sample/1.interaction": "<2\n>3\n"}
    problem = legacy(tmp_path, "validation: custom interactive\n", files)
    assert judge.judge(0, problem, python("print(int(input()) + 1)"), "python3").verdict == "AC"


def test_a_grader_that_fails_is_the_jurys_fault(judge, tmp_path):
    with pytest.raises(JudgeError, match=r"the grader failed .exit code 3"):
        judge.judge(0, grading(tmp_path, "thrice"), python(SUM), "python3")
