# ruff: noqa: FAST003  # the contest's id is taken by the dependency that looks it up
"""The event feed: every change of what the caller sees of a contest, as it happens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from api.feed.feed import Feed
from api.feed.lines import Ground
from api.feed.response import MEDIA_TYPE, FeedResponse
from api.feed.source import Source
from api.feed.tokens import Tokens
from api.look import Looking
from schemas.errors import DependencyError

__all__ = ["router"]

router = APIRouter(default_response_class=Response)

Since = Annotated[
    str | None, Query(description="the token of the last notification that the client has had: what comes behind it")
]

Stream = Annotated[
    bool, Query(description="`false`: end with what there is now, as tools ask that keep a copy; podium's own")
]


@router.get(
    "/contests/{contest_id}/event-feed",
    tags=["event feed"],
    summary="Event feed (NDJSON)",
    response_class=FeedResponse,
    status_code=200,  # the class says none for the document
    responses={
        200: {
            "description": "A notification a line: `type`, `id` (null for contest and state), `data` (null: it is gone), `token`",
            "content": {MEDIA_TYPE: {}},
        }
    },
)
async def event_feed(look: Looking, since_token: Since = None, stream: Stream = True) -> Response:
    """All there is, in the order in which it came, then every change; it does not end. An empty line says that it lives.

    Who reads it as the same audience gets the same lines with the same tokens, whenever they ask and whoever answers.
    """
    tokens = Tokens.of(look.site.sealer, look.id, look.version, look.viewer)
    since = None if since_token is None else tokens.place(since_token)
    if since_token is not None and since is None:
        raise HTTPException(400, "since_token: no notification of this feed has this token; begin without one")
    if since is not None and since.position > look.held:
        raise DependencyError("the live view is being rebuilt; try again")
    feed = Feed(Source(look.site.view, look.id), Ground(look.version, look.viewer), tokens, since)
    return FeedResponse(look, feed, resumed=since is not None, ends=not stream)
