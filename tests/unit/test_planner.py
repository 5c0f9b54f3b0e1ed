"""The planner sends what a rejudging asks for all at once, in the order in which the queue takes it."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from schemas.definition import ChangedPackage, Language, Problem
from schemas.errors import DataError, DependencyError
from schemas.events import (
    Definition,
    Finalized,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    Submission,
)
from schemas.ids import partition_of
from schemas.settings import Settings
from schemas.work import PackageReplaced, RejudgingDropped
from streams._faust import Arrival
from streams.dispatcher import planner
from streams.dispatcher.state import Queue

SAID = {"contest": "c", "recorded_at": 0, "recorded_by": "test"}


class Table(dict):
    """A table of an app, which `recover` tells that it has been recovered."""

    def on_recover(self, act):
        self.recover = act


class Broker:
    """An app and its producer: every record that arrives goes to the queue's state, those of `lost` do not arrive."""

    def __init__(self) -> None:
        self.appender = self.consumer = self
        self.lost: set[int] = set()
        self.ordered: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        self.queue = Queue("queue")
        self.most = self.waiting = self.told = 0
        self.events: list[str] = []

    def table(self, name, **_):
        return Table()

    def working(self, message):
        self.told += 1
        self.most, self.waiting = max(self.most, self.waiting), 0

    def send(self, topic, key, record, *, partition):
        answer = Future()
        self.events.append(topic)
        if topic == "judge-orders":
            self.ordered.append((key, record.packages, record.languages))
            answer.set_result(0)
            return answer
        assert (topic, partition) == ("judge-wanted", 0)
        self.waiting += 1
        if getattr(record, "index", 0) in self.lost:
            answer.set_exception(DependencyError("the broker did not acknowledge in time"))
        else:
            step = {RejudgingDropped: self.queue.drop, PackageReplaced: self.queue.replace}
            step.get(type(record), self.queue.wanted)(record, 0)
            answer.set_result(0)
        return answer

    @property
    def rejudged(self):
        return sorted(task.submission_id for task in self.queue.tasks.values() if task.judging)


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
async def rejudge(broker, monkeypatch):
    """Plans a rejudging of these submissions of ten."""
    monkeypatch.setattr(planner, "AT_ONCE", 4)
    planned = planner.Planner(broker, Settings())

    def arrival(position):
        return Arrival("log", partition_of("c"), position, 0, b"c", b"", SimpleNamespace(headers={}))

    problems = (Problem("A", "A", "A", 0, "digest", 1000, 256, 8, 3),)
    await planned.handle(Definition(**SAID, changes=-1, name="c", duration=1, problems=problems), arrival(0))
    for number in range(10):
        told = {"team_id": "t", "problem_id": "A", "language_id": "c", "submitted_at": number}
        await planned.handle(Submission(**SAID, id=f"s{number}", **told), arrival(1 + number))

    async def plan(ids, **more):
        await planned.handle(RejudgingCreated(**SAID, id="r", submission_ids=ids, **more), arrival(20))

    async def take(position, event):
        await planned.handle(event, arrival(position))

    plan.planned, plan.take = planned, take
    return plan


ALL = tuple(f"s{number}" for number in range(10))


async def test_so_many_are_on_their_way_at_once_and_progress_is_told_in_between(broker, rejudge):
    broker.waiting = 0
    await rejudge(ALL)
    assert broker.rejudged == list(ALL)
    assert (broker.most, broker.told) == (4, 3)


@pytest.mark.parametrize("lost", [{0}, {1}, {1, 3}, {5}, {9}])
async def test_one_that_does_not_arrive_comes_again_with_all_behind_it(broker, rejudge, lost):
    broker.lost = lost
    with pytest.raises(DependencyError):
        await rejudge(ALL)
    broker.lost = set()
    await rejudge(ALL)
    assert broker.rejudged == list(ALL)


async def test_what_cannot_be_judged_is_told_and_the_rest_is_judged(broker, rejudge):
    with pytest.raises(DataError, match="1 of the rejudging cannot be judged: nobody is unknown"):
        await rejudge(("s1", "nobody", "s2", "s1"))
    assert broker.rejudged == ["s1", "s2"]


async def test_a_lane_that_does_not_exist_is_bad_data(rejudge):
    with pytest.raises(DataError, match="no lane 'fast'"):
        await rejudge(("s1",), lane="fast")


async def test_judges_are_told_what_a_contest_will_be_judged_with_and_when_it_is_over(broker):
    planned = planner.Planner(broker, Settings())

    def arrival(position):
        return Arrival("log", partition_of("c"), position, 0, b"c", b"", SimpleNamespace(headers={}))

    def definition(changes, *packages, **more):
        problems = tuple(Problem(str(n), "A", "A", n, p, 1000, 256, 8, 3) for n, p in enumerate(packages))
        languages = (Language("c", "C", ("c",)),)
        return Definition(**SAID, changes=changes, name="c", duration=1, problems=problems, languages=languages, **more)

    await planned.handle(definition(-1, "one", "two", "one"), arrival(0))
    await planned.handle(definition(0, "three", rule="golf"), arrival(1))
    await planned.handle(definition(0, "four"), arrival(2))
    await planned.handle(PositionSkipped(**SAID, id="x", position=2, fold_version=1), arrival(3))
    await planned.handle(Finalized(**SAID, id="f"), arrival(4))
    told = [(("one", "two"), ("c",)), (("four",), ("c",)), (("one", "two"), ("c",)), ((), ())]
    assert broker.ordered == [("packages|c", *wanted) for wanted in told]


@pytest.mark.parametrize("decision", [RejudgingApplied, RejudgingCancelled])
async def test_judges_are_told_of_the_package_of_a_rejudging_before_its_first_task_and_until_it_is_decided(
    broker, rejudge, decision
):
    other = ChangedPackage("A", "other", 1000, 256, 8, 3)
    broker.events.clear()
    await rejudge(("s1", "s2"), changed=other)
    assert broker.events == ["judge-orders", "judge-wanted", "judge-wanted"]
    assert broker.ordered[-1][1] == ("digest", "other")
    await rejudge(("s1", "s2"), changed=other)
    assert [packages for _, packages, _ in broker.ordered] == [("digest",), ("digest", "other")], "read again"
    more = {"changed": other} if decision is RejudgingApplied else {}
    await rejudge.take(21, decision(**SAID, id="d", rejudging=20, **more))
    assert broker.ordered[-1][1] == (("other",) if more else ("digest",))
    await rejudge(("s1", "s2"), changed=other)
    assert broker.ordered[-1][1] == (("other",) if more else ("digest",)), "read again, and decided"


async def test_of_a_finished_contest_judges_are_told_what_is_judged_again(broker, rejudge):
    await rejudge.take(19, Finalized(**SAID, id="f"))
    await rejudge(("s1",), changed=ChangedPackage("A", "other", 1000, 256, 8, 3))
    await rejudge.take(21, RejudgingCancelled(**SAID, id="d", rejudging=20))
    assert [packages for _, packages, _ in broker.ordered] == [("digest",), (), ("other",), ()]


async def test_a_planner_that_has_got_its_contests_tells_the_judges_of_those_that_are_not_over(broker, rejudge):
    """They were defined before there were orders, or the topic of the orders was lost."""
    broker.ordered.clear()
    await rejudge.planned._contests.recover()
    assert broker.ordered == [("packages|c", ("digest",), ())]
    await rejudge.take(19, Finalized(**SAID, id="f"))
    broker.ordered.clear()
    await rejudge.planned._contests.recover()
    assert broker.ordered == []


@pytest.mark.parametrize("headers", [{"imported": b"3/9", "judged": b""}, {"imported": b"3/9"}, {}])
async def test_what_was_imported_with_its_verdicts_is_not_judged_again_and_can_be_rejudged(broker, headers):
    planned = planner.Planner(broker, Settings())

    def arrival(position, headers):
        return Arrival("log", partition_of("c"), position, 0, b"c", b"", SimpleNamespace(headers=headers))

    problems = (Problem("A", "A", "A", 0, "digest", 1000, 256, 8, 3), Problem("B", "B", "B", 1, "", 1000, 256, 8, 3))
    await planned.handle(Definition(**SAID, changes=-1, name="c", duration=1, problems=problems), arrival(0, {}))
    told = {"team_id": "t", "language_id": "c", "submitted_at": 1}
    await planned.handle(Submission(**SAID, id="s", problem_id="A", **told), arrival(1, headers))
    await planned.handle(Submission(**SAID, id="theirs", problem_id="B", **told), arrival(2, {}))
    await planned.handle(RejudgingCreated(**SAID, id="r", submission_ids=("s",)), arrival(3, headers))
    judged = "judged" in headers
    assert len(broker.queue.tasks) == (0 if judged else 2)
    assert broker.ordered[-1][1] == ("digest",), "what has no package is not fetched"
    with pytest.raises(DataError, match="problem B has no package"):
        await planned.handle(RejudgingCreated(**SAID, id="q", submission_ids=("s", "theirs")), arrival(4, {}))
    assert len(broker.queue.tasks) == (1 if judged else 3)
