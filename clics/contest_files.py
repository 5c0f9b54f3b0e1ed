"""The tools for reading a contest package: its files, and the keys of one object with what is wrong with each."""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from clics.times import parse_reltime
from schemas.definition import LIMITS
from schemas.errors import DataError, PackageError
from schemas.ids import check_id

__all__ = [
    "LONGEST_MS",
    "Files",
    "JsonTypes",
    "Reader",
    "address",
    "colour",
    "flag",
    "identifier",
    "identifiers",
    "limits",
    "location",
    "natural",
    "objects",
    "one_of",
    "penalty",
    "place",
    "reltime",
    "score_scale",
    "seconds",
    "text",
    "text_list",
    "texts",
    "username",
    "values",
    "whole",
]

_MAX_FILE = 16_000_000
"""Bytes of one file that we read: the entries of 100,000 contestants fit."""

_LONGEST_RUN_S = 60
"""The longest time limit of a problem, as for those that its package names: a judge must notice a slot that is stuck."""

LONGEST_MS = 10 * 366 * 86_400_000
"""The longest duration, ten years: nobody means a longer one, and sums of such fit the log's 64 bits."""

_FAR = 1 << 53
"""The largest number that every JSON reader keeps: of metres to a team's seat nobody needs as many."""

_USERNAME = re.compile(r"[^:\x00-\x1f\x7f-\x9f]{1,255}")
_RGB = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class JsonTypes(yaml.SafeLoader):
    """YAML in JSON's types: 5:00:00 and dates stay strings, which is what the Contest API writes them as."""


JsonTypes.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    JsonTypes.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


class Files:
    """The files of a package's folder; what is wrong with one is noted, and `load` answers as if it were not there."""

    def __init__(self, root: Path, errors: list[str]) -> None:
        self._root, self._errors = root, errors
        self.broken: set[str] = set()
        self.read: set[str] = set()

    def load(self, stem: str) -> tuple[str, Any] | None:
        """(file name, content) of `<stem>.json` or `.yaml`; None when there is neither, or it cannot be read."""
        names = [name for name in (f"{stem}.json", f"{stem}.yaml") if (self._root / name).is_file()]
        try:
            if len(names) > 1:
                raise PackageError(f"{names[0]} and {names[1]}: one of them has to go")
            if not names:
                return None
            found = names[0], self._parse(names[0])
        except PackageError as error:
            self.broken.add(stem)
            self._errors.append(str(error))
            return None
        self.read.add(stem)
        return found

    def objects(self, endpoint: str) -> Iterator[tuple[str, Reader]]:
        """(file name, reader) of each object of an endpoint's file."""
        found = self.load(endpoint)
        if found is None:
            return
        name, data = found
        if not isinstance(data, list):
            self._errors.append(f"{name}: expected a list, got {type(data).__name__}")
            return
        for number, item in enumerate(data, 1):
            label = item.get("id", item.get("username", number)) if isinstance(item, dict) else number
            yield name, Reader(f"{name}: {label}", item, self._errors)

    def _parse(self, name: str) -> Any:
        path = self._root / name
        if path.stat().st_size > _MAX_FILE:
            raise PackageError(f"{name}: larger than {_MAX_FILE} bytes")
        data = path.read_bytes()
        try:
            return json.loads(data) if name.endswith("json") else yaml.load(data, JsonTypes)  # noqa: S506  # a SafeLoader
        except (ValueError, RecursionError, yaml.YAMLError) as error:
            raise PackageError(f"{name}: {' '.join(str(error).split())}") from error


class Reader:
    """Takes the keys of one object out, noting what is wrong with each and what is left over."""

    def __init__(self, where: str, data: Any, errors: list[str]) -> None:
        self._where, self._errors = where, errors
        self._data: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
        self._keys: set[str] = set()
        if not isinstance(data, dict):
            errors.append(f"{where}: expected an object, got {type(data).__name__}")

    def take(self, key: str, convert: Callable[[Any], Any], default: Any = None, *, needed: bool = False) -> Any:
        """The converted value of a key, *default* where it is absent or wrong; what is wrong is noted."""
        self._keys.add(key)
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
        """Keys that nobody took, but for the *known* ones, which are the API's and not podium's to use.

        One that is all but a key that there is (`hiden`) is noted as wrong: it would do the opposite of what was meant.
        """
        left = []
        for key in self._data:
            if key in known:
                continue
            near = difflib.get_close_matches(str(key), self._keys, 1, cutoff=0.8)
            if near:
                self._errors.append(f"{self._where}: {key} is not used; did you mean {near[0]}?")
            else:
                left.append(f"{self._where}: {key} is not used")
        return left


def text(value: Any) -> str:
    """A text; numbers are taken as they are written."""
    if isinstance(value, (dict, list, bool)):
        raise DataError(f"expected a text, got {value!r}")
    return str(value)


def whole(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError(f"expected a whole number, got {value!r}")
    if not -(1 << 63) <= value < 1 << 63:
        raise DataError("expected a whole number of at most 64 bits")
    return value


def score_scale(value: Any) -> int:
    """Into how many parts a point is divided: 1, 10, 100 … up to a million."""
    if whole(value) not in (10**n for n in range(7)):
        raise DataError(f"expected 1, 10, 100 and so on, at most 1000000, got {value!r}")
    return whole(value)


def natural(value: Any) -> int:
    """A whole number that is not negative."""
    if whole(value) < 0:
        raise DataError(f"expected a whole number that is not negative, got {value!r}")
    return whole(value)


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


_SEAT = {"x": (-_FAR, _FAR), "y": (-_FAR, _FAR), "rotation": (0, 360)}
_PLACE = {"latitude": (-90, 90), "longitude": (-180, 180)}


def location(value: Any) -> str:
    """Where a team sits, metres and degrees, as the log keeps it: the API's object as JSON with sorted keys."""
    return _numbers(value, _SEAT)


def place(value: Any) -> str:
    """Where on Earth something is, degrees, as the log keeps it: the API's object as JSON with sorted keys."""
    return _numbers(value, _PLACE)


def _numbers(value: Any, bounds: Mapping[str, tuple[int, int]]) -> str:
    """An object of these numbers and nothing else, each within its bounds."""
    if not isinstance(value, dict) or value.keys() != bounds.keys():
        raise DataError(f"expected an object with {' and '.join(bounds)}, got {value!r}")
    for name, (least, most) in bounds.items():
        number = value[name]
        # in this order neither NaN nor infinity passes
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not least <= number <= most:
            raise DataError(f"{name}: expected a number from {least} to {most}, got {number!r}")
    return json.dumps(value, sort_keys=True)


def address(value: Any) -> str:
    """An IP address, in its usual form."""
    try:
        return str(ipaddress.ip_address(text(value)))
    except ValueError:
        raise DataError(f"expected an IP address, got {value!r}") from None


def text_list(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise DataError(f"expected a list of texts, got {value!r}")
    return tuple(text(v) for v in value)


def reltime(value: Any) -> int:
    """A RELTIME that is not negative and within ten years, in milliseconds."""
    ms = parse_reltime(text(value))
    if ms < 0:
        raise DataError(f"expected a duration that is not negative, got {value!r}")
    return _within(ms)


def _within(ms: int) -> int:
    if ms > LONGEST_MS:
        raise DataError("expected a duration of at most ten years")
    return ms


def penalty(value: Any) -> int:
    """A penalty time in milliseconds that is not negative: a RELTIME, or whole minutes as 2023-06 has it."""
    if not isinstance(value, int):
        return reltime(value)
    if whole(value) < 0:
        raise DataError(f"expected a penalty time that is not negative, got {value!r}")
    return _within(value * 60_000)


def seconds(value: Any) -> int:
    """A positive number of seconds that a judge allows, in milliseconds."""
    # in this order neither NaN nor infinity passes
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _LONGEST_RUN_S:
        raise DataError(f"expected a positive number of seconds, at most {_LONGEST_RUN_S}, got {value!r}")
    return max(1, round(value * 1000))


def one_of(*allowed: str) -> Callable[[Any], str]:
    """A converter that takes these texts and no other."""

    def convert(value: Any) -> str:
        if text(value) not in allowed:
            raise DataError(f"expected one of {', '.join(allowed)}, got {value!r}")
        return text(value)

    return convert


def username(value: Any) -> str:
    """What somebody logs in with: without a colon, which HTTP Basic puts after it, and without control characters."""
    if not _USERNAME.fullmatch(text(value)):
        raise DataError(f"expected 1 to 255 characters without ':' and control characters, got {value!r}")
    return text(value)


def colour(value: Any) -> str:
    """An RGB value as CLICS has it: `#rgb` or `#rrggbb`."""
    if not _RGB.fullmatch(text(value)):
        raise DataError(f"expected #rgb or #rrggbb, got {value!r}")
    return text(value)


def objects(value: Any) -> dict[str, dict[str, Any]]:
    """Ids with objects."""
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise DataError(f"expected ids with objects, got {value!r}")
    return {text(k): dict(v) for k, v in value.items()}


def values(value: Any) -> dict[str, Any]:
    """Keys with whatever they have."""
    if not isinstance(value, dict):
        raise DataError(f"expected keys with values, got {value!r}")
    return {text(k): v for k, v in value.items()}


def texts(value: Any) -> dict[str, str]:
    """Keys with texts."""
    if not isinstance(value, dict):
        raise DataError(f"expected keys with values, got {value!r}")
    return {text(k): text(v) for k, v in value.items()}


def limits(value: Any) -> dict[str, int]:
    """Bounds of the contest by name, each at least 1."""
    found = {name: natural(most) for name, most in values(value).items()}
    if unknown := sorted(found.keys() - LIMITS.keys()):
        raise DataError(f"{unknown[0]}: there is no such limit; there are {', '.join(LIMITS)}")
    if none := sorted(name for name, most in found.items() if most == 0):
        raise DataError(f"{none[0]}: expected a number from 1 on")
    return found
