"""Transitions come when the definition and the acts say, once each, whatever happens to the clock."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from clics.fold import fold
from clics.state import State
from podium.feeds.append import BY, Appender
from schemas.clock import Clock
from schemas.events import (
    ContestExtended,
    Definition,
    Finalized,
    ScoreboardUnfrozen,
    StartMoved,
    ThawScheduled,
    Transitioned,
)
from schemas.imported import Imported
from schemas.producer import Producer
from schemas.reader import read, read_contest
from streams import clock
from streams.clock import due, planned, transition
from tests.wait import until

HOUR = 3_600_000
HEAD = {"contest": "c", "recorded_at": 0, "recorded_by": "test"}
DEFINITION = Definition(
    **HEAD, changes=-1, name="C", start_time=1000, duration=5 * HOUR, scoreboard_freeze_duration=HOUR,
    scoreboard_thaw_time=1000 + 6 * HOUR,
)  # fmt: skip


def state_of(*events):
    state = State("c")
    for position, event in enumerate(events):
        fold(state, position, event)
    return state


def test_a_contest_starts_freezes_ends_and_thaws_as_defined():
    times = planned(state_of(DEFINITION))
    assert times == {"started": 1000, "frozen": 1000 + 4 * HOUR, "ended": 1000 + 5 * HOUR, "thawed": 1000 + 6 * HOUR}


def test_an_extension_moves_the_freeze_and_the_end():
    times = planned(state_of(DEFINITION, ContestExtended(**HEAD, id="x", by=600_000)))
    assert times["frozen"] == 1000 + 4 * HOUR + 600_000
    assert times["ended"] == 1000 + 5 * HOUR + 600_000


def test_without_a_start_nothing_is_due():
    state = state_of(DEFINITION, StartMoved(**HEAD, id="m", start_time=None, countdown_pause_time=5000))
    assert planned(state) == {}
    assert due(state, 10**15) == []


def test_a_freeze_that_was_lifted_before_it_came_does_not_come():
    lifted = ScoreboardUnfrozen(contest="c", recorded_at=1000 + 4 * HOUR, recorded_by="jury", id="u")
    assert "frozen" not in planned(state_of(DEFINITION, lifted))


def test_a_thaw_never_comes_before_the_end():
    times = planned(state_of(DEFINITION, ThawScheduled(**HEAD, id="t", thaw_time=5)))
    assert times["thawed"] == times["ended"]


def test_what_is_due_comes_in_order_and_only_once():
    state = state_of(DEFINITION)
    assert due(state, 999) == []
    assert [kind for kind, _ in due(state, 1000 + 7 * HOUR)] == ["started", "frozen", "ended", "thawed"]
    fold(state, 1, transition("c", "started", 1000, 1000, "clock"))
    assert [kind for kind, _ in due(state, 1000 + 7 * HOUR)] == ["frozen", "ended", "thawed"]


def test_an_end_that_moved_away_is_due_again():
    state = state_of(DEFINITION, transition("c", "ended", 1000 + 5 * HOUR, 0, "clock"))
    fold(state, 2, ContestExtended(**HEAD, id="x", by=600_000))
    assert ("ended", 1000 + 5 * HOUR + 600_000) in due(state, 1000 + 7 * HOUR)


def test_a_thaw_that_was_called_off_before_the_clocks_record_is_due_again_once_it_is_planned_again():
    at = 1000 + 6 * HOUR
    off, thawed = ThawScheduled(**HEAD, id="off", thaw_time=None), transition("c", "thawed", at, at, "clock")
    state = state_of(DEFINITION, off, thawed)
    assert state.conduct.thawed is None
    fold(state, 3, ThawScheduled(**HEAD, id="on", thaw_time=at))
    assert ("thawed", at) in due(state, at)
    fold(state, 4, thawed)
    assert (state.conduct.thawed, ("thawed", at) in due(state, at)) == (at, False)


def test_behind_the_end_of_updates_nothing_is_due():
    definition = replace(DEFINITION, scoreboard_freeze_duration=None)
    state = state_of(definition, transition("c", "ended", 1000 + 5 * HOUR, 0, "clock"))
    assert due(state, 1000 + 7 * HOUR) == [("started", 1000)]
    fold(state, 2, Finalized(contest="c", recorded_at=1000 + 6 * HOUR, recorded_by="jury", id="f"))
    assert due(state, 1000 + 7 * HOUR) == [], "it would be void, and written again and again"


def test_two_clocks_make_one_id():
    one, other = transition("c", "ended", 5, 5, "clock-1"), transition("c", "ended", 5, 9, "clock-2")
    assert one.id == other.id
    assert one.reason == other.reason == "planned for 1970-01-01T00:00:00.005Z"


@pytest.fixture
def clocks(settings, kafka, monkeypatch):
    from streams import clock

    stops = []

    def event():
        stops.append(threading.Event())
        return stops[-1]

    monkeypatch.setattr(clock, "stop_event", event)  # signals belong to the test runner
    threads = [threading.Thread(target=clock.run, args=(settings,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield
    for stop in stops:
        stop.set()
    for thread in threads:
        thread.join(60)


def test_two_clocks_on_a_real_log_make_each_transition_at_most_twice_and_tick(settings, kafka, clocks):
    with Producer(settings) as producer:
        producer.append(
            Definition(
                contest="clocked", recorded_at=0, recorded_by="test", changes=-1, name="C", start_time=5, duration=10
            )
        ).result()
    seen = until(
        lambda: (
            (found := [e for _, e in read_contest(settings, "clocked") if isinstance(e, Transitioned)])
            and {e.kind for e in found} == {"started", "ended"}
            and found
        ),
        30,
        "started and ended are in the log",
    )
    assert len({e.id for e in seen}) == 2
    assert len(seen) <= 4
    assert until(lambda: list(read(settings, "ticks", 0)), 10, "a tick")


def test_an_import_that_broke_off_has_its_transitions_once_somebody_says_that_all_is_there(settings, kafka, clocks):
    at = {"contest": "broke-off", "recorded_at": 1, "recorded_by": BY}
    with Producer(settings) as producer:
        definition = Definition(**at, changes=-1, name="C", start_time=5, duration=10)
        headers = Imported(1, 3, judged=True).headers()
        producer.send("log", "broke-off", definition, headers=headers).result()
        for _ in range(2):
            Appender(settings, "broke-off", producer).complete()

    def kinds():
        return [getattr(event, "kind", type(event).__name__) for _, event in read_contest(settings, "broke-off")]

    until(lambda: {"started", "ended"} <= set(kinds()), 30, "started and ended are in the log")
    assert kinds()[:2] == ["Definition", "MarkRequested"], "none came before"
    assert kinds().count("MarkRequested") == 1


@pytest.fixture
def failing(monkeypatch):
    """A fold that fails at one contest's extensions, and another contest's transitions that no event can hold."""
    from streams import clock

    def folds(state, position, event):
        if event.contest == "clock-odd" and isinstance(event, ContestExtended):
            raise ZeroDivisionError("of the fold")
        return fold(state, position, event)

    def makes(contest, *rest):
        if contest == "clock-far":
            raise OverflowError("of the codec")
        return transition(contest, *rest)

    monkeypatch.setattr(clock, "fold", folds)
    monkeypatch.setattr(clock, "transition", makes)


def test_what_cannot_be_folded_or_written_is_told_once_and_stops_no_other_contest(settings, failing, clocks, caplog):
    others = ("clock-odd", "clock-after")
    with Producer(settings) as producer:
        for contest in ("clock-far", *others):
            of = {"contest": contest, "recorded_at": 0, "recorded_by": "test"}
            producer.append(Definition(**of, changes=-1, name="C", start_time=5, duration=10)).result()
            producer.append(ContestExtended(**of, id="x", by=2)).result()

    def ended(contest):
        return {e.planned_at for _, e in read_contest(settings, contest) if getattr(e, "kind", "") == "ended"}

    # a clock that was ready between the two records has seen the contest end without its extension, too
    until(lambda: 15 in ended("clock-odd") and 17 in ended("clock-after"), 30, "the others have ended")
    until(lambda: caplog.text.count("clock-far: ended at 17 can never be appended") == 2, 10, "both clocks tell it")
    assert caplog.text.count("ContestExtended fails") == 2
    assert not ended("clock-far")


class Schedule(clock._Schedule):
    """What the clock knows of one contest that is long over, without a log."""

    def __init__(self, turns):
        self.contests, self.arriving = {"c": state_of(DEFINITION)}, set()
        self.stop, self.turns = threading.Event(), turns

    def read(self, timeout_s):
        self.turns -= 1
        if self.turns <= 0:
            self.stop.set()


def test_while_a_contest_is_imported_no_transition_is_made():
    schedule, appended = Schedule(turns=2), []

    def append(event):
        appended.append(event.kind)
        schedule.contests["c"].position = len(appended)
        return SimpleNamespace(result=lambda: len(appended))

    producer = SimpleNamespace(append=append, send=lambda *_, **__: None)

    def arrives(number):
        headers = Imported(number, 3, judged=True).headers()
        schedule._arrives(SimpleNamespace(headers=lambda: headers, key=lambda: b"c"))

    arrives(1)
    clock._beat(schedule, Clock.parse(""), "clock", producer, schedule.stop)
    assert appended == []
    schedule._arrives(SimpleNamespace(headers=lambda: None, key=lambda: b"c"))
    assert schedule.arriving == {"c"}, "a record of the log's own in between ends no import"
    arrives(3)
    schedule.stop.clear()
    clock._beat(schedule, Clock.parse(""), "clock", producer, schedule.stop)
    assert appended[:1] == ["started"]
