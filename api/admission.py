"""Whether a submission is accepted: the rules, given what it refers to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException

from api.access import Viewer
from api.directory import Found
from api.intake import Draft
from schemas.live import Stored

__all__ = ["admit", "closed", "missing", "refuse_rehearsal", "team_of"]


def team_of(viewer: Viewer, draft: Draft, *, put: bool) -> str:
    """The team that the submission is for.

    Raises:
        HTTPException: 403 for an account that may not submit so, 400 for a property that it must or must not give.
    """
    if viewer.role == "admin":
        if draft.team_id is None:
            raise HTTPException(400, "team_id is missing: for which team is it?")
        if put and draft.id is None:
            raise HTTPException(400, "id is missing")
        if put and draft.time is None:
            raise HTTPException(400, "time is missing")
        if not put and draft.id is not None:
            raise HTTPException(400, "id: the server gives it; PUT a submission to give one")
        return draft.team_id
    if put:
        raise HTTPException(403, "only an admin may PUT a submission")
    if viewer.role != "team" or viewer.team is None:
        raise HTTPException(403, "this account acts for no team in this contest")
    if draft.team_id not in (None, viewer.team):
        raise HTTPException(403, f"team_id: this account acts for team {viewer.team}")
    if draft.id is not None or draft.time is not None:
        raise HTTPException(400, "id and time are the server's to give")
    return viewer.team


def missing(found: Found, team: str, draft: Draft) -> str:
    """What of that which the submission refers to does not exist; empty when all of it does. Pure."""
    if found.problem is None:
        return f"problem_id: there is no problem {draft.problem_id!r} in this contest"
    if found.language is None:
        return f"language_id: there is no language {draft.language_id!r} in this contest"
    if found.team is None or found.team.facts["removed"]:
        return f"team_id: there is no team {team!r} in this contest"
    return ""


def closed(contest: Stored, viewer: Viewer, at: int, team: Mapping[str, Any] | None = None) -> str:
    """Why the contest takes no submission at this time, empty when it does. Pure.

    A *team* with times of its own (its facts), a window or extra time, submits within those.
    What is late but within the contest's late window is judged and not scored. An admin's submission brings its own
    time: whether it scores is the fold's business.
    """
    facts = contest.facts
    if facts["finalized"] is not None:
        return "the contest is over and its results are final"
    if viewer.role == "admin":
        return ""
    if facts["start"] is None or at < facts["start"]:
        return "the contest has not started"
    if team is not None and team["waits"]:
        path = f"/api/contests/{contest.object['id']}/start"
        return f"the team's own time has not begun: begin it on the contest's page, or with POST {path}"
    own = None if team is None else team["times"]
    start, end = (facts["start"], facts["end"]) if own is None else own
    if at < start:
        return "the team's time has not started"
    if end is not None and at >= end + facts["late_window"]:
        return "the contest is over" if own is None else "the team's time is over"
    return ""


def refuse_rehearsal(contest: Mapping[str, Any], *, real_time: bool) -> None:
    """Return when this process's clock is the contest's (its facts): a rehearsal's own, or real time.

    Raises:
        HTTPException: 503 otherwise.
    """
    if not real_time and not contest["rehearsal"]:
        raise HTTPException(
            503, "this server's clock is a rehearsal's (PODIUM_CLOCK) and the contest is none; nothing was accepted"
        )


def admit(found: Found, draft: Draft, viewer: Viewer, team: str, at: int, *, real_time: bool) -> None:
    """Return when the submission is accepted. *real_time*: this process's clock is no rehearsal's.

    Before the start nothing is said of what the submission refers to: that would tell which problems there are.

    Raises:
        HTTPException: 400 for what is missing, 403 when the contest takes no such submission now, 503 for a contest
            that is no rehearsal under a rehearsal's clock: its times would be no times.
    """
    assert found.contest is not None
    refuse_rehearsal(found.contest.facts, real_time=real_time)
    if why := closed(found.contest, viewer, at, None if found.team is None else found.team.facts):
        raise HTTPException(403, why)
    if lacks := missing(found, team, draft):
        raise HTTPException(400, lacks)
    assert found.problem is not None
    assert found.language is not None
    if found.problem.facts.get("withdrawn"):
        raise HTTPException(403, f"problem {draft.problem_id} was withdrawn")
    if found.problem.facts.get("package") == "":
        raise HTTPException(403, f"problem {draft.problem_id} is judged by another system: the contest was imported")
    language = found.language.object
    if language.get("entry_point_required") and draft.entry_point is None:
        raise HTTPException(400, f"entry_point is missing: {language['name']} needs its {language['entry_point_name']}")
