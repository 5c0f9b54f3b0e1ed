"""Compilation: every language, what compilers are made to do, and that nothing is compiled twice."""

import os
from dataclasses import replace

import pytest

from judge.compile import LOG_BYTES, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.sandbox import Limits
from judge.workshop import Workshop
from schemas.definition import FileData
from schemas.errors import SandboxError
from tests.judge.programs import INPUT, LIMITS, SUM, built, failed, next_compiled, source

ROOMY = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)

JAVA = "import java.util.*; public class {0} {{ public static void main(String[] a) {{ Scanner in = new Scanner(System.in); System.out.println(in.nextLong() + in.nextLong()); }} }}"


def compiled(claim, language, *files, entry_point=None):
    return compile_program(claim, LANGUAGES[language], files, entry_point)


@pytest.mark.parametrize(
    ("language", "file", "said"),
    [
        ("c", source("int main(void) { return x; }"), "main.c:1:25: error: 'x' undeclared"),
        ("cpp", source("int main() { return x; }", "a.cpp"), "a.cpp:1:21: error: 'x' was not declared"),
        ("java", source("public class Main { int x = y; }", "Main.java"), "Main.java:1: error: cannot find symbol"),
        ("python3", source("print(1\n", "a.py"), "SyntaxError: '(' was never closed"),
        ("python3", source("print(1)\0", "a.py"), "null bytes"),
        ("c", source("int f(void) { return 0; }"), "undefined reference to `main'"),
        ("c", source("int main(void) {}", "main.txt"), "no source file of C"),
        ("c", source("int main(void) {}", "../main.c"), "cannot be the name"),
        ("c", source("int main(void) {}", "-E.c"), "cannot be the name"),
        ("c", source("int main(void) {}", "a/../../main.c"), "cannot be the name"),
        ("c", source("int main(void) {}", "a//main.c"), "cannot be the name"),
        ("c", source("int main(void) {}", "\ud800.c"), "cannot be the name"),
        ("java", source("// nothing", "Main.java"), ""),
    ],
)
def test_what_does_not_compile_says_why_without_our_paths(claim, language, file, said):
    result = compiled(claim, language, file)
    assert not result.ok
    assert result.program is None
    assert said in result.log.replace("‘", "'").replace("’", "'")
    assert "/w/src" not in result.log


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('#include "/etc/shadow"\nint main(void) {}', "Permission denied"),
        ('__asm__(".incbin \\"/etc/shadow\\""); int main(void) {}', "/etc/shadow"),
        ('#include "/dev/zero"\nint main(void) {}', "used too much memory"),
        ('__asm__(".fill 4294967296, 1, 1"); int main(void) {}', ""),
        ("int big[1 << 29] = {1}; int main(void) {}", ""),
        ('#include "main.c"', "exceeds maximum"),
    ],
)
def test_a_source_that_reads_what_is_not_its_own_or_is_a_bomb_is_a_compile_error(claim, untouched, text, said):
    result = compile_program(claim, LANGUAGES["c"], (source(text),), memory_mib=512)
    assert not result.ok
    assert said in result.log
    assert "/w/src" not in result.log
    next_compiled(claim, untouched, claim.held[0], 512)


def test_a_flood_of_messages_is_cut(claim, untouched):
    text = "".join(f"#warning {'x' * 200} {i}\n" for i in range(2000))
    result = compile_program(
        claim, replace(LANGUAGES["c"], flags=("-O2",)), (source(text + "int main(void) { return x; }"),)
    )
    assert not result.ok
    assert len(result.log) <= LOG_BYTES
    next_compiled(claim, untouched, claim.held[0])


@pytest.mark.parametrize(
    "command",
    [
        ("/bin/ln", "-s", "/etc/passwd", "{output}"),
        ("/bin/ln", "-s", "/w/src/main.c", "{output}"),
        ("/bin/mkdir", "{output}"),
        ("/usr/bin/mkfifo", "{output}"),
        ("/bin/true",),
        ("/usr/bin/truncate", "-s", "65M", "{output}"),
    ],
)
def test_an_output_that_is_no_plain_file_is_not_fetched(claim, untouched, command):
    hostile = replace(LANGUAGES["c"], compile=(command,))
    result = compile_program(claim, hostile, (source("int main(void) {}"),))
    assert not result.ok
    assert result.log
    next_compiled(claim, untouched, claim.held[0])


def test_equal_sources_are_compiled_once(claim, pool):
    file = source('#pragma message "unused"\nint main(void) { return 3; } // compiled once')
    first = compiled(claim, "c", file)
    assert not first.cached
    with pool.claim(1) as other:
        again = compiled(other, "c", file)
        assert again.cached
        assert again.program is first.program
        assert (again.log, again.wall_ms) == (first.log, first.wall_ms)
        assert "unused" in again.log
        assert execute(other, again.program, None, LIMITS).exit_code == 3
        assert not compiled(other, "c", file, source("int unused;", "other.c")).cached


def test_the_precompiled_header_is_used(claim):
    """With it, the whole standard library costs a fraction; the image's own build proves it, this that flags agree."""
    noisy = replace(LANGUAGES["cpp"], flags=(*LANGUAGES["cpp"].flags, "-H", "-Winvalid-pch"))
    result = compile_program(claim, noisy, (source("#include <bits/stdc++.h>\nint main() {}", "a.cpp"),))
    assert result.ok
    assert result.log.startswith("! /judge/pch/cpp/bits/stdc++.h.gch")


def test_several_files_make_one_program(claim):
    header = source("long add(long, long);", "add.h")
    part = source('#include "add.h"\nlong add(long a, long b) { return a + b; }', "add.cpp")
    main = source('#include <iostream>\n#include "add.h"\nint main() { long a, b; std::cin >> a >> b; std::cout << add(a, b); }', "main.cpp")  # fmt: skip
    result = compiled(claim, "cpp", header, part, main)
    assert result.ok, result.log
    assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == b"7"

    library = source("def add(a, b):\n    return a + b\n", "library.py")
    script = source("from library import add\nprint(add(*map(int, input().split())))", "start.py")
    for entry, expected in (("start.py", b"7\n"), (None, b"")):
        result = compiled(claim, "python3", library, script, entry_point=entry)
        assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == expected


@pytest.mark.parametrize(
    ("name", "class_name", "entry"),
    [("Main.java", "Main", None), ("Adder.java", "Adder", None), ("whatever.java", "Hidden", None), ("Main.java", "Other", "Other"), ("Main.java", "$Odd$1", "$Odd$1")],
)  # fmt: skip
def test_java_finds_its_main_class(claim, name, class_name, entry):
    text = JAVA.format(class_name)
    if class_name != name.removesuffix(".java"):
        text = text.replace("public class", "class Helper {} class")
    program = built(claim, source(text, name), LANGUAGES["java"], entry_point=entry)
    assert execute(claim, program, INPUT, ROOMY).stdout.bytes() == b"7\n"


def test_names_that_no_command_line_holds_are_refused(claim):
    long = "/".join(["x" * 120] * 8)
    result = compiled(claim, "c", SUM, *(source("", f"{long}/{number}.c") for number in range(90)))
    assert (result.ok, result.why) == (False, "refused")
    assert "names" in result.log


def test_a_source_with_a_name_twice_is_refused(claim):
    result = compiled(claim, "c", SUM, FileData(SUM.name, b"int x;"))
    assert not result.ok


def test_a_compilation_whose_container_fails_is_done_again_and_the_slots_canary_is_due(claim, monkeypatch):
    counted = failed("work")
    real = Workshop.run
    claim.pool.failed.clear()

    def fails_once(shop, *_):
        monkeypatch.setattr(Workshop, "run", real)
        shop._sandbox.close()
        raise SandboxError("the runner has gone")

    monkeypatch.setattr(Workshop, "run", fails_once)
    fresh = FileData("a.c", f"int main(void) {{ return 0; }} // {os.getpid()}\n".encode())
    assert compile_program(claim, LANGUAGES["c"], (fresh,)).ok
    assert (failed("work"), claim.pool.failed) == (counted + 1, {0})
