"""The files under HOME/replays: written whole or not at all, read with an error that says what is wrong."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from schemas.errors import DependencyError, UsageError
from schemas.settings import Settings

__all__ = ["digest_of", "folder", "read_document", "write_document", "write_whole"]

T = TypeVar("T")


def folder(settings: Settings) -> Path:
    """HOME/replays, made when it is not there."""
    path = settings.home / "replays"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_whole(path: Path, write: Callable[[Any], None]) -> None:
    """Have a file written and put it in its place in one step: a reader, a crash and a full disk see no half of it.

    Raises:
        DependencyError: when the disk does not take it.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise DependencyError(f"{path}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)


def write_document(path: Path, document: dict[str, Any]) -> None:
    """A document as JSON; the same document has the same bytes."""
    data = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    write_whole(path, lambda file: file.write(data))


def read_document(path: Path, kind: str, load: Callable[[dict[str, Any]], T]) -> T:
    """A document of this kind, from its JSON by *load*.

    Raises:
        UsageError: when the file cannot be read or is no such document.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from None
    if not isinstance(data, dict) or data.get("podium") != kind:
        raise UsageError(f"{path}: this is no {kind}")
    try:
        return load(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: this {kind} is not as podium writes it ({type(error).__name__}: {error})") from None


def digest_of(document: dict[str, Any]) -> str:
    """A short name for a document, the same for the same content. Pure."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12]
