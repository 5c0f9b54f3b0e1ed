"""The constants of a package, and what its statements name that is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from packages.yaml_file import Keys

__all__ = ["COMMANDS", "read_constants", "undefined"]

COMMANDS: Final = frozenset({"nextsample", "remainingsamples"})
"""What stands between double braces in a Markdown statement and is no constant."""

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_VARIANT: Final = re.compile(r"[a-zA-Z0-9_]+")
_USED: Final = {
    ".md": re.compile(r"\{\{([a-zA-Z_][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)?)\}\}"),
    ".tex": re.compile(r"\\constant\{([^{}]*)\}"),
}
_POWER: Final = re.compile(r"(?:(-?\d+(?:\.\d+)?)(?:\\cdot|\\times|\*))?(\d{1,4})\^\{?(\d{1,3})\}?", re.ASCII)
_PLAIN: Final = re.compile(r"[-+]?(\d*\.\d+|\d+\.?)([eE][-+]?\d{1,3})?", re.ASCII)
_GROUPING: Final = re.compile(r"\\[,;: ]|\{,\}|[,_~\s$]")
"""What may stand between the digits of a large number."""


def read_constants(keys: Keys) -> dict[str, str]:
    """What each `name`, and `name.variant`, stands for: as it was written."""
    constants = keys.map("constants")
    found: dict[str, str] = {}
    for name in constants.left():
        if not _NAME.fullmatch(name):
            constants.error(name, "is no name of a constant: letters, digits and _, and no digit first")
            constants.raw(name)
        elif constants.holds_map(name):
            _variants(name, constants, found)
        else:
            value = _scalar(constants, name)
            if value is not None:
                found[name] = found[f"{name}.value"] = value
        if name in COMMANDS:
            constants.warn(name, "is a command in Markdown statements, and stays one there")
    return found


def _variants(name: str, constants: Keys, found: dict[str, str]) -> None:
    variants = constants.map(name)
    values = {key: _scalar(variants, key) for key in variants.left()}
    if values.get("value") is None:
        if "value" not in values:
            constants.error(name, "has no key value")
        return
    for key, value in values.items():
        if value is None:
            continue
        if not _VARIANT.fullmatch(key):
            variants.warn(key, "cannot be used: a variant has letters, digits and _ only")
        found[f"{name}.{key}"] = value
        mine, other = _amount(value), _amount(values["value"] or "")
        if mine is not None and other is not None and mine != other:
            variants.warn(key, f"{value} looks like another value than {values['value']}")
    found[name] = found[f"{name}.value"]


def _scalar(keys: Keys, name: str) -> str | None:
    written = keys.written(name)

    def kind(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError("must be an integer, a float or a string")
        try:
            written.encode()
        except UnicodeEncodeError:
            raise ValueError("must be text: half of a surrogate pair is none") from None
        return written

    return keys.take(name, kind, None)


def _amount(text: str) -> Decimal | None:
    """The number that a text is for a reader; None where it is none, or that is not plain."""
    bare = _GROUPING.sub("", text)
    power = _POWER.fullmatch(bare)
    if power:
        return Decimal(power[1] or 1) * Decimal(power[2]) ** int(power[3])
    try:
        return Decimal(bare) if _PLAIN.fullmatch(bare) else None
    except InvalidOperation:
        return None


def undefined(statement: str, source: str, constants: Mapping[str, str]) -> Iterator[str]:
    """The constants that a statement, by its file name, names and that are none. Pure."""
    pattern = next((one for end, one in _USED.items() if statement.endswith(end)), None)
    for match in pattern.finditer(source) if pattern else ():
        if match[1] not in constants and match[1] not in COMMANDS:
            yield match[1]
