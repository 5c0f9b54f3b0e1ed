"""What of a contest refers to what: nothing that is named may leave the contest, or the API's objects would dangle."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clics.commentary import named_by
from schemas.events import (
    Account,
    AwardGiven,
    Clarification,
    Commentary,
    Definition,
    Event,
    Group,
    Membership,
    Organization,
    Person,
    Submission,
    Team,
)

__all__ = ["Key", "References", "leaving", "references_of", "without"]

Key = tuple[str, str]
"""An object by its type, as the Contest API calls it, and its id."""

_TYPES: dict[type[Event], str] = {
    Submission: "submissions",
    Clarification: "clarifications",
    Commentary: "commentary",
    AwardGiven: "awards",
    Team: "teams",
    Organization: "organizations",
    Group: "groups",
    Person: "persons",
}

_INSTEAD = {
    "problems": "withdraw it instead, podium.yaml: problems: {ID: {withdrawn: true}}",
    "languages": "keep it",
    "teams": "hide it instead, hidden: true, or take it out of the ranking, podium contest disqualify",
    "groups": "keep it, or take it out of them first",
    "organizations": "keep it, or take it out of them first",
    "persons": "keep them",
}
"""What to do about something that may not go, by its type."""


@dataclass(slots=True)
class References:
    """What the objects of a contest refer to: told each event in its order, of which the one counts that the fold takes."""

    _of: dict[Key, frozenset[Key]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Another event of the log, or one that would be on it."""
        if isinstance(event, Submission | Clarification | Commentary):
            self._of.setdefault((_TYPES[type(event)], event.id), references_of(event))
        elif isinstance(event, AwardGiven):
            self._of["awards", event.award.id] = references_of(event)
        elif isinstance(event, Team | Organization | Group | Person):
            self._of[_TYPES[type(event)], event.id] = references_of(event)
        elif isinstance(event, Definition):
            self._of["contest", event.contest] = references_of(event)

    def faults(self, gone: Iterable[Key]) -> list[str]:
        """A line for each of these objects that something refers to: by how many of what, and what to do instead. Pure."""
        names = {key: Counter[str]() for key in sorted(gone)}
        for (type_, _), keys in self._of.items():
            for key in keys & names.keys():
                names[key][type_] += 1
        return [
            f"{type_}: {id_}: cannot go: {_counted(found)}; {_INSTEAD[type_]}"
            for (type_, id_), found in names.items()
            if found
        ]


def references_of(event: Event) -> frozenset[Key]:
    """The objects that this one names, also within a commentary's message; what was removed or taken names none. Pure."""
    return frozenset(_references(event))


def _references(event: Event) -> Iterator[Key]:
    match event:
        case Submission():
            yield from (("teams", event.team_id), ("problems", event.problem_id), ("languages", event.language_id))
        case Clarification():
            asker = () if event.from_team_id is None else (event.from_team_id,)
            yield from (("teams", one) for one in (*asker, *event.to_team_ids))
            yield from (("groups", one) for one in event.to_group_ids)
            if event.problem_id is not None:
                yield "problems", event.problem_id
        case Commentary():
            yield from named_by(event)
        case AwardGiven(removed=False, computed=False):
            yield from (("teams", one) for one in event.award.team_ids)
        case Team(removed=False):
            yield from (("groups", one) for one in event.group_ids)
            if event.organization_id is not None:
                yield "organizations", event.organization_id
        case Person(removed=False):
            yield from (("teams", one) for one in event.team_ids)
        case Definition() if event.main_scoreboard_group_id is not None:
            yield "groups", event.main_scoreboard_group_id


def _counted(found: Counter[str]) -> str:
    """Such as `2 submissions and 1 clarification name it`. Pure."""
    told = ["the contest" if type_ == "contest" else _some(number, type_) for type_, number in found.items()]
    return f"{' and '.join(told)} {'name' if found.total() > 1 else 'names'} it"


def _some(number: int, type_: str) -> str:
    one = type_.removesuffix("s")
    return f"1 {one}" if number == 1 else f"{number} {'commentaries' if one == 'commentary' else type_}"


def leaving(before: Definition | None, after: Definition, entries: Iterable[Event]) -> frozenset[Key]:
    """What is of the contest before a definition and these entries, and is not after them. Pure."""
    gone = {
        (_TYPES[type(one)], one.id)
        for one in entries
        if isinstance(one, (Team, Organization, Group, Person)) and one.removed
    }
    if before is not None:
        gone |= {("problems", one.id) for one in before.problems} - {("problems", one.id) for one in after.problems}
        gone |= {("languages", one.id) for one in before.languages} - {("languages", one.id) for one in after.languages}
    return frozenset(gone)


def without(accounts: Mapping[str, Account], contest: str, gone: frozenset[Key]) -> Iterator[Account]:
    """The accounts that belong to a team or are a person that leaves this contest, as they are without it. Pure."""
    for account in accounts.values():
        memberships = tuple(_without(one, contest, gone) for one in account.memberships)
        if memberships != account.memberships:
            yield dataclasses.replace(account, memberships=memberships)


def _without(one: Membership, contest: str, gone: frozenset[Key]) -> Membership:
    if one.contest != contest:
        return one
    team = None if ("teams", one.team_id) in gone else one.team_id
    person = None if ("persons", one.person_id) in gone else one.person_id
    return dataclasses.replace(one, team_id=team, person_id=person)
