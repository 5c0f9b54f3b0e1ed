"""The rows of the history's tables that a record stands for: a pure function of the record and its position."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from schemas import events
from schemas.rows import BatchClosed, FirstToSolve, Mark, ScoreboardRow
from streams.scoring.project import tie_key
from streams.scoring.verdicts import DEFAULT_PUBLISH, DEFAULT_TYPES, REJECTED, JudgementType, Outcomes, published

__all__ = ["BOARD_TABLES", "COLUMNS", "LOG_TABLES", "Rows", "log_rows", "scoreboard_rows"]

Rows = list[tuple[str, tuple[Any, ...]]]
"""Pairs of a table and a row in the order of its COLUMNS."""

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "definitions": "contest position recorded_at recorded_by changes name formal_name start_time duration_ms "
        "freeze_duration_ms thaw_time scoreboard_type penalty_ms rule parameters score_scale tasks weights verification "
        "window_ms main_group feedback published "
        "outcomes priority rehearsal public",
        "problems": "contest position problem_id label name ordinal package time_limit_ms memory_limit_mib "
        "output_limit_mib test_data_count rgb color weight max_score withdrawn",
        "judgement_types": "contest position judgement_type_id name penalty solved",
        "languages": "contest position language_id name extensions",
        "teams": "contest team_id position recorded_at name display_name label icpc_id organization_id group_ids hidden "
        "removed tie_key",
        "organizations": "contest organization_id position recorded_at name formal_name country removed",
        "groups": "contest group_id position recorded_at name type hidden removed",
        "submissions": "contest submission_id position recorded_at team_id problem_id language_id submitted_at "
        "entry_point digest files bytes",
        "sources": "contest submission_id position name data",
        "verdicts": "contest submission_id position recorded_at recorded_by cause act reason team_id problem_id "
        "language_id submitted_at judging attempt verdict ignored score group_scores started_at ended_at max_cpu_ms "
        "max_memory_kib runs host package",
        "runs": "contest submission_id judging attempt ordinal position recorded_at verdict cpu_ms wall_ms memory_kib "
        "ended_at test score",
        "judge_events": "contest submission_id judging attempt position recorded_at kind host started_at why final",
        "rejudgings": "contest rejudging chunk submission_id position recorded_at",
        "acts": "contest position recorded_at recorded_by kind id reason at until by_ms transition team_id submission_id "
        "problem_id rejudging undone skipped fold_version generation expect rule parameters detail",
        "clarifications": "contest clarification_id position recorded_at from_team_id to_team_ids to_group_ids "
        "reply_to_id problem_id text asked_at",
        "commentaries": "contest commentary_id position recorded_at message tags team_ids problem_ids submission_ids "
        "said_at",
        "scoreboard_rows": "contest generation audience team_id batch position recorded_at listed ranked sort_key tie_key "
        "num_solved total_time_ms score time_ms cells.problem_id cells.num_judged cells.num_pending cells.solved "
        "cells.time_ms cells.score",
        "scoreboard_firsts": "contest generation audience problem_id batch position recorded_at team_id submission_id "
        "time_ms",
        "scoreboard_batches": "contest generation audience batch recorded_at count",
        "scoreboard_marks": "contest generation audience position recorded_at digest fold_version",
    }.items()
}


LOG_TABLES = tuple(table for table in COLUMNS if not table.startswith("scoreboard_"))
"""The tables that derive from the log alone."""

BOARD_TABLES = tuple(table for table in COLUMNS if table.startswith("scoreboard_"))
"""The tables that keep what `scoreboard-rows` keeps."""


def log_rows(position: int, event: Any) -> Rows:
    """The rows of an event of the log; none for what the history does not keep (persons: they are personal data)."""
    make = _LOG.get(type(event))
    rows = make(position, event) if make is not None else []
    if isinstance(event, events.Act):
        rows.append(("acts", _act(position, event)))
    return rows


def _definition(position: int, e: events.Definition) -> Rows:
    types = tuple(JudgementType(t.id, t.penalty, t.solved) for t in e.judgement_types) or DEFAULT_TYPES
    ids = [one.id for one in types]
    outcomes = Outcomes(types, e.publish)
    verdicts = sorted({*ids, *e.publish, *DEFAULT_PUBLISH})
    shown = {verdict: published(verdict, ids, e.publish) for verdict in verdicts}
    shown_problems = sorted((p for p in e.problems if not p.withdrawn), key=lambda p: (p.ordinal, p.id))
    tasks, weights = [p.id for p in shown_problems], {p.id: p.weight for p in shown_problems}
    definition = (
        *(e.contest, position, e.recorded_at, e.recorded_by, e.changes, e.name, e.formal_name or "", e.start_time),
        *(e.duration, e.scoreboard_freeze_duration, e.scoreboard_thaw_time, e.scoreboard_type, e.penalty_time),
        *(e.rule, e.parameters),
        *(e.score_scale, tasks, weights, e.verification, e.window, e.main_scoreboard_group_id or "", e.feedback),
        {verdict: told for verdict, told in shown.items() if told is not None},
        {verdict: outcomes[verdict].value for verdict in verdicts},
        *(e.priority, e.rehearsal, e.public),
    )
    rows: Rows = [("definitions", definition)]
    for p in e.problems:
        limits = (p.time_limit_ms, p.memory_limit_mib, p.output_limit_mib, p.test_data_count)
        shown_as = (p.rgb or "", p.color or "", p.weight, p.max_score, p.withdrawn)
        row = (e.contest, position, p.id, p.label, p.name, p.ordinal, p.package, *limits, *shown_as)
        rows.append(("problems", row))
    rows += [("judgement_types", (e.contest, position, t.id, t.name, t.penalty, t.solved)) for t in e.judgement_types]
    rows += [("languages", (e.contest, position, one.id, one.name, list(one.extensions))) for one in e.languages]
    return rows


def _team(position: int, e: events.Team) -> Rows:
    names = (e.name, e.display_name or "", e.label or "", e.icpc_id or "", e.organization_id or "")
    standing = (list(e.group_ids), e.hidden, e.removed, tie_key(e.name, e.id))
    return [("teams", (e.contest, e.id, position, e.recorded_at, *names, *standing))]


def _organization(position: int, e: events.Organization) -> Rows:
    names = (e.name, e.formal_name or "", e.country or "")
    return [("organizations", (e.contest, e.id, position, e.recorded_at, *names, e.removed))]


def _group(position: int, e: events.Group) -> Rows:
    return [("groups", (e.contest, e.id, position, e.recorded_at, e.name, e.type or "", e.hidden, e.removed))]


def _submission(position: int, e: events.Submission) -> Rows:
    of = (e.team_id, e.problem_id, e.language_id, e.submitted_at, e.entry_point or "", e.digest)
    files = ([file.name for file in e.files], sum(len(file.data) for file in e.files))
    rows: Rows = [("submissions", (e.contest, e.id, position, e.recorded_at, *of, *files))]
    rows += [("sources", (e.contest, e.id, position, file.name, file.data)) for file in e.files]
    return rows


def _judgement(position: int, e: events.Judgement) -> Rows:
    of = (e.team_id, e.problem_id, e.language_id, e.submitted_at, e.judging, e.attempt, e.verdict, False, e.score)
    measured = (
        list(e.group_scores),
        e.started_at,
        e.ended_at,
        e.max_cpu_ms,
        e.max_memory_kib,
        e.runs,
        e.host,
        e.package,
    )
    head = (e.contest, e.submission_id, position, e.recorded_at, e.recorded_by, "judgement", "", "")
    return [("verdicts", (*head, *of, *measured))]


def _by_hand(
    position: int,
    e: events.VerdictOverridden | events.SubmissionIgnored | events.SubmissionVerified | events.SubmissionHacked,
) -> Rows:
    cause, judging, verdict, ignored = "verify", 0, "", False
    score, group_scores = None, list[int]()
    if isinstance(e, events.VerdictOverridden):
        cause, verdict, score, group_scores = "override", e.verdict or "", e.score, list(e.group_scores)
    elif isinstance(e, events.SubmissionIgnored):
        cause, ignored = "ignore", e.ignored
    elif isinstance(e, events.SubmissionHacked):
        cause, verdict = "hack", REJECTED if e.successful else ""
    else:
        judging = e.judging
    head = (e.contest, e.submission_id, position, e.recorded_at, e.recorded_by, cause, e.id, e.reason)
    of = (e.team_id, e.problem_id, "", 0, judging, 0, verdict, ignored, score)
    return [("verdicts", (*head, *of, group_scores, 0, 0, 0, 0, 0, "", ""))]


def _runs(position: int, e: events.Runs) -> Rows:
    head = (e.contest, e.submission_id, e.judging, e.attempt)
    rows: Rows = []
    for r in e.runs:
        measured = (r.judgement_type_id, r.cpu_ms, r.wall_ms, r.memory_kib, r.ended_at, r.test, r.score)
        rows.append(("runs", (*head, r.ordinal, position, e.recorded_at, *measured)))
    return rows


def _started(position: int, e: events.JudgingStarted) -> Rows:
    head = (e.contest, e.submission_id, e.judging, e.attempt, position, e.recorded_at)
    return [("judge_events", (*head, "started", e.host, e.started_at, "", False))]


def _faulted(position: int, e: events.JudgingFaulted) -> Rows:
    head = (e.contest, e.submission_id, e.judging, e.attempt, position, e.recorded_at)
    return [("judge_events", (*head, "faulted", e.host, 0, e.why, e.final))]


def _rejudging(position: int, e: events.RejudgingCreated) -> Rows:
    number = e.rejudging if e.chunk else position
    return [("rejudgings", (e.contest, number, e.chunk, id_, position, e.recorded_at)) for id_ in e.submission_ids]


def _act(position: int, e: events.Act) -> tuple[Any, ...]:
    get: dict[str, Any] = asdict(e)
    opened = isinstance(e, events.GenerationOpened)
    at = next((get[name] for name in ("start_time", "at", "thaw_time", "planned_at", "start") if name in get), None)
    undone = (
        get.get("restored")
        or get.get("removed")
        or get.get("computed")
        or get.get("disqualified") is False
        or get.get("ignored") is False
    )
    texts = tuple(get.get(name) or "" for name in ("kind", "team_id", "submission_id", "problem_id"))
    numbers = (get.get("rejudging", 0), bool(undone), get.get("position", 0), get.get("fold_version", 0))
    generation = (str(position) if opened else get.get("generation", ""), get.get("expect", ""), get.get("rule", ""))
    detail = json.dumps(get, ensure_ascii=False, separators=(",", ":"))
    head = (e.contest, position, e.recorded_at, e.recorded_by, type(e).__name__, e.id or f"@{position}", e.reason)
    times = (at, get.get("end"), get.get("by", 0))
    return (*head, *times, *texts, *numbers, *generation, get.get("parameters", {}), detail)


def _clarification(position: int, e: events.Clarification) -> Rows:
    to = (e.from_team_id or "", list(e.to_team_ids), list(e.to_group_ids), e.reply_to_id or "", e.problem_id or "")
    return [("clarifications", (e.contest, e.id, position, e.recorded_at, *to, e.text, e.asked_at))]


def _commentary(position: int, e: events.Commentary) -> Rows:
    about = (list(e.tags), list(e.team_ids), list(e.problem_ids), list(e.submission_ids))
    return [("commentaries", (e.contest, e.id, position, e.recorded_at, e.message, *about, e.said_at))]


_LOG: dict[type, Callable[[int, Any], Rows]] = {
    events.Definition: _definition,
    events.Team: _team,
    events.Organization: _organization,
    events.Group: _group,
    events.Submission: _submission,
    events.Judgement: _judgement,
    events.VerdictOverridden: _by_hand,
    events.SubmissionIgnored: _by_hand,
    events.SubmissionVerified: _by_hand,
    events.SubmissionHacked: _by_hand,
    events.Runs: _runs,
    events.JudgingStarted: _started,
    events.JudgingFaulted: _faulted,
    events.RejudgingCreated: _rejudging,
    events.Clarification: _clarification,
    events.Commentary: _commentary,
}


def scoreboard_rows(record: Any) -> Rows:
    """The rows of a record of `scoreboard-rows`."""
    r = record
    board = (r.contest, r.generation, r.audience)
    match record:
        case ScoreboardRow():
            cells = [[getattr(cell, name) for cell in r.cells] for name in _CELL]
            head = (*board, r.team_id, r.batch, r.position, r.recorded_at, r.listed, r.ranked, list(r.sort_key))
            return [("scoreboard_rows", (*head, r.tie_key, r.num_solved, r.total_time, r.score, r.time, *cells))]
        case FirstToSolve():
            who = (r.team_id or "", r.submission_id or "", r.time)
            return [("scoreboard_firsts", (*board, r.problem_id, r.batch, r.position, r.recorded_at, *who))]
        case BatchClosed():
            return [("scoreboard_batches", (*board, r.batch, r.recorded_at, r.count))]
        case Mark():
            return [("scoreboard_marks", (*board, r.position, r.recorded_at, r.digest, r.fold_version))]
    return []


_CELL = ("problem_id", "num_judged", "num_pending", "solved", "time", "score")
