"""The accounts as their topic has them, and as a contest package wants them."""

from __future__ import annotations

import dataclasses
import getpass
import sys
from collections.abc import Collection, Iterable, Mapping

from clics.contest_entries import AccountFile
from clics.contest_package import ContestPackage
from podium.tame import tame
from schemas.account_turn import change_accounts
from schemas.accounts import account_of, succeeding
from schemas.clock import Clock
from schemas.errors import ConflictError, DecodeError, PackageError, UsageError
from schemas.events import Account, AuditEntry, Membership
from schemas.ids import CONTEST_PARTITIONS
from schemas.passwords import hash_password, verify_password
from schemas.reader import read_topic
from schemas.settings import Settings

__all__ = [
    "change_account",
    "change_each",
    "put_accounts",
    "read_account",
    "read_accounts",
    "read_named",
    "refuse_changed",
    "wanted_accounts",
]


def read_accounts(settings: Settings) -> dict[str, Account]:
    """Every account by username, from the topic's beginning to its present end. Reads only.

    A record that is no account changes nothing, as for the api, and is told on standard error.
    """
    accounts: dict[str, Account] = {}
    for raw in read_topic(settings, "accounts", CONTEST_PARTITIONS):
        username = (raw.key or b"").decode(errors="replace")
        if raw.value is None:
            accounts.pop(username, None)
            continue
        try:
            accounts[username] = account_of(username, raw.value)
        except DecodeError as error:
            print(
                f"podium: accounts {raw.partition}.{raw.position} is passed over: {tame(str(error))}", file=sys.stderr
            )
    return accounts


def read_named(settings: Settings, usernames: Collection[str]) -> dict[str, Account]:
    """The accounts of those names, each once.

    Raises:
        UsageError: when one is not there.
    """
    accounts = read_accounts(settings)
    for username in usernames:
        if username not in accounts:
            raise UsageError(f"there is no account {username!r}; `podium account list` lists them")
    return {username: accounts[username] for username in usernames}


def read_account(settings: Settings, username: str) -> Account:
    """The account of that name.

    Raises:
        UsageError: when there is none.
    """
    return read_named(settings, [username])[username]


def change_account(settings: Settings, old: Account | None, account: Account, action: str) -> None:
    """As `change_each`, of one: *old* is what was read of it and changed; None: there was none."""
    change_each(settings, {} if old is None else {old.username: old}, [account], action)


def change_each(settings: Settings, known: Mapping[str, Account], accounts: Iterable[Account], action: str) -> None:
    """Write accounts as they are from now on, done by whoever runs the command, and say so in the audit.

    Raises:
        ConflictError: when one is not the *known* one any more; nothing is written then.
        DependencyError: when the broker did not take one.
    """
    now, by = Clock.parse(settings.clock).now_ms(), getpass.getuser()
    changed = tuple(dataclasses.replace(account, recorded_at=now, recorded_by=by) for account in accounts)
    put_accounts(settings, changed, known, action)


def put_accounts(settings: Settings, accounts: tuple[Account, ...], known: Mapping[str, Account], action: str) -> None:
    """Write accounts, all or none, and an entry in the audit for each: who did it, and what; never a secret.

    *known* are those of them that there were when they were read; the sessions of one that is another now end.

    Raises:
        ConflictError: when somebody else changed one meanwhile; nothing is written then.
        DependencyError: when the broker did not take one.
    """

    def unchanged() -> list[tuple[Account, AuditEntry]]:
        refuse_changed(settings, accounts, known)
        return [(succeeding(known.get(one.username), one), _entry(one, action)) for one in accounts]

    change_accounts(settings, unchanged)


def _entry(account: Account, action: str) -> AuditEntry:
    return AuditEntry(
        recorded_at=account.recorded_at,
        recorded_by=account.recorded_by,
        account=account.recorded_by,
        address="",
        action=action,
        target=f"account {account.username}",
        status=200,
    )


def refuse_changed(settings: Settings, accounts: tuple[Account, ...], known: Mapping[str, Account]) -> None:
    """Look whether each account is the known one still.

    Raises:
        ConflictError: when somebody else changed one.
    """
    now = read_accounts(settings) if accounts else {}
    for account in accounts:
        if now.get(account.username) != known.get(account.username):
            raise ConflictError(
                f"account {account.username} was changed by somebody else meanwhile; look again and do it again"
            )


def wanted_accounts(package: ContestPackage, known: dict[str, Account], now: int, by: str) -> tuple[Account, ...]:
    """The accounts of a package that differ from the known ones. Pure but for the salt of a new password.

    Raises:
        PackageError: with a line for each whose role may not be changed from here.
    """
    refused = []
    accounts = []
    for file in package.accounts:
        old = known.get(file.username)
        if old is not None and old.role != file.role and {m.contest for m in old.memberships} != {package.id}:
            others = ", ".join(sorted({m.contest for m in old.memberships} - {package.id}))
            refused.append(
                f"accounts: {file.username}: type: this account is {old.role} in {others or 'every contest'} too; "
                f"take another username than for {file.role} here"
            )
        account = _account(file, old, package.id, now, by)
        if old is None or dataclasses.replace(account, recorded_at=old.recorded_at, recorded_by=old.recorded_by) != old:
            accounts.append(account)
    if refused:
        raise PackageError("\n".join(refused))
    return tuple(accounts)


def _account(file: AccountFile, old: Account | None, contest: str, now: int, by: str) -> Account:
    if old is not None and old.role == file.role and file.role in ("jury", "analyst") and not old.memberships:
        memberships: tuple[Membership, ...] = ()  # of every contest: one membership would make it less
    else:
        others = [m for m in old.memberships if m.contest != contest] if old else []
        mine = (
            [] if file.role == "admin" else [Membership(contest, file.team_id, file.person_id, file.ip)]
        )  # an admin is one everywhere
        memberships = tuple(sorted((*others, *mine), key=lambda m: (m.contest, m.team_id or "")))
    password = old.password if old else ""
    if file.password is not None and not (password and verify_password(password, file.password)):
        password = hash_password(file.password)
    return Account(
        recorded_at=now,
        recorded_by=by,
        username=file.username,
        name=file.name or (old.name if old else None),
        role=file.role,
        memberships=memberships,
        password=password,
        tokens=old.tokens if old else (),
        session=old.session if old else 0,
        disabled=old.disabled if old else False,
        webhooks=old.webhooks if old else (),
    )
