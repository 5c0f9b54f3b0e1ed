"""`podium contest show|awards|finalize`: how a contest stands, who gets what, and the end."""

from __future__ import annotations

import dataclasses
import getpass
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clics.blockers import Blocker, blockers
from podium.conduct.asked import By, do
from podium.conduct.finalize import HinderedError, finalize, finalize_if_free, in_the_way
from podium.conduct.known import read_known
from podium.conduct.survey import Survey, survey
from podium.conduct.team_deeds import awards_of
from podium.jury.asking import Contest, Json
from podium.plain import plain
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.rows import AUDIENCES
from schemas.settings import load

__all__ = ["BLOCKED", "add_to"]

BLOCKED = 3
"""The exit code when something is in the way."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to `podium contest`."""
    app.command("show")(show)
    app.command("awards")(awards)
    app.command("finalize")(finalize_command)


# ---- show -----------------------------------------------------------------------------------------------------------


def show(contest: Contest, as_json: Json = False) -> None:
    """Show how a contest stands by its log: times, freeze and thaw, state, problems, acts, generations, counts."""
    settings = load()
    found = survey(read_known(settings, contest), Clock.parse(settings.clock).now_ms())
    if as_json:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
    else:
        Console(highlight=False).print(*_tables(found), sep="\n")


def _tables(found: Survey) -> list[Table]:
    about = Table(title=plain(f"contest {found.contest}: {found.name}"), title_justify="left", show_header=False)
    for what, value in {"state": found.state, **found.times, **found.counts, **found.generations}.items():
        about.add_row(plain(what), plain(str(value)))
    problems = Table("problem", "name", "weight", "package", "limit", title="problems", title_justify="left")
    for one in found.problems:
        name = f"{one['name']} (withdrawn)" if one["withdrawn"] else one["name"]
        cells = (one["label"], name, str(one["weight"]), one["package"][:12], f"{one['time_limit_ms']} ms")
        problems.add_row(*map(plain, cells))
    acts = Table("position", "when", "who", "act", "what", "why", title="acts", title_justify="left")
    for act in found.acts:
        acts.add_row(*(plain(str(act[key])) for key in ("position", "when", "who", "act", "what", "why")))
    return [about, problems, *([acts] if found.acts else [])]


# ---- awards ---------------------------------------------------------------------------------------------------------


def awards(
    contest: Contest,
    audience: Annotated[str, typer.Option(help="public, or jury: what the freeze hides, too.")] = "public",
    as_json: Json = False,
) -> None:
    """Compute the awards from the contest's log, with those that the jury gave or took by hand."""
    if audience not in AUDIENCES:
        raise UsageError(f"--audience {audience}: there are {' and '.join(AUDIENCES)}")
    settings = load()
    known = read_known(settings, contest)
    found = awards_of(known, audience, Clock.parse(settings.clock).now_ms())
    if as_json:
        objects = [{"id": one.id, "citation": one.citation, "team_ids": list(one.team_ids)} for one in found]
        print(json.dumps(objects, ensure_ascii=False))
        return
    table = Table("award", "what for", "teams", title=plain(f"contest {contest}, {audience}"), title_justify="left")
    for one in found:
        teams = (f"{known.team(team).name} ({team})" for team in one.team_ids)
        table.add_row(plain(one.id), plain(one.citation), plain(", ".join(teams) or "–"))
    Console(highlight=False).print(table)


# ---- finalize -------------------------------------------------------------------------------------------------------


def finalize_command(
    contest: Contest,
    b: Annotated[int, typer.Option("--b", min=0, help="So many medals of bronze more.")] = 0,
    comment: Annotated[
        str, typer.Option("--comment", help="Why, or what there is to say: it stands in the contest's log.")
    ] = "",
    by: By = "",
    check: Annotated[bool, typer.Option("--check", help="Only list what is in the way.")] = False,
    as_json: Json = False,
) -> int:
    """Make the results official, if nothing is in the way; else list all that is, and exit with 3.

    In the way are: a contest that runs, submissions that wait or are being judged, judging errors, verdicts of another
    package than the one that a rejudging has put their problem on, verdicts that are not verified where they have to be,
    clarifications without an answer, rejudgings neither applied nor cancelled, and a recomputation from the log that
    differs from the scorer's board.
    """
    settings = load()
    known, now = read_known(settings, contest), Clock.parse(settings.clock).now_ms()
    finalize(known, b)  # whether it is final already is told before anything else is looked at
    if not as_json:
        print(f"contest {contest}: recomputing its boards from the log …", file=sys.stderr)
    found = in_the_way(settings, known, now, by or getpass.getuser())
    if found or check:
        _tell(contest, found, as_json=as_json)
        return BLOCKED if found else 0
    reason = comment.strip() or f"finalized with B = {b}"
    try:
        do(contest, lambda late, then: finalize_if_free(late, then, b), reason=reason, by=by, as_json=as_json)
    except HinderedError as hindered:
        _tell(contest, hindered.found, as_json=as_json, title="in the way since a moment ago")
        return BLOCKED
    # what came between that look and the act
    if late := blockers(read_known(settings, contest).state, now):
        _tell(contest, late, as_json=as_json, title="it is final, and meanwhile there came")
        return BLOCKED
    return 0


def _tell(contest: str, found: list[Blocker], *, as_json: bool, title: str = "in the way") -> None:
    if as_json:
        document: dict[str, Any] = {"blockers": [dataclasses.asdict(one) for one in found]}
        print(json.dumps(document, ensure_ascii=False))
        return
    if not found:
        print(f"contest {contest}: nothing is in the way")
        return
    table = Table("kind", "what", "why", "what to do", title=plain(f"contest {contest}: {title}"), title_justify="left")
    for one in found:
        table.add_row(plain(one.kind), plain(one.what), plain(one.why), plain(one.cure))
    Console(highlight=False).print(table)
