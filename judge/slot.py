"""A slot: takes one task at a time, reads the submission, judges it, reports, and only then lets go of the task."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from judge.care import Care
from judge.queue import Taken, TaskQueue
from judge.reports import Reporter
from schemas.codec import codec
from schemas.errors import DataError, DecodeError, DependencyError, JudgeError
from schemas.events import Run, Submission
from schemas.topics import LANES
from schemas.work import JudgeTask

__all__ = ["Core", "Slot"]

log = logging.getLogger(__name__)

_TAKE_S = 1.0
"""How long a slot waits for a task before it looks whether the host is stopping."""

_ASIDE_S = 0.1
"""How often a slot that steps aside looks whether it may go on."""

_AWAY_S = (1.0, 30.0)
"""First and longest pause before a store or a broker that is away is asked again."""


class Core(Protocol):
    """Judges one submission in this slot's containers."""

    def judge(self, task: JudgeTask, submission: Submission, on_run: Callable[[Run], None]) -> dict[str, Any]:
        """The fields of the finished report.

        Raises:
            JudgeError: when the judge itself failed.
            DependencyError: when the package cannot be got.
        """

    def close(self) -> None:
        """Leave no container behind."""


@dataclass(slots=True)
class Slot:
    """One of a host's slots, run on a thread of its own; *join* gives it an end of the queue."""

    number: int
    join: Callable[[], TaskQueue]
    reporter: Reporter
    core: Core
    submission_at: Callable[[int, int], bytes]
    stopping: threading.Event
    judged: Callable[[str, str], None] = lambda _lane, _verdict: None
    care: Care | None = None
    help: Callable[[int, Callable[[], bool]], None] = lambda _slot, _leaves: None
    """As judge.spread.Spread.help."""

    def run(self) -> None:
        """Take and do tasks until the host stops. At least once: a task in hand when the process dies is done again.

        While the host takes none, the slot leaves the queue: what its client has fetched ahead goes to others.
        """
        queue: TaskQueue | None = None
        try:
            self._rest()
            while not self.stopping.is_set():
                if not self._takes:
                    if queue is not None:
                        queue.close()
                        queue = None
                    self.stopping.wait(_TAKE_S)
                    self._rest()
                    continue
                if self.reporter.standing.aside:
                    self.stopping.wait(_ASIDE_S)
                    continue
                queue = queue or self.join()
                taken = queue.take(_TAKE_S)
                if taken is None:
                    self._rest()
                    taken = self._help(queue)
                if taken is None:
                    continue
                if self.stopping.is_set() or not self._takes:
                    queue.release(taken)
                else:
                    self._do(queue, taken)
        finally:
            if queue is not None:
                queue.close()

    @property
    def _takes(self) -> bool:
        return self.reporter.standing.takes

    def _rest(self) -> None:
        if self.care is not None:
            self.care.rest(self.number)

    def _help(self, queue: TaskQueue) -> Taken | None:
        """Run tests of other slots' judgings, until there are none or a task has come: that one."""
        found: list[Taken] = []

        def leaves() -> bool:
            if self.stopping.is_set() or not self._takes or self.reporter.standing.aside:
                return True
            taken = queue.take(0.0)
            if taken is not None:
                found.append(taken)
            return bool(found)

        if self._takes:
            self.help(self.number, leaves)
        return found[0] if found else None

    def _do(self, queue: TaskQueue, taken: Taken) -> None:
        try:
            task = codec().decode(taken.value)
            if not isinstance(task, JudgeTask):
                raise DecodeError(f"a {type(task).__name__} is no task")
        except DecodeError as error:
            # the queue's table dispatches again what it is owed; bytes that are no task name none
            log.error("a record on the lane %s is no task: %s", taken.lane, error)
            self.reporter.refused(LANES[taken.lane], taken.position, taken.key, taken.value, str(error))
            queue.done(taken)
            return
        if self.reporter.host in task.avoid:
            self.reporter.declined(self.number, task)
            queue.done(taken)
            return
        self.reporter.claimed(self.number, task)
        faulted = True
        try:
            fields = self._insist(lambda: self._judge(task))
        except (JudgeError, DataError) as error:
            log.warning("%s: attempt %d faulted: %s", task.submission_id, task.attempt, error)
            self.reporter.faulted(self.number, task, f"{type(error).__name__}: {error}")
        except _StoppingError:
            return  # not acknowledged: another slot gets the task when this process has gone
        except Exception as error:
            log.exception("%s: attempt %d failed in the judge itself", task.submission_id, task.attempt)
            self.reporter.faulted(self.number, task, f"{type(error).__name__}: {error}")
        else:
            faulted = False
            self.reporter.finished(self.number, task, fields)
            self.judged(task.lane, fields["verdict"])
        queue.done(taken)
        if faulted and self.care is not None:
            self.care.faulted(self.number)

    def _judge(self, task: JudgeTask) -> dict[str, Any]:
        submission = codec().decode(self.submission_at(task.partition, task.position))
        if not isinstance(submission, Submission) or submission.id != task.submission_id:
            raise DataError(f"position {task.position} of log-{task.partition} is not submission {task.submission_id}")
        return self.core.judge(task, submission, lambda run: self.reporter.run(self.number, run))

    def _insist(self, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Wait out what is away: a missing package or broker is back-pressure and an alert, not an attempt."""
        pause = _AWAY_S[0]
        try:
            while True:
                try:
                    return act()
                except DependencyError as error:
                    log.error("waiting: %s", error)
                    self.reporter.waiting(self.number, str(error))
                    if self.stopping.wait(pause):
                        raise _StoppingError from error
                    pause = min(pause * 2, _AWAY_S[1])
        finally:
            self.reporter.waiting(self.number, "")


class _StoppingError(Exception):
    """The host stops while a task waits for a dependency."""
