"""Who made a problem and who owns it: credits, source, license, embargo and the like of `problem.yaml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from packages.kinds import check_language_code, strings, text, words
from packages.origin import Origin
from packages.yaml_file import Keys

__all__ = ["legacy_origin", "origin_2025", "people"]

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


def origin_2025(keys: Keys) -> Origin:
    """What problem.yaml of 2025-09 says."""
    credits_ = _credits(keys)
    source: tuple[str, ...] = keys.take("source", _source, ())
    license_, owner = _license(keys, (*credits_.get("authors", ()), *source))
    return Origin(
        credits=credits_,
        source=source,
        license=license_,
        rights_owner=owner,
        embargo_until=keys.take("embargo_until", _date, None),
        keywords=keys.take("keywords", strings, ()),
        version=keys.take("version", text, ""),
    )


def legacy_origin(keys: Keys) -> Origin:
    """What problem.yaml of a legacy format says."""
    author = keys.take("author", text, "")
    source = keys.take("source", text, "")
    url = keys.take("source_url", text, "")
    if url and not source:
        keys.error("source_url", "must not be given without source")
    license_, owner = _license(keys, [one for one in (author, source) if one])
    return Origin(
        credits={"authors": (author,)} if author else {},
        source=(f"{source} ({url})" if url else source,) if source else (),
        license=license_,
        rights_owner=owner,
        keywords=keys.take("keywords", words, ()),
    )


def _credits(keys: Keys) -> dict[str, tuple[str, ...]]:
    if "credits" in keys and not keys.holds_map("credits"):
        author = keys.take("credits", text, "")
        return {"authors": (author,)} if author else {}
    found = keys.map("credits")
    named: dict[str, tuple[str, ...]] = {kind: found.take(kind, people, ()) for kind in _PEOPLE}
    for code, who in found.take("translators", _translators, {}).items():
        named[f"translators {code}"] = who
    found.done()
    return {kind: who for kind, who in named.items() if who}


def _translators(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError("must be a map of language codes to persons")
    for code in value:
        check_language_code(code)
    return {code: people(who) for code, who in value.items()}


def _source(value: Any) -> tuple[str, ...]:
    return tuple(_one_source(one) for one in (value if isinstance(value, list) and value else [value]))


def _one_source(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, dict) or not value.keys() <= {"name", "url"} or not isinstance(value.get("name"), str):
        raise ValueError("must be a string, a map with the keys name and url, or a sequence of them")
    if not isinstance(value.get("url", ""), str):
        raise ValueError("must have a string for its url")
    return f"{value['name']} ({value['url']})" if value.get("url") else str(value["name"])


def _date(value: Any) -> datetime:
    """In UTC; "the time of day defaults to the start of the day"."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            pass
    raise ValueError("must be a date, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def _license(keys: Keys, defaults: Sequence[str]) -> tuple[str, str]:
    """The license, and the rights owner, who must be known where it needs one: else by *defaults*, authors and source.

    "If `license` is `public domain` there is no rights owner."
    """
    license_ = keys.take("license", text, "unknown")
    owner = keys.take("rights_owner", text, "")
    if license_ not in _LICENSES:
        keys.error("license", f"{license_!r} is none of {', '.join(_LICENSES)}")
    elif license_ == "public domain" and owner:
        keys.error("rights_owner", "must not be set: the license is public domain")
    elif license_ not in ("unknown", "public domain") and not (owner or defaults):
        keys.error("rights_owner", f"is missing: the license is {license_}, and neither author nor source is named")
    return license_, "" if license_ == "public domain" else owner or ", ".join(defaults)
