"""The entries and accounts of a contest package: organizations, groups, teams, persons, and who may log in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clics.contest_files import (
    Files,
    address,
    flag,
    identifier,
    identifiers,
    location,
    one_of,
    place,
    text,
    username,
)
from clics.contest_media import PROPERTIES, MediaFiles, references
from schemas.errors import DataError

__all__ = ["AccountFile", "read_accounts", "read_entries"]

ACCOUNT_TYPES = {
    "team": "team",
    "judge": "jury",
    "jury": "jury",
    "admin": "admin",
    "analyst": "analyst",
    # CLICS names the type and gives it no rights: whoever runs the contest is not thereby its jury
    "staff": "public",
}
"""podium's roles by the types of accounts in CLICS."""


@dataclass(frozen=True, slots=True)
class AccountFile:
    """An account as the contest's files name it; `password` in the clear, None to leave it as it is."""

    username: str
    name: str | None
    role: str
    password: str | None
    team_id: str | None
    person_id: str | None = None
    ip: str | None = None


_COMMON: Mapping[str, Callable[[Any], Any]] = {"id": identifier, "name": text, "icpc_id": text}
_KEYS = {
    "organizations": {
        **_COMMON,
        "formal_name": text,
        "country": text,
        "country_subdivision": text,
        "url": text,
        "twitter_hashtag": text,
        "twitter_account": text,
        "location": place,
    },
    "groups": {**_COMMON, "type": text, "location": place, "hidden": flag},
    "teams": {
        **_COMMON,
        "label": text,
        "display_name": text,
        "organization_id": identifier,
        "group_ids": identifiers,
        "location": location,
        "hidden": flag,
    },
    "persons": {**_COMMON, "role": text, "title": text, "email": text, "sex": text, "team_ids": identifiers},
}
_NEEDED = {"id", "name", "role"}


def read_entries(
    files: Files, media: MediaFiles, endpoint: str, errors: list[str], warnings: list[str]
) -> Iterator[dict[str, Any]]:
    """The entries of an endpoint as fields of their events, as far as they are right; what is wrong is noted."""
    seen: set[str] = set()
    for name, reader in files.objects(endpoint):
        taken = {key: reader.take(key, convert, needed=key in _NEEDED) for key, convert in _KEYS[endpoint].items()}
        entry = {key: value for key, value in taken.items() if value is not None}
        named = {key: reader.take(key, references, []) for key in PROPERTIES.get(endpoint, ())}
        if entry.get("id") in seen:
            errors.append(f"{name}: {entry['id']}: there are two with this id")
        elif "id" in entry:
            seen.add(entry["id"])
            if endpoint in PROPERTIES and (found := media.of(endpoint, entry["id"], named)):
                entry["media"] = found
        warnings += reader.done()
        yield entry
    if endpoint in PROPERTIES:
        media.passed_over(endpoint, seen)


def _password(value: Any) -> str:
    if not text(value):
        raise DataError("is empty")
    return text(value)


def read_accounts(files: Files, errors: list[str], warnings: list[str]) -> Iterator[AccountFile]:
    """The accounts, as far as they are right; what is wrong is noted."""
    seen: set[str] = set()
    for name, reader in files.objects("accounts"):
        login = reader.take("username", username)
        login = login or reader.take("id", username, "", needed=True)
        kind = reader.take("type", one_of(*ACCOUNT_TYPES), needed=True)
        account = AccountFile(
            username=login,
            name=reader.take("name", text),
            role=ACCOUNT_TYPES.get(kind, ""),
            password=reader.take("password", _password),
            team_id=reader.take("team_id", identifier),
            person_id=reader.take("person_id", identifier),
            ip=reader.take("ip", address),
        )
        if account.role == "team" and account.team_id is None:
            errors.append(f"{name}: {login}: team_id is missing")
        if login in seen:
            errors.append(f"{name}: {login}: there are two with this username")
        seen.add(login)
        if kind == "staff":
            warnings.append(f"{name}: {login}: staff see what the public sees; type judge is for those who judge")
        if account.role == "admin" and (account.ip or account.person_id):
            warnings.append(f"{name}: {login}: ip and person_id are not used: an admin is one of every contest")
        warnings += reader.done("id")
        yield account
