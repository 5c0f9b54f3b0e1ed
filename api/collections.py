"""Lists of a contest's objects, each as the viewer may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from fastapi import HTTPException

from api.awards import listed_awards
from api.look import Look
from clics import objects
from schemas.ids import judgement_of_run
from schemas.live import Stored

__all__ = ["COLLECTIONS", "found_one", "listed", "stored_submission"]

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

_DEEP = frozenset({"persons", "clarifications"})
_SLICE = 1000
"""Objects between two looks at the loop: a few milliseconds."""
_BATCHES = 50
"""Batches of runs in one question to Redis: each has up to some dozens of runs."""


async def listed(look: Look, type_: str, *, judgement: str | None = None) -> list[Any]:
    """All objects of a type that the viewer may see, in an order that does not change by itself.

    *judgement*: of runs, those of one judgement are enough.

    Raises:
        HTTPException: 400 for the runs of all judgements at once: there are millions, and only those who run the contest
            and analyse it may have podium read them all.
    """
    if type_ == "runs" and judgement is not None:
        return await _runs(look, await look.site.view.many(look.id, "judgements", [judgement]))
    if type_ == "runs":
        if look.viewer.role in ("public", "team"):
            raise HTTPException(400, "runs: say of which judgement: judgement_id=…")
        return await _runs(look, (await look.everything("judgements")).values())
    if type_ == "awards":
        return await listed_awards(look)
    look = await look.deeper() if type_ in _DEEP else look
    found = sorted((await look.everything(type_)).items(), key=lambda item: _place(type_, *item))
    shown: list[Any] = []
    for at in range(0, len(found), _SLICE):
        shown += look.see_all(type_, (stored for _, stored in found[at : at + _SLICE]))
        await asyncio.sleep(0)
    return _answers_that_show(shown) if type_ == "clarifications" else shown


async def found_one(look: Look, type_: str, id_: str) -> Any | None:
    """One object, if it is there and the viewer may see it; a submission is found by its number too."""
    if type_ in ("awards", "runs", "clarifications"):
        # awards are made of the board, runs are kept in batches, an answer shows only beside what it answers
        judgement = judgement_of_run(id_) if type_ == "runs" else None
        return next((one for one in await listed(look, type_, judgement=judgement) if one["id"] == id_), None)
    look = await look.deeper() if type_ in _DEEP else look
    if type_ == "submissions":
        stored = await stored_submission(look, id_)
    else:
        stored = await look.site.view.object(look.id, type_, id_)
    return look.see(type_, stored) if stored else None


async def stored_submission(look: Look, id_: str) -> Stored | None:
    """A submission by its id or its number, seen or not."""
    stored = await look.site.view.object(look.id, "submissions", id_)
    if stored is None and id_.isdecimal():
        by_number = await look.site.view.id_of(look.id, id_)
        stored = await look.site.view.object(look.id, "submissions", by_number) if by_number else None
    return stored


def _place(type_: str, id_: str, stored: Stored) -> tuple[int, str, str]:
    """Where an object stands in its list: never left to Redis, whose order depends on what else is there. Pure."""
    match type_:
        case "problems":
            return stored.object["ordinal"], "", id_
        case "submissions":
            return stored.facts["number"], "", id_
        case "judgements" | "clarifications" | "commentary":
            return stored.facts.get("at") or 0, stored.object.get("start_time") or stored.object.get("time"), id_
    return 0, "", id_


async def _runs(look: Look, judgements: Iterable[Stored]) -> list[Any]:
    """The runs of the judgements that show, in the order of the judgements' ids."""
    batches: dict[str, Stored] = {}
    for judgement in judgements:
        if look.see("judgements", judgement) is not None:
            batches |= dict.fromkeys(judgement.facts["runs"], judgement)
    found: list[Any] = []
    names = sorted(batches)
    for at in range(0, len(names), _BATCHES):
        for batch in await look.site.view.many(look.id, "runs", names[at : at + _BATCHES]):
            judgement = batches[f"{batch.facts['judgement']}.{batch.position}"]
            runs = objects.runs(batch.facts, look.contest.facts, batch.object)
            found += look.see_all("runs", (Stored(run, judgement.facts, batch.position) for run in runs))
    found.sort(key=lambda run: (run["judgement_id"], run["ordinal"]))
    return found


def _answers_that_show(shown: list[Any]) -> list[Any]:
    """Clarifications without references to what the viewer does not see."""
    ids = {one["id"] for one in shown}
    return [
        one if one.get("reply_to_id") in (None, *ids) else {k: v for k, v in one.items() if k != "reply_to_id"}
        for one in shown
    ]
