"""Lists of a contest's objects, each as the viewer may see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from api.access import audience_of
from api.look import SLICE, Look
from api.versions import NEWEST
from clics import objects
from clics.derive import run_batch_id
from schemas.ids import judgement_of_run
from schemas.live import Stored
from streams.scoring.award_settings import KINDS

__all__ = ["COLLECTIONS", "found_one", "kept_as", "listed", "runs", "stored_submission"]

COLLECTIONS = (
    "judgement-types",
    "languages",
    "problems",
    "groups",
    "organizations",
    "teams",
    "persons",
    "submissions",
    "judgements",
    "runs",
    "clarifications",
    "awards",
    "commentary",
)
"""The types of which there are lists, as paths name them."""

_DEEP = frozenset({"groups", "clarifications", "commentary"})
_LONGEST = 60
"""Characters of an award's id, and some: to its left it is filled up, so that ranks stand as numbers do."""
_JUDGEMENTS = 200
"""Judgements in one question to Redis: some hundred kilobytes."""
_BATCHES = 50
"""Batches of runs in one question to Redis: each has up to some dozens of runs."""


async def listed(look: Look, type_: str) -> list[Any]:
    """All objects of a type but runs that the viewer may see, as their version has them, in an order that stays."""
    look = await look.deeper() if type_ in _DEEP else look
    found = sorted((await look.everything(type_)).items(), key=lambda item: _place(type_, *item))
    shown: list[Any] = []
    for at in range(0, len(found), SLICE):
        shown += look.tell(type_, (stored for _, stored in found[at : at + SLICE]))
        await asyncio.sleep(0)
    return shown


async def found_one(look: Look, type_: str, id_: str) -> Any | None:
    """One object, if it is there and the viewer may see it; a submission is found by its number too."""
    if type_ == "runs":
        found = runs(look, [judgement_of_run(id_)])
        return await anext((one async for some in found for one in some if one["id"] == id_), None)
    if type_ == "clarifications" and look.version != NEWEST:
        # a message to several teams is one each in the older version
        return next((one for one in await listed(look, type_) if one["id"] == id_), None)
    look = await look.deeper() if type_ in _DEEP else look
    if type_ == "submissions":
        stored = await stored_submission(look, id_)
    else:
        # each audience has its own award of a name
        key = f"{audience_of(look.viewer)}:{id_}" if type_ == "awards" else id_
        stored = await look.site.view.object(look.id, type_, key)
    return next(iter(look.tell(type_, [stored] if stored else [])), None)


async def kept_as(look: Look, id_: str) -> str:
    """The id of a message that the caller knows by this one: in the older version one to several teams has several."""
    if look.version == NEWEST:
        return id_
    kept = (await look.everything("clarifications")).items()
    return next((of for of, one in kept if any(told["id"] == id_ for told in look.tell("clarifications", [one]))), id_)


async def stored_submission(look: Look, id_: str) -> Stored | None:
    """A submission by its id or its number, seen or not."""
    stored = await look.site.view.object(look.id, "submissions", id_)
    if stored is None and id_.isdecimal():
        by_number = await look.site.view.id_of(look.id, id_)
        stored = await look.site.view.object(look.id, "submissions", by_number) if by_number else None
    return stored


def _kind_of(award: str) -> int:
    """Where an award's kind stands among those that podium computes; behind them what the jury has thought of."""
    found = (place for place, kind in enumerate(KINDS) if award == kind or award.startswith(f"{kind}-"))
    return next(found, len(KINDS))


def _place(type_: str, id_: str, stored: Stored) -> tuple[int, str, str]:
    """Where an object stands in its list: never left to Redis, whose order depends on what else is there. Pure."""
    match type_:
        case "problems":
            return stored.object["ordinal"], "", id_
        case "submissions":
            return stored.facts["position"], "", id_
        case "judgements" | "clarifications" | "commentary":
            return stored.facts.get("at") or 0, stored.object.get("start_time") or stored.object.get("time"), id_
        case "awards":
            return _kind_of(stored.object["id"]), "", stored.object["id"].rjust(_LONGEST)
    return 0, "", id_


async def runs(look: Look, ids: Iterable[str]) -> AsyncIterator[list[Any]]:
    """The runs of these judgements that the viewer may see, in this order, a few at a time: there may be millions."""
    wanted = list(ids)
    for at in range(0, len(wanted), _JUDGEMENTS):
        some = wanted[at : at + _JUDGEMENTS]
        judgements = await look.site.view.many(look.id, "judgements", some)
        if len(judgements) < len(some):
            await look.still()
        batches = {
            name: judgement
            for judgement in judgements
            if look.see("judgements", judgement) is not None
            for name in judgement.facts["runs"]
        }
        async for found in _runs(look, batches):
            yield found


async def _runs(look: Look, batches: Mapping[str, Stored]) -> AsyncIterator[list[Any]]:
    """The runs of these batches, each with its judgement, that the viewer may see."""
    names = sorted(batches, key=_place_of_batch)
    for at in range(0, len(names), _BATCHES):
        found: list[Any] = []
        wanted = names[at : at + _BATCHES]
        batches_there = await look.site.view.many(look.id, "runs", wanted)
        if len(batches_there) < len(wanted):
            await look.still()
        for batch in batches_there:
            judgement = batches[run_batch_id(batch.facts["judgement"], batch.position)]
            made = objects.runs(batch.facts, look.contest.facts, batch.object)
            facts = judgement.facts | {"samples": batch.facts["samples"]}
            found += look.see_all("runs", (Stored(run, facts, batch.position) for run in made))
        yield found


def _place_of_batch(name: str) -> tuple[str, int]:
    judgement, _, position = name.partition(".")
    return judgement, int(position)
