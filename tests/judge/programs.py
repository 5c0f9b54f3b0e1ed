"""Compiling and running small programs in a claim's containers, for the tests of the sandbox."""

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from prometheus_client import REGISTRY

from judge.blob import Blob
from judge.compile import Compiled, Program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES, language_of
from judge.sandbox import FEEDBACK, PROGRAM, Limits, Sandbox
from judge.verdict import of_run
from schemas.definition import FileData
from tests.wait import until

ATTACKS = Path(__file__).with_name("attacks")

SUM = FileData(
    "sum.c", b'#include <stdio.h>\nint main(void) { long a, b; scanf("%ld %ld", &a, &b); printf("%ld\\n", a + b); }\n'
)
INPUT = Blob.sealed(b"3 4\n")
LIMITS = Limits(cpu_ms=300, wall_ms=1500, memory_mib=64, output_bytes=1 << 20)

_numbers = itertools.count()

MANY = replace(LANGUAGES["c"], processes=64)
"""C, for programs that need more than one process to do harm."""


def built(claim, file, language=None, **named) -> Program:
    result = compile_program(claim, language or language_of([file.name]), (file,), **named)
    assert result.ok, result.log
    return result.program


def source(text: str, name: str = "main.c") -> FileData:
    return FileData(name, text.encode())


def attacker(claim, name, *, many=False) -> Program:
    return built(claim, FileData(name, (ATTACKS / name).read_bytes()), MANY if many else None)


def attack(claim, name, *, many=False, stdin=INPUT, limits=LIMITS):
    """What came of one run of an attack, which may write files as well."""
    return execute(claim, attacker(claim, name, many=many), stdin, limits, read_only=False)


def still_right(claim) -> bool:
    """Whether an honest program is judged as it should be."""
    measured = execute(claim, built(claim, SUM), INPUT, LIMITS)
    exceeded = measured.cpu_exceeded or measured.wall_exceeded or measured.memory_exceeded or measured.output_exceeded
    return measured.stdout.bytes() == b"7\n" and measured.exit_code == 0 and not exceeded and measured.memory_kib < 4096


def failed(when: str, slot=0) -> float:
    """How many of a slot's containers have failed so far."""
    return REGISTRY.get_sample_value("podium_judge_containers_failed_total", {"slot": str(slot), "when": when}) or 0


@dataclass(frozen=True)
class Inventory:
    """How a program finds its container: what is there and how it is itself, a line each; and what memory is in use.

    Of a container in which nothing hostile has run, also what CPU time an honest run and an honest compilation take.
    """

    lines: tuple[str, ...]
    used_kib: int
    kernel_kib: int
    run_ms: int = 0
    compile_ms: int = 0


def inventory(claim, sandbox: Sandbox) -> Inventory:
    """Look at a container from inside, whatever its role. Nothing else may be under way in it."""
    program = built(claim, FileData("inventory.c", (ATTACKS / "inventory.c").read_bytes()))
    out, null = Blob.output(), os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    sandbox.take_back(FEEDBACK)  # as before any run that is given none
    sandbox.fill(PROGRAM, program.files)
    ran = sandbox.run(
        [f"{PROGRAM}/{program.files[0][0]}"],
        (null, out.fd, out.fd),
        cpu_ms=5000,
        wall_ms=20000,
        file_bytes=1 << 20,
        stack_bytes=1 << 20,
        processes=4,
        folder=PROGRAM,
    )
    os.close(null)
    assert ran.exit_code == 0
    *lines, memory = out.bytes().decode().splitlines()
    return Inventory(tuple(lines), *map(int, memory.split()))


def serve_the_next(sandbox: Sandbox, uid: int = 59_999) -> None:
    """Make a container serve another submission, as the pool does with a clean one, although this one is suspect."""
    sandbox.suspect = ""
    assert sandbox.clean(), sandbox.suspect
    sandbox.prepare(uid)


@contextmanager
def serving(sandbox: Sandbox):
    """It serves another submission, although the memory of that one's run might not show in it."""
    serve_the_next(sandbox)
    sandbox.shows = lambda *_: True
    yield
    del sandbox.shows


def contained(claim, untouched: Inventory, before: Sandbox, language=LANGUAGES["c"], **how) -> None:
    """Nothing is left in a container, and the next submission in it, under another user, is judged as in a new one.

    A judge would throw most of these containers away: that nothing is left is a wall of its own.
    """
    left = given_back(claim, before, untouched)
    with serving(before):
        honest = as_quick(lambda: execute(claim, built(claim, SUM, language), INPUT, LIMITS, **how), untouched.run_ms)
    assert claim.held[-1] is before
    assert (of_run(honest), honest.stdout.bytes()) == (None, b"7\n")
    assert honest.memory_kib < 4096
    for now in (left, given_back(claim, before, untouched)):
        as_new(now, untouched)


def next_compiled(claim, untouched: Inventory, shop: Sandbox, memory_mib=2048) -> None:
    """Nothing is left where a hostile source was compiled, and the next one is compiled there as in a new container.

    It takes no more CPU time than it needs, and the program is right.
    """
    left = given_back(claim, shop, untouched)
    with serving(shop):
        honest = as_quick(lambda: compiled_anew(claim, memory_mib=memory_mib), untouched.compile_ms)
    assert shop in claim.held
    assert (honest.ok, honest.log, honest.cached) == (True, "", False)
    for now in (left, given_back(claim, shop, untouched)):
        as_new(now, untouched)
    assert execute(claim, honest.program, INPUT, LIMITS).stdout.bytes() == b"7\n"


def compiled_anew(claim, **how) -> Compiled:
    """What came of an honest source that nobody has compiled yet."""
    return compile_program(
        claim, LANGUAGES["c"], (FileData(SUM.name, SUM.data + f"// {next(_numbers)}\n".encode()),), **how
    )


def as_quick(act, usual_ms: int):
    """What came of something honest, which takes about the CPU time that is usual: the best of three, others work here, too.

    What an attack has left behind may hurt the first try alone, so that one is bounded as well.
    """
    done = act()
    assert done.cpu_ms <= 10 * usual_ms + 50, f"the first takes {done.cpu_ms} ms of CPU time instead of {usual_ms}"
    for _ in range(2):
        if done.cpu_ms <= 3 * usual_ms + 10:
            break
        done = act()
    assert done.cpu_ms <= 3 * usual_ms + 10, f"{done.cpu_ms} ms of CPU time instead of {usual_ms}"
    return done


def given_back(claim, sandbox: Sandbox, untouched: Inventory) -> Inventory:
    """What is in a container once the kernel, which frees late, has got back what ended processes held."""
    return until(
        lambda: now if _given_back(now := inventory(claim, sandbox), untouched) else None,
        10,
        "the memory is given back",
    )


def _given_back(now: Inventory, untouched: Inventory) -> bool:
    return now.used_kib < untouched.used_kib + 2048 and now.kernel_kib < untouched.kernel_kib + 8192


def as_new(now: Inventory, untouched: Inventory) -> None:
    """Nothing is left, but for what the kernel keeps for itself."""
    assert now.lines == untouched.lines
    assert _given_back(now, untouched)
