"""A contest of our own that is frozen and lifted at random, and its copies: the public sees the same on all boards."""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from collections import Counter

import pytest

from clics.feeds import events, read_feed
from podium.feeds.append import BY, bring
from podium.feeds.shadow import Shadow
from schemas.events import (
    Finalized,
    IntervalRemoved,
    Judgement,
    JudgingStarted,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    Submission,
    TeamStarted,
    ThawScheduled,
    Transitioned,
)
from streams.scoring.clock import PAUSE_MS
from streams.scoring.fold import FOLDED, apply
from streams.scoring.state import ContestState
from tests.feeds.small import CONFIGURATION, START, exported, read, rows, written
from tests.unit.feed_log import FeedLog

MINUTE = 60_000
FIRST = 8
"""So many records there are before the first submission: the definition, entries, and the start."""


def contest_of(log):
    state = ContestState("tiny")
    for position, event in enumerate(log):
        if type(event).__name__ in FOLDED:
            apply(state, position, event)
    return state.contest


class Source:
    """A contest that goes on in steps; `steps` are the lengths of its log at which somebody may have read it.

    *taken_out* are the ways in which contest time is: "paused", and "removed" afterwards. With *windows* each team has
    the whole contest's length of its own, from its first submission on.
    """

    def __init__(self, drawn: random.Random, taken_out=(), *, windows=False) -> None:
        self.log = [one for one in read(written(CONFIGURATION))[1] if not isinstance(one, Transitioned)]
        if windows:
            self.log[0] = dataclasses.replace(self.log[0], window=self.log[0].duration)
        self._windows, self._begun = windows, set()
        self.steps, self._drawn, self._ids = [], drawn, map(str, itertools.count(1))
        self._came, self._taken_out, self._paused = set(), taken_out, None

    def tell(self, cls, minute, **fields):
        at = START + minute * MINUTE
        self.log.append(cls(contest="tiny", recorded_at=at, recorded_by="us", **fields))

    def act(self, cls, minute, **fields):
        self.tell(cls, minute, id=next(self._ids), **fields)

    def frozen(self, minute):
        """Whether the board is, which the clock has noted."""
        freeze, now = contest_of(self.log).freeze, START + minute * MINUTE
        if freeze is not None and freeze <= now and freeze not in self._came:
            self._came.add(freeze)
            self.act(Transitioned, (freeze - START) // MINUTE, kind="frozen", planned_at=freeze)
            self.steps.append(len(self.log))
        return freeze is not None and freeze <= now

    def run(self):
        self.act(Transitioned, 0, kind="started", planned_at=START)
        minute = 0
        while (minute := minute + self._drawn.choice((7, 20, 35, 50))) < (end := self._end()):
            frozen, chance = self.frozen(minute), self._drawn.random()
            if self._takes_out(minute):
                pass
            elif chance < 0.3 and frozen:
                self.act(ScoreboardUnfrozen, minute)
            elif chance < 0.3:
                self.act(ScoreboardFrozen, minute, at=START + minute * MINUTE)
            elif self._paused is None:
                self._submit(minute, next(self._ids))
            self.steps.append(len(self.log))
        frozen = self.frozen(end)
        self.act(Transitioned, end, kind="ended", planned_at=START + end * MINUTE)
        self.steps.append(len(self.log))
        if frozen:
            self.act(ThawScheduled, end + 10, thaw_time=START + (end + 10) * MINUTE)
            self.act(Transitioned, end + 10, kind="thawed", planned_at=START + (end + 10) * MINUTE)
        self.act(Finalized, end + 20)

    def _end(self):
        return (contest_of(self.log).clock.end - START) // MINUTE

    def _takes_out(self, minute):
        """Contest time stands still from now on, or does so no more; or some that has passed is removed."""
        if self._taken_out and self._drawn.random() < (0.5 if self._paused is not None else 0.25):
            if self._drawn.choice(self._taken_out) == "paused" or self._paused is not None:
                self._pauses(minute)
            else:
                first = self._drawn.randrange(minute)
                self._remove(minute, first, min(first + 30, minute))
            return True
        return False

    def _pauses(self, minute):
        if self._paused is None:
            self._paused = minute
            self._remove(minute, minute, minute + PAUSE_MS // MINUTE)
        else:
            paused, self._paused = self._paused, None
            self._remove(minute, paused, minute)
            self._remove(minute, paused, paused + PAUSE_MS // MINUTE, restored=True)

    def _remove(self, minute, first, last, **fields):
        self.act(IntervalRemoved, minute, start=START + first * MINUTE, end=START + last * MINUTE, **fields)

    def _submit(self, minute, id_):
        at, of = START + minute * MINUTE, {"submission_id": id_, "judging": 0, "attempt": 1}
        what = {"team_id": self._drawn.choice("123"), "problem_id": self._drawn.choice("ab"), "language_id": "cpp"}
        if self._windows and what["team_id"] not in self._begun:
            self._begun.add(what["team_id"])
            self.act(TeamStarted, minute - 2, team_id=what["team_id"], start_time=at - 2 * MINUTE)
        self.tell(Submission, minute, id=id_, submitted_at=at, **what)
        self.tell(JudgingStarted, minute, **of, host="", started_at=at)
        verdict = self._drawn.choice(("AC", "WA"))
        self.tell(Judgement, minute, **of, **what, submitted_at=at, verdict=verdict, started_at=at, ended_at=at)


def imported(log, feed):
    bring(None, "tiny", list(events(read_feed(iter(feed)).changes(), "tiny", by=BY)), log)


def followed(log, feed):
    one = Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for change in read_feed(iter(feed)).changes():
        one.take(change)
    one.end()


def told(log):
    """How many results of each cell the public is told, of all that it was ever shown."""
    most = Counter()
    for end in range(FIRST, len(log) + 1):
        for row in rows(log[:end], "public"):
            for cell in row.split()[4:]:
                name, results = re.match(r"(\w)(?:[:=](\d+))?", cell).groups()
                most[row.split()[1], name] = max(int(results or 0), most[row.split()[1], name])
    return most


def copied(monkeypatch, drawn, source, way):
    """The copy's log, and the source's as far as it was read, at each moment at which somebody reads it."""
    log = FeedLog(monkeypatch)
    for end in [*sorted(drawn.sample(source.steps, 4)), len(source.log)]:
        feed = exported(list(enumerate(source.log[:end])), "tiny", version="2026-01", audience="jury")
        drawn.choice(way)(log, feed)
        yield log.of["tiny"], source.log[:end]
        if len(way) == 1:
            held = len(log.of["tiny"])
            way[0](log, feed)
            assert log.kinds("tiny", held) == []
    assert contest_of(source.log).closed is not None
    assert contest_of(log.of["tiny"]).closed is not None


ways = pytest.mark.parametrize("way", [(imported,), (followed,), (imported, followed)])


@ways
@pytest.mark.parametrize("taken_out", [(), ("paused",)])
@pytest.mark.parametrize("seed", [*range(8), 127, 139])
def test_whenever_it_is_read_the_copy_shows_what_we_show(monkeypatch, seed, taken_out, way):
    drawn = random.Random(seed)
    source = Source(drawn, taken_out)
    source.run()
    for copy, read_ in copied(monkeypatch, drawn, source, way):
        assert rows(copy, "public") == rows(read_, "public")
        assert told(copy) <= told(read_), "nor was more shown at any moment"


def solved(log):
    return {(row.split()[1], cell.split("=")[0]) for row in rows(log) for cell in row.split()[4:] if "=" in cell}


@ways
@pytest.mark.parametrize("seed", range(8))
def test_a_copy_from_before_an_interval_was_removed_shows_no_more_than_we_do(monkeypatch, seed, way):
    """What it has already keeps its contest time, so that another attempt may be the one that solved a problem."""
    drawn = random.Random(seed)
    source = Source(drawn, ("paused", "removed"))
    source.run()
    copy = []
    for copy, read_ in copied(monkeypatch, drawn, source, way):
        assert solved(copy) == solved(read_)
        assert set(+told(copy)) <= set(+told(read_))
    assert rows(copy, "public") == rows(copy)


@ways
@pytest.mark.parametrize("taken_out", [(), ("paused",)])
@pytest.mark.parametrize("seed", [2, 22, 27, 46])
def test_a_copy_of_a_contest_of_windows_shows_no_more_than_we_do(monkeypatch, seed, taken_out, way):
    """It dates each submission by the team's own time, and so hides more."""
    drawn = random.Random(seed)
    source = Source(drawn, taken_out, windows=True)
    source.run()
    copy = []
    for copy, read_ in copied(monkeypatch, drawn, source, way):
        assert rows(copy) == rows(read_)
        assert told(copy) <= told(read_)
    assert rows(copy, "public") == rows(copy)
