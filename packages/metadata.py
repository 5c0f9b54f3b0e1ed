"""`problem.yaml` in the three formats: 2025-09, legacy-icpc and legacy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from packages.constants import read_constants
from packages.credits import legacy_origin, origin_2025
from packages.files import PackageFiles
from packages.findings import Findings
from packages.kinds import check_language_code, flag, strings, text, words
from packages.languages import LANGUAGE_CODES
from packages.limits import legacy_limits, limits_2025
from packages.model import Limits, Timing
from packages.origin import Origin
from packages.yaml_file import Keys, load_yaml
from schemas.languages import LANGUAGE_FILES

__all__ = ["FORMATS", "Metadata", "read_metadata"]

FORMATS: Final = ("2025-09", "legacy-icpc", "legacy")
_FILE: Final = "problem.yaml"
_TYPES: Final = ("pass-fail", "scoring", "multi-pass", "interactive", "submit-answer")
_INCOMPATIBLE: Final = (("pass-fail", "scoring"), ("multi-pass", "submit-answer"), ("interactive", "submit-answer"))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What problem.yaml says. `names` by language; `custom`: whether the package brings a validator (None: look)."""

    format: str
    names: dict[str, str]
    uuid: str | None
    types: frozenset[str]
    limits: Limits
    timing: Timing
    origin: Origin
    passes: int = 1
    shows_groups: bool = False
    custom: bool | None = None
    validator_scores: bool = False
    """Legacy: the output validator scores what it accepts."""
    validator_flags: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    languages: frozenset[str] | None = None
    file_writing: bool = False

    @property
    def scoring(self) -> bool:
        """Whether submissions get a score."""
        return "scoring" in self.types


def read_metadata(files: PackageFiles, findings: Findings) -> Metadata:
    """Read problem.yaml; what is wrong goes to the findings.

    Raises:
        PackageError: when nothing can be said without it: it is missing, no YAML, or in another format.
    """
    if _FILE not in files:
        findings.error(_FILE, "is missing")
        findings.check()
    keys = load_yaml(files, _FILE, findings)
    findings.check()
    version = keys.take("problem_format_version", text, "legacy")
    findings.check()
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
    types = _types(keys)
    names: dict[str, str] = keys.take("name", _name_map, {})
    uuid = keys.take("uuid", text, "")
    origin = origin_2025(keys)
    languages = _known(keys, keys.take("languages", _languages, None))
    file_writing = keys.take("allow_file_writing", flag, default=False)
    constants = read_constants(keys)
    found = limits_2025(keys.map("limits"), types)
    keys.done()
    return Metadata(
        format="2025-09",
        names=names,
        uuid=uuid or None,
        types=types,
        limits=found.limits,
        timing=found.timing,
        origin=origin,
        passes=found.passes,
        constants=constants,
        languages=languages,
        file_writing=file_writing,
    )


def _types(keys: Keys) -> frozenset[str]:
    types = keys.take("type", _type_list, ("pass-fail",))
    for one in types:
        if one not in _TYPES:
            keys.error("type", f"{one!r} is no type of the format: one of {', '.join(_TYPES)}, or a sequence of them")
    for one, other in _INCOMPATIBLE:
        if one in types and other in types:
            keys.error("type", f"{one} and {other} exclude each other")
    known = frozenset(types) & frozenset(_TYPES)
    return known if "scoring" in known else known | {"pass-fail"}


def _type_list(value: Any) -> tuple[str, ...]:
    types = (value,) if isinstance(value, str) else strings(value)
    if not types or len(set(types)) != len(types):
        raise ValueError("must name one type, or several without repetition")
    return types


def _languages(value: Any) -> frozenset[str] | None:
    if value == "all":
        return None
    codes = (value,) if isinstance(value, str) else strings(value)
    unknown = [one for one in codes if one not in LANGUAGE_CODES]
    if unknown:
        raise ValueError(f"must be all, or codes of the format's table of languages, of which {unknown[0]!r} is none")
    if not codes:
        raise ValueError("must name a language")
    return frozenset(codes)


def _known(keys: Keys, languages: frozenset[str] | None) -> frozenset[str] | None:
    """The same; told which of them no judge of podium has, refused when that is all of them."""
    missing = sorted((languages or frozenset()) - LANGUAGE_FILES.keys())
    if languages is not None and len(missing) == len(languages):
        keys.error("languages", f"podium has none of them: {', '.join(missing)}")
        return languages
    for code in missing:
        keys.warn("languages", f"podium has no {code}")
    return languages


def _name_map(value: Any) -> dict[str, str]:
    if isinstance(value, str) and value:
        return {"en": value}
    if isinstance(value, dict) and value and all(isinstance(v, str) and v for v in value.values()):
        for code in value:
            check_language_code(code)
        return dict(value)
    raise ValueError("must be a string, or a map of language codes to strings")


def _read_legacy(files: PackageFiles, keys: Keys, version: str, findings: Findings) -> Metadata:
    keys.drop_empty()
    scoring = _legacy_type(keys, version)
    name = keys.take("name", text, "")
    uuid = keys.take("uuid", text, "")
    origin = legacy_origin(keys)
    shows_groups = _grading(keys, scoring=scoring)
    validation = _validation(keys, scoring=scoring)
    flags = keys.take("validator_flags", words, ())
    found = legacy_limits(files, keys.map("limits"), findings)
    keys.pass_over()
    return Metadata(
        format=version,
        names={"en": name} if name else {},
        uuid=uuid or None,
        types=frozenset({"scoring" if scoring else "pass-fail"}) | (validation & {"interactive"}),
        limits=found.limits,
        timing=found.timing,
        origin=origin,
        shows_groups=shows_groups,
        custom="custom" in validation,
        validator_scores="score" in validation,
        validator_flags=flags,
        file_writing=True,  # the legacy formats do not forbid it
    )


def _legacy_type(keys: Keys, version: str) -> bool:
    """Whether it is a scoring problem."""
    type_ = keys.take("type", text, "pass-fail")
    if type_ not in ("pass-fail", "scoring"):
        keys.error("type", f"must be pass-fail or scoring, not {type_!r}")
    elif type_ == "scoring" and version == "legacy-icpc":
        keys.error("type", "the legacy-icpc format has no scoring problems")
    return type_ == "scoring"


def _grading(keys: Keys, *, scoring: bool) -> bool:
    """Whether the results of groups should be shown to teams."""
    if "grading" in keys and not scoring:
        keys.error("grading", "is only for scoring problems")
    grading = keys.map("grading")
    if grading.take("objective", _objective, "max") == "min":
        grading.unsupported("objective", "min is")
    shows_groups = bool(grading.take("show_test_data_groups", flag, default=False))
    for key in ("accept_score", "reject_score", "range", "on_reject"):
        if key in grading:
            grading.raw(key)
            grading.unsupported(key, "outside testdata.yaml, where the format has it, it is")
    grading.pass_over()
    return shows_groups


def _objective(value: Any) -> str:
    if value not in ("max", "min"):
        raise ValueError("must be max or min")
    return str(value)


def _validation(keys: Keys, *, scoring: bool) -> frozenset[str]:
    found = keys.take("validation", words, ("default",)) or ("",)
    if found[0] not in ("default", "custom") or (found[0] == "default" and len(found) > 1):
        keys.error("validation", f"must be default or custom, not {' '.join(found)!r}")
    elif not set(found[1:]) <= {"score", "interactive"} or len(set(found)) != len(found):
        keys.error("validation", f"after custom there may be score and interactive, not {' '.join(found[1:])!r}")
    elif "score" in found and not scoring:
        keys.error("validation", "score is only for scoring problems")
    return frozenset(found)
