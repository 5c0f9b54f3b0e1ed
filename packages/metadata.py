"""`problem.yaml` in the three formats: 2025-09, legacy-icpc and legacy."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.model import Limits
from packages.yaml_file import Keys, flag, load_yaml, number, read_text, text, whole, word_list

__all__ = ["FORMATS", "Metadata", "is_language_code", "read_metadata"]

FORMATS: Final = ("2025-09", "legacy-icpc", "legacy")
_FILE: Final = "problem.yaml"
_LANGUAGE_CODE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\dZ?)?")
_LICENSES: Final = ("unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission")
_TYPES: Final = ("pass-fail", "scoring", "multi-pass", "interactive", "submit-answer")
_PEOPLE: Final = frozenset(
    {"authors", "contributors", "testers", "translators", "packagers", "acknowledgements"},
)

_MOST: Final[Mapping[str, int]] = {
    "memory": 2048,
    "output": 256,
    "code": 1024,
    "compilation_time": 10,
    "compilation_memory": 1280,
    "validation_time": 300,
    "validation_memory": 2048,
    "validation_output": 256,
}
"""What a judge can promise. Sources travel in the log, which takes 1 MB; compilers get what the sandbox gives them."""

_LONGEST_S: Final = 60.0
"""The longest time limit: a judge must notice within minutes that a slot is stuck."""

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


@dataclass(frozen=True, slots=True)
class Metadata:
    """What problem.yaml says. `names` by language; `custom`: whether the package brings a validator (None: look)."""

    format: str
    names: dict[str, str]
    uuid: str | None
    limits: Limits
    custom: bool | None
    validator_flags: tuple[str, ...]


def is_language_code(value: str) -> bool:
    """Whether it is a code like en, fil or pt-BR."""
    return _LANGUAGE_CODE.fullmatch(value) is not None


def read_metadata(files: PackageFiles, findings: Findings) -> Metadata:
    """Read problem.yaml; what is wrong goes to the findings."""
    if _FILE not in files:
        findings.error(_FILE, "is missing")
        findings.check()
    keys = load_yaml(files, _FILE, findings)
    findings.check()
    version = keys.take("problem_format_version", text, "legacy")
    if version not in FORMATS:
        keys.unsupported("problem_format_version", f"{version!r} is")
        findings.check()
    if version == "2025-09":
        return _read_2025(keys)
    return _read_legacy(files, keys, version, findings)


def _read_2025(keys: Keys) -> Metadata:
    for key in ("name", "uuid"):
        if key not in keys:
            keys.error(key, "is missing")
    types = keys.take("type", word_list, ("pass-fail",))
    _check_types(keys, types)
    names = _names(keys)
    uuid = keys.take("uuid", text, "")
    keys.take("version", _scalar, "")
    authors = _read_credits(keys)
    source = keys.raw("source")
    _check_license(keys, has_owner=bool(authors or source))
    embargo = keys.take("embargo_until", text, "")
    if embargo and not _DATE.fullmatch(embargo):
        keys.error("embargo_until", "must be a date, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
    keys.take("keywords", word_list, ())
    if keys.take("languages", word_list, None) not in (None, ("all",)):
        keys.unsupported("languages", "allowing only some languages is")
    if keys.take("allow_file_writing", flag, default=False):
        keys.unsupported("allow_file_writing", "submissions that write files are")
    if keys.raw("constants"):
        keys.unsupported("constants", "constants are")
    limits = _limits_2025(keys)
    keys.done()
    return Metadata("2025-09", names, uuid or None, limits, None, ())


def _check_types(keys: Keys, types: tuple[str, ...]) -> None:
    for one in types:
        if one not in _TYPES:
            keys.error("type", f"{one!r} is no type of the format")
        elif one != "pass-fail":
            keys.unsupported("type", f"{one} problems are")
    if len(set(types)) != len(types) or not types:
        keys.error("type", "must name one type, or several without repetition")


def _names(keys: Keys) -> dict[str, str]:
    value = keys.raw("name")
    if isinstance(value, str) and value:
        return {"en": value}
    if isinstance(value, dict) and value and all(isinstance(v, str) and v for v in value.values()):
        for code in value:
            if not is_language_code(str(code)):
                keys.error("name", f"{code!r} is no language code")
        return {str(code): name for code, name in value.items()}
    if value is not None:
        keys.error("name", "must be a string, or a map of language codes to strings")
    return {}


def _scalar(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError("must be a string")


def _read_credits(keys: Keys) -> bool:
    """Check the credits. Returns whether authors are named."""
    value = keys.raw("credits")
    if value is None or isinstance(value, str):
        return bool(value)
    if not isinstance(value, dict):
        keys.error("credits", "must be a name or a map")
        return False
    for key in value:
        if key not in _PEOPLE:
            keys.error(f"credits.{key}", "is no key of the format")
    return bool(value.get("authors"))


def _check_license(keys: Keys, *, has_owner: bool) -> None:
    license_ = keys.take("license", text, "unknown")
    owner = keys.take("rights_owner", text, "")
    if license_ not in _LICENSES:
        keys.error("license", f"{license_!r} is none of {', '.join(_LICENSES)}")
    elif license_ == "public domain" and owner:
        keys.error("rights_owner", "must not be set: the license is public domain")
    elif license_ not in ("unknown", "public domain") and not (owner or has_owner):
        keys.error("rights_owner", f"is missing: the license is {license_}, and neither author nor source is named")


def _limits_2025(keys: Keys) -> Limits:
    limits = keys.map("limits")
    multipliers = limits.map("time_multipliers")
    ac = multipliers.take("ac_to_time_limit", _multiplier, 2.0)
    multipliers.take("time_limit_to_tle", _multiplier, 1.5)  # a run is ended long before this much more time
    multipliers.done()
    resolution = limits.take("time_resolution", number, 1.0)
    seconds = 0.0
    if "time_limit" in limits:
        seconds = limits.take("time_limit", number, 0.0)
        steps = round(seconds / resolution)
        if seconds and (not steps or abs(seconds - steps * resolution) > 1e-9 * seconds):
            limits.error("time_limit", f"{seconds:g} is no multiple of time_resolution {resolution:g}")
    else:
        limits.unsupported("time_limit", "is missing, and measuring it by the jury's submissions is")
    if "validation_passes" in limits:
        limits.error("validation_passes", "is only for multi-pass problems")
        limits.raw("validation_passes")
    resolved = _limits(limits, seconds, ac)
    limits.done()
    return resolved


def _multiplier(value: Any) -> float:
    if number(value) < 1:
        raise ValueError("must be at least 1")
    return float(value)


def _limits(limits: Keys, seconds: float, ac: float) -> Limits:
    """The limits that all formats share, within what a judge can promise. The caller says what others are."""
    if seconds > _LONGEST_S:
        limits.error("time_limit", f"{seconds:g} s is more than podium allows, {_LONGEST_S:g} s")
    values: dict[str, int] = {}
    for key, most in _MOST.items():
        if key in limits:
            value = limits.take(key, whole, 1)
            if value > most:
                limits.error(key, f"{value} is more than a judge of podium can promise, {most}")
            values[_FIELDS[key]] = value
    # a guarantee asks for at least so much: compilers get what the sandbox gives them all
    values.pop("compilation_time_s", None)
    values.pop("compilation_memory_mib", None)
    return Limits(max(1, round(seconds * 1000)), ac_to_time_limit=ac, **values)


def _read_legacy(files: PackageFiles, keys: Keys, version: str, findings: Findings) -> Metadata:
    type_ = keys.take("type", text, "pass-fail")
    if type_ != "pass-fail":
        keys.unsupported("type", f"{type_} problems are")
    name = keys.take("name", text, "")
    uuid = keys.take("uuid", text, "")
    author = keys.take("author", text, "")
    source = keys.take("source", text, "")
    if keys.take("source_url", text, "") and not source:
        keys.error("source_url", "must not be given without source")
    _check_license(keys, has_owner=bool(author or source))
    keys.take("keywords", word_list, ())
    if keys.raw("grading"):
        keys.unsupported("grading", "scoring is")
    custom = _validation(keys)
    flags = keys.take("validator_flags", word_list, ())
    limits = keys.map("limits")
    ac = limits.take("time_multiplier", _multiplier, 5.0)
    limits.take("time_safety_margin", _multiplier, 2.0)
    seconds = limits.take("time_limit", number, 1.0) if "time_limit" in limits else _legacy_time_limit(files, findings)
    resolved = _limits(limits, seconds, ac)
    limits.pass_over()  # each system that reads the legacy formats has put keys of its own into them
    keys.pass_over()
    return Metadata(version, {"en": name} if name else {}, uuid or None, resolved, custom, flags)


def _validation(keys: Keys) -> bool:
    words = keys.take("validation", word_list, ("default",))
    if words == ("default",):
        return False
    for word in words[1:]:
        if words[0] == "custom" and word in ("interactive", "score"):
            keys.unsupported("validation", f"custom {word} is")
            return True
    if words != ("custom",):
        keys.error("validation", f"must be default or custom, not {' '.join(words)!r}")
    return True


def _legacy_time_limit(files: PackageFiles, findings: Findings) -> float:
    """Seconds: the legacy formats have no key for them, but contest tools write them beside problem.yaml."""
    for name in ("domjudge-problem.ini", ".timelimit"):
        source = read_text(files, name, findings) if name in files else None
        if source is None:
            continue
        value = source.strip()
        if name.endswith("ini"):
            ini = configparser.ConfigParser(interpolation=None)
            try:
                ini.read_string(f"[problem]\n{source}")
            except configparser.Error as error:
                findings.error(name, str(error).splitlines()[0])
                continue
            if not ini.has_option("problem", "timelimit"):
                continue
            value = ini.get("problem", "timelimit").strip("'\" ")
        try:
            return number(float(value))
        except ValueError:
            findings.error(name, f"{value!r} is no time limit in seconds")
            return 1.0
    findings.unsupported(
        _FILE, "there is no time limit (in domjudge-problem.ini or .timelimit), and measuring it by submissions is"
    )
    return 1.0
