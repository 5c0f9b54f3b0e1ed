"""Events on the whole contest: definitions, acts, generations. Each changes the contest's own part and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.scoring.contest import Contest, Generation, Terms
from streams.scoring.rules import Scope, make_rule

__all__ = ["apply"]


def apply(contest: Contest, position: int, event: Any) -> None:
    """Take an event on the whole contest into its part. Either all of it happens or, with an exception, nothing.

    Of two acts with one id the first in the log counts. An act on what is not there changes nothing.

    Raises:
        ValueError: for a scoring rule, or a parameter of one, that does not exist.
    """
    name = type(event).__name__
    if name in _PLAIN:
        _PLAIN[name](contest, position, event)
    elif event.id not in contest.acts:
        _ACTS[name](contest, position, event)
        contest.acts.append(event.id)
    contest.position = position


def _definition(contest: Contest, position: int, event: Any) -> None:
    terms = Terms.of(event)
    _check(terms, terms.rule, terms.parameters)
    if event.changes == contest.definition_position:
        contest.terms, contest.definition_position = terms, position


def _start_moved(contest: Contest, _: int, event: Any) -> None:
    contest.moved = [event.start_time]


def _extended(contest: Contest, _: int, event: Any) -> None:
    contest.extended += event.by


def _frozen(contest: Contest, _: int, event: Any) -> None:
    contest.frozen_at, contest.unfrozen_at, contest.thawed = event.at, None, None


def _unfrozen(contest: Contest, _: int, event: Any) -> None:
    contest.frozen_at, contest.unfrozen_at = None, event.recorded_at


def _transitioned(contest: Contest, _: int, event: Any) -> None:
    if event.kind == "thawed":
        contest.thawed = event.planned_at


def _finalized(contest: Contest, _: int, event: Any) -> None:
    contest.finalized, contest.b = event.recorded_at, event.b


def _interval_removed(contest: Contest, _: int, event: Any) -> None:
    interval = [event.start, event.end]
    if not event.restored:
        contest.removed.append(interval)
    elif interval in contest.removed:
        contest.removed.remove(interval)


def _rejudging_applied(contest: Contest, position: int, event: Any) -> None:
    if event.rejudging not in contest.cancelled and not contest.is_applied(event.rejudging):
        contest.applied.append([event.rejudging, position])


def _rejudging_cancelled(contest: Contest, _: int, event: Any) -> None:
    if not contest.is_applied(event.rejudging):
        contest.cancelled.append(event.rejudging)


def _rejudging_reverted(contest: Contest, _: int, event: Any) -> None:
    contest.applied = [pair for pair in contest.applied if pair[0] != event.rejudging]


def _position_skipped(contest: Contest, _: int, event: Any) -> None:
    contest.skipped.append([event.position, event.fold_version])


def _generation_opened(contest: Contest, position: int, event: Any) -> None:
    if contest.terms is None:
        raise ValueError("a generation is opened before the contest has a definition")
    _check(contest.terms, event.rule, event.parameters)
    opened = Generation(str(position), event.rule, dict(event.parameters), event.fold_version)
    contest.opened.append(opened)


def _generation_promoted(contest: Contest, _: int, event: Any) -> None:
    if event.expect == contest.active and contest.is_open(event.generation):
        contest.active = event.generation


def _generation_retired(contest: Contest, _: int, event: Any) -> None:
    if event.generation != contest.active and contest.is_open(event.generation):
        contest.retired.append(event.generation)


def _check(terms: Terms, rule: str, parameters: Mapping[str, str]) -> None:
    make_rule(rule, Scope(terms.penalty_time, terms.duration, terms.score_scale), parameters)


_Change = Callable[[Contest, int, Any], None]

_ACTS: dict[str, _Change] = {
    "StartMoved": _start_moved,
    "ContestExtended": _extended,
    "ScoreboardFrozen": _frozen,
    "ScoreboardUnfrozen": _unfrozen,
    "Transitioned": _transitioned,
    "Finalized": _finalized,
    "IntervalRemoved": _interval_removed,
    "RejudgingApplied": _rejudging_applied,
    "RejudgingCancelled": _rejudging_cancelled,
    "RejudgingReverted": _rejudging_reverted,
    "PositionSkipped": _position_skipped,
}

_PLAIN: dict[str, _Change] = {
    "Definition": _definition,
    "GenerationOpened": _generation_opened,
    "GenerationPromoted": _generation_promoted,
    "GenerationRetired": _generation_retired,
}
"""Events without an identity of their own."""
