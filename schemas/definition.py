"""The parts of which a contest's definition and its submissions are made."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Award", "FileData", "JudgementType", "Language", "Problem"]


@dataclass(frozen=True, slots=True)
class JudgementType:
    """A judgement type of the contest: whether it solves, whether it costs a penalty, what the public is told."""

    id: str
    name: str
    penalty: bool
    solved: bool
    simplified: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of the contest: which package (SHA-256 of its content) under which limits, and how it is shown.

    `statement` is the path of the statement inside the package; `max_score` is scaled.
    """

    id: str
    label: str
    name: str
    ordinal: int
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    test_data_count: int
    rgb: str | None = None
    color: str | None = None
    weight: int = 1
    max_score: int | None = None
    statement: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the contest, by its CLICS id."""

    id: str
    name: str
    extensions: tuple[str, ...]
    entry_point_required: bool = False
    entry_point_name: str | None = None


@dataclass(frozen=True, slots=True)
class FileData:
    """A file of a submission: its name without folders, its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Award:
    """A CLICS award."""

    id: str
    citation: str
    team_ids: tuple[str, ...] = ()
