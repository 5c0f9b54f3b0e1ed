"""A submission through the judge: compile, run the tests in order, validate each output, and what came of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from judge.blob import Blob
from judge.compile import Program, compile_program
from judge.execute import execute
from judge.languages import LANGUAGES
from judge.pool import Claim, Pool
from judge.sandbox import Limits, Measured
from judge.validators import Checked, compare
from judge.verdict import Opinion, better, borderline, first_rejected, of_compilation, of_run
from packages import model
from packages.flags import Flags
from packages.model import ProblemPackage, TestCase
from schemas.definition import FileData
from schemas.errors import DependencyError, JudgeError

__all__ = ["Judge", "Outcome", "TestRun"]

_JURY: Final = "feedback/judgemessage.txt"
_TEAM: Final = "feedback/teammessage.txt"
_MESSAGE_BYTES: Final = 4096
"""Of a validator's message that are kept: it is untrusted text for people."""

_KEPT_BYTES: Final = 512 << 20
"""Sealed inputs and answers that are kept for the next submission to the same problem."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test of a submission: its place in the format's order (from 1), precise verdict, measurements.

    The messages are the output validator's, for the jury and for the team: untrusted text.
    """

    __test__ = False  # pytest takes classes that begin so for its own

    ordinal: int
    test: str
    verdict: str
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    message: str = ""
    team_message: str = ""


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
    _blobs: OrderedDict[tuple[str, str], Blob] = field(default_factory=OrderedDict)
    _kept: int = 0
    """Bytes of the blobs, which are sealed: their sizes never change."""
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
            DependencyError: when the container engine does not answer, or the package's files have gone.
        """
        known = LANGUAGES.get(language)
        if known is None:
            raise JudgeError(f"this judge has no language {language!r}")
        size = sum(len(file.data) for file in files)
        if size > package.limits.code_kib << 10:
            return Outcome("CE", (), f"The sources have {size} bytes; the limit is {package.limits.code_kib} KiB.")
        limits = limits or Limits.of_problem(
            package.limits.time_limit_ms, package.limits.memory_mib, package.limits.output_mib
        )
        with self.pool.claim(slot) as claim:
            built = compile_program(claim, known, files, entry_point)
            rejected = of_compilation(ok=built.ok)
            if rejected is not None or built.program is None:
                return Outcome(rejected or "CE", (), built.log, built.wall_ms)
            validators = [self.build(claim, validator) for validator in package.validators]
            runs = []
            for run in self._runs(claim, package, built.program, limits, validators):
                runs.append(run)
                on_run(run)
                if run.verdict != "AC" and not all_tests:
                    break
        return Outcome(first_rejected(run.verdict for run in runs), tuple(runs), built.log, built.wall_ms)

    def build(self, claim: Claim, program: model.Program) -> Program:
        """A program of the jury's, compiled once a revision by the compiler's cache.

        Raises:
            JudgeError: when it does not compile, or cannot be run here.
            DependencyError: when its files have gone, or the container engine does not answer.
        """
        known = LANGUAGES.get(program.language)
        if known is None:
            raise JudgeError(f"{program.name}: this judge has no language {program.language!r}")
        try:
            sources = program.sources()
        except OSError as error:
            raise DependencyError(f"{program.name}: cannot be read: {error}") from error
        built = compile_program(claim, known, sources, program.entry_point)
        if built.program is None:
            raise JudgeError(f"{program.name}: a program of the jury does not compile: {built.log[:500]}")
        return built.program

    def check(
        self, claim: Claim, package: ProblemPackage, case: TestCase, output: Blob, validators: Sequence[Program]
    ) -> Checked:
        """What the package's validators, or without any the default one, say of an output. The first to reject counts.

        Raises:
            JudgeError: when a validator answers neither 42 nor 43, or exceeds what it is allowed.
            DependencyError: when the package's files have gone.
        """
        answer = self.blob(package, case.answer)
        if not validators:
            return compare(answer, output, Flags.parse(case.validator_args))
        messages, team_messages = [], []
        opinion = Opinion.ACCEPTED
        for validator in validators:
            said = execute(
                claim,
                validator,
                output,
                _validation_limits(package),
                role="validator",
                args=("/proc/self/fd/3", "/proc/self/fd/4", "feedback/", *case.validator_args),
                inputs=(self.blob(package, case.input), answer),
                directories=("feedback",),
                fetch=(_JURY, _TEAM),
            )
            opinion = _opinion(case, said)
            said.stdout.close()
            messages.append(_text(said.files.get(_JURY, b"")))
            team_messages.append(_text(said.files.get(_TEAM, b"")))
            if opinion is Opinion.REJECTED:
                break
        return Checked(opinion, "".join(messages), "".join(team_messages))

    def blob(self, package: ProblemPackage, path: Path) -> Blob:
        """A file of the package as a sealed blob, kept while there is room.

        Raises:
            DependencyError: when the file has gone.
        """
        key = (package.digest, str(path))
        with self._lock:
            if key in self._blobs:
                self._blobs.move_to_end(key)
                return self._blobs[key]
        try:
            blob = Blob.from_file(path)
        except OSError as error:
            raise DependencyError(f"{package.short_name}: {path.name}: cannot be read: {error}") from error
        with self._lock:
            if key in self._blobs:  # another slot was quicker
                return self._blobs[key]
            self._blobs[key] = blob
            self._kept += blob.size
            while (self._kept > _KEPT_BYTES or len(self._blobs) > self.pool.files // 2) and len(self._blobs) > 1:
                _, gone = self._blobs.popitem(last=False)  # it closes with its last user
                self._kept -= gone.size
            return blob

    def _runs(
        self, claim: Claim, package: ProblemPackage, program: Program, limits: Limits, validators: Sequence[Program]
    ) -> Iterator[TestRun]:
        for ordinal, case in enumerate(package.test_cases, 1):
            stdin = self.blob(package, case.input)
            measured = execute(claim, program, stdin, limits, args=case.args)
            if borderline(measured, limits):
                again = execute(claim, program, stdin, limits, args=case.args)
                kept = better(measured, again)
                (again if kept is measured else measured).stdout.close()
                measured = kept
            verdict, said = of_run(measured), Checked(Opinion.ACCEPTED)
            if verdict is None:
                said = self.check(claim, package, case, measured.stdout, validators)
                verdict = "AC" if said.opinion is Opinion.ACCEPTED else "WA"
            measured.stdout.close()  # at once: its pages are charged to the next run's memory
            yield TestRun(
                ordinal=ordinal,
                test=case.name,
                verdict=verdict,
                cpu_ms=measured.cpu_ms,
                wall_ms=measured.wall_ms,
                memory_kib=measured.memory_kib,
                message=said.message,
                team_message=said.team_message,
            )


def _validation_limits(package: ProblemPackage) -> Limits:
    return Limits(
        cpu_ms=package.limits.validation_time_s * 1000,
        # a validator waits for nothing: twice its CPU time is a stuck one
        wall_ms=package.limits.validation_time_s * 2000,
        memory_mib=package.limits.validation_memory_mib,
        output_bytes=package.limits.validation_output_mib << 20,
    )


def _opinion(case: TestCase, said: Measured) -> Opinion:
    """42 accepts, 43 rejects; all else is the jury's fault."""
    fault = of_run(replace(said, exit_code=0, signal=None))
    if fault is None and said.exit_code in (42, 43):
        return Opinion(said.exit_code)
    how = fault or (f"signal {said.signal}" if said.signal is not None else f"exit code {said.exit_code}")
    raise JudgeError(f"{case.name}: the output validator failed ({how}): {_text(said.stderr)[:500]}")


def _text(data: bytes) -> str:
    return data[:_MESSAGE_BYTES].decode("utf-8", "backslashreplace")
