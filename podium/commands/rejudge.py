"""`podium rejudge`: judge submissions again, look at what would change, and apply, cancel or revert it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from podium.commands.rejudge_create import create
from podium.jury.acting import act, append, extend, reason_of
from podium.jury.asking import Contest, Json, Reason, Wait, Yes, ask
from podium.jury.difference import Difference, difference
from podium.jury.record import Record, Rejudging, read_record
from podium.jury.rejudgings import (
    missing_reason,
    not_on_package,
    package_without,
    refuse_apply,
    refuse_cancel,
    refuse_extend,
    refuse_revert,
    set_of,
    strayed,
)
from podium.jury.report import listed, lists, rejudging_json, shown, summary, whole
from podium.jury.watching import watched
from podium.plain import plain
from schemas.clock import Clock
from schemas.errors import ConflictError
from schemas.events import RejudgingApplied, RejudgingCancelled, RejudgingReverted
from schemas.settings import Settings, load
from streams.refold import fold_contest

__all__ = ["register"]

app = typer.Typer(
    no_args_is_help=True, help="Judge submissions again; nobody but the jury sees it before it is applied."
)

Number = Annotated[int, typer.Argument(min=0, help="The rejudging's number, as `podium rejudge list` has it.")]


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="rejudge")


app.command("create")(create)


@app.command("list")
def list_command(contest: Contest, as_json: Json = False) -> None:
    """List the contest's rejudgings: status, how far they are, who created them and why."""
    record = read_record(load(), contest)
    if as_json:
        print(json.dumps([rejudging_json(record, one) for one in record.rejudgings.values()]))
    elif record.rejudgings:
        Console().print(listed(record))
    else:
        print(f"contest {contest} has no rejudging")


@app.command("show")
def show(contest: Contest, number: Number, as_json: Json = False) -> None:
    """Show one rejudging with its submissions; beside the repeats of its set, where it has any."""
    record = read_record(load(), contest)
    one = record.rejudging(number)
    if as_json:
        print(json.dumps(whole(record, one)))
    else:
        Console(soft_wrap=True).print(*shown(record, one), sep="\n")


@app.command("watch")
def watch_command(contest: Contest, number: Number) -> int:
    """Wait until a rejudging is judged, with a progress bar. Exit 1 when something of it cannot be judged.

    Ctrl-C ends the watching, and nothing else.
    """
    settings = load()
    return watched(settings, read_record(settings, contest), number)


@app.command("preview")
def preview(
    contest: Contest,
    number: Number,
    as_json: Json = False,
) -> None:
    """Show what would change if it were applied, or of an applied one reverted: verdicts, ranks, awards, on both boards."""
    settings = load()
    record = read_record(settings, contest)
    rejudging = record.rejudging(number)
    status, why = record.status(number), missing_reason(record, rejudging)
    kind = RejudgingReverted if status == "applied" else RejudgingApplied
    found = _difference(settings, record, rejudging, kind)
    if as_json:
        print(json.dumps(found.to_json() | {"status": status, "incomplete": why}))
        return
    console = Console(soft_wrap=True)
    if why or status == "cancelled":
        console.print(plain(why or f"rejudging {number} was cancelled: nothing comes of it", "yellow"))
    console.print(*summary(found), *lists(found), sep="\n")


def _difference(
    settings: Settings,
    record: Record,
    rejudging: Rejudging,
    kind: type[RejudgingApplied | RejudgingReverted],
) -> Difference:
    """What the act would change; it is in *record* afterwards."""
    changed: dict[str, Any] = {"changed": rejudging.changed} if kind is RejudgingApplied else {}
    event = act(settings, record.contest, kind, rejudging=rejudging.number, **changed)
    scores = fold_contest(settings, record.contest, record.end - 1).state
    return difference(record, scores, rejudging, event, Clock.parse(settings.clock).now_ms())


@app.command("apply")
def apply(contest: Contest, number: Number, reason: Reason = "", yes: Yes = False) -> int:
    """Make the judgements of a rejudging the ones that show, and its package that of the problem: in one act.

    Other repeats of its set are cancelled. Without --reason the rejudging's own stands in the log. Exit 1 when verdicts
    show that were judged on another package than the one in force: they are named.
    """
    settings = load()
    record = read_record(settings, contest)
    rejudging = record.rejudging(number)
    refuse_apply(record, rejudging)
    _preview(_difference(settings, record, rejudging, RejudgingApplied))
    if rejudging.changed:
        Console(stderr=True).print(
            plain(f"problem {rejudging.changed.problem_id} goes on package {rejudging.changed.package}")
        )
    ask(f"apply rejudging {number}?", yes=yes)
    record = read_record(settings, contest)  # somebody may have thought for long
    rejudging = record.rejudging(number)
    refuse_apply(record, rejudging)
    why = reason.strip() or rejudging.reason
    acts = [act(settings, contest, RejudgingApplied, rejudging=number, changed=rejudging.changed, reason=why)]
    others = [one.number for one in set_of(record, rejudging) if record.status(one.number) == "created"]
    repeats = f"rejudging {number} of the same set is applied"
    cancels = [
        act(settings, contest, RejudgingCancelled, rejudging=one, reason=repeats) for one in others if one != number
    ]
    position = append(settings, *acts, *cancels)[0]
    read_record(settings, contest, record)
    if record.status(number) != "applied":
        raise ConflictError(f"rejudging {number} is {record.status(number)}: somebody else was faster")
    print(f"contest {contest}: rejudging {number} is applied (position {position})")
    return _beside(record, rejudging, "judged on the old package at the very moment", "the new one")


def _beside(record: Record, rejudging: Rejudging, why: str, package: str) -> int:
    """Name the submissions whose verdict comes from another package than that in force; the exit code.

    Those of the rejudging, and all to the problem that it puts on another package. Where it puts none on another, *why* and
    *package* say too much.
    """
    changed = rejudging.changed
    left = strayed(record, changed.problem_id if changed else None, rejudging.submission_ids)
    if changed is None:
        why, package = "judged on a package that is no longer in force", "the one in force"
    if not left:
        return 0
    contest, ids = record.contest, " ".join(f"--id {one.number}" for one in left)
    print(f"{why}: {len(left)} submissions; `podium rejudge create {contest} {ids}` judges them on {package}")
    return 1


def _preview(found: Difference) -> None:
    Console(stderr=True).print(*summary(found), sep="\n")


@app.command("cancel")
def cancel(contest: Contest, number: Number, reason: Reason = "", yes: Yes = False) -> None:
    """Give a rejudging up: what is outstanding of it is not judged, and it is never applied."""
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    rejudging = record.rejudging(number)
    refuse_cancel(record, rejudging)
    told = rejudging_json(record, rejudging)
    if record.status(number) == "created":
        _preview(_difference(settings, record, rejudging, RejudgingApplied))
    ask(
        f"cancel rejudging {number}, of which {told['judged']} of {told['submissions']} are judged? None of this comes then;",
        yes=yes,
    )
    record = read_record(settings, contest)  # somebody may have thought for long
    refuse_cancel(record, record.rejudging(number))
    (position,) = append(settings, act(settings, contest, RejudgingCancelled, rejudging=number, reason=why))
    read_record(settings, contest, record)
    if record.status(number) != "cancelled":
        raise ConflictError(f"rejudging {number} is {record.status(number)}: somebody else was faster")
    print(f"contest {contest}: rejudging {number} is cancelled (position {position})")


@app.command("revert")
def revert(contest: Contest, number: Number, reason: Reason = "", yes: Yes = False) -> int:
    """Take an applied rejudging back: what it replaced shows again, and its problem's earlier package is in force.

    Refused while the contest's files have the package: they would keep the problem on it. Exit 1 when verdicts show that
    were judged on another package than the one in force, as on the one that is taken back: they are named.
    """
    settings = load()
    why = reason_of(reason)
    record = read_record(settings, contest)
    rejudging = record.rejudging(number)
    refuse_revert(record, rejudging)
    _preview(_difference(settings, record, rejudging, RejudgingReverted))
    if rejudging.changed and (package := package_without(record, rejudging)):
        text = f"new submissions to problem {rejudging.changed.problem_id} are judged on package {package}"
        Console(stderr=True).print(plain(text, "yellow"))
    ask(f"revert rejudging {number}?", yes=yes)
    record = read_record(settings, contest)  # somebody may have thought for long
    rejudging = record.rejudging(number)
    refuse_revert(record, rejudging)
    (position,) = append(settings, act(settings, contest, RejudgingReverted, rejudging=number, reason=why))
    print(f"contest {contest}: rejudging {number} is reverted (position {position})")
    read_record(settings, contest, record)
    return _beside(record, rejudging, "judged on the package that is taken back", "the one in force")


@app.command("extend")
def extend_command(contest: Contest, number: Number, reason: Reason = "", wait: Wait = False) -> int:
    """Add to an open rejudging with a package what came in since and was judged on another one."""
    settings = load()
    record = read_record(settings, contest)
    rejudging = record.rejudging(number)
    left = not_on_package(record, rejudging, refuse_extend(record, rejudging))
    if not left:
        print(f"rejudging {number} lacks none: every submission outside of it waits, or was judged on its package")
        return 0
    why = reason.strip() or rejudging.reason
    extend(settings, record, rejudging, [one.id for one in left], reason=why)
    print(f"contest {contest}: {len(left)} submissions more are in rejudging {number}")
    return watched(settings, record, number) if wait else 0
