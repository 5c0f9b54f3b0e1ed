"""`podium verdict`: a verdict given by hand, by an account of the jury whose password is asked for again."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from clics.state import Submitted
from clics.verdicts import JUDGING_ERROR, judgement_types, published
from podium.jury.acting import act, append, proven, reason_of
from podium.jury.asking import Contest, Reason, Submission
from podium.jury.record import Record, read_record
from podium.jury.selection import PENDING
from schemas.errors import ConflictError, UsageError
from schemas.events import VerdictOverridden
from schemas.settings import Settings, load

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="Verdicts by hand.")

_As = Annotated[
    str, typer.Option("--as", help="Your account of the contest's jury; default: your name on this machine.")
]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="verdict")


@app.command("set")
def set_(
    contest: Contest,
    submission: Submission,
    verdict: Annotated[str, typer.Argument(help="A judgement type, such as AC or WA.")],
    reason: Reason = "",
    account: _As = "",
) -> None:
    """Give a submission a verdict by hand, whatever the judge says, now or later.

    Asks for the account's password, from the terminal or from standard input. A rejudging that is applied afterwards
    replaces it; `podium verdict clear` takes it back.
    """
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    _check(record, verdict)
    found = record.submission(submission)
    record.refuse_final("a change of verdicts")
    _write(settings, record, found, verdict, why, account)
    before = record.shown(found) or PENDING
    print(f"contest {contest}: submission {found.number} ({found.id}) is {verdict} by hand; it was {before}")


@app.command("clear")
def clear(contest: Contest, submission: Submission, reason: Reason = "", account: _As = "") -> None:
    """Take a verdict by hand back: what the judge says shows again. Asks for the account's password."""
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    found = record.submission(submission)
    record.refuse_final("a change of verdicts")
    if not any(override.holds for override in found.overrides):
        raise ConflictError(
            f"submission {found.number} has no verdict by hand; it shows {record.shown(found) or PENDING}"
        )
    _write(settings, record, found, None, why, account)
    print(f"contest {contest}: submission {found.number} ({found.id}) shows what the judge says")


def _check(record: Record, verdict: str) -> None:
    """Refuse what the contest can publish as no verdict."""
    definition = record.state.definition
    assert definition is not None
    if published(verdict, definition) in (None, JUDGING_ERROR):
        there = ", ".join(kind.id for kind in judgement_types(definition) if kind.id != JUDGING_ERROR)
        raise UsageError(f"contest {record.contest} has no verdict {verdict!r}; it has {there}")


def _write(
    settings: Settings, record: Record, found: Submitted, verdict: str | None, reason: str, account: str
) -> None:
    username = account or getpass.getuser()
    password = getpass.getpass(f"password of {username}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    what = "verdict set" if verdict else "verdict clear"
    by = proven(settings, record.contest, username, password, what, f"{record.contest}/{found.id}")
    made = act(
        settings,
        record.contest,
        VerdictOverridden,
        by=by,
        submission_id=found.id,
        team_id=found.team,
        problem_id=found.problem,
        verdict=verdict,
        reason=reason,
    )
    append(settings, made)
