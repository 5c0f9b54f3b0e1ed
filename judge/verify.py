"""A package's own submissions judged on every test, and its data put to its own validators: is it as it says?"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from judge.languages import LANGUAGES
from judge.pipeline import Judge, Outcome, TestRun
from judge.verify_data import DataReport, check_data
from packages.model import JurySubmission, ProblemPackage, Requirement
from packages.submissions import matches
from schemas.definition import BIG_5
from schemas.errors import JudgeError

__all__ = ["DataReport", "Progress", "Report", "SubmissionReport", "faults_of", "verify"]


@dataclass(frozen=True, slots=True)
class SubmissionReport:
    """What came of a submission, and each way in which it is not what the package says. `outcome` None: not judged."""

    submission: JurySubmission
    outcome: Outcome | None
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the verdicts are as expected."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Progress:
    """A run of a submission that has just ended."""

    submission: JurySubmission
    run: TestRun


Report = SubmissionReport | DataReport


def verify(
    judge: Judge, package: ProblemPackage, slots: int, say: Callable[[Progress], None] = lambda _: None
) -> Iterator[Report]:
    """Judge every submission on every test, in *slots* at a time, and check the data. Reports come as they are ready.

    A fault of the judge or of a validator is a fault of what was being checked.

    Raises:
        PodiumError: when Docker or a file of the package has gone.
    """
    work: queue.SimpleQueue[JurySubmission | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[Report | BaseException | None] = queue.SimpleQueue()
    work.put(None)  # the data
    for submission in package.submissions:
        work.put(submission)

    def serve(slot: int) -> None:
        try:
            while not stopped.is_set():
                submission = work.get_nowait()
                if submission is None:
                    done.put(check_data(judge, slot, package))
                else:
                    done.put(_judge(judge, slot, package, submission, say))
        except queue.Empty:
            done.put(None)
        except BaseException as error:  # raised where the reports are read
            done.put(error)
        else:
            done.put(None)

    stopped = threading.Event()
    threads = [threading.Thread(target=serve, args=(slot,), name=f"verify-{slot}") for slot in range(slots)]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            while (report := done.get()) is not None:
                if isinstance(report, BaseException):
                    raise report
                yield report
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _judge(
    judge: Judge, slot: int, package: ProblemPackage, submission: JurySubmission, say: Callable[[Progress], None]
) -> SubmissionReport:
    if submission.language not in LANGUAGES:
        return SubmissionReport(submission, None, (f"this judge has no language {submission.language!r}",))
    try:
        outcome = judge.judge(
            slot,
            package,
            submission.program.sources(),
            submission.language,
            entry_point=submission.program.entry_point,
            all_tests=True,
            on_run=lambda run: say(Progress(submission, run)),
        )
    except JudgeError as error:
        return SubmissionReport(submission, None, (str(error),))
    return SubmissionReport(submission, outcome, tuple(faults_of(submission, outcome)))


def faults_of(submission: JurySubmission, outcome: Outcome) -> Iterator[str]:
    """Each way in which the outcome, of all tests, is not what the package requires of the submission. Pure."""
    verdict = BIG_5.get(outcome.verdict, outcome.verdict)
    if verdict not in submission.expected:
        yield f"{outcome.verdict}, expected {' or '.join(sorted(submission.expected))}"
        return
    if verdict == "CE":
        return
    for requirement in submission.requirements:
        runs = [run for run in outcome.runs if not requirement.tests or matches(requirement.tests, run.test)]
        yield from _unmet(requirement, runs)


def _unmet(requirement: Requirement, runs: Sequence[TestRun]) -> Iterator[str]:
    if not runs:
        yield f"{requirement.source} matches no test case"
        return
    verdicts = {BIG_5.get(run.verdict, run.verdict): run for run in reversed(runs)}
    for verdict in sorted(set(verdicts) - requirement.permitted):
        yield f"{verdicts[verdict].test}: {verdicts[verdict].verdict} is not permitted by {requirement.source}"
    if not requirement.required & set(verdicts):
        yield f"no test case gets {' or '.join(sorted(requirement.required))}, as {requirement.source} requires"
    if requirement.message and not any(requirement.message in run.message for run in runs):
        yield f"no judgemessage says {requirement.message!r}, as {requirement.source} requires"
