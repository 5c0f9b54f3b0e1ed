"""The queue's table as it lies in Kafka, compared with what the log says is outstanding. Reads only.

What hosts, faults and reports have made of a task, no log says: how often it was tried, and where. But each judging that is
wanted and has no judgement is there, as it was asked for, and none that nobody asked for; none is a judging error that the log
does not call one; and so with the pauses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.ids import partition_of
from schemas.reader import bounds
from schemas.settings import Settings
from schemas.work import JudgingWanted
from streams.auditor.table import named_some, there
from streams.changelog import term_of, too_late
from streams.dispatcher.plans import Plans
from streams.dispatcher.state import CHANGELOG, pause_name, task_name
from streams.dispatcher.task import ASKED, REPLACED, Task
from streams.refold import batches

__all__ = ["QueueTable", "Queued", "heard_of_all", "unlike_queued"]


@dataclass(frozen=True, slots=True)
class Queued:
    """What the queue has of a contest, by name, after the wish (cause, index) of the contest's partition of the log."""

    heard: tuple[int, int]
    items: Mapping[str, Any]


class QueueTable:
    """The queue's changelog: its one partition holds every contest, and after the first time only what has come since is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """It is read from its beginning again."""
        self._next = self._term = 0
        self._values: dict[bytes, bytes] = {}

    def of(self, contest: str) -> Queued | None:
        """What it holds of the contest, as a recovery takes it; None where no queue has heard of its partition.

        Raises:
            DependencyError: when the brokers do not answer.
        """
        if not there(self._settings, CHANGELOG):
            return None
        self._follow()
        mark = f"mark|{partition_of(contest)}"
        items = self._items(f"task|{contest}|", f"pause|{contest}|", mark)
        heard = items.pop(mark, None)
        if heard is None:
            return None
        try:
            place = int(heard["cause"]), int(heard["index"])
        except (TypeError, ValueError, LookupError):
            return Queued((-1, -1), {mark: heard})
        return Queued(place, items)

    def _items(self, *begins: str) -> dict[str, Any]:
        """What has a name that begins so; without what does not decode, which a recovery leaves out."""
        mine, found = tuple(orjson.dumps(name)[:-1] for name in begins), {}
        for key, value in self._values.items():
            if key.startswith(mine):
                with suppress(ValueError):
                    found[str(orjson.loads(key))] = orjson.loads(value)
        return found

    def _follow(self) -> None:
        end = bounds(self._settings, CHANGELOG, 0)[1]
        if self._next > end:  # it is another topic
            self.forget()
        for batch in batches(self._settings, 0, end - 1, self._next, topic=CHANGELOG):
            for message in batch:
                key, value, term = message.key() or b"", message.value(), term_of(message.headers())
                if too_late(term, self._term, None, None) is None:
                    self._term = term
                    if value is None:
                        self._values.pop(key, None)
                    else:
                        self._values[key] = value
                self._next = message.offset() + 1
        self._next = end


def unlike_queued(queued: Queued, contest: str, plans: Plans, end: int) -> str:
    """What of it is not what the log says, in words; "" where all is. Pure.

    Args:
        queued: what was read.
        contest: whose it is.
        plans: what the planner makes of the log; of all that was in it when the table had been read, or of more.
        end: the first position that was not in the log by then.
    """
    if queued.heard[0] >= end:
        return f"it has heard of position {queued.heard[0]}, and the log ends at {end - 1}"
    return named_some([*_unlike_tasks(queued, contest, plans), *_unlike_pauses(queued, contest, plans)])


def heard_of_all(queued: Queued, plans: Plans) -> bool:
    """Whether the queue has heard of all that is wanted. Pure."""
    return all((one.cause, one.index) <= queued.heard for one in plans.outstanding.wanted.values())


def _unlike_tasks(queued: Queued, contest: str, plans: Plans) -> Iterator[str]:
    truth, replaced = plans.outstanding, plans.outstanding.replaced > queued.heard
    for name, value in sorted(queued.items.items()):
        if name.startswith("pause|"):
            continue
        try:
            task = Task.from_json(value)
        except (TypeError, ValueError, AttributeError):
            yield name
            continue
        key = (task.submission_id, task.judging)
        wanted = truth.wanted.get(key)
        if name != task_name((contest, task.submission_id, task.judging)):
            yield name
        elif wanted is None:
            # it may have been judged since; nobody has asked for what the log does not know
            if f"{contest}|{task.submission_id}" not in plans.known or task.judging not in truth.judgings:
                yield name
        elif not _is(task, wanted, replaced=replaced) or (
            task.state == "faulted" and key not in truth.faulted and not replaced
        ):
            yield name
    for (submission, judging), wanted in sorted(truth.wanted.items()):
        # an event is in the log before its task leaves the table
        name = task_name((contest, submission, judging))
        if (wanted.cause, wanted.index) <= queued.heard and name not in queued.items:
            yield name


def _is(task: Task, wanted: JudgingWanted, *, replaced: bool) -> bool:
    """Whether it is what was asked for; where the package was *replaced* since, that one is not looked at. Pure."""
    return all(getattr(task, one) == getattr(wanted, one) for one in ASKED if not (replaced and one in REPLACED))


def _unlike_pauses(queued: Queued, contest: str, plans: Plans) -> Iterator[str]:
    truth = plans.outstanding
    names = {pause: pause_name((contest, *pause)) for pause in truth.paused}
    for name in sorted({name for name in queued.items if name.startswith("pause|")} - set(names.values())):
        yield name
    for pause, name in sorted(names.items(), key=lambda one: one[1]):
        right = [contest, *pause] if pause in truth.pauses else None
        value = queued.items.get(name)
        if truth.paused[pause] <= queued.heard[0] and right != (
            value.get("pause") if isinstance(value, dict) else value
        ):
            yield name
