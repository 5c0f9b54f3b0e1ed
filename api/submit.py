"""A submission onto the log: acknowledged by the broker before anybody is told, and told as it counts.

Of two records with one id the first in the log counts. So the answer is always that of the first: it is looked up in
the view, which applies the log in order, or, while the view is behind, in the log itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException

from api.access import Viewer
from api.admission import admit, closed, missing
from api.directory import Found
from api.intake import Draft, digest_of
from api.site import Site
from clics import objects
from clics.scoreboard import team_clock
from clics.source_zip import zip_hash
from schemas.errors import ConflictError, DependencyError, ProduceTimeoutError
from schemas.events import Submission
from schemas.ids import derived_id, new_id

__all__ = ["UNKNOWN_OUTCOME", "WAIT_S", "Answer", "Sent", "submit"]

WAIT_S = 1.0
"""How long an answer waits for the view: whoever gets it sees their submission there."""
UNKNOWN_OUTCOME = "the submission may have been accepted; retry with the same Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Sent:
    """A draft with who sent it for which team, under which idempotency key, and when (event time, UTC ms).

    `begun` is when the request came, by `time.perf_counter`: what is told of how long it took counts from there.
    """

    draft: Draft
    viewer: Viewer
    account: str
    team: str
    key: str | None
    at: int
    begun: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The CLICS object of the submission that counts, whether it is new, and how long what took in ms."""

    submission: dict[str, Any]
    new: bool
    timing: dict[str, float]


async def submit(site: Site, contest: str, sent: Sent) -> Answer:
    """Append the submission; at least once, and once as far as anybody sees.

    Raises:
        HTTPException: when it is not accepted; nothing was written.
        ConflictError: when its identity is taken by another submission.
        DependencyError: when the broker or the view cannot be asked; nothing was written.
        ProduceTimeoutError: when it may or may not have been written.
    """
    draft, team, at = sent.draft, sent.team, sent.at
    chosen = draft.id or (derived_id(sent.account, contest, sent.key) if sent.key else None)
    id_ = chosen or new_id()
    digest = digest_of(draft, team)
    found = await site.directory.find(contest, draft.problem_id, draft.language_id, team, id_)
    if found.submission is None and _lacks(found, sent):
        found = await site.directory.find_all(contest, draft.problem_id, draft.language_id, team, id_)
    if found.submission is not None:
        # a retry: whatever has changed since, it was accepted
        return Answer(_same(found.submission.object, found.submission.facts["digest"], digest), new=False, timing={})
    if found.contest is None:
        raise HTTPException(404, f"there is no contest {contest!r}")
    try:
        admit(found, draft, sent.viewer, team, at, real_time=site.clock.is_real)
    except HTTPException:
        if chosen and (earlier := await site.sources.first(contest, chosen, found.held + 1, None)):
            # it was accepted while it was time, but its answer was lost, and the view is not that far yet
            return Answer(_made(found, earlier, digest), new=False, timing={})
        raise
    if draft.time is None:
        limits, who, size = (
            found.contest.facts["limits"],
            f"{contest}:{team}",
            sum(len(one.data) for one in draft.files),
        )
        await site.throttle.refuse_over("submissions", who, limits["submissions"], "too many submissions")
        await site.throttle.refuse_over("bytes", who, limits["bytes"], "too much of source", size)
    event = Submission(
        recorded_at=at,
        recorded_by=site.settings.instance or "api",
        contest=contest,
        id=id_,
        team_id=team,
        problem_id=draft.problem_id,
        language_id=draft.language_id,
        submitted_at=at if draft.time is None else draft.time,
        entry_point=draft.entry_point,
        account=sent.account,
        digest=digest,
        files=draft.files,
        zip_hash=zip_hash(draft.files),
    )
    position = await _append(site, event)
    acknowledged = time.perf_counter()
    shown = await _shown(site, found, event, position, chosen=chosen is not None)
    done = time.perf_counter()
    timing = {"ack": (acknowledged - sent.begun) * 1000, "view": (done - acknowledged) * 1000}
    return Answer(shown, new=True, timing=timing)


def _lacks(found: Found, sent: Sent) -> bool:
    """Whether the answer depends on something that was not found."""
    if found.contest is None:
        return True
    if closed(found.contest, sent.viewer, sent.at):
        return False
    may_have_begun = found.team is not None and found.team.facts["waits"]
    return may_have_begun or bool(missing(found, sent.team, sent.draft))


async def _append(site: Site, event: Submission) -> int:
    try:
        return await site.producer.append_async(event)
    except ProduceTimeoutError as error:
        raise ProduceTimeoutError(UNKNOWN_OUTCOME) from error


async def _shown(site: Site, found: Found, event: Submission, position: int, *, chosen: bool) -> dict[str, Any]:
    """The submission that counts under the event's id, now that the log has the event at *position*."""
    if await site.positions.reached(event.contest, position, WAIT_S):
        try:
            stored = await site.view.object(event.contest, "submissions", event.id)
        except DependencyError:
            stored = None
        if stored is not None:
            return _same(stored.object, stored.facts["digest"], event.digest)
    first = event
    if chosen:
        try:
            earlier = await site.sources.first(event.contest, event.id, found.held + 1, position)
        except DependencyError as error:
            raise ProduceTimeoutError(UNKNOWN_OUTCOME) from error
        first = earlier or event
    return _made(found, first, event.digest)


def _made(found: Found, first: Submission, digest: str) -> dict[str, Any]:
    """The object of a submission that the view does not have yet."""
    assert found.contest is not None
    made = objects.submission(
        first.contest,
        team_clock(found.contest.facts, None if found.team is None else found.team.facts),
        id_=first.id,
        team_id=first.team_id,
        problem_id=first.problem_id,
        language_id=first.language_id,
        submitted_at=first.submitted_at,
        entry_point=first.entry_point,
        account=first.account,
        zip_hash=first.zip_hash,
    )
    return _same(made, first.digest, digest)


def _same(shown: dict[str, Any], digest: str, ours: str) -> dict[str, Any]:
    if digest != ours:
        raise ConflictError(
            f"submission {shown['id']} exists with another content; another submission needs another key"
        )
    return shown
