"""The scorer's own parts without Kafka: states in a table, the pace of marks, rows on their way."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from schemas.errors import DataError, DependencyError, ProduceTimeoutError
from schemas.events import PositionSkipped
from schemas.ids import partition_of
from schemas.rows import BatchClosed, ScoreboardRow
from schemas.settings import Settings
from streams._faust import Arrival
from streams.scorer import app as app_module
from streams.scorer import outbox as outbox_module
from streams.scorer.marks import LONGEST_S, QUIET_S, Marks
from streams.scorer.outbox import MOST, Outbox
from streams.scorer.states import States
from streams.scoring.state import ContestState
from tests.contest_log import ContestLog, board_bytes


class CrashError(Exception):
    pass


class Table(dict):
    """A table whose process dies after some writes."""

    left = 10**9

    def _write(self) -> None:
        if not self.left:
            raise CrashError
        self.left -= 1

    def __setitem__(self, key, value):
        self._write()
        super().__setitem__(key, value)

    def __delitem__(self, key):
        self._write()
        super().__delitem__(key)


@pytest.fixture
def log() -> ContestLog:
    log = ContestLog()
    log.submit("t1", "A", 5, "AC")
    log.submit("t2", "B", 6)
    return log


def idle() -> None:
    """Nobody watches whether it gets on."""


def kept(states: States, state: ContestState) -> None:
    states.renew(1)
    states.keep(state.contest_id, states.dump(state, [key for key, _ in state.parts()]))


def again(table: Table) -> States:
    """The next process over what the table has."""
    table.left = 10**9
    states = States(table)
    states.renew(1)
    return states


async def test_a_state_comes_back_from_the_table(log):
    table = Table({"c10|group:g": {"position": 3, "hidden": False}})
    kept(States(table), log.state())
    states = again(table)
    assert board_bytes(states.of("c1"), "jury") == log.canonical()
    assert [state.contest_id for state in states.awake()] == ["c1", "c10"]


async def test_another_epoch_forgets_what_was_restored(log):
    table = Table()
    states = States(table)
    kept(states, log.state())
    first = states.of("c1")
    assert states.of("c1") is first
    states.renew(1)
    assert states.of("c1") is first
    table.clear()
    states.renew(2)
    assert states.of("c1").position == -1


@pytest.mark.parametrize("way", ["sleep", "replace"])
async def test_whatever_write_is_the_last_before_a_crash_no_half_contest_is_left(log, way):
    for writes in range(100):
        table = Table({"c10|group:g": {"position": 3, "hidden": False}})
        states = States(table)
        kept(states, log.state())
        table["c1|cell:gone:A"] = {"position": 4, "submissions": {}}
        table.left = writes
        try:
            await (states.sleep("c1", 99, idle) if way == "sleep" else states.replace(log.state(), idle))
        except CrashError:
            states = again(table)
            # before the first write nothing has happened; after it the contest is folded again from the log
            assert states.asleep("c1") or writes == 0
            if writes:
                assert states.of("c1").position == -1
                await states.replace(log.state(), idle)
        else:
            break
    assert writes > 2
    states = again(table)
    assert table["c10|group:g"] == {"position": 3, "hidden": False}
    assert states.asleep("c1") is (way == "sleep")
    if way == "sleep":
        assert [key for key in table if key.startswith("c1|")] == ["c1|asleep"]
    else:
        assert dict(states.of("c1").parts()) == dict(log.state().parts())
        assert "c1|cell:gone:A" not in table


def test_a_mark_is_due_when_it_is_quiet_and_each_minute_while_it_is_not():
    now = 1000.0
    marks = Marks(lambda: now)
    assert marks.due("c", 5), "what was restored"
    marks.taken("c", 5)
    assert not marks.due("c", 5)
    marks.changed("c")
    assert not marks.due("c", 6)
    now += QUIET_S
    assert marks.due("c", 6)
    marks.changed("c")
    now += LONGEST_S - QUIET_S
    marks.changed("c")
    assert marks.due("c", 7)


def record(position: int) -> BatchClosed:
    about = {"contest": "c", "recorded_at": 0, "recorded_by": "test", "generation": "0", "audience": "jury"}
    return BatchClosed(**about, position=position, batch=position, count=1)


class Broker:
    """A producer that answers when it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Future[int]]] = []
        self.full = False

    def send(self, topic, key, value, *, partition):
        answer: Future[int] = Future()
        if self.full:
            answer.set_exception(DependencyError("the queue is full"))
        else:
            self.sent.append((value.position, answer))
        return answer


async def test_a_commit_waits_for_the_rows_and_the_next_event_does_not():
    broker = Broker()
    outbox = Outbox(broker)
    await outbox.send([record(1), record(2)], 0)
    commit = asyncio.ensure_future(outbox.delivered())
    broker.sent[0][1].set_result(0)
    await asyncio.sleep(0)
    assert not commit.done()
    broker.sent[1][1].set_result(1)
    await commit
    await outbox.delivered()


async def test_a_producer_that_takes_no_more_holds_the_event_back():
    broker = Broker()
    broker.full = True
    with pytest.raises(DependencyError, match="full"):
        await Outbox(broker).send([record(1)], 0)


async def test_too_many_rows_on_their_way_are_waited_for():
    broker = Broker()
    sending = asyncio.ensure_future(Outbox(broker).send(map(record, range(MOST + 5)), 0))
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(broker.sent) == MOST + 1
    while not sending.done():
        for _, answer in broker.sent:
            if not answer.done():
                answer.set_result(0)
        await asyncio.sleep(0)
    assert [position for position, _ in broker.sent] == list(range(MOST + 5))


async def test_a_row_that_does_not_arrive_ends_the_process(monkeypatch):
    why: list[str] = []
    monkeypatch.setattr(outbox_module, "end_process", why.append)
    broker = Broker()
    outbox = Outbox(broker)
    await outbox.send([record(1)], 0)
    broker.sent[0][1].set_exception(ProduceTimeoutError("no answer"))
    await outbox.delivered()
    assert why
    assert "no answer" in why[0]


class App:
    """What the scorer has of its app: a table, a producer, the log's acts."""

    def __init__(self) -> None:
        self.parts = Table()
        self.rows: list[object] = []
        self.acts: list[PositionSkipped] = []
        self.appender = self
        self.consumer = SimpleNamespace(epoch=1, working=lambda _: None)

    def table(self, _name, position_of):
        return self.parts

    def before_commit(self, _hook) -> None:
        pass

    def send(self, _topic, _key, value, *, partition) -> Future[int]:
        self.rows.append(value)
        answer: Future[int] = Future()
        answer.set_result(0)
        return answer

    async def append_async(self, act) -> int:
        self.acts.append(act)
        return 0


async def handled(scorer: app_module.Scorer, log: ContestLog, *, key: bytes | None = None) -> None:
    for position, event in log.events:
        at = Arrival("log", partition_of(log.contest), position, 0, key or log.contest.encode(), b"", None)
        await scorer.handle(event, at)


async def test_an_event_whose_rows_cannot_be_made_is_skipped_in_the_fold_as_well(monkeypatch, log):
    poison = log.events[-2][0]  # the verdict of t1
    make = app_module.rows_of

    def rows_of(state, position, effect, stamp):
        if position == poison:
            raise ZeroDivisionError
        return make(state, position, effect, stamp)

    monkeypatch.setattr(app_module, "rows_of", rows_of)
    app = App()
    await handled(app_module.Scorer(app, Settings()), log)
    assert [act.position for act in app.acts] == [poison]
    log.events = [one for one in log.events if one[0] != poison]
    assert {key: app.parts[f"c1|{key}"] for key, _ in log.state().parts()} == dict(log.state().parts())
    log.submit("t1", "B", 30, "AC", id_="new")
    again = App()
    again.parts.update(app.parts)
    await handled(app_module.Scorer(again, Settings()), log)
    row = [one for one in again.rows if isinstance(one, ScoreboardRow) and one.team_id == "t1"][-1]
    assert (row.num_solved, row.cells[0].num_pending) == (1, 1), "as if the verdict had never come"


async def test_a_record_under_another_contests_key_changes_nothing(log):
    app = App()
    with pytest.raises(DataError, match="is not the record's contest"):
        await handled(app_module.Scorer(app, Settings()), log, key=b"another")
    assert not app.parts
    assert not app.rows
