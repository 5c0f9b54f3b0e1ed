"""A round trip between a submission and its validator, each in its container, against two processes with bare pipes."""

from __future__ import annotations

from typing import Final

from bench.bare import Bare, compiled, room
from bench.measure import Result, alternate, result
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.execute import VALIDATOR_ARGS
from judge.interact import interact
from judge.sandbox import Limits
from judge.verdict import of_interaction

__all__ = ["run"]

ROUNDS: Final = 20_000
"""Of 8 bytes there and 8 back."""

LIMITS: Final = Limits(cpu_ms=20_000, wall_ms=20_000, memory_mib=256, output_bytes=8 << 20)

SOURCE: Final = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static char text[8] = "1234567\n";
static void echo(int in, int out)
{
	while (read(in, text, 8) == 8)
		if (write(out, text, 8) != 8)
			exit(1);
}
/* Microseconds of a round trip, on stderr. */
static void serve(int in, int out, int rounds)
{
	struct timespec begun, ended;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (int i = 0; i < rounds; i++)
		if (write(out, text, 8) != 8 || read(in, text, 8) != 8)
			exit(1);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	fprintf(stderr, "%f", ((ended.tv_sec - begun.tv_sec) * 1e9 + (ended.tv_nsec - begun.tv_nsec)) / 1e3 / rounds);
}
int main(int argc, char **argv)
{
	int rounds = atoi(argv[argc - 1]), there[2], back[2];
	if (strcmp(argv[argc - 2], "echo") == 0) {
		echo(0, 1);
	} else if (strcmp(argv[argc - 2], "serve") == 0) {
		serve(0, 1, rounds);
		return 42;
	} else {
		if (pipe(there) < 0 || pipe(back) < 0)
			return 1;
		if (fork() == 0) {
			close(there[1]);
			echo(there[0], back[1]);
			return 0;
		}
		serve(back[0], there[1], rounds);
	}
	return 0;
}
"""


def ours(claim: Claim, program: Program) -> float:
    """Microseconds of a round trip through the sandbox."""
    done = interact(
        claim,
        program,
        program,
        LIMITS,
        LIMITS,
        args=("echo", "0"),
        validator_args=(*VALIDATOR_ARGS, "serve", str(ROUNDS)),
        inputs=(Blob.sealed(b""), Blob.sealed(b"")),
    )
    assert of_interaction(done) == "AC", done
    return float(done.validator.stderr)


def run() -> list[Result]:
    """The round trip, against the same program's two processes in one plain container on the same core."""
    with room() as here, here.pool.claim(0) as claim:
        (bare,) = here.bare
        program = compiled(claim, SOURCE, "c")
        _put(bare)
        sandboxed, plain = alternate(
            lambda: ours(claim, program), lambda: float(bare.shell("sh", "-c", f"/w/talk bare {ROUNDS} 2>&1")), 7
        )
    return [result("judge: interactive round trip", "us", sandboxed, baseline=plain, bar=1.5, aim=1.4)]


def _put(bare: Bare) -> None:
    bare.shell("sh", "-c", f"cat > /w/talk.c <<'END'\n{SOURCE}\nEND\ngcc -O2 -std=gnu17 -w -o /w/talk /w/talk.c")
