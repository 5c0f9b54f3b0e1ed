"""`podium topics`: make the topics, or say how they differ from what they must be."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.acls import apply_acls, bindings
from schemas.settings import load
from schemas.topics import TOPICS, apply_topics, check_topics

__all__ = ["register"]

app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="topics")


@app.command("apply")
def apply() -> None:
    """Make the topics that are missing and mend the settings that have drifted."""
    done = apply_topics(load())
    print("\n".join(done) if done else f"all {len(TOPICS)} topics are as they must be")


@app.command("check")
def check() -> None:
    """Say which topic is missing or has drifted; exit 2 when one has."""
    check_topics(load(), frozenset(TOPICS), replicas=True)
    print(f"all {len(TOPICS)} topics are as they must be")


@app.command("acls")
def acls(
    prefix: Annotated[str, typer.Option(help="Principals are this and the kind of process.")] = "User:podium-",
    apply_: Annotated[bool, typer.Option("--apply", help="Give them to the cluster, too.")] = False,
) -> None:
    """Print who must be allowed what in Kafka: principal, operation, kind and name of the resource, pattern."""
    for one in bindings(prefix):
        print(one.principal, one.operation.name, one.restype.name, one.name, one.resource_pattern_type.name, sep="\t")
    if apply_:
        apply_acls(load(), prefix)
