"""Putting a contest package onto the log: what would change, and the events that change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from clics.contest_package import ContestPackage, ProblemFile
from packages.grading import MOST_UNITS, most_of, scaled
from packages.model import ProblemPackage
from podium import differing, judged
from podium.accounts import put_accounts, read_accounts, refuse_changed, wanted_accounts
from podium.current import Current, current
from podium.differing import Change
from podium.holding import holding
from podium.judged import LeftBehind
from podium.jury.record import Record, read_record
from podium.references import Key, References, leaving, references_of, without
from schemas.clock import Clock
from schemas.definition import Problem
from schemas.errors import ConflictError, PackageError
from schemas.events import Account, Definition, Event, Group, Organization, Person, Team
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from streams.scoring.award_settings import AwardSettings
from streams.scoring.contest import FOLD_VERSION
from streams.scoring.rules import Scope, make_rule, scoreboard_type

__all__ = ["Plan", "apply_plan", "faults", "make_plan", "max_score"]

ENTRIES: dict[str, type[Team | Organization | Group | Person]] = {
    "organizations": Organization,
    "groups": Group,
    "teams": Team,
    "persons": Person,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The events that would make the contest as its files say, and what they change.

    There is a definition with every entry, if only the one in force once more: it is what lets one of two win.
    `end` and `known` are what the log and these accounts were when the plan was made, `gone` is what leaves the contest.
    `conflicts` say where an act of the jury holds against the files, `left_behind` which verdicts are of another package than
    that of their problem. `record` is what the definition was looked at beside, where it has to be; to write it reads that on.
    """

    contest: str
    definition: Definition | None
    entries: tuple[Event, ...]
    accounts: tuple[Account, ...]
    changes: tuple[Change, ...]
    end: int
    known: dict[str, Account]
    gone: frozenset[Key] = frozenset()
    conflicts: tuple[str, ...] = ()
    left_behind: tuple[LeftBehind, ...] = ()
    record: Record | None = field(default=None, repr=False, compare=False)


def faults(settings: Settings, package: ContestPackage) -> list[str]:
    """What is wrong with a package beside its files: rule, awards, or a clock that it may not run under. Pure."""
    contest, found = package.contest, []
    try:
        AwardSettings.parse(contest["awards"])
    except ValueError as error:
        found.append(f"podium.yaml: {error}")
    if settings.clock and not contest["rehearsal"]:
        found.append(
            f"contest {package.id} is not marked as a rehearsal (podium.yaml: rehearsal: true), "
            f"and PODIUM_CLOCK={settings.clock} is not real time"
        )
    try:
        scope = Scope(contest["penalty_time"], contest["duration"], contest.get("score_scale", 1))
        rule = make_rule(contest["rule"], scope, contest["parameters"])
    except ValueError as error:
        return [*found, f"podium.yaml: rule: {error}"]
    kind = scoreboard_type(rule)
    if contest["scoreboard_type"] != kind:
        found.append(
            f"contest: scoreboard_type: {contest['scoreboard_type']}, but the rule {contest['rule']} is {kind}"
        )
    return found


def max_score(package: ProblemPackage, *, counts_points: bool, score_scale: int) -> int | None:
    """The most that a submission may score, in the contest's units; None where it is more than the log has room for. Pure.

    Where a contest counts points, a problem that is solved or not has one: its weight says how many it is worth.
    """
    most = most_of(package) if package.scoring or not counts_points else Fraction(1)
    units = None if most is None else scaled(most, score_scale)
    return None if units is None or units > MOST_UNITS else units


def make_plan(
    settings: Settings, package: ContestPackage, resolve: Callable[[ProblemFile], Problem], *, by: str
) -> Plan:
    """Compare the files with the log and the accounts. Changes nothing.

    Accounts of a team that leaves the contest, and of a person who does, stay, without them.

    Args:
        settings: where the log is, and which clock is told.
        package: the contest's files, checked, also for `faults`.
        resolve: finds a problem's package and says its digest and limits.
        by: who is recorded as the writer.

    Raises:
        PackageError: when the files want another role for an account that is not this contest's alone, are without
            something that the contest still refers to, or change what may not change any more, as nothing of a contest
            that is over may; with a line for each.
    """
    now = Clock.parse(settings.clock).now_ms()
    stamp: dict[str, Any] = {"contest": package.id, "recorded_at": now, "recorded_by": by}
    references = References()
    state = current(settings, package.id, told=references.take)
    problems = tuple(sorted((resolve(p) for p in package.problems), key=lambda p: p.ordinal))
    version = state.definition.fold_version if state.definition else FOLD_VERSION
    wanted = Definition(**stamp, changes=state.position, problems=problems, fold_version=version, **package.contest)
    changes = list(differing.changes("contest", state.definition, wanted))
    entries: list[Team | Organization | Group | Person] = []
    for endpoint, cls in ENTRIES.items():
        for entry in _entries(package, endpoint, state, stamp):
            entries.append(entry)
            old = state.entries.get((cls, entry.id))
            what = f"{endpoint}/{entry.id}"
            if old is None or entry.removed:
                changes.append(Change(what, old.name if old else "", "(removed)" if entry.removed else entry.name))
            else:
                changes += differing.changes(what, old, entry)
    definition = wanted if changes else None
    gone = leaving(state.definition, wanted, entries)
    for event in (wanted, *entries):
        references.take(event)
    before = state.definition
    record = read_record(settings, package.id) if before and judged.concerns(before, wanted) else None
    over = [_over(package.id, state.over)] if state.over is not None and changes else []
    if wrong := [*over, *references.faults(gone), *(judged.faults(record, wanted) if record else ())]:
        raise PackageError("\n".join(wrong))
    known = read_accounts(settings)
    named = {account.username: account for account in wanted_accounts(package, known, now, by)}
    # also of what went before: a plan may have broken off between its entries and its accounts
    latest = state.entries | {(type(one), one.id): one for one in entries}
    left = without(known | named, package.id, leaving(state.definition, wanted, latest.values()))
    named |= {one.username: dataclasses.replace(one, recorded_at=now, recorded_by=by) for one in left}
    accounts = tuple(named.values())
    for account in accounts:
        old_account = known.get(account.username)
        what = f"accounts/{account.username}"
        changes += differing.changes(what, old_account, account) if old_account else [Change(what, "", account.role)]
    return Plan(
        contest=package.id,
        definition=definition,
        entries=tuple(entries),
        accounts=accounts,
        changes=tuple(changes),
        end=state.end,
        known={a.username: known[a.username] for a in accounts if a.username in known},
        gone=gone,
        conflicts=tuple(holding(state, wanted)),
        left_behind=tuple(judged.left_behind(record, wanted)) if record else (),
        record=record,
    )


def _entries(
    package: ContestPackage, endpoint: str, state: Current, stamp: dict[str, Any]
) -> Iterator[Team | Organization | Group | Person]:
    """The entries of an endpoint that differ from the log's; those that its file no longer has go."""
    cls, listed = ENTRIES[endpoint], set()
    for values in getattr(package, endpoint):
        entry = cls(**stamp, **values)
        listed.add(entry.id)
        old = state.entries.get((cls, entry.id))
        if old is None or any(differing.changes("", old, entry)):
            yield entry
    if endpoint in package.files:
        for (kind, id_), old in state.entries.items():
            if kind is cls and id_ not in listed and not old.removed:
                yield dataclasses.replace(old, removed=True, **stamp)


def apply_plan(settings: Settings, plan: Plan, producer: Producer) -> tuple[LeftBehind, ...]:
    """Append the plan's events: the definition first, then, if it took effect, the entries; then the accounts.

    Of two that apply at once the definition of one takes effect, and the other is told. Each event is stamped when it is
    appended, not when the plan was made.

    Returns:
        The plan's `left_behind` as of the definition's own position: verdicts may have come since the plan was made. Those
        that come behind it are in the way of a final contest.

    Raises:
        ConflictError: when somebody else changed the contest or its accounts meanwhile; nothing of the plan is in
            force then, unless they changed an account while this wrote: then no account is, and the error says so. To
            apply again does the rest.
        DependencyError: when the broker did not take an event.
    """
    _refuse_stale(settings, plan)
    clock, left = Clock.parse(settings.clock), plan.left_behind
    if plan.definition is not None:
        position = producer.append(dataclasses.replace(plan.definition, recorded_at=clock.now_ms())).result()
        state = current(settings, plan.contest, position + 1)
        if state.over is not None:
            raise ConflictError(_over(plan.contest, state.over))
        if state.position != position:
            raise _stale(f"contest {plan.contest}")
        if plan.record is not None:
            record = read_record(settings, plan.contest, plan.record, end=position)
            left = tuple(judged.left_behind(record, plan.definition))
    now = clock.now_ms()
    producer.append_all([dataclasses.replace(entry, recorded_at=now) for entry in plan.entries])
    if plan.accounts:
        try:
            put_accounts(settings, plan.accounts, plan.known, f"account by contest {plan.contest}")
        except ConflictError as error:
            if plan.definition is None and not plan.entries:
                raise
            raise ConflictError(
                f"{error}. The contest itself is as in the package now, and no account is yet"
            ) from error
    return left


def _refuse_stale(settings: Settings, plan: Plan) -> None:
    for _, event in read_contest(settings, plan.contest, plan.end):
        if isinstance(event, (Definition, *ENTRIES.values())) or references_of(event) & plan.gone:
            raise _stale(f"contest {plan.contest}")
    if plan.record is not None and plan.definition is not None:
        # the start, a submission, a promotion or the thaw may have come meanwhile
        record = read_record(settings, plan.contest, plan.record)
        now = Clock.parse(settings.clock).now_ms()
        if judged.faults(record, dataclasses.replace(plan.definition, recorded_at=now)):
            raise _stale(f"contest {plan.contest}")
    refuse_changed(settings, plan.accounts, plan.known)


def _over(contest: str, position: int) -> str:
    return f"contest {contest} is over since position {position}, its end of updates: nothing of it changes any more"


def _stale(what: str) -> ConflictError:
    return ConflictError(f"{what} was changed by somebody else meanwhile; look again and apply again")
