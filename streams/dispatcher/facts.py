"""What the queue appends to the log: events made of its task and of what a judge said. Pure."""

from __future__ import annotations

from typing import Any

from schemas.events import Judgement, JudgingFaulted, JudgingStarted, Runs
from schemas.work import RunsReported, TaskClaimed, TaskFinished
from streams.dispatcher.task import Task

__all__ = ["LONGEST_TEXT", "faulted", "judgement", "ran", "started"]

LONGEST_TEXT = 200_000
"""Characters of a compiler's output or of a fault's reason: an event of the log has to stay far below 2 MB."""


def _of(task: Task, now: int, by: str) -> dict[str, Any]:
    return {
        "contest": task.contest,
        "recorded_at": now,
        "recorded_by": by,
        "submission_id": task.submission_id,
        "judging": task.judging,
    }


def started(task: Task, record: TaskClaimed, now: int, by: str) -> JudgingStarted:
    """A slot has begun this attempt."""
    return JudgingStarted(**_of(task, now, by), attempt=task.attempt, host=record.host, started_at=record.started_at)


def ran(task: Task, record: RunsReported, now: int, by: str) -> Runs:
    """Runs of this attempt have ended."""
    return Runs(**_of(task, now, by), attempt=task.attempt, runs=record.runs)


def faulted(task: Task, host: str, why: str, now: int, by: str, *, final: bool) -> JudgingFaulted:
    """The judge failed at this attempt."""
    told = why[:LONGEST_TEXT]
    return JudgingFaulted(
        **_of(task, now, by), attempt=task.attempt, host=host, why=told, final=final, package=task.package
    )


def judgement(task: Task, record: TaskFinished, now: int, by: str) -> Judgement:
    """The end of the judging. Whose submission it is, is the log's word, not the judge's."""
    return Judgement(
        **_of(task, now, by),
        team_id=task.team_id,
        problem_id=task.problem_id,
        language_id=task.language_id,
        submitted_at=task.submitted_at,
        attempt=record.attempt,
        verdict=record.verdict,
        score=record.score,
        group_scores=record.group_scores,
        started_at=record.started_at,
        ended_at=record.ended_at,
        max_cpu_ms=record.max_cpu_ms,
        max_memory_kib=record.max_memory_kib,
        runs=record.runs,
        host=record.host,
        package=record.package,
        compiler_output=record.compiler_output[:LONGEST_TEXT],
        environment=record.environment,
        message=record.message[:LONGEST_TEXT],
    )
