"""Waiting for a rejudging to be judged, with a bar: how many of how many, and the time that is left."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from podium.jury.record import Record, Rejudging, read_record
from podium.jury.rejudgings import missing_reason
from schemas.reader import read_contest
from schemas.settings import Settings

__all__ = ["watch", "watched"]


def watch(settings: Settings, record: Record, number: int) -> Rejudging:
    """Follow the log until nothing of the rejudging is outstanding, or it is no longer open; it, as the log has it then.

    What the judges failed at for good is not waited for: the jury decides. Ctrl-C ends the watching alone.
    """
    read_record(settings, record.contest, record)
    rejudging = record.rejudging(number)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    events = read_contest(settings, record.contest, record.end, follow=True)
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(f"rejudging {number}", total=len(rejudging.submission_ids))
            left = _left(record, rejudging)
            while left and record.status(number) == "created" and rejudging.complete:
                bar.update(
                    task, total=len(rejudging.submission_ids), completed=len(rejudging.submission_ids) - len(left)
                )
                position, event = next(events)
                parts = len(rejudging.chunks)
                record.take(position, event)
                if len(rejudging.chunks) > parts:
                    left = _left(record, rejudging)
                about = getattr(event, "submission_id", ""), getattr(event, "judging", -1)
                if about[1] == number and (about in record.judged or about in record.faulted):
                    left.discard(about[0])
    except KeyboardInterrupt:
        print(
            f"rejudging {number} goes on; come back with `podium rejudge watch {record.contest} {number}`",
            file=sys.stderr,
        )
        raise
    finally:
        events.close()  # type: ignore[attr-defined]  # it is a generator: its consumer leaves the broker
    return rejudging


def watched(settings: Settings, record: Record, number: int) -> int:
    """`watch`, and say what came of it; 1 when something of it has no judgement, else 0."""
    rejudging = watch(settings, record, number)
    status = record.status(number)
    if status != "created":
        print(f"rejudging {number} is {status}")
        return 0
    if why := missing_reason(record, rejudging):
        print(why)
        return 1
    print(f"rejudging {number} is judged; `podium rejudge preview {record.contest} {number}` shows what it changes")
    return 0


def _left(record: Record, rejudging: Rejudging) -> set[str]:
    """The submissions that may still be judged."""
    return {id_ for id_ in record.missing(rejudging) if (id_, rejudging.number) not in record.faulted}
