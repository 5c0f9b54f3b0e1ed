"""One step of a judging, in a claim's containers: a test case of any type of problem, or a static validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program
from judge.execute import VALIDATOR_ARGS, execute
from judge.feedback import NEXT_INPUT, Feedback, shown
from judge.interact import interact
from judge.sandbox import FEEDBACK, Interaction, Limits, Measured
from judge.validators import compare
from judge.verdict import Opinion, better, borderline, of_interaction, of_run, validator_fault
from packages.flags import Flags
from packages.grading import case_result
from packages.model import ProblemPackage, TestCase
from packages.results import CaseResult, Graded, Step
from schemas.errors import JudgeError

__all__ = ["Jury", "Tested", "Tester", "check_answer", "check_static", "now_ms", "result_of", "validation_limits"]

_STUCK_MS: Final = 10_000
"""A program of the jury's waits for nothing but the disk: idle for so long, it holds its slot for nothing."""


def now_ms() -> int:
    """UTC milliseconds, real time."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a step: its precise verdict, what the submission used, what the validator that decided wrote.

    Of several passes: the largest CPU time and memory, since each has the whole of its limits, and the wall time of all.
    """

    __test__ = False  # pytest takes classes that begin so for its own

    verdict: str
    cpu_ms: int = 0
    wall_ms: int = 0
    memory_kib: int = 0
    feedback: Feedback = field(default_factory=Feedback)
    ended_ms: int = field(default_factory=now_ms, compare=False)
    """When it ended, in real time; of one that was made ahead and counted only later, when it did (see judge.spread)."""
    slot: int = field(default=0, compare=False)
    """Where it was made."""

    @property
    def judged(self) -> bool:
        """Whether a validator's answer decided."""
        return self.verdict in ("AC", "WA")


@dataclass(frozen=True, slots=True)
class Said:
    """What the validators answered. `files` is the feedback folder of the last of them that was asked."""

    opinion: Opinion
    feedback: Feedback
    files: Mapping[str, Blob] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """To the jury: untrusted text."""
        return self.feedback.message


@dataclass(frozen=True, slots=True)
class Jury:
    """A package's output validators, built, in a claim's containers. None of them means the default one.

    `blob` is a file of the package.
    """

    claim: Claim
    package: ProblemPackage
    validators: Sequence[Program]
    blob: Callable[[Path], Blob]

    def check(
        self,
        case: TestCase,
        output: Blob,
        *,
        given: Blob | None = None,
        beside: Sequence[tuple[str, Blob]] = (),
        left: Mapping[str, Blob] | None = None,
    ) -> Said:
        """What the validators say of an output: all must accept it, and the first to reject counts.

        Args:
            case: the test case.
            output: what the submission wrote.
            given: what it was given, where that is not the case's input.
            beside: the submission's files.
            left: the feedback folder as the pass before has left it.

        Raises:
            JudgeError: when a validator answers neither 42 nor 43, or exceeds what it is allowed.
            DependencyError: when the package's files have gone.
        """
        answer = self.blob(case.answer)
        if not self.validators:
            flags = Flags.parse(case.validator_args, again=self.package.format != "2025-09")
            said = compare(answer, output, flags)
            return Said(said.opinion, Feedback(said.message))
        whole = Said(Opinion.ACCEPTED, Feedback())
        for validator in self.validators:
            run = execute(
                self.claim,
                validator,
                output,
                validation_limits(self.package),
                role="validator",
                args=(*VALIDATOR_ARGS, *case.validator_args),
                inputs=(given or self.blob(case.input), answer),
                own_files=False,
                files=beside,
                feedback=left or {},
            )
            run.stdout.close()
            opinion = opinion_of(f"{case.name}: the output validator", run)
            whole = Said(opinion, whole.feedback.then(Feedback.read(run.feedback)), run.feedback)
            if opinion is Opinion.REJECTED:
                break
        return whole


@dataclass(frozen=True, slots=True)
class Tester:
    """Puts a submission's program to test cases, one at a time."""

    jury: Jury
    program: Program
    limits: Limits

    def test(self, case: TestCase) -> Tested:
        """The program on one test case: a pass, or as many as the validator asks for.

        The first pass that is not accepted decides; each has the limits for itself, and an empty working directory. The
        feedback folder stays from pass to pass, `nextpass.in` aside, which becomes the next pass's input.

        Raises:
            JudgeError: when the validator failed, or asked for a pass that it may not have.
            DependencyError: when the package's files have gone.
        """
        package = self.jury.package
        given = self.jury.blob(case.input)
        left: Mapping[str, Blob] = {}
        done: Tested | None = None
        for _ in range(package.passes):
            one, files = self._interaction(case, given, left) if package.interactive else self._run(case, given, left)
            done = one if done is None else _after(done, one)
            if "multi-pass" not in package.types:
                return done
            following = files.get(NEXT_INPUT)
            if one.verdict != "AC" or following is None:
                return done
            given = following
            left = {name: blob for name, blob in files.items() if name != NEXT_INPUT}
        raise JudgeError(f"{case.name}: the output validator asks for more than {package.passes} passes")

    def _run(self, case: TestCase, given: Blob, left: Mapping[str, Blob]) -> tuple[Tested, Mapping[str, Blob]]:
        package = self.jury.package

        def once() -> Measured:
            return execute(
                self.jury.claim,
                self.program,
                given,
                self.limits,
                args=case.args,
                files=self._beside(case),
                read_only=not package.file_writing,
            )

        measured = once()
        if borderline(measured, self.limits):
            again = once()
            kept = better(measured, again)
            (again if kept is measured else measured).stdout.close()
            measured = kept
        with closing(measured.stdout):  # at once: its pages are charged to the next run's memory
            verdict = of_run(measured)
            if verdict is not None:
                return _tested(verdict, measured, Feedback.read(left)), {}
            said = self.jury.check(case, measured.stdout, given=given, beside=self.program.folder, left=left)
        self._check_next(case, said.files, accepts=said.opinion is Opinion.ACCEPTED)
        verdict = "AC" if said.opinion is Opinion.ACCEPTED else "WA"
        return _tested(verdict, measured, said.feedback), said.files

    def _interaction(self, case: TestCase, given: Blob, left: Mapping[str, Blob]) -> tuple[Tested, Mapping[str, Blob]]:
        jury = self.jury
        if len(jury.validators) != 1:
            raise JudgeError(f"{jury.package.short_name}: an interactive problem needs exactly one output validator")

        def once() -> Interaction:
            return interact(
                jury.claim,
                self.program,
                jury.validators[0],
                self.limits,
                validation_limits(jury.package),
                args=case.args,
                files=self._beside(case),
                read_only=not jury.package.file_writing,
                validator_args=(*VALIDATOR_ARGS, *case.validator_args),
                validator_files=self.program.folder,
                inputs=(given, jury.blob(case.answer)),
                feedback=left,
            )

        held = once()
        if borderline(held.submission, self.limits):
            again = once()
            held = held if better(held.submission, again.submission) is held.submission else again
        verdict = of_interaction(held)
        if verdict == "JE":
            raise JudgeError(_failed(f"{case.name}: the output validator", held.validator))
        # whatever came of the submission; one that was ended by a signal has no exit code of its own
        accepts = held.validator.exit_code in (None, Opinion.ACCEPTED.value)
        self._check_next(case, held.validator.feedback, accepts=accepts)
        return _tested(verdict, held.submission, Feedback.read(held.validator.feedback)), held.validator.feedback

    def _check_next(self, case: TestCase, files: Mapping[str, Blob], *, accepts: bool) -> None:
        """The format: it is a judge error to create the nextpass.in file and exit with any other code than 42."""
        if "multi-pass" in self.jury.package.types and NEXT_INPUT in files and not accepts:
            raise JudgeError(f"{case.name}: the output validator rejects, and asks for another pass")

    def _beside(self, case: TestCase) -> Sequence[tuple[str, Blob]]:
        return [(name, self.jury.blob(path)) for name, path in case.files]


def validation_limits(package: ProblemPackage) -> Limits:
    """Of one run of a program of the jury's, which holds a slot: idle for ten seconds, it is stuck. Pure.

    In an interaction it is not idle while the submission runs (see `judge.interact.interact`), so the submission's own
    wall limit is met first, however long that is.
    """
    limits = package.limits
    return Limits(
        cpu_ms=limits.validation_time_s * 1000,
        wall_ms=_STUCK_MS,
        memory_mib=limits.validation_memory_mib,
        output_bytes=limits.validation_output_mib << 20,
    )


def check_answer(jury: Jury, case: TestCase, name: str | None, folder: Mapping[str, Blob]) -> Tested:
    """Submit-answer: the submission's file of this name is the output, and nothing runs but the validator.

    Without one there is no output. `folder` are all of the submission's files.

    Raises:
        JudgeError: when the validator failed.
        DependencyError: when the package's files have gone.
    """
    if name is None:
        return Tested("NO", feedback=Feedback("the submission has no answer to this test case"))
    said = jury.check(case, folder[name], beside=tuple(folder.items()))
    return Tested("AC" if said.opinion is Opinion.ACCEPTED else "WA", feedback=said.feedback)


def check_static(tester: Tester, validator: Program, step: Step, code: str, entry: str) -> Tested:
    """A group's static validation test case: the validator looks at the submission's files, and nothing else runs.

    Raises:
        JudgeError: when the validator answers neither 42 nor 43, or exceeds what it is allowed.
    """
    run = execute(
        tester.jury.claim,
        validator,
        None,
        validation_limits(tester.jury.package),
        role="validator",
        args=(code, entry, f"{FEEDBACK}/", *step.group.static_args),
        own_files=False,
        files=tester.program.folder,
        feedback={},
    )
    run.stdout.close()
    opinion = opinion_of(f"{step.name}: the static validator", run)
    return Tested("AC" if opinion is Opinion.ACCEPTED else "WA", feedback=Feedback.read(run.feedback))


def result_of(package: Graded, step: Step, tested: Tested) -> CaseResult:
    """What a step comes to in grading. Pure.

    Raises:
        JudgeError: when the validator's score is none, or more than may be.
    """
    if not tested.judged:
        return case_result(package, step, tested.verdict)
    feedback = tested.feedback
    return case_result(package, step, tested.verdict, score=feedback.score, multiplier=feedback.multiplier)


def opinion_of(who: str, run: Measured) -> Opinion:
    """42 accepts, 43 rejects; all else is the jury's fault. Pure.

    Raises:
        JudgeError: saying *who* failed, where, and how.
    """
    if validator_fault(run):
        raise JudgeError(_failed(who, run))
    return Opinion(run.exit_code)


def _failed(who: str, run: Measured) -> str:
    return f"{who} failed ({validator_fault(run)}): {shown(run.stderr)[:500]}"


def _tested(verdict: str, run: Measured, feedback: Feedback) -> Tested:
    return Tested(verdict, run.cpu_ms, run.wall_ms, run.memory_kib, feedback)


def _after(before: Tested, last: Tested) -> Tested:
    return Tested(
        last.verdict,
        max(before.cpu_ms, last.cpu_ms),
        before.wall_ms + last.wall_ms,
        max(before.memory_kib, last.memory_kib),
        last.feedback,
    )
