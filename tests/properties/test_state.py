"""What a contest's state says, beside the inequalities of the Contest API, whatever was done to its times."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from clics.derive import derive
from clics.fold import fold
from clics.state import State
from clics.times import parse_time
from schemas.events import ContestExtended, Finalized, ScoreboardFrozen, TeamTimeExtended, Transitioned
from tests.contest_log import HOUR, MINUTE, START, ContestLog
from tests.properties.logs import change_times

quick = settings(max_examples=300, derandomize=True, deadline=None, database=None)

CHAINS = (
    ("started", "frozen", "ended", "thawed", "end_of_updates"),
    ("started", "frozen", "ended", "finalized", "end_of_updates"),
)
"""As the specification writes them: what does not occur drops out."""


class Told:
    """A log, and the state's object after each event of it."""

    def __init__(self) -> None:
        self.log, self.state, self.read = ContestLog(), State("c1"), 0

    def look(self) -> dict[str, int]:
        """Fold what is new, an event at a time; the times that the last state has."""
        times: dict[str, int] = {}
        for position, event in self.log.events[self.read :]:
            fold(self.state, position, event)
            told = derive(self.state, [("state", "state")])["state", "state"][0]
            times = {name: parse_time(at) for name, at in told.items() if at is not None}
            check(times)
        self.read = len(self.log.events)
        return times

    def come(self, kind: str) -> None:
        """The clock notes what is planned now, or the jury finalizes."""
        planned = {
            "started": self.state.clock.start,
            "frozen": self.state.freeze,
            "ended": self.state.clock.end,
            "thawed": self.state.planned_thaw,
        }
        if kind == "finalized":
            self.log.act(Finalized, b=0)
        elif (at := planned[kind]) is not None:
            self.log.act(Transitioned, id=f"{kind}-{at}", kind=kind, planned_at=at)


def check(times: dict[str, int]) -> None:
    for chain in CHAINS:
        for earlier, later in combinations((name for name in chain if name in times), 2):
            assert times[earlier] <= times[later], f"{later} is before {earlier}: {times}"
    for needed, later in (("started", "ended"), ("started", "frozen"), ("frozen", "thawed"), ("ended", "finalized")):
        assert needed in times or later not in times, f"{later} without {needed}: {times}"


@quick
@given(st.data())
def test_a_state_keeps_the_specifications_order_whatever_is_done_to_the_times(data):
    told = Told()
    told.log.recorded_at = START
    for _ in range(data.draw(st.integers(1, 14))):
        told.look()
        told.log.recorded_at += data.draw(st.sampled_from((1, 20 * MINUTE, HOUR, 2 * HOUR)))
        match data.draw(st.integers(0, 6)):
            case 0 | 1 | 2:
                told.come(data.draw(st.sampled_from(("started", "frozen", "ended", "thawed", "finalized"))))
            case 3:
                told.log.act(ScoreboardFrozen, at=told.log.recorded_at)
            case 4:
                told.log.act(ContestExtended, by=-3 * HOUR)
            case 5:
                told.log.act(TeamTimeExtended, team_id="t1", by=30 * MINUTE)
            case _:
                change_times(data.draw, told.log)
    told.look()


def test_a_freeze_by_hand_in_one_teams_extra_time_stands_at_the_end_of_the_contest():
    told = Told()
    told.log.define(scoreboard_freeze_duration=None)
    told.log.act(TeamTimeExtended, team_id="t1", by=30 * MINUTE)
    told.look()
    told.come("started")
    told.come("ended")
    told.log.recorded_at = START + 5 * HOUR + 10 * MINUTE
    told.log.act(ScoreboardFrozen, at=told.log.recorded_at)
    assert told.look() == {"started": START, "frozen": START + 5 * HOUR, "ended": START + 5 * HOUR}
    assert told.state.freeze == START + 5 * HOUR + 10 * MINUTE, "and hides no more than it did"
    told.come("thawed")
    assert told.look()["thawed"] == START + 6 * HOUR


def test_a_contest_made_shorter_than_its_freeze_was_frozen_at_its_end():
    told = Told()
    told.look()
    told.come("started")
    told.come("frozen")
    told.log.recorded_at = START + 4 * HOUR + 15 * MINUTE
    told.log.define(duration=5 * HOUR - 65 * MINUTE)
    assert told.look() == {"started": START, "frozen": START + 4 * HOUR}
    told.come("ended")
    end = START + 4 * HOUR - 5 * MINUTE
    assert told.look() == {"started": START, "frozen": end, "ended": end}
