"""The scorer's own parts without Kafka: states in a table, the pace of marks, which records an event writes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from schemas.codec import codec
from schemas.errors import DataError
from schemas.events import PositionSkipped
from schemas.ids import partition_of
from schemas.rows import ScoreboardRow
from schemas.settings import Settings
from streams._faust import Arrival
from streams.refold import Folded
from streams.scorer import app as app_module
from streams.scorer.marks import LONGEST_S, QUIET_S, Marks
from streams.scorer.rows import Stamp, prepared, taken
from streams.scorer.states import States
from streams.scoring import project
from streams.scoring.canonical import digest
from streams.scoring.state import ContestState
from tests.contest_log import ContestLog, board_bytes, fold


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


async def idle() -> None:
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


async def test_what_the_table_has_instead_of_a_part_is_told_and_takes_nobody_else_with_it(log):
    table = Table({"c10|group:g": {"position": 3, "hidden": False}})
    kept(States(table), log.state())
    for key in ("c1|cell:t1:A", "c1|nonsense"):
        table[key] = {"position": 4}
        states = again(table)
        assert [state.contest_id for state in states.awake()] == ["c10"]
        assert (states.spoilt("c1"), states.spoilt("c10")) == (True, False)
        await states.replace(log.state(), idle)
        assert not again(table).spoilt("c1")


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
                assert states.over("c1", 100) is (way == "sleep")
                await states.replace(log.state(), idle)
        else:
            break
    assert writes > 2
    states = again(table)
    assert table["c10|group:g"] == {"position": 3, "hidden": False}
    assert states.asleep("c1") is (way == "sleep")
    if way == "sleep":
        assert [key for key in table if key.startswith("c1|")] == ["c1|asleep"]
        assert (states.over("c1", 99), states.over("c1", 100)) == (False, True), "what closed it is handled again"
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


def test_marks_that_could_not_be_written_are_due_again_unless_there_are_newer_ones():
    marks = Marks(lambda: 1000.0)
    older = marks.taken("c", 5)
    assert marks.is_newest("c", older)
    marks.failed("c", older)
    assert marks.due("c", 5)
    older, newer = marks.taken("c", 5), marks.taken("c", 5)
    assert not marks.is_newest("c", older)
    marks.failed("c", older)
    assert marks.is_newest("c", newer)


class App:
    """What the scorer has of its app: a table, an outbox, the log's acts."""

    full = False

    def __init__(self) -> None:
        self.parts = Table()
        self.rows: list[object] = []
        self.acts: list[PositionSkipped] = []
        self.appender = self.outbox = self
        self.consumer = SimpleNamespace(epoch=1, working=lambda _: None)

    def table(self, _name, position_of):
        return self.parts

    def send(self, _topic, _key, value, *, partition) -> None:
        self.rows.append(codec().decode(value))

    async def room(self) -> None:
        pass

    async def delivered(self) -> None:
        pass

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

    def fold_contest(_, contest, upto, *, progress):
        return Folded(fold([one for one in log.events if one[0] <= upto], contest), upto)

    monkeypatch.setattr(app_module, "rows_of", rows_of)
    monkeypatch.setattr(app_module, "fold_contest", fold_contest)  # it is tried once more upon what the log says
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


def test_what_is_computed_row_by_row_for_a_mark_is_not_computed_again_when_it_is_taken(monkeypatch, log):
    state, made, make = log.state(), [], project._row
    monkeypatch.setattr(project, "_row", lambda *args: made.append(args[-1]) or make(*args))
    steps = sum(1 for _ in prepared(state))
    assert len(made) == steps == 4, "two teams on two boards"
    marks = [board.mark() for board in taken(state, Stamp(0, "test"))]
    assert len(made) == steps
    assert [mark.digest for mark in marks] == [digest(board_bytes(state, audience)) for audience in ("public", "jury")]
    assert not list(prepared(ContestState("without a definition")))
