"""What came of a package, in the words of the corpus."""

from pathlib import Path

from judge.pipeline import Judge
from judge.verify import DataReport, SubmissionReport, TimeReport, verify
from packages.grading import steps
from packages.model import ProblemPackage
from packages.read import read_package

__all__ = ["verified"]

SLOTS = 2
"""Both are busy while there is more than one thing to judge."""


def verified(judge: Judge, root: Path) -> tuple[dict[str, str], list[str]]:
    """What every submission of a package gets, as build.Made has it, and all that is wrong with the package."""
    package = read_package(root)
    results, faults = {}, []
    for report in verify(judge, package, SLOTS):
        if isinstance(report, SubmissionReport):
            results[report.submission.name] = _got(package, report)
            faults += [f"{report.submission.name}: {fault}" for fault in report.faults]
        elif isinstance(report, DataReport | TimeReport):
            faults += report.faults
    return results, faults


def _got(package: ProblemPackage, report: SubmissionReport) -> str:
    outcome = report.outcome
    if outcome is None:
        return report.state
    verdicts = {run.test: run.verdict for run in outcome.runs}
    listed = [] if outcome.verdict in ("CE", "CTL") else [verdicts.get(step.name, "-") for step in steps(package)]
    score = f" {float(outcome.score):g}" if outcome.score is not None else ""
    return f"{outcome.verdict}{score}: {' '.join(listed)}".strip()
