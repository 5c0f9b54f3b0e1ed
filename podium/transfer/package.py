"""A contest as a CLICS contest package: what set it up, what happened in it, and what came of it.

It holds what the jury may see, and no password: it is not for the public. `podium contest apply` of it finds nothing to
change, and `podium import` of it comes to the same boards under any rule.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

from api.about import LOGO, LOGO_NAME, about
from api.versions import NEWEST
from clics.contest_acts import ACTS_FILE
from clics.derive import Derived
from clics.feeds.export import Happened, feed
from clics.package_acts import acts_object
from clics.package_export import account_objects, configuration_files, dumped, media_files
from clics.scoreboard import scoreboard
from clics.source_zip import zipped
from clics.state import State
from packages.files import DAMAGED
from packages.media import media_of
from packages.store import store_of
from podium.accounts import read_accounts
from podium.current import current
from podium.feeds.export import awards_of
from schemas.definition import Problem
from schemas.errors import DependencyError, UsageError
from schemas.events import Definition, Submission
from schemas.ids import partition_of
from schemas.reader import bounds, read_contest
from schemas.settings import Settings
from streams.replay import recompute, refuse_unknown
from streams.scoring.rules import Scope, make_rule

__all__ = ["Written", "write_package"]

Progress = Callable[[str, int, int], None]

_ENDPOINTS = ("submissions", "judgements", "clarifications", "commentary")


@dataclass(slots=True)
class Written:
    """What was written: where, how many submissions, which problems' packages and which files the store lacks."""

    path: Path
    submissions: int = 0
    lacking: list[str] = field(default_factory=list)
    lacking_files: list[str] = field(default_factory=list)


class _Place(Protocol):
    """Where a package's files go."""

    def put(self, name: str, data: bytes) -> None:
        """A file with these bytes."""

    def copy(self, name: str, source: IO[bytes]) -> None:
        """A file with what this one holds."""


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        self._at(name).write_bytes(data)

    def copy(self, name: str, source: IO[bytes]) -> None:
        with self._at(name).open("wb") as file:
            shutil.copyfileobj(source, file)

    def _at(self, name: str) -> Path:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, name: str, data: bytes) -> None:
        self._archive.writestr(_info(name), data)

    def copy(self, name: str, source: IO[bytes]) -> None:
        with self._archive.open(_info(name), "w", force_zip64=True) as member:
            shutil.copyfileobj(source, member)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def write_package(settings: Settings, contest: str, path: Path, progress: Progress = lambda *_: None) -> Written:
    """Write a contest's package to a new folder, or to a zip where the path ends so. It is there whole, or not at all.

    Raises:
        UsageError: when the log does not define the contest, or there is something at *path* already.
        DataError: when the log holds what this podium cannot read.
        DependencyError: when the log does not answer.
    """
    if path.exists():
        raise UsageError(f"{path} exists already; give a name that is free")
    held = current(settings, contest)
    if held.definition is None:
        raise UsageError(f"the log defines no contest {contest!r}")
    written = Written(path)
    with _placed(path) as place:
        end = bounds(settings, "log", partition_of(contest))[1]
        happened = _happened(settings, contest, end, place, written, progress)
        state = happened.state
        # with the packages that rejudgings have put problems on
        definition = replace(held.definition, problems=tuple(state.problems.values()))
        of_problems = _problems(settings, definition, place, written, progress)
        lacking = _media(settings, state, definition, place, written)
        for name, value in configuration_files(state, definition, of_problems, lacking).items():
            place.put(f"{name}.json", dumped(value))
        accounts = account_objects(read_accounts(settings).values(), contest)
        if accounts:
            place.put("accounts.json", dumped(accounts))
        awards = _outcome(settings, happened, end, place)
        with tempfile.TemporaryFile() as lines:
            lines.writelines(feed(happened, awards=awards))
            lines.seek(0)
            place.copy("event-feed.ndjson", lines)
        place.put("api.json", dumped(about(NEWEST)))
        place.put(f"api/{LOGO_NAME}", LOGO)
    return written


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[_Place]:
    """Where to write; it takes the place of *path* in the end, and goes when something is wrong."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=f".{path.name}-", ignore_cleanup_errors=True
        ) as scratch:
            new = Path(scratch, path.name)
            if path.suffix == ".zip":
                with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
                    yield _Zip(archive)
            else:
                new.mkdir()
                yield _Folder(new)
            new.rename(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error


def _happened(
    settings: Settings, contest: str, end: int, place: _Place, written: Written, progress: Progress
) -> Happened:
    """The submissions' files, as they come; the contest in the end, before position *end*."""
    happened, seen = Happened(State(contest)), set[str]()
    for position, event in read_contest(settings, contest, end=end):
        progress("reading the log", position, position + 1)
        if isinstance(event, Submission) and event.id not in seen:
            seen.add(event.id)
            if event.files:
                place.put(f"submissions/{event.id}/{event.id}.zip", zipped(event.files))
        happened.take(position, event)
    written.submissions = len(seen)
    return happened


def _problems(
    settings: Settings, definition: Definition, place: _Place, written: Written, progress: Progress
) -> dict[str, set[str]]:
    """The problems' packages, those of their statements that are PDF, and attachments: names of files by problem."""
    store, names = store_of(settings), dict[str, set[str]]()
    with tempfile.TemporaryDirectory(prefix="podium-package-") as scratch:
        copy = Path(scratch, "package.zip")
        for number, problem in enumerate(definition.problems, 1):
            progress("problem packages", number, len(definition.problems))
            if not problem.package:
                continue
            try:
                store.fetch(problem.package, copy)
            except DependencyError:
                written.lacking.append(problem.id)
                continue
            mine = names[problem.id] = {f"{problem.id}.zip"}
            with copy.open("rb") as file:
                place.copy(f"problems/{problem.id}/{problem.id}.zip", file)
            for name, content in _to_show(problem, copy):
                mine.add(name)
                place.put(f"problems/{problem.id}/{name}", content)
    return names


def _to_show(problem: Problem, package: Path) -> Iterator[tuple[str, bytes]]:
    """Names and content of what everybody may have, as far as the package can be read."""
    wanted = [(one.filename, f"attachments/{one.path}") for one in problem.attachments]
    if problem.statement is not None and problem.statement.endswith(".pdf"):
        wanted.append((f"{problem.id}.pdf", problem.statement))
    for name, path in wanted:
        with contextlib.suppress(KeyError, *DAMAGED), zipfile.ZipFile(package) as archive:
            content = archive.read(path)
            yield name, content


def _media(settings: Settings, state: State, definition: Definition, place: _Place, written: Written) -> set[str]:
    """The pictures and other files of contest and entries. Returns the digests of those that the store lacks."""
    store, lacking = media_of(settings), set()
    for name, digest in media_files(state, definition):
        try:
            path = store.path(digest)
        except DependencyError:
            written.lacking_files.append(name)
            lacking.add(digest)
            continue
        with path.open("rb") as file:
            place.copy(name, file)
    return lacking


def _outcome(settings: Settings, happened: Happened, end: int, place: _Place) -> list[dict[str, Any]]:
    """What the API says of submissions, judgements, runs, messages, state and board, and what it cannot say; the awards."""
    state, derived = happened.state, happened.derived()
    shown: dict[str, list[Any]] = {name: [] for name in _ENDPOINTS}
    for (type_, _), (made, facts) in sorted(derived.items(), key=lambda item: item[0]):
        if type_ in shown and facts.get("visible", True):
            shown[type_].append(made)
    for name, found in shown.items():
        place.put(f"{name}.json", dumped(sorted(found, key=_order)))
    place.put("runs.json", dumped(_runs(happened, derived)))
    place.put("state.json", dumped(derived["state", "state"][0]))
    replayed = recompute(settings, state.contest, until_position=end - 1)
    refuse_unknown(replayed.folded)
    rule = replayed.generation
    parameters = rule.parameters if rule else {}
    scored = rule is not None and make_rule(rule.rule, Scope(0, 0, 1), parameters).scored
    told = acts_object(state, happened.acts.values(), derived, rule.rule if rule else None, parameters, scored=scored)
    place.put(f"{ACTS_FILE}.json", dumped(told))
    if rule is None:
        return []
    facts = derived["contest", state.contest][1]
    now = max((replayed.state.contest.finalized or 0, facts["end"] or 0, facts["thaw"] or 0))
    rows = json.loads(replayed.boards["jury"])["rows"]
    place.put("scoreboard.json", dumped(scoreboard(rows, derived["state", "state"][0], facts, now)))
    awards = awards_of(replayed.state, rule, "jury", now, derived)
    place.put("awards.json", dumped(awards))
    return awards


def _order(made: dict[str, Any]) -> tuple[str, str]:
    return str(made.get("time") or made.get("start_time") or ""), str(made["id"])


def _runs(happened: Happened, derived: Derived) -> list[Any]:
    """The runs of the judgements that are shown, in the order of the log."""
    contest = derived["contest", happened.state.contest][1]
    batches = [
        batch
        for (type_, id_), (_, facts) in derived.items()
        if type_ == "judgements" and facts["visible"]
        for batch in happened.batches(id_, facts, contest)
    ]
    return [run for _, batch in sorted(batches, key=lambda item: item[0]) for run in batch]
