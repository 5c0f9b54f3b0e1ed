"""A submission through the judge: compile, run what its problem's plan asks for, and what came of it."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from judge.answers import answers, strangers
from judge.blob import Blob
from judge.claim import Claim
from judge.compile import Program, build_program, compile_program
from judge.execute import execute
from judge.feedback import shown
from judge.languages import LANGUAGES
from judge.outcome import Outcome, TestRun
from judge.pool import Pool
from judge.runs import Runs
from judge.sandbox import Limits
from judge.sources import code_of, refused, with_included
from judge.spread import Share, TestsIn
from judge.testing import Jury, Said, Tested, Tester, check_answer, check_static, result_of, validation_limits
from judge.verdict import of_compilation, of_run
from packages import model
from packages.grading import Plan
from packages.model import ProblemPackage, TestCase
from packages.results import Step
from schemas.definition import FileData
from schemas.errors import JudgeError, UnreadableError

__all__ = ["Judge"]

_KEPT_BYTES: Final = 512 << 20
"""Sealed inputs and answers that are kept for the next submission to the same problem."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a judging beside its verdict: as `Judge.judge` says."""

    all_tests: bool
    on_run: Callable[[TestRun], None]
    share: Share | None
    look_for: Collection[str]


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
        share: Share | None = None,
        look_for: Collection[str] = (),
        until: float = math.inf,
    ) -> Outcome:
        """Judge one submission in a slot's containers, as far as it can matter for its verdict and its score.

        Args:
            slot: whose containers.
            package: the problem.
            files: the sources; of a submit-answer problem the answers.
            language: the CLICS id; without meaning in a submit-answer problem.
            entry_point: as the team named it.
            limits: the contest's; the package's own by default.
            all_tests: run every test whatever comes, but for groups whose `require_pass` forbids it.
            on_run: is told each run once it is certain that it counts, in whatever thread; without *share* in the order of
                judging. It must not wait for anything.
            share: opens a long judging to idle slots.
            look_for: texts; each run says which of them its message to the jury has.
            until: the time, as time.monotonic has it, from which on no run may begin.

        Raises:
            JudgeError: when the judge, or a program of the jury's, failed, or it took too long: never a verdict.
            UnreadableError: when the package's files have gone.
            DependencyError: when the container engine does not answer.
        """
        asked = _Asked(all_tests, on_run, share, look_for)
        reason = refused(package, files, language)
        if reason:
            return Outcome("CE", (), reason)
        if limits is None and not package.limits.time_limit_ms:
            raise JudgeError(f"{package.short_name}: its time limit has not been measured")
        limits = limits or Limits.of_problem(
            package.limits.time_limit_ms, package.limits.memory_mib, package.limits.output_mib
        )
        with self.pool.claim(slot) as claim:
            claim.until = until
            if "submit-answer" in package.types:
                return self._answers(claim, package, files, asked)
            known = LANGUAGES.get(language)
            if known is None:
                raise JudgeError(f"this judge has no language {language!r}")
            sources = with_included(package, files, known)
            built = compile_program(
                claim,
                known,
                sources,
                entry_point,
                cpu_s=package.limits.compilation_time_s,
                memory_mib=package.limits.compilation_memory_mib,
            )
            if built.program is None:
                return Outcome(of_compilation(built.why), (), built.log, built.wall_ms)
            program = built.program
            entry = entry_point or program.entry_point or known.main_file(sources, None)

            def tests_in(claim: Claim) -> Callable[[Step], Tested]:
                return partial(self._step, Tester(self._jury(claim, package), program, limits), code_of(known), entry)

            outcome = self._run(claim, package, tests_in, asked)
        return replace(outcome, compiler_output=built.log, compile_ms=built.wall_ms)

    def build(self, claim: Claim, program: model.Program) -> Program:
        """A program of the jury's, compiled once a revision by the compiler's cache.

        Raises:
            JudgeError: when it does not compile, or cannot be run here.
            UnreadableError: when its files have gone.
            DependencyError: when the container engine does not answer.
        """
        known = LANGUAGES.get(program.language)
        if known is None and not program.own_build:
            raise JudgeError(f"{program.name}: this judge has no language {program.language!r}")
        try:
            sources = program.sources()
        except OSError as error:
            raise UnreadableError(f"{program.name}: cannot be read: {error}") from error
        if known is None:
            built = build_program(claim, sources)
        else:
            built = compile_program(claim, known, sources, program.entry_point, role="jury")
        if built.program is None:
            raise JudgeError(f"{program.name}: a program of the jury does not compile: {built.log[:500]}")
        return built.program

    def check(
        self, claim: Claim, package: ProblemPackage, case: TestCase, output: Blob, validators: Sequence[Program]
    ) -> Said:
        """What the package's validators, or without any the default one, say of an output. The first to reject counts.

        Raises:
            JudgeError: when a validator answers neither 42 nor 43, or exceeds what it is allowed.
            UnreadableError: when the package's files have gone.
        """
        return Jury(claim, package, validators, partial(self.blob, package)).check(case, output)

    def blob(self, package: ProblemPackage, path: Path) -> Blob:
        """A file of the package that nothing can change: in memory, kept while there is room, or the large file itself.

        Raises:
            UnreadableError: when the file has gone, or is a large one that its mode does not protect.
        """
        key = (package.digest, str(path))
        with self._lock:
            if key in self._blobs:
                self._blobs.move_to_end(key)
                return self._blobs[key]
        try:
            blob = Blob.from_file(path)
        except OSError as error:
            raise UnreadableError(f"{package.short_name}: {path.name}: cannot be read: {error}") from error
        if not blob.copied:
            return blob
        with self._lock:
            if key in self._blobs:  # another slot was quicker
                return self._blobs[key]
            self._blobs[key] = blob
            self._kept += blob.size
            while (self._kept > _KEPT_BYTES or len(self._blobs) > self.pool.files // 2) and len(self._blobs) > 1:
                _, gone = self._blobs.popitem(last=False)  # it closes with its last user
                self._kept -= gone.size
            return blob

    def _jury(self, claim: Claim, package: ProblemPackage) -> Jury:
        validators = [self.build(claim, validator) for validator in package.validators]
        return Jury(claim, package, validators, partial(self.blob, package))

    def _step(self, tester: Tester, code: str, entry: str, step: Step) -> Tested:
        if step.case is not None:
            return tester.test(step.case)
        validator = tester.jury.package.static_validator
        if validator is None:
            raise JudgeError(f"{step.name}: the package has no static validator")
        return check_static(tester, self.build(tester.jury.claim, validator), step, code, entry)

    def _answers(self, claim: Claim, package: ProblemPackage, files: Sequence[FileData], asked: _Asked) -> Outcome:
        names = [file.name for file in files]
        found = answers(package.test_cases, names)
        if unknown := strangers(found, names):
            return Outcome("CE", (), f"{', '.join(unknown)}: there is no such test case")
        folder = {file.name: Blob.sealed(file.data) for file in files}

        def test(jury: Jury, step: Step) -> Tested:
            if step.case is None:
                raise JudgeError(f"{step.name}: a submit-answer problem has no static validation")
            return check_answer(jury, step.case, found.get(step.case.name), folder)

        def tests_in(claim: Claim) -> Callable[[Step], Tested]:
            return partial(test, self._jury(claim, package))

        return self._run(claim, package, tests_in, asked)

    def _run(self, claim: Claim, package: ProblemPackage, tests_in: TestsIn, asked: _Asked) -> Outcome:
        """Run what the package's plan asks for, and grade it; alone where its own grader is asked between two steps."""

        def noted(its: Claim) -> Callable[[Step], Tested]:
            its.until = claim.until
            test = tests_in(its)
            return lambda step: replace(test(step), slot=its.slot)

        runs = Runs(package, asked.on_run, asked.look_for)
        if asked.share is None or package.grader is not None:
            return self._graded(claim, package, noted(claim), runs, all_tests=asked.all_tests)
        with asked.share(package, noted, claim, runs.tell, all_tests=asked.all_tests) as test:
            return self._graded(claim, package, test, runs, all_tests=asked.all_tests)

    def _graded(
        self, claim: Claim, package: ProblemPackage, test: Callable[[Step], Tested], runs: Runs, *, all_tests: bool
    ) -> Outcome:
        plan = Plan(package, all_tests=all_tests, grader=partial(self._grader, claim, package))
        while (step := plan.take()) is not None:
            tested = test(step)
            plan.add(result_of(package, step, tested))
            runs.tell(step, tested)
        grade = plan.grade()
        return Outcome(
            grade.verdict,
            runs.in_order,
            score=grade.score,
            group_scores=grade.group_scores,
            subtasks=grade.subtasks,
            message=grade.message,
            slots=frozenset(runs.slots),
        )

    def _grader(self, claim: Claim, package: ProblemPackage, args: tuple[str, ...], results: str) -> str:
        """A legacy package's own grader, as packages.results.GraderRun wants it; under the limits of a validator."""
        if package.grader is None:
            raise JudgeError(f"{package.short_name}: grading is custom, and there is no grader")
        program = self.build(claim, package.grader)
        with closing(Blob.sealed(results.encode())) as given:
            run = execute(claim, program, given, validation_limits(package), role="validator", args=args)
        with closing(run.stdout) as output:
            fault = of_run(run)
            if fault is not None:
                how = f"exit code {run.exit_code}" if fault == "RTE" and run.signal is None else fault
                raise JudgeError(f"{package.short_name}: the grader failed ({how}): {shown(run.stderr)[:500]}")
            return shown(output.read(4096))
