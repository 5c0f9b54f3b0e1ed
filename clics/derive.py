"""The objects of a contest as functions of its state, each with the access facts by which readers cut it down.

| type | facts beside `hidden` |
|---|---|
| contest, organizations, teams, persons | `files` (SHA-256 and MIME type of each file of theirs that is in the store, by its name) |
| contest | `start`, `end`, `last_end` (from when on no team has time left), `freeze`, `thaw` (when it was thawed; null before), `came` (the latest of start, freeze and end that the log says has come; null before all), `thaw_time` (planned), `duration`, `removed`, `public`, `feedback`, `publish` (verdict → published type, complete), `late_window`, `window` (of each team's own time; null without), `limits` (complete), `address_login`, `rehearsal`, `webhook_patience` (ms), `rule`, `score_scale`, `degraded`, `finalized`, `b`, `categories` (of clarification requests, beside one a problem), `paused` (problem, language of each pause) |
| problems | `package`, `statement` (path in the package), `weight`, `withdrawn` |
| persons | `hidden_teams` (those of its teams that are hidden) |
| awards | the live sink's (streams/live/awards.py), not derived here: `audience` (public or jury: whose board it follows), `hidden_teams` |
| teams | `team`, `removed`, `times` (start and end of the team's own; null where they are the contest's), `waits` (the team has not started its window) |
| submissions | `team`, `problem`, `language`, `at`, `visible` (false, to nobody: its team was removed, or the contest no longer has its problem), `number`, `partition`, `position`, `late`, `digest`, `account`, `ignored`, `fault`, `shown` (`judgement_type_id`, `judgement_id`; null while pending) |
| judgements | `team`, `problem`, `at`, `submission`, `judging` (null: by hand), `attempt`, `current`, `visible` (false: its submission's is, or it is of a rejudging never applied), `settled` (false: the jury alone is told until it is verified), `verdict` (the precise one), `position`, `runs` (ids of its batches), `failed` (the first run that was not accepted), `group_scores` (scaled), `verified`, `by` |
| runs | not `hidden`: their judgement's facts hold; `team`, `problem`, `at`, `submission`, `judging`, `attempt`, `judgement`, `samples` (ordinals of those on samples) |
| clarifications | `team` (who asked), `to_teams`, `to_groups`, `problem`, `reply` (the facts of the message that it answers; null: it is not there) |
| commentary | `by` (who said it), `at` (when), `about` (whether it names a team, a problem or a submission), `problems` (whether it names a problem, or what may be of one), `of` (team and time of each submission that it names), `tagged` (those of them that its message names), `messages` (the facts of each clarification that it names) |

Times are UTC ms; `at` is when the submission concerned was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from clics import objects
from clics.clarifications import CATEGORIES
from clics.commentary import may_tag, named_by, names_problem, tagged_by
from clics.state import Judging, Override, State, Submitted
from clics.times import time_or_none
from clics.verdicts import JUDGING_ERROR, hacked, judgement_types, publish_table, published
from schemas.definition import LIMITS, Media, Problem
from schemas.events import Clarification, Commentary, Definition, Group, Organization, Person, Team
from schemas.ids import derived_id, partition_of
from schemas.live import Key
from streams.scoring.clock import ContestClock

__all__ = [
    "Derived",
    "configuration",
    "derive",
    "judgements_of",
    "moment",
    "override_id",
    "records_of",
    "run_batch_id",
]

Derived = dict[Key, tuple[Any, dict[str, Any]]]
"""Objects and their facts by (type, id)."""


def override_id(submission_id: str, act: str) -> str:
    """The id of the judgement that a verdict by hand is. Pure."""
    return derived_id("judgement", submission_id, "act", act)


def run_batch_id(judgement: str, position: int) -> str:
    """The id of a batch of runs in the view: its judgement's and the position of its event. Pure."""
    return f"{judgement}.{position}"


def configuration(state: State) -> Iterator[Key]:
    """The keys of what the definition alone says."""
    definition = state.definition
    if definition is not None:
        yield from (("judgement-types", one.id) for one in judgement_types(definition))
        yield from (("languages", one.id) for one in definition.languages)
        yield from (("problems", one.id) for one in definition.problems)


def derive(state: State, keys: Iterable[Key]) -> Derived:
    """The objects that these keys name, where they exist; a submission's key stands for its judgements too. Pure."""
    found: Derived = {}
    definition = state.definition
    if definition is None:
        return found
    clock, freeze = state.clock, state.freeze
    problems = state.problems
    for key in keys:
        type_, id_ = key
        if type_ == "contest":
            contest = objects.contest(definition, clock, state.pause, state.freeze_duration, state.thaw_time)
            found[key] = (contest, _contest_facts(state, definition, clock, freeze))
        elif type_ == "state":
            found[key] = (_state(state, clock), {"hidden": False})
        elif type_ == "judgement-types":
            for kind in judgement_types(definition):
                if kind.id == id_:
                    found[key] = (objects.judgement_type(kind, definition), {"hidden": False})
        elif type_ == "languages":
            for language in definition.languages:
                if language.id == id_:
                    found[key] = (objects.language(language), {"hidden": False})
        elif type_ == "problems":
            if id_ in problems:
                found[key] = (objects.problem(problems[id_], definition), _problem_facts(problems[id_]))
        elif type_ == "submissions":
            if (submitted := state.submissions.get(id_)) is not None:
                found |= _submission(state, definition, clock, submitted)
        elif (record := state.records.get(key)) is not None and (made := _record(state, clock, record)) is not None:
            found[key] = made
    return found


def judgements_of(state: State) -> int:
    """How many judgements there are of all submissions. Pure."""
    definition = state.definition
    if definition is None:
        return 0
    by_hack = (one for one in state.submissions.values() if one.hacks and _hacked(state, definition, one) is not None)
    return sum(len(one.judgings) + len(one.overrides) for one in state.submissions.values()) + sum(1 for _ in by_hack)


def records_of(state: State) -> Counter[str]:
    """How many objects there are of each type that has records of its own: groups, teams, messages, … Pure."""
    if state.definition is None:
        return Counter()
    return Counter(type_ for (type_, _), record in state.records.items() if _is_object(record))


def _is_object(record: Any) -> bool:
    match record:
        case Group() | Organization() | Person():
            return not record.removed
        case _:
            return isinstance(record, Team | Clarification | Commentary)


def _record(state: State, clock: ContestClock, record: Any) -> tuple[Any, dict[str, Any]] | None:
    if not _is_object(record):
        return None
    match record:
        case Team():
            facts = {"hidden": state.hidden(record.id), "team": record.id, "removed": record.removed}
            return objects.team(record), facts | _times(state, record.id) | _files(record.media)
        case Group():
            return objects.group(record), {"hidden": record.hidden}
        case Organization():
            return objects.organization(record), {"hidden": False} | _files(record.media)
        case Person():
            facts = {"hidden": False, "hidden_teams": [team for team in record.team_ids if state.hidden(team)]}
            return objects.person(record), facts | _files(record.media)
        case Clarification():
            asked = state.records.get(("clarifications", record.reply_to_id or ""))
            reply = _message_facts(state, asked) if isinstance(asked, Clarification) else None
            return objects.clarification(record, clock), _message_facts(state, record) | {"reply": reply}
        case Commentary():
            return objects.commentary(record, clock), _commentary_facts(state, record)
    return None


def _files(media: Iterable[Media]) -> dict[str, Any]:
    """The fact of an object's files that are in the store."""
    return {"files": {one.filename: [one.digest, one.mime] for one in media if one.digest}}


def _message_facts(state: State, one: Clarification) -> dict[str, Any]:
    return {
        "hidden": one.from_team_id is not None and state.hidden(one.from_team_id),
        "team": one.from_team_id,
        "to_teams": one.to_team_ids,
        "to_groups": one.to_group_ids,
        "problem": one.problem_id,
    }


def _commentary_facts(state: State, one: Commentary) -> dict[str, Any]:
    named, tagged = named_by(one), tagged_by(one)
    messages = (state.records.get(key) for key in sorted(named) if key[0] == "clarifications")
    found = ((id_, state.submissions.get(id_)) for type_, id_ in sorted(named) if type_ == "submissions")
    of = {id_: (submitted.team, submitted.at) for id_, submitted in found if submitted is not None}
    return {
        "hidden": any(state.unheard_of(key) for key in named),
        "by": one.recorded_by,
        "at": one.said_at,
        "about": bool(one.team_ids or one.problem_ids or one.submission_ids or may_tag(one)),
        "problems": names_problem(one),
        "of": of,
        "tagged": [id_ for id_ in of if ("submissions", id_) in tagged],
        "messages": [_message_facts(state, one) for one in messages if isinstance(one, Clarification)],
    }


def _contest_facts(state: State, definition: Definition, clock: ContestClock, freeze: int | None) -> dict[str, Any]:
    return {
        "hidden": False,
        "start": clock.start,
        "end": clock.end,
        "last_end": state.last_end,
        "freeze": freeze,
        "thaw": state.conduct.thawed,
        "came": moment(state),
        "thaw_time": state.thaw_time,
        "duration": clock.duration,
        "removed": clock.removed,
        "public": definition.public,
        "feedback": definition.feedback,
        "publish": publish_table(definition),
        "late_window": definition.late_window,
        "window": definition.window,
        "limits": LIMITS | definition.limits,
        "address_login": definition.address_login,
        "rehearsal": definition.rehearsal,
        "webhook_patience": definition.webhook_patience,
        "rule": definition.rule,
        "score_scale": definition.score_scale,
        "degraded": state.conduct.degraded,
        "finalized": state.conduct.finalized,
        "b": state.conduct.b,
        "categories": list(definition.clarification_categories or CATEGORIES),
        "paused": [list(pause) for pause in state.conduct.paused],
    } | _files(definition.media)


def _problem_facts(problem: Problem) -> dict[str, Any]:
    return {
        "hidden": False,
        "package": problem.package,
        "statement": problem.statement,
        "weight": problem.weight,
        "withdrawn": problem.withdrawn,
    }


def moment(state: State) -> int | None:
    """How far the contest has come by its log alone: the latest of start, freeze and end that has come; None before all."""
    clock, passed = state.clock, set(state.conduct.passed)
    planned = {"started": clock.start, "ended": clock.end}
    came = [at for kind, at in planned.items() if at is not None and (kind, at) in passed]
    if (freeze := state.freeze) is not None and state.conduct.times.has_frozen:
        came.append(freeze)
    return max(came, default=None)


def _state(state: State, clock: ContestClock) -> dict[str, Any]:
    """What has come, of what is planned now: a transition to a time that was moved since has not come."""
    conduct = state.conduct
    passed = set(conduct.passed)
    started = clock.start if ("started", clock.start) in passed else None
    # two operators at once may have made it shorter than nothing
    ended = max(clock.end or 0, started) if started is not None and ("ended", clock.end) in passed else None
    frozen = None
    if started is not None and conduct.times.has_frozen:
        # a contest that was made much shorter would have been frozen before it began; one that was frozen in a team's extra
        # time, or ends before its freeze now, had it when it ended: in the Contest API a freeze is between the two
        frozen = max(state.freeze or 0, started)
        frozen = frozen if ended is None else min(frozen, ended)
    # an act that the operators' checks did not see may have moved the end behind the thaw, which then followed none
    follows = ended is not None and conduct.thawed is not None and conduct.thawed >= ended
    thawed = conduct.thawed if frozen is not None and follows else None
    # and so may it have done with the results
    finalized = conduct.finalized if ended is not None and (conduct.finalized or 0) >= ended else None
    times: dict[str, int | None] = {"started": started}
    if state.freeze_duration is not None:
        times |= {"frozen": frozen, "thawed": thawed}
    times |= {
        "ended": ended,
        "finalized": finalized,
        # a thaw counts also where the freeze that it was of had not come by the end, which nobody is told
        "end_of_updates": None if conduct.closed is None else max(finalized or 0, conduct.thawed or 0),
    }
    return {name: time_or_none(at) for name, at in times.items()}


def _submission(state: State, definition: Definition, clock: ContestClock, one: Submitted) -> Derived:
    there = _is_there(state, definition, one)
    about = {"hidden": state.hidden(one.team), "team": one.team, "problem": one.problem, "at": one.at, "visible": there}
    own = state.clock_of(one.team)
    effective, given = state.effective(one), list(one.overrides)
    if (by_hack := _hacked(state, definition, one)) is not None:
        effective = by_hack
        given.append(by_hack)
    found: Derived = {}
    shown: dict[str, str | None] | None = None
    for number, judging in one.judgings.items():
        id_ = state.judgement_id(one.id, number)
        current = effective == number
        told = None if judging.verdict is None else published(judging.verdict, definition)
        settled = judging.verified or not definition.verification
        if current and settled and told not in (None, JUDGING_ERROR):
            shown = {"judgement_type_id": told, "judgement_id": id_}
        made = objects.judgement(
            definition,
            clock,
            id_=id_,
            submission_id=one.id,
            problem_id=one.problem,
            current=current,
            started_at=judging.started_at,
            ended_at=judging.ended_at,
            published=told,
            score=judging.score,
            max_cpu_ms=judging.cpu_ms,
        )
        shows = {"current": current, "visible": there and state.was_applied(number), "settled": settled}
        found["judgements", id_] = (made, about | _judging_facts(one, id_, number, judging) | shows)
    for override in given:
        id_ = override_id(one.id, override.act)
        current = effective is override
        told = published(override.verdict, definition)
        if current and told not in (None, JUDGING_ERROR):
            shown = {"judgement_type_id": told, "judgement_id": id_}
        made = objects.judgement(
            definition,
            clock,
            id_=id_,
            submission_id=one.id,
            problem_id=one.problem,
            current=current,
            started_at=override.at,
            ended_at=override.at,
            published=told,
            score=override.score,
            max_cpu_ms=None,
        )
        found["judgements", id_] = (made, about | _override_facts(one, override, current))
    made = objects.submission(
        definition.contest,
        own or clock,
        id_=one.id,
        team_id=one.team,
        problem_id=one.problem,
        language_id=one.language,
        submitted_at=one.at,
        entry_point=one.entry_point,
        account=one.account,
        zip_hash=one.zip_hash,
    )
    found["submissions", one.id] = (made, about | _submission_facts(definition, own, one, shown))
    return found


def _is_there(state: State, definition: Definition, one: Submitted) -> bool:
    """Whether its team and its problem are of the contest: what goes takes with it what was submitted."""
    team = state.records.get(("teams", one.team))
    return isinstance(team, Team) and not team.removed and any(p.id == one.problem for p in definition.problems)


def _hacked(state: State, definition: Definition, one: Submitted) -> Override | None:
    """The judgement by which a hack rejects a submission that would show as accepted."""
    hack = state.hack(one)
    if hack is None:
        return None
    judging, verdict = state.shown(one)
    settled = judging is None or judging.verified or not definition.verification
    told = hacked(verdict, definition) if verdict is not None and settled else None
    return None if told is None else Override(hack.act, hack.position, told, hack.at, hack.by)


def _times(state: State, team_id: str) -> dict[str, Any]:
    """The facts of a team's own times, in a contest of windows and of a team with extra time."""
    if state.definition is None or (state.definition.window is None and team_id not in state.conduct.extra):
        return {"times": None, "waits": False}
    own = state.clock_of(team_id)
    return {"times": None if own is None else [own.start, own.end], "waits": own is None}


def _submission_facts(
    definition: Definition, own: ContestClock | None, one: Submitted, shown: dict[str, str | None] | None
) -> dict[str, Any]:
    return {
        "language": one.language,
        "number": one.number,
        "partition": partition_of(definition.contest),
        "position": one.position,
        "late": own is None or own.contest_time(one.at) >= own.duration,
        "digest": one.digest,
        "account": one.account,
        "ignored": one.ignored,
        "fault": one.fault if shown is None else None,
        "shown": shown,
    }


def _judging_facts(one: Submitted, id_: str, number: int, judging: Judging) -> dict[str, Any]:
    return {
        "submission": one.id,
        "judging": number,
        "attempt": judging.attempt,
        "verdict": judging.verdict,
        "position": judging.position,
        "runs": [run_batch_id(id_, position) for _, position in judging.runs],
        "failed": judging.failed,
        "group_scores": judging.group_scores,
        "verified": judging.verified,
        "by": None,
    }


def _override_facts(one: Submitted, override: Override, current: bool) -> dict[str, Any]:
    return {
        "submission": one.id,
        "judging": None,
        "attempt": 0,
        "current": current,
        "settled": True,
        "verdict": override.verdict,
        "position": override.position,
        "runs": [],
        "failed": None,
        "group_scores": override.group_scores,
        "verified": True,
        "by": override.by,
    }
