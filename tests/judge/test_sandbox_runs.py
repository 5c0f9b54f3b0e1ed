"""What is measured of honest programs: time, memory, output, exit codes, and what a run is given."""

import re
from dataclasses import replace

import pytest

from judge.blob import Blob
from judge.compile import version
from judge.execute import VALIDATOR_ARGS, execute
from judge.languages import LANGUAGES
from judge.sandbox import FEEDBACK, Limits
from judge.verdict import borderline, of_run
from tests.judge.programs import INPUT, LIMITS, MANY, SUM, built, source

ROOMY = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)


def run(claim, text, *, name="main.c", stdin=INPUT, limits=LIMITS, **more):
    return execute(claim, built(claim, source(text, name)), stdin, limits, **more)


@pytest.mark.parametrize(
    ("text", "exit_code", "number"),
    [
        ("int main(void) { return 7; }", 7, None),
        ("int main(void) { return 126; }", 126, None),
        ("int main(void) { volatile int *p = 0; return *p; }", None, 11),
        ("#include <stdlib.h>\nint main(void) { abort(); }", None, 6),
        ("int main(void) { volatile int z = 0; return 7 / z; }", None, 8),
        ("int f(int n) { volatile char b[9999]; b[0] = n; return n ? f(n + 1) + b[0] : 0; }\nint main(void) { return f(1); }", None, 11),
    ],
)  # fmt: skip
def test_how_a_program_ended(claim, text, exit_code, number):
    measured = run(claim, text)
    assert (measured.exit_code, measured.signal) == (exit_code, number)
    assert not measured.cpu_exceeded


def test_a_small_program_has_a_small_memory(claim):
    """The floor is the program's own: it is forked from a process of less than a megabyte."""
    assert execute(claim, built(claim, SUM), INPUT, LIMITS).memory_kib < 2048


def test_memory_is_what_was_touched(claim):
    text = "#include <stdlib.h>\n#include <string.h>\nint main(void) {{ char *volatile p = malloc({0}); memset(p, 1, {0}); return p[5] - 1; }}"
    within = run(claim, text.format(40 << 20))
    assert 40 << 10 <= within.memory_kib < 42 << 10
    assert not within.memory_exceeded
    above = run(claim, text.format(66 << 20))
    assert above.exit_code == 0
    assert above.memory_exceeded


IN_TWO = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {{
    int ready[2];
    char c;
    if (pipe(ready)) return 1;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {{
            char *volatile p = malloc({0});
            memset(p, 1, {0});
            for (c = p[5]; write(ready[1], &c, 1) == 1;) pause();
        }}
    return read(ready[0], &c, 1) != 1 || read(ready[0], &c, 1) != 1;
}}
"""


def test_the_memory_of_a_run_is_that_of_all_its_processes(claim):
    """Whatever ran in the container before; and the next program has its own."""
    less = Limits(cpu_ms=2000, wall_ms=5000, memory_mib=48, output_bytes=1 << 20)
    more = replace(less, memory_mib=64)
    within, above = (built(claim, source(IN_TWO.format(mib << 20)), MANY) for mib in (20, 29))
    measured = execute(claim, within, INPUT, less)
    assert of_run(measured) is None
    # the kernel counts in steps of 64 pages for each core: what was there before may be told too high by as much
    assert 39 << 10 <= measured.memory_kib < 42 << 10
    box = claim.held[-1]
    measured = execute(claim, above, INPUT, more)
    assert (of_run(measured), claim.held[-1]) == (None, box)
    measured = execute(claim, above, INPUT, less)
    assert claim.held[-1] is not box, "there it would not show: another run had as much"
    assert (of_run(measured), measured.memory_together, borderline(measured, less)) == ("MLE", True, True)
    assert 48 << 10 < measured.memory_kib < 60 << 10, (
        "it is ended when it is seen over its limit, which may be before it has all"
    )
    assert execute(claim, built(claim, SUM, MANY), INPUT, less).memory_kib < 2048


def test_an_output_is_no_memory(claim):
    """Its pages are the container's, and no part of what the problem's memory is for."""
    text = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint main(void) { char *volatile p = malloc(60 << 20); memset(p, 1, 60 << 20); return fwrite(p, 1 << 20, 16, stdout) != 16; }"
    limits = Limits(cpu_ms=2000, wall_ms=5000, memory_mib=64, output_bytes=16 << 20)
    measured = run(claim, text, limits=limits)
    assert (of_run(measured), measured.stdout.size) == (None, 16 << 20)
    assert measured.memory_kib < 62 << 10


def test_a_deep_recursion_has_the_whole_memory_for_its_stack(claim):
    text = "int f(int n) { volatile char b[1024]; b[0] = 1; return n ? f(n - 1) + b[0] : 0; }\nint main(void) { return f(40000) == 40000; }"
    assert run(claim, text).exit_code == 1
    deep = "import sys\nsys.setrecursionlimit(10**6)\ndef f(n):\n    return n and f(n - 1) + 1\nprint(f(100000))"
    limits = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)
    assert run(claim, deep, name="deep.py", limits=limits).stdout.bytes() == b"100000\n"


def test_cpu_time_is_measured_above_the_limit_too(claim):
    spin = "#include <time.h>\nint main(void) { while (clock() < CLOCKS_PER_SEC * 0.2) ; }"
    tight = Limits(cpu_ms=150, wall_ms=5000, memory_mib=64, output_bytes=1 << 20)
    above = run(claim, spin, limits=tight)
    assert above.exit_code == 0
    assert above.cpu_exceeded
    assert above.cpu_ms >= 200
    assert not run(claim, spin).cpu_exceeded


def test_an_output_of_exactly_the_limit_is_allowed(claim):
    text = "#include <stdio.h>\nint main(void) {{ for (int i = 0; i < {0}; i++) putchar('x'); return fflush(stdout); }}"
    exact = run(claim, text.format(LIMITS.output_bytes))
    assert not exact.output_exceeded
    assert exact.stdout.size == LIMITS.output_bytes
    more = run(claim, text.format(LIMITS.output_bytes + 1))
    assert more.output_exceeded
    assert more.exit_code == 0


def test_both_outputs_together_are_bounded(claim):
    text = "#include <stdio.h>\nint main(void) {{ for (int i = 0; i < {0}; i++) putc('x', i % 2 ? stdout : stderr); }}"
    assert not run(claim, text.format(LIMITS.output_bytes)).output_exceeded
    assert run(claim, text.format(LIMITS.output_bytes + 1)).output_exceeded


def test_nothing_of_a_run_is_carried_to_the_next_by_its_folder(claim):
    script = "import os\ns = os.stat('.')\nprint(oct(s.st_mode & 0o7777), s.st_mtime > 1e9, os.listdir())\nopen('new', 'w')\nos.chmod('.', 0o1777)\nos.utime('.', (1, 1))"
    program = built(claim, source(script, "a.py"))
    said = [execute(claim, program, None, ROOMY, read_only=False).stdout.bytes() for _ in range(2)]
    assert said == [b"0o700 True ['a.py']\n"] * 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.cpp", "#include <iostream>\n#include <thread>\nint main() { int n = 0; std::thread([&] { n = 7; }).join(); std::cout << n << std::endl; }"),
        ("main.py", "import threading\nt = threading.Thread(target=lambda: print(7))\nt.start()\nt.join()"),
    ],
)  # fmt: skip
def test_a_program_may_have_threads(claim, name, text):
    assert run(claim, text, name=name, limits=ROOMY).stdout.bytes() == b"7\n"


def test_a_validators_feedback_counts_for_its_output(claim):
    script = "import sys\nfor n in range(int(sys.argv[2])):\n    open(f'{sys.argv[1]}{n}', 'w').write('x' * int(sys.argv[3]))"
    program = built(claim, source(script, "validate.py"))

    def feed(files, size, left=0):
        feedback = {"left": Blob.sealed(bytes(left))}
        args = (f"{FEEDBACK}/", str(files), str(size))
        measured = execute(claim, program, None, ROOMY, role="validator", args=args, feedback=feedback)
        assert measured.exit_code == 0
        return measured.output_exceeded, len(measured.feedback)

    half = ROOMY.output_bytes // 2
    assert feed(1, half, half) == (False, 2)
    assert feed(1, half, half + 1) == (True, 0)
    assert feed(255, 0) == (False, 256)
    assert feed(256, 0) == (True, 0)


def test_a_program_may_only_read_unless_the_problem_lets_it_write(claim):
    script = """
import os
def attempt(act):
    try:
        return act()
    except OSError:
        return "no"
paths = ("new", "main.py", "data", "deep/data", "../new", "/w/new", "/tmp/new", os.environ["HOME"] + "/new")
print([attempt(lambda: open(path, "a").write("x")) for path in paths], attempt(lambda: os.mkdir("folder")))
print(open("data").read(), open("deep/data").read(), sorted(os.listdir()))
"""
    program = built(claim, source(script, "main.py"))
    files = (("data", Blob.sealed(b"1")), ("deep/data", Blob.sealed(b"2")))
    seen = b"1 2 ['data', 'deep', 'main.py']\n"
    for _ in range(2):
        measured = execute(claim, program, None, ROOMY, files=files)
        assert measured.stdout.bytes() == b"['no', 'no', 'no', 'no', 'no', 'no', 'no', 'no'] no\n" + seen
        measured = execute(claim, program, None, ROOMY, files=files, read_only=False)
        assert measured.stdout.bytes() == (
            b"[1, 1, 1, 1, 'no', 'no', 'no', 1] None\n1x 2x ['data', 'deep', 'folder', 'main.py', 'new']\n"
        )
    assert execute(claim, program, None, ROOMY).exit_code == 1  # no file of another test case is there


def test_files_that_a_program_writes_count_for_its_output(claim):
    script = "import sys\nopen(sys.argv[1], 'a').write('x' * int(sys.argv[2]))\nprint('x' * 99)"
    program = built(claim, source(script, "main.py"))
    files = (("given", Blob.sealed(bytes(1000))), ("other", Blob.sealed(bytes(2 << 20))))

    def exceeds(name, size):
        args = (name, str(ROOMY.output_bytes - 100 + size))
        measured = execute(claim, program, None, ROOMY, args=args, files=files, read_only=False)
        assert measured.exit_code == 0
        return measured.output_exceeded

    assert [exceeds("new", 0), exceeds("new", 1), exceeds("given", -1000), exceeds("given", -999)] == [False, True] * 2


def test_a_test_cases_files_take_the_place_of_the_programs_own(claim):
    program = built(claim, source("import data\nprint(data.n)", "main.py"))
    for number in (b"1", b"2"):
        files = (("data.py", Blob.sealed(b"n = " + number)), ("main.py/x", Blob.sealed(b"")))
        measured = execute(claim, program, None, ROOMY, files=files[:1])
        assert measured.stdout.bytes() == number + b"\n"
        # a folder of the name of the program's own file: it is the program that is not there any more
        assert execute(claim, program, None, ROOMY, files=files).exit_code != 0
    main = (("main.py", Blob.sealed(b"print('another')")),)
    assert execute(claim, program, None, ROOMY, files=main).stdout.bytes() == b"another\n"
    binary = (("program", Blob.sealed(b"the name of the compiler's output")),)
    assert execute(claim, built(claim, SUM), INPUT, ROOMY, files=binary).stdout.bytes() == b"7\n"


def test_large_files_have_room(claim):
    program = built(claim, source("import os\nprint(os.path.getsize('large'))", "main.py"))
    large = (("large", Blob.sealed(bytes(100 << 20))),)
    measured = execute(claim, program, None, ROOMY, files=large)
    assert (measured.stdout.bytes(), measured.memory_exceeded) == (b"%d\n" % (100 << 20), False)


def test_each_role_has_its_own_user(claim):
    who = built(claim, source("import os\nprint(os.getuid())", "a.py"))
    users = [execute(claim, who, None, ROOMY, role=role).stdout.bytes() for role in ("run", "validator", "run")]
    assert users[0] == users[2] != users[1]


def test_a_program_is_given_its_input_its_arguments_and_its_own_files(claim):
    echo = "import os, sys\nprint(sys.argv[1:], os.getcwd(), os.listdir(), sorted(os.environ), sys.stdin.read())"
    measured = run(claim, echo, name="echo.py", args=("a b", "", "ü"))
    assert measured.stdout.bytes().decode() == (
        "['a b', '', 'ü'] /w/program ['echo.py'] ['HOME', 'LANG', 'OPENBLAS_NUM_THREADS', 'PATH', 'TMPDIR'] 3 4\n\n"
    )
    assert run(claim, echo, name="echo.py", stdin=None).stdout.bytes().endswith(b" \n")


def test_a_large_input_is_read_to_its_end(claim):
    data = bytes(range(256)) * (1 << 15)
    measured = run(claim, '#include <stdio.h>\nint main(void) { long n = 0; while (getchar() != EOF) n++; printf("%ld", n); }', stdin=Blob.sealed(data))  # fmt: skip
    assert measured.stdout.bytes() == b"%d" % len(data)


def test_each_run_of_a_test_reads_the_input_from_its_beginning(claim):
    program = built(claim, SUM)
    assert [execute(claim, program, INPUT, LIMITS).stdout.bytes() for _ in range(3)] == [b"7\n"] * 3


def test_a_validator_gets_its_files_and_gives_feedback(claim):
    text = """
import os, sys
given, answer, feedback = (open(sys.argv[1]).read(), open(sys.argv[2]).read(), sys.argv[3])
with open(feedback + "judgemessage.txt", "a") as message:
    message.write(f"{given} {answer} {sys.stdin.read()} {sys.argv[4:]} {os.listdir()}")
sys.exit(42 if answer == "7" else 43)
"""
    program = built(claim, source(text, "validate.py"))
    output = execute(claim, built(claim, SUM), INPUT, LIMITS).stdout
    limits = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)
    measured = execute(
        claim,
        program,
        output,
        limits,
        role="validator",
        args=(*VALIDATOR_ARGS, "case_sensitive"),
        inputs=(Blob.sealed(b"3 4"), Blob.sealed(b"7")),
        own_files=False,
        files=(("sum.c", Blob.sealed(b"its source")),),
        feedback={"judgemessage.txt": Blob.sealed(b"before; ")},
    )
    assert measured.stderr == b""
    assert measured.exit_code == 42
    told = {name: blob.bytes() for name, blob in measured.feedback.items()}
    assert told == {"judgemessage.txt": b"before; 3 4 7 7\n ['case_sensitive'] ['sum.c']"}
    again = execute(claim, program, output, limits, role="validator", args=VALIDATOR_ARGS, inputs=(output, output))
    assert b"FileNotFoundError" in again.stderr  # no feedback, no folder for it


def test_links_in_the_place_of_feedback_are_not_followed(claim):
    text = '#include <unistd.h>\nint main(void) { return symlink("/etc/passwd", "/w/feedback/message") || symlink("/etc", "/w/feedback/folder"); }'
    measured = execute(claim, built(claim, source(text)), None, LIMITS, feedback={})
    assert (measured.exit_code, measured.feedback) == (0, {})


def test_java_says_that_it_is_out_of_memory_after_whatever_the_program_said(claim):
    text = 'public class Main { public static void main(String[] a) { for (int i = 0; i < 2000; i++) System.err.println("x".repeat(99)); long[] big = new long[1 << 27]; System.out.println(big.length); } }'
    assert run(claim, text, name="Main.java", limits=ROOMY).memory_exceeded


def test_a_java_program_may_use_all_its_heap(claim):
    text = "public class Main { public static void main(String[] a) { byte[][] kept = new byte[40][]; for (int i = 0; i < 40; i++) kept[i] = new byte[1 << 20]; System.out.println(kept.length); } }"
    limits = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=64, output_bytes=1 << 20)
    measured = run(claim, text, name="Main.java", limits=limits)
    assert measured.stdout.bytes() == b"40\n"
    assert not measured.memory_exceeded


def test_every_language_says_its_version(claim):
    """Those of the other image, which is there when somebody has missed it, where they are judged: test_languages."""
    for language in [one for one in LANGUAGES.values() if one.image == "default"]:
        assert re.search(r"\d+\.\d+", version(claim, language))
