"""Which languages a problem package needs of the judge images."""

from __future__ import annotations

from judge.languages import languages_beside
from packages.model import ProblemPackage, Program

__all__ = ["of_jury", "of_programs", "of_submissions"]


def of_jury(package: ProblemPackage) -> set[str]:
    """The languages of what runs when a submission is judged: validators, the static one, the grader. Pure."""
    programs = (*package.validators, package.static_validator, package.grader)
    return {language for program in programs if program is not None for language in _of(program)}


def of_programs(package: ProblemPackage) -> set[str]:
    """Those, and the languages of the input validators: without them nothing can be verified. Pure."""
    return of_jury(package) | {language for program in package.input_validators for language in _of(program)}


def of_submissions(package: ProblemPackage) -> set[str]:
    """The languages of the jury's submissions. Pure."""
    return {submission.language for submission in package.submissions}


def _of(program: Program) -> set[str]:
    """Its language; of one that brings `build` or `run` the languages of its files."""
    return languages_beside(name for name, _ in program.files) if program.own_build else {program.language}
