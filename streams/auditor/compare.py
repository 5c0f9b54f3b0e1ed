"""One audit: a contest recomputed, and what scorer, Redis and ClickHouse have compared with it. Reads only."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import closing
from typing import NamedTuple

from schemas.errors import DataError, DependencyError, RuleError, UsageError
from schemas.ids import partition_of
from schemas.reader import bounds, read_contest
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.auditor import beside as made
from streams.auditor.beside import Beside, Onward
from streams.auditor.finding import Finding, Notes
from streams.auditor.memory import Memory
from streams.auditor.objects import unlike_objects
from streams.auditor.queued import QueueTable, heard_of_all, unlike_queued
from streams.auditor.table import Planned, Table, read_planned, read_table, unlike, unlike_plans
from streams.auditor.views import History, Looked, ViewBoard, live_boards, named, to_come, whole, written_since
from streams.replay import OtherFoldError, Replayed, recompute

__all__ = ["audit"]

log = logging.getLogger(__name__)

TABLE = "scorer's table"
FACTS = "history's facts"
OBJECTS = "live view's objects"
PLANNER = "planner's tables"
QUEUE = "queue's table"

OF_HISTORY = ("icpc", "ioi")
"""The rules of which the history computes boards itself, out of its facts."""


class _Shown(NamedTuple):
    """A board that a view shows: whose, and its digest."""

    view: str
    audience: str
    generation: str
    position: int
    digest: str


def audit(settings: Settings, contest: str, memory: Memory) -> Finding | None:
    """Recompute the contest and compare marks, the scorer's table, Redis and ClickHouse with it. Reads only.

    Of every open generation that the scorer marks: its latest mark, and the scorer's rows as Redis and ClickHouse have
    them, where these boards stand. Of the active one also the board that ClickHouse computes of its facts at the mark. Of
    the scorer's table the parts of which all boards are made, as its changelog holds them. ClickHouse's facts themselves, and
    the Contest API's objects in Redis, of each the runs (and sources) of a stretch of the contest in turn. A view that lags
    proves nothing, which is not told, as it is so each now and then; neither does one that holds an event by half.

    Args:
        settings: where everything is.
        contest: its id.
        memory: what earlier audits have read, and which stretch each contest's next audit takes.

    Returns:
        None when the log holds nothing of the contest.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when Kafka does not answer.
    """
    known = memory.marks.of(contest)
    newest = max((mark.position for mark in known.values()), default=-1)
    # all open generations are marked at once: an older mark is of one that was retired, or the newer is on its way
    marks = {board: mark for board, mark in known.items() if mark.position == newest}
    open_ = {generation for generation, _ in marks}
    looked = live_boards(settings, contest, open_)
    notes = Notes(unaudited=looked.unaudited, different=looked.different)
    away = bool(looked.unaudited)
    with closing(History(settings, contest)) as history:
        end, kept = _kept(history, contest, open_)
        boards = [*looked.boards, *kept.boards]
        notes.unaudited += kept.unaudited
        table = _table(settings, contest, notes.unaudited)
        at = {newest, *(board.newest for board in boards)}
        planned = _planned(settings, contest, notes.unaudited)
        slept = -1 if table.over is None else table.over
        last = max(*at, table.stands, slept, planned.stands if planned else -1)
        until = None if last < 0 else max(last, end - 1)
        try:
            beside, replayed = _truth(settings, contest, memory, until, end=end, at=at, parts_at=table.stands)
        except OtherFoldError as error:
            notes.unaudited.append(str(error))
            notes.asked_s = history.asked_s
            return notes.finding(contest, last)
        except UsageError:
            return None
        if unknown := replayed.folded.unknown:  # all parts have left it out, as is right for them
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            notes.unaudited.append(f"position {unknown[0]}{more}: a newer podium wrote this record; update this one")
        if (over := replayed.state.contest.closed) is None:
            memory.turns.unended(contest)
        active, rule = (replayed.generation.id, replayed.generation.rule) if replayed.generation else ("", "")
        shown = [_Shown("scorer", a, g, mark.position, mark.digest) for (g, a), mark in marks.items()]
        for audience in AUDIENCES:
            if (active, audience) not in known:
                notes.unaudited.append(f"scorer, {audience}: no mark")
        if rule in OF_HISTORY and not kept.unaudited:
            marked = [audience for audience in AUDIENCES if (active, audience) in marks]
            shown += _computed(history, marked, active, rule, newest, notes)
        if not kept.unaudited and _facts(settings, history, beside, notes):
            memory.turns.took(contest, made.FACTS, beside.turns[made.FACTS], beside.records)
        notes.asked_s = history.asked_s
    come = _boards(settings, replayed, boards, {board: mark.position for board, mark in marks.items()}, shown, notes)
    _parts(replayed, table, notes)
    if made.PLANS in beside.broken:
        notes.unaudited.append(f"{PLANNER}: {beside.broken[made.PLANS]}")
    elif planned is not None and (wrong := unlike_plans(planned, beside.plans)) is not None:
        notes.stands(PLANNER, planned.stands, f"{wrong}: not what the log says" if wrong else "")
    for one in shown:
        truth = replayed.folded.digests.get((one.position, one.generation, one.audience))
        if truth is not None:
            wrong = (
                "" if one.digest == truth else f"{one.digest[:16]} instead of {truth[:16]} at position {one.position}"
            )
            notes.stands(_called(one, active), one.position, wrong)
    position = replayed.position
    with closing(Onward(settings, replayed.folded, beside)) as onward:  # which goes on with the recomputed state
        if not away and _objects(settings, contest, onward, beside, notes):
            memory.turns.took(contest, made.OBJECTS, beside.turns[made.OBJECTS], beside.records)
        _queue(settings, contest, memory.queue, onward, beside, notes)
    closed = over is not None and come and not notes.unaudited and newest >= over and end > over
    closed = closed and memory.turns.ended(contest, made.FACTS)
    if over is not None and looked.boards:  # else the contest has left the live view
        closed = closed and notes.stand(OBJECTS) >= over and memory.turns.ended(contest, made.OBJECTS)
    return notes.finding(contest, position, closed=closed)


def _computed(
    history: History, audiences: list[str], active: str, rule: str, position: int, notes: Notes
) -> list[_Shown]:
    """The boards that the history computes of its facts, where it does, and has come that far."""
    try:
        found = history.digests(audiences, active, rule, position) if audiences else {}
        return [_Shown("history", audience, active, position, digest) for audience, digest in found.items()]
    except RuleError as error:
        notes.different += [f"history, {audience}: {error}; it is of {rule!r}" for audience in audiences]
    except (DependencyError, DataError) as error:
        notes.unaudited += [f"history, {audience}: away" for audience in audiences]
        log.info("%s: the history cannot be compared: %s", history.contest, error)
    return []


def _facts(settings: Settings, history: History, beside: Beside, notes: Notes) -> bool:
    """The rows that ClickHouse has of the log's records, whatever boards are made of them; whether they were compared."""
    facts, contest = beside.facts, history.contest
    if made.FACTS in beside.broken:
        notes.unaudited.append(f"{FACTS}: {beside.broken[made.FACTS]}")
        return False
    if not facts.records:
        return False
    for position in sorted(facts.left_out):
        for at, event in read_contest(settings, contest, position, position + 1):
            facts.leave_out(at, event)
    try:
        wrong = history.unlike(facts)
    except DependencyError as error:
        notes.unaudited.append(f"{FACTS}: away")
        log.info("%s: the history cannot be compared: %s", contest, error)
        return False
    notes.stands(FACTS, facts.end - 1, f"{wrong}: not what the log says" if wrong else "")
    return True


def _boards(
    settings: Settings,
    replayed: Replayed,
    boards: list[ViewBoard],
    marks: dict[tuple[str, str], int],
    shown: list[_Shown],
    notes: Notes,
) -> bool:
    """The views' boards, as far as they are whole, to what is *shown*; whether they have all that the scorer has written."""
    terms, active = replayed.state.contest.terms, replayed.generation.id if replayed.generation else ""
    written = written_since(settings, replayed.contest, min(board.applied for board in boards) + 1) if boards else []
    for board in boards:
        marked = marks.get((board.generation, board.audience), -1)
        if board.newest > replayed.position:
            called = named(board.view, board.audience, None if board.generation == active else board.generation)
            notes.different.append(
                f"{called}: a row of position {board.newest}, and the log ends at {replayed.position}"
            )
        elif whole(board, marked, written):
            # a board without rows has all that the scorer wrote, and so what it wrote up to its mark
            stands = board.newest if board.newest >= 0 else marked
            digest = board.digest(terms.score_scale if terms else 1)
            shown.append(_Shown(board.view, board.audience, board.generation, stands, digest))
    return not any(to_come(board, written) for board in boards)


def _parts(replayed: Replayed, table: Table, notes: Notes) -> None:
    """The parts of the scorer's table."""
    truth, stands = replayed.folded.parts, table.stands
    if table.over is not None:
        closed = replayed.state.contest.closed
        right = closed is not None and closed <= table.over <= replayed.position
        wrong = "" if right else "it takes the contest for over, and the log does not"
        notes.stands(TABLE, min(table.over, replayed.position), wrong)
    elif stands > replayed.position:
        notes.different.append(f"{TABLE}: a part of position {stands}, and the log ends at {replayed.position}")
    elif stands >= 0 and (table.parts or truth):
        wrong = unlike(table.parts, truth)
        notes.stands(TABLE, stands, f"{wrong}: not what the log says at position {stands}" if wrong else "")


def _objects(settings: Settings, contest: str, onward: Onward, beside: Beside, notes: Notes) -> bool:
    """The Contest API's objects in Redis, and whether they were all compared, wherever the view stands by then."""
    if made.OBJECTS in beside.broken:
        notes.unaudited.append(f"{OBJECTS}: {beside.broken[made.OBJECTS]}")
        return False
    try:
        seen = unlike_objects(settings, beside.objects, onward.to)
    except DependencyError as error:
        notes.unaudited.append(f"{OBJECTS}: away")
        log.info("%s: the live view's objects cannot be compared: %s", contest, error)
        return False
    except Exception as error:  # whoever derives them fails here, and has left the event out
        notes.unaudited.append(f"{OBJECTS}: they cannot be made: {type(error).__name__}: {error}")
        return False
    if made.OBJECTS in beside.broken:
        notes.unaudited.append(f"{OBJECTS}: {beside.broken[made.OBJECTS]}")
    elif seen is not None and seen.different and beside.objects.state.conduct.degraded:
        # what the scorer has skipped, the live view may have left out as well
        notes.unaudited.append(f"{OBJECTS}: the contest is degraded; {seen.different}")
    elif seen is not None:
        notes.asked_s += seen.asked_s
        notes.stands(OBJECTS, seen.position, seen.different)
        return not seen.different
    return False


def _queue(settings: Settings, contest: str, table: QueueTable, onward: Onward, beside: Beside, notes: Notes) -> None:
    """What waits to be judged, once all is taken that was in the log when it was read."""
    for again in (True, False):
        try:
            queued = table.of(contest)
            if queued is None:
                return  # no queue has ever run
            end = bounds(settings, "log", partition_of(contest))[1]
            onward.to(end - 1)
        except DependencyError as error:
            notes.unaudited.append(f"{QUEUE}: away")
            log.info("%s: the queue's table cannot be compared: %s", contest, error)
            return
        if made.PLANS in beside.broken:
            notes.unaudited.append(f"{QUEUE}: {beside.broken[made.PLANS]}")
            return
        wrong = unlike_queued(queued, contest, beside.plans, end)
        if wrong and again:
            table.forget()  # what was remembered may be of a topic that has been made anew
            continue
        stands = end - 1 if heard_of_all(queued, beside.plans) else queued.heard[0]
        notes.stands(QUEUE, stands, f"{wrong}: not what the log says" if wrong else "")
        return


def _truth(
    settings: Settings, contest: str, memory: Memory, until: int | None, *, end: int, at: Collection[int], parts_at: int
) -> tuple[Beside, Replayed]:
    """The contest recomputed up to and with *until*; of one to whose first record nobody has come yet, all that is there."""
    while True:
        beside = Beside(contest, end, memory.turns)
        try:
            return beside, recompute(
                settings, contest, until_position=until, at=at, parts_at=parts_at, beside=beside.take
            )
        except UsageError:
            if until is None:
                raise
            until = None


def _table(settings: Settings, contest: str, unaudited: list[str]) -> Table:
    """The scorer's table; one that cannot be looked at, or has nothing yet, is told among the *unaudited*."""
    try:
        table = read_table(settings, contest)
    except DependencyError as error:
        log.info("%s: the scorer's table cannot be compared: %s", contest, error)
        unaudited.append(f"{TABLE}: away")
        return Table(-1, {})
    if table.stands < 0 and not table.asleep:
        unaudited.append(f"{TABLE}: nothing is in it")
    return table


def _planned(settings: Settings, contest: str, unaudited: list[str]) -> Planned | None:
    """The planner's tables; those that cannot be looked at are told. Where no planner has ever run there are none."""
    try:
        return read_planned(settings, contest)
    except DependencyError as error:
        log.info("%s: the planner's tables cannot be compared: %s", contest, error)
        unaudited.append(f"{PLANNER}: away")
        return None


def _called(one: _Shown, active: str) -> str:
    return named(one.view, one.audience, None if one.generation == active else one.generation)


def _kept(history: History, contest: str, generations: set[str]) -> tuple[int, Looked]:
    """Where the history's facts end, and the scorer's rows as it keeps them; these where there is something to compare."""
    try:
        return history.end(), Looked(boards=history.boards(generations) if generations else [])
    except (DependencyError, DataError) as error:
        log.info("%s: the history cannot be compared: %s", contest, error)
        return 0, Looked(unaudited=["history: away"])
