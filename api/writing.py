"""What the writes of the Contest API have in common: who writes, the JSON that they send, and the event onto the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import HTTPException, Query
from starlette.requests import Request

from api.admission import refuse_rehearsal
from api.arrival import Arrival, arrival_of
from api.look import Look, look_at
from api.networks import address_of
from api.properties import capabilities
from clics.times import parse_reltime, parse_time
from schemas.errors import DataError, DependencyError, ProduceTimeoutError
from schemas.events import Event
from schemas.ids import check_id

__all__ = [
    "Body",
    "Reason",
    "append",
    "audited",
    "begin_to_write",
    "exist",
    "identifier",
    "identifiers",
    "insist_shown",
    "json_body",
    "moment",
    "read_json",
    "refuse_over",
    "require",
    "span",
    "text",
    "texts",
    "why",
]

MAX_LIST = 3000
"""Teams of the largest contest, and some."""
MAX_TAG = 100
"""Characters: the tags that the Contest API knows have two dozen."""
WAIT_S = 1.0
"""How long an answer waits for the view: whoever gets it sees there what they wrote."""

Reason = Annotated[
    str,
    Query(max_length=500, description="why: it stands with the act in the contest's log, and `podium audit` tells it"),
]
"""Of podium's own, and beside the body, which is the Contest API's: a DELETE has none."""

T = TypeVar("T")


def json_body(
    properties: Mapping[str, Any], *, required: Iterable[str] = (), example: Mapping[str, Any]
) -> dict[str, Any]:
    """What OpenAPI says of a route that reads its JSON itself, for `openapi_extra`. Pure."""
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if needed := list(required):
        schema["required"] = needed
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


async def begin_to_write(request: Request, contest_id: str) -> Look:
    """The caller before the contest that they want to write to, as both are when all of the request has arrived.

    Raises:
        HTTPException: as `arrival_of`; 404 where there is no such contest for them, 503 under a rehearsal's clock.
        DependencyError: while the view is away or being rebuilt.
    """
    await arrival_of(request, "write")
    look = await look_at(request, contest_id)
    refuse_rehearsal(look.contest.facts, real_time=look.site.clock.is_real)
    return await look.deeper()


def require(look: Look, *wanted: str) -> frozenset[str]:
    """Those of the wanted capabilities that the caller has.

    Raises:
        HTTPException: 403 where they have none of them.
    """
    if not (found := frozenset(wanted).intersection(capabilities(look.version, look.viewer))):
        raise HTTPException(403, f"this account may not do that: it takes {' or '.join(wanted)}")
    return found


async def refuse_over(look: Look) -> None:
    """Return while the contest may still change.

    Raises:
        HTTPException: 403 after its end of updates.
        DependencyError: when the view is away.
    """
    state = await look.site.view.object(look.id, "state", "state")
    if state is not None and state.object.get("end_of_updates") is not None:
        raise HTTPException(403, "the contest has had its end of updates: nothing changes any more")


@dataclass(slots=True)
class Body:
    """A JSON object, read property by property; what is null counts as left out. Every fault is a 400."""

    data: Mapping[str, Any]
    known: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Whether the property is there, be it null."""
        self.known.add(key)
        return key in self.data

    def take(self, key: str, read: Callable[[Any], T], *, needed: bool = False) -> T | None:
        """The property's value, None where there is none."""
        self.known.add(key)
        value = self.data.get(key)
        if value is None:
            if needed:
                raise HTTPException(400, f"{key} is missing" if key not in self.data else f"{key} must not be null")
            return None
        try:
            return read(value)
        except DataError as error:
            raise HTTPException(400, f"{key}: {error}") from None

    def refuse(self, *keys: str) -> None:
        """Go on only without these properties."""
        for key in keys:
            if self.data.get(key) is not None:
                raise HTTPException(400, f"{key} must not be given")
            self.known.add(key)

    def done(self) -> None:
        """Go on only if there is nothing that nobody has asked for."""
        if unknown := sorted(self.data.keys() - self.known):
            raise HTTPException(400, f"{unknown[0][:50]}: there is no such property here")


def text(most: int) -> Callable[[Any], str]:
    """Reads a text that says something, of at most so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise DataError("expected a text")
        if len(value) > most:
            raise DataError(f"is longer than {most} characters")
        return value

    return read


def identifier(value: Any) -> str:
    """Reads an id."""
    if not isinstance(value, str):
        raise DataError("expected an id")
    return check_id(value, "it")


def identifiers(value: Any) -> tuple[str, ...]:
    """Reads a list of ids, each once."""
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise DataError(f"expected a list of at most {MAX_LIST} ids")
    return tuple(dict.fromkeys(identifier(one) for one in value))


def texts(value: Any) -> tuple[str, ...]:
    """Reads a list of short texts, each once."""
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise DataError(f"expected a list of at most {MAX_LIST} texts")
    return tuple(dict.fromkeys(text(MAX_TAG)(one) for one in value))


def moment(value: Any) -> int:
    """Reads a TIME as UTC ms."""
    if not isinstance(value, str):
        raise DataError("expected a time such as 2026-01-31T10:00:00Z")
    return parse_time(value)


def span(value: Any) -> int:
    """Reads a RELTIME as ms."""
    if not isinstance(value, str):
        raise DataError("expected a duration such as 0:10:00")
    return parse_reltime(value)


def read_json(request: Request) -> Body:
    """The JSON object that the client has sent: of a request that has arrived (`arrival_of`), not before.

    Raises:
        HTTPException: 415 for another type of body, 400 for what is no object.
    """
    arrival: Arrival = request.state.arrival
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send JSON (application/json)")
    try:
        data = orjson.loads(arrival.body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return Body(data)


async def exist(look: Look, name: str, type_: str, ids: Iterable[str]) -> None:
    """Return when the caller sees an object of the type for each id of the property *name*.

    Raises:
        HTTPException: 400 naming the first one that is not there.
        DependencyError: when the view is away.
    """
    ids = list(ids)
    seen = {one.object["id"] for one in await look.site.view.many(look.id, type_, ids) if look.see(type_, one)}
    if missing := [one for one in ids if one not in seen]:
        raise HTTPException(400, f"{name}: there is no {missing[0]!r}")


async def append(look: Look, event: Event) -> bool:
    """Append an event; whether the view holds it when this returns, so that the caller sees there what they wrote.

    Raises:
        ProduceTimeoutError: when it may or may not have been written.
    """
    try:
        position = await look.site.producer.append_async(event)
    except ProduceTimeoutError as error:
        raise ProduceTimeoutError("that may have been written; look before you send it again") from error
    return await look.site.positions.reached(look.id, position, WAIT_S)


def insist_shown(held: bool) -> None:
    """Go on only if the view holds what was written, as `append` told: the answer is what that has changed.

    Raises:
        DependencyError: when it does not.
    """
    if not held:
        raise DependencyError("that is written, and will be shown in a moment; look before you send it again")


def why(look: Look, reason: str) -> str:
    """The reason of an act: what the caller gave, or else by which way it came and from whom. Pure."""
    return reason.strip() or f"by the Contest API from {look.caller.name}"


def audited(request: Request, look: Look, action: str, target: str, status: int) -> None:
    """Write down who did what."""
    look.site.audit.write(look.caller.name, address_of(request), action, f"{look.id}/{target}", status)
