"""What a judge host says on `judge-reports`: it lives, a task is claimed, runs end, a task is finished or has faulted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from judge.standing import Standing
from schemas.clock import Clock
from schemas.errors import DataError, DependencyError
from schemas.events import Run
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.topics import MAX_MESSAGE_BYTES
from schemas.work import (
    HostReported,
    JudgeTask,
    RunningTask,
    RunsReported,
    TaskClaimed,
    TaskDeclined,
    TaskFaulted,
    TaskFinished,
    TaskRefused,
)

__all__ = ["TOPIC", "Reporter"]

log = logging.getLogger(__name__)

TOPIC = "judge-reports"
BEAT_S = 1.0
"""A silent host is missed within a few."""

RUNS_S = 0.5
"""Batches of runs: with the way through the queue they are in the log within a second of their end."""

ROOM = 16_384
"""Bytes of a refusal that are not the refused value."""


class Reporter:
    """Writes a host's reports. Safe in threads; a beat a second runs on a thread of its own until `close`."""

    def __init__(
        self,
        producer: Producer,
        clock: Clock,
        host: str,
        slots: int,
        languages: tuple[str, ...],
        *,
        live_slots: int = 0,
        standing: Standing | None = None,
    ) -> None:
        self._producer, self._clock = producer, clock
        self.host, self._slots, self._languages = host, slots, languages
        self._live_slots = live_slots
        self.standing = standing or Standing()
        self._instance = new_id()
        self._lock = threading.Lock()
        self._running: dict[int, JudgeTask] = {}
        self._runs: dict[int, list[Run]] = {}
        self._batches: dict[int, list[tuple[RunsReported, Future[int]]]] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._beats, name="reports", daemon=True)
        self._thread.start()

    def claimed(self, slot: int, task: JudgeTask) -> int:
        """Say that the slot begins with the task. Returns the time that was reported."""
        now = self._clock.now_ms()
        with self._lock:
            self._running[slot] = task
            self._runs[slot] = []
            self._batches[slot] = []
        self._send(TaskClaimed(**self._head(slot, task, now), started_at=now))
        return now

    def run(self, slot: int, run: Run) -> None:
        """Note a run; it is reported with the next beat, at the latest before the task's end."""
        with self._lock:
            self._runs[slot].append(run)

    def finished(self, slot: int, task: JudgeTask, fields: dict[str, Any]) -> None:
        """Report the judgement and wait until Kafka has it, however long the broker is away.

        *fields* are those of TaskFinished that the task does not say itself.
        """
        self._flush(slot)
        report = TaskFinished(
            **self._head(slot, task, self._clock.now_ms()),
            team_id=task.team_id,
            problem_id=task.problem_id,
            language_id=task.language_id,
            submitted_at=task.submitted_at,
            package=task.package,
            **fields,
        )
        self._insist_on_runs(slot)
        self._insist(lambda: self._send(report))
        self._clear(slot)

    def faulted(self, slot: int, task: JudgeTask, why: str) -> None:
        """Report that the judge itself failed at the task, and wait until Kafka has it."""
        self._flush(slot)
        report = TaskFaulted(**self._head(slot, task, self._clock.now_ms()), why=why[:2000])
        self._insist(lambda: self._send(report))
        self._clear(slot)

    def declined(self, slot: int, task: JudgeTask) -> None:
        """Step aside, report that this host leaves the task to another one, and wait until Kafka has it."""
        self.standing.step_aside()
        report = TaskDeclined(**self._head(slot, task, self._clock.now_ms()))
        self._insist(lambda: self._send(report))

    def given_back(self, slot: int, task: JudgeTask) -> None:
        """Report that the slot, which has claimed the task, lets go of it, and wait until Kafka has it."""
        self._flush(slot)
        report = TaskDeclined(**self._head(slot, task, self._clock.now_ms()))
        self._insist(lambda: self._send(report))
        self._clear(slot)

    def refused(self, topic: str, position: int, key: bytes | None, value: bytes, why: str) -> None:
        """Report a record that no judge can use, and wait until Kafka has it: the queue buries its bytes."""
        if len(value) + len(key or b"") > MAX_MESSAGE_BYTES - ROOM:
            why, value = f"{why} (its {len(value)} bytes are too many to be reported)", b""
        report = TaskRefused(
            recorded_at=self._clock.now_ms(),
            recorded_by=self.host,
            host=self.host,
            topic=topic,
            position=position,
            key=key,
            value=value,
            why=why[:2000],
        )
        self._insist(lambda: self._send(report))

    def waiting(self, slot: int, why: str) -> None:
        """Say with the next beats that the slot waits, and why; empty: it goes on. A host waits while any slot does."""
        self.standing.waiting(slot, why)

    def close(self) -> None:
        """Say goodbye: no slots any more. Idempotent."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join()
            self._slots = 0
            self._beat()

    def _head(self, slot: int, task: JudgeTask, now: int) -> dict[str, Any]:
        return {
            "contest": task.contest,
            "recorded_at": now,
            "recorded_by": self.host,
            "submission_id": task.submission_id,
            "judging": task.judging,
            "attempt": task.attempt,
            "host": self.host,
            "slot": slot,
        }

    def _beats(self) -> None:
        beat = time.monotonic()
        while not self._closing.wait(RUNS_S):
            for slot in tuple(self._runs):
                self._flush(slot)
            if time.monotonic() - beat >= BEAT_S - RUNS_S / 2:
                beat = time.monotonic()
                self._beat()

    def _beat(self) -> None:
        state, why = self.standing.told()
        with self._lock:
            running = tuple(
                RunningTask(t.contest, t.submission_id, t.judging, t.attempt, slot) for slot, t in self._running.items()
            )
        self._send(
            HostReported(
                recorded_at=self._clock.now_ms(),
                recorded_by=self.host,
                host=self.host,
                instance=self._instance,
                slots=self._slots,
                languages=self._languages,
                running=running,
                state=state,
                why=why[:2000],
                live_slots=self._live_slots,
                lacks=self.standing.lacks,
                helping=self.standing.helping,
            )
        )

    def _flush(self, slot: int) -> None:
        with self._lock:
            task, runs = self._running.get(slot), self._runs.get(slot)
            if task is None or not runs:
                return
            self._runs[slot] = []
            report = RunsReported(**self._head(slot, task, self._clock.now_ms()), runs=tuple(runs))
            # under the lock: who insists on the runs finds every batch
            self._batches[slot].append((report, self._send(report)))

    def _insist_on_runs(self, slot: int) -> None:
        """Send again what Kafka did not get of the task's runs while its broker was away. At least once."""
        with self._lock:
            batches = self._batches[slot]
        for report, sent in batches:
            try:
                self._insist(partial(self._send, report), sent)
            except DataError as error:  # it will never be taken: the verdict counts without these runs
                log.error("%s: runs are lost: %s", report.submission_id, error)

    def _clear(self, slot: int) -> None:
        with self._lock:
            self._running.pop(slot, None)
            self._runs.pop(slot, None)
            self._batches.pop(slot, None)

    def _send(self, report: Any) -> Future[int]:
        return self._producer.send(TOPIC, None, report, partition=0)

    def _insist(self, send: Callable[[], Future[int]], sent: Future[int] | None = None) -> None:
        """A verdict is worth waiting for: a broker that is away is back-pressure. At least once.

        *sent*: what was sent already; it is sent again only if that has failed.
        """
        while True:
            try:
                (sent or send()).result()
            except DependencyError:
                sent = None
                if self._closing.wait(1.0):  # the task is not acknowledged and goes to another slot
                    raise
            else:
                return
