"""What a problem package says: problem, limits, tests, validators and the jury's own submissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.definition import FileData

__all__ = ["DataCheck", "JurySubmission", "Limits", "ProblemPackage", "Program", "Requirement", "TestCase"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits with podium's defaults for what the package leaves open. MiB and KiB are powers of two."""

    time_limit_ms: int
    memory_mib: int = 1024
    output_mib: int = 8
    code_kib: int = 128
    compilation_time_s: int = 10
    compilation_memory_mib: int = 1280
    validation_time_s: int = 60
    validation_memory_mib: int = 1024
    validation_output_mib: int = 8
    ac_to_time_limit: float = 2.0


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

    @property
    def sample(self) -> bool:
        """Whether teams see it."""
        return self.name.startswith("sample/")

    def args_of_input_validator(self, name: str) -> tuple[str, ...]:
        """The arguments of the input validator of this name."""
        return self.input_validator_args.get(name, self.input_validator_args.get("", ()))


@dataclass(frozen=True, slots=True)
class DataCheck:
    """Data that proves the validators: `kind` is invalid_input, invalid_output or valid_output."""

    kind: str
    case: TestCase
    output: Path | None


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the package: a validator, or the base of a submission. `language` is a CLICS id.

    `language` is empty where podium cannot run it: a grammar file, or a program with its own build script.
    """

    name: str
    language: str
    files: tuple[tuple[str, Path], ...]
    entry_point: str | None = None

    def sources(self) -> tuple[FileData, ...]:
        """The files with their content, read now.

        Raises:
            OSError: when a file has gone.
        """
        return tuple(FileData(name, path.read_bytes()) for name, path in self.files)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a submission's verdicts must satisfy on the test cases that `tests` matches (empty: all).

    All of them are in `permitted`, at least one is in `required`, and `message` is in some judgemessage.
    """

    source: str
    permitted: frozenset[str]
    required: frozenset[str]
    tests: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class JurySubmission:
    """A submission of the package. `name` is its path under `submissions/`; `path` its file, or its folder.

    `expected` are the verdicts that it may get as a whole: AC, WA, TLE, RTE, CE.
    """

    name: str
    path: Path
    program: Program
    requirements: tuple[Requirement, ...]
    expected: frozenset[str]

    @property
    def language(self) -> str:
        """The CLICS id of its language."""
        return self.program.language


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class ProblemPackage:
    """A problem package, checked. `digest` is the SHA-256 of its content; `validators` empty means the default one.

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
    type: str
    limits: Limits
    test_cases: tuple[TestCase, ...]
    validators: tuple[Program, ...]
    input_validators: tuple[Program, ...]
    submissions: tuple[JurySubmission, ...]
    statements: Mapping[str, str]
    statement: str
    attachments: tuple[str, ...]
    checks: tuple[DataCheck, ...]
    warnings: tuple[str, ...] = field(default=())
