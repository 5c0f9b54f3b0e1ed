"""The fold under every order of reading, every crash, and beside a second fold written from the requirements alone."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clics.fold import fold as fold_objects
from clics.state import State
from schemas.events import Act, Definition, IntervalRemoved, Judgement
from schemas.rows import AUDIENCES
from streams.scorer.rows import Stamp, rows_of
from streams.scoring.fold import apply
from streams.scoring.project import active, generations
from streams.scoring.rules import RULES
from streams.scoring.state import ContestState
from tests.contest_log import board_bytes, fold
from tests.properties.logs import acting, logs, spans, timed_logs
from tests.properties.sink import Sink, parts
from tests.reference_icpc import scoreboard as reference

quick = settings(max_examples=150, derandomize=True, deadline=None, database=None)
each = settings(quick, max_examples=30)
STAMP = Stamp(0, "test")

of_every_rule = pytest.mark.parametrize("rule", RULES)
"""Rules are found by their files: a new one is held to these laws by being there."""


def boards(state: ContestState) -> dict[str, bytes]:
    return {audience: board_bytes(state, audience) for audience in AUDIENCES}


@quick
@given(logs())
def test_the_fold_equals_a_second_one_written_from_the_requirements(log):
    for audience in AUDIENCES:
        assert log.canonical(audience) == reference(log.events, audience)


@quick
@given(logs(generations=True))
def test_the_fold_of_the_objects_has_the_same_times_and_acts_in_force(log):
    state, objects = ContestState("c1"), State("c1")
    for position, event in log.events:
        apply(state, position, event)
        fold_objects(objects, position, event)
        scored, shown = state.contest, objects.conduct
        assert (scored.definition_position, scored.active) == (shown.definition_position, shown.active)
        assert [one.id for one in scored.generations] == shown.generations
        assert (scored.clock.start, scored.clock.end) == (objects.clock.start, objects.clock.end)
        assert scored.clock.removed == objects.clock.removed
        assert (scored.freeze, scored.planned_thaw) == (objects.freeze, objects.planned_thaw)
        assert (scored.thawed, scored.finalized, scored.closed) == (shown.thawed, shown.finalized, shown.closed)
    for team_id in (*state.teams, "nobody"):
        team = state.teams.get(team_id)
        ours, theirs = state.contest.clock_of(team_id, team.start if team else None), objects.clock_of(team_id)
        assert (ours and (ours.start, ours.end)) == (theirs and (theirs.start, theirs.end))
    for cell in state.cells.values():
        for id_, one in cell.submissions.items():
            if one.position >= 0 and one.first:
                submitted = objects.submissions[id_]
                assert {number for number, _ in one.judgings if number in one.verified} == {
                    number for number, judging in submitted.judgings.items() if judging.verified and judging.verdict
                }
                assert [hack.position for hack in one.hacks if hack.successful] == [
                    hack.position for hack in submitted.hacks
                ]
    for id_, submitted in objects.submissions.items():
        mine = state.rejudgings_of.get(id_, {})
        assert submitted.rejudgings == {number: at for number, at in mine.items() if at > submitted.position}


@quick
@given(timed_logs(), st.data())
def test_a_log_with_an_interval_removed_and_restored_folds_as_the_log_without_both(log, data):
    """Whatever else changes the times before, between and behind the two acts, and whenever they are recorded."""
    span = data.draw(spans)
    span["end"] += 7  # like no interval of the log's own
    acts = []
    for restored in (False, True):
        log.recorded_at = data.draw(acting)
        acts.append(log.make(IntervalRemoved, id=f"x-{restored}", **span, restored=restored))
    removed = data.draw(st.integers(0, len(log.events)))
    restored = data.draw(st.integers(removed, len(log.events)))
    events = list(log.events)
    for place, act, after in ((restored, acts[1], 2), (removed, acts[0], 1)):
        events.insert(place, ((log.events[place - 1][0] if place else 0) + after, act))
    assert [position for position, _ in events] == sorted({position for position, _ in events})
    plain, state = fold(log.events), fold(events)
    assert boards(state) == boards(plain)
    assert state.contest.times.dump() == plain.contest.times.dump(), "nothing of it is kept"
    for audience in AUDIENCES:
        assert boards(state)[audience] == reference(events, audience)
    objects = State("c1")
    for position, event in events:
        fold_objects(objects, position, event)
    assert (objects.clock, objects.freeze) == (plain.contest.clock, plain.contest.freeze)


@of_every_rule
@each
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_judgements_in_any_order_among_each_other_give_the_same_board(rule, data, random):
    log = data.draw(logs(rule=rule))
    events, seen, closed = [], set(), fold(log.events).contest.closed
    for position, event in log.events:  # of two for one judging the first counts: that order means something
        if closed is not None and position > closed:
            break  # and so does what comes when the contest is over
        if isinstance(event, Judgement):
            if (event.submission_id, event.judging) in seen:
                continue
            seen.add((event.submission_id, event.judging))
        events.append((position, event))
    judgements = [event for _, event in events if isinstance(event, Judgement)]
    random.shuffle(judgements)
    shuffled = [(p, judgements.pop() if isinstance(event, Judgement) else event) for p, event in events]
    assert boards(fold(shuffled)) == boards(fold(events))


@of_every_rule
@each
@given(data=st.data())
def test_a_definition_may_come_anywhere_between_what_is_submitted_and_judged(rule, data):
    """It changes how boards are made, not what they are made of: earlier or later, as long as no other act is passed by."""
    log = data.draw(logs(rule=rule, definitions=True))
    state = fold(log.events)
    took = [position for before, position in pairwise(chain_of(log.events)) if before >= 0]
    moved, place = list(log.events), {}
    for position in took:
        if position == state.contest.closed:
            continue  # what comes behind it does not count
        at = next(index for index, (other, _) in enumerate(moved) if other == position)
        _, definition = moved.pop(at)
        to, step = at, data.draw(st.sampled_from((-1, 1)))
        while data.draw(st.integers(0, 3)) and (passed := moved[to + min(step, 0) :][:1]) and (to or step > 0):
            if isinstance(passed[0][1], Act | Definition):
                break
            to += step
        before = moved[to - 1][0] if to else -1
        if to == at or (to < len(moved) and before + 1 == moved[to][0]):
            moved.insert(at, (position, definition))
        else:
            place[position] = before + 1
            moved.insert(to, (before + 1, definition))
    renamed = [
        (
            at,
            replace(event, changes=place.get(event.changes, event.changes)) if isinstance(event, Definition) else event,
        )
        for at, event in moved
    ]
    assert boards(fold(renamed)) == boards(state)


def chain_of(events) -> list[int]:
    """The positions of the definitions that took effect, each changing the one before it."""
    chain = [-1]
    for position, event in events:
        if isinstance(event, Definition) and event.changes == chain[-1]:
            chain.append(position)
    return chain


@of_every_rule
@each
@given(data=st.data())
def test_any_part_of_the_log_may_be_read_again_from_any_point(rule, data):
    log = data.draw(logs(generations=True, rule=rule))
    plain = fold(log.events)
    state, at = ContestState("c1"), 0
    while at < len(log.events):
        to = data.draw(st.integers(at + 1, len(log.events)))
        begin = data.draw(st.integers(0, at))
        for position, event in log.events[begin:to]:
            apply(state, position, event)
        at = to
    assert parts(state) == parts(plain)
    assert boards(state) == boards(plain)
    assert state.position == plain.position


@quick
@given(logs(generations=True), st.randoms(use_true_random=False))
def test_a_state_is_its_parts_in_any_order(log, random):
    state = fold(log.events)
    items = list(parts(state).items())
    random.shuffle(items)
    before = copy.deepcopy(items)
    restored = ContestState.restore("c1", items)
    assert boards(restored) == boards(state)
    assert parts(restored) == parts(state)
    apply(restored, 10**9, log.make(Judgement, **judgement_of("t1", "A")))
    assert items == before, "the values of the table belong to the table"


def judgement_of(team: str, problem: str) -> dict:
    about = {"submission_id": "new", "team_id": team, "problem_id": problem, "language_id": "c", "submitted_at": 0}
    return about | {"judging": 0, "attempt": 1, "verdict": "AC", "started_at": 0, "ended_at": 0}


@of_every_rule
@each
@given(data=st.data())
def test_the_rows_that_events_ask_for_are_the_board_after_each_of_them(rule, data):
    log = data.draw(logs(generations=True, rule=rule))
    state, sink = ContestState("c1"), Sink()
    for position, event in log.events:
        effect = apply(state, position, event)
        for record in rows_of(state, position, effect, STAMP):
            sink.take(record)
        sink.equals(state)
        assert active(state) in {one.id for one in generations(state)}


@of_every_rule
@each
@given(data=st.data())
def test_a_crash_between_any_two_writes_costs_nothing(rule, data):
    """The first life writes parts and rows; a prefix of the parts survives, events are read again from before it."""
    log = data.draw(logs(generations=True, rule=rule))
    sink, writes = Sink(), []
    state = ContestState("c1")
    for index, (position, event) in enumerate(log.events):
        effect = apply(state, position, event)
        assert len(effect.changed) <= 1
        writes += [(index, key, json.loads(json.dumps(state.dump(key)))) for key in effect.changed]
        for record in rows_of(state, position, effect, STAMP):
            sink.take(record)
    survived = data.draw(st.integers(0, len(writes)))
    table = {key: value for _, key, value in writes[:survived]}
    # what is committed has reached the table, so reading goes on at the latest behind the last write that survived
    latest = writes[survived][0] if survived < len(writes) else len(log.events)
    begin = data.draw(st.integers(0, latest))
    sunk = data.draw(st.sampled_from((sink, Sink()))) if begin == 0 else sink
    second = ContestState.restore("c1", table.items())
    for position, event in log.events[begin:]:
        effect = apply(second, position, event)
        for key in effect.changed:
            table[key] = json.loads(json.dumps(second.dump(key)))
        for record in rows_of(second, position, effect, STAMP):
            sunk.take(record)
    assert boards(second) == boards(state)
    assert table == parts(state)
    sunk.equals(state)
