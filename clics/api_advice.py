"""What tools of the Contest API miss of a contest package, which is right all the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clics.contest_package import ContestPackage

__all__ = ["api_advice"]

_SIDES = (56, 160)
"""Pixels of the logos that "a server must provide" (Contest API, Organizations)."""
_NAMED = 5
"""Ids in one line."""
_LONGEST_ID = 36
_AWARDS = {"problems": "first-to-solve", "groups": "group-winner", "organizations": "organization-winner"}
"""Awards that have the id of one of these in theirs (Contest API, Awards)."""


def api_advice(package: ContestPackage) -> Iterator[str]:
    """A line for each thing that the Contest API demands and the package does not make possible."""
    lack = [str(one["id"]) for one in package.organizations if not _has_logos(one)]
    if lack:
        yield (
            f"organizations: {len(lack)} of {len(package.organizations)} lack a logo of 56x56 or of 160x160 pixels, "
            f"both of which the Contest API demands: {_some(lack)}"
        )
    ids = {
        "problems": [one.id for one in package.problems],
        "groups": [str(one["id"]) for one in package.groups],
        "organizations": [str(one["id"]) for one in package.organizations],
    }
    for type_, award in _AWARDS.items():
        if long := [one for one in ids[type_] if len(f"{award}-{one}") > _LONGEST_ID]:
            yield (
                f"{type_}: an id of the Contest API has at most {_LONGEST_ID} characters, and that of the award "
                f"{award}-ID would have more: {_some(long)}"
            )


def _has_logos(organization: dict[str, Any]) -> bool:
    """A square SVG is of every size."""
    logos = [one for one in organization.get("media", ()) if one.property == "logo"]
    if any(one.mime == "image/svg+xml" and one.width == one.height for one in logos):
        return True
    return {(one.width, one.height) for one in logos} >= {(side, side) for side in _SIDES}


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
