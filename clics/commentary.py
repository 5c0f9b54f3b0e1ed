"""What a commentary names: by its lists, as its source, and by the tags of its message, `{<endpoint>:<object ID>}`.

A `{` or a backslash behind a backslash is itself, and begins nothing.
"""

from __future__ import annotations

import re

from schemas.events import Commentary
from schemas.live import TYPES, Key

__all__ = ["JURYS", "may_tag", "named_by", "names_problem", "tagged_by"]

_TAG = re.compile(r"\\.|(\{)(?:([^{}:]*):([^{}]*)\})?", re.DOTALL)
"""A tag, a brace that begins none, or what a backslash makes a literal character."""
_ENDPOINTS = {type_: type_ for type_ in (*TYPES, "accounts") if type_ not in ("contest", "state")} | {
    "t": "teams",
    "p": "problems",
}
"""The types by what stands in a tag: of a contest and its state there is one each, which no id names.

The single letters are how the examples of the specification write them.
"""

JURYS = frozenset({"judgements", "runs", "accounts"})
"""Whose one is, its id does not say: what names one is the jury's, or it could tell of a hidden team."""

_OF_A_PROBLEM = frozenset({"problems", "submissions", "judgements", "runs", "clarifications", "awards"})


def named_by(one: Commentary) -> frozenset[Key]:
    """The objects that a commentary names, be they there or not. Pure."""
    listed = {"teams": one.team_ids, "problems": one.problem_ids, "submissions": one.submission_ids}
    named = {(type_, id_) for type_, ids in listed.items() for id_ in ids}
    named |= tagged_by(one)
    return frozenset(named if one.source_id is None else {*named, ("persons", one.source_id)})


def tagged_by(one: Commentary) -> frozenset[Key]:
    """The objects that the message itself names, be they there or not. Pure."""
    return frozenset((_ENDPOINTS[type_], id_) for _, type_, id_ in _TAG.findall(one.message) if type_ in _ENDPOINTS)


def may_tag(one: Commentary) -> bool:
    """Whether the message has a brace that is not a literal one: what it begins may be the tag of any system. Pure."""
    return any(brace for brace, _, _ in _TAG.findall(one.message))


def names_problem(one: Commentary) -> bool:
    """Whether a commentary names a problem, or what may be of one. Pure."""
    return any(type_ in _OF_A_PROBLEM for type_, _ in named_by(one))
