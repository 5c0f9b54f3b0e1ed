"""Which languages a problem package needs of the judge images."""

from __future__ import annotations

from packages.model import ProblemPackage

__all__ = ["of_jury", "of_package"]


def of_jury(package: ProblemPackage) -> set[str]:
    """The languages of what runs when a submission is judged: validators, the static one, the grader. Pure."""
    programs = (*package.validators, package.static_validator, package.grader)
    return {program.language for program in programs if program is not None}


def of_package(package: ProblemPackage) -> set[str]:
    """Those, and the languages of the jury's submissions and of the input validators: what verifying needs. Pure."""
    programs = (*package.input_validators, *(submission.program for submission in package.submissions))
    return of_jury(package) | {program.language for program in programs}
