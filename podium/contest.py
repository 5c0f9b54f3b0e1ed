"""Putting a contest package onto the log: what would change, and the events that change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from clics.contest_package import AccountFile, ContestPackage, ProblemFile
from schemas.clock import Clock
from schemas.codec import codec
from schemas.definition import Problem
from schemas.errors import ConflictError, PackageError, RuleError
from schemas.events import Account, Definition, Event, Group, Membership, Organization, Person, Team
from schemas.ids import CONTEST_PARTITIONS
from schemas.passwords import hash_password, verify_password
from schemas.producer import Producer
from schemas.reader import read_contest, read_topic
from schemas.settings import Settings
from streams.scoring.rules import Scope, make_rule

__all__ = ["Change", "Current", "Plan", "apply_plan", "current", "make_plan", "read_accounts"]

ENTRIES: dict[str, type[Team | Organization | Group | Person]] = {
    "organizations": Organization,
    "groups": Group,
    "teams": Team,
    "persons": Person,
}


@dataclass(slots=True)
class Current:
    """A contest as its log has it: the definition in force, its position, and the entries by (class, id)."""

    definition: Definition | None = None
    position: int = -1
    entries: dict[tuple[type, str], Event] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One line for a person: what (`contest: duration`), from what, to what."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The events that would make the contest as its files say, and what they change."""

    contest: str
    definition: Definition | None
    entries: tuple[Event, ...]
    accounts: tuple[Account, ...]
    changes: tuple[Change, ...]


def current(settings: Settings, contest: str) -> Current:
    """Read what is in force from the log: a definition counts only where it changes the one in force. Reads only."""
    state = Current()
    for position, event in read_contest(settings, contest):
        if isinstance(event, Definition):
            if event.changes == state.position:
                state.definition, state.position = event, position
        elif isinstance(event, (Team, Organization, Group, Person)):
            state.entries[type(event), event.id] = event
    return state


def read_accounts(settings: Settings) -> dict[str, Account]:
    """Every account by username, from the topic's beginning to its present end. Reads only."""
    accounts: dict[str, Account] = {}
    for raw in read_topic(settings, "accounts", CONTEST_PARTITIONS):
        if raw.key is not None and raw.value is not None:
            accounts[raw.key.decode()] = codec().decode(raw.value)
        elif raw.key is not None:
            accounts.pop(raw.key.decode(), None)
    return accounts


def make_plan(
    settings: Settings,
    package: ContestPackage,
    resolve: Callable[[ProblemFile], Problem],
    *,
    by: str,
    progress: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Compare the files with the log and the accounts. Changes nothing.

    Args:
        settings: where the log is, and which clock is told.
        package: the contest's files, checked.
        resolve: finds a problem's package and says its digest and limits.
        by: who is recorded as the writer.
        progress: is told what is being done.

    Raises:
        PackageError: when a problem cannot be resolved, or the contest may not run under the clock of `PODIUM_CLOCK`.
        RuleError: when there is no such scoring rule, or it has no such parameter.
    """
    if settings.clock and not package.contest["rehearsal"]:
        raise PackageError(
            f"contest {package.id} is not marked as a rehearsal (podium.yaml: rehearsal: true), "
            f"and PODIUM_CLOCK={settings.clock} is not real time"
        )
    contest = package.contest
    try:
        scope = Scope(contest["penalty_time"], contest["duration"], contest.get("score_scale", 1))
        make_rule(contest["rule"], scope, contest["parameters"])
    except ValueError as error:
        raise RuleError(f"podium.yaml: rule: {error}") from None
    now = Clock.parse(settings.clock).now_ms()
    stamp: dict[str, Any] = {"contest": package.id, "recorded_at": now, "recorded_by": by}
    state = current(settings, package.id)
    problems = tuple(sorted((resolve(p) for p in package.problems), key=lambda p: p.ordinal))
    wanted = Definition(**stamp, changes=state.position, problems=problems, **package.contest)
    changes = list(_changes("contest", state.definition, wanted, skip={"changes", "recorded_at", "recorded_by"}))
    definition = wanted if changes else None
    entries: list[Event] = []
    for endpoint, cls in ENTRIES.items():
        for values in getattr(package, endpoint):
            entry = cls(**stamp, **values)
            found = list(_changes(f"{endpoint}/{entry.id}", state.entries.get((cls, entry.id)), entry))
            if found:
                entries.append(entry)
                changes += (
                    found if (cls, entry.id) in state.entries else [Change(f"{endpoint}/{entry.id}", "", entry.name)]
                )
    progress(f"{len(package.accounts)} accounts")
    accounts = tuple(_accounts(settings, package, now, by))
    changes += [Change(f"accounts/{a.username}", "", a.role) for a in accounts]
    return Plan(package.id, definition, tuple(entries), accounts, tuple(changes))


def _changes(
    what: str, before: Any, after: Any, skip: Iterable[str] = ("recorded_at", "recorded_by", "contest")
) -> Iterator[Change]:
    for f in dataclasses.fields(after):
        if f.name in {*skip, "contest"}:
            continue
        new = getattr(after, f.name)
        old = getattr(before, f.name) if before is not None else None
        if before is None and new == f.default:
            continue
        if old != new:
            yield Change(f"{what}: {f.name}", "" if before is None else _short(old), _short(new))


def _short(value: Any) -> str:
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return ", ".join(getattr(v, "id", "?") + _digest(v) for v in value)
    return str(value)


def _digest(value: Any) -> str:
    return f" ({value.package[:8]}, {value.time_limit_ms} ms)" if isinstance(value, Problem) else ""


def _accounts(settings: Settings, package: ContestPackage, now: int, by: str) -> Iterator[Account]:
    known = read_accounts(settings)
    for file in package.accounts:
        old = known.get(file.username)
        account = _account(file, old, package.id, now, by)
        if old is None or dataclasses.replace(account, recorded_at=old.recorded_at, recorded_by=old.recorded_by) != old:
            yield account


def _account(file: AccountFile, old: Account | None, contest: str, now: int, by: str) -> Account:
    others = tuple(m for m in old.memberships if m.contest != contest) if old else ()
    mine = (Membership(contest, file.team_id),) if file.role in ("team", "jury") else ()
    password, session = (old.password, old.session) if old else ("", 0)
    if file.password is not None and not (password and verify_password(password, file.password)):
        password, session = hash_password(file.password), session + 1  # a new password ends the sessions of the old one
    return Account(
        recorded_at=now,
        recorded_by=by,
        username=file.username,
        name=file.name or (old.name if old else None),
        role=file.role,
        memberships=tuple(sorted({*others, *mine}, key=lambda m: (m.contest, m.team_id or ""))),
        password=password,
        token_digests=old.token_digests if old else (),
        session=session,
        disabled=old.disabled if old else False,
    )


def apply_plan(settings: Settings, plan: Plan, producer: Producer) -> None:
    """Append the plan's events: the definition first, then, if it took effect, the entries; then the accounts.

    Raises:
        ConflictError: when somebody else changed the contest meanwhile; nothing of the plan is in force then.
        DependencyError: when the broker did not take an event.
    """
    if plan.definition is not None:
        position = producer.append(plan.definition).result()
        state = current(settings, plan.contest)
        if state.position < position or state.definition is None or not _in_force(settings, plan, position):
            raise ConflictError(
                f"contest {plan.contest} was changed by somebody else meanwhile; look again and apply again"
            )
    producer.append_all(plan.entries)
    for future in [producer.send("accounts", a.username, a) for a in plan.accounts]:
        future.result()


def _in_force(settings: Settings, plan: Plan, position: int) -> bool:
    """Whether the definition at the position changed the one that was in force there."""
    assert plan.definition is not None
    at = -1
    for where, event in read_contest(settings, plan.contest, end=position + 1):
        if isinstance(event, Definition) and event.changes == at:
            at = where
    return at == position
