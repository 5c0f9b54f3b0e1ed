"""The queue's pure core, case by case."""

from __future__ import annotations

import dataclasses

import pytest

from schemas.errors import DataError
from schemas.events import Judgement, JudgingFaulted, JudgingStarted, Run, Runs
from schemas.work import (
    PackageReplaced,
    PauseChanged,
    RejudgingDropped,
    RunsReported,
    TaskFaulted,
    TaskFinished,
    TaskRefused,
)
from streams.dispatcher.facts import LONGEST_TEXT
from streams.dispatcher.rests import DECLINES, KEPT_TICKS
from streams.dispatcher.state import ATTEMPTS, SILENT_MS, UNCLAIMED_MS
from tests.properties.test_queue_core import SAID, World, wanted

RUN = Run(1, "AC", 10, 12, 1000, 5)


@pytest.fixture
def world():
    return World()


def seconds(world, ms, running=()):
    for _ in range(ms // 1000):
        world.host(slots=4, running=running)
        world.tick()


def slots(world):
    return sum(host.takes("live") for host in world.queue.hosts.values())


def test_started_runs_and_judgement_reach_the_log_with_the_logs_own_facts(world):
    world.want(wanted(7, team="t9", problem="B", at=123))
    (task,) = world.sent
    assert (task.position, task.attempt, task.package, task.time_limit_ms) == (7, 1, "p", 1000)
    (started,) = world.claim(task, "h", 2).events
    (runs,) = world.report(RunsReported, task, "h", 2, runs=(RUN,)).events
    on = {"cpu": "a processor", "kernel": "6.1", "image": "sha256:0", "slots": "2", "core": "1"}
    (judgement,) = world.finish(task, "WA", environment=on).events
    assert isinstance(started, JudgingStarted)
    assert (runs.runs, type(runs)) == ((RUN,), Runs)
    assert isinstance(judgement, Judgement)
    assert (judgement.team_id, judgement.problem_id, judgement.submitted_at) == ("t9", "B", 123)
    assert judgement.environment == on
    assert (judgement.verdict, judgement.host, judgement.attempt) == ("WA", "h", 1)
    assert {name for name in world.table if name.startswith("task")} == set()


def test_a_lane_holds_a_quarter_of_the_slots_unclaimed_and_at_least_one(world):
    for number in range(40):
        world.want(wanted(number, team=f"t{number}"))
    assert len(world.sent) == 1
    world.host("a", slots=10)
    world.host("b", slots=6)
    assert len(world.sent) == 4
    world.claim(world.sent[0])
    assert len(world.sent) == 5


def test_a_bulk_of_rejudgings_does_not_delay_the_live_lane(world):
    for number in range(50):
        world.want(wanted(number, lane="bulk", judging=3))
    world.want(wanted(60))
    assert [task.lane for task in world.sent] == ["bulk", "live"]


def test_a_team_that_floods_waits_behind_the_others(world):
    for number in range(10):
        world.want(wanted(number, team="flood", at=number))
    world.want(wanted(20, team="late", at=1000))
    world.claim(world.sent[0])
    assert world.sent[1].team_id == "late"


def test_the_first_finished_report_wins(world):
    world.want(wanted(1))
    (task,) = world.sent
    world.claim(task)
    assert world.finish(task, "AC").events
    assert world.finish(task, "WA").dropped == "not outstanding"


def test_three_faults_are_a_judging_error_and_a_later_report_still_counts(world):
    world.want(wanted(1))
    for attempt in (1, 2, 3):
        task = world.sent[-1]
        assert task.attempt == attempt
        world.claim(task)
        (event,) = world.fault(task).events
        assert isinstance(event, JudgingFaulted)
        assert event.final == (attempt == 3)
        assert [task.submission_id for task, _ in world.errors] == ["s1"] * (attempt == 3)
    assert len(world.sent) == 3
    assert world.queue.states["live"]["faulted"] == 1
    (judgement,) = world.finish(task).events
    assert isinstance(judgement, Judgement)


def test_a_task_whose_reports_stop_gets_another_attempt(world):
    world.want(wanted(1))
    world.claim(world.sent[0])
    seconds(world, SILENT_MS)
    assert len(world.sent) == 1
    seconds(world, 2000)
    assert [task.attempt for task in world.sent] == [1, 2]
    assert world.claim(world.sent[0]).dropped == "another attempt"
    assert world.finish(world.sent[0]).events, "the first attempt may still be the one that counts"


def test_a_task_that_its_host_speaks_of_runs_on(world):
    world.want(wanted(1))
    world.claim(world.sent[0])
    seconds(world, 5 * SILENT_MS, running=[world.sent[0]])
    assert len(world.sent) == 1


def test_a_task_that_another_slot_takes_over_belongs_to_that(world):
    world.want(wanted(1))
    (task,) = world.sent
    world.claim(task, "dead", 0)
    assert world.claim(task, "alive", 1).events
    assert world.report(RunsReported, task, "dead", 0, runs=(RUN,)).dropped == "another slot"
    assert world.report(RunsReported, task, "alive", 1, runs=(RUN,)).events


def test_an_unclaimed_task_is_sent_again_only_while_slots_are_idle(world):
    world.want(wanted(1))
    for _ in range(100):
        world.tick()
    assert len(world.sent) == 1, "no judge lives: the lane keeps it"
    seconds(world, UNCLAIMED_MS + 2000)
    assert [task.attempt for task in world.sent] == [1, 2]


def test_after_a_takeover_silence_is_counted_anew(world):
    world.want(wanted(1))
    world.claim(world.sent[0])
    world.take_over()
    world.tick(SILENT_MS - 1000)
    assert len(world.sent) == 1


def test_a_gap_in_the_ticks_and_reports_read_late_are_no_silence(world):
    world.want(wanted(1))
    world.claim(world.sent[0])
    world.tick(60_000)
    for _ in range(60):
        world.tick(current=False)
    world.tick()
    assert len(world.sent) == 1


def test_a_submission_that_takes_its_judges_down_is_a_judging_error_in_the_end(world):
    world.want(wanted(1))
    while world.queue.states["live"]["faulted"] == 0:
        assert len(world.sent) <= ATTEMPTS
        if world.queue.states["live"]["sent"]:
            world.claim(world.sent[-1])
        seconds(world, 1000)
    assert len(world.sent) == ATTEMPTS
    assert world.faults["c", "s1", 0] == 1
    assert [why for _, why in world.errors] == [f"no answer in {ATTEMPTS} attempts"]


def test_a_host_that_says_goodbye_or_falls_silent_has_no_slots(world):
    world.host("a", slots=8)
    world.host("b", slots=8)
    assert slots(world) == 16
    world.host("a", slots=0)
    assert slots(world) == 8
    for _ in range(SILENT_MS // 1000 + 1):
        world.tick()
    assert slots(world) == 0


@pytest.mark.parametrize("state", ["paused", "sick"])
def test_a_host_that_takes_no_tasks_counts_no_slots_and_says_why(world, state):
    world.host("h", slots=8, state=state, why="no package")
    assert (slots(world), world.queue.window("live")) == (0, 1)
    assert (world.queue.hosts["h"].state, world.queue.hosts["h"].why) == (state, "no package")
    world.host("h", slots=8)
    assert (slots(world), world.queue.window("live")) == (8, 2)


def test_a_host_that_waits_for_something_still_takes_other_tasks(world):
    world.host("h", slots=8, state="waiting", why="slot 0: no package")
    assert (slots(world), world.queue.window("live")) == (8, 2)
    world.want(wanted(1))
    for _ in range(UNCLAIMED_MS // 1000 + 2):
        world.host("h", slots=8, state="waiting")
        world.tick()
    assert [task.attempt for task in world.sent] == [1, 2], "its idle slots may have lost it"


def test_a_rejudging_is_a_judging_of_its_own(world):
    world.want(wanted(1))
    world.finish(world.sent[0])
    world.want(wanted(2, judging=2))
    assert world.finish(world.sent[-1]).events
    assert sorted(key[2] for key in world.judgements) == [0, 2]


def test_of_an_older_position_nothing_is_wanted_again(world):
    world.want(wanted(5))
    world.finish(world.sent[0])
    assert world.want(wanted(5)).dropped == "repeated"
    assert world.want(wanted(4)).dropped == "repeated"
    world.want(wanted(4, partition=1))
    assert len(world.sent) == 2


def test_what_the_planner_lost_on_the_way_is_not_taken_for_heard(world):
    """It sends the records of one rejudging all at once, and all again when one did not arrive."""

    def rejudged(index):
        return dataclasses.replace(wanted(9, judging=9, lane="bulk"), submission_id=f"s{index}", index=index)

    assert world.want(rejudged(1)).dropped == "before its turn"
    assert not world.want(rejudged(0)).dropped
    assert world.want(rejudged(2)).dropped == "before its turn"
    for index in range(3):
        world.want(rejudged(index))
    assert {key[1] for key in world.queue.tasks} == {"s0", "s1", "s2"}


def test_a_lane_that_does_not_exist_is_bad_data(world):
    with pytest.raises(DataError, match="no lane 'fast'"):
        world.want(wanted(1, lane="fast"))


def test_what_judges_cannot_use_is_buried_once_and_only_of_their_own_topics(world):
    """Each host reads all orders at each of its starts, and refuses the same ones; also to a queue that has taken over."""

    def refused(topic="judge-orders", position=7, host="h"):
        record = TaskRefused(**SAID, host=host, topic=topic, position=position, key=b"k", value=b"?", why="no record")
        return world.carry_out(world.queue.refuse(record))

    for topic in ("judge-orders", "judge-tasks", "judge-tasks-bulk"):
        (record,) = refused(topic).refused
        assert (record.topic, record.position, record.value) == (topic, 7, b"?")
        assert not refused(topic, host="other").refused
    world.take_over()
    assert not refused().refused
    assert refused(position=8).refused
    with pytest.raises(DataError, match=r"h refuses a record of log, which is not a judge's to refuse"):
        refused("log")


def test_what_a_judge_writes_at_length_stays_far_below_what_a_record_may_have(world):
    world.want(wanted(1))
    (task,) = world.sent
    world.claim(task)
    (event,) = world.report(TaskFaulted, task, why="x" * 1_900_000).events
    assert len(event.why) == LONGEST_TEXT
    told = {"team_id": "?", "problem_id": "?", "language_id": "?", "submitted_at": 0, "verdict": "CE"}
    told["package"] = task.package
    report = world.report(TaskFinished, task, started_at=0, ended_at=1, compiler_output="x" * 1_900_000, **told)
    (event,) = report.events
    assert len(event.compiler_output) == LONGEST_TEXT


def test_a_task_at_which_a_host_failed_is_kept_for_another_one(world):
    world.host("a")
    world.host("b")
    world.want(wanted(1))
    world.claim(world.sent[0], "a")
    world.fault(world.sent[0], "a")
    second = world.sent[1]
    assert (second.attempt, second.avoid) == (2, ("a",))
    assert world.decline(second, "a").dropped == ""
    world.tick()
    assert len(world.sent) == 2, "it rests until the slots of that host stand aside"
    world.tick()
    assert (world.sent[2].attempt, world.sent[2].avoid) == (2, ("a",)), "declining is no attempt"
    world.claim(world.sent[2], "b")
    assert world.decline(second, "a").dropped == "another slot", "it came twice"
    assert world.finish(world.sent[2], host="b").events


def test_a_task_that_is_given_back_rests_and_is_no_attempt_and_begins_once_in_the_log(world):
    world.host("a")
    world.want(wanted(1))
    for rest in (4, 8, 16, 30, 30):
        (task,) = world.sent
        assert (task.attempt, task.avoid) == (1, ())
        started = world.claim(task, "a").events
        assert len(started) == (rest == 4)
        assert world.decline(task, "b").dropped == "another slot"
        assert world.decline(task, "a").events == []
        world.sent.clear()
        for _ in range(rest):
            assert world.sent == []
            world.host("a")
            world.tick()
    (task,) = world.sent
    assert world.restored().tasks == world.queue.tasks
    assert world.claim(task, "a").events == []
    assert world.finish(task, host="a").events


def test_a_task_that_is_given_back_goes_to_another_host(world):
    world.host("a")
    world.host("b")
    world.want(wanted(1))
    world.claim(world.sent[0], "a")
    world.decline(world.sent[0], "a")
    for _ in range(4):
        world.tick()
    assert (world.sent[1].attempt, world.sent[1].avoid) == (1, ("a",))


def test_tasks_that_are_given_back_again_and_again_delay_no_others(world):
    for number in range(8):
        world.want(wanted(number, team=f"t{number}"))
    broken = set()
    for _ in range(16):
        task = world.sent[-1]
        broken.add(task.submission_id)
        world.claim(task)
        world.decline(task)
        for _ in range(4):
            world.host()
            world.tick()
    assert len(broken) == 8
    world.want(wanted(20, team="late", at=1000))
    for _ in range(60):
        world.host()
        world.tick()
    unclaimed = world.sent[-1]
    if unclaimed.team_id != "late":
        world.claim(unclaimed)
    assert world.sent[-1].team_id == "late"


@pytest.mark.parametrize("free", [True, False])
def test_a_task_at_which_a_host_failed_waits_for_the_idle_slot_of_another_one_and_not_for_ever(world, free):
    world.host("a")
    world.want(wanted(1))
    world.want(wanted(2, team="busy"))
    mine, other = world.sent[0], None
    world.claim(mine, "a")
    other = world.sent[1]
    world.claim(other, "b")
    world.host("b", slots=1, running=[other])
    world.fault(mine, "a")
    for _ in range(KEPT_TICKS - 1):
        world.host("a")
        world.host("b", slots=1, running=[other])
        world.tick()
    assert len(world.sent) == 2, "the host that failed is not asked in vain"
    world.host("b", slots=1, running=[] if free else [other])
    world.tick()
    assert [(task.attempt, task.avoid) for task in world.sent[2:]] == [(2, ("a",) if free else ())]


def test_a_task_is_kept_for_no_host_that_cannot_take_it(world):
    world.host("a")
    world.want(wanted(1))
    world.claim(world.sent[0], "a")
    world.fault(world.sent[0], "a")
    assert world.sent[1].avoid == (), "there is no other host"
    world.host("b", state="paused")
    world.claim(world.sent[1], "a")
    world.fault(world.sent[1], "a")
    assert world.sent[2].avoid == (), "the other one takes nothing"


def test_a_task_that_no_other_host_takes_is_judged_where_it_failed_in_the_end(world):
    world.host("a")
    world.host("b")
    world.want(wanted(1))
    world.claim(world.sent[0], "a")
    world.fault(world.sent[0], "a")
    for _ in range(DECLINES):
        assert world.sent[-1].avoid == ("a",)
        world.decline(world.sent[-1], "a")
        world.host("b")
        world.tick()
        world.tick()
    assert (world.sent[-1].avoid, world.sent[-1].attempt) == ((), 2)


def test_slots_that_help_others_have_lost_no_task(world):
    world.want(wanted(1))
    world.claim(world.sent[0])
    world.want(wanted(2))
    for _ in range(3 * UNCLAIMED_MS // 1000):
        world.host(slots=2, running=[world.sent[0]], helping=(1,))
        world.tick()
    assert len(world.sent) == 2, "it takes the task when its run has ended"
    for _ in range(UNCLAIMED_MS // 1000 + 2):
        world.host(slots=2, running=[world.sent[0]])
        world.tick()
    assert len(world.sent) == 3


def test_slots_that_are_reserved_for_the_live_lane_make_no_bulk_task_late(world):
    world.want(wanted(1, lane="bulk", judging=3))
    (task,) = world.sent
    world.want(wanted(2))
    world.claim(world.sent[1], slot=1)
    for _ in range(3 * UNCLAIMED_MS // 1000):
        world.host(slots=2, live_slots=1, running=[None, world.sent[1]])
        world.tick()
    assert [sent for sent in world.sent if sent.lane == "bulk"] == [task], "the one slot for it is busy"
    for _ in range(UNCLAIMED_MS // 1000 + 2):
        world.host(slots=2, live_slots=1, running=[world.sent[1]])
        world.tick()
    assert [sent.attempt for sent in world.sent if sent.lane == "bulk"] == [1, 2]


def test_bulk_tasks_wait_in_the_window_of_the_slots_that_take_them(world):
    world.host(slots=16, live_slots=8)
    assert (world.queue.window("live"), world.queue.window("bulk")) == (4, 2)


@pytest.mark.parametrize("number", [2, 3, 8, 17])
@pytest.mark.parametrize("posted", [0, 1, 30_000, 59_999])
@pytest.mark.parametrize("apart", [0, 1])
def test_beside_a_team_that_floods_another_one_is_judged_within_one_slots_turn(world, number, posted, apart):
    """Fifty submissions of a minute each on so many slots, at once or one after the other; A+B comes *posted* ms later."""
    turn = 60_000
    world.host("h", slots=number)
    for one in range(50):
        world.want(wanted(one, team="flood", at=one))
    free = {slot: apart * slot * turn // number for slot in range(number)}
    """When each slot is free."""
    lane, now, late = world.sent, 0, None
    running = {}
    taken = 0
    while late is None:
        slot = min(free, key=lambda one: (free[one], one))
        if now <= posted < free[slot]:
            world.want(wanted(99, team="late", at=posted))
        now = max(now, free[slot])
        if slot in running:
            world.finish(running.pop(slot))
        task = lane[taken]
        taken += 1
        world.claim(task, "h", slot)
        running[slot] = task
        free[slot] = now + turn
        if task.team_id == "late":
            late = now
    assert late - posted <= turn


def test_of_tasks_that_a_pause_holds_none_is_looked_at_while_others_are_judged(world, monkeypatch):
    looked = []
    monkeypatch.setattr(world.queue, "_held", lambda task, held=world.queue._held: looked.append(task) or held(task))
    pause = {**SAID, "contest": "c", "partition": 0, "problem_id": "A", "language_id": None}
    world.carry_out(world.queue.pause(PauseChanged(**pause, cause=0, paused=True), 0))
    for number in range(1, 50):
        world.want(wanted(number, team=f"t{number}"))
    world.want(wanted(50, problem="B"))
    assert [task.problem_id for task in world.sent] == ["B"]
    assert {task.problem_id for task in looked} == {"B"}
    assert world.queue.states["live"]["waiting"] == len(world.queue.waiting["live"]) == 49
    world.queue = world.restored()
    world.carry_out(world.queue.pause(PauseChanged(**pause, cause=51, paused=False), 0))
    world.finish(world.sent[0])
    assert world.sent[-1].problem_id == "A"


def of(cause, **more):
    return {**SAID, "contest": "c", "partition": 0, "cause": cause, **more}


def replaced(cause, package="new", problem="A", index=0):
    limits = {"time_limit_ms": 2000, "memory_limit_mib": 512, "output_limit_mib": 9}
    return PackageReplaced(**of(cause, problem_id=problem, package=package, index=index, **limits))


def test_a_pause_holds_submissions_and_no_rejudging(world):
    pause = PauseChanged(**of(0, problem_id=None, language_id=None, paused=True))
    world.carry_out(world.queue.pause(pause, 0))
    world.want(wanted(1))
    world.want(wanted(2, judging=9, lane="bulk"))
    world.want(wanted(3, judging=9))
    assert [(task.submission_id, task.lane) for task in world.sent] == [("s2", "bulk"), ("s3", "live")]


@pytest.mark.parametrize("puts", [None, 0, 1, 2])
def test_of_a_cancelled_rejudging_nothing_is_judged_any_more(world, puts):
    world.want(wanted(1, judging=7, lane="bulk"))
    world.want(wanted(2, judging=7, lane="bulk"))
    world.want(wanted(3, judging=8, lane="bulk"))
    world.claim(world.sent[0])
    drop = RejudgingDropped(**of(9, judging=7))
    world.carry_out(world.queue.drop(drop, 0), puts)
    if puts is not None:  # the process dies in the middle of it; the record comes again
        world.take_over()
        world.carry_out(world.queue.drop(drop, 0))
    assert world.queue.drop(drop, 0).dropped == "repeated"
    assert {task.judging for task in world.queue.tasks.values()} == {8}
    assert world.restored().tasks == world.queue.tasks
    assert world.finish(world.sent[0]).dropped == "not outstanding"
    assert world.sent[-1].judging == 8


def test_what_is_not_judged_yet_is_judged_on_the_package_that_replaces_the_old_one(world):
    world.want(wanted(1))
    running = world.sent[-1]
    world.claim(running)
    world.want(wanted(2))
    sent = world.sent[-1]
    for number, more in ((3, {}), (4, {"problem": "B"}), (5, {"judging": 6, "lane": "bulk"})):
        world.want(wanted(number, **more))
    world.carry_out(world.queue.replace(replaced(9), 0))
    packages = {task.submission_id: task.package for task in world.queue.tasks.values()}
    assert packages == {"s1": "new", "s2": "new", "s3": "new", "s4": "p", "s5": "p"}
    assert world.restored().tasks == world.queue.tasks
    assert world.finish(running).dropped == "another package", "the old data counts no longer"
    assert world.claim(sent).dropped == "another attempt"
    while any(task.problem_id == "A" and task.judging == 0 for task in world.queue.tasks.values()):
        task = next(t for t in reversed(world.sent) if world.queue.tasks.get((t.contest, t.submission_id, t.judging)))
        if task.package == "new":
            assert (task.time_limit_ms, task.memory_limit_mib, task.output_limit_mib) == (2000, 512, 9)
            (event,) = world.finish(task).events
            assert event.package == "new"
        else:
            world.finish(task)


def test_a_judging_error_of_the_old_package_is_judged_on_the_new_one(world):
    world.want(wanted(1))
    for _ in range(3):
        world.claim(world.sent[-1])
        world.fault(world.sent[-1])
    assert world.queue.states["live"]["faulted"] == 1
    world.carry_out(world.queue.replace(replaced(9), 0))
    assert (world.sent[-1].package, world.sent[-1].attempt) == ("new", 4)
    assert not world.claim(world.sent[-1]).dropped


def test_under_other_limits_of_its_package_what_is_under_way_goes_on(world):
    world.want(wanted(1))
    running = world.sent[-1]
    world.claim(running)
    world.want(wanted(2))
    world.want(wanted(3))
    for problem, index in (("A", 0), ("B", 1)):
        world.carry_out(world.queue.replace(replaced(9, problem=problem, package="p", index=index), 0))
    states = {task.submission_id: (task.state, task.time_limit_ms) for task in world.queue.tasks.values()}
    assert states == {"s1": ("running", 2000), "s2": ("sent", 2000), "s3": ("waiting", 2000)}
    assert world.restored().tasks == world.queue.tasks
    assert world.finish(running).events
    world.finish(world.sent[-1])
    assert (world.sent[-1].submission_id, world.sent[-1].time_limit_ms) == ("s3", 2000)


def test_of_several_packages_of_one_definition_each_comes_once_and_in_its_turn(world):
    for number, problem in ((1, "A"), (2, "B")):
        world.want(wanted(number, problem=problem))
    early = world.queue.replace(replaced(9, problem="B", index=1), 0)
    assert early.dropped == "before its turn"
    for problem, index in (("A", 0), ("B", 1)):
        assert not world.carry_out(world.queue.replace(replaced(9, problem=problem, index=index), 0)).dropped
        assert world.queue.replace(replaced(9, problem=problem, index=index), 0).dropped == "repeated"
    assert {task.package for task in world.queue.tasks.values()} == {"new"}
