"""What the output validators say of a judgement's runs to the team; podium's own, the Contest API has no word for it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import told_messages
from api.answers import tagged
from api.look import Looking
from clics import objects
from schemas.live import Stored

__all__ = ["router"]

router = APIRouter(prefix="/api/contests/{contest_id}/judgements", tags=["judgements"], default_response_class=Response)


@router.get("/{object_id}/messages", summary="What the validators say to the team")
async def messages(request: Request, look: Looking, object_id: str) -> Response:
    """A list of `ordinal` and `message` (teammessage.txt) of the runs that have one.

    For their team where the contest's `feedback` is `full`, and for the jury.
    """
    stored = await look.site.view.object(look.id, "judgements", object_id)
    if stored is None or look.see("judgements", stored) is None:
        raise HTTPException(404, f"judgements: there is no {object_id!r}")
    if not told_messages(look.viewer, stored.facts, look.scene):
        raise HTTPException(403, "messages are their team's, where the contest's feedback is full, and the jury's")
    found = []
    for batch in await look.site.view.many(look.id, "runs", stored.facts["runs"]):
        facts = stored.facts | {"samples": batch.facts["samples"]}
        runs = objects.runs(batch.facts, look.contest.facts, batch.object)
        seen = {one["ordinal"] for one in look.see_all("runs", (Stored(run, facts, batch.position) for run in runs))}
        event = await look.site.sources.runs(look.id, batch.position)
        said = {run.ordinal: run.team_message for run in event.runs if run.team_message}
        found += [{"ordinal": one, "message": text} for one, text in said.items() if one in seen]
    return tagged(request, sorted(found, key=lambda one: one["ordinal"]))
