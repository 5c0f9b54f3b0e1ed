"""How the results of test cases become a submission's verdict, its score and the scores of its groups.

Exact, and pure but for a legacy package's own grader: no file, no clock, no float. Whoever judges goes through it so:

    plan = Plan(package)                       # all_tests=True: whatever fails
    while (step := plan.take()) is not None:   # in the order of judging; several may be under way at once
        ...                                    # run `step.case`, or the static validator where it is None
        plan.add(case_result(package, step, verdict, score=score_txt, multiplier=score_multiplier_txt))
    plan.finished()                            # True now; with several under way maybe not yet
    grade = plan.grade()                       # verdict, score, scores of groups
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from packages.results import CaseResult, Grade, Graded, GraderRun, Step
from packages.scores import MOST_UNITS, case_result, most_of, scaled
from packages.steps import Node, steps, tree
from packages.walk import Walk, grade

__all__ = [
    "MOST_UNITS",
    "CaseResult",
    "Grade",
    "Graded",
    "GraderRun",
    "Plan",
    "Step",
    "case_result",
    "grade",
    "most_of",
    "scaled",
    "steps",
]


@dataclass(slots=True)
class _State:
    """How far a plan is with a group: the children before `position` are settled; `accepted` once it is `settled`."""

    position: int = 0
    failed: bool = False
    settled: bool = False
    accepted: bool = False


class Plan:
    """What of a package is still to be judged for one submission, given the results so far.

    Not more than what can matter: in a pass-fail problem nothing behind the first step that failed; in a scoring
    problem nothing behind one in the same group of `pass-fail` or `min` aggregation; in a legacy package as `on_reject`
    says. A group with `require_pass` waits for the groups that it names, and is left out when one of them fails.
    What is handed out follows from the results alone, and the grade does not depend on the order that they come in.
    Not safe in threads: its owner locks.
    """

    def __init__(self, package: Graded, *, all_tests: bool = False, grader: GraderRun | None = None) -> None:
        """Plan a submission's judging; with *all_tests* nothing is left out but what `require_pass` forbids."""
        self._package = package
        self._all_tests = all_tests
        self._grader = None if grader is None else functools.cache(grader)
        self.steps = steps(package)
        """All of them, in order."""
        self._root = tree(package, self.steps, all_tests=all_tests)
        self._states: defaultdict[Node, _State] = defaultdict(_State)
        self._taken: set[str] = set()
        self._results: dict[str, CaseResult] = {}
        self._places: dict[str, tuple[tuple[Node, int], ...]] = {}

    def take(self) -> Step | None:
        """The next step to run, in the order of judging; None when nothing can begin now: see `finished`.

        Raises:
            JudgeError: when a legacy package's grader fails at a folder that is complete.
        """
        step = next(self._ready(self._root), None)
        if step is not None:
            self._taken.add(step.name)
        return step

    def add(self, result: CaseResult) -> None:
        """The result of a step that was taken.

        Raises:
            ValueError: for another's.
        """
        if result.name not in self._taken:
            raise ValueError(f"{result.name}: was not taken")
        self._results[result.name] = result

    def finished(self) -> bool:
        """Whether the grade is settled: there is nothing to take and no result to wait for that matters.

        It may be so while steps that were taken are still running: they change nothing any more and can be ended.

        Raises:
            JudgeError: as `take`.
        """
        return self._settle(self._root)

    def counts(self, step: Step) -> bool:
        """Whether the step is judged whatever comes of those that have no result yet. Once it is so it stays so.

        Raises:
            JudgeError: as `take`.
        """
        if not self._places:
            self._places = dict(_places(self._root))
        return all(
            all(self._passed(required) for required in node.requires)
            and all(self._passed(before) for before in node.children[:index] if node.ends_at(before))
            for node, index in self._places[step.name]
        )

    def grade(self) -> Grade:
        """The grade, once `finished`.

        Raises:
            JudgeError: as the function `grade`.
        """
        return grade(self._package, self._results.values(), grader=self._grader)

    def _ready(self, node: Node) -> Iterator[Step]:
        if self._settle(node) or not all(self._settle(required) for required in node.requires):
            return
        for index in range(self._states[node].position, len(node.children)):
            child = node.children[index]
            if isinstance(child, Node):
                yield from self._ready(child)
                if not self._settle(child):
                    continue
            elif child.name not in self._results:
                if child.name not in self._taken:
                    yield child
                continue
            if not self._accepted(child) and node.ends_at(child):
                return

    def _settle(self, node: Node) -> bool:
        """Go on over the children that are settled, in order. Returns whether the group's own result is known."""
        state = self._states[node]
        if state.settled:
            return True
        for required in node.requires:
            if not self._settle(required):
                return False
            if not self._states[required].accepted:
                state.settled = True
                return True
        while state.position < len(node.children):
            child = node.children[state.position]
            if not (self._settle(child) if isinstance(child, Node) else child.name in self._results):
                return False
            state.position += 1
            if not self._accepted(child):
                state.failed = True
                if node.ends_at(child):
                    break
        state.accepted = (
            self._verdict_of(node) if node.group.legacy is not None and not self._all_tests else not state.failed
        )
        state.settled = True
        return True

    def _passed(self, child: Node | Step) -> bool:
        known = self._settle(child) if isinstance(child, Node) else child.name in self._results
        return known and self._accepted(child)

    def _accepted(self, child: Node | Step) -> bool:
        if isinstance(child, Node):
            return self._states[child].accepted
        return self._results[child.name].verdict == "AC"

    def _verdict_of(self, node: Node) -> bool:
        """A legacy folder is accepted when its grader says so."""
        walk = Walk(self._package, self._results, self._grader)
        return not node.children or walk.folder(node).accepted


def _places(node: Node, above: tuple[tuple[Node, int], ...] = ()) -> Iterator[tuple[str, tuple[tuple[Node, int], ...]]]:
    """Where each step is: the groups around it, the outermost first, and its place among what each of them holds."""
    for index, child in enumerate(node.children):
        place = (*above, (node, index))
        if isinstance(child, Node):
            yield from _places(child, place)
        else:
            yield child.name, place
