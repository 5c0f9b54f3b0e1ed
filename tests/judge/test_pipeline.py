"""A submission through real containers: the precise verdict, the first failing test, and no verdict where we failed."""

import os
import shutil
import statistics
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest

from bench.judge_limits import WORK, neighbour
from judge import testing
from judge.pipeline import Judge
from judge.sandbox import Limits
from judge.worker import _Core, _cores_of, _environment, _images_of
from packages.read import read_package
from schemas.clock import Clock
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError
from schemas.settings import Settings
from tests.judge.test_slot import SUBMISSION, TASK
from tests.unit.packaging import LEGACY, PACKAGE, with_yaml, write

SUM = '#include <stdio.h>\nint main(int n, char **v) { long a, b; %s scanf("%%ld %%ld", &a, &b); printf("%%ld\\n", a + b); }\n'
TIGHT = {"problem.yaml": with_yaml(time_limit=0.3, time_resolution=0.1, memory=64, output=1, code=4)}


@pytest.fixture(scope="module")
def judge(pool):
    return Judge(pool)


@pytest.fixture
def package(tmp_path):
    """The sum, with tests `1 2`, `2 3` and `4 5`, 300 ms, 64 MiB and 1 MiB of output."""
    return read_package(write(tmp_path / "sum", PACKAGE | TIGHT))


def c(text):
    return (FileData("main.c", text.encode()),)


def summing(extra=""):
    return c(SUM.replace("%s", extra).replace("%%", "%"))


@pytest.mark.parametrize(
    ("sources", "verdicts"),
    [
        (summing(), ["AC", "AC", "AC"]),
        (c('#include <stdio.h>\nint main(void) { puts("5"); }\n'), ["WA"]),
        (c('#include <stdio.h>\nint main(void) { int a; scanf("%d", &a); puts(a == 1 ? "3" : ""); }\n'), ["AC", "WA"]),
        (c("int main(void) { return 1; }\n"), ["RTE"]),
        (c("#include <signal.h>\nint main(void) { raise(SIGSEGV); }\n"), ["RTE"]),
        (c("int main(void) { for (volatile int i = 0;; i++); }\n"), ["TLE"]),
        (c("#include <unistd.h>\nint main(void) { sleep(1000); }\n"), ["ILE"]),
        (c('#include <stdio.h>\nint main(void) { for (;;) puts("more"); }\n'), ["OLE"]),
        (
            c("#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }\n"),
            ["MLE"],
        ),
    ],
)  # fmt: skip
def test_the_verdict_is_the_precise_one_of_the_first_failing_test(judge, package, sources, verdicts):
    told = []
    outcome = judge.judge(0, package, sources, "c", on_run=told.append)
    found = [run.verdict for run in outcome.runs]
    assert found == verdicts
    assert outcome.verdict == found[-1]
    assert tuple(told) == outcome.runs
    assert [(r.ordinal, r.test) for r in told] == [
        (n, t.name) for n, t in enumerate(package.test_cases[: len(found)], 1)
    ]


SMALL = """#include <stdio.h>
static unsigned seen[4000];
int main(void) {
    long a, b, steps = 50000000;
    unsigned x = 1;
    scanf("%ld %ld", &a, &b);
    if (a == 1) for (long i = 0; i < steps; i++) { x = x * 1664525 + 1013904223; x += seen[x % 4000]++; }
    printf("%ld\\n", a + b + (x == 0));
    return 0;
}
"""
"""It goes here and there in 16 KB of memory, a third of a second in the first test; in the others it adds.

That is what one core's cache holds: of what a program with more of it takes, a neighbour's part is as true as its own.
"""

LARGE = (
    WORK.replace(
        "vector<unsigned> all(400'000)",
        "long a, b;\n    cin >> a >> b;\n    vector<unsigned> all(a == 1 ? 400'000 : 1)",
    )
    .replace("round < 3", "round < 15")
    .replace('"%u\\n", x', '"%ld\\n", a + b + (x == 0)')
)
"""As the bench's, for longer: it sorts 400,000 numbers and puts them into a hash table, more than one core's cache holds."""

BESIDE = {"16 KB": ("c", SMALL, (0.95, 1.15)), "a sort and a hash table": ("cpp", LARGE, (0.9, 1.2))}
"""Each in its language, and which parts of a limit it is to take: the larger one takes more of a cache that others need."""


TOGETHER = 5
"""So many of the hundred are compared with what the program takes alone just before."""


STEADY = 1.05
"""By so much the same program may differ where it is alone, or the machine's cores are not its own."""


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", BESIDE)
def test_long_a_verdict_is_the_same_a_hundred_times_beside_a_busy_neighbour(judge, package, pool, name):
    """Outside the stated grace (1.1 times the limit) a program's verdict does not hang on what else the machine does.

    The neighbour is on another core and keeps the caches that it shares busy, too. With other tests for neighbours on its own
    core it would compare times at two loads: it is a long one, for a machine that does nothing else.
    """
    cores = sorted(os.sched_getaffinity(0) - {pool.core(0)})
    if not cores:
        pytest.skip("it takes a second core")
    language, text, (below, above) = BESIDE[name]
    sources = (FileData(f"main.{language}", text.encode()),)

    def judged(limit_ms: int) -> tuple[str, int]:
        limits = Limits(cpu_ms=limit_ms, wall_ms=10_000, memory_mib=64, output_bytes=1 << 20)
        outcome = judge.judge(0, package, sources, language, limits=limits)
        return outcome.verdict, outcome.runs[0].cpu_ms

    for part, verdict in ((below, "AC"), (above, "TLE")):
        for _ in range(100 // TOGETHER):  # a machine among others is half as fast again within a minute
            alone = [judged(10_000)[1] for _ in range(TOGETHER)]
            if max(alone) > STEADY * min(alone):
                pytest.skip(
                    f"this machine gives a program that is alone {min(alone)} to {max(alone)} ms: nothing can be compared"
                )
            alone_ms = statistics.median(alone)
            with neighbour(cores[0]):
                found = [judged(round(alone_ms / part)) for _ in range(TOGETHER)]
            assert [one for one, _ in found] == [verdict] * TOGETHER, (alone_ms, sorted(ms for _, ms in found))


def test_neighbours_on_its_core_do_not_make_a_right_program_too_slow(judge, package, pool):
    """With ten neighbours it gets next to nothing, and still its wall limit is for the idle only."""
    neighbour = f"import os; os.sched_setaffinity(0, {{{pool.core(0)}}}); print(flush=True)\nwhile True: pass"
    neighbours = [subprocess.Popen([sys.executable, "-c", neighbour], stdout=subprocess.PIPE) for _ in range(10)]
    try:
        for one in neighbours:
            one.stdout.readline()
        slow = """#include <stdio.h>
            #include <time.h>
            int main(void) {
                long a, b;
                scanf("%ld %ld", &a, &b);
                if (a == 1) for (clock_t end = clock() + CLOCKS_PER_SEC / 5; clock() < end;);
                printf("%ld\\n", a + b);
            }
        """
        limits = Limits(cpu_ms=300, wall_ms=100, memory_mib=64, output_bytes=1 << 20)
        outcome = judge.judge(0, package, c(slow), "c", limits=limits)
        assert [run.verdict for run in outcome.runs] == ["AC"] * 3
        assert outcome.runs[0].cpu_ms >= 200
    finally:
        for one in neighbours:
            one.kill()
            one.communicate()


def test_what_was_measured_is_in_the_outcome(judge, package):
    outcome = judge.judge(0, package, summing(), "c")
    assert outcome.max_cpu_ms == max(run.cpu_ms for run in outcome.runs)
    assert 500 < outcome.max_memory_kib < 8192
    wrong = judge.judge(0, package, c('#include <stdio.h>\nint main(void) { puts("3 4"); }\n'), "c")
    assert wrong.runs[-1].message == "line 1, column 3: expected no more, got '4'"


def test_a_judging_tells_on_what_it_was_done(judge, package, pool):
    """The facts that a rejudgement's times are compared by, as the machine and the engine have them."""
    core = _Core(
        judge, 1, SimpleNamespace(get=lambda _: package), Clock(), _environment(pool, 2),
        partial(_images_of, pool), partial(_cores_of, pool),
    )  # fmt: skip
    environment = core.judge(TASK, replace(SUBMISSION, files=summing()), lambda _: None)["environment"]
    assert f": {environment['cpu']}\n" in Path("/proc/cpuinfo").read_text()
    with closing(docker.from_env()) as engine:
        assert environment["image"] == engine.images.get(Settings().judge_image).id
    assert environment["kernel"] == os.uname().release
    assert (environment["slots"], environment["core"]) == ("2", str(pool.core(1)))


def test_all_tests_are_run_when_asked_for(judge, package):
    outcome = judge.judge(0, package, c('#include <stdio.h>\nint main(void) { puts("5"); }\n'), "c", all_tests=True)
    assert [run.verdict for run in outcome.runs] == ["WA", "AC", "WA"]
    assert outcome.verdict == "WA"


@pytest.mark.parametrize(
    ("files", "language", "says"),
    [
        (c("int main(void) { return x; }\n"), "c", "undeclared"),
        ((FileData("a.py", b"print(\n"),), "python3", "SyntaxError"),
        ((FileData("Main.java", b'class Main { int x = ""; }\n'),), "java", "incompatible types"),
        (c("//" + "x" * 5000 + "\nint main(void) { return 0; }\n"), "c", "the limit is 4 KiB"),
    ],
)
def test_what_does_not_compile_is_a_compile_error_with_the_compilers_words(judge, package, files, language, says):
    outcome = judge.judge(0, package, files, language)
    assert (outcome.verdict, outcome.runs) == ("CE", ())
    assert says in outcome.compiler_output


def test_the_contests_limits_go_before_the_packages(judge, package):
    greedy = summing("static volatile char big[40 << 20]; for (int i = 0; i < 40 << 20; i += 4096) big[i] = 1;")
    assert judge.judge(0, package, greedy, "c").verdict == "AC"
    low = Limits.of_problem(300, 32, 1)
    assert judge.judge(0, package, greedy, "c", limits=low).verdict == "MLE"


def test_a_run_just_over_its_limit_is_run_again_and_the_better_one_counts(judge, package, monkeypatch):
    real, seen = testing.execute, []

    def slow_once(*args, **named):
        measured = real(*args, **named)
        seen.append(measured)
        return replace(measured, cpu_ms=320, cpu_exceeded=True) if len(seen) == 2 else measured

    monkeypatch.setattr(testing, "execute", slow_once)
    outcome = judge.judge(0, package, summing(), "c")
    assert outcome.verdict == "AC"
    assert len(seen) == 4
    assert outcome.max_cpu_ms < 300


def test_a_program_gets_the_arguments_of_its_test(judge, tmp_path):
    files = {"data/secret/02.yaml": "args: [wrong, x]\n"}
    package = read_package(write(tmp_path / "sum", PACKAGE | TIGHT | files))
    outcome = judge.judge(0, package, summing("if (n > 1) return 7;"), "c")
    assert [run.verdict for run in outcome.runs] == ["AC", "AC", "RTE"]


def test_kept_inputs_are_bounded_in_number(judge, package, monkeypatch):
    monkeypatch.setattr(judge.pool, "files", 8)
    assert judge.judge(0, package, summing(), "c").verdict == "AC"
    assert len(judge._blobs) <= 4
    assert judge.judge(0, package, summing(), "c").verdict == "AC"


def test_no_verdict_comes_of_our_own_faults(judge, package):
    with pytest.raises(JudgeError, match="no language 'cobol'"):
        judge.judge(0, package, summing(), "cobol")
    with pytest.raises(JudgeError, match="its time limit has not been measured"):
        judge.judge(0, replace(package, limits=replace(package.limits, time_limit_ms=0)), summing(), "c")
    with pytest.raises(JudgeError, match="not judged within 45 minutes"):
        judge.judge(0, package, summing(), "c", until=0.0)
    shutil.rmtree(package.root / "data/secret")
    with pytest.raises(DependencyError, match="cannot be read"):
        judge.judge(0, package, summing(), "c")


VALIDATOR = r"""
#include <fstream>
#include <iostream>
#include <string>
int main(int argc, char** argv) {
    std::ifstream input(argv[1]), answer(argv[2]);
    long a, b, right, said;
    input >> a >> b;
    answer >> right;
    if (!(std::cin >> said) || a + b != right) return 43;
    std::ofstream(std::string(argv[3]) + "judgemessage.txt") << "said " << said << " with " << argc - 4 << " flags\n";
    std::ofstream(std::string(argv[3]) + "teammessage.txt") << "try again\n";
    if (said == 100) return 0;
    if (said == 101) throw 1;
    if (said == 102) for (volatile int i = 0;; i++);
    if (said == 103) for (;;) std::cout << "flood";
    return said >= right ? 42 : 43;
}
"""


@pytest.fixture
def custom(tmp_path):
    """The sum, where a larger number is as good, by a validator of its own."""
    files = {
        "output_validator/check.cpp": VALIDATOR,
        "problem.yaml": with_yaml(time_limit=1, memory=64, validation_time=1, validation_output=1),
        "data/secret/test_group.yaml": "output_validator_args: [one, two]\n",
    }
    return read_package(write(tmp_path / "sum", PACKAGE | files))


def saying(number):
    return (FileData("a.py", f"print({number})\n".encode()),)


def test_the_packages_own_validator_decides(judge, custom):
    good = judge.judge(0, custom, saying(9), "python3")
    assert [(r.verdict, r.message, r.team_message) for r in good.runs] == [
        ("AC", "said 9 with 0 flags\n", "try again\n"),
        ("AC", "said 9 with 2 flags\n", "try again\n"),
        ("AC", "said 9 with 2 flags\n", "try again\n"),
    ]
    assert [r.verdict for r in judge.judge(0, custom, saying(5), "python3").runs] == ["AC", "AC", "WA"]
    assert judge.judge(0, custom, saying("'none'"), "python3").verdict == "WA"


@pytest.mark.parametrize(
    ("number", "how"), [(100, "exit code 0"), (101, "signal 6"), (102, "more CPU time"), (103, "more output|signal 25")]
)
def test_a_validator_that_answers_neither_42_nor_43_is_the_jurys_fault(judge, custom, number, how):
    with pytest.raises(JudgeError, match=f"sample/1: the output validator failed .({how})"):
        judge.judge(0, custom, saying(number), "python3")


def test_a_judging_that_failed_is_tried_again_in_other_containers(judge, custom, monkeypatch):
    """Also where its validator has ended by itself, and left nothing in them."""
    give_back, attempts = judge.pool.give_back, []

    def noted(key, sandbox):
        attempts[-1].add((key[1], sandbox.container))
        give_back(key, sandbox)

    monkeypatch.setattr(judge.pool, "give_back", noted)
    for _ in range(2):
        attempts.append(set())
        with pytest.raises(JudgeError, match="exit code 0"):
            judge.judge(0, custom, saying(100), "python3")
        assert {role for role, _ in attempts[-1]} >= {"run", "validator"}
    assert attempts[0].isdisjoint(attempts[1])


def test_a_validator_that_does_not_compile_is_the_jurys_fault(judge, tmp_path):
    package = read_package(
        write(tmp_path / "sum", PACKAGE | {"output_validator/check.c": "int main(void) { return y; }\n"})
    )
    with pytest.raises(JudgeError, match="check: a program of the jury does not compile"):
        judge.judge(0, package, saying(3), "python3")


def test_each_of_a_legacy_packages_validators_must_accept(judge, tmp_path):
    check = "import sys\nsys.exit(43 if sys.stdin.read().strip() == '%s' else 42)\n"
    files = {
        "problem.yaml": "validation: custom\n",
        "output_validators/a.py": check % 7,
        "output_validators/b.py": check % 8,
    }
    package = read_package(write(tmp_path / "sum", LEGACY | files))
    assert [judge.judge(0, package, saying(n), "python3").verdict for n in (6, 7, 8)] == ["AC", "WA", "WA"]
