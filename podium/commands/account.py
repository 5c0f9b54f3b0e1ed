"""`podium account`: accounts that are not in a contest's files."""

from __future__ import annotations

import dataclasses
import getpass
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from clics.contest_files import username
from podium.accounts import change_account, change_each, read_account, read_accounts, read_named
from podium.commands import account_token
from podium.plain import plain
from schemas import accounts
from schemas.errors import DataError, UsageError
from schemas.events import Account, Membership
from schemas.ids import check_id
from schemas.passwords import hash_password, new_password
from schemas.settings import load

__all__ = ["register"]

ROLES = ("team", "jury", "analyst", "admin", "judge", "public")
app = typer.Typer(no_args_is_help=True, help="Accounts: who may log in, as what.")
app.add_typer(account_token.app, name="token")


def register(root: typer.Typer) -> None:
    """Add the commands to the command line."""
    root.add_typer(app, name="account")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="USERNAME", help="What they log in with.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}; a new account needs one.")] = "",
    contest: Annotated[
        str, typer.Option(help="The contest that a team, jury or analyst account belongs to; the latter two: else all.")
    ] = "",
    team: Annotated[str, typer.Option(help="The team that a team account acts for.")] = "",
    change_role: Annotated[
        bool, typer.Option("--change-role", help="The role of an account may become another.")
    ] = False,
) -> None:
    """Make an account or give one a new password, read from the terminal or from standard input.

    What an account has and the command does not name stays as it is; its sessions end.
    """
    _check(name, role, contest, team)
    settings = load()
    old = read_accounts(settings).get(name)
    _check_change(old, name, role, contest, team, change_role=change_role)
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise UsageError("the password is empty")
    account = _changed(old, name, role, Membership(contest, team or None) if contest else None)
    change_account(settings, old, dataclasses.replace(account, password=hash_password(password)), "set account")
    print(f"account {name} ({account.role}) is set")
    if account.disabled:
        print(f"it is disabled; `podium account enable {name}` opens its door again")


def _check(name: str, role: str, contest: str, team: str) -> None:
    """Whether the words may stand for what they are given as."""
    if role and role not in ROLES:
        raise UsageError(f"--role {role}: there is no such role; there are {', '.join(ROLES)}")
    if team and not contest:
        raise UsageError("--team needs --contest")
    try:
        username(name)
        for value, what in ((contest, "--contest"), (team, "--team")):
            if value:
                check_id(value, what)
    except DataError as error:
        raise UsageError(str(error)) from None


def _check_change(old: Account | None, name: str, role: str, contest: str, team: str, *, change_role: bool) -> None:
    """Whether the account may become that without anybody's wondering."""
    if old is None and not role:
        raise UsageError(f"there is no account {name!r}; a new one needs --role, one of {', '.join(ROLES)}")
    if old is not None and role not in ("", old.role) and not change_role:
        raise UsageError(f"account {name} is {old.role}; --change-role makes it {role}")
    becomes = role or (old.role if old else "")
    if becomes == "team" and not team and (contest or old is None or old.role != "team"):
        raise UsageError("a team account needs --contest and --team")
    if contest and becomes == "admin":
        raise UsageError("an admin is one of every contest; leave --contest out")
    if contest and old is not None and old.role == becomes in ("jury", "analyst") and not old.memberships:
        raise UsageError(f"account {name} is {becomes} of every contest already; --contest would make it less")


def _changed(old: Account | None, name: str, role: str, membership: Membership | None) -> Account:
    """The account with the new role and the new membership beside its other ones."""
    if old is None:
        mine = (membership,) if membership else ()
        return Account(recorded_at=0, recorded_by="", username=name, role=role, memberships=mine)
    memberships = old.memberships
    if membership is not None:
        memberships = (*(m for m in memberships if m.contest != membership.contest), membership)
    return dataclasses.replace(old, role=role or old.role, memberships=memberships)


@app.command("reset")
def reset(
    names: Annotated[list[str], typer.Argument(metavar="USERNAME…", help="Whose password is forgotten or known.")],
) -> None:
    """Give accounts new passwords, all or none, and show them, this once: podium keeps hashes alone.

    Their sessions and tokens end.
    """
    settings = load()
    known = read_named(settings, names)
    passwords = {name: new_password() for name in known}
    changed = [accounts.reset(known[name], hash_password(password)) for name, password in passwords.items()]
    change_each(settings, known, changed, "reset password")
    for name, password in passwords.items():
        print(f"{plain(name)}\t{password}")


@app.command("disable")
def disable(name: Annotated[str, typer.Argument(metavar="USERNAME")]) -> None:
    """Close an account's door at once; its sessions end."""
    _set_door(name, disabled=True)
    print(f"account {name} is disabled")


@app.command("enable")
def enable(name: Annotated[str, typer.Argument(metavar="USERNAME")]) -> None:
    """Open a disabled account's door again, with its old password."""
    _set_door(name, disabled=False)
    print(f"account {name} is enabled")


def _set_door(name: str, *, disabled: bool) -> None:
    settings = load()
    old = read_account(settings, name)
    action = "disable account" if disabled else "enable account"
    change_account(settings, old, dataclasses.replace(old, disabled=disabled), action)


@app.command("list")
def list_() -> None:
    """List the accounts."""
    table = Table("username", "role", "contests", "state")
    for account in sorted(read_accounts(load()).values(), key=lambda a: (a.role, a.username)):
        belongs = ", ".join(f"{m.contest}{f'/{m.team_id}' if m.team_id else ''}" for m in account.memberships)
        state = "disabled" if account.disabled else ""
        table.add_row(plain(account.username), plain(account.role), plain(belongs), state)
    Console().print(table)
