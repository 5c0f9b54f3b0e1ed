"""A contest as the files of a CLICS contest package: what `clics.contest_package` reads back to the same. Pure.

The objects are those of the Contest API. What a definition says and the API has no word for is in `podium.json`. Where
acts have moved the contest's times since, `contest.json` says what they are now, and `podium.json` under `defined` what
the definition said.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from clics import objects
from clics.derive import derive
from clics.state import State
from clics.times import format_reltime, reltime_or_none, time_or_none
from schemas.definition import BIG_5, Media, Problem
from schemas.events import Account, Definition, Event, Group, Organization, Person, Team
from schemas.ids import account_id

__all__ = ["account_objects", "configuration_files", "dumped", "media_files"]

Object = dict[str, Any]

_TYPES = {"jury": "judge"}
"""Roles of accounts that CLICS calls otherwise."""

_PATIENCE_MS = 3_600_000
"""What need not be said: the usual patience with a webhook."""

_ENTRIES: tuple[tuple[str, type[Event]], ...] = (
    ("groups", Group),
    ("organizations", Organization),
    ("teams", Team),
    ("persons", Person),
)


def configuration_files(
    state: State, definition: Definition, written: Mapping[str, Collection[str]], lacking: Collection[str] = ()
) -> dict[str, Any]:
    """What sets a contest up, by the names of the files without their ending.

    Args:
        state: the contest's objects now.
        definition: the one in force.
        written: names of the files that were written of problems, by problem; of the others none is told.
        lacking: digests of pictures and other files that are not there; of these none is told.
    """
    contest = _told(_contest(state, definition), definition.media, lacking)
    files: dict[str, Any] = {
        "contest": contest,
        "judgement-types": [
            objects.judgement_type(one, definition) | {"penalty": one.penalty} for one in definition.judgement_types
        ],
        "languages": [objects.language(one) for one in definition.languages],
        "problems": [_problem(one, definition, written.get(one.id, ())) for one in definition.problems],
        "podium": _own(definition, contest),
    }
    for endpoint, cls in _ENTRIES:
        listed = [one for one in state.of(endpoint) if isinstance(one, cls) and not getattr(one, "removed", False)]
        in_order = sorted(listed, key=lambda one: str(getattr(one, "id", "")))
        files[endpoint] = [_told(_entry(one), getattr(one, "media", ()), lacking) for one in in_order]
    return files


def media_files(state: State, definition: Definition) -> Iterator[tuple[str, str]]:
    """The pictures and other files of a contest that are in the store: the name of each in the package, its digest."""
    yield from ((f"contest/{file.filename}", file.digest) for file in definition.media if file.digest)
    for endpoint, cls in _ENTRIES:
        for one in state.of(endpoint):
            if isinstance(one, cls) and not getattr(one, "removed", False):
                folder = f"{endpoint}/{getattr(one, 'id', '')}"
                media: tuple[Media, ...] = getattr(one, "media", ())
                yield from ((f"{folder}/{file.filename}", file.digest) for file in media if file.digest)


def _told(shown: Object, media: Iterable[Media], lacking: Collection[str]) -> Object:
    """The object without references to files that are not there."""
    gone = {one.filename for one in media if one.digest and one.digest in lacking}
    if not gone:
        return shown
    kept = {one.property: [file for file in shown[one.property] if file["filename"] not in gone] for one in media}
    return {name: value for name, value in (shown | kept).items() if value != [] or name not in kept}


def account_objects(accounts: Iterable[Account], contest: str) -> list[Object]:
    """The accounts that act in the contest, without passwords, by username."""
    found = []
    for account in sorted(accounts, key=lambda one: one.username):
        for membership in account.memberships:
            if membership.contest == contest and not account.disabled:
                kind = _TYPES.get(account.role, account.role)
                about = {"id": account_id(account.username), "username": account.username, "type": kind}
                given = {
                    "name": account.name,
                    "ip": membership.ip,
                    "team_id": membership.team_id,
                    "person_id": membership.person_id,
                }
                found.append(about | {key: value for key, value in given.items() if value is not None})
    return found


def _contest(state: State, definition: Definition) -> Object:
    """The contest as the API has it, with the penalty time also where it has none: the definition has one."""
    shown: Object = derive(state, [("contest", definition.contest)])["contest", definition.contest][0]
    return shown | {"penalty_time": format_reltime(definition.penalty_time)}


def _defined(definition: Definition) -> Object:
    """The times of the contest as its definition says them, each of them: a reader takes these for those of the API."""
    return {
        "start_time": time_or_none(definition.start_time),
        "countdown_pause_time": reltime_or_none(definition.countdown_pause_time),
        "duration": format_reltime(definition.duration),
        "scoreboard_freeze_duration": reltime_or_none(definition.scoreboard_freeze_duration),
        "scoreboard_thaw_time": time_or_none(definition.scoreboard_thaw_time),
    }


def _own(definition: Definition, contest: Object) -> Object:
    """What the API has no word for, and the times that it has otherwise than in the definition."""
    defined = _defined(definition)
    own: Object = {
        "rule": definition.rule,
        "parameters": definition.parameters,
        "publish": {kind: told for kind, told in definition.publish.items() if BIG_5.get(kind) != told},
        "feedback": definition.feedback,
        "priority": definition.priority,
        "late_window": format_reltime(definition.late_window),
        "all_tests": definition.all_tests,
        "verification": definition.verification,
        "awards": definition.awards,
        "rehearsal": definition.rehearsal,
        "public": definition.public,
    }
    if definition.webhook_patience != _PATIENCE_MS:
        own["webhook_patience"] = format_reltime(definition.webhook_patience)
    if definition.score_scale != 1:
        own["score_scale"] = definition.score_scale
    for name in ("clarification_categories", "clarification_answers"):
        if given := getattr(definition, name):
            own[name] = list(given)
    if definition.window is not None:
        own["window"] = format_reltime(definition.window)
    if definition.limits:
        own["limits"] = definition.limits
    if definition.address_login:
        own["address_login"] = True
    if changed := {key: value for key, value in defined.items() if contest.get(key) != value}:
        own["defined"] = changed
    extra = {one.id: more for one in definition.problems if (more := _more(one))}
    return own | ({"problems": extra} if extra else {})


def _more(problem: Problem) -> Object:
    more: Object = {} if problem.weight == 1 else {"weight": problem.weight}
    return more | ({"withdrawn": True} if problem.withdrawn else {})


def _problem(problem: Problem, definition: Definition, written: Collection[str]) -> Object:
    shown = objects.problem(problem, definition)
    for name in ("package", "statement", "attachments"):
        files = [one for one in shown.pop(name, ()) if one["filename"] in written]
        shown |= {name: files} if files else {}
    return shown


def _entry(one: Any) -> Object:
    match one:
        case Team():
            return objects.team(one) | ({"hidden": True} if one.hidden else {})
        case Group():
            return objects.group(one) | ({"hidden": True} if one.hidden else {})
        case Organization():
            return objects.organization(one)
        case Person():
            return objects.person(one)
    raise TypeError(f"{type(one).__name__} is no entry")


def dumped(value: Any) -> bytes:
    """A file's bytes."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
