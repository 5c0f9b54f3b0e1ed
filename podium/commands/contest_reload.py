"""`podium contest reload`: have a contest made anew from its log, in the scorer's table and in both views."""

from __future__ import annotations

import json

import typer

from podium.conduct.asked import By
from podium.jury.acting import act, append, reason_of
from podium.jury.asking import Contest, Json, Reason
from schemas.errors import UsageError
from schemas.events import Definition, Reloaded
from schemas.reader import read_contest
from schemas.settings import load

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command to `podium contest`."""
    app.command("reload")(reload)


def reload(contest: Contest, reason: Reason = "", by: By = "", as_json: Json = False) -> None:
    """Have scorer, live view and history drop what they hold of the contest, and make it anew from its log.

    It changes no result. The auditor asks for the same where it finds a board that is wrong.
    """
    why = reason_of(reason)
    settings = load()
    if not any(isinstance(event, Definition) for _, event in read_contest(settings, contest)):
        raise UsageError(f"there is no contest {contest!r}")
    (position,) = append(settings, act(settings, contest, Reloaded, by=by, reason=why))
    if as_json:
        print(json.dumps({"position": position}))
    else:
        print(f"done, at position {position}; scorer and views make contest {contest} anew: see podium status")
