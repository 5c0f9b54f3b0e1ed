"""`podium log`: a contest's log, shown to a person."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clics.times import format_time
from schemas.definition import FileData
from schemas.errors import UsageError
from schemas.events import LOG_EVENTS, Event
from schemas.reader import read_contest
from schemas.settings import load

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
    for position, event in read_contest(load(), contest, follow=follow):
        name = type(event).__name__
        shown += 1
        if wanted and name not in wanted:
            continue
        if as_json:
            print(json.dumps({"position": position, "type": name, **dataclasses.asdict(event)}, default=_jsonable))
        else:
            line = Text(f"{position:>8} {format_time(event.recorded_at)} ")
            line.append(f"{name:<18}", style=_COLORS.get(name, "yellow"))
            line.append(f" {event.recorded_by:<14} {describe(event)}")
            console.print(line)
    if not shown:
        raise UsageError(f"the log holds nothing of a contest {contest!r}")


def _jsonable(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
