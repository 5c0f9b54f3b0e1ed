"""Writing `podium-acts.json` of a contest package: what a contest came to and the Contest API has no word for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clics.contest_acts import FIELDS
from clics.derive import Derived, override_id
from clics.state import Judging, Override, State, Submitted
from clics.times import format_reltime
from schemas.events import Act, AwardGiven, Event, SubmissionHacked, TeamStarted

__all__ = ["acts_object", "is_told"]

Object = dict[str, Any]


def is_told(event: Event) -> bool:
    """Whether it is an act of the file. Pure."""
    if isinstance(event, AwardGiven):
        return event.removed or event.computed
    return type(event) in FIELDS


def acts_object(
    state: State,
    acts: Iterable[Act],
    derived: Derived,
    rule: str | None,
    parameters: Mapping[str, str],
    *,
    scored: bool,
) -> Object:
    """The file's content. Pure.

    Args:
        state: the contest, defined.
        acts: those of its log that count and that `is_told` picks, in their order.
        derived: all its objects.
        rule: that of the generation in force; None: the definition's.
        parameters: the rule's.
        scored: whether the rule in force asks for the submissions' scores; else what came of the first judging may count.
    """
    definition = state.definition
    assert definition is not None
    contest = {"rule": rule or definition.rule, "parameters": dict(parameters if rule else definition.parameters)}
    told = [_told(state, act) for act in acts if _has_submission(state, act) and not _void(state, act, scored=scored)]
    ignored = {id_ for id_, one in state.submissions.items() if one.ignored and _is_of_the_contest(state, one)}
    return {
        "contest": contest | {"penalty_time": format_reltime(definition.penalty_time)},
        "b": state.conduct.b,
        "problems": {one.id: {"max_score": one.max_score} for one in definition.problems if one.max_score is not None},
        "acts": told,
        "counting": dict(_counting(state, scored=scored)),
        "order": _of_one_moment(state),
        "submissions": [
            made for (type_, id_), (made, _) in derived.items() if type_ == "submissions" and id_ in ignored
        ],
        "judgements": [
            made
            for (type_, _), (made, facts) in derived.items()
            if type_ == "judgements" and facts["submission"] in ignored and facts["visible"]
        ],
    }


def _is_of_the_contest(state: State, one: Submitted) -> bool:
    """Whether its team was not removed, nor its problem withdrawn: the feed tells nothing of these."""
    team, problem = state.records.get(("teams", one.team)), state.problems.get(one.problem)
    return team is not None and not team.removed and problem is not None and not problem.withdrawn


def _has_submission(state: State, act: Act) -> bool:
    """Whether the submission that the act is about, if it is about one, is there."""
    return getattr(act, "submission_id", None) is None or getattr(act, "submission_id", None) in state.submissions


def _told(state: State, act: Act) -> Object:
    clock = state.clock
    told: Object = {"type": type(act).__name__, "id": act.id, "reason": act.reason}
    if clock.start is not None:
        told["contest_time"] = format_reltime(clock.contest_time(act.recorded_at))
    if isinstance(act, AwardGiven):
        return told | {"award_id": act.award.id, "removed": act.removed, "computed": act.computed}
    if isinstance(act, TeamStarted):
        told["start_contest_time"] = format_reltime(clock.contest_time(act.start_time))
    if isinstance(act, SubmissionHacked) and _undone(state.submissions[act.submission_id], act):
        told["undone"] = True
    return told | {name: getattr(act, name) for name in FIELDS[type(act)]}


def _undone(submitted: Submitted, act: SubmissionHacked) -> bool:
    return act.id in _undone_hacks(submitted)


def _undone_hacks(submitted: Submitted) -> set[str]:
    """The acts that hacked it, and that a verdict by hand came behind."""
    by_hand = max((one.position for one in submitted.overrides if one.holds), default=-1)
    return {hack.act for hack in submitted.hacks if hack.position < by_hand}


def _void(state: State, act: Act, *, scored: bool) -> bool:
    """Whether it is a hack that was undone where no verdict by hand is told any more; rules of points count no hacks."""
    if not scored or not isinstance(act, SubmissionHacked):
        return False
    one = state.submissions[act.submission_id]
    judging = _judging(state, one)
    return judging is not None and _undone(one, act) and not _as_by_hand(state, one, judging, scored=scored)


def _judging(state: State, one: Submitted) -> Judging | None:
    """The judging that counts but for hacks, if it is one and has ended."""
    effective = state.effective(one)
    judging = None if isinstance(effective, Override) else one.judgings.get(effective)
    return None if judging is None or judging.verdict is None else judging


def _as_by_hand(state: State, one: Submitted, judging: Judging, *, scored: bool) -> bool:
    """Whether a rejudging's outcome is told as a verdict by hand, as what came before it counts as well.

    That is which verdict came first (of Codeforces' rule: whether it passed the pretests), and what undid a hack. Rules of
    points ask for neither: where scores count the judgement is told alone.
    """
    first = one.judgings.get(0)
    if first is judging or (scored and _has_score(judging)):
        return False
    if state.definition is not None and state.definition.verification and not judging.verified:
        return False
    return bool(_undone_hacks(one)) or (first is not None and first.verdict not in (None, judging.verdict))


def _has_score(one: Judging | Override) -> bool:
    return one.score is not None or bool(one.group_scores)


def _of_one_moment(state: State) -> list[str]:
    """The submissions that others were made at the same moment as, in the order of the log."""
    clock = state.clock
    at = {id_: clock.contest_time(one.at) for id_, one in state.submissions.items()}
    many = Counter(at.values())
    return [id_ for id_ in state.submissions if many[at[id_]] > 1]


def _counting(state: State, *, scored: bool) -> Iterator[tuple[str, Object]]:
    """The judgements that count of submissions of which the API's own do not tell enough."""
    verification = state.definition is not None and state.definition.verification
    for one in state.submissions.values():
        effective = state.effective(one)
        if isinstance(effective, Override):
            if verification or one.hacks or _has_score(effective):
                scores = {"score": effective.score, "group_scores": effective.group_scores}
                yield override_id(one.id, effective.act), {"by_hand": True} | (scores if _has_score(effective) else {})
            continue
        judging = _judging(state, one)
        if judging is None:
            continue
        alone = verification or _has_score(judging)
        if _as_by_hand(state, one, judging, scored=scored):
            yield state.judgement_id(one.id, effective), {"by_hand": True}
        elif alone or one.hacks:
            yield (
                state.judgement_id(one.id, effective),
                {
                    "score": judging.score,
                    "group_scores": judging.group_scores,
                    "verified": judging.verified,
                    "alone": alone,
                },
            )
