"""What a problem package says: problem, limits, tests, validators and the jury's own submissions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from packages.origin import Origin
from schemas.definition import FileData

__all__ = [
    "DataCheck",
    "JurySubmission",
    "LegacyGrading",
    "Limits",
    "ProblemPackage",
    "Program",
    "Requirement",
    "TestCase",
    "TestGroup",
    "Timing",
    "with_constants",
]


@dataclass(frozen=True, slots=True)
class Timing:
    """How the time limit follows from the jury's submissions where the package does not state it.

    `ac_to_time_limit` and `time_limit_to_tle` are the format's safety margins (legacy: time_multiplier and
    time_safety_margin); the limit is a multiple of `resolution_ms`. `stated` names the file, and the key, that states
    it; empty: it is to be measured, and until then `Limits.time_limit_ms` is 0.
    """

    stated: str = ""
    ac_to_time_limit: float = 2.0
    time_limit_to_tle: float = 1.5
    resolution_ms: int = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits; what the package leaves open is the texts' "typical system default". MiB and KiB are powers of two."""

    time_limit_ms: int
    memory_mib: int = 2048
    output_mib: int = 8
    code_kib: int = 128
    compilation_time_s: int = 60
    compilation_memory_mib: int = 2048
    validation_time_s: int = 60
    validation_memory_mib: int = 2048
    validation_output_mib: int = 8
    ac_to_time_limit: float = 2.0
    stated: frozenset[str] = field(default=frozenset(), compare=False)
    """The keys of the map `limits` in problem.yaml: whence they come, and not what they are."""


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test case; `name` is its path under `data/` without extension, as in `secret/01-small`.

    `args` are the submission's command line, `validator_args` what the output validator gets after the three of the
    format. `shown_input` and `shown_answer` are what a team may be shown of a sample.
    """

    __test__ = False  # pytest takes classes that begin so for its own

    name: str
    input: Path
    answer: Path
    args: tuple[str, ...]
    validator_args: tuple[str, ...]
    input_validator_args: Mapping[str, tuple[str, ...]]
    shown_input: Path
    shown_answer: Path
    hint: str = ""
    description: str = ""
    group: str = "secret"
    """The name of the group that it counts in: `sample`, `secret`, or a test data group as in `secret/group1`."""
    files: tuple[tuple[str, Path], ...] = ()
    """What lies in its `.files` folder, by the path inside: copied into the working directory of each run."""
    visualizer_args: tuple[str, ...] = ()
    full_feedback: bool = False
    """Of samples alone: a secret case that a team would be shown once it has failed it is refused."""
    interaction: Path | None = None
    """A sample's log of an interaction: shown instead of input and answer."""
    hidden: bool = False
    """Whether input and answer must not be shown, sample or not: so it is in interactive legacy problems."""
    loaded_input: Path | None = None
    loaded_answer: Path | None = None
    """What a team downloads of a sample where it is not the input, the answer."""

    @property
    def sample(self) -> bool:
        """Whether teams see it."""
        return self.name.startswith("sample/")

    def args_of_input_validator(self, name: str) -> tuple[str, ...]:
        """The arguments of the input validator of this name; a package may name it with its extension or without."""
        given = self.input_validator_args
        named = (args for key, args in given.items() if key == name or (key and key.rpartition(".")[0] == name))
        return next(named, given.get("", ()))


@dataclass(frozen=True, slots=True)
class LegacyGrading:
    """How a folder of a legacy scoring problem is graded: `testdata.yaml`, what is inherited included.

    `custom` is the package's own grader. `range` are the least and the greatest score that the folder may have.
    """

    on_reject: Literal["break", "continue"] = "break"
    custom: bool = False
    flags: tuple[str, ...] = ()
    custom_score: bool = False
    """Whether the output validator scores each test case that it accepts: `validation: custom score`."""
    accept_score: Decimal = Decimal(1)
    reject_score: Decimal = Decimal(0)
    range: tuple[Decimal | None, Decimal | None] = (None, None)


@dataclass(frozen=True, slots=True)
class TestGroup:
    """`sample`, `secret` or a test data group of it; in the legacy formats every folder of `data`, which is itself "".

    `max_score` None is unbounded. `static_score` is what the group's static validation test case is worth, 0 for one
    that is only passed or failed, None where there is no such case. `legacy` is set in the legacy formats alone.
    """

    __test__ = False  # pytest takes classes that begin so for its own

    name: str
    aggregation: Literal["pass-fail", "sum", "min"] = "pass-fail"
    max_score: Decimal | None = None
    require_pass: tuple[str, ...] = ()
    static_score: Decimal | None = None
    static_args: tuple[str, ...] = ()
    legacy: LegacyGrading | None = None


@dataclass(frozen=True, slots=True)
class DataCheck:
    """Data that proves the validators: `kind` is invalid_input, invalid_output or valid_output."""

    kind: str
    case: TestCase
    output: Path | None


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the package: a validator, or the base of a submission. `language` is a CLICS id.

    `own_build`: it brings `build` or `run`, and has no language. Without either it is no program. `constants` stand for
    their `{{name}}` sequences in the sources.
    """

    name: str
    language: str
    files: tuple[tuple[str, Path], ...]
    entry_point: str | None = None
    own_build: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)

    def sources(self) -> tuple[FileData, ...]:
        """The files with their content, read now; each sequence of a constant is replaced by its value.

        Raises:
            OSError: when a file has gone.
        """
        return tuple(FileData(name, with_constants(path.read_bytes(), self.constants)) for name, path in self.files)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a submission's verdicts must satisfy on the test cases that `tests` matches (empty: all).

    All of them are in `permitted`, at least one is in `required`, and `message` is in some judgemessage. `score` bounds
    the score of the submission, or of the group that `tests` names. `time_limit` says whether the requirement bounds
    the time limit: from below, from above, or not at all; None: as its verdicts say.
    """

    source: str
    permitted: frozenset[str]
    required: frozenset[str]
    tests: str = ""
    message: str = ""
    score: tuple[Decimal, Decimal] | None = None
    time_limit: Literal["lower", "upper", "no"] | None = None


@dataclass(frozen=True, slots=True)
class JurySubmission:
    """A submission of the package. `name` is its path under `submissions/`; `path` its file, or its folder.

    `expected` are the verdicts that it may get as a whole: AC, WA, TLE, RTE, CE. `manual` says why a person must look
    at it, and no verdict is compared: DOMjudge's CHECK-MANUALLY and its like.
    """

    name: str
    path: Path
    program: Program
    requirements: tuple[Requirement, ...]
    expected: frozenset[str]
    score: tuple[Decimal, Decimal] | None = None
    """The bounds of the score that its own files ask for: @EXPECTED_SCORE@."""
    manual: str = ""
    authors: tuple[str, ...] = ()
    model_solution: bool = False
    partial: bool = False
    """Whether its score must not be the best one: `partially_accepted` of the legacy formats."""

    @property
    def language(self) -> str:
        """The CLICS id of its language."""
        return self.program.language


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class ProblemPackage:
    """A problem package, checked. `digest` is the SHA-256 of its content; `validators` empty means the default one.

    `types` are the format's: pass-fail or scoring, and any of interactive, multi-pass and submit-answer.

    `test_cases` are in the order of judging: samples, then secret ones by name. `statement` is the path, inside the
    package, of the statement that is shown: English where there is one.
    """

    root: Path
    short_name: str
    digest: str
    format: str
    name: str
    names: Mapping[str, str]
    uuid: str | None
    types: frozenset[str]
    limits: Limits
    test_cases: tuple[TestCase, ...]
    validators: tuple[Program, ...]
    input_validators: tuple[Program, ...]
    submissions: tuple[JurySubmission, ...]
    statements: Mapping[str, str]
    statement: str
    attachments: tuple[str, ...]
    checks: tuple[DataCheck, ...]
    warnings: tuple[str, ...] = ()
    timing: Timing = Timing()
    origin: Origin = field(default_factory=Origin)
    groups: tuple[TestGroup, ...] = ()
    """`sample`, `secret` and the test data groups, in the order of judging."""
    interactions: tuple[Path, ...] = ()
    """A legacy package's sample logs of interactions beside those of its test cases."""
    static_validator: Program | None = None
    output_visualizer: Program | None = None
    """It is not run: of its images "the judge system may display or ignore these files as it sees fit"."""
    grader: Program | None = None
    """A legacy package's own grader."""
    include: Mapping[str, tuple[tuple[str, Path], ...]] = field(default_factory=dict)
    """Files that are put beside each submission, by language or `default`: they replace its own of the same name."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """What `{{name}}` and `{{name.variant}}` stand for, by what is between the braces."""
    languages: frozenset[str] | None = None
    """The languages in which it may be solved; None: all."""
    shows_groups: bool = False
    """Whether a team should be shown the results of groups, as its contest's feedback can have it: legacy."""
    file_writing: bool = False
    """Whether submissions may write files in their working directory."""
    passes: int = 1
    """Runs of one test of a multi-pass problem, at most."""

    @property
    def scoring(self) -> bool:
        """Whether submissions get a score."""
        return "scoring" in self.types

    @property
    def interactive(self) -> bool:
        """Whether the output validator talks with the submission while it runs."""
        return "interactive" in self.types


_CONSTANT: Final = re.compile(rb"\{\{([a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)?)\}\}")


def with_constants(data: bytes, constants: Mapping[str, str]) -> bytes:
    """The text with each sequence `{{name}}` or `{{name.variant}}` of a known constant replaced by its value. Pure."""
    if not constants:
        return data
    known = {name.encode(): value.encode() for name, value in constants.items()}
    return _CONSTANT.sub(lambda match: known.get(match[1], match[0]), data)
