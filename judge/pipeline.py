"""A submission through the judge: compile, run the tests in order, validate each output, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from judge.blob import Blob
from judge.compile import Program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.pool import Claim, Pool
from judge.sandbox import Limits, Measured
from judge.validators import Checked, Flags, compare
from judge.verdict import Opinion, borderline, first_rejected, of_compilation, of_run
from packages.model import ProblemPackage, TestCase
from schemas.definition import FileData
from schemas.errors import JudgeError

__all__ = ["Judge", "Outcome", "TestRun"]

_FEEDBACK = ("feedback/judgemessage.txt", "feedback/teammessage.txt")
_MESSAGE = 4096
"""Characters of a validator's message that are kept: it is untrusted text for people."""

_KEPT_BYTES = 512 << 20
"""Sealed inputs and answers that are kept for the next submission to the same problem."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test of a submission: its place in the format's order (from 1), precise verdict, measurements."""

    __test__ = False  # pytest takes classes that begin so for its own

    ordinal: int
    test: str
    verdict: str
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submission: the precise verdict, the runs, what the compiler said."""

    verdict: str
    runs: tuple[TestRun, ...]
    compiler_output: str
    compile_ms: int = 0

    @property
    def max_cpu_ms(self) -> int:
        """The longest run's CPU time."""
        return max((run.cpu_ms for run in self.runs), default=0)

    @property
    def max_memory_kib(self) -> int:
        """The largest run's memory."""
        return max((run.memory_kib for run in self.runs), default=0)


@dataclass(slots=True)
class Judge:
    """Judges submissions in the containers of a pool. Safe in threads, one a slot."""

    pool: Pool
    _blobs: dict[tuple[str, str], Blob] = field(default_factory=dict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(
        self,
        slot: int,
        package: ProblemPackage,
        files: tuple[FileData, ...],
        language: str,
        *,
        entry_point: str | None = None,
        limits: Limits | None = None,
        all_tests: bool = False,
        on_run: Callable[[TestRun], None] = lambda _: None,
    ) -> Outcome:
        """Judge one submission in a slot's containers; stops at the first test that fails, unless *all_tests*.

        Args:
            slot: whose containers.
            package: the problem.
            files: the sources.
            language: the CLICS id.
            entry_point: as the team named it.
            limits: the contest's; the package's own by default.
            all_tests: run every test whatever comes.
            on_run: is told each run as it ends.

        Raises:
            JudgeError: when the judge, or the jury's validator, failed: never a verdict.
        """
        known = LANGUAGES.get(language)
        if known is None:
            raise JudgeError(f"this judge has no language {language!r}")
        limits = limits or Limits.of_problem(
            package.limits.time_limit_ms, package.limits.memory_mib, package.limits.output_mib
        )
        with self.pool.claim(slot) as claim:
            built = compile_program(claim, known, files, entry_point)
            rejected = of_compilation(ok=built.ok)
            if rejected is not None or built.program is None:
                return Outcome(rejected or "CE", (), built.log, built.wall_ms)
            validator = self._validator(claim, package)
            runs = []
            for run in self._runs(claim, package, built.program, limits, validator):
                runs.append(run)
                on_run(run)
                if run.verdict != "AC" and not all_tests:
                    break
        return Outcome(first_rejected(run.verdict for run in runs), tuple(runs), built.log, built.wall_ms)

    def _validator(self, claim: Claim, package: ProblemPackage) -> Program | None:
        """The package's own validator, compiled once a revision by the compiler's cache."""
        if package.validator is None or package.validator.language is None:
            return None
        sources = tuple(FileData(name, path.read_bytes()) for name, path in package.validator.files)
        built = compile_program(claim, LANGUAGES[package.validator.language], sources, package.validator.entry_point)
        if built.program is None:
            raise JudgeError(f"{package.validator.name}: the output validator does not compile: {built.log[:500]}")
        return built.program

    def _runs(
        self, claim: Claim, package: ProblemPackage, program: Program, limits: Limits, validator: Program | None
    ) -> Iterator[TestRun]:
        for ordinal, case in enumerate(package.test_cases, 1):
            stdin = self._blob(package.digest, case.input)
            measured = execute(claim, program, stdin, limits, args=case.args)
            if borderline(measured, limits):
                again = execute(claim, program, stdin, limits, args=case.args)
                measured = min(measured, again, key=lambda m: m.cpu_ms)
            verdict, message = of_run(measured), ""
            if verdict is None:
                checked = self._check(claim, package, case, measured, validator)
                verdict = "AC" if checked.opinion is Opinion.ACCEPTED else "WA"
                message = checked.message
            yield TestRun(ordinal, case.name, verdict, measured.cpu_ms, measured.wall_ms, measured.memory_kib, message)

    def _check(
        self, claim: Claim, package: ProblemPackage, case: TestCase, measured: Measured, validator: Program | None
    ) -> Checked:
        answer = self._blob(package.digest, case.answer)
        if validator is None:
            return compare(answer, measured.stdout, Flags.parse(case.validator_args))
        limits = Limits(
            cpu_ms=package.limits.validation_time_s * 1000,
            # a validator that waits for nothing needs no more wall time than this; a stuck one is a fault
            wall_ms=package.limits.validation_time_s * 2000,
            memory_mib=package.limits.validation_memory_mib,
            output_bytes=package.limits.validation_output_mib << 20,
        )
        said = execute(
            claim,
            validator,
            measured.stdout,
            limits,
            role="validator",
            args=("/proc/self/fd/3", "/proc/self/fd/4", "feedback/", *case.validator_args),
            inputs=(self._blob(package.digest, case.input), answer),
            directories=("feedback",),
            fetch=_FEEDBACK,
        )
        fault = of_run(replace(said, exit_code=0, signal=None))
        if fault is not None or said.exit_code not in (42, 43):
            how = fault or (f"signal {said.signal}" if said.signal is not None else f"exit code {said.exit_code}")
            text = said.stderr[:500].decode("utf-8", "backslashreplace")
            raise JudgeError(f"{case.name}: the output validator failed ({how}): {text}")
        message = said.files.get(_FEEDBACK[0], b"")[:_MESSAGE].decode("utf-8", "backslashreplace")
        return Checked(Opinion(said.exit_code), message)

    def _blob(self, digest: str, path: Path) -> Blob:
        """A file of the package as a sealed blob, kept while there is room."""
        key = (digest, str(path))
        with self._lock:
            blob = self._blobs.get(key)
            if blob is None:
                blob = Blob.from_file(path)
                if self._bytes + blob.size > _KEPT_BYTES:
                    self._blobs.clear()  # the descriptors close with their last user
                    self._bytes = 0
                self._blobs[key] = blob
                self._bytes += blob.size
            return blob
