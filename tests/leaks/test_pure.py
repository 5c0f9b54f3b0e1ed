"""What is shown outside the jury is the same for any two logs that differ only in what the freeze withholds.

At the level of the pure functions: boards, objects cut down for a viewer, notifications. Thousands of pairs are cheap
here; what the processes make of it is `test_leaks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from api.access import Scene, Viewer, visible
from clics import objects
from clics.state import State
from clics.view import Change
from clics.view import apply as apply_objects
from schemas.events import ScoreboardFrozen, Submission
from streams.scoring import project, view
from streams.scoring.fold import apply as apply_scores
from streams.scoring.state import ContestState
from streams.scoring.times import ContestTimes
from tests.contest_log import MINUTE, START, ContestLog
from tests.feeds import small
from tests.history.contests import random_log
from tests.leaks.twins import Step, twins, withheld_throughout
from tests.properties.logs import TEAMS, any_rules

NOW = START + 4 * 3_600_000
NOTHING_YET = {"start": None, "freeze": None, "thaw": None, "came": None, "public": True}

Key = tuple[str, str]
Audience = tuple[Viewer, frozenset[str]]
"""A viewer, and the submissions of which they may know what became."""


class Sight:
    """What somebody sees of the objects and hears of, but for what became of the submissions of which they may know it."""

    def __init__(self, audience: Audience, found: dict[Key, tuple[Any, dict[str, Any]]]) -> None:
        self.viewer, self.may_know = audience
        self.found = found
        self.seen: dict[Key, Any] = {}

    def take(self, changes: list[Change]) -> list[Any]:
        """What they hear of these changes, which are among what was *found*."""
        scene = self.scene()
        heard, keys = [], {(change.type, change.id) for change in changes}
        if keys & {("contest", "c1")} or any(type_ == "teams" for type_, _ in keys):
            keys = set(self.found) | keys
        was = {key: self.seen.pop(key, None) for key in keys}
        for key in keys:
            if (shown := self.shown(key, scene)) is not None:
                self.seen[key] = shown
        for change in changes:
            key = change.type, change.id
            if change.notified and (key in self.seen or was[key] is not None):
                heard.append((change.type, self.seen.get(key, "removed")))
        return heard

    def look(self) -> list[str]:
        """All there is, in no order."""
        return sorted(map(repr, self.seen.values()))

    def scene(self) -> Scene:
        _, facts = self.found.get(("contest", "c1"), (None, NOTHING_YET))
        return Scene.at(facts, NOW)

    def shown(self, key: Key, scene: Scene) -> Any:
        made, facts = self.found.get(key, (None, None))
        if facts is None or (key[0] in ("judgements", "runs") and facts["submission"] in self.may_know):
            return None
        if key[0] != "runs":
            return visible(self.viewer, key[0], made, facts, scene)
        of = self.found["judgements", facts["judgement"]][1]
        runs = objects.runs(facts, scene.contest, made)
        return [one for run in runs if (one := visible(self.viewer, "runs", run, of, scene))] or None


def told(steps: list[Step], audiences: list[Audience]) -> Iterator[list[Any]]:
    """What the audiences hear and see, and the public boards, after each step that the twin has too."""
    scores, state = ContestState("c1"), State("c1")
    found: dict[Key, tuple[Any, dict[str, Any]]] = {}
    sights = [Sight(audience, found) for audience in audiences]
    heard: list[list[Any]] = [[] for _ in sights]
    for step in [*steps, None]:
        if step is not None:
            apply_scores(scores, step.position, step.event)
            changes = apply_objects(state, step.position, step.event).changes
            for change in changes:
                if change.facts is None:
                    found.pop((change.type, change.id), None)
                elif change.stored:
                    found[change.type, change.id] = change.object, change.facts
            for sight, news in zip(sights, heard, strict=True):
                news.extend(sight.take(changes))
        if step is None or step.shared:
            yield [heard, [sight.look() for sight in sights], boards(scores)]
            heard = [[] for _ in sights]


def boards(scores: ContestState) -> list[Any]:
    """The public board of every open generation, with the rows of teams that are on their groups' boards alone."""
    found = []
    for generation in project.generations(scores):
        board = project.board(scores, generation, "public")
        found.append((board.rows, board.firsts, generation.id == project.active(scores)))
    return found


def difference(first: list[Step], second: list[Step], audiences: list[Audience]) -> Any:
    """The first step at which somebody sees or hears something else in the second log; None: there is none."""
    for number, (one, other) in enumerate(zip(told(first, audiences), told(second, audiences), strict=True)):
        if one != other:
            return number, one, other
    return None


def exported(steps: list[Step]) -> list[bytes]:
    """The feed that is exported for the public."""
    log = [(step.position, step.event) for step in steps]
    return small.exported(log, "c1", version="2026-01", audience="public")


def owners(log: ContestLog) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, event in log.events:
        if isinstance(event, Submission):
            found.setdefault(event.id, event.team_id)
    return found


def look_the_same(log: ContestLog, seed: int, team: str) -> None:
    """Whatever became of the withheld submissions, to the public, to the *team* and, of others' alone, to it again."""
    frozen, of = withheld_throughout(log.events), owners(log)
    mine = frozenset(id_ for id_ in frozen if of[id_] == team)
    first, second = twins(log.events, frozen, seed)
    assume(any(not step.shared for step in first))
    public, own = (Viewer(), frozenset[str]()), (Viewer("team", team), mine)
    assert difference(first, second, [public, own]) is None
    assert exported(first) == exported(second)
    if mine:
        assert difference(*twins(log.events, frozen - mine, seed), [(Viewer("team", team), frozenset())]) is None


anything = given(any_rules, st.integers(0, 2**32), st.sampled_from(TEAMS))
checks = [HealthCheck.filter_too_much, HealthCheck.too_slow]


@anything
@settings(max_examples=60, deadline=None, suppress_health_check=checks)
def test_two_logs_that_differ_in_frozen_outcomes_look_the_same_outside_the_jury(log, seed, team):
    look_the_same(log, seed, team)


@pytest.mark.long
@pytest.mark.timeout(1800)  # twenty minutes on a busy machine
@anything
@settings(max_examples=5000, deadline=None, suppress_health_check=checks)
def test_long_thousands_of_logs_that_differ_in_frozen_outcomes_look_the_same(log, seed, team):
    look_the_same(log, seed, team)


def twice_frozen(by_hand: int | None, seed: int) -> Any:
    """What shows where a second freeze comes later than the first, with a verdict in between that only the jury knows."""
    log = ContestLog()
    if by_hand is not None:
        log.recorded_at = START + by_hand * MINUTE
        log.act(ScoreboardFrozen, at=log.recorded_at)
    minute = (by_hand or 240) + 1
    log.recorded_at = START + minute * MINUTE
    secret = log.submit("t1", "A", minute, "AC")
    log.recorded_at += MINUTE
    log.act(ScoreboardFrozen, at=START + 250 * MINUTE)
    return difference(*twins(log.events, {secret}, seed), [(Viewer(), frozenset())])


@pytest.mark.parametrize("by_hand", [200, None], ids=["frozen by hand", "as planned"])
def test_a_second_freeze_shows_nothing_that_the_first_has_hidden(by_hand, monkeypatch):
    assert all(twice_frozen(by_hand, seed) is None for seed in range(5))
    monkeypatch.setattr(ContestTimes, "freeze_by_hand", lambda self, *act: self.by_hand.append([*act, False]))
    assert any(twice_frozen(by_hand, seed) for seed in range(5)), "a build that leaks is found"


def counts_no_ignored(monkeypatch):
    counts = view.View.counts
    monkeypatch.setattr(view.View, "counts", lambda self, one, times: not one.ignored and counts(self, one, times))


def guests_are_not_frozen(monkeypatch):
    row = project.row

    def leak(state, generation, audience, team_id):
        found = row(state, generation, audience, team_id)
        return row(state, generation, "jury", team_id) if found.ranked and not found.listed else found

    monkeypatch.setattr(project, "row", leak)


def hacks_count_at_once(monkeypatch):
    hacks = view.View.hacks

    def leak(self, team_id):
        with monkeypatch.context() as thawed:
            thawed.setattr(self, "_hidden_from", None)
            return hacks(self, team_id)

    monkeypatch.setattr(view.View, "hacks", leak)


@pytest.mark.parametrize(
    ("leak", "rule"),
    [
        (lambda monkeypatch: monkeypatch.setattr(view.View, "_hides", lambda *_: False), "icpc"),
        (lambda monkeypatch: monkeypatch.setattr("api.access.withheld", lambda *_: False), "icpc"),
        (counts_no_ignored, "icpc"),
        (guests_are_not_frozen, "icpc"),
        (hacks_count_at_once, "codeforces"),
    ],
    ids=[
        "a board that is not frozen",
        "judgements that are shown",
        "a board that does not count what is ignored",
        "a group's board that is not frozen",
        "hacks of what is frozen that count",
    ],
)
def test_a_leak_is_found(monkeypatch, leak, rule):
    leak(monkeypatch)
    found = None
    for seed in range(200):
        log = random_log(seed, "c1", rule=rule)
        found = difference(*twins(log, withheld_throughout(log), seed), [(Viewer(), frozenset())])
        if found is not None:
            break
    assert found is not None
