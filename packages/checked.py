"""YAML files of a package, key by key: each value checked, what is left over named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import PackageError

__all__ = ["Keys", "load_yaml", "number", "strings", "text", "whole"]

_MOST = 1_000_000
"""Bytes of a YAML file; a larger one is none that a person wrote."""


def load_yaml(root: Path, name: str) -> dict[str, Any] | None:
    """The mapping in a YAML file of the package; None when there is no such file.

    Raises:
        PackageError: naming the file, and the line where the YAML breaks off.
    """
    path = root / name
    if not path.is_file():
        return None
    if path.stat().st_size > _MOST:
        raise PackageError(f"{name}: larger than {_MOST} bytes")
    try:
        found = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise PackageError(f"{name}: {' '.join(str(error).split())}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise PackageError(f"{name}: expected keys with values, got {type(found).__name__}")
    return {str(key): value for key, value in found.items()}


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError(f"expected a text, got {value!r}")
    return str(value)


def whole(value: Any) -> int:
    """A positive whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"expected a positive whole number, got {value!r}")
    return value


def number(value: Any) -> float:
    """A positive number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ValueError(f"expected a positive number, got {value!r}")
    return float(value)


def strings(value: Any) -> tuple[str, ...]:
    """A sequence of texts; one text alone stands for its words, as legacy packages write flags."""
    if isinstance(value, str):
        return tuple(value.split())
    if not isinstance(value, list):
        raise ValueError(f"expected a sequence of texts, got {value!r}")
    return tuple(text(v) for v in value)


class Keys:
    """Takes the keys of a mapping one by one; every problem names the file and the key."""

    def __init__(self, where: str, data: dict[str, Any]) -> None:
        self._where, self._data = where, dict(data)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def take(self, key: str, convert: Callable[[Any], Any], default: Any = None) -> Any:
        """The converted value, *default* where the key is missing or null."""
        value = self._data.pop(key, None)
        if value is None:
            return default
        try:
            return convert(value)
        except (ValueError, TypeError) as error:
            raise PackageError(f"{self._where}: {key}: {error}") from error

    def need(self, key: str, convert: Callable[[Any], Any]) -> Any:
        """The converted value of a key that must be there."""
        if self._data.get(key) is None:
            raise PackageError(f"{self._where}: {key} is missing")
        return self.take(key, convert)

    def refuse(self, key: str, why: str, *fine: Any) -> None:
        """A feature that podium does not have: an error unless the key is missing or says one of *fine*."""
        value = self._data.pop(key, None)
        if value is not None and value not in fine:
            raise PackageError(f"{self._where}: {key}: {value!r}: {why}")

    def drop(self, *keys: str) -> None:
        """Keys that say nothing about judging."""
        for key in keys:
            self._data.pop(key, None)

    def sub(self, key: str) -> Keys:
        """The mapping under a key, empty where it is missing."""
        value = self.take(key, _mapping, {})
        return Keys(f"{self._where}: {key}", value)

    def rest(self) -> list[str]:
        """A line for each key that nobody took."""
        return [f"{self._where}: {key}: there is no such key" for key in self._data]


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected keys with values, got {value!r}")
    return {str(k): v for k, v in value.items()}
