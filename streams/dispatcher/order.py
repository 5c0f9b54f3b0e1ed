"""What is judged next: the waiting tasks of one lane, in the order that starves no team and no contest."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator

from streams.dispatcher.task import Key, Task

__all__ = ["Pauses", "Waiting"]


class Pauses:
    """What is paused now: (contest, problem, language), None for any.

    A pause holds submissions. It does not hold rejudgings, on whatever lane: the jury asks for those itself, and after bad
    test data does so while the problem is paused; one that is to stop is cancelled.
    """

    def __init__(self) -> None:
        self._pauses: set[tuple[str, str | None, str | None]] = set()

    def change(self, contest: str, problem: str | None, language: str | None, *, paused: bool) -> None:
        """Pause, or take back the pause with the same problem and language. Idempotent."""
        if paused:
            self._pauses.add((contest, problem, language))
        else:
            self._pauses.discard((contest, problem, language))

    def __iter__(self) -> Iterator[tuple[str, str | None, str | None]]:
        return iter(self._pauses)

    def hold(self, task: Task) -> bool:
        """Whether the task must wait. Pure."""
        return task.judging == 0 and any(
            contest == task.contest and problem in (None, task.problem_id) and language in (None, task.language_id)
            for contest, problem, language in self._pauses
        )


class Waiting:
    """Tasks in the order (not given back, contest priority, tasks the team has in flight, submitted_at).

    Those that a pause holds are kept apart: however many they are, the next one is found as if they were not there.
    """

    def __init__(self, paused: Callable[[Task], bool]) -> None:
        self._paused = paused
        self._teams: dict[tuple[str, str], list[tuple[tuple[int, ...], Task]]] = {}
        self._apart: dict[Key, Task] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count + len(self._apart)

    def __iter__(self) -> Iterator[Task]:
        yield from (task for tasks in self._teams.values() for _, task in tasks)
        yield from self._apart.values()

    def add(self, task: Task) -> None:
        """The task waits for its turn, or for the end of a pause."""
        if self._paused(task):
            self._apart[task.key] = task
            return
        insort(self._teams.setdefault(task.team, []), (task.rank, task), key=lambda entry: entry[0])
        self._count += 1

    def remove(self, task: Task) -> None:
        """The task no longer waits."""
        if self._apart.pop(task.key, None) is not None:
            return
        tasks = self._teams[task.team]
        tasks.remove((task.rank, task))
        self._count -= 1
        if not tasks:
            del self._teams[task.team]

    def changed(self, contest: str) -> None:
        """The contest's pauses are not what they were."""
        moved = [task for task in self if task.contest == contest and self._paused(task) != (task.key in self._apart)]
        for task in moved:
            self.remove(task)
            self.add(task)

    def next(self, flight: Counter[tuple[str, str]], held: Callable[[Task], bool]) -> Task | None:
        """The task whose turn it is; None when none waits that is neither paused nor held. Pure.

        *flight* tells how many tasks of a team are on their way in this lane.
        """
        best: tuple[tuple[int, ...], Task] | None = None
        for team, tasks in self._teams.items():
            task = next((task for _, task in tasks if not held(task)), None)
            if task is not None:
                late, priority, *rest = task.rank
                turn = (late, priority, flight[team], *rest)
                if best is None or turn < best[0]:
                    best = (turn, task)
        return None if best is None else best[1]
