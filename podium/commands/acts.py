"""`podium contest start|extend|pause|freeze|thaw|…`: a contest's times and its freeze, while it runs and after."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from podium.conduct import deeds
from podium.conduct.asked import By, DryRun, Span, do
from podium.conduct.deeds import Deed
from podium.conduct.known import Known
from podium.conduct.perform import Done
from podium.conduct.times import moment, span
from podium.jury.asking import Contest, Json, Reason, Yes
from schemas.errors import UsageError
from schemas.events import Transitioned
from schemas.reader import read_contest
from schemas.settings import load

__all__ = ["add_to"]

THAW_S = 15.0
"""The clock carries a thaw out within a tenth of a second; a machine that is busy may take some seconds."""

_At = Annotated[str, typer.Option("--at", metavar="TIME", help="When: a time with a zone.")]
_From = Annotated[str, typer.Argument(metavar="FROM", help="Where it begins: a time with a zone.")]
_To = Annotated[str, typer.Argument(metavar="TO", help="Where it ends, itself not in it: a time with a zone.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `podium contest`."""
    # a span may begin with a minus, which is no option then
    signed = {"ignore_unknown_options": True}
    app.command("start")(start)
    app.command("extend", context_settings=signed)(extend)
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("remove-interval")(remove_interval)
    app.command("restore-interval")(restore_interval)
    app.command("freeze")(freeze)
    app.command("unfreeze")(unfreeze)
    app.command("thaw")(thaw)


# ---- start, length, intervals ---------------------------------------------------------------------------------------


def start(
    contest: Contest,
    at: _At = "",
    in_: Annotated[str, typer.Option("--in", metavar="SPAN", help="So long from now: 10m.")] = "",
    now: Annotated[bool, typer.Option("--now", help="At once.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="Not known: the countdown stops.")] = False,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Move the start: to a time, to a while from now, to now; or have no start for the time being."""
    if sum(map(bool, (at, in_, now, unknown))) != 1:
        raise UsageError("say one of --at TIME, --in SPAN, --now, --unknown")
    to = moment(at, "--at") if at else None
    later = span(in_, "--in") if in_ else 0

    def make(known: Known, present: int) -> Deed:
        return deeds.move_start(known, present, None if unknown else present + later if to is None else to)

    do(contest, make, reason=reason, by=by, dry_run=dry_run, yes=yes, as_json=as_json)


def extend(
    contest: Contest,
    by_span: Span,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make the contest longer, or shorter. The freeze moves with the end, unless it has come."""
    by_ms = span(by_span, "SPAN")
    do(
        contest,
        lambda known, _: deeds.extend(known, by_ms),
        reason=reason,
        by=by,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


def pause(contest: Contest, reason: Reason = "", by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Stop contest time for everybody. Submissions are accepted meanwhile, and all have the time of the pause."""
    do(contest, deeds.pause, reason=reason, by=by, dry_run=dry_run, as_json=as_json)


def resume(contest: Contest, reason: Reason = "", by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Let contest time go on after a pause; the end and the freeze come as much later."""
    do(contest, deeds.resume, reason=reason, by=by, dry_run=dry_run, as_json=as_json)


def remove_interval(
    contest: Contest,
    begin: _From,
    end: _To,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Have an interval of wall-clock time count for nobody, also afterwards; the end comes as much later."""
    first, last = moment(begin, "FROM"), moment(end, "TO")
    do(
        contest,
        lambda known, _: deeds.remove_interval(known, first, last),
        reason=reason,
        by=by,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


def restore_interval(
    contest: Contest,
    begin: _From,
    end: _To,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Have a removed interval count again: everything is as it was without the removal."""
    first, last = moment(begin, "FROM"), moment(end, "TO")
    do(
        contest,
        lambda known, _: deeds.restore_interval(known, first, last),
        reason=reason,
        by=by,
        dry_run=dry_run,
        yes=yes,
        as_json=as_json,
    )


# ---- freeze and thaw ------------------------------------------------------------------------------------------------


def freeze(
    contest: Contest,
    at: _At = "",
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Freeze the public board, now or at another moment of the contest, whatever the definition says."""
    moment_ = moment(at, "--at") if at else None
    do(
        contest,
        lambda known, now: deeds.freeze(known, now, moment_),
        reason=reason,
        by=by,
        dry_run=dry_run,
        as_json=as_json,
    )


def unfreeze(
    contest: Contest, reason: Reason = "", by: By = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Lift the freeze while the contest runs; what it hid is sent. A planned freeze that is still to come, comes."""
    do(contest, deeds.unfreeze, reason=reason, by=by, dry_run=dry_run, as_json=as_json)


def thaw(
    contest: Contest,
    at: _At = "",
    now: Annotated[bool, typer.Option("--now", help="At once.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Plan none, until it has happened.")] = False,
    reason: Reason = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> int:
    """Plan the thaw of the public board after the contest, do it now, or cancel the planned one.

    Exit 1 when it was to come now and the clock has not carried it out.
    """
    if sum(map(bool, (at, now, cancel))) != 1:
        raise UsageError("say one of --at TIME, --now, --cancel")
    to = moment(at, "--at") if at else None

    def make(known: Known, present: int) -> Deed:
        return deeds.thaw(known, present if now else to)

    done = do(contest, make, reason=reason, by=by, dry_run=dry_run, as_json=as_json)
    return _thawed(contest, done) if now and done is not None else 0


def _thawed(contest: str, done: Done) -> int:
    """Wait until the clock has carried the thaw out."""
    settings, deadline = load(), time.monotonic() + THAW_S
    while time.monotonic() < deadline:
        for _, event in read_contest(settings, contest, done.position + 1):
            if isinstance(event, Transitioned) and event.kind == "thawed":
                print(f"contest {contest} is thawed", file=sys.stderr)
                return 0
        time.sleep(0.1)
    print(
        f"contest {contest}: the thaw is planned, and the clock has not carried it out; does it run?", file=sys.stderr
    )
    return 1
