"""Submissions, and how they are judged."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.definition import FileData
from schemas.events.base import Event

__all__ = [
    "Judgement",
    "JudgingFaulted",
    "JudgingStarted",
    "Run",
    "Runs",
    "Submission",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Event):
    """Source code as it came; of two records with one id the first in the log counts.

    `digest` is the SHA-256 of what was sent, hexadecimal: the same idempotency key with another digest is refused.
    `zip_hash` is the MD5 of the zip that the files are served as.
    """

    id: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    entry_point: str | None = None
    account: str | None = None
    digest: str = ""
    files: tuple[FileData, ...] = ()
    zip_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingStarted(Event):
    """A judge has begun an attempt at a judging (0: the initial one, else the position of a rejudging's act)."""

    submission_id: str
    judging: int
    attempt: int
    host: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Run:
    """One test of a submission: its place in the format's order (from 1), verdict, times and memory as measured.

    `message` and `team_message` are the output validator's to the jury and to the team, cut, and `feedback` the other files
    that it left, by their paths in the feedback folder, as far as the judge keeps them: untrusted, and for the jury alone.
    A team is told `team_message` of its own where the contest's feedback is `full`, and nobody else any of it.
    """

    ordinal: int
    judgement_type_id: str
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    ended_at: int
    test: str = ""
    score: int | None = None
    message: str = ""
    team_message: str = ""
    feedback: tuple[FileData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Event):
    """Runs of one attempt as they ended, a batch of a second."""

    submission_id: str
    judging: int
    attempt: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingFaulted(Event):
    """The judge failed at an attempt on the `package`. `final`: the third time; pending for the team, an alert for the operators."""

    submission_id: str
    judging: int
    attempt: int
    host: str
    why: str
    final: bool
    package: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Event):
    """The end of a judging, self-contained; of two for one (submission, judging) the first in the log counts.

    `verdict` is the precise CLICS judgement type; what is published is the definition's business. `message` says to the jury
    what decided, where the verdict of a single run does not.
    """

    submission_id: str
    team_id: str
    problem_id: str
    language_id: str
    submitted_at: int
    judging: int
    attempt: int
    verdict: str
    score: int | None = None
    group_scores: tuple[int, ...] = ()
    started_at: int
    ended_at: int
    max_cpu_ms: int = 0
    max_memory_kib: int = 0
    runs: int = 0
    host: str = ""
    package: str = ""
    compiler_output: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    message: str = ""
