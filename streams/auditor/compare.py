"""One audit: a contest recomputed, and what scorer, Redis and ClickHouse have compared with it. Reads only."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass

from schemas.errors import DataError, DependencyError, RuleError, UsageError
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.auditor.marks import Marks
from streams.auditor.table import Table, read_table, unlike
from streams.auditor.views import History, Looked, live_boards, named, whole, written_since
from streams.replay import OtherFoldError, recompute

__all__ = ["Finding", "audit"]

log = logging.getLogger(__name__)

TABLE = "scorer's table"

OF_HISTORY = ("icpc", "ioi")
"""The rules of which the history computes boards itself, out of its facts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one audit saw: which boards were compared, which could not be and why, and what differs.

    Up to and with the position `proved` every board that could be compared is right; -1 where none could, or one is not.
    `asked_s` are the seconds that the history took to answer: what it spends on the audit is no more. `closed`: the
    contest has had its end of updates by then.
    """

    contest: str
    position: int
    compared: tuple[str, ...]
    unaudited: tuple[str, ...]
    different: tuple[str, ...]
    proved: int = -1
    asked_s: float = 0.0
    closed: bool = False


def audit(settings: Settings, contest: str, latest: Marks) -> Finding | None:
    """Recompute the contest and compare marks, the scorer's table, Redis and ClickHouse with it. Reads only.

    Of every open generation that the scorer marks: its latest mark, and the scorer's rows as Redis and ClickHouse have
    them, where these boards stand. Of the active one also the board that ClickHouse computes of its facts at the mark. Of
    the scorer's table the parts of which all boards are made, as its changelog holds them. A view that lags proves
    nothing, which is not told, as it is so each now and then; neither does one that holds an event by half.

    Args:
        settings: where everything is.
        contest: its id.
        latest: the marks, which remember what they have read.

    Returns:
        None when the log holds nothing of the contest.

    Raises:
        DataError: when the beginning of the log is gone.
        DependencyError: when Kafka does not answer.
    """
    known = latest.of(contest)
    newest = max((mark.position for mark in known.values()), default=-1)
    # all open generations are marked at once: an older mark is of one that was retired, or the newer is on its way
    marks = {board: mark for board, mark in known.items() if mark.position == newest}
    open_ = {generation for generation, _ in marks}
    looked = live_boards(settings, contest, open_)
    with closing(History(settings, contest)) as history:
        kept = _kept(history, contest, open_)
        boards = [*looked.boards, *kept.boards]
        unaudited, different = [*looked.unaudited, *kept.unaudited], looked.different
        table = _table(settings, contest, unaudited)
        at = {newest, *(board.newest for board in boards)}
        last = max(*at, table.stands)
        try:
            replayed = recompute(
                settings, contest, until_position=None if last < 0 else last, at=at, parts_at=table.stands
            )
        except OtherFoldError as error:
            return Finding(contest, last, (), (*unaudited, str(error)), tuple(different), asked_s=history.asked_s)
        except UsageError:
            return None
        active, rule = (replayed.generation.id, replayed.generation.rule) if replayed.generation else ("", "")
        seen: list[tuple[str, str, str, int, str]] = [
            ("scorer", audience, generation, mark.position, mark.digest)
            for (generation, audience), mark in marks.items()
        ]
        for audience in AUDIENCES:
            if (active, audience) not in known:
                unaudited.append(f"scorer, {audience}: no mark")
            elif (mark := marks.get((active, audience))) is not None and not kept.unaudited:
                try:
                    if (shown := history.digest(audience, active, rule, mark.position)) is not None:
                        seen.append(("history", audience, active, mark.position, shown))
                except RuleError as error:
                    if rule in OF_HISTORY:
                        different.append(f"history, {audience}: {error}; it is of {rule!r}")
                except (DependencyError, DataError) as error:
                    unaudited.append(f"history, {audience}: away")
                    log.info("%s: the history cannot be compared: %s", contest, error)
    terms = replayed.state.contest.terms
    written = written_since(settings, contest, min(board.applied for board in boards) + 1) if boards else []
    for board in boards:
        mark = marks.get((board.generation, board.audience))
        marked = mark.position if mark else -1
        if board.newest > replayed.position:
            called = _called(board.view, board.audience, board.generation, active)
            different.append(f"{called}: a row of position {board.newest}, and the log ends at {replayed.position}")
        elif whole(board, marked, written):
            # a board without rows has all that the scorer wrote, and so what it wrote up to its mark
            stands = board.newest if board.newest >= 0 else marked
            shown = board.digest(terms.score_scale if terms else 1)
            seen.append((board.view, board.audience, board.generation, stands, shown))
    compared, positions = [], []
    if table.stands > replayed.position:
        different.append(f"{TABLE}: a part of position {table.stands}, and the log ends at {replayed.position}")
    elif table.stands >= 0 and (table.parts or replayed.folded.parts):
        compared.append(TABLE)
        positions.append(table.stands)
        if wrong := unlike(table.parts, replayed.folded.parts):
            different.append(f"{TABLE}: {wrong}: not what the log says at position {table.stands}")
    for view, audience, generation, position, shown in seen:
        truth = replayed.folded.digests.get((position, generation, audience))
        if truth is not None:
            called = _called(view, audience, generation, active)
            compared.append(called)
            positions.append(position)
            if shown != truth:
                different.append(f"{called}: {shown[:16]} instead of {truth[:16]} at position {position}")
    return Finding(
        contest,
        replayed.position,
        tuple(compared),
        tuple(unaudited),
        tuple(different),
        proved=-1 if different else min(positions, default=-1),
        asked_s=history.asked_s,
        closed=replayed.state.contest.closed is not None,
    )


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


def _called(view: str, audience: str, generation: str, active: str) -> str:
    return named(view, audience, None if generation == active else generation)


def _kept(history: History, contest: str, generations: set[str]) -> Looked:
    """The scorer's rows as the history keeps them; nothing is asked where there is nothing to compare them with."""
    if not generations:
        return Looked()
    try:
        return Looked(boards=history.boards(generations))
    except (DependencyError, DataError) as error:
        log.info("%s: the history cannot be compared: %s", contest, error)
        return Looked(unaudited=["history: away"])
