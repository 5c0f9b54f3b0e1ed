"""The queue's pure core under everything that may be said to it, in any order, again and again."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.events import Judgement, JudgingFaulted
from schemas.work import (
    HostReported,
    JudgingWanted,
    PauseChanged,
    RunningTask,
    TaskClaimed,
    TaskDeclined,
    TaskFaulted,
    TaskFinished,
)
from streams.dispatcher.rests import KEPT_TICKS, RETURN_TICKS
from streams.dispatcher.state import FAULTS, Effects, Queue

LIMITS = {"package": "p", "time_limit_ms": 1000, "memory_limit_mib": 256, "output_limit_mib": 8}
SAID = {"recorded_at": 0, "recorded_by": "test"}


def wanted(number, *, contest="c", team="t", problem="A", lane="live", priority=0, at=0, partition=0, judging=0):
    return JudgingWanted(
        **SAID,
        **LIMITS,
        contest=contest,
        partition=partition,
        position=number,
        cause=number,
        index=0,
        submission_id=f"s{number}",
        team_id=team,
        problem_id=problem,
        language_id="cpp",
        submitted_at=at,
        judging=judging,
        lane=lane,
        priority=priority,
    )


class World:
    """A queue, its table, the judges' topic and a log of reports, as the processes have them."""

    def __init__(self):
        self.queue = Queue("queue")
        self.table = {}
        self.sent = []
        self.errors = []
        self.judgements = Counter()
        self.faults = Counter()
        self.position = 0
        self.real_ms = 1_000_000
        self.over_window = 0
        self.tick()

    def carry_out(self, effects: Effects, puts=None):
        """*puts*: how many changes of the table are written before the process dies."""
        for name, value in list(effects.puts.items())[:puts]:
            if value is None:
                self.table.pop(name, None)
            else:
                self.table[name] = value
        self.sent += effects.tasks
        self.errors += effects.errors
        for event in effects.events:
            key = (event.contest, event.submission_id, event.judging)
            self.judgements[key] += isinstance(event, Judgement)
            self.faults[key] += isinstance(event, JudgingFaulted)
        if effects.tasks:
            for lane, states in self.queue.states.items():
                if any(task.lane == lane for task in effects.tasks):
                    assert states["sent"] <= self.queue.window(lane)
        return effects

    def tick(self, ms=1000, *, current=True):
        self.real_ms += ms
        return self.carry_out(self.queue.tick(self.real_ms, 0, current=current))

    def want(self, record, puts=None):
        return self.carry_out(self.queue.wanted(record, 0), puts)

    def report(self, kind, task, host="h", slot=0, **more):
        self.position += 1
        record = kind(
            **SAID,
            contest=task.contest,
            submission_id=task.submission_id,
            judging=task.judging,
            attempt=task.attempt,
            host=host,
            slot=slot,
            **more,
        )
        effects = self.carry_out(self.queue.report(record, self.position, 0))
        again = self.queue.report(record, self.position, 0)
        assert (again.events, again.tasks, again.puts) == ([], [], {}), "a report read again changes nothing"
        return effects

    def claim(self, task, host="h", slot=0):
        return self.report(TaskClaimed, task, host, slot, started_at=0)

    def finish(self, task, verdict="AC", host="h", **more):
        told = {"team_id": "?", "problem_id": "?", "language_id": "?", "submitted_at": 0, "package": task.package}
        return self.report(TaskFinished, task, host, verdict=verdict, started_at=0, ended_at=1, **told, **more)

    def fault(self, task, host="h"):
        return self.report(TaskFaulted, task, host, why="the sandbox broke")

    def decline(self, task, host="h"):
        return self.report(TaskDeclined, task, host)

    def host(self, name="h", slots=4, running=(), **more):
        told = tuple(
            RunningTask(t.contest, t.submission_id, t.judging, t.attempt, slot)
            for slot, t in enumerate(running)
            if t is not None
        )
        record = HostReported(**SAID, host=name, instance="i", slots=slots, languages=("cpp",), running=told, **more)
        return self.carry_out(self.queue.host(record, 0))

    def idles(self):
        """The lanes with fewer unclaimed tasks than they may have, while there is one that nothing holds."""
        queue = self.queue
        short = [lane for lane in queue.waiting if queue.states[lane]["sent"] < queue.window(lane)]
        return [lane for lane in short if not all(queue.pauses.hold(t) or queue._held(t) for t in queue.waiting[lane])]

    def restored(self):
        return Queue.restore("queue", self.table.items())

    def take_over(self):
        """The process dies; another recovers its table."""
        self.queue = self.restored()
        self.tick()


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["want", "repeat", "claim", "finish", "fault", "decline", "host", "tick", "long", "die", "late"]
        ),
        st.integers(0, 30),
        st.integers(0, 3),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=150)
@given(OPERATIONS)
@example([("want", 0, 0), ("decline", 0, 0), ("die", 0, 0), ("claim", 0, 0)])
@example([("want", 0, 0), ("claim", 0, 0), ("decline", 0, 0)])
def test_whatever_happens_each_wanted_judging_is_finished_exactly_once(operations):
    world, asked = World(), []
    for what, number, choice in operations:
        if what == "want":
            record = wanted(
                len(asked), team=f"t{choice}", contest=f"c{number % 3}", at=number, lane=["live", "bulk"][choice % 2]
            )
            asked.append(record)
            if choice == 3:  # the process dies in the middle of it; the record comes again
                world.want(record, puts=number % 4)
                world.take_over()
            world.want(record)
        elif what == "repeat" and asked:
            effects = world.want(asked[number % len(asked)])
            assert (effects.events, effects.tasks) == ([], []), "what was wanted before is dropped"
        elif what in ("claim", "finish", "fault", "decline", "late") and world.sent:
            task = world.sent[-1 - number % min(6, len(world.sent))] if what != "late" else world.sent[0]
            act = {"claim": world.claim, "fault": world.fault, "decline": world.decline}.get(what, world.finish)
            act(task)
        elif what == "host":
            world.host(f"h{choice}", slots=number)
        elif what == "tick":
            world.tick()
        elif what == "long":
            world.tick(current=False)
        elif what == "die":
            world.take_over()
        # a queue that took over begins with the next record that it has not heard
        if what not in ("tick", "long", "die", "repeat") and choice != 3:
            assert not world.idles(), "no slot idles while anything waits"
        restored = world.restored()
        assert restored.tasks == world.queue.tasks, "the table tells everything outstanding"
        assert restored.states == world.queue.states
    rested = 0
    while any(task.state != "faulted" for task in world.queue.tasks.values()):
        world.host(slots=8)
        world.tick()
        outstanding = [task for task in world.queue.tasks.values() if task.state in ("sent", "running")]
        rested = 0 if outstanding else rested + 1
        assert rested <= max(KEPT_TICKS, *RETURN_TICKS), "something waits for ever"
        for task in outstanding:
            world.finish(task.order(0, ""))
    keys = {(record.contest, record.submission_id, 0) for record in asked}
    assert {key for key, count in world.judgements.items() if count} | set(world.queue.tasks) == keys
    assert all(count <= 1 for count in world.judgements.values())
    assert all(world.faults[key] == FAULTS for key in world.queue.tasks)


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 1000), st.integers(0, 2)),
        min_size=1,
        max_size=40,
    )
)
def test_each_task_sent_is_first_by_priority_then_flight_then_time(rows):
    world = World()
    for number, (contest, team, at, priority) in enumerate(rows):
        world.want(wanted(number, contest=f"c{contest}", team=f"t{team}", at=at, priority=priority))
    flight = Counter()
    waiting = {record.key: record for record in world.queue.tasks.values()}
    for sent in iter(lambda: world.sent.pop(0) if world.sent else None, None):
        task = waiting.pop((sent.contest, sent.submission_id, sent.judging))
        if flight.total():  # the first one was sent when nothing else waited
            best = min((-t.priority, flight[t.team], t.submitted_at) for t in [task, *waiting.values()])
            assert (-task.priority, flight[task.team], task.submitted_at) == best
        flight[task.team] += 1
        world.claim(sent)
    assert not waiting


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.sampled_from(["A", "B"]), min_size=1, max_size=20), st.sampled_from([None, "A"]))
def test_a_pause_holds_what_it_names_and_nothing_else(problems, paused):
    world = World()

    def pause(cause, on):
        record = PauseChanged(
            **SAID, contest="c", partition=1, cause=cause, problem_id=paused, language_id=None, paused=on
        )
        world.carry_out(world.queue.pause(record, 0))

    pause(1, on=True)
    world.take_over()
    for number, problem in enumerate(problems):
        world.want(wanted(number, problem=problem))
    while world.sent:
        task = world.sent.pop()
        assert paused is not None
        assert task.problem_id != paused
        world.finish(task)
    assert len(world.queue.tasks) == sum(paused in (None, problem) for problem in problems)
    pause(2, on=False)
    while world.sent:
        world.finish(world.sent.pop())
    assert not world.queue.tasks
