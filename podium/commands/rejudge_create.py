"""`podium rejudge create`: which submissions are judged again, shown and asked for before anything is written."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from packages.store import folder_store
from podium.jury.acting import create as create_rejudging
from podium.jury.acting import reason_of
from podium.jury.asking import Contest, Reason, Wait, Yes, ask
from podium.jury.package import changed_package
from podium.jury.record import Record, read_record
from podium.jury.rejudgings import refuse_overlap
from podium.jury.report import counted
from podium.jury.selection import Selection, counts, judgeable, select
from podium.jury.times import moment
from podium.jury.watching import watched
from podium.plain import plain
from schemas.definition import ChangedPackage
from schemas.errors import UsageError
from schemas.settings import Settings, load
from schemas.topics import LANES

__all__ = ["create"]

MOST_REPEATS = 100
"""Each is a whole rejudging: more is a slip of the finger."""

_SEVERAL = "may be repeated: one of them"


def create(
    contest: Contest,
    reason: Reason = "",
    problem: Annotated[list[str] | None, typer.Option(help=f"Problem; {_SEVERAL}.")] = None,
    language: Annotated[list[str] | None, typer.Option(help=f"Language; {_SEVERAL}.")] = None,
    team: Annotated[list[str] | None, typer.Option(help=f"Team; {_SEVERAL}.")] = None,
    host: Annotated[list[str] | None, typer.Option(help=f"Host that judged it; {_SEVERAL}.")] = None,
    verdict: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Verdict that shows, precise or as published; rejected: any that does not solve; pending; {_SEVERAL}."
        ),
    ] = None,
    id_: Annotated[list[str] | None, typer.Option("--id", help=f"Submission, by id or number; {_SEVERAL}.")] = None,
    judged_with: Annotated[
        list[str] | None, typer.Option(help=f"Digest, or its beginning, of the package it was judged with; {_SEVERAL}.")
    ] = None,
    since: Annotated[
        str, typer.Option("--from", help="Submitted then or later: 2026-11-24T10:00:00Z, or contest time 1:30:00.")
    ] = "",
    before: Annotated[str, typer.Option("--to", help="Submitted before then.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Every submission of the contest.")] = False,
    package: Annotated[
        str, typer.Option(help="Judge on this package of the store (digest or its beginning), of one problem.")
    ] = "",
    priority: Annotated[str, typer.Option(help="bulk, or live: beside new submissions.")] = "bulk",
    repeat: Annotated[
        int, typer.Option(min=1, max=MOST_REPEATS, help="So many rejudgings of the same submissions, to compare.")
    ] = 1,
    wait: Wait = False,
    yes: Yes = False,
) -> int:
    """Judge submissions again. Sets of one option are joined by or, those of different options by and.

    It shows what it selects, and asks. Nobody but the jury sees a result before `podium rejudge apply`. With --package
    the problem is judged on another package of the store; `apply` puts the contest's problem on it in the same act.
    """
    settings = load()
    if priority not in LANES:
        raise UsageError(f"--priority {priority}: there are {' and '.join(LANES)}")
    record = read_record(settings, contest)
    record.refuse_final("a rejudging")
    wanted = Selection(
        problems=frozenset(problem or ()),
        languages=frozenset(language or ()),
        teams=frozenset(team or ()),
        hosts=frozenset(host or ()),
        verdicts=frozenset(verdict or ()),
        ids=frozenset(id_ or ()),
        packages=frozenset(judged_with or ()),
        since=moment(record.state, since, "--from") if since else None,
        before=moment(record.state, before, "--to") if before else None,
    )
    if wanted.empty == (not all_):
        raise UsageError("name what is to be judged again, or --all for the whole contest, and not both")
    found, gone = judgeable(record, select(record, wanted))
    console = Console(stderr=True)
    if gone:
        names = ", ".join(sorted({one.problem for one in gone}))
        console.print(plain(f"left out: {len(gone)} to problems that the contest no longer has: {names}", "yellow"))
    if not found:
        raise UsageError(f"contest {contest} has no submission that all of this holds for")
    ids = [one.id for one in found]
    why = reason_of(reason)
    refuse_overlap(record, ids)
    changed = _changed(settings, record, {one.problem for one in found}, package) if package else None
    numbers = counts(record, found)
    console.print(counted(numbers))
    if numbers.by_hand:
        console.print(plain(f"{numbers.by_hand} of them show a verdict by hand, which `apply` would replace", "yellow"))
    if changed:
        console.print(plain(_on(changed)))
    times = f", {repeat} times," if repeat > 1 else ""
    ask(f"judge these {len(ids)} submissions again{times} on the lane {priority}?", yes=yes)
    made = create_rejudging(settings, record, ids, reason=why, lane=priority, changed=changed, repeat=repeat)
    for number in made:
        print(
            f"contest {contest}: rejudging {number} of {len(ids)} submissions; `podium rejudge watch {contest} {number}`"
        )
    return max(watched(settings, record, number) for number in made) if wait else 0


def _changed(settings: Settings, record: Record, problems: set[str], named: str) -> ChangedPackage:
    definition = record.state.definition
    assert definition is not None
    if len(problems) != 1:
        raise UsageError(f"--package is of one problem; these submissions are of {', '.join(sorted(problems))}")
    (problem,) = problems
    if problem not in record.state.problems:
        raise UsageError(f"the contest has no problem {problem!r} any more")
    return changed_package(folder_store(settings), definition, record.state.problems[problem], named)


def _on(changed: ChangedPackage) -> str:
    limits = f"{changed.time_limit_ms} ms, {changed.memory_limit_mib} MiB, {changed.output_limit_mib} MiB of output"
    return (
        f"problem {changed.problem_id} is judged on package {changed.package}: {changed.test_data_count} tests, {limits}; "
        "the contest's problem is on it from the moment that this is applied"
    )
