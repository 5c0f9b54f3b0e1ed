"""The queue's pure core: everything outstanding, and what follows from each thing that is said about it.

No clock, no I/O: each method takes a record, changes the state and answers with the effects, which the caller carries
out before it commits. Applied again, a record changes nothing. What the table keeps is tasks, pauses, marks and
which records are buried; hosts and timers are learnt anew after a takeover.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import DataError
from schemas.events import Event
from schemas.topics import LANES
from schemas.work import (
    HostReported,
    JudgeTask,
    JudgingWanted,
    OutstandingTold,
    PackageReplaced,
    PauseChanged,
    RejudgingDropped,
    RunsReported,
    TaskClaimed,
    TaskDeclined,
    TaskFaulted,
    TaskFinished,
    TaskRefused,
    TaskReport,
)
from streams.dispatcher import facts
from streams.dispatcher.host import Host
from streams.dispatcher.order import Pauses, Waiting
from streams.dispatcher.outstanding import share_of
from streams.dispatcher.rests import Rests, avoided
from streams.dispatcher.task import Key, Task

__all__ = ["CHANGELOG", "Effects", "Queue", "pause_name", "task_name"]

CHANGELOG = "queue-outstanding-changelog"
"""That of the one table that the queue has, of one partition."""

Place = tuple[int, int]
"""Which record of the planner's: the position of its cause, and its number among what that asks for."""

_NOTHING: Place = (-1, -1)
"""Nothing was heard."""

FromLog = JudgingWanted | PauseChanged | RejudgingDropped | PackageReplaced

SILENT_MS = 10_000
"""A task that no report has spoken of for so long gets another attempt: hosts report each second."""

UNCLAIMED_MS = 15_000
"""A sent task that nobody claims for so long while slots are idle is sent again."""

_REFUSABLE = frozenset({*LANES.values(), "judge-orders"})
"""The topics of which a judge may refuse a record; of the log others do."""

FAULTS = 3
"""So many faults are a judging error."""

ATTEMPTS = 10
"""So many attempts without an answer are a judging error as well: this submission takes its judges down."""


@dataclass(slots=True)
class Effects:
    """What follows: events for the log, tasks for the lanes, changes of the table in order (None removes), why dropped.

    `errors` are the tasks that became judging errors, and why; `refused` the records to bury that no judge can use.
    """

    events: list[Event] = field(default_factory=list)
    tasks: list[JudgeTask] = field(default_factory=list)
    puts: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[Task, str]] = field(default_factory=list)
    refused: list[TaskRefused] = field(default_factory=list)
    dropped: str = ""


class Queue:
    """Everything outstanding. `by` is who writes the events."""

    def __init__(self, by: str) -> None:
        self._by = by
        self.tasks: dict[Key, Task] = {}
        self.hosts: dict[str, Host] = {}
        self.pauses = Pauses()
        self.waiting: dict[str, Waiting] = {lane: Waiting(self.pauses.hold) for lane in LANES}
        self.states: dict[str, Counter[str]] = {lane: Counter() for lane in LANES}
        self._flight: dict[str, Counter[tuple[str, str]]] = {lane: Counter() for lane in LANES}
        self._rests = Rests()
        self._marks: dict[int, Place] = defaultdict(lambda: _NOTHING)
        self._tells: dict[int, Place] = defaultdict(lambda: _NOTHING)
        """Of each partition the wish that was heard last, (cause, index), and the telling, (cause, share)."""
        self._buried: set[str] = set()
        """What judges could not use, by its name in the table."""
        self.unread: list[str] = []
        """What the table holds and is no such thing, by name."""
        self._now_ms = 0
        self._seen_ms: dict[Key, int] = {}
        self._idle_ms: Counter[Key] = Counter()

    @classmethod
    def restore(cls, by: str, items: Iterable[tuple[str, Any]]) -> Queue:
        """The queue that its table's items describe; what is spoilt is left out: a reload tells it anew."""
        queue = cls(by)
        for name, value in items:
            try:
                queue._take(name, value)
            except (TypeError, ValueError, LookupError, AttributeError):
                queue.unread.append(name)
        return queue

    def _take(self, name: str, value: Any) -> None:
        kind, *rest = name.split("|")
        if kind == "task":
            task = Task.from_json(value)
            if name != task_name(task.key):
                raise ValueError(f"another task than {name}")
            self._place(task)
        elif kind == "mark":
            mark, told = (int(value["cause"]), int(value["index"])), (int(value["told"]), int(value["share"]))
            self._marks[int(rest[0])], self._tells[int(rest[0])] = mark, told
        elif kind == "buried":
            self._buried.add(name)
        else:
            contest, problem, language = value["pause"]
            if name != pause_name((contest, problem, language)):
                raise ValueError(f"another pause than {name}")
            self._pause(contest, problem, language, paused=True)

    # ---- judge-wanted -------------------------------------------------------------------------------------------

    def wanted(self, record: JudgingWanted, now: int) -> Effects:
        """A judging is wanted; one that was wanted before is dropped.

        Raises:
            DataError: for a lane that does not exist.
        """
        if record.lane not in LANES:
            raise DataError(f"contest {record.contest}: submission {record.submission_id}: no lane {record.lane!r}")
        task = Task.of(record)

        def change(effects: Effects) -> None:
            if task.key in self.tasks:
                effects.dropped = "already wanted"
            else:
                self._put(task, effects)

        return self._in_order(record, record.index, change, now)

    def pause(self, record: PauseChanged, now: int) -> Effects:
        """Judging of something is paused, or goes on."""
        pause = (record.contest, record.problem_id, record.language_id)

        def change(effects: Effects) -> None:
            self._repause(pause, record.cause if record.paused else None, effects)

        return self._in_order(record, 0, change, now)

    def _repause(self, pause: tuple[str, str | None, str | None], cause: int | None, effects: Effects) -> None:
        """A pause is in force since the act at *cause*, or (None) is not, in the state and in the table."""
        self._pause(*pause, paused=cause is not None)
        effects.puts[pause_name(pause)] = None if cause is None else {"pause": list(pause), "cause": cause}

    def _pause(self, contest: str, problem: str | None, language: str | None, *, paused: bool) -> None:
        self.pauses.change(contest, problem, language, paused=paused)
        for waiting in self.waiting.values():
            waiting.changed(contest)

    def drop(self, record: RejudgingDropped, now: int) -> Effects:
        """Nothing of a rejudging is judged any more. What a slot has of it runs on, and what it reports is dropped."""
        of = (record.contest, record.judging)

        def change(effects: Effects) -> None:
            for task in [task for task in self.tasks.values() if (task.contest, task.judging) == of]:
                self._put(None, effects, task)

        return self._in_order(record, 0, change, now)

    def replace(self, record: PackageReplaced, now: int) -> Effects:
        """Submissions to a problem that wait are judged on another package, and those that are under way begin again.

        Under other limits of the same package what is under way goes on.
        """
        of = (record.contest, record.problem_id, 0)

        def change(effects: Effects) -> None:
            for task in [task for task in self.tasks.values() if (task.contest, task.problem_id, task.judging) == of]:
                self._put(task.on(record), effects)

        return self._in_order(record, record.index, change, now)

    def told(self, record: OutstandingTold, now: int) -> Effects:
        """What is outstanding of a contest's share is what the log says, where this may have been lost or spoilt.

        It says all that was wished before, whatever was heard of that, and what is wished next is the next one. What is judged in
        that moment may be asked for anew; its first judgement counts.
        """
        place, contest = record.partition, record.contest
        effects = Effects(dropped=_out_of_order(self._tells[place], record.cause, record.share))
        if effects.dropped:
            return effects
        if record.share == 0:
            self._marks[place] = (record.cause, 0)
            effects.puts |= dict.fromkeys(name for name in self.unread if name.split("|")[1:2] == [contest])
            self.unread = [name for name in self.unread if name not in effects.puts]
        wanted = {(contest, one.submission_id, one.judging): one for one in (*record.wanted, *record.faulted)}
        errors = {(contest, one.submission_id, one.judging) for one in record.faulted}
        for task in [task for task in self.tasks.values() if task.contest == contest and task.key not in wanted]:
            if share_of(task.submission_id, record.shares) == record.share:
                self._put(None, effects, task)
        for key, one in wanted.items():
            held = self.tasks.get(key)
            task = Task.of(one) if held is None else held.as_told(one)
            if key in errors and (held is None or held.state == "faulted"):
                task = dataclasses.replace(task, state="faulted")
            elif held is not None and held.state == "faulted":
                task = dataclasses.replace(task, state="waiting", faults=0, failed=())
            self._put(task, effects)
        if record.share == 0:
            in_force = {(contest, one.problem_id, one.language_id): one.cause for one in record.pauses}
            for pause in {*in_force, *(pause for pause in self.pauses if pause[0] == contest)}:
                self._repause(pause, in_force.get(pause), effects)
        self._tells[place] = (record.cause, record.share)
        return self._marked(place, self._refilled(effects, now))

    def _in_order(self, record: FromLog, index: int, change: Callable[[Effects], None], now: int) -> Effects:
        """Change something if the record is the next one of its cause, and remember that; else say why it is dropped."""
        effects = Effects(dropped=_out_of_order(self._marks[record.partition], record.cause, index))
        if effects.dropped:
            return effects
        change(effects)
        self._marks[record.partition] = (record.cause, index)
        return self._marked(record.partition, self._refilled(effects, now))

    def _marked(self, partition: int, effects: Effects) -> Effects:
        """Remember what was heard of a partition; last of all, since a crash may leave any first part of the puts."""
        (cause, index), (told, share) = self._marks[partition], self._tells[partition]
        effects.puts[f"mark|{partition}"] = {"cause": cause, "index": index, "told": told, "share": share}
        return effects

    # ---- judge-reports ------------------------------------------------------------------------------------------

    def host(self, record: HostReported, now: int) -> Effects:
        """A host lives and says what it is doing."""
        if record.slots == 0:
            self.hosts.pop(record.host, None)
            return Effects()
        self.hosts[record.host] = Host.of(record, self._now_ms)
        for running in record.running:
            task = self.tasks.get((running.contest, running.submission_id, running.judging))
            if task is not None and (task.attempt, task.host) == (running.attempt, record.host):
                self._seen_ms[task.key] = self._now_ms
        return self._refilled(Effects(), now)

    def report(self, record: TaskReport, position: int, now: int) -> Effects:
        """A slot says something about a task. Of the finished reports of a judging the first counts."""
        effects = Effects()
        task = self.tasks.get((record.contest, record.submission_id, record.judging))
        if task is None:
            effects.dropped = "not outstanding"
        elif position <= task.reported:
            effects.dropped = "repeated"
        elif isinstance(record, TaskFinished) and record.package != task.package:
            effects.dropped = "another package"
        elif isinstance(record, TaskFinished):
            self._finish(task, record, effects, now)
        elif record.attempt != task.attempt or task.state not in ("sent", "running"):
            effects.dropped = "another attempt"
        elif isinstance(record, TaskClaimed):
            self._claim(task, record, position, effects, now)
        elif isinstance(record, TaskFaulted):
            task = dataclasses.replace(task, reported=position, failed=task.failed_with(record.host))
            self._fault(task, record.host, record.why, effects, now)
        elif isinstance(record, TaskDeclined) and task.state == "sent":
            self._decline(dataclasses.replace(task, reported=position), effects)
        elif isinstance(record, TaskDeclined) and (task.host, task.slot) == (record.host, record.slot):
            self._return(dataclasses.replace(task, reported=position), effects)
        elif isinstance(record, RunsReported) and (task.host, task.slot) == (record.host, record.slot):
            self._put(dataclasses.replace(task, reported=position), effects)
            effects.events.append(facts.ran(task, record, now, self._by))
        else:
            effects.dropped = "another slot"
        if task is not None and effects.dropped not in ("", "repeated"):
            # read again it is not to be taken for one of an attempt that was sent behind it
            self._put(dataclasses.replace(task, reported=position), effects)
        return self._refilled(effects, now)

    def refuse(self, record: TaskRefused) -> Effects:
        """A judge cannot use a record, which is buried once: each host reads all orders, at each of its starts.

        Raises:
            DataError: when it is of another topic: a judge is trusted with these only.
        """
        if record.topic not in _REFUSABLE:
            raise DataError(f"{record.host} refuses a record of {record.topic}, which is not a judge's to refuse")
        name = f"buried|{record.topic}|{record.position}"
        if name in self._buried:
            return Effects(dropped="buried before")
        self._buried.add(name)
        return Effects(refused=[record], puts={name: {"why": record.why}})

    def _claim(self, task: Task, record: TaskClaimed, position: int, effects: Effects, now: int) -> None:
        claimed = dataclasses.replace(task, state="running", host=record.host, slot=record.slot, reported=position)
        self._put(claimed, effects)
        if not task.returned:  # else the log has it that this attempt has begun
            effects.events.append(facts.started(task, record, now, self._by))

    def _finish(self, task: Task, record: TaskFinished, effects: Effects, now: int) -> None:
        self._put(None, effects, task)
        effects.events.append(facts.judgement(task, record, now, self._by))

    def _fault(self, task: Task, host: str, why: str, effects: Effects, now: int, *, final: bool = False) -> None:
        final = final or task.faults + 1 >= FAULTS
        state = "faulted" if final else "waiting"
        task = dataclasses.replace(task, faults=task.faults + 1, state=state, returned=0)
        self._put(task, effects)
        self._rests.failed(task)
        if final:
            effects.errors.append((task, why))
        effects.events.append(facts.faulted(task, host, why, now, self._by, final=final))

    def _decline(self, task: Task, effects: Effects) -> None:
        """The same attempt is sent again, and is for another host."""
        self._unsent(dataclasses.replace(task, declined=task.declined + 1), effects)
        self._rests.declined(task)

    def _return(self, task: Task, effects: Effects) -> None:
        """Something is away at its host: the same attempt is sent again after a rest, elsewhere if that can be."""
        failed, returned = task.failed_with(task.host), task.returned + 1
        self._unsent(dataclasses.replace(task, failed=failed, returned=returned), effects)
        self._rests.returned(task)

    def _unsent(self, task: Task, effects: Effects) -> None:
        """It waits for its turn as if this attempt had not been sent."""
        self._put(dataclasses.replace(task, state="waiting", attempt=task.attempt - 1), effects)

    # ---- ticks --------------------------------------------------------------------------------------------------

    def tick(self, real_ms: int, now: int, *, current: bool) -> Effects:
        """A second has passed. Not *current*: the reports are read with a delay, so silence says nothing yet."""
        effects = Effects()
        self._rests.tick()
        # the first tick after a takeover passes as one after a gap: all timers begin
        passed = max(0, real_ms - self._now_ms)
        self._now_ms = max(self._now_ms, real_ms)
        if not current or passed > SILENT_MS:
            self._seen_ms = dict.fromkeys(self._seen_ms, self._now_ms)
            for host in self.hosts.values():
                host.seen_ms = self._now_ms
            return effects
        for name in [name for name, host in self.hosts.items() if self._now_ms - host.seen_ms > SILENT_MS]:
            del self.hosts[name]
        idle = {lane: any(host.idle(lane) > 0 for host in self.hosts.values()) for lane in LANES}
        for task in [task for task in self.tasks.values() if task.state in ("sent", "running")]:
            if task.state == "sent":
                self._idle_ms[task.key] += passed if idle[task.lane] else 0
                lost = self._idle_ms[task.key] > UNCLAIMED_MS
            else:
                lost = self._now_ms - self._seen_ms.setdefault(task.key, self._now_ms) > SILENT_MS
            if lost and task.attempt >= ATTEMPTS:
                self._fault(task, task.host, f"no answer in {ATTEMPTS} attempts", effects, now, final=True)
            elif lost:
                self._put(dataclasses.replace(task, state="waiting", returned=0), effects)
        return self._refilled(effects, now)

    # ---- the window ---------------------------------------------------------------------------------------------

    def window(self, lane: str) -> int:
        """How many unclaimed tasks the lane holds: enough that no slot waits, so few that what comes later may overtake."""
        return max(1, sum(host.takes(lane) for host in self.hosts.values()) // 4)

    def _held(self, task: Task) -> bool:
        return self._rests.hold(task, self.hosts)

    def _refilled(self, effects: Effects, now: int) -> Effects:
        for lane, waiting in self.waiting.items():
            while self.states[lane]["sent"] < self.window(lane):
                task = waiting.next(self._flight[lane], self._held)
                if task is None:
                    break
                sent = dataclasses.replace(task, state="sent", attempt=task.attempt + 1, host="", slot=-1)
                self._put(sent, effects)
                effects.tasks.append(sent.order(now, self._by, avoided(sent, self.hosts)))
        return effects

    def _put(self, task: Task | None, effects: Effects, gone: Task | None = None) -> None:
        """Replace a task (None: remove *gone*), in the state and in the table."""
        kept = task or gone
        assert kept is not None
        held = self.tasks.get(kept.key)
        if held is not None:
            self._displace(held)
        if task is not None:
            self._place(task)
        effects.puts[task_name(kept.key)] = None if task is None else task.to_json()

    def _place(self, task: Task) -> None:
        self.tasks[task.key] = task
        self.states[task.lane][task.state] += 1
        if task.state == "waiting":
            self.waiting[task.lane].add(task)
        elif task.state != "faulted":
            self._flight[task.lane][task.team] += 1
            if task.state == "running":
                self._seen_ms[task.key] = self._now_ms

    def _displace(self, task: Task) -> None:
        del self.tasks[task.key]
        self.states[task.lane][task.state] -= 1
        self._seen_ms.pop(task.key, None)
        self._idle_ms.pop(task.key, None)
        if task.state == "waiting":
            self.waiting[task.lane].remove(task)
        elif task.state != "faulted":
            flight = self._flight[task.lane]
            flight[task.team] -= 1
            if not flight[task.team]:
                del flight[task.team]


def _out_of_order(heard: Place, cause: int, index: int) -> str:
    """Why a record that the planner sent is dropped; empty when it is the next of its cause.

    The planner sends the records of one cause all at once, and all of them again when one did not arrive: what
    came behind that one must not count before it does.
    """
    if (cause, index) <= heard:
        return "repeated"
    return "" if index == (heard[1] + 1 if cause == heard[0] else 0) else "before its turn"


def pause_name(pause: tuple[str, str | None, str | None]) -> str:
    """A pause's name in the table."""
    return "|".join(["pause", *(part or "" for part in pause)])


def task_name(key: Key) -> str:
    """A task's name in the table."""
    return "|".join(["task", *map(str, key)])
