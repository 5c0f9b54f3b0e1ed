"""Writing `podium-acts.json` of a contest package: what a contest came to and the Contest API has no word for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clics.contest_acts import FIELDS
from clics.derive import Derived, override_id
from clics.state import Override, State, Submitted
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
    state: State, acts: Iterable[Act], derived: Derived, rule: str | None, parameters: Mapping[str, str]
) -> Object:
    """The file's content. Pure.

    Args:
        state: the contest, defined.
        acts: those of its log that count and that `is_told` picks, in their order.
        derived: all its objects.
        rule: that of the generation in force; None: the definition's.
        parameters: the rule's.
    """
    definition = state.definition
    assert definition is not None
    contest = {"rule": rule or definition.rule, "parameters": dict(parameters if rule else definition.parameters)}
    told = [_told(state, act) for act in acts if _has_submission(state, act)]
    ignored = {id_ for id_, one in state.submissions.items() if one.ignored and _is_of_the_contest(state, one)}
    return {
        "contest": contest | {"penalty_time": format_reltime(definition.penalty_time)},
        "b": state.conduct.b,
        "problems": {one.id: {"max_score": one.max_score} for one in definition.problems if one.max_score is not None},
        "acts": told,
        "counting": dict(_counting(state)),
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
    by_hand = max((one.position for one in submitted.overrides if one.holds), default=-1)
    return any(hack.act == act.id and hack.position < by_hand for hack in submitted.hacks)


def _of_one_moment(state: State) -> list[str]:
    """The submissions that others were made at the same moment as, in the order of the log."""
    clock = state.clock
    at = {id_: clock.contest_time(one.at) for id_, one in state.submissions.items()}
    many = Counter(at.values())
    return [id_ for id_ in state.submissions if many[at[id_]] > 1]


def _counting(state: State) -> Iterator[tuple[str, Object]]:
    """The judgements that count of submissions of which the API's own do not tell enough."""
    verification = state.definition is not None and state.definition.verification
    for one in state.submissions.values():
        effective = state.effective(one)
        if isinstance(effective, Override):
            if verification or one.hacks:
                yield override_id(one.id, effective.act), {"by_hand": True}
            continue
        judging = one.judgings.get(effective)
        if judging is None or judging.verdict is None:
            continue
        alone = verification or judging.score is not None or bool(judging.group_scores)
        if alone or one.hacks:
            yield (
                state.judgement_id(one.id, effective),
                {
                    "score": judging.score,
                    "group_scores": judging.group_scores,
                    "verified": judging.verified,
                    "alone": alone,
                },
            )
