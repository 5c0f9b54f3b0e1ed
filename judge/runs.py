"""The runs of a judging, told as they come to count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Final

from judge.outcome import TestRun
from judge.testing import Tested, result_of
from packages.model import ProblemPackage
from packages.results import Step

__all__ = ["Runs"]

_FEEDBACK_BYTES: Final = 64 << 10
"""Of a judging's feedback files, those of the first runs that are told: all may go into one record of the log."""


class Runs:
    """The runs of a judging: each is told once, as soon as it counts. Safe in threads."""

    def __init__(
        self, package: ProblemPackage, on_run: Callable[[TestRun], None], look_for: Collection[str] = ()
    ) -> None:
        """*on_run* is told each; it says which of the texts to *look_for* the message to the jury has."""
        self._package, self._on_run, self._look_for = package, on_run, look_for
        self._lock = threading.Lock()
        self._room = _FEEDBACK_BYTES
        self._made: dict[int, TestRun] = {}
        self.slots: set[int] = set()
        """Where they were made."""

    def tell(self, step: Step, tested: Tested) -> None:
        """A step counts. Without effect once it was told.

        Raises:
            JudgeError: when the validator's score is none, or more than may be.
            Exception: what *on_run* raises; then it has not been told.
        """
        with self._lock:
            if step.ordinal in self._made:
                return
            feedback = tested.feedback
            kept = feedback.kept(self._room) if tested.verdict != "AC" else ()
            run = TestRun(
                ordinal=step.ordinal,
                test=step.name,
                verdict=tested.verdict,
                cpu_ms=tested.cpu_ms,
                wall_ms=tested.wall_ms,
                memory_kib=tested.memory_kib,
                message=feedback.message,
                team_message=feedback.team_message,
                score=result_of(self._package, step, tested).score,
                feedback=kept,
                ended_ms=tested.ended_ms,
                said=frozenset(filter(feedback.says, self._look_for)),
            )
            self._on_run(run)
            self._room -= sum(len(file.name) + len(file.data) for file in kept)
            self._made[step.ordinal] = run
            self.slots.add(tested.slot)

    @property
    def in_order(self) -> tuple[TestRun, ...]:
        """Those told so far, in the order of judging."""
        return tuple(run for _, run in sorted(self._made.items()))
