"""`podium submission`: what the jury sees of single submissions and does to them; what awaits verification."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clics.state import Submitted
from clics.times import format_time
from clics.verdicts import hacked
from podium.jury.acting import act, append, reason_of
from podium.jury.asking import Contest, Json, Reason, Submission
from podium.jury.looked_at import read_judging
from podium.jury.record import Record, read_record
from podium.plain import plain
from schemas.errors import ConflictError, UsageError
from schemas.events import SubmissionHacked, SubmissionIgnored, SubmissionVerified
from schemas.settings import load

__all__ = ["register", "unverified"]

app = typer.Typer(no_args_is_help=True, help="Submissions: show, ignore, restore, verify, hack.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="submission")


@app.command("show")
def show(
    contest: Contest,
    submission: Submission,
    judging: Annotated[
        int | None, typer.Option(min=0, help="The judging: 0, or a rejudging's number; default: the one that shows.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a submission was judged: verdict, runs, and what the output validator says of each to the jury."""
    settings = load()
    record = read_record(settings, contest)
    found = record.submission(submission)
    number = record.judging(found) if judging is None else judging
    if judging is not None and number not in found.judgings:
        there = ", ".join(map(str, found.judgings)) or "none"
        raise UsageError(f"submission {found.number} has no judging {number}; it has {there}")
    judged = read_judging(settings, record, found, number)
    if as_json:
        print(json.dumps(judged.json(found)))
        return
    print("\n".join(judged.lines(found)))


@app.command("ignore")
def ignore(contest: Contest, submission: Submission, reason: Reason = "") -> None:
    """Let a submission not count, whatever its verdict; everybody still sees that it was made."""
    _set_ignored(contest, submission, reason, ignored=True)


@app.command("restore")
def restore(contest: Contest, submission: Submission, reason: Reason = "") -> None:
    """Let an ignored submission count again."""
    _set_ignored(contest, submission, reason, ignored=False)


def _set_ignored(contest: str, submission: str, reason: str, *, ignored: bool) -> None:
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    found = record.submission(submission)
    record.refuse_final("a change of what counts")
    if found.ignored == ignored:
        raise ConflictError(f"submission {found.number} ({found.id}) {'is ignored' if ignored else 'counts'} already")
    append(settings, act(settings, contest, SubmissionIgnored, **_named(found), ignored=ignored, reason=why))
    print(
        f"contest {contest}: submission {found.number} ({found.id}) {'does not count' if ignored else 'counts again'}"
    )


def _named(found: Submitted) -> dict[str, str]:
    return {"submission_id": found.id, "team_id": found.team, "problem_id": found.problem}


@app.command("verify")
def verify(
    contest: Contest,
    submission: Submission,
    judging: Annotated[
        int | None, typer.Option(min=0, help="The judging: 0, or a rejudging's number; default: the one that shows.")
    ] = None,
    reason: Annotated[str, typer.Option(help="What was seen: it stands in the contest's log.")] = "looked at",
) -> None:
    """Say that the jury has looked at a submission's verdict; where the contest verifies, it counts from then on."""
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    found = record.submission(submission)
    record.refuse_final("a verification")
    number = record.judging(found) if judging is None else judging
    about = found.judgings.get(number)
    if about is None or about.verdict is None:
        there = ", ".join(str(one) for one, held in found.judgings.items() if held.verdict) or "none"
        raise UsageError(f"submission {found.number} has no verdict of judging {number}; it has verdicts of {there}")
    if about.verified:
        raise ConflictError(f"judging {number} of submission {found.number} is verified already: {about.verdict}")
    append(settings, act(settings, contest, SubmissionVerified, **_named(found), judging=number, reason=why))
    print(f"contest {contest}: submission {found.number} ({found.id}) is {about.verdict}, verified")


@app.command("hack")
def hack(
    contest: Contest,
    submission: Submission,
    by: Annotated[str, typer.Option(help="The team that tried it, by id.")],
    failed: Annotated[bool, typer.Option("--failed", help="The submission has stood.")] = False,
    reason: Annotated[str, typer.Option(help="Why, such as which test: it stands in the contest's log.")] = "",
) -> None:
    """Note that a team has hacked an accepted submission, which is rejected then, or has failed to; rules count both."""
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    found = record.submission(submission)
    record.refuse_final("a hack")
    team = record.state.records.get(("teams", by))
    if team is None or team.removed:
        raise UsageError(f"contest {contest} has no team {by!r}: --by names the one that tried it")
    definition, verdict = record.state.definition, record.shown(found)
    assert definition is not None
    if verdict is None or hacked(verdict, definition) is None:
        raise ConflictError(
            f"submission {found.number} ({found.id}) is {verdict or 'pending'}: only accepted ones are hacked"
        )
    if record.state.hack(found) is not None:
        raise ConflictError(f"submission {found.number} ({found.id}) was hacked already")
    fields: dict[str, Any] = {"by_team_id": by, "successful": not failed, "reason": why}
    append(settings, act(settings, contest, SubmissionHacked, **_named(found), **fields))
    how = "has stood a hack" if failed else "is hacked"
    print(f"contest {contest}: submission {found.number} ({found.id}) {how} by {by}")


def unverified(record: Record) -> list[dict[str, Any]]:
    """The submissions whose verdict by the judge nobody has looked at, in the order of the log. Pure.

    What is ignored, or shows a verdict by hand, needs no verification.
    """
    waiting = []
    for one in record.state.submissions.values():
        number = record.state.effective(one)
        judging = one.judgings.get(number) if isinstance(number, int) else None
        if judging is not None and judging.verdict and not judging.verified and not one.ignored:
            waiting.append(
                {
                    "number": one.number,
                    "submission_id": one.id,
                    "team_id": one.team,
                    "problem_id": one.problem,
                    "judging": number,
                    "verdict": judging.verdict,
                    "judged_at": format_time(judging.ended_at),
                }
            )
    return waiting


@app.command("unverified")
def unverified_command(
    contest: Contest, as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False
) -> None:
    """List the verdicts that nobody has looked at yet, the oldest submission first."""
    record = read_record(load(), contest)
    waiting = unverified(record)
    if as_json:
        print(json.dumps(waiting))
        return
    if waiting:
        table = Table(*waiting[0])
        for row in waiting:
            table.add_row(*(plain(str(cell)) for cell in row.values()))
        Console().print(table)
    definition = record.state.definition
    assert definition is not None
    counts = "before it counts" if definition.verification else "though this contest counts verdicts without that"
    print(f"contest {contest}: {len(waiting)} verdicts wait for somebody to look at them, {counts}")
