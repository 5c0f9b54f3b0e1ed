"""Hostile sources: what they do to a compiler has a name, and the next submission is compiled as in a new container."""

import pytest

from judge.compile import build_program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.sandbox import Limits
from judge.verdict import of_compilation
from schemas.definition import FileData
from tests.judge.programs import (
    ATTACKS,
    INPUT,
    as_new,
    given_back,
    inventory,
    next_compiled,
    serve_the_next,
    source,
    still_right,
)

MEMORY_MIB = 512
CPU_S = 1
ROOMY = Limits(cpu_ms=5000, wall_ms=20000, memory_mib=256, output_bytes=1 << 20)


@pytest.fixture(autouse=True)
def honest_afterwards(pool):
    """After each attack the next submission in the same slot is judged rightly."""
    yield
    with pool.claim(0) as claim:
        assert still_right(claim)


TYPES = """template<int N, int M> struct F { enum { v = F<N - 1, 2 * M>::v + F<N - 1, 2 * M + 1>::v }; };
template<int M> struct F<0, M> { enum { v = 1 }; }; int main() { return F<28, 0>::v; }"""
STEPS = """constexpr long f() { long n = 0; for (long i = 0; i < 1L << 60; i++) n ^= i; return n; }
static_assert(f() == 0);"""
DEPTH = "template<int N> struct F { static const int v = F<N + 1>::v; }; int x = F<0>::v;"
WORDS = "".join(f"#define A{n} {f'A{n + 1} ' * 4}\n" for n in range(20)) + "#define A20 1,\nint x[] = { A0 };"
TOO_MUCH = ("time", "memory")
TWICE = '#![recursion_limit = "60000"]\nmacro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*) } }\nm!(x);\nfn main() {}'
FOR_EVER = 'const N: u64 = { let mut n = 0; while n < u64::MAX { n += 1 } n };\nfn main() { println!("{}", N); }'
MACRO = """#![crate_type = "proc-macro"]
extern crate proc_macro;
#[proc_macro] pub fn run(_: proc_macro::TokenStream) -> proc_macro::TokenStream { println!("it runs"); panic!() }
run!();"""
STRINGS = (
    'const val s0 = "x"\n'
    + "".join(f"const val s{n + 1} = s{n} + s{n}\n" for n in range(40))
    + "fun main() = println(s40)"
)
"""A constant of a terabyte."""


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        pytest.param("c", '#include "/dev/random"\n', TOO_MUCH, id="noise without end"),
        pytest.param("c", '#include "/dev/zero"\n', TOO_MUCH, id="zeros without end"),
        pytest.param("c", WORDS, TOO_MUCH, id="macros that grow"),
        pytest.param("cpp", TYPES, TOO_MUCH, id="templates that grow"),
        pytest.param("c", '__asm__(".rept 1000000000\\n.quad 1\\n.endr");', (*TOO_MUCH, "output"), id="8 GB of data"),
        pytest.param("c", '__asm__(".fill 4294967296, 1, 1");', ("failed", "output"), id="4 GB of data"),
        pytest.param("cpp", STEPS, ("failed", "time"), id="a constant that takes for ever"),
        pytest.param("cpp", DEPTH, ("failed",), id="templates without end"),
        pytest.param("c", '#include "main.c"\n', ("failed",), id="itself"),
        pytest.param("c", '#include "/proc/1/environ"\n', ("failed",), id="the runner's environment"),
        pytest.param("c", '#include "/run/judge/runner"\n', ("failed",), id="the runner's socket"),
        pytest.param("c", '__asm__(".incbin \\"/proc/1/mem\\"");', ("failed",), id="the runner's memory"),
        pytest.param("python3", "(" * 100_000, ("failed",), id="deep brackets"),
        pytest.param("python3", "-" * 1_000_000 + "1", ("failed",), id="deep signs"),
        pytest.param("python3", "# coding: zlib\nx\n", ("failed",), id="a coding that unpacks"),
        pytest.param("rust", 'static X: &[u8] = include_bytes!("/dev/zero"); fn main() {}', TOO_MUCH, id="Rust: zeros without end"),
        pytest.param("rust", TWICE, TOO_MUCH, id="Rust: macros that grow"),
        pytest.param("rust", FOR_EVER, ("failed", "time"), id="Rust: a constant that takes for ever"),
        pytest.param("rust", "static X: [u8; 8 << 30] = [1; 8 << 30]; fn main() {}", (*TOO_MUCH, "failed", "output"), id="Rust: 8 GB of data"),
        pytest.param("rust", 'fn main() { print!("{}", include_str!("/proc/1/environ")); }', ("failed",), id="Rust: the runner's environment"),
        pytest.param("rust", MACRO, ("failed",), id="Rust: a macro that is a program"),
        pytest.param("go", "package main\nvar x = [1 << 27]int64{1<<27 - 1: 1}\nfunc main() { println(x[0]) }", (*TOO_MUCH, "output"), id="Go: 1 GB of data"),
        pytest.param("go", 'package main\nimport _ "embed"\n//go:embed /etc/passwd\nvar x string\nfunc main() { println(x) }', ("failed",), id="Go: files that are embedded"),
        pytest.param("go", 'package main\n/*\n#include "/etc/passwd"\n*/\nimport "C"\nfunc main() {}', ("failed",), id="Go: C inside it"),
        pytest.param("go", 'package main\n//go:cgo_ldflag "-Wl,--plugin=x.so"\nfunc main() {}', ("failed",), id="Go: options of the linker"),
    ],
)  # fmt: skip
def test_a_source_that_attacks_its_compiler_has_a_verdict_and_leaves_nothing(claim, untouched, language, text, why):
    """A compiler that is made to take all memory, time or disk, or is told to read what is not the team's."""
    file = source(text, f"main.{LANGUAGES[language].extensions[0]}")
    result = compile_program(claim, LANGUAGES[language], (file,), cpu_s=CPU_S, memory_mib=MEMORY_MIB)
    assert not result.ok
    assert result.why in why
    assert of_compilation(result.why) == ("CTL" if result.why == "time" else "CE")
    next_compiled(claim, untouched, claim.held[0], MEMORY_MIB)


@pytest.mark.long
@pytest.mark.timeout(600)  # on a busy machine a minute of CPU time takes several
@pytest.mark.parametrize(
    ("text", "cpu_s", "why"),
    [
        pytest.param(STRINGS, 20, (*TOO_MUCH, "failed"), id="a constant without end"),
        pytest.param(f"val x = {'(' * 100_000}1", 60, ("memory", "failed"), id="deep brackets"),
        pytest.param(
            f"val x = {' + '.join(['1'] * 60_000)}\nfun main() {{}}", 5, ("time", "memory", "failed"), id="a long sum"
        ),
    ],
)
def test_long_a_source_that_attacks_the_compiler_of_kotlin_has_a_verdict_and_leaves_nothing(
    claim, untouched, text, cpu_s, why
):
    """It has a heap of its own, which is half of the memory, so that it says itself that it has no more."""
    result = compile_program(claim, LANGUAGES["kotlin"], (source(text, "main.kt"),), cpu_s=cpu_s)
    assert (result.ok, result.why in why) == (False, True), (result.why, result.log[:1000])
    next_compiled(claim, untouched, claim.held[0])


def test_a_large_program_that_is_kept_takes_no_memory_of_the_next_compilation(claim, untouched):
    """Else a few of them, while they wait in the judge's cache, would make the next team's compiler fail."""
    text = "char big[50 << 20] = {1}; int main(void) { return 0; }"
    result = compile_program(claim, LANGUAGES["c"], (source(text),), memory_mib=MEMORY_MIB)
    assert result.ok
    assert result.program.files[0][1].size > 50 << 20
    next_compiled(claim, untouched, claim.held[0], MEMORY_MIB)


def files(*names: str) -> tuple[FileData, ...]:
    return tuple(FileData(name, (ATTACKS / name).read_bytes()) for name in names)


def script(*lines: str) -> FileData:
    return FileData("build", "\n".join(("#!/bin/sh", *lines, "")).encode())


RUN = FileData("run", b"#!/bin/sh\nread a b\necho $((a + b))\n")
ELSEWHERE = "mkdir ../x; cp * ../x; cd ../x;"


@pytest.mark.parametrize(
    ("parts", "act", "why"),
    [
        ("forbidden leave litter daemon", f"{ELSEWHERE} ./forbidden; ./leave; ./litter; ./daemon", ""),
        (
            "forbidden leave litter plugin",
            f"{ELSEWHERE} cc -w -shared -fPIC -o plugin.so plugin.c && cc -fplugin=./plugin.so -c -o leave.o leave.c",
            "",
        ),
        (
            "forbidden leave Processor",
            f"{ELSEWHERE} javac -d . Processor.java && javac -cp . -proc:only -processor Processor Processor.java",
            "",
        ),
        ("fork_bomb", "./fork_bomb", "time"),
        ("memory_bomb", "./memory_bomb", "memory"),
        ("output_flood", "./output_flood", "output"),
        ("disk_full", "mkdir x; cd x; ../disk_full", "failed"),
        ("", "(while :; do ln -sf /etc/shadow run; ln -sf /proc/1/environ run; done) & sleep 0.1", "failed"),
        ("", "rm run; ln -s /etc/shadow run", "failed"),
        ("", "rm run; mkfifo run; chmod 755 run", "failed"),
        ("", "touch \"$(printf 'x\\033[2J\\ny')\"", "failed"),
        ("", "truncate -s 40M a; truncate -s 40M b", "output"),
        ("", "i=0; while [ $i -lt 600 ]; do : >$i; i=$((i + 1)); done", "output"),
    ],
)
def test_code_that_runs_while_it_is_compiled_is_contained(claim, untouched, parts, act, why):
    """A plugin of the compiler, a macro that is a program, a build script: whatever runs there has the same walls.

    Of a submission in C, C++, Java or Python nothing runs there. By a jury's build script any code can.
    """
    sources = [f"{part}.java" if part[0].isupper() else f"{part}.c" for part in parts.split()]
    made = (f"cc -w -o {name[:-2]} {name} || exit 1" for name in sources if name.endswith(".c") and name != "plugin.c")
    given = (*files(*sources), script(*made, act), RUN)
    result = build_program(claim, given, cpu_s=1 if why == "time" else 20, memory_mib=MEMORY_MIB)
    assert (result.ok, result.why) == (not why, why), result.log
    if result.ok:
        inside = {f"the {part.lower()} runs" for part in ("plugin", "Processor") if part in parts}
        assert {line for line in result.log.splitlines() if "warning" not in line} == {"done"} | inside
        assert execute(claim, result.program, INPUT, ROOMY).stdout.bytes() == b"7\n"
    next_compiled(claim, untouched, claim.held[0], MEMORY_MIB)


def test_of_an_annotation_processor_in_java_nothing_runs(claim, untouched):
    """Neither as one source among others, nor named as a service beside them."""
    service = FileData("META-INF/services/javax.annotation.processing.Processor", b"Processor\n")
    annotated = source("@Deprecated public class Main { public static void main(String[] a) {} }", "Main.java")
    given = (annotated, *files("Processor.java"), service)
    result = compile_program(claim, LANGUAGES["java"], given, "Main")
    assert (result.ok, result.log) == (True, "")
    next_compiled(claim, untouched, claim.held[0])


@pytest.mark.parametrize("name", ["@options.c", "a b.c", "$(touch x).c", "`id`.c", "a;id.c", "*.c", "x\\ny.c"])
def test_a_name_of_a_source_is_a_name_and_nothing_else(claim, name):
    """Not a file of options, not a command of a shell, not a pattern; in Java neither."""
    text = "int main(void) { return 0; }"
    beside = FileData("options", b"--version\n")
    result = compile_program(claim, LANGUAGES["c"], (source(text, name), beside))
    assert (result.ok, result.log) == (True, "")
    said = compile_program(
        claim, LANGUAGES["java"], (source("-version", "@options.java"), source("class A {", "B.java"))
    ).log
    assert "error" in said
    assert "javac" not in said


@pytest.mark.parametrize("name", ["-fplugin=x.c", "../x.c", "x\n.c", "x\0.c", "a/-o.c", "/etc/x.c", "x\x1b[2J.c", ""])
def test_a_name_that_could_be_more_is_refused(claim, name):
    result = compile_program(claim, LANGUAGES["c"], (source("int main(void) { return 0; }", name),))
    assert (result.ok, result.why) == (False, "refused")
    assert "\x1b" not in result.log


BEGIN = {
    "perl": ("a.pl", "BEGIN { system('./none', '/bin/sh'); system('(sleep 1000 &) ; echo it runs; ls /w/src; cat /etc/shadow'); }\n"),
    "haskell": (
        "a.hs",
        """{-# LANGUAGE TemplateHaskell #-}
import Language.Haskell.TH
import System.Process
main = print $(runIO (callCommand "(sleep 1000 &) ; echo it runs; ls /w/src; cat /etc/shadow || true") >> [| 1 |])
""",
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(1800)  # the image may have to be built
@pytest.mark.parametrize("language", BEGIN)
def test_long_languages_whose_sources_run_while_they_are_compiled_have_the_same_walls(claim, language, extra_image):
    known = LANGUAGES[language]
    assert compile_program(claim, known, (source(known.example[1], known.example[0]),)).ok
    shop = claim.held[-1]
    before = inventory(claim, shop)
    name, text = BEGIN[language]
    result = compile_program(claim, known, (source(text, name),))
    assert "it runs" in result.log
    assert "Permission denied" in result.log
    assert shop.suspect == "a run left processes behind"
    as_new(given_back(claim, shop, before), before)
    serve_the_next(shop)
    fresh = FileData(known.example[0], known.example[1].encode() + b"\n")
    assert compile_program(claim, known, (fresh,)).ok
    assert shop in claim.held
    as_new(given_back(claim, shop, before), before)
