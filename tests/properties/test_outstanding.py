"""What the log says is outstanding and what the queue has, while events, wishes and reports come in any order."""

from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.definition import ChangedPackage
from schemas.events import (
    Definition,
    JudgingPaused,
    JudgingResumed,
    PositionSkipped,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Submission,
)
from schemas.ids import partition_of
from schemas.work import JudgingWanted, OutstandingTold, PackageReplaced, PauseChanged, RejudgingDropped
from streams.auditor.queued import Queued, heard_of_all, unlike_queued
from streams.dispatcher import outstanding
from streams.dispatcher.plans import Plans
from streams.dispatcher.rejudgings import limits_of
from tests.contest_log import HOUR, problem
from tests.properties.test_queue_core import SAID, World

C, OTHER = "c1", "c2"
MARK = f"mark|{partition_of(C)}"


class Wishes:
    """What a planner sends, in its order."""

    def __init__(self):
        self.sent = []

    def take(self, record):
        self.sent.append(record)

    def settle(self, event):
        pass


class Site(World):
    """A contest's log, its planner, and the queue, each as far as it has come; another contest is in the same partition."""

    def __init__(self):
        self.log, self.wishes, self.planned, self.heard = [], Wishes(), 0, 0
        super().__init__()
        self.planner = Plans(C)
        self.planner.outstanding = self.wishes
        self.define(-1, 0)

    def add(self, event):
        self.log.append(event)
        return len(self.log) - 1

    def define(self, changes, number):
        """Each number is other packages, limits or problems; some share a part."""
        packages = {"A": f"package{number % 3}", "B": f"package{number // 3 % 2}"}
        limits = {"time_limit_ms": 1000 + number % 2}
        problems = [problem(name, at, package=packages[name], **limits) for at, name in enumerate("AB")]
        there = tuple(problems[1 if number % 5 == 4 else 0 :])
        self.add(Definition(**SAID, contest=C, changes=changes, name="c", duration=HOUR, problems=there))

    def carry_out(self, effects, puts=None):
        if puts is None:  # else the events are sent again
            self.log += [event for event in effects.events if event.contest == C]
        return super().carry_out(effects, puts)

    def plan(self, count=1):
        for position in range(self.planned, min(len(self.log), self.planned + count)):
            self.planner.take(position, self.log[position], ())
            self.planned = position + 1

    def hear(self, count=1, puts=None):
        queue = self.queue
        steps = {
            JudgingWanted: queue.wanted,
            PauseChanged: queue.pause,
            RejudgingDropped: queue.drop,
            PackageReplaced: queue.replace,
            OutstandingTold: queue.told,
        }
        for record in self.wishes.sent[self.heard : self.heard + count]:
            self.carry_out(steps[type(record)](record, 0), puts)
            self.heard += puts is None

    def catch_up(self):
        """Planner and queue take all that there is."""
        self.plan(len(self.log))
        self.hear(len(self.wishes.sent))

    def truth(self):
        plans = Plans(C)
        for position, event in enumerate(self.log):
            plans.take(position, event, ())
        return plans

    def queued(self):
        mark = self.table.get(MARK, {"cause": -1, "index": -1})
        mine = {name: value for name, value in self.table.items() if name.startswith((f"task|{C}|", f"pause|{C}|"))}
        return Queued((mark["cause"], mark["index"]), mine)

    def unlike(self):
        return unlike_queued(self.queued(), C, self.truth(), len(self.log))

    def tell(self):
        """A reload: the planner tells the queue, which takes it."""
        position = self.add(None)
        plans = Plans(C)
        for at, event in enumerate(self.log[:position]):
            plans.take(at, event, ())
        place = {"partition": partition_of(C), "cause": position, "recorded_at": 0, "recorded_by": ""}
        self.plan(len(self.log))
        for told in plans.outstanding.told(C, **place):
            self.wishes.take(told)

    def act(self, what, number):
        rejudgings = [at for at, one in enumerate(self.log) if isinstance(one, RejudgingCreated)]
        submitted = [one.id for one in self.log if isinstance(one, Submission)]
        who = {**SAID, "contest": C}
        chosen = "AB"[number % 2]
        act = {"id": f"act{len(self.log)}"}
        if what in ("define", "skip"):
            held = self.truth().contests.get(C)
            at = -1 if held is None else held["definition"]
            if what == "define":
                self.define(at, number)
            elif number % 4 == 0:
                self.add(PositionSkipped(**who, **act, position=at, fold_version=1))
        elif what == "submit":
            told = {"team_id": "t", "language_id": "cpp", "submitted_at": number}
            self.add(Submission(**who, id=f"s{len(self.log)}", problem_id=chosen, **told))
        elif what == "pause":
            self.add(JudgingPaused(**who, **act, problem_id=chosen, language_id=None))
        elif what == "resume":
            self.add(JudgingResumed(**who, **act, problem_id=chosen, language_id=None))
        elif what == "rejudge" and submitted:
            new = ChangedPackage("A", f"package{number}", 2000, 256, 8, 3) if number % 3 == 0 else None
            self.add(RejudgingCreated(**who, **act, submission_ids=tuple(submitted[-3:]), changed=new))
        elif what in ("apply", "cancel", "revert") and rejudgings:
            at = rejudgings[number % len(rejudgings)]
            if what == "apply":
                self.add(RejudgingApplied(**who, **act, rejudging=at, changed=self.log[at].changed))
            else:
                kind = RejudgingCancelled if what == "cancel" else RejudgingReverted
                self.add(kind(**who, **act, rejudging=at))

    def report_of(self, what, number):
        sent = [task for task in self.queue.tasks.values() if task.state in ("sent", "running")]
        if sent:
            task = sent[number % len(sent)].order(0, "")
            {"finish": self.finish, "fault": self.fault, "claim": self.claim}[what](task)


ACTS = ["submit", "submit", "submit", "pause", "resume", "rejudge", "apply", "apply", "cancel", "revert"]
ACTS += ["define", "define", "skip"]
REPORTS = ["finish", "finish", "fault", "fault", "claim"]
STORY = st.lists(
    st.tuples(
        st.sampled_from([*ACTS, *REPORTS, "plan", "plan", "hear", "hear", "die", "tell", "tick"]), st.integers(0, 30)
    ),
    max_size=80,
)


def goes_on(site, what, number):
    if what in ACTS:
        site.act(what, number)
    elif what in REPORTS:
        site.report_of(what, number)
    elif what == "plan":
        site.plan(1 + number % 4)
    elif what == "hear":
        site.hear(1 + number % 4)
    elif what == "die":
        site.hear(1, puts=number % 4)
        site.take_over()
    elif what == "tell":
        site.tell()
    else:
        site.tick()


@settings(deadline=None, max_examples=150)
@given(STORY)
def test_what_has_no_judgement_is_judged_on_the_package_and_limits_that_its_problem_has_in_the_end(story):
    site = Site()
    for what, number in story:
        goes_on(site, what, number)
    site.catch_up()
    contest = site.truth().contests.get(C)
    for task in site.queue.tasks.values():
        limits = limits_of(contest, task.problem_id) if contest and not task.judging else None
        assert limits in (None, [task.package, task.time_limit_ms, task.memory_limit_mib, task.output_limit_mib])


@settings(deadline=None, max_examples=150)
@given(STORY)
def test_what_is_right_is_never_called_wrong_however_far_each_has_come(story):
    site = Site()
    for what, number in story:
        goes_on(site, what, number)
        assert site.unlike() == ""
    site.catch_up()
    assert site.unlike() == ""
    truth = site.truth()
    assert heard_of_all(site.queued(), truth)
    tasks = site.queue.tasks
    assert {(C, *name) for name in truth.outstanding.wanted} <= set(tasks)
    assert {
        name for name in truth.outstanding.wanted if tasks[(C, *name)].state == "faulted"
    } == truth.outstanding.faulted


def spoils(table, number):
    """Ways in which a queue's table may be spoilt; each is another table."""
    tasks = sorted(name for name in table if name.startswith(f"task|{C}|"))
    pauses = sorted(name for name in table if name.startswith(f"pause|{C}|"))
    for name in [*tasks, *pauses]:
        yield {one: value for one, value in table.items() if one != name}
        yield table | {name: {"nothing": "of it"}}
        yield table | {name: [1]}
    for name in tasks:
        for change in (
            {"problem_id": "C"},
            {"cause": 10**9},
            {"package": "another"},
            {"priority": "high"},
            {"lane": "fast"},
        ):
            yield table | {name: table[name] | change}
        if table[name]["state"] != "faulted":
            yield table | {name: table[name] | {"state": "faulted"}}
        ghost = table[name] | {"submission_id": f"ghost{number}", "cause": 10**9}
        yield table | {f"task|{C}|ghost{number}|0": ghost}
    yield table | {f"pause|{C}|Z|": {"pause": [C, "Z", None], "cause": 1}}
    yield table | {f"pause|{C}|Z|": {"pause": [C, "A", None], "cause": 1}}
    yield table | {MARK: table[MARK] | {"cause": 10**9, "index": 0}}


@settings(deadline=None, max_examples=60)
@given(STORY, st.randoms(use_true_random=False))
def test_whatever_is_spoilt_is_found_and_is_right_again_once_the_log_was_told(story, chance: random.Random):
    site = Site()
    for what, number in story:
        goes_on(site, what, number)
    site.act("submit", 0)
    site.act("pause", 1)
    site.catch_up()
    spoilt = list(spoils(dict(site.table), chance.randrange(100)))
    site.table = chance.choice(spoilt)
    assert site.unlike() != ""
    site.take_over()  # whoever recovers it has what is spoilt
    site.tell()
    site.hear(len(site.wishes.sent))
    assert site.unlike() == ""
    finished(site)


def finished(site):
    """All that the log says is outstanding gets its judgement."""
    site.act("resume", 0)
    site.act("resume", 1)
    site.catch_up()
    site.host(slots=8)
    for _ in range(200):
        if all(task.state == "faulted" for task in site.queue.tasks.values()):
            break
        for task in [task for task in site.queue.tasks.values() if task.state in ("sent", "running")]:
            site.finish(task.order(0, ""))
        site.tick()
    left = site.truth().outstanding
    assert set(left.wanted) == left.faulted


@settings(deadline=None, max_examples=60)
@given(STORY)
def test_a_planner_that_begins_anew_asks_for_nothing_that_was_heard(story):
    """Its group is forgotten: it reads the log from its beginning, also old reloads."""
    site = Site()
    for what, number in story:
        goes_on(site, what, number)
    finished(site)
    held, judged = dict(site.queue.tasks), site.judgements.total()
    site.heard = 0
    while site.heard < len(site.wishes.sent):
        site.hear()
    site.take_over()
    assert (site.queue.tasks, site.judgements.total()) == (held, judged)


@pytest.mark.parametrize("share", [1, 2, 500])
def test_all_of_it_is_told_in_shares(monkeypatch, share):
    monkeypatch.setattr(outstanding, "SHARE", share)
    site = Site()
    for number in range(7):
        site.act("submit", number)
    site.act("pause", 0)
    truth = site.truth().outstanding
    told = list(truth.told(C, partition=0, cause=9, recorded_at=0, recorded_by=""))
    assert sorted(one.submission_id for record in told for one in record.wanted) == sorted(s for s, _ in truth.wanted)
    assert [len(record.pauses) for record in told] == [1, *[0] * (len(told) - 1)]
    assert {record.shares for record in told} == {len(told)}
    other = dataclasses.replace(told[0], contest=OTHER, wanted=(), pauses=())
    site.catch_up()
    held = dict(site.queue.tasks)
    site.carry_out(site.queue.told(other, 0))
    assert site.queue.tasks == held, "another contest's are not touched"
