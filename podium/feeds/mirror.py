"""The contest beside an imported one, in which this podium judges the same submissions: its events. Pure."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from clics.contest_package import LANGUAGES
from clics.source_zip import zip_hash
from packages.files import DAMAGED
from schemas.definition import FileData, Language, Problem
from schemas.errors import DataError
from schemas.events import (
    Definition,
    Event,
    Group,
    Organization,
    Person,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    Submission,
    SubmissionIgnored,
    Team,
    ThawScheduled,
    Transitioned,
)
from schemas.ids import check_id

__all__ = ["Packaged", "mirrored", "shadow_id", "sources"]

Packaged = Mapping[str, Problem]
"""Problems as their packages say them, by id."""

_SUFFIX = ".shadow"
_MOST_FILES, _MOST_BYTES = 64, 1_000_000
"""Of a submission, as the api takes it."""

_COPIED = (
    *(Team, Group, Organization, Person, SubmissionIgnored),
    *(ScoreboardFrozen, ScoreboardUnfrozen, ThawScheduled, Transitioned),
)
"""What both contests have in common. Not that the results are final: our own verdicts may come behind that."""


def shadow_id(contest: str) -> str:
    """The id of the contest that is judged here.

    Raises:
        DataError: when it would be too long.
    """
    return check_id(f"{contest}{_SUFFIX}", "the shadow's contest id (take a shorter one with --contest)")


def mirrored(event: Event, packaged: Packaged, files: tuple[FileData, ...] = ()) -> Event | None:
    """What an event of the imported contest is in the one that is judged here; None: nothing. Pure.

    Args:
        event: of the imported contest.
        packaged: the problems whose packages are there.
        files: of a submission.
    """
    contest = shadow_id(event.contest)
    if isinstance(event, Definition):
        problems = tuple(_with_package(one, packaged.get(one.id)) for one in event.problems)
        languages = tuple(_known(one) for one in event.languages)
        return dataclasses.replace(event, contest=contest, problems=problems, languages=languages)
    if isinstance(event, Submission):
        judged = event.problem_id in packaged and event.language_id in LANGUAGES and files
        return dataclasses.replace(event, contest=contest, files=files, zip_hash=zip_hash(files)) if judged else None
    return dataclasses.replace(event, contest=contest) if isinstance(event, _COPIED) else None


def _known(one: Language) -> Language:
    ours = LANGUAGES.get(one.id)
    return one if ours is None else dataclasses.replace(ours, name=one.name)


def _with_package(problem: Problem, packaged: Problem | None) -> Problem:
    """The problem on its package; limits that the other system tells count before the package's own."""
    if packaged is None:
        return problem
    return dataclasses.replace(
        problem,
        package=packaged.package,
        time_limit_ms=problem.time_limit_ms or packaged.time_limit_ms,
        memory_limit_mib=problem.memory_limit_mib or packaged.memory_limit_mib,
        output_limit_mib=problem.output_limit_mib or packaged.output_limit_mib,
        test_data_count=packaged.test_data_count,
        statement=packaged.statement,
        uuid=packaged.uuid,
        code_limit_kib=packaged.code_limit_kib,
        statement_hash=packaged.statement_hash,
        attachments=packaged.attachments,
    )


def sources(archive: bytes) -> tuple[FileData, ...]:
    """The files in the zip of a submission, by their names without folders. Pure.

    Raises:
        DataError: when it is no zip, or holds more than podium judges.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            infos = [info for info in file.infolist() if not info.is_dir()]
            if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _MOST_BYTES:
                raise DataError(f"more than {_MOST_FILES} files or {_MOST_BYTES} bytes")
            found = tuple(FileData(PurePosixPath(info.filename).name, file.read(info)) for info in infos)
    except DAMAGED as error:
        raise DataError(f"no zip that can be read: {error}") from error
    if sum(len(one.data) for one in found) > _MOST_BYTES:
        raise DataError(f"more than {_MOST_BYTES} bytes")
    return found
