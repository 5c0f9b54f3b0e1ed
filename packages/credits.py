"""Who made a problem and who owns it: credits, source, license and embargo of `problem.yaml`, checked by the format."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from packages.kinds import check_language_code, text
from packages.yaml_file import Keys

__all__ = ["check_license", "check_origin", "people"]

_LICENSES: Final = ("unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission")
_PEOPLE: Final = ("authors", "contributors", "testers", "packagers", "acknowledgements")
_PERSON: Final = frozenset({"name", "email", "orcid", "kattis"})
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", re.ASCII)


def people(value: Any) -> tuple[str, ...]:
    """A person, or a non-empty sequence of persons: the names as they are given.

    Raises:
        ValueError: saying what is wrong.
    """
    if isinstance(value, list) and value:
        return tuple(_person(one) for one in value)
    return (_person(value),)


def _person(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if not isinstance(value, dict):
        raise ValueError("must be a person: a string, or a map with the key name, or a sequence of them")
    for key, one in value.items():
        if key not in _PERSON:
            raise ValueError(f"must be a person with the keys name, email, orcid and kattis, of which {key!r} is none")
        if not isinstance(one, str) or not one:
            raise ValueError(f"must be a person whose {key} is a string")
    if "name" not in value:
        raise ValueError("must be a person with a name")
    return str(value["name"])


def check_origin(keys: Keys) -> bool:
    """Check credits, source and embargo of 2025-09. Returns whether an author or a source is named."""
    authors = _check_credits(keys)
    source = keys.take("source", _source, default=False)
    if keys.take("embargo_until", _date, default=""):
        keys.warn("embargo_until", "podium shows a problem when its contest starts, whatever this says")
    return authors or source


def _check_credits(keys: Keys) -> bool:
    if "credits" not in keys:
        return False
    if not keys.holds_map("credits"):
        return bool(keys.take("credits", text, ""))
    found = keys.map("credits")
    named = {kind: found.take(kind, people, ()) for kind in _PEOPLE}
    found.take("translators", _translators, None)
    found.done()
    return bool(named["authors"])


def _translators(value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError("must be a map of language codes to persons")
    for code, who in value.items():
        check_language_code(code)
        people(who)


def _source(value: Any) -> bool:
    for one in value if isinstance(value, list) and value else [value]:
        if isinstance(one, str) and one:
            continue
        if not isinstance(one, dict) or not one.keys() <= {"name", "url"} or not isinstance(one.get("name"), str):
            raise ValueError("must be a string, a map with the keys name and url, or a sequence of them")
        if not isinstance(one.get("url", ""), str):
            raise ValueError("must have a string for its url")
    return True


def _date(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        else:
            return value
    raise ValueError("must be a date, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def check_license(keys: Keys, *, has_owner: bool) -> None:
    """Check the license, and that its owner is known where it needs one."""
    license_ = keys.take("license", text, "unknown")
    owner = keys.take("rights_owner", text, "")
    if license_ not in _LICENSES:
        keys.error("license", f"{license_!r} is none of {', '.join(_LICENSES)}")
    elif license_ == "public domain" and owner:
        keys.error("rights_owner", "must not be set: the license is public domain")
    elif license_ not in ("unknown", "public domain") and not (owner or has_owner):
        keys.error("rights_owner", f"is missing: the license is {license_}, and neither author nor source is named")
