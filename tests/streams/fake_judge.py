"""A judge without a sandbox: real share groups, real reports, verdicts from thin air."""

from __future__ import annotations

import threading

from judge.queue import ShareQueue
from judge.reports import Reporter
from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.events import Run
from schemas.producer import Producer
from schemas.settings import Settings
from schemas.work import JudgeTask


class FakeJudge:
    """*slots* threads that take and end tasks; with the `gate` closed a slot holds what it has taken until its `turn`."""

    def __init__(self, settings: Settings, slots: int = 2, host: str = "fake") -> None:
        self.taken: list[JudgeTask] = []
        self.faults = False
        """Whether it fails at each task."""
        self.verdicts: dict[str, str] = {}
        """Verdict by package; AC for others."""
        self.gate = threading.Event()
        self.gate.set()
        self.held = ""
        """The contest that a closed gate is for; empty: any. The log has what other tests have left."""
        self._looks = [False] * slots
        """Whether a slot may get a task now."""
        self._turns = threading.Semaphore(0)
        self._stopped = threading.Event()
        self._producer = Producer(settings)
        self.reporter = Reporter(self._producer, Clock(), host, slots, ("cpp",))
        self._threads = [threading.Thread(target=self._slot, args=(settings, slot)) for slot in range(slots)]
        for thread in self._threads:
            thread.start()

    def _slot(self, settings: Settings, slot: int) -> None:
        queue = ShareQueue(settings)
        while not self._stopped.is_set():
            standing = self.reporter.standing
            self._looks[slot] = True
            taken = queue.take(0.2) if standing.takes and not standing.aside else None
            self._looks[slot] = False
            if taken is None:
                self._stopped.wait(0.02)
                continue
            try:
                task = codec().decode(taken.value)
            except DecodeError:  # what a test of the queue left behind when it failed
                queue.done(taken)
                continue
            if self.reporter.host in task.avoid:
                self.reporter.declined(slot, task)
                queue.done(taken)
                continue
            self.taken.append(task)
            started = self.reporter.claimed(slot, task)
            while self.held in ("", task.contest) and not self._goes_on() and not self._stopped.is_set():
                pass
            if self._stopped.is_set():
                break
            if self.faults:
                self.reporter.faulted(slot, task, "the sandbox broke")
                queue.done(taken)
                continue
            self.reporter.run(slot, Run(1, "AC", 1, 1, 1000, started))
            self.reporter.finished(
                slot,
                task,
                {
                    "verdict": self.verdicts.get(task.package, "AC"),
                    "started_at": started,
                    "ended_at": started + 1,
                    "runs": 1,
                },
            )
            queue.done(taken)
        queue.close()

    def _goes_on(self) -> bool:
        return self.gate.is_set() or self._turns.acquire(timeout=0.05)

    def rests(self) -> bool:
        """Whether no slot is about to get a task; of a host that is paused none is from then on."""
        return not any(self._looks)

    def turn(self) -> None:
        """Let one slot end the task that it holds though the gate is closed."""
        self._turns.release()

    def close(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self.reporter.close()
        self._producer.close()
