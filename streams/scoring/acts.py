"""Events on the whole contest: definitions, acts, generations. Each changes the contest's own part and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.scoring.award_settings import AwardSettings
from streams.scoring.contest import FOLD_VERSION, Contest, Generation, Terms
from streams.scoring.rules import Scope, make_rule

__all__ = ["apply", "refused"]


def apply(contest: Contest, position: int, event: Any) -> None:
    """Take an event on the whole contest into its part. Either all of it happens or, with an exception, nothing.

    Of two acts with one id the first in the log counts. An act on what is not there changes nothing, and neither does
    one on the freeze once the contest was thawed.

    Raises:
        ValueError: for a scoring rule, a parameter of one, or a setting of the awards that does not exist.
    """
    name = type(event).__name__
    if name == "Definition":
        _definition(contest, position, event)
    elif not (event.id in contest.acts or (name == "Transitioned" and _unplanned(contest, event))):
        _ACTS[name](contest, position, event)
        if event.id:
            contest.acts.append(event.id)
    if contest.closed is None and contest.is_over:
        contest.closed = position
    contest.position = position


def refused(event: Any, fold_version: int | None) -> bool:
    """Whether the fold refuses the event for its rule, for one's parameter or its awards: it is void. Pure.

    Rules of another fold version are not known here, and are not refused. *fold_version* is that of the contest's first
    definition, under which the later ones are folded; None when it has none.
    """
    try:
        _check(event, fold_version)
    except ValueError:
        return True
    return False


def _check(event: Any, fold_version: int | None) -> None:
    name = type(event).__name__
    if name not in ("Definition", "GenerationOpened"):
        return
    folded = event.fold_version if fold_version is None or name == "GenerationOpened" else fold_version
    if folded == FOLD_VERSION:
        # whether a rule exists depends on no contest
        make_rule(event.rule, Scope(penalty_time=0, duration=0, score_scale=1), event.parameters)
        if name == "Definition":
            AwardSettings.parse(event.awards)


def _definition(contest: Contest, position: int, event: Any) -> None:
    if event.changes != contest.definition_position:
        return
    _check(event, None if contest.terms is None else contest.fold_version)
    if contest.terms is None:
        contest.fold_version = event.fold_version
    contest.times.define(event.recorded_at, event.start_time, event.duration, event.scoreboard_freeze_duration)
    contest.terms, contest.definition_position = Terms.of(event), position


def _start_moved(contest: Contest, _: int, event: Any) -> None:
    contest.times.move(event.recorded_at, event.start_time, event.countdown_pause_time)


def _extended(contest: Contest, _: int, event: Any) -> None:
    contest.times.extend(event.recorded_at, event.by)


def _team_extended(contest: Contest, _: int, event: Any) -> None:
    contest.extra[event.team_id] = contest.extra.get(event.team_id, 0) + event.by


def _frozen(contest: Contest, _: int, event: Any) -> None:
    if contest.thawed is None:
        contest.times.freeze_by_hand(event.recorded_at, event.at)


def _unfrozen(contest: Contest, _: int, event: Any) -> None:
    end = contest.last_end
    # a freeze is lifted while the contest runs; when it is over, it is thawed
    if contest.thawed is None and (end is None or event.recorded_at < end):
        contest.times.unfreeze(event.recorded_at)


def _thaw_scheduled(contest: Contest, _: int, event: Any) -> None:
    if contest.thawed is None:
        contest.thaw_planned = [event.thaw_time]


def _unplanned(contest: Contest, event: Any) -> bool:
    """Whether it is a thaw that is not planned, or not for then: an act came before the clock's record. It is void."""
    return bool(event.kind == "thawed" and event.planned_at != contest.planned_thaw)


def _transitioned(contest: Contest, _: int, event: Any) -> None:
    if event.kind == "thawed":
        contest.thawed = event.planned_at
        return
    contest.times.note(event.planned_at)
    if event.kind == "ended" and event.planned_at not in contest.ended:
        contest.ended.append(event.planned_at)


def _finalized(contest: Contest, _: int, event: Any) -> None:
    contest.finalized, contest.b = event.recorded_at, event.b


def _interval_removed(contest: Contest, _: int, event: Any) -> None:
    if event.restored:
        contest.times.restore(event.start, event.end)
    else:
        contest.times.remove(event.recorded_at, event.start, event.end)


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
    _check(event, contest.fold_version)
    opened = Generation(str(position), event.rule, dict(event.parameters), event.fold_version)
    contest.opened.append(opened)


def _generation_promoted(contest: Contest, _: int, event: Any) -> None:
    if event.expect == contest.active and contest.is_open(event.generation):
        contest.active = event.generation


def _generation_retired(contest: Contest, _: int, event: Any) -> None:
    if event.generation != contest.active and contest.is_open(event.generation):
        contest.retired.append(event.generation)


def _award_given(contest: Contest, _: int, event: Any) -> None:
    given = event.award
    if event.computed:
        contest.awards.pop(given.id, None)
    else:
        contest.awards[given.id] = None if event.removed else [given.citation, list(given.team_ids)]


_Change = Callable[[Contest, int, Any], None]

_ACTS: dict[str, _Change] = {
    "StartMoved": _start_moved,
    "ContestExtended": _extended,
    "TeamTimeExtended": _team_extended,
    "ScoreboardFrozen": _frozen,
    "ScoreboardUnfrozen": _unfrozen,
    "ThawScheduled": _thaw_scheduled,
    "Transitioned": _transitioned,
    "Finalized": _finalized,
    "IntervalRemoved": _interval_removed,
    "RejudgingApplied": _rejudging_applied,
    "RejudgingCancelled": _rejudging_cancelled,
    "RejudgingReverted": _rejudging_reverted,
    "AwardGiven": _award_given,
    "PositionSkipped": _position_skipped,
    "GenerationOpened": _generation_opened,
    "GenerationPromoted": _generation_promoted,
    "GenerationRetired": _generation_retired,
}
