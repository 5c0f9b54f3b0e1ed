"""The versions of the Contest API that are served: where each is, and what an object comes to in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import HTTPConnection

from clics.feeds.older import OLDER

__all__ = ["BASES", "NEWEST", "has", "in_version", "version_of", "with_hidden"]

NEWEST = "2026-01"
BASES = {NEWEST: "/api", "2023-06": "/api/2023-06"}
"""The versions and their base URLs, which references to files are relative to."""


def version_of(connection: HTTPConnection) -> str:
    """The version in which the client asks."""
    path: str = connection.scope["path"]
    older = (version for version, base in BASES.items() if version != NEWEST and f"{path}/".startswith(f"{base}/"))
    return next(older, NEWEST)


def has(version: str, type_: str, facts: Mapping[str, Any]) -> bool:
    """Whether the version has such an object: without `current`, a judgement that is not is none, nor are its runs. Pure."""
    return version == NEWEST or type_ not in ("judgements", "runs") or bool(facts["current"])


def in_version(version: str, type_: str, found: Iterable[Any]) -> list[Any]:
    """The objects of a type as the version has them, mostly one each: some of its messages go to one team alone. Pure.

    A source that was kept from the viewer is not made up for.
    """
    as_told = OLDER[version]
    return [
        told if type_ != "submissions" or "files" in one else {name: told[name] for name in one}
        for one in found
        for _, _, told in as_told(type_, one.get("id"), one)
    ]


def with_hidden(version: str, shown: Mapping[str, Any], facts: Mapping[str, Any], main_group: str | None) -> Any:
    """A team as versions before the main group have it: who is not on the public's board is hidden. Pure."""
    outside = main_group is not None and main_group not in shown["group_ids"]
    return {**shown, "hidden": True} if version != NEWEST and (facts["hidden"] or outside) else shown
