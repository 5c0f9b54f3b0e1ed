"""What everybody may have of a problem package, as the definition tells it."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import PurePosixPath
from typing import Any

from packages.model import ProblemPackage
from schemas.definition import PackageFile

__all__ = ["told_of"]

_TYPES = mimetypes.MimeTypes()
"""Python's own table, not the machine's: the same everywhere."""
_ANY = "application/octet-stream"


def told_of(package: ProblemPackage, problem_id: str) -> dict[str, Any]:
    """The fields of a `Problem` or a `ChangedPackage` that the package alone decides, but for limits. Reads only."""
    pdf = package.statement.endswith(".pdf")
    return {
        "statement": package.statement,
        "statement_hash": _hash(package, package.statement) if pdf else None,
        "uuid": package.uuid,
        "code_limit_kib": package.limits.code_kib,
        "attachments": _attachments(package, problem_id),
    }


def _attachments(package: ProblemPackage, problem_id: str) -> tuple[PackageFile, ...]:
    """The attachments, each under a name that no other file of the problem has."""
    taken = {f"{problem_id}{ending}" for ending in (".zip", ".pdf", ".html")}
    found = []
    for path in package.attachments:
        inner = path.removeprefix("attachments/")
        name = PurePosixPath(inner).name
        if name in taken:
            name = inner.replace("/", "-") if "/" in inner else f"attachment-{name}"
        while name in taken:
            name = f"attachment-{name}"
        taken.add(name)
        mime, encoding = _TYPES.guess_type(name)
        found.append(PackageFile(inner, name, _ANY if encoding else mime or _ANY, _hash(package, path)))
    return tuple(found)


def _hash(package: ProblemPackage, path: str) -> str:
    with (package.root / path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
