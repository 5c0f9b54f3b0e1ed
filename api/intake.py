"""What was sent as a submission: from a request's body, as JSON or as a form, to a draft that is well formed."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import HTTPException
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from clics.times import parse_reltime, parse_time
from packages.files import DAMAGED
from schemas.definition import FileData
from schemas.errors import DataError
from schemas.ids import check_id

__all__ = ["MAX_SOURCE", "Draft", "digest_of", "parse", "read_body"]

MAX_SOURCE = 1_000_000
"""Bytes of all files of a submission together; a record of the log holds twice as much."""
MAX_FILES = 64

_PROPERTIES = frozenset(
    {
        *("id", "problem_id", "language_id", "team_id", "account_id", "time", "contest_time", "entry_point", "files"),
        "reaction",
    }
)
"""What a submission's JSON may say, as whoever reads it sees it. The reaction is not kept; the time decides what time of
the contest it is, by this contest's clock."""

_ENTRY = b"PK\x01\x02"
"""What an entry of a zip's directory begins with."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""As everybody packs; of the other ways one takes as much memory as the zip says."""
_ENCRYPTED = 1
"""The flag of an entry that takes a password."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}", re.ASCII)
_ENTRY_POINT = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.+-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """A submission as somebody wants it; `id`, `team_id`, `account_id` and `time` (UTC ms) where they say so."""

    problem_id: str
    language_id: str
    files: tuple[FileData, ...]
    entry_point: str | None = None
    team_id: str | None = None
    id: str | None = None
    time: int | None = None
    account_id: str | None = None


def digest_of(draft: Draft, team: str) -> str:
    """The SHA-256 of what was sent, hexadecimal: the same key with another digest is another submission. Pure."""
    total = hashlib.sha256()
    parts = [draft.problem_id, draft.language_id, draft.entry_point, team, draft.time]
    total.update(orjson.dumps(parts))
    for file in draft.files:
        total.update(f"\0{file.name}\0{len(file.data)}\0".encode())
        total.update(file.data)
    return total.hexdigest()


async def read_body(request: Request) -> bytes:
    """The whole body; how large it may be, and how long it may take, is `api/bounds.py`'s to say.

    Raises:
        HTTPException: 400 when it breaks off.
    """
    try:
        return await request.body()
    except ClientDisconnect:
        raise HTTPException(400, "the request broke off") from None


async def parse(headers: Headers, body: bytes) -> Draft:
    """The draft in a body.

    Raises:
        HTTPException: 400 saying what is wrong, 413 when the source is too large, 415 for another type of body.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        draft = _from_json(body)
    elif kind == "multipart/form-data":
        draft = await _from_form(headers, body)
    else:
        raise HTTPException(415, "send JSON (application/json) or a form (multipart/form-data)")
    _check(draft)
    return draft


def _from_json(body: bytes) -> Draft:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise HTTPException(400, "the body must be a JSON object")
    if unknown := sorted(key for key, value in data.items() if key not in _PROPERTIES and value is not None):
        raise HTTPException(400, f"{unknown[0]}: a submission has no such property, or not one that you may give")
    try:
        time, of_contest = _text(data, "time", required=False), _text(data, "contest_time", required=False)
        if of_contest is not None:
            parse_reltime(of_contest)
            if time is None:
                raise DataError("contest_time: it follows from the time; give that")
        return Draft(
            problem_id=_text(data, "problem_id") or "",
            language_id=_text(data, "language_id") or "",
            entry_point=_text(data, "entry_point", required=False),
            team_id=_text(data, "team_id", required=False),
            id=_text(data, "id", required=False),
            account_id=_text(data, "account_id", required=False),
            time=None if time is None else parse_time(time),
            files=_archive(data.get("files")),
        )
    except DataError as error:
        raise HTTPException(400, str(error)) from None


def _text(data: dict[str, Any], key: str, *, required: bool = True) -> str | None:
    value = data.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value:
        raise DataError(f"{key}: expected a text" if key in data else f"{key} is missing")
    return value


def _archive(value: Any) -> tuple[FileData, ...]:
    """The files in `[{"data": base64 of a zip}]`."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise DataError("files: expected a list with one archive")
    if value[0].get("mime") not in (None, "application/zip"):
        raise DataError("files: mime: only application/zip is accepted")
    data = value[0].get("data")
    if not isinstance(data, str):
        raise DataError("files: data is missing: a zip in base64")
    try:
        packed = base64.b64decode(data, validate=True)
    except ValueError:  # also of what is no ASCII
        raise DataError("files: data: not base64") from None
    if packed.count(_ENTRY) > MAX_FILES:  # to read a directory of forty thousand would hold up everybody
        raise DataError(f"files: at most {MAX_FILES} files")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            entries = archive.infolist()
            if odd := [one for one in entries if one.compress_type not in _PACKED or one.flag_bits & _ENCRYPTED]:
                raise DataError(f"files: {odd[0].filename[:80]!r}: stored or deflated, and not encrypted, please")
            if sum(entry.file_size for entry in entries) > MAX_SOURCE:
                raise HTTPException(413, f"the source is larger than {MAX_SOURCE} bytes")
            # what a header promises is not what comes out: each is read no further than the bound
            return tuple(FileData(entry.filename, _entry(archive, entry)) for entry in entries)
    except DAMAGED as error:
        raise DataError(f"files: data: not a zip that can be read: {error}") from None


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        return file.read(MAX_SOURCE + 1)


async def _from_form(headers: Headers, body: bytes) -> Draft:
    async def once() -> AsyncGenerator[bytes]:
        yield body

    parser = MultiPartParser(headers, once(), max_files=MAX_FILES, max_fields=16, max_part_size=MAX_SOURCE + 1)
    try:
        return await _draft(await parser.parse())
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, f"the form cannot be read: {getattr(error, 'message', error)}") from None
    except DataError as error:
        raise HTTPException(400, str(error)) from None
    finally:
        for file in parser._files_to_close_on_error:  # noqa: SLF001  # a form that breaks off leaves its last one open
            file.close()


async def _draft(form: FormData) -> Draft:
    files = []
    fields: dict[str, str] = {}
    for key, value in form.multi_items():
        if isinstance(value, UploadFile):
            if key not in ("code", "files"):
                raise DataError(f"{key}: files are sent as `code`")
            files.append(FileData(value.filename or "", await value.read()))
        elif key in ("problem_id", "language_id", "entry_point", "team_id"):
            fields[key] = value
        else:
            raise DataError(f"{key}: there is no such field, or `code` is no file")
    return Draft(
        problem_id=_text(fields, "problem_id") or "",
        language_id=_text(fields, "language_id") or "",
        entry_point=fields.get("entry_point") or None,
        team_id=fields.get("team_id") or None,
        files=tuple(files),
    )


def _check(draft: Draft) -> None:
    """What can be said of a submission without knowing the contest."""
    ids = {"problem_id": draft.problem_id, "language_id": draft.language_id, "team_id": draft.team_id, "id": draft.id}
    for name, value in ids.items():
        try:
            if value is not None:
                check_id(value, name)
        except DataError as error:
            raise HTTPException(400, str(error)) from None
    if not draft.files:
        raise HTTPException(400, "there is no file: send at least one as `code`")
    for file in draft.files:
        if not _NAME.fullmatch(file.name):
            raise HTTPException(400, f"file name {file.name[:80]!r}: letters, digits, '_', '.', '+', '-', no folders")
    if len({file.name for file in draft.files}) < len(draft.files):
        raise HTTPException(400, "two files have the same name")
    size = sum(len(file.data) for file in draft.files)
    if size == 0:
        raise HTTPException(400, "the source is empty")
    if size > MAX_SOURCE:
        raise HTTPException(413, f"the source is larger than {MAX_SOURCE} bytes")
    if draft.entry_point is not None and not _ENTRY_POINT.fullmatch(draft.entry_point):
        raise HTTPException(400, "entry_point: expected the name of a class or a file")
