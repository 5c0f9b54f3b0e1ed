"""Each rule beside a second one that is as plain as can be, and the laws that every rule keeps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scoring.rules import NO_HACKS, RULES, Attempt, CellScore, Hacks, Rule, Scope, Task, make_rule
from streams.scoring.verdicts import Outcome
from tests.properties.logs import SETTINGS

quick = settings(max_examples=40, derandomize=True, deadline=None, database=None)

MINUTE = 60_000
SCALE = 10
SCOPE = Scope(20 * MINUTE, 150 * MINUTE, SCALE)

EVERY: dict[str, Rule] = {
    f"{name} {parameters}": make_rule(name, SCOPE, parameters)
    for name in sorted(RULES)
    for parameters in SETTINGS.get(name, [{}])
}
"""Every rule that there is. Each example is tried on all of them: what costs time is making it up."""


@st.composite
def attempts(draw) -> Attempt:
    outcome = draw(st.sampled_from(Outcome))
    time = draw(st.integers(0, 150 * MINUTE - 1))
    if outcome is Outcome.PENDING:
        return Attempt(time, outcome)
    passed = outcome is Outcome.ACCEPTED or draw(st.integers(0, 3)) == 0
    groups = tuple(draw(st.lists(st.integers(-5, 60), max_size=3)))
    score = draw(st.sampled_from((None, None, sum(groups), draw(st.integers(-20, 100)))))
    return Attempt(time, outcome, score, groups, passed)


@st.composite
def parts(draw) -> Attempt:
    """An attempt on a package of 100 points that is cut into up to four subtasks."""
    number = draw(st.integers(1, 4))
    groups = tuple(draw(st.lists(st.integers(0, 100 // number), min_size=number, max_size=number)))
    return Attempt(draw(st.integers(0, 150 * MINUTE - 1)), Outcome.REJECTED, sum(groups), groups)


tried = st.lists(attempts() | parts(), max_size=8).map(lambda found: sorted(found, key=lambda one: one.time))
tasks = st.builds(Task, st.just("A"), st.sampled_from((0, 1, 1, 1, 3, 500)), st.sampled_from((None, 100)))
hacks = st.builds(Hacks, st.integers(0, 3), st.integers(0, 3))
cells = st.lists(st.tuples(tasks, tried), min_size=1, max_size=3)


# ---- what every rule keeps ------------------------------------------------------------------------------------------


def row_of(rule: Rule, found: Sequence[tuple[Task, list[Attempt]]], added: int = 0, of: Hacks = NO_HACKS):
    return rule.row([rule.cell(task, one) for task, one in found], added, of)


@quick
@given(found=cells, added=st.integers(-(10**7), 10**7), of=hacks)
def test_a_row_fits_the_board(found, added, of):
    for name, rule in EVERY.items():
        row, empty = row_of(rule, found, added, of), row_of(rule, [])
        assert row.sort_key[0] <= 0, name
        assert len(row.sort_key) == len(empty.sort_key), f"{name}: keys of one board have one length"
        assert (row.score is None) == (empty.score is None), f"{name}: a rule has points or it has none"
        for task, one in found:
            cell = rule.cell(task, one)
            assert (cell.score is None) == (row.score is None), name
            assert cell.num_judged + cell.num_pending <= len(one), name
            shows_time = cell.solved if cell.score is None else cell.score > 0
            assert (cell.time is not None) == shows_time, (
                f"{name}: the Contest API wants a time iff solved or score > 0"
            )


@quick
@given(task=tasks, one=tried)
def test_a_pending_attempt_gives_nothing_away(task, one):
    judged = [attempt for attempt in one if attempt.outcome is not Outcome.PENDING]
    for name, rule in EVERY.items():
        assert replace(rule.cell(task, one), num_pending=0) == rule.cell(task, judged), name


@quick
@given(found=cells, last=attempts())
def test_one_more_attempt_moves_nobody_back_under_a_rule_that_is_monotone(found, last):
    (task, one), *others = found
    latest = max([last.time, *(attempt.time for attempt in one)])
    more = [(task, [*one, replace(last, time=latest)]), *others]
    for name, rule in EVERY.items():
        if rule.monotone:
            assert row_of(rule, more).sort_key <= row_of(rule, found).sort_key, name


@quick
@given(found=cells)
def test_a_rule_that_is_not_scored_asks_for_outcomes_alone(found):
    bare = [(task, [replace(attempt, score=None, group_scores=()) for attempt in one]) for task, one in found]
    for name, rule in EVERY.items():
        if not rule.scored:
            assert row_of(rule, bare) == row_of(rule, found), name


def test_the_two_rules_that_are_not_monotone_move_somebody_back():
    task = Task("A", 1, 100)
    for name, parameters in (("ioi", {"mode": "last"}), ("codeforces", {})):
        rule = make_rule(name, SCOPE, parameters)
        good, bad = Attempt(0, Outcome.ACCEPTED, 100, (), True), Attempt(140 * MINUTE, Outcome.ACCEPTED, 10, (), True)
        assert not rule.monotone
        assert row_of(rule, [(task, [good, bad])]).sort_key > row_of(rule, [(task, [good])]).sort_key


# ---- beside a second one --------------------------------------------------------------------------------------------


def plain_worth(task: Task, one: Attempt) -> int:
    if one.outcome is Outcome.PENDING:
        return 0
    if one.score is not None:
        return max(0, one.score * task.weight)
    if one.outcome is Outcome.ACCEPTED:
        return task.weight * (task.max_score or SCALE)
    return 0


def first_reached(points: Callable[[list[Attempt]], int], judged: list[Attempt]) -> tuple[int, int | None]:
    """The points of all attempts, and the time of the first after which there were as many."""
    final = points(judged)
    times = [judged[n - 1].time for n in range(1, len(judged) + 1) if points(judged[:n]) == final]
    return final, times[0] if final > 0 else None


def plain_subtasks(task: Task, judged: list[Attempt]) -> int:
    graded = [one.group_scores for one in judged if one.score is not None]
    number = max((len(groups) for groups in graded), default=0)
    best = [max([0, *(groups[k] for groups in graded if k < len(groups))]) for k in range(number)]
    added = sum(best) * task.weight
    if task.max_score is not None:
        added = min(added, task.max_score * task.weight)
    return max([added, *(plain_worth(task, one) for one in judged)])


@quick
@given(task=tasks, one=tried)
def test_ioi(task, one):
    judged = [attempt for attempt in one if attempt.outcome is not Outcome.PENDING]
    best = first_reached(lambda some: max((plain_worth(task, a) for a in some), default=0), judged)
    subtasks = first_reached(lambda some: plain_subtasks(task, some), judged)
    last = plain_worth(task, judged[-1]) if judged else 0
    expected = {"best": best, "subtasks": subtasks, "last": (last, judged[-1].time if last else None)}
    for mode, (points, time) in expected.items():
        cell = make_rule("ioi", SCOPE, {"mode": mode}).cell(task, one)
        assert (cell.score, cell.time, cell.penalty) == (points, time, 0), mode
        assert (cell.num_judged, cell.num_pending) == (len(judged), len(one) - len(judged))


@quick
@given(found=cells, added=st.integers(-(10**6), 10**6))
def test_atcoder(found, added):
    rule = make_rule("atcoder", SCOPE, {})
    total = penalties = 0
    gains = [0]
    for task, one in found:
        cell = rule.cell(task, one)
        most = max([0, *(plain_worth(task, attempt) for attempt in one)])
        assert cell.score == most
        if most:
            where = [plain_worth(task, attempt) for attempt in one].index(most)
            gains.append(one[where].time // 1000 * 1000)
            assert cell.time == gains[-1]
            penalties += sum(attempt.outcome is Outcome.REJECTED for attempt in one[:where])
        total += most
    row = row_of(rule, found, added)
    assert (row.score, row.total_time) == (total, max(gains) + 5 * MINUTE * penalties + added)
    assert row.sort_key == (-total, row.total_time)


@quick
@given(found=cells, of=hacks)
def test_codeforces(found, of):
    rule, total = make_rule("codeforces", SCOPE, {}), 0
    for task, one in found:
        real = [a for a in one if a.outcome is not Outcome.PENDING]
        stood = [n for n, a in enumerate(real) if a.passed or a.outcome is Outcome.ACCEPTED]
        points = 0
        if stood and real[stood[-1]].outcome is Outcome.ACCEPTED:
            x = task.weight * (task.max_score or SCALE)
            minute = real[stood[-1]].time // MINUTE
            wrong = sum(a.outcome is not Outcome.FREE for a in real[: stood[-1]])
            lost = math.floor(Fraction(120 * x * minute, 250 * 150))
            points = max(math.floor(Fraction(3 * x, 10)), x - lost - 50 * SCALE * wrong)
        assert rule.cell(task, one).score == points
        total += points
    row = row_of(rule, found, 0, of)
    assert row.score == total + SCALE * (100 * of.successful - 50 * of.unsuccessful)
    assert row.sort_key == (0, -row.score)


@quick
@given(found=cells, added=st.integers(-(10**6), 10**6), of=hacks)
def test_extended_icpc(found, added, of):
    solved, time = 0, added
    for task, one in found:
        outcomes = [attempt.outcome for attempt in one]
        if Outcome.ACCEPTED in outcomes and task.weight:
            where = outcomes.index(Outcome.ACCEPTED)
            solved += task.weight
            time += one[where].time // MINUTE * MINUTE + 10 * MINUTE * outcomes[:where].count(Outcome.REJECTED)
    for parameters, tie in (({}, ()), ({"hacks": "tie"}, (-of.successful, of.unsuccessful))):
        row = row_of(make_rule("extended-icpc", SCOPE, parameters), found, added, of)
        assert (row.num_solved, row.total_time, row.score) == (solved, time, None)
        assert row.sort_key == (-solved, time, *tie)


def test_cells_that_nobody_tried_are_empty():
    for name in RULES:
        cell = make_rule(name, SCOPE, {}).cell(Task("A", 1, None), ())
        assert cell in (CellScore(), CellScore(score=0))
