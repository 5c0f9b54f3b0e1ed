"""`podium history`: the history's tables in a ClickHouse that podium does not start itself."""

from __future__ import annotations

from typing import Annotated

import typer

from history.analysts import apply_history
from schemas.settings import load

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="The history's tables.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="history")


@app.callback()
def _group() -> None:
    """One command would otherwise stand for the group."""


@app.command("apply")
def apply(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Drop tables of another version; the history sink fills the new ones.")
    ] = False,
) -> None:
    """Make the databases, tables, views and the user analyst in the ClickHouse at PODIUM_CLICKHOUSE."""
    done = apply_history(load(), rebuild=rebuild)
    print("\n".join(done) if done else "the history's tables are as they must be")
