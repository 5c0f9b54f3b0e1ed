"""`podium account`: accounts that are not in a contest's files."""

from __future__ import annotations

import dataclasses
import getpass
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from podium.contest import read_accounts
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.events import Account, Membership
from schemas.passwords import hash_password
from schemas.producer import Producer
from schemas.settings import load

__all__ = ["register"]

ROLES = ("team", "jury", "analyst", "admin", "judge")
app = typer.Typer(no_args_is_help=True, help="Accounts: who may log in, as what.")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="account")


@app.command("add")
def add(
    username: str,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    contest: Annotated[str, typer.Option(help="The contest that a team or jury account belongs to.")] = "",
    team: Annotated[str, typer.Option(help="The team that a team account acts for.")] = "",
) -> None:
    """Make an account or give one a new password, read from the terminal or from standard input."""
    if role not in ROLES:
        raise UsageError(f"--role {role}: there is no such role; there are {', '.join(ROLES)}")
    if role == "team" and not (contest and team):
        raise UsageError("a team account needs --contest and --team")
    settings = load()
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise UsageError("the password is empty")
    old = read_accounts(settings).get(username)
    account = Account(
        recorded_at=Clock.parse(settings.clock).now_ms(),
        recorded_by=getpass.getuser(),
        username=username,
        role=role,
        memberships=(Membership(contest, team or None),) if contest else (),
        password=hash_password(password),
        session=old.session + 1 if old else 0,
    )
    with Producer(settings) as producer:
        producer.send("accounts", username, account).result()
    print(f"account {username} ({role}) is set")


@app.command("disable")
def disable(username: str) -> None:
    """Close an account's door at once; its sessions end."""
    settings = load()
    account = read_accounts(settings).get(username)
    if account is None:
        raise UsageError(f"there is no account {username!r}")
    closed = dataclasses.replace(account, disabled=True, session=account.session + 1)
    with Producer(settings) as producer:
        producer.send("accounts", username, closed).result()
    print(f"account {username} is disabled")


@app.command("list")
def list_() -> None:
    """List the accounts."""
    table = Table("username", "role", "contests", "state")
    for account in sorted(read_accounts(load()).values(), key=lambda a: (a.role, a.username)):
        belongs = ", ".join(f"{m.contest}{f'/{m.team_id}' if m.team_id else ''}" for m in account.memberships)
        table.add_row(account.username, account.role, belongs, "disabled" if account.disabled else "")
    Console().print(table)
