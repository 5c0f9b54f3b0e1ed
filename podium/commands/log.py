"""`podium log`: a contest's log, shown to a person."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clics.times import format_time
from podium.plain import plain
from schemas.codec import codec
from schemas.definition import FileData
from schemas.errors import DecodeError, UsageError
from schemas.events import LOG_EVENTS, Event
from schemas.ids import partition_of
from schemas.reader import bounds, read
from schemas.settings import Settings, load

__all__ = ["describe", "register"]

_COLORS = {"Submission": "cyan", "Judgement": "green", "Definition": "magenta", "JudgingFaulted": "red"}
_HEAD = {"contest", "recorded_at", "recorded_by"}


def register(root: typer.Typer) -> None:
    """Add the command to the command line."""
    root.command("log")(log)


def describe(event: Event) -> str:
    """The event's own fields in one line: defaults left out, files by name and size. Pure."""
    parts = []
    for f in dataclasses.fields(event):
        value = getattr(event, f.name)
        if f.name in _HEAD or value == f.default or value in ((), {}, None, ""):
            continue
        parts.append(f"{f.name}={_show(f.name, value)}")
    return " ".join(parts)


def _show(name: str, value: Any) -> str:
    if isinstance(value, tuple) and isinstance(value[0], FileData):
        return ",".join(f"{v.name}({len(v.data)} B)" for v in value)
    if isinstance(value, tuple) and dataclasses.is_dataclass(value[0]):
        return "[" + " ".join(str(getattr(v, "id", None) or getattr(v, "ordinal", "?")) for v in value) + "]"
    if name.endswith(("_at", "_time")) and isinstance(value, int) and value > 10**11:  # durations are shorter than 1973
        return format_time(value)
    # escapes are shown, not obeyed: a compiler's output comes from the contestant
    return json.dumps(value, ensure_ascii=True, default=str)[:200]


def log(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show a contest's log: position, time, type, who wrote it, and what it says."""
    names = {cls.__name__.lower(): cls.__name__ for cls in LOG_EVENTS}
    wanted = set()
    for name in type_ or []:
        if name.lower() not in names:
            raise UsageError(f"--type {name}: there is no such event; there are {', '.join(sorted(names.values()))}")
        wanted.add(names[name.lower()])
    console = Console(highlight=False, soft_wrap=True)
    shown = 0
    for position, event in _records(load(), contest, follow=follow):
        name = type(event).__name__
        shown += 1
        if isinstance(event, DecodeError):
            if as_json:
                print(json.dumps({"position": position, "unreadable": str(event)}))
            else:
                console.print(plain(f"{position:>8} unreadable: {event}", "dim"))
        elif wanted and name not in wanted:
            continue
        elif as_json:
            print(json.dumps({"position": position, "type": name, **dataclasses.asdict(event)}, default=_jsonable))
        else:
            line = Text(f"{position:>8} {format_time(event.recorded_at)} ")
            line.append(f"{name:<18}", style=_COLORS.get(name, "yellow"))
            line.append(plain(f" {event.recorded_by:<14} {describe(event)}"))
            console.print(line)
    if not shown:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")


def _records(settings: Settings, contest: str, *, follow: bool) -> Iterator[tuple[int, Event | DecodeError]]:
    """(position, event) of a contest's log; where a record cannot be read, why.

    Raises:
        DependencyError: when the broker does not answer; one that goes away later is waited for.
    """
    partition, key, decode = partition_of(contest), contest.encode(), codec().decode
    end = bounds(settings, "log", partition)[1]
    for raw in read(settings, "log", partition, end=None if follow else end, follow=follow):
        if raw.key == key and raw.value is not None:
            try:
                yield raw.position, decode(raw.value)
            except DecodeError as error:
                yield raw.position, error


def _jsonable(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
