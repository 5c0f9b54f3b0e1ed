"""Running a plan: its partitions on all cores, each in a process of its own where there are several."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from schemas.errors import DependencyError, PodiumError, UsageError
from schemas.settings import Settings
from streams.replay.checkpoint import checkpoint_path
from streams.replay.files import folder
from streams.replay.fold import Pace, StoppedError, fold_partition, told_to_stop
from streams.replay.plan import PlannedPartition, ReplayPlan

__all__ = ["run_plan", "running"]

STOP_S = 60.0
"""A process that is told to stop writes a checkpoint, of seconds even for millions of records."""

Report = Callable[[int, int], None]
"""Told (records read, records to read)."""


def run_plan(
    settings: Settings, plan: ReplayPlan, *, report: Report, workers: int | None = None, pace: Pace | None = None
) -> list[Path]:
    """Run a plan; where its results are, in the order of the plan. It goes on where an earlier run of it was stopped.

    What that one had done is not done again. A plan that is done is begun anew.

    Args:
        settings: where Kafka and HOME are.
        plan: what is replayed.
        report: told how far it is.
        workers: processes; as many as there are cores unless it says how many.
        pace: how often checkpoints are written.

    Raises:
        KeyboardInterrupt: when it was told to stop; its checkpoints stay.
        UsageError: when the plan is run already; as `make_result`.
        RuleError, DataError: as `make_result`.
        DependencyError: when the brokers do not answer, or a process was killed.
    """
    pace = pace or Pace()
    count = min(len(plan.partitions), workers or os.cpu_count() or 1)
    places = dict.fromkeys((one.partition for one in plan.partitions), 0)
    total = sum(one.last + 1 for one in plan.partitions)

    def told(partition: int, position: int) -> None:
        places[partition] = position
        report(sum(places.values()), total)

    with running(settings, plan.id):
        written = _here(settings, plan, pace, told) if count == 1 else _Crew(settings, plan, pace, told).run(count)
        for one in plan.partitions:
            checkpoint_path(settings, plan.id, one.partition).unlink(missing_ok=True)
    return [path for one in plan.partitions for path in written[one.partition]]


@contextmanager
def running(settings: Settings, plan_id: str) -> Iterator[None]:
    """Hold the plan's lock, which ends with the process.

    Raises:
        UsageError: when another process holds it.
    """
    path = folder(settings) / f"run-{plan_id}.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"plan {plan_id} is being run by another process") from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _here(settings: Settings, plan: ReplayPlan, pace: Pace, told: Callable[[int, int], None]) -> dict[int, list[Path]]:
    """One after the other in this process: a process of its own would take a second to begin."""
    written = {}
    with told_to_stop() as stop:
        for planned in plan.partitions:
            report = partial(told, planned.partition)
            try:
                written[planned.partition] = fold_partition(
                    settings, plan, planned, report=report, stop=stop, pace=pace
                )
            except StoppedError:
                raise KeyboardInterrupt from None
    return written


class _Crew:
    """Processes that fold partitions, the largest first; each is given the next when it is done with one."""

    def __init__(self, settings: Settings, plan: ReplayPlan, pace: Pace, told: Callable[[int, int], None]) -> None:
        self._arguments = settings, plan, pace
        self._told = told
        self._waiting = sorted(plan.partitions, key=lambda one: one.records)
        self._left = len(plan.partitions)
        self._crew: dict[Connection, BaseProcess] = {}
        self._written: dict[int, list[Path]] = {}

    def run(self, count: int) -> dict[int, list[Path]]:
        """The results' places by partition.

        Raises:
            KeyboardInterrupt: when it was told to stop.
            PodiumError: what went wrong in a process.
        """
        # a fork would take over threads of the Kafka client that are none in the child
        context = multiprocessing.get_context("spawn")
        try:
            for _ in range(count):
                mine, its = context.Pipe()
                process: BaseProcess = context.Process(target=_work, args=(its, *self._arguments), daemon=True)
                process.start()
                its.close()
                self._crew[mine] = process
                self._give(mine)
            while self._left:
                for connection in wait(list(self._crew)):
                    self._hear(cast(Connection, connection))
        except BaseException:
            self._stop()
            raise
        for connection, process in self._crew.items():
            connection.close()
            process.join()
        return self._written

    def _give(self, connection: Connection) -> None:
        if self._waiting:
            connection.send(self._waiting.pop())

    def _hear(self, connection: Connection) -> None:
        try:
            what, partition, value = connection.recv()
        except (EOFError, ConnectionError):
            process = self._crew.pop(connection)
            process.join()
            raise DependencyError(
                f"a process of the replay has ended ({process.exitcode}); run the plan again: it goes on where it was"
            ) from None
        if what == "at":
            self._told(partition, value)
        elif what == "done":
            self._written[partition] = value
            self._left -= 1
            self._give(connection)
        elif what == "stopped":
            raise KeyboardInterrupt
        else:
            raise cast(PodiumError, value)

    def _stop(self) -> None:
        """Let the processes write their checkpoints and end."""
        for process in self._crew.values():
            if process.is_alive() and process.pid is not None:
                os.kill(process.pid, signal.SIGTERM)
        for connection, process in self._crew.items():
            process.join(STOP_S)
            process.kill()
            process.join()
            connection.close()


def _work(connection: Connection, settings: Settings, plan: ReplayPlan, pace: Pace) -> None:
    """A process of the crew: partitions in, positions and results out, until the other side closes."""
    with told_to_stop(orphaned=True) as stop:
        while True:
            try:
                if not connection.poll(1.0):
                    if stop():
                        return
                    continue
                planned: PlannedPartition = connection.recv()
                answer = _answer(connection, settings, plan, planned, pace, stop)
                connection.send(answer)
            except (EOFError, OSError):
                return  # whoever began this has its results, or has gone


def _answer(
    connection: Connection,
    settings: Settings,
    plan: ReplayPlan,
    planned: PlannedPartition,
    pace: Pace,
    stop: Callable[[], bool],
) -> tuple[str, int, Any]:
    partition = planned.partition
    try:
        written = fold_partition(
            settings,
            plan,
            planned,
            report=lambda position: connection.send(("at", partition, position)),
            stop=stop,
            pace=pace,
        )
    except StoppedError:
        return "stopped", partition, None
    except PodiumError as error:
        return "failed", partition, error
    return "done", partition, written
