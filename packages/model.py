"""What a problem package is, once it has been read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["JurySubmission", "Limits", "ProblemPackage", "Program", "TestCase"]


@dataclass(frozen=True, slots=True)
class Limits:
    """A problem's limits; what the package does not say has the typical system default of the format."""

    time_limit_ms: int
    memory_mib: int = 2048
    output_mib: int = 8
    code_kib: int = 128
    compilation_time_s: int = 60
    compilation_memory_mib: int = 2048
    validation_time_s: int = 60
    validation_memory_mib: int = 2048
    validation_output_mib: int = 8


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test case by its name in the format, such as `secret/01-small`. Files are paths below the package's root."""

    __test__ = False  # pytest takes classes that begin so for its own

    name: str
    input: Path
    answer: Path
    args: tuple[str, ...] = ()
    validator_args: tuple[str, ...] = ()

    @property
    def sample(self) -> bool:
        """Whether contestants see it."""
        return self.name.startswith("sample/")


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the package: its files by the name that they have beside each other."""

    name: str
    files: tuple[tuple[str, Path], ...]
    language: str | None
    entry_point: str | None = None


@dataclass(frozen=True, slots=True)
class JurySubmission:
    """A submission of the jury. Each test's verdict must be in `permitted`, one at least in `required`.

    `expected` are the verdicts that the whole submission may get.
    """

    name: str
    path: Path
    files: tuple[tuple[str, Path], ...]
    language: str | None
    entry_point: str | None
    permitted: frozenset[str]
    required: frozenset[str]
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProblemPackage:
    """A problem package that holds what its format says. `digest` is the SHA-256 of its content, hexadecimal."""

    root: Path
    format: str
    name: str
    names: dict[str, str]
    uuid: str | None
    digest: str
    limits: Limits
    test_cases: tuple[TestCase, ...]
    submissions: tuple[JurySubmission, ...]
    validator: Program | None
    statements: dict[str, Path]
    warnings: tuple[str, ...] = ()
    # what keeps an unpacked zip's folder alive
    holder: object = field(default=None, compare=False, repr=False)

    @property
    def statement(self) -> str | None:
        """The path inside the package of the statement to show: English where there is one."""
        found = self.statements.get("en") or next(iter(self.statements.values()), None)
        return found.relative_to(self.root).as_posix() if found else None
