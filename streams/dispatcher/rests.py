"""Tasks that a host has failed at, left to another one or given back: when they are sent again, and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from streams.dispatcher.host import Host
from streams.dispatcher.task import Key, Task

__all__ = ["DECLINES", "KEPT_TICKS", "RETURN_TICKS", "Rests", "avoided"]

KEPT_TICKS = 30
"""So long a task at which a host has failed waits until another one has an idle slot; then any host may have it."""

DECLINES = 3
"""So often it is sent for a host that has not failed at it: each time the others stand aside for some 3 s."""

DECLINE_TICKS = 2
"""Rest of a task that was declined: by then the slots of that host stand aside, and no other's."""

RETURN_TICKS = (4, 30)
"""First and longest rest of a task that was given back, as something was away: this doubles with each time."""


class Rests:
    """Which waiting tasks are not sent yet. Forgotten at a takeover: they are sent at once."""

    def __init__(self) -> None:
        self._resting: Counter[Key] = Counter()
        """For how many more ticks."""
        self._kept: Counter[Key] = Counter()
        """For how many more ticks at most, until there is an idle slot of another host."""

    def failed(self, task: Task) -> None:
        """A host has failed at the task."""
        self._kept[task.key] = KEPT_TICKS

    def declined(self, task: Task) -> None:
        """A host has left the task to another one."""
        self._resting[task.key] = DECLINE_TICKS

    def returned(self, task: Task) -> None:
        """A host has given the task back."""
        first, longest = RETURN_TICKS
        self._resting[task.key] = min(first << min(task.returned, 10), longest)

    def tick(self) -> None:
        """A second has passed."""
        self._resting, self._kept = _less(self._resting), _less(self._kept)

    def hold(self, task: Task, hosts: Mapping[str, Host]) -> bool:
        """Whether the task rests, or is kept for the idle slot of a host that has not failed at it."""
        if task.key in self._resting:
            return True
        if task.key not in self._kept or task.declined >= DECLINES:
            return False
        others = _others(task, hosts)
        return any(host.takes(task.lane) for host in others) and not any(host.idle(task.lane) > 0 for host in others)


def avoided(task: Task, hosts: Mapping[str, Host]) -> tuple[str, ...]:
    """The hosts that failed at the task, where another one has an idle slot for it: who declines stands aside. Pure."""
    idle = any(host.idle(task.lane) > 0 for host in _others(task, hosts))
    return task.failed if task.declined < DECLINES and idle else ()


def _others(task: Task, hosts: Mapping[str, Host]) -> list[Host]:
    return [host for name, host in hosts.items() if name not in task.failed]


def _less(ticks: Counter[Key]) -> Counter[Key]:
    """A tick later. Pure."""
    return Counter({key: left - 1 for key, left in ticks.items() if left > 1})
