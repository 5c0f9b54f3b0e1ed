"""A slot: takes one task at a time, reads the submission, judges it, reports, and only then lets go of the task."""

from __future__ import annotations

import logging
import threading
import time
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

_AWAY_S = 1.0
"""How long a slot takes nothing after it gave a task back: what is away for one is often away for the next as well."""

_TOLD_S = 45.0
"""How long a slot tells what was away, unless it judges something: the queue sends the task again within 30 s."""


class Core(Protocol):
    """Judges one submission in this slot's containers."""

    def judge(self, task: JudgeTask, submission: Submission, on_run: Callable[[Run], None]) -> dict[str, Any]:
        """The fields of the finished report.

        Raises:
            JudgeError: when the judge itself failed.
            DependencyError: when the package, an image or the engine is away.
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
    _told_until: float = 0.0

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
        if 0 < self._told_until < time.monotonic():
            self._goes_on()
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
            self.reporter.standing.help(self.number, on=True)
            try:
                self.help(self.number, leaves)
            finally:
                self.reporter.standing.help(self.number, on=False)
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
        failed = True
        try:
            fields = self._judge(task)
        except DependencyError as error:
            if self._ends(task, error):
                return
            self._give_back(task, str(error))
        except Exception as error:
            self._goes_on()
            if self._ends(task, error):
                return
            if isinstance(error, (JudgeError, DataError)):
                log.warning("%s: attempt %d faulted: %s", task.submission_id, task.attempt, error)
            else:
                log.exception("%s: attempt %d failed in the judge itself", task.submission_id, task.attempt)
            self.reporter.faulted(self.number, task, f"{type(error).__name__}: {error}")
        else:
            failed = False
            self._goes_on()
            self.reporter.finished(self.number, task, fields)
            self.judged(task.lane, fields["verdict"])
        queue.done(taken)
        if failed and self.care is not None:
            self.care.faulted(self.number)
        if self._told_until:
            self.stopping.wait(_AWAY_S)

    def _give_back(self, task: JudgeTask, why: str) -> None:
        """A missing package, image or engine is an alert, not an attempt: another host may have what this one lacks.

        The slot may judge something else meanwhile, be paused, or be drained.
        """
        log.error("%s: given back: %s", task.submission_id, why)
        self.reporter.waiting(self.number, why)
        self._told_until = time.monotonic() + _TOLD_S
        self.reporter.given_back(self.number, task)

    def _ends(self, task: JudgeTask, error: Exception) -> bool:
        """Whether what failed did so with the host's end, which takes the containers away: another host gets the task."""
        if self.stopping.is_set():
            log.warning("%s: not judged to its end: %s", task.submission_id, error)
        return self.stopping.is_set()

    def _goes_on(self) -> None:
        if self._told_until:
            self._told_until = 0.0
            self.reporter.waiting(self.number, "")

    def _judge(self, task: JudgeTask) -> dict[str, Any]:
        submission = codec().decode(self.submission_at(task.partition, task.position))
        if not isinstance(submission, Submission) or submission.id != task.submission_id:
            raise DataError(f"position {task.position} of log-{task.partition} is not submission {task.submission_id}")
        return self.core.judge(task, submission, lambda run: self.reporter.run(self.number, run))
