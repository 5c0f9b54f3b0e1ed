"""`podium contest begin|extra-time|penalty|disqualify|award`: acts on teams and on awards."""

from __future__ import annotations

from typing import Annotated

import typer

from podium.conduct import team_deeds
from podium.conduct.asked import By, DryRun, Span, Team, do
from podium.conduct.deeds import Deed
from podium.conduct.known import Known
from podium.conduct.times import moment, span
from podium.jury.asking import Contest, Json, Reason, Yes
from schemas.errors import UsageError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `podium contest`."""
    # a span may begin with a minus, which is no option then
    signed = {"ignore_unknown_options": True}
    app.command("begin")(begin)
    app.command("extra-time", context_settings=signed)(extra_time)
    app.command("penalty", context_settings=signed)(penalty)
    app.command("disqualify")(disqualify)
    app.command("award")(award)


def begin(
    contest: Contest,
    team: Team,
    at: Annotated[str, typer.Option("--at", help="When, such as 2026-01-31T10:00:00Z; default: now.")] = "",
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Begin a team's own time, in a contest where each team has a window."""
    when = moment(at, "--at") if at else None
    do(
        contest,
        lambda known, now: team_deeds.begin(known, team, now if when is None else when),
        reason=reason,
        by=by,
        dry_run=dry_run,
        as_json=as_json,
    )


def extra_time(
    contest: Contest,
    team: Team,
    by_span: Span,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give one team more time, or less: the contest ends later for it alone."""
    by_ms = span(by_span, "SPAN")
    do(
        contest,
        lambda known, _: team_deeds.extra_time(known, team, by_ms),
        reason=reason,
        by=by,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


def penalty(
    contest: Contest,
    team: Team,
    by_span: Span,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add penalty time to a team's, +20m, or take some away, -20m."""
    by_ms = span(by_span, "SPAN")
    do(
        contest,
        lambda known, _: team_deeds.penalty(known, team, by_ms),
        reason=reason,
        by=by,
        dry_run=dry_run,
        as_json=as_json,
    )


def disqualify(
    contest: Contest,
    team: Team,
    undo: Annotated[bool, typer.Option("--undo", help="Back into the ranking.")] = False,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a team out of the ranking; it is shown behind all others, without a rank."""
    do(
        contest,
        lambda known, _: team_deeds.disqualify(known, team, undo=undo),
        reason=reason,
        by=by,
        dry_run=dry_run,
        as_json=as_json,
    )


def award(
    contest: Contest,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The award's id, such as winner or best-costume.")],
    citation: Annotated[str, typer.Option("--citation", help="What for.")] = "",
    team: Annotated[list[str] | None, typer.Option("--team", help="Who gets it; repeatable.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the award away, also a computed one.")] = False,
    computed: Annotated[bool, typer.Option("--computed", help="Have podium compute it again.")] = False,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give an award by hand, beside the computed ones or instead of one; or take one away, or leave it to podium again."""
    if (remove or computed) and (citation or team or (remove and computed)):
        raise UsageError("--remove and --computed stand alone: there is no --citation and no --team then")

    def make(known: Known, now: int) -> Deed:
        if computed:
            return team_deeds.compute_award(known, id_)
        if remove:
            return team_deeds.remove_award(known, now, id_)
        return team_deeds.award(known, now, id_, citation, team or ())

    do(contest, make, reason=reason, by=by, dry_run=dry_run, as_json=as_json)
