"""`podium contest export|import`: a contest's part of the log as a file, and onto another log."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from packages.store import FolderStore, store_of
from podium.transfer.file import LogFile, write_log_file
from podium.transfer.kafka import KafkaTarget, stored
from podium.transfer.package import write_package
from podium.transfer.take_in import Taken, take_in
from schemas.codec import HISTORY
from schemas.errors import UsageError
from schemas.producer import Producer
from schemas.registry import history_schemas
from schemas.settings import Settings, load

__all__ = ["add_to", "bar_of"]

FOR_EVER = 0.0
"""A record that was given up, and the next one taken, would be a hole: a broker that is away is waited for."""

TOLD_EVERY = 100
"""Records between two moves of a bar."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to `podium contest`."""
    app.command("export")(export)
    app.command("import")(import_)


@contextlib.contextmanager
def bar_of(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error, where that is a terminal: told what is done, how far, of how much."""
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def told(what: str, done: int, total: int) -> None:
            if done % TOLD_EVERY == 0 or done >= total:
                bar.update(task, description=what, completed=done, total=total)

        yield told


def export(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write; default: CONTEST.podium.")] = None,
    package: Annotated[
        Path | None,
        typer.Option("--package", metavar="DIR|ZIP", help="Write a CLICS contest package instead, to a free name."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write a contest's part of the log into one file, which `podium contest import` reads in elsewhere."""
    settings, path = load(), out or Path(f"{contest}.podium")
    if package is not None:
        if out is not None:
            raise UsageError("--out and --package exclude each other")
        _export_package(settings, contest, package, as_json=as_json)
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file")
    with bar_of(quiet=as_json) as told, _placed(path) as new, new.open("wb") as file:
        records = stored(settings, contest, lambda done, total: told("exporting", done, total))
        header = write_log_file(file, contest, records, history_schemas(HISTORY))
    if as_json:
        print(json.dumps({"file": str(path), **asdict(header)}))
        return
    print(
        f"{path}: contest {contest}, {header.count} records from position {header.first} to {header.last}, "
        f"{path.stat().st_size:,} bytes; accounts and problem packages are not in it"
    )


def _export_package(settings: Settings, contest: str, path: Path, *, as_json: bool) -> None:
    with bar_of(quiet=as_json) as told:
        written = write_package(settings, contest, path, told)
    if as_json:
        print(json.dumps({**asdict(written), "path": str(path)}))
        return
    print(f"{path}: contest {contest}, {written.submissions} submissions; what the jury sees, without passwords")
    if written.lacking:
        print(f"  without the packages of {', '.join(written.lacking)}, which the store lacks")
    if written.lacking_files:
        print(f"  without {', '.join(written.lacking_files)}, which the store lacks")


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[Path]:
    """A file beside *path* that takes its place when it is whole, and goes when it is not."""
    new = path.with_name(f"{path.name}.new")
    try:
        yield new
        new.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    finally:
        new.unlink(missing_ok=True)


def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What `podium contest export` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Say what was done as JSON.")] = False,
) -> None:
    """Append an exported contest to this podium's log; what is there already is not appended again."""
    settings = load()
    with LogFile(path) as file, Producer(settings, timeout_s=FOR_EVER) as producer, bar_of(quiet=as_json) as told:
        taken = take_in(file, KafkaTarget(settings, file.header.contest, producer), told)
    lacking = _lacking(settings, taken)
    if as_json:
        print(json.dumps({**asdict(taken), "lacking": lacking}))
        return
    already = taken.count - taken.appended
    print(
        f"contest {taken.contest}: {taken.count} records, {taken.appended} appended"
        + (f", {already} were there already" if already else "")
        + f"; they stand from position {taken.first} to {taken.last}"
    )
    if taken.unreadable:
        print(f"  {taken.unreadable} of them nobody can read: they count nowhere")
    if taken.open:
        print(f"  {taken.open} submissions and rejudgings had no verdict: they are judged here")
    for digest in lacking:
        print(f"  the store lacks the package {digest}: `podium problem add` puts it there")


def _lacking(settings: Settings, taken: Taken) -> list[str]:
    """The packages that the store does not have; of a store that is not a folder nothing is known."""
    store = store_of(settings)
    return [one for one in taken.packages if not store.path(one).exists()] if isinstance(store, FolderStore) else []
