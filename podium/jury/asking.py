"""What the jury's commands have in common: their arguments, and asking before anything is done."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from schemas.errors import UsageError

__all__ = ["Contest", "Json", "Reason", "Submission", "Wait", "Yes", "ask"]

Contest = Annotated[str, typer.Argument(help="The contest's id.")]
Submission = Annotated[str, typer.Argument(help="The submission, by id or number.")]
Reason = Annotated[str, typer.Option(help="Why: it stands in the contest's log.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until all is judged, with a progress bar.")]


def ask(question: str, *, yes: bool) -> None:
    """Ask, unless the answer was given with the command.

    Raises:
        UsageError: when nobody is there to ask.
        typer.Abort: when the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} nobody is here to ask: --yes says yes")
    typer.confirm(question, abort=True, err=True)
