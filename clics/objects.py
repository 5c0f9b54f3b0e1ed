"""Contest API 2026-01 objects, each from what it is made of. Pure; what is null is left out where the API allows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from clics.commands import commands_of
from clics.scoreboard import contest_clock
from clics.times import format_reltime, format_time, reltime_or_none, time_or_none
from clics.verdicts import judgement_types
from schemas.definition import Award, JudgementType, Language, Media, Problem
from schemas.events import Clarification, Commentary, Definition, Group, Organization, Person, Team
from schemas.ids import account_id, run_id
from streams.scoring.clock import ContestClock

__all__ = [
    "award",
    "clarification",
    "commentary",
    "contest",
    "group",
    "judgement",
    "judgement_type",
    "language",
    "organization",
    "person",
    "problem",
    "runs",
    "submission",
    "team",
]

Object = dict[str, Any]


def _given(**values: Any) -> Object:
    return {key: value for key, value in values.items() if value is not None}


def _seconds(ms: int) -> int | float:
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def _score(scaled: int, scale: int) -> int | float:
    return scaled // scale if scaled % scale == 0 else scaled / scale


def _most(one: Problem, definition: Definition) -> int | None:
    """What a problem gives at most, scaled, times its weight; None where the contest counts no points, or there is no most."""
    if one.max_score is None or definition.scoreboard_type != "score":
        return None
    return max(one.max_score, 0) * max(one.weight, 0)


def _points(definition: Definition, problem_id: str, published: str | None, score: int | None) -> int | None:
    """The points of a judgement, scaled, as the rules of points count them (streams/scoring/rules/points.py).

    None where there are none: it has not ended, or the contest counts solved problems.
    """
    if definition.scoreboard_type != "score" or published is None:
        return None
    problem_ = next((one for one in definition.problems if one.id == problem_id), None)
    weight = 1 if problem_ is None else max(problem_.weight, 0)
    if score is not None:
        return max(score, 0) * weight
    if not any(kind.solved for kind in judgement_types(definition) if kind.id == published):
        return 0
    most = None if problem_ is None else _most(problem_, definition)
    return definition.score_scale * weight if most is None else most


def contest(
    definition: Definition, clock: ContestClock, pause: int | None, freeze_duration: int | None, thaw_time: int | None
) -> Object:
    """The contest: the definition's words with the clock's times; *pause* is what was left when the countdown stopped."""
    passing = definition.scoreboard_type == "pass-fail"
    return {"id": definition.contest, "name": definition.name, "start_time": time_or_none(clock.start)} | _given(
        formal_name=definition.formal_name,
        countdown_pause_time=reltime_or_none(pause) if clock.start is None else None,
        duration=format_reltime(clock.duration),
        scoreboard_freeze_duration=reltime_or_none(freeze_duration),
        scoreboard_thaw_time=time_or_none(thaw_time),
        scoreboard_type=definition.scoreboard_type,
        main_scoreboard_group_id=definition.main_scoreboard_group_id,
        penalty_time=format_reltime(definition.penalty_time) if passing else None,
        location=_object(definition.location),
        **_files(f"contests/{definition.contest}", definition.media),
    )


def _files(where: str, media: Iterable[Media]) -> Object:
    """The file references of an object under this URL, by the property that each belongs to."""
    found: Object = {}
    for one in media:
        reference = _given(
            href=one.href or f"{where}/{one.property}/{quote(one.filename)}",
            filename=one.filename,
            hash=one.hash,
            mime=one.mime,
            width=one.width,
            height=one.height,
            tag=list(one.tags) or None,
        )
        found.setdefault(one.property, []).append(reference)
    return found


def _object(text: str | None) -> Object | None:
    """An object that the log keeps as JSON."""
    return None if text is None else json.loads(text)


def judgement_type(kind: JudgementType, definition: Definition) -> Object:
    """A judgement type; whether it costs a penalty only where the contest has penalties."""
    return _given(
        id=kind.id,
        name=kind.name,
        penalty=kind.penalty if definition.scoreboard_type == "pass-fail" else None,
        solved=kind.solved,
        simplified_judgement_type_id=kind.simplified,
    )


def language(one: Language) -> Object:
    """A language, with its commands where podium judges it."""
    versions = {"compiler": one.compiler_version, "runner": one.runner_version}
    commands = {name: command | _given(version=versions[name]) for name, command in commands_of(one.id).items()}
    return _given(
        id=one.id,
        name=one.name,
        entry_point_required=one.entry_point_required,
        entry_point_name=(one.entry_point_name or "Entry point") if one.entry_point_required else None,
        extensions=list(one.extensions),
        **commands,
    )


def problem(one: Problem, definition: Definition) -> Object:
    """A problem; its statement is served by the api, PDF as it is, everything else as a page."""
    where = f"contests/{definition.contest}/problems/{one.id}"
    pdf = one.statement is not None and one.statement.endswith(".pdf")
    statement = _given(
        href=f"{where}/statement",
        filename=f"{one.id}.{'pdf' if pdf else 'html'}",
        hash=one.statement_hash if pdf else None,
        mime="application/pdf" if pdf else "text/html",
    )
    package = {"href": f"{where}/package", "filename": f"{one.id}.zip", "mime": "application/zip"}
    attachments = [
        {
            "href": f"{where}/attachments/{quote(file.path)}",
            "filename": file.filename,
            "hash": file.hash,
            "mime": file.mime,
        }
        for file in one.attachments
    ]
    return _given(
        id=one.id,
        uuid=one.uuid,
        label=one.label,
        name=one.name,
        ordinal=one.ordinal,
        rgb=one.rgb,
        color=one.color,
        time_limit=_seconds(one.time_limit_ms),
        memory_limit=one.memory_limit_mib,
        output_limit=one.output_limit_mib,
        code_limit=one.code_limit_kib or None,
        test_data_count=one.test_data_count,
        max_score=None if (most := _most(one, definition)) is None else _score(most, definition.score_scale),
        package=[package] if one.package else None,
        statement=None if one.statement is None else [statement],
        attachments=attachments or None,
    )


def group(one: Group) -> Object:
    """A group."""
    return _given(id=one.id, icpc_id=one.icpc_id, name=one.name, type=one.type, location=_object(one.location))


def organization(one: Organization) -> Object:
    """An organization."""
    return _given(
        id=one.id,
        icpc_id=one.icpc_id,
        name=one.name,
        formal_name=one.formal_name,
        country=one.country,
        country_subdivision=one.country_subdivision,
        url=one.url,
        twitter_hashtag=one.twitter_hashtag,
        twitter_account=one.twitter_account,
        location=_object(one.location),
        **_files(f"contests/{one.contest}/organizations/{one.id}", one.media),
    )


def team(one: Team) -> Object:
    """A team; its label is its id where none was given."""
    return _given(
        id=one.id,
        icpc_id=one.icpc_id,
        name=one.name,
        label=one.label or one.id,
        display_name=one.display_name,
        organization_id=one.organization_id,
        group_ids=list(one.group_ids),
        location=_object(one.location),
        **_files(f"contests/{one.contest}/teams/{one.id}", one.media),
    )


def person(one: Person) -> Object:
    """A person."""
    return _given(
        id=one.id,
        icpc_id=one.icpc_id,
        name=one.name,
        role=one.role,
        title=one.title,
        email=one.email,
        sex=one.sex,
        team_ids=list(one.team_ids) or None,
        **_files(f"contests/{one.contest}/persons/{one.id}", one.media),
    )


def submission(
    contest_id: str,
    clock: ContestClock,
    *,
    id_: str,
    team_id: str,
    problem_id: str,
    language_id: str,
    submitted_at: int,
    entry_point: str | None,
    account: str | None,
    zip_hash: str | None,
) -> Object:
    """A submission; the files are a link, their bytes stay in the log."""
    files = _given(
        href=f"contests/{contest_id}/submissions/{id_}/files",
        filename=f"{id_}.zip",
        hash=zip_hash,
        mime="application/zip",
    )
    by = {} if account is None else {"account_id": account_id(account)}
    return {
        "id": id_,
        "language_id": language_id,
        "problem_id": problem_id,
        "team_id": team_id,
        **by,
        "time": format_time(submitted_at),
        "contest_time": format_reltime(clock.contest_time(submitted_at)),
        "entry_point": entry_point,
        "files": [files],
    }


def judgement(
    definition: Definition,
    clock: ContestClock,
    *,
    id_: str,
    submission_id: str,
    problem_id: str,
    current: bool,
    started_at: int,
    ended_at: int | None,
    published: str | None,
    score: int | None,
    max_cpu_ms: int | None,
) -> Object:
    """A judgement, begun (*published* None) or ended; *published* is the type that is shown, not the precise verdict."""
    simplified = next((t.simplified for t in definition.judgement_types if t.id == published), None)
    points = _points(definition, problem_id, published, score)
    ended = published is not None and ended_at is not None
    return _given(
        id=id_,
        submission_id=submission_id,
        current=current,
        start_time=format_time(started_at),
        start_contest_time=format_reltime(clock.contest_time(started_at)),
        judgement_type_id=published,
        simplified_judgement_type_id=simplified,
        score=None if points is None else _score(points, definition.score_scale),
        end_time=time_or_none(ended_at) if ended else None,
        end_contest_time=format_reltime(clock.contest_time(ended_at or 0)) if ended else None,
        max_run_time=None if max_cpu_ms is None or not ended else _seconds(max_cpu_ms),
    )


def runs(facts: Mapping[str, Any], contest_facts: Mapping[str, Any], batch: Iterable[Sequence[Any]]) -> list[Object]:
    """The runs of a batch as it lies in the view, expanded with the contest's clock and table of today.

    One for whose verdict the contest has no type is left out: a run has one, and a precise verdict is not told.

    Args:
        facts: the batch's access facts.
        contest_facts: the contest's.
        batch: ordinal, precise verdict, UTC ms of its end, CPU ms of each run.
    """
    clock = contest_clock(contest_facts)
    publish = contest_facts["publish"]
    return [
        {
            "id": run_id(facts["judgement"], ordinal),
            "judgement_id": facts["judgement"],
            "ordinal": ordinal,
            "judgement_type_id": publish[verdict],
            "time": format_time(ended_at),
            "contest_time": format_reltime(clock.contest_time(ended_at)),
            "run_time": _seconds(cpu_ms),
        }
        for ordinal, verdict, ended_at, cpu_ms in batch
        if verdict in publish
    ]


def clarification(one: Clarification, clock: ContestClock) -> Object:
    """A clarification, whole; who may see the message that it answers is the reader's business."""
    return _given(
        id=one.id,
        from_team_id=one.from_team_id,
        to_team_ids=list(one.to_team_ids) or None,
        to_group_ids=list(one.to_group_ids) or None,
        reply_to_id=one.reply_to_id,
        problem_id=one.problem_id,
        text=one.text,
        time=format_time(one.asked_at),
        contest_time=format_reltime(clock.contest_time(one.asked_at)),
    )


def commentary(one: Commentary, clock: ContestClock) -> Object:
    """A commentary."""
    return _given(
        id=one.id,
        time=format_time(one.said_at),
        contest_time=format_reltime(clock.contest_time(one.said_at)),
        message=one.message,
        tags=list(one.tags),
        source_id=one.source_id,
        team_ids=list(one.team_ids) or None,
        problem_ids=list(one.problem_ids) or None,
        submission_ids=list(one.submission_ids) or None,
    )


def award(one: Award) -> Object:
    """An award."""
    return {"id": one.id, "citation": one.citation, "team_ids": list(one.team_ids)}
