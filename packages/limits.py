"""The limits of `problem.yaml`, within what a judge of podium can promise, and where the time limit comes from."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.kinds import number, whole
from packages.model import Limits, Timing
from packages.timing import LONGEST_MS
from packages.yaml_file import Keys, read_text

__all__ = ["TimeLimits", "legacy_limits", "limits_2025"]

_FILE: Final = "problem.yaml"

_MOST: Final[Mapping[str, int]] = {
    "memory": 2048,
    "output": 256,
    "code": 1024,
    "compilation_time": 60,
    "compilation_memory": 2048,
    "validation_time": 300,
    "validation_memory": 2048,
    "validation_output": 256,
}
"""What a judge can promise. Sources travel in the log, which takes 1 MB; the rest is what a container is given."""

_MOST_PASSES: Final = 1000
"""Of one test: each is a start of the submission and of the validator."""

_FIELDS: Final[Mapping[str, str]] = {
    "memory": "memory_mib",
    "output": "output_mib",
    "code": "code_kib",
    "compilation_time": "compilation_time_s",
    "compilation_memory": "compilation_memory_mib",
    "validation_time": "validation_time_s",
    "validation_memory": "validation_memory_mib",
    "validation_output": "validation_output_mib",
}

_FOREIGN: Final = ("special_run", "special_compare", "special_compare_args")
"""Keys of domjudge-problem.ini that name programs outside the package."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """All limits, how the time limit came about, and how often a test may be run."""

    limits: Limits
    timing: Timing
    passes: int = 1


def limits_2025(limits: Keys, types: frozenset[str]) -> TimeLimits:
    """The map `limits` of 2025-09."""
    multi_pass = "multi-pass" in types
    keys = frozenset(limits.left())
    multipliers = limits.map("time_multipliers")
    ac = multipliers.take("ac_to_time_limit", _multiplier, 2.0)
    tle = multipliers.take("time_limit_to_tle", _multiplier, 1.5)
    multipliers.done()
    resolution = _milliseconds(limits, "time_resolution", 1000)
    stated = "time_limit" in limits
    time_limit = _milliseconds(limits, "time_limit", 0)
    if time_limit % resolution:
        limits.error("time_limit", f"{time_limit} ms is no multiple of time_resolution, {resolution} ms")
    passes = 2 if multi_pass else 1
    if not multi_pass and "validation_passes" in limits:
        limits.raw("validation_passes")
        limits.error("validation_passes", "is only for multi-pass problems")
    passes = limits.take("validation_passes", _passes, passes)
    found = _limits(limits, time_limit, ac, keys)
    if "submit-answer" in types and "code" not in keys:  # answers are longer than programs
        found = replace(found, code_kib=_MOST["code"])
    limits.done()
    return TimeLimits(found, Timing(f"{_FILE}: limits.time_limit" if stated else "", ac, tle, resolution), passes)


def legacy_limits(files: PackageFiles, limits: Keys, findings: Findings) -> TimeLimits:
    """The map `limits` of the legacy formats, and the files beside problem.yaml in which tools write a time limit.

    The first place that states one counts; where a later one states another, that is told.
    """
    limits.drop_empty()
    keys = frozenset(limits.left())
    ac = limits.take("time_multiplier", number, 5.0)
    tle = limits.take("time_safety_margin", number, 2.0)
    places: list[tuple[str, int]] = []
    if "time_limit" in limits:
        places.append((f"{_FILE}: limits.time_limit", _milliseconds(limits, "time_limit", 0)))
    places += _beside(files, findings)
    stated, time_limit = places[0] if places else ("", 0)
    for place, other in places[1:]:
        if other != time_limit:
            findings.warn(_FILE, f"{stated} is {time_limit} ms, and {place} is {other} ms: the first one counts")
    found = _limits(limits, time_limit, ac, keys)
    limits.pass_over()  # each system that reads the legacy formats has put keys of its own into them
    return TimeLimits(found, Timing(stated, ac, tle))


def _multiplier(value: Any) -> float:
    if number(value) < 1:
        raise ValueError("must be at least 1")
    return float(value)


def _passes(value: Any) -> int:
    if not 2 <= whole(value) <= _MOST_PASSES:
        raise ValueError(f"must be an integer from 2 to {_MOST_PASSES}")
    return int(value)


def _milliseconds(limits: Keys, key: str, default: int) -> int:
    """A time in seconds, which must be whole milliseconds: what a judge enforces."""
    seconds = limits.take(key, number, None)
    if seconds is None:
        return default
    exact = Decimal(repr(seconds)) * 1000
    if exact != int(exact):
        limits.error(key, f"{seconds!r} s is not whole milliseconds, which is what podium measures in")
        return default
    if key == "time_limit" and exact > LONGEST_MS:
        limits.error(key, f"{seconds:g} s is more than podium allows, {LONGEST_MS // 1000} s")
    return int(exact)


def _limits(limits: Keys, time_limit: int, ac: float, stated: frozenset[str]) -> Limits:
    """The limits that all formats share; *stated* are the keys of the map. The caller says what others are."""
    values: dict[str, int] = {}
    for key, most in _MOST.items():
        if key in limits:
            value = limits.take(key, whole, 1)
            if value > most:
                limits.error(key, f"{value} is more than a judge of podium can promise, {most}")
            values[_FIELDS[key]] = value
    return Limits(time_limit, ac_to_time_limit=ac, stated=stated, **values)


def _beside(files: PackageFiles, findings: Findings) -> list[tuple[str, int]]:
    """What domjudge-problem.ini and .timelimit state, in milliseconds."""
    found = []
    ini = _ini(files, findings)
    if "timelimit" in ini:
        found.append(("domjudge-problem.ini: timelimit", ini["timelimit"].strip("'\" ")))
    for key in _FOREIGN:
        if ini.get(key, "").strip("'\" "):
            findings.unsupported("domjudge-problem.ini", f"{key}: a program outside the package is")
    for key in ini.keys() - {"timelimit", *_FOREIGN}:
        findings.warn("domjudge-problem.ini", f"{key}: is passed over: what podium takes of this file is timelimit")
    source = read_text(files, ".timelimit", findings) if ".timelimit" in files else None
    if source is not None:
        found.append((".timelimit", source.strip()))
    places = []
    for place, value in found:
        try:
            exact = Decimal(repr(number(float(value)))) * 1000
        except ValueError:
            exact = Decimal(0)
        if not 0 < exact <= LONGEST_MS or exact != int(exact):
            findings.error(
                place.partition(":")[0], f"{value!r} is no time limit in seconds, up to {LONGEST_MS // 1000}"
            )
            exact = Decimal(1000)
        places.append((place, int(exact)))
    return places


def _ini(files: PackageFiles, findings: Findings) -> Mapping[str, str]:
    name = "domjudge-problem.ini"
    source = read_text(files, name, findings) if name in files else None
    if source is None:
        return {}
    ini = configparser.ConfigParser(interpolation=None)
    try:
        ini.read_string(f"[problem]\n{source}")
    except configparser.Error as error:
        findings.error(name, str(error).splitlines()[0])
        return {}
    return dict(ini["problem"])
