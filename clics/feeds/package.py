"""A contest package of any system as notifications: its event feed, and the endpoints' files that the feed lacks.

Of podium's own files only a package of podium has any.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson
import yaml

from clics.contest_acts import ACTS_FILE
from clics.contest_files import JsonTypes
from clics.feeds.fields import TYPES
from clics.feeds.lines import notifications
from clics.feeds.model import NAMES, Notification
from clics.feeds.oddities import Oddities
from clics.feeds.own import Own, own_of
from schemas.errors import DataError

__all__ = ["is_package", "own_files", "package_notifications"]

FEED = "event-feed.ndjson"

_MAX_FILE = 512 << 20
"""Bytes of one endpoint's file: it is held in memory, and the runs of the largest contests take 200 MB."""


def is_package(path: Path) -> bool:
    """Whether it is a folder or a zip."""
    return path.is_dir() or zipfile.is_zipfile(path)


def package_notifications(path: Path, oddities: Oddities) -> Iterator[Notification]:
    """The package's feed line by line, then the files of the endpoints that the feed said nothing of, each as one.

    Raises:
        DataError: when the package cannot be read, or has neither.
    """
    with _opened(path) as (names, open_):
        yield from _notifications(path, names, open_, oddities)


def own_files(path: Path) -> Own:
    """What podium's own files in the package say.

    Raises:
        DataError: when the package cannot be read; PackageError when one of them is wrong.
    """
    with _opened(path) as (names, open_):
        return own_of(_first(path, names, open_, "podium"), _first(path, names, open_, ACTS_FILE))


def _first(path: Path, names: dict[str, str], open_: Callable[[str], IO[bytes]], stem: str) -> tuple[str, Any] | None:
    """Name and content of the file with this name but for its ending."""
    found = next((name for name in (f"{stem}.json", f"{stem}.yaml") if name in names), None)
    return None if found is None else (found, _content(path, names, open_, found))


def _notifications(
    path: Path, names: dict[str, str], open_: Callable[[str], IO[bytes]], oddities: Oddities
) -> Iterator[Notification]:
    told = set()
    if FEED in names:
        with open_(names[FEED]) as file:
            for one in notifications(file, oddities, FEED):
                told.add(one.value.get("type") or one.value.get("endpoint") or "contest")
                yield one
    told |= {NAMES.get(type_, type_) for type_ in told if isinstance(type_, str)}
    found = [(type_, f"{type_}.{ending}") for type_ in TYPES for ending in ("json", "yaml")]
    files = [(type_, name) for type_, name in found if name in names and type_ not in told]
    if FEED not in names and "contest" not in {type_ for type_, _ in files}:
        raise DataError(f"{path}: a contest package has {FEED}, contest.json or contest.yaml")
    for type_, name in files:
        yield Notification(name, 0, {"type": type_, "id": None, "data": _content(path, names, open_, name)})


def _content(path: Path, names: dict[str, str], open_: Callable[[str], IO[bytes]], name: str) -> Any:
    with open_(names[name]) as file:
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        raise DataError(f"{path}: {name}: larger than {_MAX_FILE} bytes")
    return _parsed(f"{path}: {name}", data)


def _parsed(name: str, data: bytes) -> Any:
    try:
        return orjson.loads(data) if name.endswith("json") else yaml.load(data, JsonTypes)  # noqa: S506  # a SafeLoader
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataError(f"{name}: {' '.join(str(error).split())}") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[dict[str, str], Callable[[str], IO[bytes]]]]:
    """The package's own files by name, and how one is opened; of a zip, those in the one folder where the contest lies.

    Raises:
        DataError: when the package cannot be read, within the block as well.
    """
    try:
        with _files(path) as found:
            yield found
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: {error}") from error


@contextmanager
def _files(path: Path) -> Iterator[tuple[dict[str, str], Callable[[str], IO[bytes]]]]:
    if path.is_dir():
        names = {one.name: one.name for one in path.iterdir() if one.is_file()}
        yield names, lambda name: (path / name).open("rb")
        return
    with zipfile.ZipFile(path) as archive:
        paths = [PurePosixPath(one.filename) for one in archive.infolist() if not one.is_dir()]
        roots = [one.parent for one in paths if one.name in (FEED, "contest.json", "contest.yaml")]
        root = min(roots, key=lambda one: (len(one.parts), str(one)), default=PurePosixPath())
        names = {one.name: str(one) for one in paths if one.parent == root}
        yield names, archive.open
