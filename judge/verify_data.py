"""A package's data put to its own validators: inputs to the input validators, known outputs to the output validators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from judge.claim import Claim
from judge.compile import Program
from judge.execute import execute
from judge.pipeline import Judge
from judge.sandbox import Limits
from judge.verdict import Opinion, of_run, validator_fault
from packages import model
from packages.model import DataCheck, ProblemPackage, TestCase
from schemas.errors import JudgeError

__all__ = ["DataReport", "check_data"]

_LIMITS: Final = Limits(cpu_ms=60_000, wall_ms=120_000, memory_mib=2048, output_bytes=8 << 20)
"""Of one run of an input validator: the format leaves them to the system, and test data is read but once here."""


@dataclass(frozen=True, slots=True)
class DataReport:
    """How many inputs and outputs were put to the package's own validators, what is wrong with them, and what may be."""

    checked: int
    faults: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An input validator's: "any other exit code means that the input file could not be confirmed as valid"."""

    validator: str
    code: int | None
    said: str


@dataclass(frozen=True, slots=True)
class _Bench:
    """A slot's containers with the package's validators in them."""

    judge: Judge
    claim: Claim
    package: ProblemPackage
    input_validators: tuple[tuple[str, Program], ...]
    output_validators: tuple[Program, ...]
    warnings: list[str] = field(default_factory=list)
    """What the checks have found that is no fault."""

    def checks(self) -> Iterator[Callable[[], str]]:
        """Each says what is wrong, or nothing."""
        for case in self.package.test_cases:
            yield partial(self._valid_input, case)
            if self._is_shown_output(case):
                yield partial(self._output, case, case.shown_answer, accepted=True)
        for check in self.package.checks:
            yield partial(self._kept, check)

    def _is_shown_output(self, case: TestCase) -> bool:
        """Whether what a team is shown as an output must pass as one: "Validation of shared test case files"."""
        package = self.package
        if package.format != "2025-09" or package.types & {"interactive", "multi-pass"} or case.interaction is not None:
            return False
        return case.shown_answer.suffix == ".out" or (case.sample and case.shown_answer.suffix == ".ans")

    def _kept(self, check: DataCheck) -> str:
        if check.output is None:
            return self._invalid_input(check.case) if self.input_validators else ""
        accepted = check.kind == "valid_output"
        return self._valid_input(check.case) or self._output(check.case, check.output, accepted=accepted)

    def _invalid_input(self, case: TestCase) -> str:
        refusal = self._refusal(case)
        if refusal is None:
            return f"{case.name}: no input validator rejects it"
        if refusal.code != 43:
            self.warnings.append(
                f"{case.name}: {refusal.validator} rejects it with exit code {refusal.code}, which may be a crash: 43 is none"
            )
        return ""

    def _valid_input(self, case: TestCase) -> str:
        refusal = self._refusal(case)
        if refusal is None:
            return ""
        return f"{case.name}: {refusal.validator} does not take the input (exit code {refusal.code}): {refusal.said}"

    def _refusal(self, case: TestCase) -> _Refusal | None:
        """That of the first input validator that does not take the input.

        Raises:
            JudgeError: when one failed: it met a limit, or was killed.
        """
        for name, program in self.input_validators:
            same = {file for file, _ in program.folder} & {file for file, _ in case.files}
            if same:
                raise JudgeError(f"{case.name}: {name} has a file {min(same)}, and so have the test case's files")
            said = execute(
                self.claim,
                program,
                self.judge.blob(self.package, case.input),
                _LIMITS,
                role="validator",
                args=(*case.args_of_input_validator(name), *case.args),
                files=[(file, self.judge.blob(self.package, path)) for file, path in case.files],
            )
            if said.signal is not None or of_run(replace(said, exit_code=0, signal=None)) is not None:
                raise JudgeError(f"{case.name}: {name} failed: {validator_fault(said)}")
            if said.exit_code != 42:
                text = (said.stderr or said.stdout.read(500)).decode("utf-8", "backslashreplace").strip()
                return _Refusal(name, said.exit_code, text[:200])
        return None

    def _output(self, case: TestCase, output: Path, *, accepted: bool) -> str:
        blob = self.judge.blob(self.package, output)
        said = self.judge.check(self.claim, self.package, case, blob, self.output_validators)
        if (said.opinion is Opinion.ACCEPTED) == accepted:
            return ""
        what = f"rejects it: {said.message.strip()}" if accepted else "accepts it"
        return f"{case.name}: {output.name}: the output validator {what}"


def check_data(judge: Judge, slot: int, package: ProblemPackage, check: Callable[[], None]) -> DataReport:
    """Put the data to the validators, in a slot's containers. A validator's fault is one of the data.

    *check* is called before each and may raise, to end it.

    Raises:
        DependencyError: when Docker or a file of the package has gone.
    """
    faults = []
    checked = 0
    with judge.pool.claim(slot) as claim:
        try:
            bench = _Bench(
                judge,
                claim,
                package,
                tuple((p.name, judge.build(claim, p)) for p in package.input_validators if _runs(p)),
                tuple(judge.build(claim, p) for p in package.validators),
            )
        except JudgeError as error:
            return DataReport(0, (str(error),))
        for one in bench.checks():
            check()
            checked += 1
            try:
                fault = one()
            except JudgeError as error:
                fault = str(error)
            if fault:
                faults.append(fault)
    return DataReport(checked, tuple(faults), tuple(bench.warnings))


def _runs(program: model.Program) -> bool:
    """Whether it is a program at all: reading the package has told what is none, and refused what no judge can run."""
    return program.own_build or bool(program.language)
