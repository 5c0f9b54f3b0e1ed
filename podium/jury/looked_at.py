"""One judging of a submission as a person of the jury reads it: its verdict, its runs, and what the validators left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from clics.state import Submitted
from clics.times import format_time
from clics.validator_feedback import told_jury
from podium.jury.record import Record
from podium.tame import tame
from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.events import Event, Judgement, JudgingStarted, Run, Runs
from schemas.ids import partition_of
from schemas.reader import read
from schemas.settings import Settings

__all__ = ["LookedAt", "looked_at", "read_judging"]

_LINES, _CHARS = 20, 200
"""Of a file for the terminal, and of a line of it; `--json` has everything."""

_KINDS = frozenset({JudgingStarted, Runs, Judgement})


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A judging: its number, its runs by ordinal, and how it ended, None while it has not."""

    number: int
    runs: tuple[Run, ...] = ()
    judgement: Judgement | None = None

    def json(self, found: Submitted) -> dict[str, Any]:
        """For programs; times in ms, memory in KiB, feedback whole. Pure."""
        ended = self.judgement
        return {
            "number": found.number,
            "submission_id": found.id,
            "team_id": found.team,
            "problem_id": found.problem,
            "language_id": found.language,
            "time": format_time(found.at),
            "judging": self.number,
            "verdict": ended and ended.verdict,
            "host": ended and ended.host,
            "message": ended and ended.message,
            "compiler_output": ended and ended.compiler_output,
            "runs": [_run_json(run) for run in self.runs],
        }

    def lines(self, found: Submitted) -> Iterator[str]:
        """For a person, tamed: control characters of the team's and the validator's text do nothing. Pure."""
        about = f"to problem {found.problem} in {found.language}, {format_time(found.at)}"
        yield tame(f"submission {found.number} ({found.id}) of team {found.team} {about}")
        ended = self.judgement
        if ended is None:
            yield f"judging {self.number}: no verdict yet"
        else:
            yield tame(f"judging {self.number}: {ended.verdict}, by {ended.host or 'nobody named'}")
            yield from _text("judged", ended.message)
            yield from _text("compiler", ended.compiler_output)
        for run in self.runs:
            took = f"CPU {run.cpu_ms} ms, wall {run.wall_ms} ms, {run.memory_kib} KiB"
            yield tame(f"run {run.ordinal} {run.test}: {run.judgement_type_id}, {took}")
            yield from _text("judgemessage.txt", run.message)
            yield from _text("teammessage.txt", run.team_message)
            for file in run.feedback:
                text = file.data.decode("utf-8", "backslashreplace")
                yield from _text(f"{file.name} ({len(file.data)} bytes)", text)


def looked_at(number: int, attempt: int, events: Iterable[Event]) -> LookedAt:
    """What an attempt at a judging came to, by the events of the submission's judgings. Pure."""
    runs: dict[int, Run] = {}
    for event in events:
        match event:
            case JudgingStarted(judging=of, attempt=at) if (of, at) == (number, attempt):
                runs = {}  # a killed judge's task comes to another as the same attempt
            case Runs(judging=of, attempt=at) if (of, at) == (number, attempt):
                runs |= {run.ordinal: run for run in event.runs}
            case Judgement(judging=of) if of == number:
                return LookedAt(number, _sorted(runs), event)
            case _:
                pass
    return LookedAt(number, _sorted(runs))


def read_judging(settings: Settings, record: Record, found: Submitted, number: int) -> LookedAt:
    """A judging of a submission, read from the part of the log where it is.

    Raises:
        DependencyError: when the broker does not answer.
    """
    judging = found.judgings.get(number)
    if judging is None:
        return LookedAt(number)
    end = record.end if judging.verdict is None else judging.position + 1
    start = max(found.position, number)  # a rejudging's number is the position of its act
    return looked_at(number, judging.attempt, _events(settings, record.contest, found.id, start, end))


def _events(
    settings: Settings, contest: str, submission: str, start: int, end: int
) -> Iterator[JudgingStarted | Runs | Judgement]:
    key, records = contest.encode(), codec()
    for raw in read(settings, "log", partition_of(contest), start, end):
        try:
            if raw.key != key or raw.value is None or records.peek(raw.value) not in _KINDS:
                continue
            event = records.decode(raw.value)
        except DecodeError:
            continue
        if isinstance(event, (JudgingStarted, Runs, Judgement)) and event.submission_id == submission:
            yield event


def _sorted(runs: dict[int, Run]) -> tuple[Run, ...]:
    return tuple(run for _, run in sorted(runs.items()))


def _run_json(run: Run) -> dict[str, Any]:
    fields = asdict(run)
    del fields["message"], fields["team_message"], fields["feedback"]
    return fields | (told_jury(run) or {"message": "", "judge_message": "", "feedback": []})


def _text(name: str, text: str) -> Iterator[str]:
    """A text under its name, the beginning of a long one; nothing where there is none."""
    lines = text.splitlines()
    if not lines:
        return
    yield f"  {tame(name)}:"
    for line in lines[:_LINES]:
        said = tame(line)
        yield f"    {said[:_CHARS]}{'…' if len(said) > _CHARS else ''}"
    if len(lines) > _LINES:
        yield f"    … {len(lines) - _LINES} lines more: --json"
