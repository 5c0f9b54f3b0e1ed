"""Reading and checking a problem package: format 2025-09, legacy and legacy-icpc.

What podium does not support is refused here, naming file and cause; nothing is ignored.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from packages.checked import Keys, load_yaml, number, strings, text, whole
from packages.content import digest_of, unpack
from packages.data import read_data
from packages.model import Limits, ProblemPackage
from packages.programs import read_program, read_submissions
from schemas.errors import PackageError

__all__ = ["ProblemPackage", "read_package"]

FORMATS = ("2025-09", "legacy", "legacy-icpc")


def read_package(path: Path) -> ProblemPackage:
    """Read a package from its folder or zip. Reads only; a zip is unpacked to a temporary folder that the result holds.

    Raises:
        PackageError: naming the file and the cause, for whatever breaks the format or is not supported.
    """
    if path.is_file():
        # 3.11 has no way to keep a temporary folder but to keep its object
        holder = tempfile.TemporaryDirectory(prefix="podium-package-", ignore_cleanup_errors=True)
        unpack(path, Path(holder.name))
        return _read(Path(holder.name), path.stem, holder)
    if not path.is_dir():
        raise PackageError(f"{path}: there is no such folder or zip")
    return _read(path, path.name, None)


def _read(root: Path, short: str, holder: object) -> ProblemPackage:
    found = load_yaml(root, "problem.yaml")
    if found is None:
        raise PackageError(f"{short}: problem.yaml is missing")
    keys = Keys("problem.yaml", found)
    version = keys.take("problem_format_version", text, "legacy")
    if version not in FORMATS:
        raise PackageError(f"problem.yaml: problem_format_version: {version!r}: podium reads {', '.join(FORMATS)}")
    legacy = version != "2025-09"
    names = _names(keys, root, short, legacy=legacy)
    uuid = keys.take("uuid", text) if legacy else keys.need("uuid", text)
    flags = _validation(keys, root) if legacy else ()
    _refused(keys, legacy=legacy)
    limits = _limits(keys.sub("limits"), root, legacy=legacy)
    warnings = keys.rest()
    if warnings and not legacy:
        raise PackageError("\n".join(warnings))
    validator_folder = "output_validators" if legacy else "output_validator"
    validator = read_program(root, validator_folder, folder_is_program=not legacy)
    if legacy and found.get("validation", "default") != "default" and validator is None:
        raise PackageError("output_validators: validation is custom, but there is no validator")
    statements = _statements(root, "problem_statement" if legacy else "statement")
    if not legacy and not statements:
        raise PackageError("statement: there is no problem.LANGUAGE.md, .tex or .pdf")
    return ProblemPackage(
        root=root,
        format=version,
        name=names.get("en") or next(iter(names.values())),
        names=names,
        uuid=uuid,
        digest=digest_of(root),
        limits=limits,
        test_cases=read_data(root, flags, legacy=legacy),
        submissions=read_submissions(root, legacy=legacy),
        validator=validator,
        statements=statements,
        warnings=tuple(warnings),
        holder=holder,
    )


def _names(keys: Keys, root: Path, short: str, *, legacy: bool) -> dict[str, str]:
    def names(value: Any) -> dict[str, str]:
        if isinstance(value, dict) and value:
            return {text(k): text(v) for k, v in value.items()}
        return {"en": text(value)}

    if not legacy:
        return dict(keys.need("name", names))
    found = keys.take("name", names)
    if found is None:  # a legacy statement may be the only one to know the name
        for path in sorted((root / "problem_statement").glob("problem*.tex")):
            head = path.read_text(errors="replace").partition("\\problemname{")[2]
            if head:
                return {"en": head.partition("}")[0]}
    return dict(found or {"en": short})


def _refused(keys: Keys, *, legacy: bool) -> None:
    """What podium does not support, and the keys that say nothing about judging."""
    keys.refuse("type", "podium judges pass-fail problems", "pass-fail", ["pass-fail"])
    keys.refuse("constants", "constants are not supported", {})
    keys.refuse("languages", "a restriction of languages is not supported", "all", ["all"])
    keys.drop("credits", "source", "license", "rights_owner", "embargo_until", "keywords", "version")
    keys.take("allow_file_writing", bool)
    if legacy:
        keys.drop("author", "authors", "contact", "source_url", "short-name", "libraries")
        keys.refuse("grading", "scoring problems are not supported", {})


def _validation(keys: Keys, root: Path) -> tuple[str, ...]:
    value = keys.take("validation", text, "default")
    words = value.split()
    if words[:1] not in (["default"], ["custom"]) or len(words) > 1:
        raise PackageError(
            f"problem.yaml: validation: {value!r}: podium has default and custom, not interactive or score"
        )
    if words == ["default"] and any((root / "output_validators").glob("*")):
        raise PackageError("output_validators: there are validators, but problem.yaml says validation: default")
    return tuple(keys.take("validator_flags", strings, ()))


def _limits(keys: Keys, root: Path, *, legacy: bool) -> Limits:
    seconds = keys.take("time_limit", number)
    if legacy:
        seconds = seconds or _legacy_time_limit(root)
        keys.drop("time_multiplier", "time_safety_margin")
        keys.refuse("validation_passes", "multi-pass problems are not supported")
    else:
        keys.drop("time_multipliers", "time_resolution")
        keys.refuse("validation_passes", "multi-pass problems are not supported")
    if seconds is None:
        raise PackageError("problem.yaml: limits: time_limit is missing; podium does not infer it from the submissions")
    names = {
        "memory_mib": "memory",
        "output_mib": "output",
        "code_kib": "code",
        "compilation_time_s": "compilation_time",
        "compilation_memory_mib": "compilation_memory",
        "validation_time_s": "validation_time",
        "validation_memory_mib": "validation_memory",
        "validation_output_mib": "validation_output",
    }
    given = {field: value for field, key in names.items() if (value := keys.take(key, whole)) is not None}
    if (rest := keys.rest()) and not legacy:
        raise PackageError("\n".join(rest))
    return Limits(time_limit_ms=round(seconds * 1000), **given)


def _legacy_time_limit(root: Path) -> float | None:
    """`domjudge-problem.ini`, then `.timelimit`."""
    ini = root / "domjudge-problem.ini"
    if ini.is_file():
        for line in ini.read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "timelimit":
                return _seconds("domjudge-problem.ini", value.strip().strip("'\""))
    alone = root / ".timelimit"
    return _seconds(".timelimit", alone.read_text().strip()) if alone.is_file() else None


def _seconds(where: str, value: str) -> float:
    try:
        return number(float(value))
    except ValueError:
        raise PackageError(f"{where}: expected a positive number of seconds, got {value!r}") from None


def _statements(root: Path, folder: str) -> dict[str, Path]:
    """Statements by language, of several kinds the one that a page shows best."""
    found: dict[str, Path] = {}
    for suffix in (".md", ".html", ".pdf", ".tex"):
        for path in sorted((root / folder).glob(f"problem*{suffix}")):
            language = path.name.removeprefix("problem").removesuffix(suffix).strip(".") or "en"
            found.setdefault(language, path)
    return found
