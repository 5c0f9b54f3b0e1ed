"""A contest that goes from one log to another has the same boards there, whatever it holds and whatever breaks off."""

from __future__ import annotations

import io
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.transfer.file import LogFile, Stored, write_log_file
from podium.transfer.take_in import Held, take_in
from schemas.codec import HISTORY, codec
from schemas.errors import ConflictError, DependencyError
from schemas.events import PositionSkipped, Team, Transitioned
from schemas.ids import skip_id
from schemas.registry import history_schemas
from schemas.rows import AUDIENCES
from streams.scorer.rows import Stamp, rows_of
from streams.scoring.fold import FOLD_VERSION, apply
from streams.scoring.project import active
from streams.scoring.state import ContestState
from tests.contest_log import START, board_bytes, fold
from tests.properties.logs import any_rules
from tests.properties.sink import Sink

KNOWN = history_schemas(HISTORY)


class Target:
    """A log in memory where other contests stand as well; after `left` sends (-1: never) the broker goes away."""

    def __init__(self, first: int, step: int) -> None:
        self.codec = codec()
        self.records: list[Held] = []
        self.next, self.step = first, step
        self.left = -1
        self.kept = True

    def held(self):
        yield from list(self.records)

    def put(self, value, said=None) -> int:
        self.records.append(Held(self.next, value, said))
        self.next += self.step
        return self.records[-1].position

    def send(self, value, timestamp, said):
        answer: Future[int] = Future()
        if self.left > 0:
            self.left -= 1
            if self.left == 0 and self.kept:
                self.put(value, said)  # the broker has it, and its answer is lost
        if self.left == 0:  # what comes behind one that is lost is lost as well
            answer.set_exception(DependencyError("the broker is away"))
        else:
            answer.set_result(self.put(value, said))
        return answer

    def events(self):
        return [(one.position, codec().decode(one.value)) for one in self.records]


def exported(log, tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "c1.podium"
    records = [Stored(position, START + position, codec().encode(event)) for position, event in log.events]
    with path.open("wb") as file:
        write_log_file(file, log.contest, records, KNOWN)
    return path


def boards(events):
    state = fold([(position, event) for position, event in events if not isinstance(event, PositionSkipped)])
    return [board_bytes(state, audience) for audience in AUDIENCES]


def live(events):
    """The boards that the scorer's rows give, event by event."""
    state, sink = ContestState("c1"), Sink()
    for position, event in events:
        for record in rows_of(state, position, apply(state, position, event), Stamp(0, "scorer")):
            sink.take(record)
    return [sink.board(active(state), audience) for audience in AUDIENCES]


@settings(max_examples=25, deadline=None)
@given(
    log=any_rules,
    first=st.integers(0, 40),
    step=st.integers(1, 4),
    breaks=st.lists(st.tuples(st.integers(1, 25), st.booleans()), max_size=3),
)
def test_boards_are_the_same_at_other_positions_however_often_it_breaks_off(tmp_path_factory, log, first, step, breaks):
    target = Target(first, step)
    with LogFile(exported(log, tmp_path_factory)) as file:
        for left, kept in breaks:
            target.left, target.kept = left, kept
            try:
                take_in(file, target)
            except DependencyError:
                said = {"contest": log.contest, "recorded_at": 0, "recorded_by": "scorer"}
                if target.records:  # a process of podium's own writes in between
                    target.put(codec().encode(Transitioned(**said, id=f"t{left}", kind="ended", planned_at=0)))
        target.left = -1
        take_in(file, target)
        again = take_in(file, target)
    assert again.appended == 0
    assert again.count == len(log.events)
    assert boards(target.events()) == live(target.events()) == boards(log.events)


def test_a_scorer_that_fails_there_too_writes_the_same_act(tmp_path_factory):
    from tests.contest_log import ContestLog

    log = ContestLog()
    poison = log.define(rule="golf")
    act = skip_id(log.contest, poison, FOLD_VERSION)
    log.act(PositionSkipped, id=act, position=poison, fold_version=FOLD_VERSION)
    target = Target(1000, 7)
    with LogFile(exported(log, tmp_path_factory)) as file:
        take_in(file, target)
    skipped = target.events()[-1][1]
    assert target.events()[-2][0] == skipped.position
    assert skipped.id == skip_id(log.contest, skipped.position, FOLD_VERSION)


def test_what_another_hand_wrote_is_a_reason_to_refuse(tmp_path_factory):
    from tests.contest_log import ContestLog

    log = ContestLog()
    team = codec().encode(log.make(Team, id="t9", name="Nine"))
    with LogFile(exported(log, tmp_path_factory)) as file:
        target = Target(0, 1)
        target.put(team)
        with pytest.raises(ConflictError, match="position 0 that no import brought"):
            take_in(file, target)
        assert len(target.records) == 1
        target = Target(0, 1)
        target.left = 2
        with pytest.raises(DependencyError):
            take_in(file, target)
        target.put(team)
        with pytest.raises(ConflictError, match="that no import brought"):
            take_in(file, target)
        target = Target(0, 1)
        take_in(file, target)
        target.put(team)  # what comes after a whole import is the contest's own life
        assert take_in(file, target).appended == 0
    other = ContestLog(teams=("t1", "t3"))
    with LogFile(exported(other, tmp_path_factory)) as file, pytest.raises(ConflictError, match="another export"):
        take_in(file, target)


def test_the_same_log_gives_the_same_file(tmp_path_factory):
    from tests.contest_log import ContestLog

    made = []
    for _ in range(2):
        out = io.BytesIO()
        records = [Stored(p, p, codec().encode(e)) for p, e in ContestLog().events]
        write_log_file(out, "c1", records, KNOWN)
        made.append(out.getvalue())
    assert made[0] == made[1]
