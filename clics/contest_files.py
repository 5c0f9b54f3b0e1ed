"""The tools for reading a contest package: its files, and the keys of one object with what is wrong with each."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from clics.times import parse_reltime
from schemas.errors import DataError, PackageError
from schemas.ids import check_id

__all__ = [
    "Files",
    "Reader",
    "flag",
    "identifier",
    "identifiers",
    "penalty",
    "reltime",
    "seconds",
    "text",
    "texts",
    "whole",
]

_MAX_FILE = 16_000_000
"""Bytes of one file that we read: the entries of 100,000 contestants fit; a zip bomb does not."""


class _Loader(yaml.SafeLoader):
    """YAML in JSON's types: 5:00:00 and dates stay strings, which is what the Contest API writes them as."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


class Files:
    """The files of a package, in a folder or a zip."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._zip = zipfile.ZipFile(root) if root.is_file() else None
        names = self._zip.namelist() if self._zip else []
        tops = {name.split("/")[0] for name in names}
        self._prefix = f"{tops.pop()}/" if len(tops) == 1 and f"{names[0].split('/')[0]}/" in (names[0], *names) else ""

    def load(self, stem: str) -> tuple[str, Any] | None:
        """(file name, content) of `<stem>.json` or `.yaml`; None when there is neither."""
        found = [(name, data) for name in (f"{stem}.json", f"{stem}.yaml") if (data := self._read(name)) is not None]
        if len(found) > 1:
            raise PackageError(f"{found[0][0]} and {found[1][0]}: one of them has to go")
        if not found:
            return None
        name, data = found[0]
        try:
            return name, json.loads(data) if name.endswith("json") else yaml.load(data, _Loader)  # noqa: S506  # a SafeLoader
        except (ValueError, yaml.YAMLError) as error:
            raise PackageError(f"{name}: {' '.join(str(error).split())}") from error

    def _read(self, name: str) -> bytes | None:
        if self._zip:
            try:
                info = self._zip.getinfo(self._prefix + name)
            except KeyError:
                return None
            if info.file_size > _MAX_FILE:
                raise PackageError(f"{name}: larger than {_MAX_FILE} bytes")
            return self._zip.read(info)
        path = self.root / name
        if not path.is_file():
            return None
        if path.stat().st_size > _MAX_FILE:
            raise PackageError(f"{name}: larger than {_MAX_FILE} bytes")
        return path.read_bytes()


class Reader:
    """Takes the keys of one object out, noting what is wrong with each and what is left over."""

    def __init__(self, where: str, data: Any, errors: list[str]) -> None:
        self._where, self._errors = where, errors
        self._data: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            errors.append(f"{where}: expected an object, got {type(data).__name__}")

    def take(self, key: str, convert: Callable[[Any], Any], default: Any = None, *, needed: bool = False) -> Any:
        """The converted value of a key, *default* where it is absent or wrong; what is wrong is noted."""
        value = self._data.pop(key, None)
        if value is None:
            if needed:
                self._errors.append(f"{self._where}: {key} is missing")
            return default
        try:
            return convert(value)
        except (DataError, TypeError, ValueError) as error:
            self._errors.append(f"{self._where}: {key}: {error}")
            return default

    def done(self, *known: str) -> list[str]:
        """Keys that nobody took, but for the *known* ones, which are the API's and not podium's to use."""
        return [f"{self._where}: {key} is not used" for key in self._data if key not in known]


def text(value: Any) -> str:
    """A text; numbers are taken as they are written."""
    if isinstance(value, (dict, list, bool)):
        raise DataError(f"expected a text, got {value!r}")
    return str(value)


def whole(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError(f"expected a whole number, got {value!r}")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise DataError(f"expected true or false, got {value!r}")
    return value


def identifier(value: Any) -> str:
    """A CLICS id."""
    return check_id(text(value), "id")


def identifiers(value: Any) -> tuple[str, ...]:
    """A list of CLICS ids."""
    if not isinstance(value, list):
        raise DataError(f"expected a list of ids, got {value!r}")
    return tuple(identifier(v) for v in value)


def reltime(value: Any) -> int:
    """A RELTIME that is not negative, in milliseconds."""
    ms = parse_reltime(text(value))
    if ms < 0:
        raise DataError(f"expected a duration that is not negative, got {value!r}")
    return ms


def penalty(value: Any) -> int:
    """A penalty time in milliseconds: a RELTIME, or whole minutes as 2023-06 has it."""
    return whole(value) * 60_000 if isinstance(value, int) else reltime(value)  # 2023-06 has minutes


def seconds(value: Any) -> int:
    """A positive number of seconds, in milliseconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise DataError(f"expected a positive number of seconds, got {value!r}")
    return round(value * 1000)


def texts(value: Any) -> dict[str, str]:
    """Keys with texts."""
    if not isinstance(value, dict):
        raise DataError(f"expected keys with values, got {value!r}")
    return {text(k): text(v) for k, v in value.items()}
