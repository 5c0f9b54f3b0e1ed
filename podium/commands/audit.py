"""`podium audit`: who did what, when and why: the acts of the log, and the topic of writes and refused doors."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clics.times import format_time
from podium.commands.log import describe
from podium.conduct.times import moment
from podium.plain import plain
from schemas.codec import codec
from schemas.errors import DecodeError, UsageError
from schemas.events import LOG_EVENTS, Act, AuditEntry, Definition
from schemas.ids import CONTEST_PARTITIONS, partition_of
from schemas.reader import Raw, read, read_topic
from schemas.settings import Settings, load

__all__ = ["Entry", "Unreadable", "acts", "entries", "register"]

NAMED = 3
"""So many records that cannot be read are named to people: where one is, there may be thousands."""

ACTS: frozenset[type] = frozenset(cls for cls in LOG_EVENTS if issubclass(cls, Act) or cls is Definition)
"""What people, operators and the clock do to a contest; a definition is what `podium contest apply` writes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when (UTC ms), who, in which contest, what, with which details, and why.

    `position` is that of an act in its contest's log; None: it is of the topic `audit`.
    """

    at: int
    by: str
    contest: str
    what: str
    details: str
    why: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record of which nobody can say what it is, and why."""

    topic: str
    partition: int
    position: int
    unreadable: str


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("audit")(audit)


def audit(
    contest: Annotated[str, typer.Argument(help="Only of this contest.", show_default=False)] = "",
    by: Annotated[str, typer.Option(help="Only by this account, person or process.")] = "",
    since: Annotated[str, typer.Option(help="Only what was done then or later, such as 2026-11-24T10:00:00Z.")] = "",
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="Only of this type: an act, as in `podium log`, or an action such as login; repeatable."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show who did what, when and why: the acts of every contest's log, and the writes and refusals of the api."""
    earliest = moment(since, "--since") if since else 0
    types = {name.lower() for name in type_ or ()}
    settings = load()
    missed: list[Unreadable] = []
    done = [*acts(settings, contest, missed), *entries(settings, contest, missed)]
    if contest and not done and not missed:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")
    found = [
        entry
        for entry in done
        if entry.at >= earliest and by in ("", entry.by) and (not types or entry.what.lower() in types)
    ]
    found.sort(key=lambda entry: entry.at)
    if as_json:
        for line in (*map(_json, found), *map(dataclasses.asdict, missed)):
            print(json.dumps(line, ensure_ascii=False))
    elif found:
        table = Table("when", "who", "contest", "what", "details", "why")
        for entry in found:
            cells = (format_time(entry.at), entry.by, entry.contest, entry.what, entry.details, entry.why)
            table.add_row(*map(plain, cells))
        Console(soft_wrap=True).print(table)
    else:
        print("nothing of that kind was done")
    if missed:
        named = "; ".join(f"{one.topic}-{one.partition} at {one.position}: {one.unreadable}" for one in missed[:NAMED])
        more = f"; and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
        print(f"podium: {len(missed)} records cannot be read and are not among these: {named}{more}", file=sys.stderr)


def _json(entry: Entry) -> dict[str, Any]:
    return dataclasses.asdict(entry) | {"at": format_time(entry.at)}


def acts(settings: Settings, contest: str, missed: list[Unreadable]) -> Iterator[Entry]:
    """The acts of a contest's log, or with "" of every one's; of two with one id the first, as the other is void.

    What cannot be read is added to *missed*.

    Raises:
        DependencyError: when the broker does not answer.
    """
    raws = read(settings, "log", partition_of(contest)) if contest else read_topic(settings, "log", CONTEST_PARTITIONS)
    known: set[tuple[str, str]] = set()
    mine = (raw for raw in raws if contest in ("", (raw.key or b"").decode(errors="replace")))
    for raw, event in _decoded("log", mine, ACTS, missed):
        if contest not in ("", event.contest):
            continue
        id_ = getattr(event, "id", "")
        if id_ and (event.contest, id_) in known:
            continue
        known.add((event.contest, id_))
        reason = getattr(event, "reason", "")
        kept = dataclasses.replace(event, id="", reason="") if isinstance(event, Act) else None
        details = describe(kept) if kept else f"changes={event.changes} name={json.dumps(event.name)}"
        yield Entry(
            event.recorded_at, event.recorded_by, event.contest, type(event).__name__, details, reason, raw.position
        )


def entries(settings: Settings, contest: str, missed: list[Unreadable]) -> Iterator[Entry]:
    """The entries of the topic `audit`, of a contest those whose target is in it; "": all.

    What cannot be read is added to *missed*.

    Raises:
        DependencyError: when the broker does not answer.
    """
    raws = read_topic(settings, "audit", CONTEST_PARTITIONS)
    for _, entry in _decoded("audit", raws, frozenset({AuditEntry}), missed):
        of = _contest_of(entry.target)
        if contest in ("", of):
            status = f"{entry.target} {entry.status}" + (f" from {entry.address}" if entry.address else "")
            yield Entry(entry.recorded_at, entry.account, of, entry.action, status, entry.detail)


def _contest_of(target: str) -> str:
    """The contest in a target: `CONTEST/SUBMISSION`, or the path of a request. Pure."""
    path = target.split("/")
    if "contests" in path:
        return next(iter(path[path.index("contests") + 1 :]), "")
    return path[0] if len(path) > 1 else ""


def _decoded(
    topic: str, raws: Iterable[Raw], kinds: frozenset[type], missed: list[Unreadable]
) -> Iterator[tuple[Raw, Any]]:
    """The records of these kinds; the others are passed over without being decoded, those of no kind are *missed*."""
    records = codec()
    for raw in raws:
        try:
            if raw.value is not None and records.peek(raw.value) in kinds:
                yield raw, records.decode(raw.value)
        except DecodeError as error:
            missed.append(Unreadable(topic, raw.partition, raw.position, str(error)))
