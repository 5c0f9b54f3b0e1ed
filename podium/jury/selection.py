"""Which submissions a rejudging is of: sets by what they have in common, all of which must hold. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from clics.state import Submitted
from clics.verdicts import judgement_types, published
from podium.jury.record import Record
from schemas.errors import UsageError

__all__ = ["PENDING", "REJECTED", "Counts", "Selection", "counts", "judgeable", "select"]

PENDING = "pending"
"""Names submissions without a verdict, where a verdict is asked for."""

REJECTED = "rejected"
"""Names those whose verdict is published as a type that solves nothing (CCS requirements, Submission Selection)."""

NAMED = 20
"""So many names stand in a message; there may be hundreds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked for: of each set that is not empty a submission must be in one (or), and in all sets (and).

    `hosts`, `verdicts` and `packages` are those of the judging that shows, a verdict by hand aside where it is about hosts
    and packages; a verdict is named precisely or as it is published, or as REJECTED or PENDING, a problem by its id or its
    label. `since` and `before` bound the time of submission, UTC ms, the latter exclusively. Packages may be named by their beginnings.
    """

    problems: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    verdicts: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    since: int | None = None
    before: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was asked for."""
        return self == Selection()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many submissions there are by what they have in common; `by_hand`: those that show a verdict by hand."""

    total: int
    problems: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    by_hand: int = 0


def select(record: Record, wanted: Selection) -> list[Submitted]:
    """The submissions that are wanted, in the order of the log. Pure.

    Raises:
        UsageError: for a name that the contest has nothing of: a word misspelt would select nothing, silently.
    """
    wanted = replace(wanted, problems=frozenset(_id_of(record, named) for named in wanted.problems))
    _check(record, wanted)
    ids = frozenset(record.submission(named).id for named in wanted.ids)
    return [one for one in record.state.submissions.values() if (not ids or one.id in ids) and _is(record, wanted, one)]


def _id_of(record: Record, named: str) -> str:
    """The problem's id, which people may call by its label where no other has that as its id."""
    problems = record.state.problems
    by_label = {one.label: one.id for one in problems.values()}
    return named if named in problems else by_label.get(named, named)


def judgeable(record: Record, submissions: Iterable[Submitted]) -> tuple[list[Submitted], list[Submitted]]:
    """Those that the planner can ask for, and those to problems that the contest no longer has. Pure."""
    problems = record.state.problems
    there: list[Submitted] = []
    gone: list[Submitted] = []
    for one in submissions:
        (there if one.problem in problems else gone).append(one)
    return there, gone


def _is(record: Record, wanted: Selection, one: Submitted) -> bool:
    plain: tuple[tuple[frozenset[str], str], ...] = (
        (wanted.problems, one.problem),
        (wanted.languages, one.language),
        (wanted.teams, one.team),
    )
    if not all(not names or value in names for names, value in plain):
        return False
    if wanted.since is not None and one.at < wanted.since:
        return False
    if wanted.before is not None and one.at >= wanted.before:
        return False
    if wanted.verdicts and wanted.verdicts.isdisjoint(_verdicts(record, one)):
        return False
    if not wanted.hosts and not wanted.packages:
        return True
    judged = record.judged.get((one.id, record.judging(one)))
    if judged is None or (wanted.hosts and judged.host not in wanted.hosts):
        return False
    return not wanted.packages or judged.package.startswith(tuple(wanted.packages))


def _verdicts(record: Record, one: Submitted) -> set[str]:
    """What the verdict that shows is called."""
    verdict = record.shown(one)
    if verdict is None:
        return {PENDING}
    definition = record.state.definition
    told = published(verdict, definition) if definition else None
    if definition is None or told is None:
        return {verdict, PENDING}
    solves = any(kind.solved for kind in judgement_types(definition) if kind.id == told)
    return {verdict, told} if solves else {verdict, told, REJECTED}


def _check(record: Record, wanted: Selection) -> None:
    state, submissions = record.state, record.state.submissions.values()
    definition = state.definition
    assert definition is not None
    judged = record.judged.values()
    _exist("problem", wanted.problems, [*state.problems, *(one.problem for one in submissions)])
    _exist(
        "language", wanted.languages, [*(x.id for x in definition.languages), *(one.language for one in submissions)]
    )
    _exist(
        "team", wanted.teams, [*(key[1] for key in state.records if key[0] == "teams"), *(x.team for x in submissions)]
    )
    _exist("host that judged", wanted.hosts, (one.host for one in judged))
    packages = {one.package for one in judged}
    for named in sorted(wanted.packages):
        if not named or not any(package.startswith(named) for package in packages):
            raise UsageError(f"nothing was judged with a package {named!r}; {_there(packages)}")
    names = (name for one in submissions for name in _verdicts(record, one))
    _exist("verdict among its submissions", wanted.verdicts, [PENDING, REJECTED, *names] if wanted.verdicts else ())


def _exist(what: str, names: Collection[str], known: Iterable[str]) -> None:
    there = set(known) if names else set()
    for name in sorted(names):
        if name not in there:
            raise UsageError(f"the contest has no {what} {name!r}; {_there(there)}")


def _there(names: Collection[str]) -> str:
    return f"it has {', '.join(sorted(names)[:NAMED]) or 'none'}{', …' if len(names) > NAMED else ''}"


def counts(record: Record, submissions: Iterable[Submitted]) -> Counts:
    """What the submissions are, in numbers. Pure."""
    found = list(submissions)

    def by(key: Callable[[Submitted], str]) -> Counter[str]:
        return Counter(map(key, found))

    return Counts(
        len(found),
        by(lambda one: one.problem),
        by(lambda one: one.language),
        by(lambda one: record.shown(one) or PENDING),
        sum(not isinstance(record.state.effective(one), int) for one in found),
    )
