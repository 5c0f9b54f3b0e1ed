"""A partition of a plan, folded in one pass: checkpoints on the way, results at its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from schemas.errors import UsageError
from schemas.runtime import calmed_collector
from schemas.settings import Settings
from streams.refold import BATCH, batches, log_end
from streams.replay.checkpoint import begin, checkpoint_path, load, load_done, save, save_done
from streams.replay.plan import PlannedPartition, ReplayPlan
from streams.replay.result import make_result, names_for, write_result

__all__ = ["Pace", "StoppedError", "fold_partition", "told_to_stop"]


class StoppedError(Exception):
    """The replay was told to stop; what it had done is in its checkpoint."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a checkpoint is written: each so many seconds, and never for more than a twentieth of the time.

    `batch`: records between two looks at whether one is due, or whether it is time to stop.
    """

    seconds: float = 10.0
    share: float = 20.0
    batch: int = BATCH


@calmed_collector()
def fold_partition(
    settings: Settings,
    plan: ReplayPlan,
    planned: PlannedPartition,
    *,
    report: Callable[[int], None],
    stop: Callable[[], bool],
    pace: Pace,
) -> list[Path]:
    """Fold a partition from its checkpoint, or from its beginning, and write its contests' results; where they are.

    Whenever it is killed, it goes on from its last checkpoint, and ends in the same bytes. The checkpoint stays when it is
    done, and tells the next run of the plan so.

    Args:
        settings: where Kafka and HOME are.
        plan: what is replayed.
        planned: the partition.
        report: told the next position after each batch.
        stop: whether to stop, asked after each batch.
        pace: how often checkpoints are written.

    Raises:
        StoppedError: when it was told to stop, after a checkpoint.
        UsageError: when the log ends before the plan does; as `make_result`.
        DataError: when the beginning of the log is gone; as `make_result`.
        RuleError: as `make_result`.
        DependencyError: when the brokers do not answer.
    """
    high = log_end(settings, planned.partition)
    if high <= planned.last:
        raise UsageError(
            f"the log's partition {planned.partition} ends at {high - 1}, and the plan at {planned.last}: it is of "
            "another log"
        )
    kept, plan_id = checkpoint_path(settings, plan.id, planned.partition), plan.id
    if (done := load_done(kept)) is not None:
        report(planned.last + 1)
        return done
    place = load(kept, plan, planned) or begin(plan, planned)
    report(place.next)
    due = time.monotonic() + pace.seconds
    for batch in batches(settings, planned.partition, planned.last, place.next, most=pace.batch):
        for message in batch:
            folding = place.foldings.get(message.key())
            if folding is not None:
                folding.take(message.offset(), message.value())
        if batch:
            place.next = batch[-1].offset() + 1
            report(place.next)
        stopped = stop()
        if stopped or time.monotonic() >= due:
            begun = time.monotonic()
            save(kept, place)
            due = time.monotonic() + max(pace.seconds, pace.share * (time.monotonic() - begun))
        if stopped:
            raise StoppedError
    written = []
    for contest in planned.contests:
        # a result is the last that is asked of a state: it makes room
        folded = place.foldings.pop(contest.contest.encode()).end(planned.last)
        names = names_for(settings, folded, plan.what_if)
        written.append(write_result(settings, make_result(plan_id, plan.what_if, contest, folded, names)))
    save_done(kept, written)
    return written


@contextmanager
def told_to_stop(*, orphaned: bool = False) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or an end was asked for, which wait until it is looked at; not outside of the main thread.

    With *orphaned* also whether the process that began this one has gone.
    """
    stop, parent = threading.Event(), os.getppid()

    def handle(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {one: signal.signal(one, handle) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: stop.is_set() or (orphaned and os.getppid() != parent)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
