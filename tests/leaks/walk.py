"""Everything that can be fetched of a contest, and all that can be sent: every route of the application, with every value
that anybody may know.

A route that is new is walked by itself; one with a parameter of which nothing is known here fails the test.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import quote

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.routing import Route

from api.properties import ID_PROPERTIES
from api.versions import BASES, NEWEST
from schemas.live import objects_key
from tests.leaks.world import CONTEST, TOKENS, World

__all__ = ["Known", "Write", "known_to", "paths", "writes"]

Known = Mapping[str, tuple[str, ...]]
"""Values by the name of the parameter that takes them; ids of objects by their type."""

Write = tuple[str, str, bytes]
"""Method, path and body of a request that may change something."""

_NOPE = "nope"
OLDER = tuple(f"{base}/" for version, base in BASES.items() if version != NEWEST)


def known_to(worlds: list[World]) -> Known:
    """Every id in any of the worlds: whoever guesses them all may ask for them all."""
    types = ("judgement-types", "languages", "problems", "groups", "organizations", "teams", "persons", "submissions")
    types += ("judgements", "clarifications", "awards", "commentary")
    found = {}
    for type_ in types:
        keys = [world.redis.hkeys(objects_key(world.contest, type_)) for world in worlds]
        found[type_] = tuple(sorted({key.decode() for of in keys for key in of}))
    found["runs"] = tuple(f"{judgement}.{ordinal}" for judgement in found["judgements"] for ordinal in (1, 2, 3))
    found["awards"] += tuple(f"first-to-solve-{problem}" for problem in found["problems"])
    found["awards"] += ("winner", "gold-medal", "silver-medal", "bronze-medal", "rank-1", "group-winner-g1")
    numbers = tuple(str(number) for number in range(1, len(found["submissions"]) + 2))
    return found | {
        "contest_id": (CONTEST,),
        "submission_id": (*found["submissions"], *numbers),
        "problem_id": found["problems"][:2],
        "clarification_id": found["clarifications"][:2],
        "award_id": found["awards"][:2],
        "account_id": ("first-of-t1", _NOPE),
        "accounts": tuple(TOKENS),
        "team_id": found["teams"],
        "group_id": found["groups"],
        "digest": ("0" * 64,),
        "name": ("board.js", "picture.png"),
        "filename": ("picture.png",),
        "webhook_id": ("nope",),
        "rest": (CONTEST,),
        "audience": ("public", "jury"),
        "whole": ("true",),
        "since_token": ("x" * 38,),  # those of a world are sealed, and each other's
        "stream": ("false",),
    }


def paths(world: World, known: Known, *, each: bool) -> Iterator[tuple[str, bool]]:
    """The paths of all GET routes, and whether by a WebSocket; without *each*, of objects the lists alone."""
    for route, context in _routes(world):
        if isinstance(route, APIRoute | APIWebSocketRoute):
            path, names = context or route.path, set(route.param_convertors)
            if path.startswith(OLDER):
                # made of what the newest version shows: its lists, in the end
                if each and "GET" in route.methods:
                    yield from ((one, False) for one in _filled(path, names, known, each=False))
            elif "GET" in getattr(route, "methods", ("GET",)):
                for one in _filled(path, names, known, each=each):
                    yield from (
                        (f"{one}{query}", isinstance(route, APIWebSocketRoute))
                        for query in _queries(route, path, known, each=each)
                    )
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            yield route.path, False
        else:
            raise AssertionError(f"{route}: nobody says how to fetch it")


def writes(world: World, known: Known) -> Iterator[Write]:
    """Something to every route that is not GET: what is nobody's to send and what is no request, a team's questions and
    submissions, the second of which has the first one's key and another content.
    """
    for route, context in _routes(world):
        path = context or getattr(route, "path", "")
        if isinstance(route, APIRoute) and not path.startswith(OLDER):
            for method in sorted(route.methods - {"GET", "HEAD"}):
                for one in _filled(path, set(route.param_convertors), known, each=False):
                    yield method, one, b"{}"
    contest = f"/api/contests/{CONTEST}"
    for about in ({}, *({"reply_to_id": id_} for id_ in (*known["clarifications"], _NOPE))):
        yield "POST", f"{contest}/clarifications", json.dumps({"text": "Why?"} | about).encode()
    for problem in (*known["problems"][:2], _NOPE):
        sent = {"problem_id": problem, "language_id": "cpp", "files": [{"data": _zipped()}]}
        yield "POST", f"{contest}/submissions", json.dumps(sent).encode()


def _zipped() -> str:
    """A program as the Contest API wants it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.cpp"), b"int main() {}")
    return base64.b64encode(file.getvalue()).decode()


def _routes(world: World) -> Iterator[tuple[Any, str | None]]:
    for context in iter_route_contexts(world.app.routes):
        yield context.original_route, context.path


def _filled(path: str, names: set[str], known: Known, *, each: bool) -> Iterator[str]:
    """The path with every value of its parameters."""
    type_ = path.partition("/contests/{contest_id}/")[2].partition("/")[0]
    # a submission goes by its number, too
    objects = {"submissions": "submission_id"}.get(type_, type_)
    values = []
    for name in sorted(names):
        found = known.get(objects if name == "object_id" else name)
        assert found is not None, f"{path}: nobody says what {name} may be"
        few = name in ("object_id", "submission_id") and not each
        values.append(
            [
                (name, value)
                for value in (*(found[:2] if few else found), *([_NOPE] if each and name == "object_id" else []))
            ]
        )
    for chosen in product(*values):
        one = path
        for name, value in chosen:
            one = one.replace(f"{{{name}}}", quote(value)).replace(f"{{{name}:path}}", quote(value))
        yield one


def _queries(route: Any, path: str, known: Known, *, each: bool) -> Iterator[str]:
    yield ""
    asked = [field for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)]
    for field in asked:
        assert field.alias in known, f"{path}: nobody says what {field.alias}= may be"
        yield from (f"?{field.alias}={quote(value)}" for value in known[field.alias])
    type_ = path.rpartition("/")[2]
    if path.endswith(f"{{contest_id}}/{type_}") and each:
        for name in sorted(ID_PROPERTIES[NEWEST].get(type_, ())):
            yield from (f"?{name}={quote(value)}" for value in known.get(_type_of(name), ()))


def _type_of(name: str) -> str:
    """The type whose ids a property has; of a property that is no id of a contest's object, its own name."""
    return _TYPES.get(name, name)


_TYPES = {
    "from_team_id": "teams",
    "judgement_id": "judgements",
    "judgement_type_id": "judgement-types",
    "language_id": "languages",
    "organization_id": "organizations",
    "reply_to_id": "clarifications",
    "submission_id": "submissions",
}
