"""Compiling and running small programs in a claim's containers, for the tests of the sandbox."""

from dataclasses import replace
from pathlib import Path

from judge.blob import Blob
from judge.compile import Program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES, language_of
from judge.sandbox import Limits
from schemas.definition import FileData

ATTACKS = Path(__file__).with_name("attacks")

SUM = FileData(
    "sum.c", b'#include <stdio.h>\nint main(void) { long a, b; scanf("%ld %ld", &a, &b); printf("%ld\\n", a + b); }\n'
)
INPUT = Blob.sealed(b"3 4\n")
LIMITS = Limits(cpu_ms=300, wall_ms=1500, memory_mib=64, output_bytes=1 << 20)

MANY = replace(LANGUAGES["c"], processes=64)
"""C, for programs that need more than one process to do harm."""


def built(claim, file, language=None, **named) -> Program:
    result = compile_program(claim, language or language_of([file.name]), (file,), **named)
    assert result.ok, result.log
    return result.program


def source(text: str, name: str = "main.c") -> FileData:
    return FileData(name, text.encode())


def attack(claim, name, *, many=False, stdin=INPUT, limits=LIMITS):
    """What came of one run of an attack, which may write files as well."""
    program = built(claim, FileData(name, (ATTACKS / name).read_bytes()), MANY if many else None)
    return execute(claim, program, stdin, limits, read_only=False)


def still_right(claim) -> bool:
    """Whether an honest program is judged as it should be."""
    measured = execute(claim, built(claim, SUM), INPUT, LIMITS)
    exceeded = measured.cpu_exceeded or measured.wall_exceeded or measured.memory_exceeded or measured.output_exceeded
    return measured.stdout.bytes() == b"7\n" and measured.exit_code == 0 and not exceeded and measured.memory_kib < 4096
