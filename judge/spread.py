"""Long judgings spread over slots that have nothing to do: these run the next tests ahead of the slot that judges.

That slot goes through the tests in their order as it would alone, and takes what others have found for found. So verdict,
score and the runs that are told do not depend on who has run what. A run is told as soon as it is certain that it counts:
when it ends, where every test is run whatever fails; else, made ahead, when all before it have passed. What was run in vain
is not told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final, Protocol

from judge.claim import Claim
from judge.testing import Tested, now_ms, result_of
from packages.grading import Plan
from packages.results import CaseResult, Graded, Step
from schemas.errors import JudgeError

__all__ = ["Share", "Spread", "Tell", "TestsIn"]

log = logging.getLogger(__name__)

TestsIn = Callable[[Claim], Callable[[Step], Tested]]
"""Makes what runs a step in a claim's containers. Called by each slot for itself."""

Tell = Callable[[Step, Tested], None]
"""Is told each step that counts, and what came of it, from whatever thread; it must not wait for anything."""


class Share(Protocol):
    """As Spread.judging, for tasks of one lane."""

    def __call__(
        self, package: Graded, tests_in: TestsIn, claim: Claim, tell: Tell, *, all_tests: bool = False
    ) -> AbstractContextManager[Callable[[Step], Tested]]:
        """See Spread.judging."""


_WORTH_S: Final = 1.0
"""What is left of a judging, by its tests so far, must take so long: whoever helps may need new containers, 0.3 s each."""

_AHEAD: Final = 16
"""Tests that are run, or were, before it is known that they count: what a failure makes vain, and what is kept of them."""

_LOOK_S: Final = 0.25
"""So often, and between two runs, one who helps looks for a task of its own. A look takes 60 ms."""

_LATE_S: Final = 60.0
"""After so long the slot that judges runs a test itself that another one has begun: its engine may not answer."""


class Spread:
    """The judgings of one host that are open to others. Safe in threads."""

    def __init__(self, claim: Callable[[int], AbstractContextManager[Claim]], *, worth_s: float = _WORTH_S) -> None:
        """*claim* is a slot's containers, as Pool.claim gives them."""
        self._claim, self._worth_s = claim, worth_s
        self._lock = threading.Lock()
        self._open: list[tuple[str, _Judging]] = []

    @contextmanager
    def judging(
        self,
        package: Graded,
        tests_in: TestsIn,
        claim: Claim,
        tell: Tell,
        *,
        all_tests: bool = False,
        lane: str = "live",
    ) -> Iterator[Callable[[Step], Tested]]:
        """What runs a judging's steps, in the order of a Plan of these arguments; others may have run some already.

        It raises what running the step here raises; a fault elsewhere is none: the step is run again here, if it counts.
        *tell* is told each step once, before it is returned here.
        """
        one = _Judging(package, tests_in, claim, tell, all_tests=all_tests)
        entry = (lane, one)

        def test(step: Step) -> Tested:
            if not one.is_open and one.left_s(step) >= self._worth_s:
                one.open()
                with self._lock:
                    self._open.append(entry)
            return one.test(step)

        try:
            yield test
        finally:
            one.close()
            with self._lock:
                if entry in self._open:
                    self._open.remove(entry)

    def help(self, slot: int, leaves: Callable[[], bool], *, lanes: Collection[str] = ("live",)) -> None:
        """Run tests of one of the others' judgings in this idle slot, until there are none, or the slot *leaves*.

        *lanes* are those that the slot takes tasks of.

        Raises:
            Exception: what *leaves* raises.
        """
        with self._lock:
            one = next((one for lane, one in self._open if lane in lanes and one.wants), None)
        if one is None:
            return
        with self._claim(slot) as claim:
            try:
                test = one.tests_in(claim)
            except Exception as error:  # whatever it is, the slot that judges has not met it, or does itself
                log.warning("slot %d cannot help: %s", slot, error)
                return
            one.help(test, leaves)


class _Judging:
    """One judging: its own slot calls `test`, others `help`."""

    def __init__(self, package: Graded, tests_in: TestsIn, claim: Claim, tell: Tell, *, all_tests: bool) -> None:
        self.tests_in = tests_in
        self._package, self._all_tests = package, all_tests
        self._test = tests_in(claim)
        self._tell = tell
        self._since = time.monotonic()
        self._results: list[CaseResult] = []
        """Of the steps that are through, in their order."""
        self._through: set[str] = set()
        self._changed = threading.Condition()
        self._ahead: Plan | None = None
        """Once it is open: hands out what may count by all that is known. The fields below go with it, under the lock."""
        self._begun: set[str] = set()
        self._under_way: set[str] = set()
        self._found: dict[str, Tested] = {}
        self._untold: dict[str, Step] = {}
        """Of those that were found: it is not certain yet that they count."""
        self._told: set[str] = set()
        self._again: set[str] = set()
        """Steps at which somebody has failed."""
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether others may help."""
        return self._ahead is not None

    @property
    def wants(self) -> bool:
        """Whether others should."""
        with self._changed:
            return not self._closed and self._room

    @property
    def _room(self) -> bool:
        return len(self._under_way) + len(self._found) + len(self._again) < _AHEAD

    def left_s(self, step: Step) -> float:
        """About how long it would still take alone from this step on; 0 before the first one has ended."""
        each = (time.monotonic() - self._since) / max(1, len(self._results))
        return each * (len(self._package.test_cases) - step.ordinal + 1) if self._results else 0.0

    def open(self) -> None:
        """Let others help from here on."""
        ahead = Plan(self._package, all_tests=self._all_tests)
        for result in self._results:
            ahead.take()  # the same step: what is handed out follows from the results
            ahead.add(result)
        with self._changed:
            self._ahead = ahead

    def close(self) -> None:
        """It is over: whoever helps ends after the run that is under way, and nothing more is told."""
        with self._changed:
            self._closed = True

    def test(self, step: Step) -> Tested:
        """What came of the next step."""
        tested = self._test(step) if self._ahead is None else self._together(self._ahead, step)
        result = result_of(self._package, step, tested)
        self._results.append(result)
        with self._changed:
            self._through.add(step.name)
            if step.name not in self._told:
                self._say(step, tested)
            if self._ahead is not None:
                self._under_way.discard(step.name)
                self._again.discard(step.name)
                self._found.pop(step.name, None)
                if step.name in self._begun:
                    self._ahead.add(result)
                self._say_what_counts(self._ahead)
        return tested

    def _say(self, step: Step, tested: Tested) -> None:
        self._tell(step, tested)
        self._told.add(step.name)

    def _taken_over(self, step: Step) -> Tested | None:
        """What another slot has found, if any; where it was not told yet, it counts only now."""
        found = self._found.pop(step.name, None)
        if found is not None and self._untold.pop(step.name, None) is not None:
            found = replace(found, ended_ms=now_ms())
        return found

    def _say_what_counts(self, ahead: Plan, ended: str = "") -> None:
        """Tell what was found and is certain to count by now; all but the step that has just *ended* only now does."""
        for name, step in tuple(self._untold.items()):
            if self._closed or not ahead.counts(step):
                continue
            del self._untold[name]
            if name != ended:
                self._found[name] = replace(self._found[name], ended_ms=now_ms())
            try:
                self._say(step, self._found[name])
            except Exception as error:  # as any failure elsewhere: the slot that judges meets it again
                log.warning("%s: a run ahead cannot be told: %s", name, error)
                del self._found[name]
                self._again.add(name)

    def help(self, test: Callable[[Step], Tested], leaves: Callable[[], bool]) -> None:
        """Run steps with *test* until none can begin, or the slot *leaves*."""
        looked = time.monotonic()
        while (step := self._take()) is not None:
            if not self._attempt(step, test):
                return  # this slot may be no help at all
            if time.monotonic() - looked >= _LOOK_S:
                if leaves():
                    return
                looked = time.monotonic()

    def _take(self) -> Step | None:
        """The next step for one who helps."""
        with self._changed:
            if self._ahead is None or self._closed or not self._room:
                return None
            return self._begin(self._ahead)

    def _begin(self, ahead: Plan) -> Step | None:
        try:
            step = ahead.take()
        except JudgeError:  # scores that cannot be: the judging's own plan says so in its turn
            return None
        if step is not None:
            self._begun.add(step.name)
            self._under_way.add(step.name)
        return step

    def _attempt(self, step: Step, test: Callable[[Step], Tested]) -> bool:
        """Run a step ahead. Returns whether that went well; else the step is left to its turn, which may never come."""
        result = None
        try:
            tested = test(step)
            result = result_of(self._package, step, tested)
        except Exception as error:  # it counts only where the slot that judges meets it again
            log.warning("%s: a run ahead failed: %s", step.name, error)
        finally:
            with self._changed:
                self._under_way.discard(step.name)
                if step.name in self._through:
                    pass  # it came too late
                elif result is None or self._ahead is None:
                    self._again.add(step.name)
                else:
                    self._found[step.name] = tested
                    self._untold[step.name] = step
                    self._ahead.add(result)
                    self._say_what_counts(self._ahead, step.name)
                self._changed.notify_all()
        return result is not None

    def _together(self, ahead: Plan, step: Step) -> Tested:
        """The step, found or run here; while another slot runs it, this one runs others ahead."""
        while True:
            with self._changed:
                found = self._taken_over(step)
                if found is not None:
                    return found
                if step.name in self._again:
                    break
                elsewhere = step.name in self._under_way
                other = self._begin(ahead) if self._room or not elsewhere else None
                if other is None:
                    if not elsewhere or not self._changed.wait_for(lambda: step.name not in self._under_way, _LATE_S):
                        break
                    continue
            if other.name == step.name:
                break
            self._attempt(other, self._test)
        tested = self._test(step)
        with self._changed:
            self._through.add(step.name)
            return self._taken_over(step) or tested  # another slot was only slow, and what it found may have been told
