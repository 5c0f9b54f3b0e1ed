"""The canary: a program whose result, memory and CPU time are known, run where submissions run."""

from __future__ import annotations

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Gauge

from judge.baseline import Baseline
from judge.blob import Blob
from judge.compile import compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.pool import Pool
from judge.sandbox import Measured
from judge.shapes import USUAL_LIMITS
from judge.standing import Standing
from judge.verdict import of_run
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError

__all__ = ["Canary", "answer", "wrong"]

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
"""How long a slot is idle before its canary is run again: it costs a tenth of a second of its core."""

AGAIN_S: Final = (5.0, 300.0)
"""First and longest pause before a sick host tries again: an engine that restarts is well soon, a bad disk is not."""

SLOWDOWN = Gauge("podium_judge_canary_slowdown", "CPU time of a slot's last canary by the best of its core", ["slot"])

SLOWER: Final = 2.0
"""So many times its core's best CPU time are wrong: a busy neighbour costs some 10 %, a throttled core several times."""

DRIFT: Final = 1.25
"""A core that is slower than this by each of its last canaries is told of: verdicts near a limit change before SLOWER."""

_LAST: Final = 5
"""Canaries of a slot, some minutes."""

_TIMES: Final = 3
"""The smallest CPU time of so many runs counts."""

_ROUNDS: Final = 30_000_000
_LEAST_MS: Final = 5
"""Its rounds wait for each other, three cycles each at the least: no processor has 18 GHz."""

_TOUCHED_MIB: Final = 16
_RUNTIME_MIB: Final = 8
"""What a C program may have beside what it touches: 2 MiB here, other systems' libraries are larger."""

_FACTOR: Final = 6364136223846793005
_INCREMENT: Final = 1442695040888963407
_SOURCE: Final = f"""
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {{
    unsigned long long x;
    unsigned char *touched = malloc({_TOUCHED_MIB << 20});
    if (touched == NULL || scanf("%llu", &x) != 1) return 1;
    memset(touched, (int)(x & 127), {_TOUCHED_MIB << 20});
    for (int i = 0; i < {_ROUNDS}; i++) x = x * {_FACTOR}ULL + {_INCREMENT}ULL;
    printf("%llu %d\\n", x, touched[x % {_TOUCHED_MIB << 20}]);
    return 0;
}}
"""


def answer(seed: int) -> str:
    """What the canary prints for a seed, worked out another way. Pure."""
    factor, increment, total = _FACTOR, _INCREMENT, (1, 0)
    rounds = _ROUNDS
    while rounds:
        if rounds & 1:
            total = (total[0] * factor, total[1] * factor + increment)
        factor, increment = factor * factor, increment * factor + increment
        factor, increment = factor % 2**64, increment % 2**64
        total = (total[0] % 2**64, total[1] % 2**64)
        rounds >>= 1
    return f"{(seed * total[0] + total[1]) % 2**64} {seed & 127}\n"


def wrong(measured: Measured, output: bytes, seed: int) -> str:
    """What is wrong with a run of the canary, slowness aside; empty: nothing. Pure."""
    if (verdict := of_run(measured)) is not None:
        return f"its verdict is {verdict} (exit code {measured.exit_code}, signal {measured.signal})"
    if output != answer(seed).encode():
        return f"it printed {output[:100]!r} instead of {answer(seed).encode()!r}"
    if not _TOUCHED_MIB << 10 <= measured.memory_kib <= (_TOUCHED_MIB + _RUNTIME_MIB) << 10:
        return f"its memory was measured as {measured.memory_kib} KiB; it touches {_TOUCHED_MIB} MiB"
    if measured.cpu_ms < _LEAST_MS:
        return f"its CPU time was measured as {measured.cpu_ms} ms; it cannot do without {_LEAST_MS}"
    return ""


@dataclass(slots=True)
class _Bird:
    """What is known of one slot's canary: its last CPU times, and when it is due."""

    last: deque[int] = field(default_factory=lambda: deque(maxlen=_LAST))
    due: float = 0.0
    pause: float = AGAIN_S[0]
    sick: bool = False
    slow: bool = False


@dataclass(slots=True)
class Canary:
    """Runs the canary in a slot's containers, on that slot's thread. One that goes wrong twice makes the host sick.

    A sick host tries again, more and more seldom, and is well when the canary is right again. Its CPU time is compared with
    the best that its core has ever had, on this host and before its last start too: a first time that was noisy is put
    right by the next quiet one, and a core that becomes slower little by little does not take the measure along.
    """

    pool: Pool
    standing: Standing
    baseline: Baseline
    now: Callable[[], float] = time.monotonic
    _birds: dict[int, _Bird] = field(default_factory=dict)

    def rest(self, slot: int) -> None:
        """The slot has nothing to do: run the canary if it is due, which it is before the slot's first task.

        So it is when a container has failed since, though what it did went well in another one.
        """
        if slot in self.pool.failed or self.now() >= self._birds.setdefault(slot, _Bird()).due:
            self.check(slot)

    def check(self, slot: int) -> None:
        """Run the canary now, and say how the host stands."""
        bird = self._birds.setdefault(slot, _Bird())
        try:
            why = self._try(slot, bird) and self._try(slot, bird)
        except DependencyError as error:
            log.warning("slot %d: no canary: %s", slot, error)
            bird.sick, bird.due = True, self.now() + AGAIN_S[0]
            self.standing.sick(slot, f"the canary cannot run: {error}")  # as no task could: others take them
            return
        finally:
            self.pool.failed.discard(slot)  # the canary's own are no reason for another canary
        if not why:
            if bird.sick:
                log.info("slot %d: the canary is right again", slot)
            bird.sick, bird.pause, bird.due = False, AGAIN_S[0], self.now() + EVERY_S
        else:
            log.error("slot %d: %s; this host takes no tasks, and tries again in %.0f s", slot, why, bird.pause)
            bird.sick, bird.due = True, self.now() + bird.pause
            bird.pause = min(2 * bird.pause, AGAIN_S[1])
        self.standing.sick(slot, why)

    def _try(self, slot: int, bird: _Bird) -> str:
        """What goes wrong with the canary; empty: nothing.

        Raises:
            DependencyError: when the container engine does not answer.
        """
        core = self.pool.core(slot)
        best, times = self.baseline.best(core), []
        self.pool.failed.discard(slot)
        try:
            for _ in range(_TIMES):
                cpu_ms, why = self._run(slot)
                if slot in self.pool.failed:
                    why = why or "one of its containers failed, though its result is right"
                if why:
                    return f"the canary goes wrong: {why}"
                times.append(cpu_ms)
                if best and cpu_ms <= SLOWER * best:
                    break
        except JudgeError as error:
            return f"the canary goes wrong: {error}"
        self.baseline.note(core, min(times))
        self._drifts(slot, bird, min(times), self.baseline.best(core))
        if best and min(times) > SLOWER * best:
            return f"the canary takes {min(times)} ms of CPU time instead of {best} ms: core {core} has become slow"
        return ""

    def _drifts(self, slot: int, bird: _Bird, cpu_ms: int, best_ms: int) -> None:
        """Note a time, and say once that the core is slower than it was, or is no more."""
        SLOWDOWN.labels(slot).set(cpu_ms / best_ms)
        bird.last.append(cpu_ms)
        slow = len(bird.last) == _LAST and min(bird.last) > DRIFT * best_ms
        if slow and not bird.slow:
            log.warning("slot %d: its core becomes slow: the canary takes %d ms, and took %d ms", slot, cpu_ms, best_ms)
        bird.slow = slow

    def _run(self, slot: int) -> tuple[int, str]:
        seed = secrets.randbits(63)
        with self.pool.claim(slot) as claim:
            built = compile_program(claim, LANGUAGES["c"], (FileData("canary.c", _SOURCE.encode()),))
            if built.program is None:
                return 0, f"it does not compile: {built.log[:200]}"
            measured = execute(claim, built.program, Blob.sealed(f"{seed}\n".encode()), USUAL_LIMITS)
            output = measured.stdout.read(4096)
            measured.stdout.close()
        return measured.cpu_ms, wrong(measured, output, seed)
