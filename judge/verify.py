"""A package's own submissions judged on every test, and its data put to its own validators: is it as it says?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from judge.crew import Crew
from judge.expected import big_5, cramped, faults_of, hangs, misses_the_best, time_of
from judge.languages import LANGUAGES
from judge.outcome import Outcome, TestRun
from judge.pipeline import Judge
from judge.sandbox import Limits
from judge.sources import refused
from judge.verify_data import DataReport, check_data
from judge.verify_time import TimeReport, generous_ms, only, outlasting, report_on
from packages.model import JurySubmission, ProblemPackage
from packages.submissions import names_of
from packages.timing import Bound, TimeLimit, bounds_above, bounds_below, bounds_of, infer
from schemas.errors import JudgeError, PackageError

__all__ = ["DataReport", "Progress", "Report", "SubmissionReport", "TimeReport", "measure", "verify"]

State = Literal["ok", "wrong", "skipped", "manual"]


@dataclass(frozen=True, slots=True)
class SubmissionReport:
    """What came of a submission, and each way in which it is not what the package says.

    `times` are the milliseconds of each of its test cases that count against the time limit, beyond it for the slow
    ones; `why` says of one that was not judged why not. `outcome` None: it was not judged, or the judge failed.
    """

    submission: JurySubmission
    outcome: Outcome | None
    state: State
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    why: str = ""
    times: tuple[tuple[str, int], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is other than it should be, as far as it was judged."""
        return self.state != "wrong"


@dataclass(frozen=True, slots=True)
class Progress:
    """A run of a submission that has just ended."""

    submission: JurySubmission
    run: TestRun


Report = SubmissionReport | DataReport | TimeReport


def verify(
    judge: Judge,
    package: ProblemPackage,
    slots: int,
    say: Callable[[Progress], None] = lambda _: None,
    lacking: Collection[str] = (),
) -> Generator[Report]:
    """Judge every submission on every test, in *slots* at a time, and check the data. Reports come as they are ready.

    Submissions in the languages that this judge is *lacking*, though podium has them, are skipped as in any unknown one.
    Where the package states no time limit, it is measured first. A fault of the judge or of a validator is a fault of
    what was being checked. Closing the iterator ends it after the runs that are under way; a Ctrl-C ends those as well,
    and the judge's pool.

    Raises:
        PodiumError: when Docker or a file of the package has gone.
    """
    yield from _Verification(judge, package, slots, say, lacking).reports(package.submissions, data=True)


def measure(
    judge: Judge,
    package: ProblemPackage,
    slots: int,
    say: Callable[[Progress], None] = lambda _: None,
    lacking: Collection[str] = (),
) -> TimeReport:
    """The time limit by the submissions that bound it, or a stated one held against them; *lacking* as in `verify`.

    Raises:
        PackageError: when there is none, in 2025-09 also when a stated one breaks the format's inequalities, or when these
            submissions are not as the package says.
        PodiumError: when Docker or a file of the package has gone.
    """
    bounding = [s for s in package.submissions if bounds_below(s.requirements) or bounds_above(s.requirements)]
    faults, skipped, found = [], [], TimeReport(0, measured=True, bounds=())
    for report in _Verification(judge, package, slots, say, lacking).reports(bounding, data=False):
        if isinstance(report, TimeReport):
            found = report
        name = f"{report.submission.name}: " if isinstance(report, SubmissionReport) else ""
        if isinstance(report, SubmissionReport) and report.state in ("skipped", "manual"):
            skipped.append(f"{name}does not bound the time limit: {report.why}")
        faults += [f"{package.short_name}: {name}{fault}" for fault in report.faults]
    if faults:
        stated = package.limits.time_limit_ms
        what = "its submissions do not bear out the time limit" if stated else "the time limit cannot be measured"
        raise PackageError("\n".join([f"{package.short_name}: {what}:", *faults]))
    judged = len(bounding) - len(skipped)
    return replace(found, warnings=(*found.warnings, *skipped), bounding=len(bounding), judged=judged)


class _Verification:
    """One package being verified."""

    def __init__(
        self,
        judge: Judge,
        package: ProblemPackage,
        slots: int,
        say: Callable[[Progress], None],
        lacking: Collection[str],
    ) -> None:
        self._judge, self._package, self._say = judge, package, say
        self._languages = LANGUAGES.keys() - set(lacking)
        self._open = replace(package, languages=None)
        """The package as the jury may solve it: in any language."""
        self._names = names_of(package.test_cases, package.groups)
        self._crew: Crew[Report] = Crew(slots, self._interrupted)
        self._bounds: list[Bound] = []

    def reports(self, submissions: Sequence[JurySubmission], *, data: bool) -> Generator[Report]:
        """Measure, where it must be; judge; say what there is to say of the limit in the end."""
        package = self._package
        checks: list[Callable[[int], Report]] = [self._check_data] if data else []
        limit = TimeLimit(package.limits.time_limit_ms)
        measured = not limit.ms
        done: dict[str, SubmissionReport] = {}
        if measured:
            most = generous_ms(package.timing)
            first = [s for s in submissions if bounds_below(s.requirements)]
            with closing(self._crew.results([partial(self._timed, most, s) for s in first])) as results:
                done = {r.submission.name: r for r in results if isinstance(r, SubmissionReport)}
            limit = self._measured(done, most)
            done = {name: self._hanging(r, limit.ms) for name, r in done.items() if self._holds(r, limit.ms or most)}
            yield from done.values()
            if not limit.ms:
                for submission in submissions:
                    if submission.name not in done:
                        yield SubmissionReport(submission, None, "wrong", ("not judged: there is no time limit",))
                yield from self._crew.results(checks)
                yield TimeReport(0, measured=True, bounds=tuple(self._bounds), faults=(limit.error,))
                return
        rest = [partial(self._submission, limit.ms, s) for s in submissions if s.name not in done]
        with closing(self._crew.results([*checks, *rest])) as results:
            for report in results:
                if isinstance(report, SubmissionReport):
                    self._bounds += bounds_of(report.submission, self._names, dict(report.times))
                yield report
        yield report_on(package, tuple(self._bounds), limit.ms, measured=measured)

    def _interrupted(self) -> None:
        """End at once: a run that is waited for may have minutes to go on a busy machine."""
        logging.getLogger("judge").setLevel(logging.CRITICAL)  # what fails from here on fails because we end
        self._judge.pool.close()

    def _measured(self, reports: dict[str, SubmissionReport], most_ms: int) -> TimeLimit:
        """The limit by the submissions that bound it from below, which have been run under a generous one."""
        for report in reports.values():
            bounds = [b for b in bounds_of(report.submission, self._names, dict(report.times)) if b.kind == "lower"]
            for bound in bounds:
                if bound.ms > most_ms:
                    why = f"{bound.submission} takes more than {most_ms} ms for {bound.test}"
                    return TimeLimit(0, f"{why}, the most that podium's longest time limit leaves it")
            self._bounds += bounds
        return infer(self._package.timing, self._bounds, strict=False)

    def _holds(self, report: SubmissionReport, limit_ms: int) -> bool:
        """Whether all was judged, under the generous limit, and would be just so under the one that was found."""
        if report.outcome is None or big_5(report.outcome.verdict) == "CE":
            return True
        runs = report.outcome.runs
        wall_ms = self._limits(limit_ms).wall_ms
        whole = not self._names.cases_of("") - self._cases_below(report.submission)
        return whole and all(run.cpu_ms <= limit_ms and run.wall_ms <= wall_ms for run in runs)

    def _hanging(self, report: SubmissionReport, limit_ms: int) -> SubmissionReport:
        if report.outcome is None or not limit_ms:
            return report
        return replace(report, warnings=self._warnings(report.submission, report.outcome, dict(report.times), limit_ms))

    def _cases_below(self, submission: JurySubmission) -> frozenset[str]:
        """The test cases by which it bounds the time limit from below."""
        return frozenset[str]().union(*(self._names.cases_of(r.tests) for r in bounds_below(submission.requirements)))

    def _check_data(self, slot: int) -> Report:
        return check_data(self._judge, slot, self._package, self._crew.check)

    def _timed(self, limit_ms: int, submission: JurySubmission, slot: int) -> Report:
        """Judge the test cases by which it bounds the time limit from below, under a generous one."""
        cases = self._cases_below(submission)
        if not self._names.cases_of("") - cases:
            return self._submission(limit_ms, submission, slot, beyond=False)
        return self._submission(limit_ms, submission, slot, beyond=False, of=only(self._open, cases))

    def _submission(
        self,
        limit_ms: int,
        submission: JurySubmission,
        slot: int,
        *,
        beyond: bool = True,
        of: ProblemPackage | None = None,
    ) -> Report:
        """Judge it; with *beyond*, also see how slow those tests are that were too slow. *of*: a part of the package."""
        if submission.manual:
            why = f"@EXPECTED_RESULTS@: {submission.manual} leaves it to a person"
            return SubmissionReport(submission, None, "manual", why=why)
        if "submit-answer" not in self._package.types and submission.language not in self._languages:
            named = repr(submission.language) if submission.language else "of its files' extensions"
            why = f"this judge has no language {named}"
            return SubmissionReport(submission, None, "skipped", why=why)

        def on_run(run: TestRun) -> None:
            self._say(Progress(submission, run))
            self._crew.check()

        package = of or self._open
        try:
            outcome = self._judge.judge(
                slot,
                package,
                submission.program.sources(),
                submission.language,
                entry_point=submission.program.entry_point,
                limits=self._limits(limit_ms),
                all_tests=True,
                on_run=on_run,
                look_for={rule.message for rule in submission.requirements if rule.message},
            )
            times = {run.test: time_of(run) for run in outcome.runs}
            if beyond:
                times |= outlasting(self._judge, slot, package, submission, outcome, limit_ms, self._crew.check)
        except JudgeError as error:
            return SubmissionReport(submission, None, "wrong", (str(error),))
        faults = () if of else tuple(faults_of(package, submission, outcome))
        return SubmissionReport(
            submission,
            outcome,
            "wrong" if faults else "ok",
            faults,
            self._warnings(submission, outcome, times, limit_ms),
            times=tuple(times.items()),
        )

    def _warnings(
        self, submission: JurySubmission, outcome: Outcome, times: dict[str, int], limit_ms: int
    ) -> tuple[str, ...]:
        known = LANGUAGES.get(submission.language)  # answers have none
        extra_mib = known.memory_extra_mib if known else 0
        found = (
            refused(self._package, (), submission.language),
            hangs(outcome, times, limit_ms),
            cramped(outcome, self._package.limits.memory_mib, extra_mib),
            misses_the_best(self._package, submission, outcome),
        )
        return tuple(one for one in found if one)

    def _limits(self, limit_ms: int) -> Limits:
        limits = self._package.limits
        return Limits.of_problem(limit_ms, limits.memory_mib, limits.output_mib)
