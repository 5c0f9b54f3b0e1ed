"""A freeze that the source has lifted is lifted in the copy, in whichever order and how often the feed is read."""

from __future__ import annotations

import itertools

import pytest

from clics.feeds import Follower, events, read_feed
from podium.feeds.append import BY, bring
from schemas.events import ScoreboardFrozen, ScoreboardUnfrozen, Submission, Transitioned
from streams.scoring.fold import FOLDED, apply
from streams.scoring.state import ContestState
from tests.feeds.brought import followed, imported
from tests.feeds.small import (
    CONFIGURATION,
    START,
    contest,
    judgement,
    ndjson,
    read,
    rows,
    state,
    submission,
    team,
    written,
)
from tests.unit.feed_log import FeedLog

MINUTE = 60_000
STARTED = {"started": "0:00:00"}
OVER = {**STARTED, "ended": "5:00:00", "finalized": "5:30:00", "end_of_updates": "5:30:00"}


def solved(number, problem_id, time, end):
    """Team 1 solves a problem."""
    id_ = str(number)
    return submission(id_, "1", problem_id, time), judgement(f"1{id_}", id_, "AC", time, end)


def freeze(length):
    """The contest's object with the freeze that is in force, as podium tells it."""
    return contest(scoreboard_freeze_duration=length)


HIDDEN = solved(1, "a", "4:10:00", "4:10:05")
EARLY = solved(1, "a", "3:10:00", "3:10:05")
LATE = solved(2, "b", "4:40:00", "4:40:05")
FROZEN_AT_4 = state(**STARTED, frozen="4:00:00")
FROZEN_AT_3 = state(**STARTED, frozen="3:00:00")
RUNNING = (*CONFIGURATION, state(**STARTED))

SHOWN_A, HIDDEN_A = ["1 1 1 250 a=1/250"], ["1 1 0 0 a+1?"]
SHOWN_EARLY, ONLY_EARLY = ["1 1 1 190 a=1/190"], ["1 1 1 190 a=1/190 b+1?"]
BOTH = ["1 1 2 470 a=1/190 b=1/280"]

LIFTED = {
    "one that was planned": [
        ([*RUNNING, FROZEN_AT_4, *HIDDEN], HIDDEN_A),
        ([freeze(None), state(**STARTED)], SHOWN_A),
        ([state(**OVER)], SHOWN_A),
    ],
    "one that was planned, as the state alone says": [
        ([*RUNNING, FROZEN_AT_4, *HIDDEN], HIDDEN_A),
        ([state(**STARTED)], SHOWN_A),
        ([state(**STARTED)], SHOWN_A),
        ([state(**OVER)], SHOWN_A),
    ],
    "one by hand, with the planned one still to come": [
        ([*RUNNING, freeze("2:00:00"), FROZEN_AT_3, *EARLY], ["1 1 0 0 a+1?"]),
        ([freeze("1:00:00"), state(**STARTED)], SHOWN_EARLY),
        ([FROZEN_AT_4, *LATE], ONLY_EARLY),
        ([freeze(None), state(**STARTED)], BOTH),
        ([state(**OVER)], BOTH),
    ],
    "one by hand, as the state alone says": [
        ([*RUNNING, FROZEN_AT_3, *EARLY], ["1 1 0 0 a+1?"]),
        ([state(**STARTED)], SHOWN_EARLY),
        ([FROZEN_AT_4, *LATE], ONLY_EARLY),
        ([state(**STARTED, frozen="4:00:00", ended="5:00:00")], ONLY_EARLY),
        ([state(**OVER, frozen="4:00:00", thawed="5:10:00")], BOTH),
    ],
    "one after which it is frozen by hand again": [
        ([*RUNNING, FROZEN_AT_4, *HIDDEN], HIDDEN_A),
        ([freeze(None), state(**STARTED)], SHOWN_A),
        ([freeze("0:30:00"), state(**STARTED, frozen="4:30:00"), *LATE], ["1 1 1 250 a=1/250 b+1?"]),
        ([state(**OVER, frozen="4:30:00", thawed="5:10:00")], ["1 1 2 530 a=1/250 b=1/280"]),
    ],
    "none: a freeze of the whole contest is told behind the start": [
        ([*CONFIGURATION, freeze("5:00:00"), state(**STARTED), *HIDDEN], HIDDEN_A),
        ([state(**STARTED, frozen="0:00:00")], HIDDEN_A),
        ([state(**OVER, frozen="0:00:00", thawed="5:10:00")], SHOWN_A),
    ],
}  # fmt: skip
TAKEN_BACK = [
    ([*RUNNING, FROZEN_AT_4, *HIDDEN], HIDDEN_A),
    ([freeze(None), state(**STARTED)], SHOWN_A),
    ([freeze("1:00:00"), FROZEN_AT_4], HIDDEN_A),
    ([state(**OVER, frozen="4:00:00", thawed="5:10:00")], SHOWN_A),
]
"""The source freezes its board from the moment on of which it had lifted the freeze."""

MISSED = (
    [*RUNNING, freeze("2:00:00"), FROZEN_AT_3, *EARLY],
    [*RUNNING, freeze("1:00:00"), *EARLY, FROZEN_AT_4, *LATE],
)
"""One by hand that was lifted, and the planned one has come: nobody has read what was in between."""

lifted = pytest.mark.parametrize("stages", LIFTED.values(), ids=LIFTED)


def until_now(stages):
    """All that was told until each stage, and the public board of then."""
    for end in range(1, len(stages) + 1):
        yield list(itertools.chain.from_iterable(told for told, _ in stages[:end])), stages[end - 1][1]


def public(found):
    """The rows of who has tried anything."""
    return [row for row in rows(found, "public") if len(row.split()) > 4]


def closed(found):
    folded = ContestState("tiny")
    for position, event in enumerate(found):
        if type(event).__name__ in FOLDED:
            apply(folded, position, event)
    return folded.contest.closed is not None


def over(told):
    return told[-1][2].get("end_of_updates") is not None


@pytest.fixture
def log(monkeypatch):
    return FeedLog(monkeypatch)


def snapshot(log, told):
    """A run that hears what there is now, of a server that keeps no history."""
    followed(log, list({one[:2]: one for one in told}.values()))


OTHERS = (imported, followed, snapshot)
WAYS = ((imported,), (followed,), (snapshot,), (imported, followed), (followed, imported), (imported, snapshot))
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: " then ".join(one.__name__ for one in way))


@pytest.mark.parametrize("stages", [*LIFTED.values(), TAKEN_BACK], ids=[*LIFTED, "one that the source takes back"])
def test_who_follows_sees_at_each_moment_what_the_source_shows(stages):
    follower, found = Follower("tiny", by="test"), []
    for told, board in stages:
        for change in read_feed(ndjson(written(told))).changes():
            found += follower.take(change)
        found += follower.flush()
        assert public(found) == board
    assert closed(found)
    told = list(until_now(stages))[-1][0]
    assert public(read(written(told))[1]) == board, "and who reads it once, at the end"


@lifted
@ways
def test_whoever_reads_it_again_comes_to_what_the_source_shows_now(log, stages, way):
    for (told, board), reads in zip(until_now(stages), itertools.cycle(way)):
        reads(log, told)
        assert public(log.of["tiny"]) == board
        assert closed(log.of["tiny"]) is over(told)
        held = len(log.of["tiny"])
        reads(log, told)
        assert log.kinds("tiny", held) == [], "a second time changes nothing"


@lifted
@ways
def test_whoever_reads_it_in_another_way_changes_no_board(log, stages, way):
    for (told, board), reads in zip(until_now(stages), itertools.cycle(way)):
        reads(log, told)
        for other in OTHERS:
            other(log, told)
            assert public(log.of["tiny"]) == board
        held = len(log.of["tiny"])
        for other in OTHERS:
            other(log, told)
        assert log.kinds("tiny", held) == []


@lifted
def test_what_is_judged_here_is_frozen_as_the_source_is(log, stages):
    for told, _ in until_now(stages):
        followed(log, told)
        freezes = []
        for name in ("tiny", "tiny.shadow"):
            folded = ContestState(name)
            for position, event in enumerate(log.of[name]):
                apply(folded, position, event)
            freezes.append((folded.contest.freeze, folded.contest.thawed))
        assert freezes[0] == freezes[1]


def shown(found):
    """All that the public has been shown since the first team was there."""
    return {row for end in range(2, len(found) + 1) for row in public(found[:end])}


@pytest.mark.parametrize("reads", [imported, followed])
def test_a_lift_that_was_missed_shows_at_no_moment_what_the_next_freeze_hides(log, reads):
    for told in MISSED:
        reads(log, told)
    assert public(log.of["tiny"]) == ONLY_EARLY
    assert not any("b=1" in row for row in shown(log.of["tiny"]))


def test_a_lift_that_was_missed_is_none_once_the_log_has_what_the_next_freeze_hides(log):
    """Between a lift and another freeze all would be shown: what is hidden stays so until the thaw."""
    last = [*RUNNING, freeze("1:00:00"), *EARLY, *LATE, FROZEN_AT_4]
    for told in (MISSED[0], last):
        followed(log, told)
    assert public(log.of["tiny"]) == ["1 1 0 0 a+1? b+1?"]
    followed(log, [*last, state(**OVER, frozen="4:00:00", thawed="5:10:00")])
    assert shown(log.of["tiny"]) == {"1 1 0 0 a+1?", "1 1 0 0 a+1? b+1?", *BOTH}
    assert closed(log.of["tiny"])


def test_what_is_lifted_in_between_is_told_as_made_up(log):
    brought = [imported(log, told) for told in MISSED]
    assert [one.made_up for one in brought] == [0, 2]


@pytest.mark.parametrize("reads", OTHERS)
def test_a_lift_that_the_source_takes_back_is_none(log, reads):
    for told, board in until_now(TAKEN_BACK):
        reads(log, told)
        assert public(log.of["tiny"]) == board
        held = len(log.of["tiny"])
        reads(log, told)
        assert log.kinds("tiny", held) == []
    for other in OTHERS:
        other(log, told)
    assert public(log.of["tiny"]) == board


def test_a_run_that_is_behind_the_log_lifts_nothing_that_a_later_freeze_hides(log):
    """Between a lift and another freeze all would be shown."""
    stages = LIFTED["one by hand, with the planned one still to come"][:3]
    *_, (whole, _) = until_now(stages)
    for first in ([*stages[0][0], *LATE], whole):
        log.of.clear()
        snapshot(log, first)
        followed(log, whole)
        followed(log, whole)
        assert not any("b=1" in row for row in shown(log.of["tiny"]))


def test_a_freeze_that_moved_behind_what_is_here_already_stays_hidden(log):
    imported(log, [*CONFIGURATION, FROZEN_AT_3, *EARLY, *LATE])
    later = [*CONFIGURATION, state(**STARTED, frozen="4:30:00"), *EARLY, *LATE]
    assert not any(isinstance(one, ScoreboardUnfrozen) for one in log.of["tiny"])
    imported(log, later)
    assert public(log.of["tiny"]) == ["1 1 0 0 a+1? b+1?"]
    assert imported(log, later).appended == 0


def test_a_freeze_that_the_jury_set_or_lifted_here_stays(log):
    running = [*RUNNING, FROZEN_AT_4, *HIDDEN]
    imported(log, running)
    at = START + 255 * MINUTE
    jury = {"contest": "tiny", "recorded_by": "jury", "recorded_at": at}
    log.of["tiny"].append(ScoreboardUnfrozen(**jury, id="lift"))
    for reads in OTHERS:
        reads(log, running)
    assert public(log.of["tiny"]) == SHOWN_A
    log.of["tiny"].append(ScoreboardFrozen(**jury, id="freeze", at=at - 10 * MINUTE))
    for reads in OTHERS:
        reads(log, [*running, freeze(None), state(**STARTED)])
    assert public(log.of["tiny"]) == HIDDEN_A


def test_a_freeze_that_the_clock_here_has_noted_and_the_source_has_put_off_is_lifted(log):
    imported(log, RUNNING)
    at = START + 240 * MINUTE
    log.of["tiny"].append(
        Transitioned(contest="tiny", recorded_at=at, recorded_by="clock", id="t", kind="frozen", planned_at=at)
    )
    imported(log, [*RUNNING, freeze("0:30:00"), state(**STARTED, frozen="4:30:00"), *HIDDEN])
    assert public(log.of["tiny"]) == SHOWN_A


def test_a_line_that_cannot_be_read_lifts_nothing(log):
    imported(log, [*RUNNING, FROZEN_AT_4, *HIDDEN])
    feed = read_feed(ndjson(written([*RUNNING, freeze(None), *HIDDEN])))
    bring(None, "tiny", list(events(feed.changes(), "tiny", by=BY)), log, whole=False)
    assert public(log.of["tiny"]) == HIDDEN_A


def test_an_import_says_that_results_are_final_only_where_they_are_shown(log):
    frozen = {**OVER, "frozen": "4:00:00"}
    del frozen["end_of_updates"]
    imported(log, [*RUNNING, *HIDDEN, state(**frozen)])
    assert not imported(log, [*RUNNING, *HIDDEN, freeze(None), team("4"), state(**frozen)]).final
    assert not closed(log.of["tiny"])
    lifted = [*RUNNING, *HIDDEN, freeze(None), state(**OVER)]
    assert not imported(log, lifted).final
    assert closed(log.of["tiny"])
    assert imported(log, lifted).final
    assert sum(isinstance(one, Submission) for one in log.of["tiny"]) == 1
