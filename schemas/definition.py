"""The parts of which a contest's definition and its submissions are made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

__all__ = [
    "BIG_5",
    "LIMITS",
    "WORLD_FINALS_TYPES",
    "Award",
    "ChangedPackage",
    "FileData",
    "JudgementType",
    "Language",
    "Media",
    "PackageFile",
    "Problem",
]

LIMITS = {"submissions": 300, "bytes": 20_000_000, "clarifications": 10, "streams": 12_000}
"""What the api takes where a contest does not say otherwise: of a team in a minute so many submissions, bytes of source
and clarifications, more than people can mean; from one address so many live streams at a time: a stadium behind one, and
fewer than one process serves."""


@dataclass(frozen=True, slots=True)
class JudgementType:
    """A judgement type of the contest: whether it solves, whether it costs a penalty, what the public is told."""

    id: str
    name: str
    penalty: bool
    solved: bool
    simplified: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, a video, … of an object: which of its properties it belongs to, and the file that it is.

    `digest` is the SHA-256 of a file in the store, `hash` its MD5, `size` its bytes. A file that lies elsewhere has an
    `href` instead, and none of these. `width` and `height` are pixels of an image.
    """

    property: str
    filename: str
    mime: str
    digest: str = ""
    href: str | None = None
    hash: str | None = None
    size: int = 0
    width: int | None = None
    height: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a problem package that everybody may have: its path there, the name that it is told under, its MD5."""

    path: str
    filename: str
    mime: str
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of the contest: which package (SHA-256 of its content) under which limits, and how it is shown.

    `statement` is the path of the statement inside the package, `statement_hash` its MD5 where it is shown as it is;
    `max_score` is scaled. `uuid` is the package's own, 0 KiB of `code_limit_kib` are none that is known.
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
    uuid: str | None = None
    code_limit_kib: int = 0
    statement_hash: str | None = None
    attachments: tuple[PackageFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedPackage:
    """A problem on another package: what the package says, and nothing of how the contest shows or values the problem."""

    problem_id: str
    package: str
    time_limit_ms: int
    memory_limit_mib: int
    output_limit_mib: int
    test_data_count: int
    statement: str | None = None
    uuid: str | None = None
    code_limit_kib: int = 0
    statement_hash: str | None = None
    attachments: tuple[PackageFile, ...] = ()

    def of(self, problem: Problem) -> Problem:
        """The problem on this package; one that its definition has on it keeps the limits of the definition. Pure."""
        if problem.package == self.package:
            return problem
        return dataclasses.replace(
            problem,
            package=self.package,
            time_limit_ms=self.time_limit_ms,
            memory_limit_mib=self.memory_limit_mib,
            output_limit_mib=self.output_limit_mib,
            test_data_count=self.test_data_count,
            statement=self.statement,
            uuid=self.uuid,
            code_limit_kib=self.code_limit_kib,
            statement_hash=self.statement_hash,
            attachments=self.attachments,
        )


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the contest, by its CLICS id; the versions are what its commands say of themselves."""

    id: str
    name: str
    extensions: tuple[str, ...]
    entry_point_required: bool = False
    entry_point_name: str | None = None
    compiler_version: str | None = None
    runner_version: str | None = None


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


WORLD_FINALS_TYPES: tuple[JudgementType, ...] = (
    JudgementType("AC", "Accepted", penalty=False, solved=True),
    JudgementType("WA", "Wrong Answer", penalty=True, solved=False),
    JudgementType("TLE", "Time Limit Exceeded", penalty=True, solved=False),
    JudgementType("RTE", "Run-Time Error", penalty=True, solved=False),
    JudgementType("CE", "Compile Error", penalty=False, solved=False),
    JudgementType("JE", "Judging Error", penalty=False, solved=False),
)
"""The judgement types of the World Finals: the "big 5", and JE, which shows as pending."""

BIG_5: dict[str, str] = {
    "APE": "AC",
    **dict.fromkeys(("OLE", "PE", "EO", "IO", "NO", "RE"), "WA"),
    **dict.fromkeys(("WTL", "ILE", "TCO", "TWA", "TPE", "TEO", "TIO", "TNO"), "TLE"),
    **dict.fromkeys(("MLE", "SV", "IF", "RCO", "RWA", "RPE", "REO", "RIO", "RNO"), "RTE"),
    "CTL": "CE",
}
"""What is published for each precise judgement type: the column "Big 5" of the Contest API's known judgement types."""
