"""Reading a CLICS contest package (a folder, JSON or YAML), with podium's own keys in `podium.yaml`.

The whole package is checked before anything is said of it; every problem is reported, with its file and key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clics.contest_entries import AccountFile, read_accounts, read_entries
from clics.contest_files import (
    Files,
    Reader,
    colour,
    flag,
    identifier,
    limits,
    natural,
    objects,
    one_of,
    penalty,
    place,
    reltime,
    score_scale,
    seconds,
    text,
    text_list,
    texts,
    values,
    whole,
)
from clics.contest_media import PROPERTIES, MediaFiles, references
from clics.times import parse_time
from clics.verdicts import KNOWN
from schemas.definition import BIG_5, WORLD_FINALS_TYPES, JudgementType, Language
from schemas.errors import DataError, PackageError
from schemas.ids import check_id
from schemas.languages import LANGUAGE_FILES

__all__ = ["AccountFile", "ContestPackage", "ProblemFile", "read_contest_package", "read_own"]

FEEDBACK = ("verdict", "samples", "number", "groups", "full")
"""What a team is told of its own submissions: the verdict only, the runs on samples, beside them that of the first test
that failed or, instead, the scores of the groups of test data, or all runs."""

LANGUAGES: dict[str, Language] = {
    one.id: Language(one.id, one.name, one.extensions, entry_point_name=one.entry_point_name)
    for one in LANGUAGE_FILES.values()
}
"""Those that a contest may name. The judge finds where a program begins: no team has to say it."""

USUAL = ("c", "cpp", "java", "python3")
"""Those of a contest that names none."""


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
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ContestPackage:
    """A contest package, checked: `contest` holds the fields of a Definition but for its problems.

    `files` names the endpoints that have a file: of the others the package says nothing. `media` are the pictures and
    other files that belong into the store, by their SHA-256.
    """

    id: str
    root: Path
    contest: dict[str, Any]
    problems: tuple[ProblemFile, ...]
    teams: tuple[dict[str, Any], ...] = ()
    organizations: tuple[dict[str, Any], ...] = ()
    groups: tuple[dict[str, Any], ...] = ()
    persons: tuple[dict[str, Any], ...] = ()
    accounts: tuple[AccountFile, ...] = ()
    files: frozenset[str] = frozenset()
    media: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=())


def read_contest_package(root: Path, check: Callable[[ContestPackage], Iterable[str]] = lambda _: ()) -> ContestPackage:
    """Read and check a contest package. Reads only.

    Args:
        root: the package's folder.
        check: says what else is wrong with a package, which may be wrong in other ways, too; all is told together.

    Raises:
        PackageError: with one line for each thing that is wrong, each naming file and key.
    """
    if not root.is_dir():
        raise PackageError(f"{root}: there is no such folder or file")
    errors: list[str] = []
    warnings: list[str] = []
    files = Files(root, errors)
    name, data = files.load("podium") or ("podium.yaml", {})
    own = read_own(name, data, errors)
    media = MediaFiles(root, errors, warnings)
    contest_id, contest = _read_contest(files, root, own, media)
    contest["judgement_types"] = _judgement_types(files, errors, warnings)
    contest["languages"] = _languages(files, errors, warnings)
    problems = tuple(_problems(files, own, errors, warnings))
    package = ContestPackage(
        id=contest_id,
        root=root,
        contest=contest,
        problems=problems,
        organizations=tuple(read_entries(files, media, "organizations", errors, warnings)),
        groups=tuple(read_entries(files, media, "groups", errors, warnings)),
        teams=tuple(read_entries(files, media, "teams", errors, warnings)),
        persons=tuple(read_entries(files, media, "persons", errors, warnings)),
        accounts=tuple(read_accounts(files, errors, warnings)),
        files=frozenset(files.read),
        media=media.paths,
        warnings=tuple(warnings),
    )
    errors += _dangling(package, files.broken)
    errors += _unpublishable(own["publish"], package.contest["judgement_types"])
    errors += check(package)
    if errors:
        raise PackageError("\n".join(errors))
    return package


def read_own(name: str, data: Any, errors: list[str]) -> dict[str, Any]:
    """The keys of podium's own, with what holds where one is missing; what is wrong is noted. Pure but for that."""
    reader = Reader(name, data, errors)
    own = {
        "rule": reader.take("rule", text, "icpc"),
        "parameters": reader.take("parameters", texts, {}),
        "publish": reader.take("publish", texts, {}),
        "feedback": reader.take("feedback", one_of(*FEEDBACK)),
        "priority": reader.take("priority", whole, 0),
        "late_window": reader.take("late_window", reltime, 600_000),
        "all_tests": reader.take("all_tests", flag, default=False),
        "verification": reader.take("verification", flag, default=False),
        "window": reader.take("window", reltime),
        "awards": reader.take("awards", texts, {}),
        "limits": reader.take("limits", limits, {}),
        "address_login": reader.take("address_login", flag, default=False),
        "clarification_categories": reader.take("clarification_categories", text_list, ()),
        "clarification_answers": reader.take("clarification_answers", text_list, ()),
        "rehearsal": reader.take("rehearsal", flag, default=False),
        "public": reader.take("public", flag, default=True),
        "webhook_patience": reader.take("webhook_patience", reltime, 3_600_000),
        "score_scale": reader.take("score_scale", score_scale, 1),
        "defined": reader.take("defined", values, {}),
        "problems": reader.take("problems", objects, {}),
    }
    if own["feedback"] is None:
        own["feedback"] = "groups" if own["rule"] == "ioi" else "verdict"
    if own["window"] == 0:
        errors.append(f"{name}: window: must be longer than nothing")
    errors += reader.done()
    return own


def _read_contest(files: Files, root: Path, own: dict[str, Any], media: MediaFiles) -> tuple[str, dict[str, Any]]:
    errors = media.errors
    name, data = files.load("contest") or ("contest.yaml", None)
    if data is None:
        missing = [] if "contest" in files.broken else ["contest.yaml (or contest.json) is missing or empty"]
        raise PackageError("\n".join([*errors, *missing]))
    reader = Reader(name, {**data, **own["defined"]} if isinstance(data, dict) else data, errors)
    contest_id = reader.take("id", identifier) or _named(root, name, errors, given="id" in data)
    contest: dict[str, Any] = {
        "name": reader.take("name", text, "", needed=True),
        "formal_name": reader.take("formal_name", text),
        "start_time": reader.take("start_time", lambda v: parse_time(text(v))),
        "countdown_pause_time": reader.take("countdown_pause_time", reltime),
        "duration": reader.take("duration", reltime, 0, needed=True),
        "scoreboard_freeze_duration": reader.take("scoreboard_freeze_duration", reltime),
        "scoreboard_thaw_time": reader.take("scoreboard_thaw_time", lambda v: parse_time(text(v))),
        "scoreboard_type": reader.take("scoreboard_type", one_of("pass-fail", "score"), "pass-fail"),
        "main_scoreboard_group_id": reader.take("main_scoreboard_group_id", identifier),
        "penalty_time": reader.take("penalty_time", penalty, 1_200_000),
        "location": reader.take("location", place),
        "media": media.of("contest", "", {key: reader.take(key, references, []) for key in PROPERTIES["contest"]}),
        **{k: v for k, v in own.items() if k not in ("publish", "defined", "problems")},
        "publish": {**BIG_5, **own["publish"]},
    }
    media.warnings += reader.done()
    if contest["duration"] <= 0:
        errors.append(f"{name}: duration: must be longer than nothing")
    if (contest["scoreboard_freeze_duration"] or 0) > contest["duration"]:
        errors.append(f"{name}: scoreboard_freeze_duration: longer than the contest")
    if contest["start_time"] is not None and contest["countdown_pause_time"] is not None:
        errors.append(f"{name}: countdown_pause_time: only without a start_time")
    return contest_id, contest


def _named(root: Path, file: str, errors: list[str], *, given: bool) -> str:
    """The contest's id where its file has none: the folder's name, which must be one then."""
    name = root.resolve().name
    if not given:
        try:
            return check_id(name, "the folder's name")
        except DataError as error:
            errors.append(f"{file}: id is missing, and {error}")
    return name


def _unpublishable(publish: Mapping[str, str], types: Iterable[JudgementType]) -> list[str]:
    have = {kind.id for kind in types}
    where = "podium.yaml: publish"
    return [
        *(
            f"{where}: {verdict}: there is no such judgement type"
            for verdict in publish
            if verdict not in {*KNOWN, *have}
        ),
        *(
            f"{where}: {verdict}: the contest has no judgement type {shown!r}"
            for verdict, shown in publish.items()
            if shown not in have
        ),
    ]


def _judgement_types(files: Files, errors: list[str], warnings: list[str]) -> tuple[JudgementType, ...]:
    types = []
    for _, reader in files.objects("judgement-types"):
        types.append(
            JudgementType(
                id=reader.take("id", identifier, "", needed=True),
                name=reader.take("name", text, "", needed=True),
                penalty=reader.take("penalty", flag, default=False),
                solved=reader.take("solved", flag, default=False),
                simplified=reader.take("simplified_judgement_type_id", identifier),
            )
        )
        warnings += reader.done()
    errors += _twice("judgement-types", "id", [kind.id for kind in types])
    errors += _simplified_to_none({kind.id: kind.simplified for kind in types})
    return tuple(types) or WORLD_FINALS_TYPES


def _simplified_to_none(simplified: Mapping[str, str | None]) -> Iterator[str]:
    """What is wrong with the types that others are simplified to: each is there, and simplified to itself or not at all."""
    for id_, to in simplified.items():
        where = f"judgement-types: {id_}: simplified_judgement_type_id"
        if to is None:
            continue
        if to not in simplified:
            yield f"{where}: there is no {to!r}; add that type, or leave this out"
        elif (further := simplified[to]) not in (None, to):
            yield f"{where}: {to!r} is itself simplified to {further!r}; name that one, or leave it out there"


def _languages(files: Files, errors: list[str], warnings: list[str]) -> tuple[Language, ...]:
    languages = []
    for name, reader in files.objects("languages"):
        language = reader.take("id", identifier, "", needed=True)
        known = LANGUAGES.get(language)
        if known is None:
            if language:
                errors.append(f"{name}: {language}: podium judges {', '.join(LANGUAGES)}")
            continue
        languages.append(
            Language(
                language,
                reader.take("name", text, known.name),
                reader.take("extensions", text_list, known.extensions),
                reader.take("entry_point_required", flag, known.entry_point_required),
                reader.take("entry_point_name", text, known.entry_point_name),
                reader.take("compiler", _version),
                reader.take("runner", _version),
            )
        )
        warnings += reader.done()
    errors += _twice("languages", "id", [language.id for language in languages])
    return tuple(languages) or tuple(LANGUAGES[one] for one in USUAL)


def _version(value: Any) -> str | None:
    """What a command says of its version; how podium compiles and runs is its own."""
    said = values(value).get("version")
    return None if said is None else text(said)


def _twice(where: str, key: str, values: list[Any]) -> list[str]:
    found = sorted({value for value in values if values.count(value) > 1}) if len(set(values)) < len(values) else []
    return [f"{where}: {key}: {value!r} stands there twice" for value in found]


_OF_THE_PACKAGE = (
    *("uuid", "test_data_count", "memory_limit", "output_limit", "code_limit", "max_score"),
    *("package", "statement", "attachments"),
)
"""Keys of problems that the problem's package says."""


def _problems(files: Files, own: dict[str, Any], errors: list[str], warnings: list[str]) -> Iterator[ProblemFile]:
    extra = dict(own["problems"])
    for ordinal, (_, reader) in enumerate(files.objects("problems"), 1):
        problem = reader.take("id", identifier, "", needed=True)
        mine = Reader(f"podium.yaml: problems: {problem}", extra.pop(problem, {}), errors)
        yield ProblemFile(
            id=problem,
            label=reader.take("label", text, problem),
            name=reader.take("name", text),
            ordinal=reader.take("ordinal", whole, ordinal),
            rgb=reader.take("rgb", colour),
            color=reader.take("color", text),
            time_limit_ms=reader.take("time_limit", seconds),
            weight=mine.take("weight", natural, 1),
            package=mine.take("package", text),
            withdrawn=mine.take("withdrawn", flag, default=False),
        )
        errors += mine.done()
        warnings += reader.done(*_OF_THE_PACKAGE)
    if "problems" not in files.broken:
        errors += [f"podium.yaml: problems: {problem}: problems.yaml has no such problem" for problem in extra]


_REFERENCES = {"organization_id": "organizations", "group_ids": "groups", "team_ids": "teams"}


def _dangling(package: ContestPackage, broken: set[str]) -> list[str]:
    """References to what the package does not have; to files that cannot be read there may be any."""
    errors: list[str] = []
    have = {
        key: {one["id"] for one in getattr(package, endpoint) if "id" in one}
        for key, endpoint in _REFERENCES.items()
        if endpoint not in broken
    }
    for endpoint in ("teams", "persons"):
        for entry in getattr(package, endpoint):
            for key, known in have.items():
                value = entry.get(key, ())
                missing = [one for one in ((value,) if isinstance(value, str) else value) if one not in known]
                errors += [f"{endpoint}: {entry.get('id')}: {key}: there is no {one!r}" for one in missing]
    if "team_ids" in have:
        errors += [
            f"accounts: {account.username}: team_id: there is no {account.team_id!r}"
            for account in package.accounts
            if account.team_id is not None and account.team_id not in have["team_ids"]
        ]
    if "persons" not in broken:
        persons = {one["id"] for one in package.persons if "id" in one}
        errors += [
            f"accounts: {account.username}: person_id: there is no {account.person_id!r}"
            for account in package.accounts
            if account.person_id is not None and account.person_id not in persons
        ]
    main = package.contest.get("main_scoreboard_group_id")
    if main is not None and main not in have.get("group_ids", {main}):
        errors.append(f"contest: main_scoreboard_group_id: there is no {main!r}")
    if any(one.get("id") == main and one.get("hidden") for one in package.groups):
        errors.append(
            f"contest: main_scoreboard_group_id: {main!r} is a hidden group, and everybody is told which one is the main "
            "group: name another one, or show it (groups: hidden: false)"
        )
    for key in ("id", "label", "ordinal"):
        errors += _twice("problems", key, [getattr(p, key) for p in package.problems])
    return errors
