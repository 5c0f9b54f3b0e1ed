"""`podium account token`: credentials for tools, each with a name and with what it may do."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from clics.times import format_time
from podium.accounts import change_account, read_account
from podium.plain import plain
from schemas.accounts import SCOPES
from schemas.clock import Clock
from schemas.errors import UsageError
from schemas.events import Token
from schemas.settings import load

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Tokens for tools, to be sent as Bearer: named, scoped, revocable.")

LONGEST = 60
"""Characters of a token's name."""
BYTES = 32
"""Of randomness in a token: it is hashed without salt and without stretching, which only guessable secrets need."""

_User = Annotated[str, typer.Argument(metavar="USERNAME", help="The account in whose name the tool acts.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called: the tool that has it.")]


@app.command("add")
def add(
    username: _User,
    name: _Name,
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it may do, of what the account may; repeatable: {', '.join(SCOPES)}. Default: read."),
    ] = None,
) -> None:
    """Make a token and show it, this once: podium keeps its hash alone. The account's sessions go on."""
    scopes = tuple(one for one in SCOPES if one in (scope or ["read"]))
    if unknown := sorted({*(scope or ())} - {*SCOPES}):
        raise UsageError(f"--scope {unknown[0]}: there is no such scope; there are {', '.join(SCOPES)}")
    if not (0 < len(name) <= LONGEST and name.isprintable()):
        raise UsageError(f"a token's name has 1 to {LONGEST} printable characters")
    settings = load()
    account = read_account(settings, username)
    if any(one.name == name for one in account.tokens):
        raise UsageError(f"account {username} has a token {name!r} already; revoke it, or take another name")
    secret = f"podium_{secrets.token_urlsafe(BYTES)}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = Token(name, digest, scopes, Clock.parse(settings.clock).now_ms())
    changed = dataclasses.replace(account, tokens=(*account.tokens, token))
    change_account(settings, account, changed, f"add token {name}")
    print(secret)


@app.command("list")
def list_(username: _User) -> None:
    """List the tokens of an account; what they are is not kept."""
    table = Table("name", "may", "since")
    for token in read_account(load(), username).tokens:
        table.add_row(plain(token.name), plain(", ".join(token.scopes)), format_time(token.created_at))
    Console().print(table)


@app.command("revoke")
def revoke(username: _User, name: _Name) -> None:
    """Take a token back: from now on it opens nothing, and the streams that it opened end."""
    settings = load()
    account = read_account(settings, username)
    kept = tuple(one for one in account.tokens if one.name != name)
    if kept == account.tokens:
        raise UsageError(f"account {username} has no token {name!r}; `podium account token list {username}` lists them")
    change_account(settings, account, dataclasses.replace(account, tokens=kept), f"revoke token {name}")
    print(f"the token {name} of account {username} is revoked")
