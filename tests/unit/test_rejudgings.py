"""What the planner makes of acts on rejudgings: as the fold takes them, and what the queue and the judges are told."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from clics.fold import fold as fold_objects
from clics.state import State
from schemas.definition import ChangedPackage, Problem
from schemas.events import (
    Definition,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Submission,
)
from schemas.ids import partition_of
from schemas.settings import Settings
from schemas.work import PackageReplaced, RejudgingDropped
from streams._faust import Arrival
from streams.dispatcher import planner, planning, rejudgings
from streams.scoring.fold import apply as fold_scores
from streams.scoring.state import ContestState
from tests.unit.test_planner import Broker

SAID = {"contest": "c", "recorded_at": 0, "recorded_by": "test"}
ACTS = {"apply": RejudgingApplied, "cancel": RejudgingCancelled, "revert": RejudgingReverted}


def definition(changes=-1, package="old", limit=1000):
    problems = (Problem("A", "A", "A", 0, package, limit, 256, 8, 3), Problem("B", "B", "B", 1, "b", 1, 2, 3, 3))
    return Definition(**SAID, changes=changes, name="c", duration=1, problems=problems)


def package(name):
    return ChangedPackage("A", name, 2000, 512, 9, 4, "statement.pdf")


def decision(what, number, position):
    changed = {"changed": package(f"of-{number}")} if what == "apply" else {}
    return ACTS[what](**SAID, id=f"act-{position}", rejudging=number, **changed)


@bounded(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*ACTS, "define", "adopt"]), st.sampled_from([20, 21])), max_size=12))
def test_planner_objects_and_scores_take_the_same_acts_for_good(steps):
    value, objects, scores = planning.definition_value(None, 3, definition()), State("c"), ContestState("c")
    events = [(3, definition())]
    events += [(number, RejudgingCreated(**SAID, id=f"r{number}", submission_ids=())) for number in (20, 21)]
    current = 3
    for position, (what, number) in enumerate(steps, 30):
        if what in ("define", "adopt"):
            taken = f"of-{number}" if what == "adopt" else f"d{position}"
            events.append((position, definition(current, package=taken, limit=position)))
            current = position
        else:
            events.append((position, decision(what, number, position)))
    for position, event in events:
        fold_objects(objects, position, event)
        fold_scores(scores, position, event)
        if isinstance(event, Definition):
            value = planning.definition_value(value, position, event)
        elif not isinstance(event, RejudgingCreated):
            value = rejudgings.decided(value, position, event) or value
    assert rejudgings.limits_of(value, "A") == rejudgings.limits_in(objects.problems["A"])
    assert rejudgings.limits_of(value, "B")[0] == objects.problems["B"].package == "b"
    kept = value.get("rejudgings", {"applied": [], "cancelled": []})
    assert kept["applied"] == [number for number, _ in objects.conduct.applied]
    assert kept["applied"] == [number for number, _ in scores.contest.applied]
    gone = {int(number) for number, status in objects.conduct.rejudgings.items() if status in ("cancelled", "retired")}
    assert set(kept["cancelled"]) == set(scores.contest.cancelled) == gone


def test_no_definition_undoes_a_package_that_an_act_put_into_force():
    value = rejudgings.decided(planning.definition_value(None, 3, definition()), 30, decision("apply", 20, 30))
    assert rejudgings.limits_of(value, "A") == ["of-20", 2000, 512, 9]
    later = planning.definition_value(value, 40, definition(3, package="other", limit=7))
    assert rejudgings.limits_of(later, "A") == ["of-20", 2000, 512, 9]
    adopted = planning.definition_value(later, 41, definition(40, package="of-20", limit=7))
    assert rejudgings.limits_of(adopted, "A") == ["of-20", 7, 256, 8], "the files have it: their limits hold"
    skipped = PositionSkipped(**SAID, id="x", position=41, fold_version=1)
    assert rejudgings.limits_of(planning.without_skipped(adopted, 42, skipped), "A")[1] == 2000
    reverted = rejudgings.decided(later, 43, decision("revert", 20, 43))
    assert rejudgings.limits_of(reverted, "A") == ["other", 7, 256, 8]
    wanted = planning.packages_wanted("c", later, recorded_at=0, recorded_by="x")
    assert wanted.packages == ("of-20", "b"), "judges make ready what will be judged with"


def test_an_act_that_is_read_again_has_been_carried_out():
    value = rejudgings.decided(planning.definition_value(None, 3, definition()), 30, decision("apply", 20, 30))
    reverted = rejudgings.decided(value, 31, decision("revert", 20, 31))
    assert rejudgings.decided(reverted, 30, decision("apply", 20, 30)) is None
    assert planning.definition_value(reverted, 3, definition())["rejudgings"] == reverted["rejudgings"]


class Told(Broker):
    """Keeps what the queue is told of rejudgings."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def send(self, topic, key, record, *, partition):
        if isinstance(record, RejudgingDropped | PackageReplaced):
            self.heard.append(record)
        return super().send(topic, key, record, partition=partition)


@pytest.fixture
def broker():
    return Told()


@pytest.fixture
def take(broker):
    """Hands the events to a planner, at these positions."""
    planned = planner.Planner(broker, Settings())

    async def take(*events):
        for position, event in events:
            arrival = Arrival("log", partition_of("c"), position, 0, b"c", b"", SimpleNamespace(headers={}))
            await planned.handle(event, arrival)

    return take


def submission(id_, problem="A"):
    told = {"team_id": "t", "problem_id": problem, "language_id": "c", "submitted_at": 1}
    return Submission(**SAID, id=id_, **told)


async def test_an_applied_package_reaches_what_waits_what_comes_and_the_hosts(broker, take):
    await take((0, definition()), (1, submission("s1")))
    created = RejudgingCreated(**SAID, id="r", submission_ids=("s1",), changed=package("of-2"))
    await take((2, created))
    assert {task.package for task in broker.queue.tasks.values() if task.judging} == {"of-2"}
    assert {task.package for task in broker.queue.tasks.values() if not task.judging} == {"old"}
    apply = RejudgingApplied(**SAID, id="a", rejudging=2, changed=package("of-2"))
    await take((3, apply), (3, apply), (4, submission("s2")))
    assert {task.package for task in broker.queue.tasks.values()} == {"of-2"}
    assert [packages for _, packages, _ in broker.ordered] == [("old", "b"), ("old", "b", "of-2"), ("of-2", "b")]
    await take((5, RejudgingReverted(**SAID, id="b", rejudging=2)), (6, submission("s3")))
    assert {task.package for task in broker.queue.tasks.values() if not task.judging} == {"old"}


async def test_a_package_of_the_files_reaches_what_waits_also_before_its_rejudging_is_applied(broker, take):
    """The contest's files have it first: what came in behind the rejudging's list is not judged on the bad data."""
    created = RejudgingCreated(**SAID, id="r", submission_ids=("s1",), changed=package("of-2"))
    await take((0, definition()), (1, submission("s1")), (2, created), (3, submission("s2")))
    adopted = definition(0, package="of-2", limit=7)
    await take((4, adopted), (4, adopted))
    waiting = {task.submission_id: task for task in broker.queue.tasks.values() if not task.judging}
    assert {(task.package, task.time_limit_ms) for task in waiting.values()} == {("of-2", 7)}
    await take((5, RejudgingApplied(**SAID, id="a", rejudging=2, changed=package("of-2"))), (6, submission("s3")))
    assert {task.package for task in broker.queue.tasks.values()} == {"of-2"}
    await take((7, RejudgingReverted(**SAID, id="b", rejudging=2)))
    assert {task.package for task in broker.queue.tasks.values()} == {"of-2"}, "the files have it"
    await take((8, PositionSkipped(**SAID, id="x", position=4, fold_version=1)))
    assert {task.package for task in broker.queue.tasks.values() if not task.judging} == {"old"}


async def test_a_definition_of_several_packages_reaches_what_waits_for_each(broker, take):
    await take((0, definition()), (1, submission("s1")), (2, submission("s2", "B")), (3, submission("s3", "B")))
    problems = tuple(dataclasses.replace(one, package=f"new {one.id}") for one in definition().problems)
    await take((4, dataclasses.replace(definition(0), problems=problems)))
    found = {task.submission_id: task.package for task in broker.queue.tasks.values()}
    assert found == {"s1": "new A", "s2": "new B", "s3": "new B"}
    await take((5, dataclasses.replace(definition(4), problems=problems[:1])))
    assert [task.package for task in broker.queue.tasks.values()] == ["new A", "new B", "new B"]
    await take((6, dataclasses.replace(definition(5), problems=definition().problems)))
    assert [task.package for task in broker.queue.tasks.values()] == ["old", "b", "b"], "a problem that came back too"
    none = tuple(dataclasses.replace(one, package="") for one in problems)
    await take((7, dataclasses.replace(definition(6), problems=none)))
    assert [task.package for task in broker.queue.tasks.values()] == ["old", "b", "b"], "nobody could judge it on none"


async def test_a_cancelled_rejudging_is_dropped_and_no_later_part_of_it_is_asked_for(broker, take):
    await take((0, definition()), (1, submission("s1")), (2, submission("s2")))
    await take((3, RejudgingCreated(**SAID, id="r", submission_ids=("s1",), chunks=2)))
    assert len(broker.queue.tasks) == 3
    cancel = RejudgingCancelled(**SAID, id="x", rejudging=3)
    await take((4, cancel), (4, cancel), (5, cancel))
    late = RejudgingCreated(**SAID, id="r2", submission_ids=("s2",), chunks=2, chunk=1, rejudging=3)
    await take((6, late))
    assert {task.judging for task in broker.queue.tasks.values()} == {0}
    assert [record for record in broker.heard if isinstance(record, RejudgingDropped)] == broker.heard[-1:]
