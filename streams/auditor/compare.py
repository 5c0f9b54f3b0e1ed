"""One audit: a contest recomputed, and what scorer, Redis and ClickHouse have compared with it. Reads only."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from schemas.codec import codec
from schemas.errors import DamagedError, DataError, DecodeError, DependencyError, RuleError, UsageError
from schemas.history import board as history_board
from schemas.history import connect, next_position
from schemas.ids import partition_of
from schemas.live_board import LiveBoard, RestingError, read_board
from schemas.reader import read
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams.auditor.marks import Marks
from streams.replay import OtherFoldError, recompute
from streams.scoring.canonical import canonical, digest

__all__ = ["Finding", "audit"]

log = logging.getLogger(__name__)

OF_HISTORY = ("icpc", "ioi")
"""The rules of which the history computes boards."""


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
    """Recompute the contest and compare marks, Redis and ClickHouse with it. Reads only.

    Scorer and ClickHouse are compared at the scorer's latest marks, Redis where its own board stands. A view that lags
    proves nothing, which is not told, as it is so each now and then; neither does one that holds an event by half.

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
    boards, unaudited, different = _boards(settings, contest)
    marks = latest.of(contest)
    # all open generations are marked at once: an older mark is of one that was retired
    at = {board.newest for board in boards.values()} | set(sorted(mark.position for mark in marks.values())[-1:])
    try:
        replayed = recompute(settings, contest, until_position=max(at, default=None), at=at)
    except OtherFoldError as error:
        return Finding(contest, max(at, default=-1), (), (*unaudited, str(error)), tuple(different))
    except UsageError:
        return None
    generation, rule = (replayed.generation.id, replayed.generation.rule) if replayed.generation else ("", "")
    scale = replayed.state.contest.terms.score_scale if replayed.state.contest.terms else 1
    seen: list[tuple[str, str, int, str]] = []
    with closing(_History(settings, contest)) as history:
        for audience in AUDIENCES:
            if (mark := marks.get((generation, audience))) is None:
                unaudited.append(f"scorer, {audience}: no mark")
            else:
                seen.append(("scorer", audience, mark.position, mark.digest))
                try:
                    if (shown := history.digest(audience, generation, mark.position)) is not None:
                        seen.append(("history", audience, mark.position, shown))
                except RuleError as error:
                    if rule in OF_HISTORY:
                        different.append(f"history, {audience}: {error}; it is of {rule!r}")
                    else:
                        unaudited.append(f"history, {audience}: no board under the rule {rule}")
                except (DependencyError, DataError) as error:
                    unaudited.append(f"history, {audience}: away")
                    log.info("%s: the history cannot be compared: %s", contest, error)
            board, marked = boards.get(audience), mark.position if mark else -1
            if board is None:
                continue
            if board.newest > replayed.position:
                different.append(
                    f"live view, {audience}: a row of position {board.newest}, and the log ends at {replayed.position}"
                )
            elif board.generation == generation and _whole(settings, contest, audience, board, marked):
                # a board without rows has all that the scorer wrote, and so what it wrote up to its mark
                stands = board.newest if board.newest >= 0 else marked
                seen.append(("live view", audience, stands, _shown(board, scale)))
    compared, positions = [], []
    for view, audience, position, shown in seen:
        truth = replayed.folded.digests.get((position, generation, audience))
        if truth is not None:
            compared.append(f"{view}, {audience}")
            positions.append(position)
            if shown != truth:
                different.append(f"{view}, {audience}: {shown[:16]} instead of {truth[:16]} at position {position}")
    proved = -1 if different else min(positions, default=-1)
    closed = replayed.state.contest.closed is not None
    return Finding(
        contest, replayed.position, tuple(compared), tuple(unaudited), tuple(different), proved, history.asked_s, closed
    )


def _boards(settings: Settings, contest: str) -> tuple[dict[str, LiveBoard], list[str], list[str]]:
    """The live view's boards, why there are none, and what in them is damaged."""
    boards, damaged = dict[str, LiveBoard](), list[str]()
    for audience in AUDIENCES:
        try:
            board = read_board(settings, contest, audience, wake=False)
        except RestingError:
            return {}, [], damaged
        except DamagedError as error:
            damaged.append(f"live view, {audience}: {error}")
        except (DataError, DependencyError) as error:
            return {}, [f"live view: {error}"], damaged
        else:
            boards[audience] = board
    return boards, [], damaged


def _shown(board: LiveBoard, score_scale: int) -> str:
    """The board's digest, or a word that is none where a field that does parse holds what it cannot."""
    try:
        return digest(canonical(board.rows, board.firsts, score_scale=score_scale))
    except (TypeError, ValueError, AttributeError):
        return "no board"


def _whole(settings: Settings, contest: str, audience: str, board: LiveBoard, marked: int) -> bool:
    """Whether the board holds all rows of the events up to its newest: none is still to come, or still to be written.

    Without a row it is whole when none at all is still to come. *marked* is the position of the scorer's latest mark.
    """
    key, own = f"{contest}|".encode(), f"{contest}|{board.generation}|{audience}|".encode()
    decode, written = codec().decode, marked >= board.newest
    for raw in read(settings, "scoreboard-rows", partition_of(contest), board.applied + 1):
        if raw.value is not None and raw.key is not None and raw.key.startswith(key):
            try:
                record = decode(raw.value)
            except DecodeError:
                continue  # the sinks put it into the dead letters
            mine = raw.key.startswith(own) and not isinstance(record, Mark)
            if mine and (board.newest < 0 or record.position <= board.newest):
                return False
            written = written or record.position > board.newest  # the scorer has gone on
    return written


class _History:
    """The history as one audit asks it: by one client, which connects when it is asked first."""

    def __init__(self, settings: Settings, contest: str) -> None:
        self._settings, self._contest = settings, contest
        self._client: Client | None = None
        self._next = 0
        self.asked_s = 0.0

    def digest(self, audience: str, generation: str, position: int) -> str | None:
        """The digest of the history's board at a position, None where it is not there yet.

        Raises:
            RuleError: when the history says that the board is of a rule which it does not compute.
            DataError: when it holds no board that can be read.
            DependencyError: when it does not answer.
        """
        asked = time.monotonic()
        try:
            if self._client is None:
                self._client = connect(self._settings)
                self._next = next_position(self._client, self._contest)
            if self._next <= position:
                return None
            found = history_board(self._client, self._contest, audience=audience, generation=generation, upto=position)
            return digest(canonical(found.rows, found.firsts, score_scale=found.score_scale))
        finally:
            self.asked_s += time.monotonic() - asked

    def close(self) -> None:
        """Leave it."""
        if self._client is not None:
            self._client.close()
