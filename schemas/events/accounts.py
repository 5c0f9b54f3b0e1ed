"""The records of the small logs beside the log: accounts, audit and ticks."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.events.base import Record

__all__ = [
    "Account",
    "AuditEntry",
    "Membership",
    "Tick",
    "Token",
    "Webhook",
]


@dataclass(frozen=True, slots=True)
class Membership:
    """The account acts for this team in this contest; team None: it may see the contest (jury of one contest).

    `person_id` is whose account it is there, `ip` the address from which it is logged in by itself where the contest
    allows that.
    """

    contest: str
    team_id: str | None
    person_id: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that hears of the changes that its account sees, in a version of the Contest API.

    `endpoints` and `contest_ids`: of which; empty: all. `token` is what the client knows a callback by. `since` are the
    positions that contests had when it was registered: it hears of what comes behind. One that is not `active` has not
    answered for too long, or its account has been given a new password.
    """

    id: str
    version: str
    url: str
    token: str
    endpoints: tuple[str, ...] = ()
    contest_ids: tuple[str, ...] = ()
    since: dict[str, int] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """A credential of a tool: what it is called, its SHA-256 (hexadecimal), and what it may do of what the account may.

    `scopes` are of `schemas.accounts.SCOPES`; `created_at` is event time.
    """

    name: str
    digest: str
    scopes: tuple[str, ...]
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Record):
    """An account as it is from here on. Key of the topic `accounts`: the username.

    `role` is team, jury, analyst, admin, judge (a judge host's credential) or public. `session` is the number that
    signed cookies carry: another number ends them all. `password` is an argon2id hash.
    """

    username: str
    name: str | None = None
    role: str
    memberships: tuple[Membership, ...] = ()
    password: str = ""
    tokens: tuple[Token, ...] = ()
    session: int = 0
    disabled: bool = False
    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Record):
    """A write or a refused door: who came from where, what they wanted and what they were answered."""

    account: str
    address: str
    action: str
    target: str
    status: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Record):
    """A second has passed; `recorded_at` is event time, `real_ms` real time."""

    real_ms: int
