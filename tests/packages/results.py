"""What came of a package, in the words of the corpus."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from judge.execute import execute
from judge.pipeline import Judge
from judge.sandbox import Limits
from judge.verify import DataReport, SubmissionReport, TimeReport, verify
from packages.grading import steps
from packages.model import ProblemPackage
from packages.read import read_package
from tests.judge.programs import built, source

__all__ = ["verified"]

SLOTS = 2
"""Both are busy while there is more than one thing to judge."""

SPINNER = "#include <time.h>\nint main(void) { while (clock() < CLOCKS_PER_SEC / 2) {} return 0; }\n"
"""It ends by itself: its container is clean, and is used again at once."""

SPIN = Limits(cpu_ms=5000, wall_ms=60_000, memory_mib=64, output_bytes=1 << 10)


def verified(judge: Judge, root: Path, *, busy: bool = False) -> tuple[dict[str, str], list[str]]:
    """What every submission of a package gets, as build.Made has it, and all that is wrong with the package.

    *busy*: a package of one submission, which would leave a slot idle, has one slot, and the other runs a spinner.
    """
    package = read_package(root)
    if busy and len(package.submissions) == 1:
        with _spinning(judge, SLOTS - 1):
            return _verified(judge, package, SLOTS - 1)
    return _verified(judge, package, SLOTS)


def _verified(judge: Judge, package: ProblemPackage, slots: int) -> tuple[dict[str, str], list[str]]:
    results, faults = {}, []
    for report in verify(judge, package, slots):
        if isinstance(report, SubmissionReport):
            results[report.submission.name] = _got(package, report)
            faults += [f"{report.submission.name}: {fault}" for fault in report.faults]
        elif isinstance(report, DataReport | TimeReport):
            faults += report.faults
    return results, faults


@contextmanager
def _spinning(judge: Judge, slot: int) -> Iterator[None]:
    """A program that takes all of the slot's core, run after run until the end; each is measured as it should be."""
    begun, stop = threading.Event(), threading.Event()

    def spin() -> None:
        try:
            with judge.pool.claim(slot) as claim:
                program = built(claim, source(SPINNER))
                while not stop.is_set():
                    begun.set()
                    measured = execute(claim, program, None, SPIN)
                    with closing(measured.stdout):
                        assert (measured.exit_code, measured.cpu_exceeded) == (0, False), measured
        finally:
            begun.set()

    with ThreadPoolExecutor(1) as thread:
        spun = thread.submit(spin)
        begun.wait()
        try:
            yield
        finally:
            stop.set()
        spun.result()


def _got(package: ProblemPackage, report: SubmissionReport) -> str:
    outcome = report.outcome
    if outcome is None:
        return report.state
    verdicts = {run.test: run.verdict for run in outcome.runs}
    listed = [] if outcome.verdict in ("CE", "CTL") else [verdicts.get(step.name, "-") for step in steps(package)]
    score = f" {float(outcome.score):g}" if outcome.score is not None else ""
    return f"{outcome.verdict}{score}: {' '.join(listed)}".strip()
