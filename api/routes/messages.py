"""What the output validators say of a judgement's runs; podium's own, the Contest API has no word for it.

The problem package format: judgemessage.txt "must be provided by the judging system to a human judge examining the
submission". To a team it never is.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.access import told_messages
from api.answers import tagged
from api.look import Looking
from clics import objects
from clics.validator_feedback import told_jury
from schemas.events import Run
from schemas.live import Stored

__all__ = ["router"]

router = APIRouter(prefix="/api/contests/{contest_id}/judgements", tags=["judgements"], default_response_class=Response)


@router.get("/{object_id}/messages", summary="What the validators say")
async def messages(request: Request, look: Looking, object_id: str) -> Response:
    """A list of `ordinal` and `message` (teammessage.txt) of the runs that have one.

    For their team where the contest's `feedback` is `full`. The jury is told at any level, with `judge_message`
    (judgemessage.txt) and `feedback`, the validator's other files of a run that was not accepted: `name`, `size` and
    `text`, or `data` in base64 of what is no UTF-8.
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
        tell = told_jury if look.viewer.sees_all else _told_team
        found += [told for run in event.runs if run.ordinal in seen and (told := tell(run))]
    return tagged(request, sorted(found, key=lambda one: one["ordinal"]))


def _told_team(run: Run) -> dict[str, Any] | None:
    return {"ordinal": run.ordinal, "message": run.team_message} if run.team_message else None
