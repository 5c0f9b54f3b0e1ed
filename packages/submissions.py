"""The jury's own submissions: in which language, and which verdicts they must get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from packages.expectations import ALL, FILE, Rule, contradictions, folders, possible, read_rules
from packages.files import PackageFiles
from packages.findings import Findings
from packages.globs import STATIC, Names, matches
from packages.graders import LENIENT
from packages.languages import languages_in
from packages.marks import Marks, read_marks, result_named
from packages.metadata import Metadata
from packages.model import JurySubmission, Program, Requirement, TestCase, TestGroup
from packages.programs import program_at
from packages.steps import in_order
from packages.timing import bounds_below

__all__ = ["names_of", "read_submissions"]

_PARTIAL: Final = "partially_accepted"
_MARKS: Final = "expected_result.txt"
"""The file in which DOMjudge's marks lie beside a submission that cannot hold them."""


def names_of(cases: Sequence[TestCase], groups: Sequence[TestGroup]) -> Names:
    """What patterns of test cases and groups can match, as `steps` has it in order. Pure."""
    order = [case.name if case else f"{group.name}{STATIC}" for group, held in in_order(cases, groups) for case in held]
    found = dict.fromkeys(["sample", "secret", *(group.name for group in groups), *(case.group for case in cases)])
    return Names(order, [name for name in found if name])


def read_submissions(
    files: PackageFiles,
    metadata: Metadata,
    *,
    cases: Sequence[TestCase],
    groups: Sequence[TestGroup],
    findings: Findings,
) -> list[JurySubmission]:
    """All of them, by folder and name. What is wrong with them, or contradicts itself, goes to the findings."""
    lenient = any(LENIENT & set(group.legacy.flags) for group in groups if group.legacy and not group.legacy.custom)
    reader = _Reader(files, metadata, names_of(cases, groups), findings, lenient=lenient)
    format_ = metadata.format
    found = []
    for folder in files.entries("submissions"):
        path = f"submissions/{folder}"
        if path == FILE:
            if format_ != "2025-09":
                findings.warn(path, f"is passed over: it is no part of the {format_} format")
        elif path in files:
            findings.error(path, "lies in no folder of submissions")
        else:
            found += [reader.submission(folder, entry) for entry in files.entries(path)]
    for rule in reader.rules:
        if not any(matches(rule.pattern, s.name) for s in found):
            findings.warn(FILE, f"{rule.pattern}: matches no submission")
    if not any(submission.name.startswith("accepted/") for submission in found):
        findings.error("submissions/accepted", "has no submission")
    elif format_ == "2025-09" and not any(bounds_below(s.requirements) for s in found):
        findings.error("submissions", "no submission is used to bound the time limit from below")
    return found


class _Reader:
    """Reads one submission after the other, by the rules of the package."""

    def __init__(
        self, files: PackageFiles, metadata: Metadata, names: Names, findings: Findings, *, lenient: bool
    ) -> None:
        self._files, self._names, self._findings = files, names, findings
        self._legacy = metadata.format != "2025-09"
        self._scoring = metadata.scoring
        self._answers = "submit-answer" in metadata.types
        self._lenient = lenient
        self._constants = metadata.constants
        self._folders = folders(metadata.format)
        self.rules: list[Rule] = []
        if not self._legacy:
            replaced, self.rules = read_rules(files, names, scoring=self._scoring, findings=findings)
            self._folders |= replaced

    def submission(self, folder: str, entry: str) -> JurySubmission:
        """The submission of this name in this folder."""
        name, path = f"{folder}/{entry}", f"submissions/{folder}/{entry}"
        program = program_at(self._files, path, self._findings, constants=self._constants, shebang=self._legacy)
        rules = [rule for rule in self.rules if matches(rule.pattern, name)]
        mine = _together(rules, name, path, self._findings)
        language = mine.language or program.language
        if not language and not self._answers:
            self._no_language(path, program)
        partial = self._legacy and folder == _PARTIAL
        if partial and not self._scoring:
            self._findings.error(path, f"{_PARTIAL} is only for scoring problems")
        of_folder = self._folders.get(folder)
        requirements = (*(of_folder or ()), *mine.requirements)
        marks = read_marks(program, path, self._findings)
        if self._answers:  # each file is the answer to a test case, and this one is for whoever reads marks
            program = replace(program, files=tuple(one for one in program.files if one[0] != _MARKS))
        if marks.score is not None and not self._scoring:
            self._findings.error(path, "@EXPECTED_SCORE@ is only for scoring problems")
        return JurySubmission(
            name=name,
            path=self._files.root / path,
            program=replace(program, language=language, entry_point=mine.entry_point or program.entry_point),
            requirements=requirements,
            expected=self._expected(folder, path, requirements, marks, known=of_folder is not None or bool(rules)),
            score=(marks.score, marks.score) if marks.score is not None else None,
            manual=marks.manual,
            authors=mine.authors,
            model_solution=mine.model_solution,
            partial=partial,
        )

    def _no_language(self, path: str, program: Program) -> None:
        """Two languages are an error: "If a single language can't be determined, building fails". An unknown one is skipped."""
        several = languages_in(program.files, shebang=self._legacy)
        if several:
            self._findings.error(
                path, f"has no single language: by the extensions of its files {', '.join(sorted(several))}"
            )
        else:
            self._findings.warn(path, "is in no known language by the extensions of its files: it is skipped")

    def _expected(
        self, folder: str, path: str, requirements: Sequence[Requirement], marks: Marks, *, known: bool
    ) -> frozenset[str]:
        """The verdicts of the whole. A compile error is never a test case's: only a mark, or its folder, can name it."""
        if marks.manual:
            return frozenset()
        named = result_named(folder)
        if not known and named:
            expected = frozenset({named})
        elif not known and marks.results is None and marks.score is None:
            self._findings.error(
                path,
                f"{folder} is no folder of the format, and neither submissions.yaml nor @EXPECTED_RESULTS@ says what "
                "it must get",
            )
            return frozenset()
        elif self._legacy and self._scoring and folder != "accepted":
            # a grader may well accept what fails a test case: the folder speaks of test cases
            expected = frozenset({"AC"}) if folder == _PARTIAL else ALL
        else:
            why = list(contradictions(requirements, self._names))
            for one in why:
                self._findings.error(path, one)
            expected = possible(requirements, self._names)
            if why or not self._names.cases:
                return expected
            if self._lenient and folder != "accepted":
                expected |= {"AC"}
        if marks.results is None:
            return expected
        both = marks.results & (expected if requirements or (named and not known) else expected | {"CE"})
        if not both and self._legacy:
            self._findings.warn(
                path,
                f"@EXPECTED_RESULTS@ says {' or '.join(sorted(marks.results))}, and its folder, which counts, "
                f"{' or '.join(sorted(expected))}",
            )
            return expected
        if not both:
            self._findings.error(
                path,
                f"no verdict satisfies all that is required of it: @EXPECTED_RESULTS@ says "
                f"{' or '.join(sorted(marks.results))}, its folder {' or '.join(sorted(expected))}",
            )
        elif marks.results - both:
            left = ", ".join(sorted(marks.results - both))
            self._findings.warn(path, f"@EXPECTED_RESULTS@: its folder does not let it get {left}")
        return both


def _together(rules: Sequence[Rule], name: str, path: str, findings: Findings) -> Rule:
    """What the rules that match a submission say of it, as one rule.

    The last that names a language, an entry point or authors counts; two that differ are told.
    """
    for what, said in (("language", {r.language for r in rules}), ("entrypoint", {r.entry_point for r in rules})):
        if len(said - {""}) > 1:
            findings.warn(FILE, f"{path}: the patterns that match it name more than one {what}")
    return Rule(
        name,
        tuple(requirement for rule in rules for requirement in rule.requirements),
        next((r.language for r in reversed(rules) if r.language), ""),
        next((r.entry_point for r in reversed(rules) if r.entry_point), ""),
        next((r.authors for r in reversed(rules) if r.authors), ()),
        any(r.model_solution for r in rules),
    )
