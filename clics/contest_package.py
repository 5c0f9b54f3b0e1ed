"""Reading a CLICS contest package (folder or zip, JSON or YAML), with podium's own keys in `podium.yaml`.

The whole package is checked before anything is said of it; every problem is reported, with its file and key.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clics.contest_files import (
    Files,
    Reader,
    flag,
    identifier,
    identifiers,
    penalty,
    reltime,
    seconds,
    text,
    texts,
    whole,
)
from clics.times import parse_time
from schemas.definition import BIG_5, WORLD_FINALS_TYPES, JudgementType, Language
from schemas.errors import PackageError

__all__ = ["AccountFile", "ContestPackage", "ProblemFile", "read_contest_package"]

ACCOUNT_TYPES = {
    "team": "team",
    "judge": "jury",
    "jury": "jury",
    "admin": "admin",
    "analyst": "analyst",
    "staff": "jury",
}

LANGUAGES: dict[str, Language] = {
    "c": Language("c", "C", ("c",)),
    "cpp": Language("cpp", "C++", ("cc", "cpp", "cxx", "c++", "C")),
    "java": Language("java", "Java", ("java",), entry_point_required=False, entry_point_name="Main class"),
    "python3": Language("python3", "Python 3", ("py",), entry_point_required=False, entry_point_name="Main file"),
}


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """A problem as the contest's files name it. `package`: a path, a digest, or None for `problems/<id>`."""

    id: str
    label: str
    name: str | None
    ordinal: int
    rgb: str | None
    color: str | None
    time_limit_ms: int | None
    weight: int
    package: str | None


@dataclass(frozen=True, slots=True)
class AccountFile:
    """An account as the contest's files name it; `password` in the clear, None to leave it as it is."""

    username: str
    name: str | None
    role: str
    password: str | None
    team_id: str | None


@dataclass(frozen=True, slots=True)
class ContestPackage:
    """A contest package, checked: `contest` holds the fields of a Definition but for its problems."""

    id: str
    root: Path
    contest: dict[str, Any]
    problems: tuple[ProblemFile, ...]
    teams: tuple[dict[str, Any], ...] = ()
    organizations: tuple[dict[str, Any], ...] = ()
    groups: tuple[dict[str, Any], ...] = ()
    persons: tuple[dict[str, Any], ...] = ()
    accounts: tuple[AccountFile, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def read_contest_package(root: Path) -> ContestPackage:
    """Read and check a contest package. Reads only.

    Raises:
        PackageError: with one line for each thing that is wrong, each naming file and key.
    """
    if not root.exists():
        raise PackageError(f"{root}: there is no such folder or file")
    try:
        files = Files(root)
    except (zipfile.BadZipFile, IndexError) as error:
        raise PackageError(f"{root}: neither a folder nor a zip: {error}") from error
    errors: list[str] = []
    warnings: list[str] = []
    own = _read_own(files, errors)
    contest_id, contest = _read_contest(files, root, own, errors, warnings)
    contest["judgement_types"] = _judgement_types(files, errors)
    contest["languages"] = _languages(files, errors)
    problems = tuple(_problems(files, own, errors, warnings))
    package = ContestPackage(
        id=contest_id,
        root=root,
        contest=contest,
        problems=problems,
        organizations=tuple(_entries(files, "organizations", _ORGANIZATION, errors)),
        groups=tuple(_entries(files, "groups", _GROUP, errors)),
        teams=tuple(_entries(files, "teams", _TEAM, errors)),
        persons=tuple(_entries(files, "persons", _PERSON, errors)),
        accounts=tuple(_accounts(files, errors)),
        warnings=tuple(warnings),
    )
    errors += _dangling(package)
    if errors:
        raise PackageError("\n".join(errors))
    return package


def _read_own(files: Files, errors: list[str]) -> dict[str, Any]:
    name, data = files.load("podium") or ("podium.yaml", {})
    reader = Reader(name, data, errors)
    own = {
        "rule": reader.take("rule", text, "icpc"),
        "parameters": reader.take("parameters", texts, {}),
        "publish": reader.take("publish", texts, {}),
        "feedback": reader.take("feedback", text, "verdict"),
        "priority": reader.take("priority", whole, 0),
        "late_window": reader.take("late_window", reltime, 600_000),
        "rehearsal": reader.take("rehearsal", flag, default=False),
        "public": reader.take("public", flag, default=True),
        "problems": reader.take("problems", lambda v: {str(k): dict(p) for k, p in v.items()}, {}),
    }
    errors += reader.done()
    return own


def _read_contest(
    files: Files, root: Path, own: dict[str, Any], errors: list[str], warnings: list[str]
) -> tuple[str, dict[str, Any]]:
    found = files.load("contest")
    if found is None:
        raise PackageError("contest.yaml (or contest.json) is missing")
    name, data = found
    reader = Reader(name, data, errors)
    contest_id = reader.take("id", identifier, root.stem)
    contest: dict[str, Any] = {
        "name": reader.take("name", text, "", needed=True),
        "formal_name": reader.take("formal_name", text),
        "start_time": reader.take("start_time", lambda v: parse_time(text(v))),
        "countdown_pause_time": reader.take("countdown_pause_time", reltime),
        "duration": reader.take("duration", reltime, 0, needed=True),
        "scoreboard_freeze_duration": reader.take("scoreboard_freeze_duration", reltime),
        "scoreboard_thaw_time": reader.take("scoreboard_thaw_time", lambda v: parse_time(text(v))),
        "scoreboard_type": reader.take("scoreboard_type", text, "pass-fail"),
        "main_scoreboard_group_id": reader.take("main_scoreboard_group_id", identifier),
        "penalty_time": reader.take("penalty_time", penalty, 1_200_000),
        **{k: v for k, v in own.items() if k not in ("publish", "problems")},
        "publish": {**BIG_5, **own["publish"]},
    }
    warnings += reader.done("banner", "logo", "location")
    if contest["scoreboard_type"] not in ("pass-fail", "score"):
        errors.append(f"{name}: scoreboard_type: expected pass-fail or score, got {contest['scoreboard_type']!r}")
    if contest["duration"] <= 0:
        errors.append(f"{name}: duration: must be longer than nothing")
    if (contest["scoreboard_freeze_duration"] or 0) > contest["duration"]:
        errors.append(f"{name}: scoreboard_freeze_duration: longer than the contest")
    if contest["start_time"] is not None and contest["countdown_pause_time"] is not None:
        errors.append(f"{name}: countdown_pause_time: only without a start_time")
    return contest_id, contest


def _objects(files: Files, endpoint: str, errors: list[str]) -> Iterator[tuple[str, Reader]]:
    found = files.load(endpoint)
    if found is None:
        return
    name, data = found
    if not isinstance(data, list):
        errors.append(f"{name}: expected a list, got {type(data).__name__}")
        return
    for number, item in enumerate(data, 1):
        label = item.get("id", item.get("username", number)) if isinstance(item, dict) else number
        yield name, Reader(f"{name}: {label}", item, errors)


def _judgement_types(files: Files, errors: list[str]) -> tuple[JudgementType, ...]:
    types = tuple(
        JudgementType(
            id=reader.take("id", identifier, "", needed=True),
            name=reader.take("name", text, "", needed=True),
            penalty=reader.take("penalty", flag, default=False),
            solved=reader.take("solved", flag, default=False),
            simplified=reader.take("simplified_judgement_type_id", identifier),
        )
        for _, reader in _objects(files, "judgement-types", errors)
    )
    return types or WORLD_FINALS_TYPES


def _languages(files: Files, errors: list[str]) -> tuple[Language, ...]:
    languages = []
    for name, reader in _objects(files, "languages", errors):
        language = reader.take("id", identifier, "", needed=True)
        known = LANGUAGES.get(language)
        if known is None:
            errors.append(f"{name}: {language}: podium judges {', '.join(LANGUAGES)}")
            continue
        languages.append(
            Language(
                language,
                reader.take("name", text, known.name),
                reader.take("extensions", lambda v: tuple(text(e) for e in v), known.extensions),
                reader.take("entry_point_required", flag, known.entry_point_required),
                reader.take("entry_point_name", text, known.entry_point_name),
            )
        )
    return tuple(languages) or tuple(LANGUAGES.values())


def _problems(files: Files, own: dict[str, Any], errors: list[str], warnings: list[str]) -> Iterator[ProblemFile]:
    extra = dict(own["problems"])
    for ordinal, (_, reader) in enumerate(_objects(files, "problems", errors), 1):
        problem = reader.take("id", identifier, "", needed=True)
        mine = Reader(f"podium.yaml: problems: {problem}", extra.pop(problem, {}), errors)
        yield ProblemFile(
            id=problem,
            label=reader.take("label", text, problem),
            name=reader.take("name", text),
            ordinal=reader.take("ordinal", whole, ordinal),
            rgb=reader.take("rgb", text),
            color=reader.take("color", text),
            time_limit_ms=reader.take("time_limit", seconds),
            weight=mine.take("weight", whole, 1),
            package=mine.take("package", text),
        )
        errors += mine.done()
        warnings += reader.done("uuid", "test_data_count", "package", "statement", "attachments", "max_score")
    errors += [f"podium.yaml: problems: {problem}: problems.yaml has no such problem" for problem in extra]


_COMMON = {"id": identifier, "name": text}
_ORGANIZATION = {**_COMMON, "formal_name": text, "country": text, "url": text}
_GROUP = {**_COMMON, "type": text, "hidden": flag}
_TEAM = {
    **_COMMON,
    "label": text,
    "display_name": text,
    "icpc_id": text,
    "organization_id": identifier,
    "group_ids": identifiers,
    "hidden": flag,
}
_PERSON = {**_COMMON, "role": text, "title": text, "email": text, "sex": text, "team_ids": identifiers}


def _entries(
    files: Files, endpoint: str, keys: Mapping[str, Callable[[Any], Any]], errors: list[str]
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for name, reader in _objects(files, endpoint, errors):
        taken = {key: reader.take(key, convert, needed=key in _COMMON) for key, convert in keys.items()}
        entry = {key: value for key, value in taken.items() if value is not None}
        if entry.get("id") in seen:
            errors.append(f"{name}: {entry['id']}: there are two with this id")
        if "id" in entry:
            seen.add(entry["id"])
        yield entry


def _accounts(files: Files, errors: list[str]) -> Iterator[AccountFile]:
    for name, reader in _objects(files, "accounts", errors):
        username = reader.take("username", text, "") or reader.take("id", text, "", needed=True)
        kind = reader.take("type", text, "", needed=True)
        if kind not in ACCOUNT_TYPES:
            errors.append(f"{name}: {username}: type: expected one of {', '.join(ACCOUNT_TYPES)}, got {kind!r}")
        account = AccountFile(
            username=username,
            name=reader.take("name", text),
            role=ACCOUNT_TYPES.get(kind, "team"),
            password=reader.take("password", text),
            team_id=reader.take("team_id", identifier),
        )
        if account.role == "team" and account.team_id is None:
            errors.append(f"{name}: {username}: team_id is missing")
        yield account


def _dangling(package: ContestPackage) -> list[str]:
    """References to what the package does not have."""
    errors: list[str] = []
    have = {
        "organization_id": {o["id"] for o in package.organizations if "id" in o},
        "group_ids": {g["id"] for g in package.groups if "id" in g},
        "team_ids": {t["id"] for t in package.teams if "id" in t},
    }
    for endpoint, entries in (("teams", package.teams), ("persons", package.persons)):
        for entry in entries:
            for key, known in have.items():
                value = entry.get(key, ())
                missing = [one for one in ((value,) if isinstance(value, str) else value) if one not in known]
                errors += [f"{endpoint}: {entry.get('id')}: {key}: there is no {one!r}" for one in missing]
    errors += [
        f"accounts: {account.username}: team_id: there is no {account.team_id!r}"
        for account in package.accounts
        if account.team_id is not None and account.team_id not in have["team_ids"]
    ]
    main = package.contest.get("main_scoreboard_group_id")
    if main is not None and main not in have["group_ids"]:
        errors.append(f"contest: main_scoreboard_group_id: there is no {main!r}")
    for key in ("id", "label", "ordinal"):
        values = [getattr(p, key) for p in package.problems]
        errors += [
            f"problems: {key}: {v!r} stands there twice" for v in sorted({v for v in values if values.count(v) > 1})
        ]
    return errors
