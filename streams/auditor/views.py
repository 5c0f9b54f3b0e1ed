"""The boards that Redis and the history keep of the scorer's rows: how they are read, and where they stand. Reads only."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.codec import codec
from schemas.errors import DamagedError, DataError, DecodeError, DependencyError
from schemas.history import BoardCell, BoardFirst, BoardRow, connect, next_position
from schemas.history import boards as history_boards
from schemas.ids import partition_of
from schemas.live_board import RestingError, RetiredError, read_board
from schemas.reader import read
from schemas.rows import AUDIENCES, Mark, ProjectionRecord
from schemas.settings import Settings
from streams.auditor.facts import Facts, unlike_facts
from streams.scoring.canonical import AnyFirst, AnyRow, canonical, digest

__all__ = ["History", "Looked", "ViewBoard", "Written", "live_boards", "named", "to_come", "whole", "written_since"]

TOPIC = "scoreboard-rows"


@dataclass(frozen=True, slots=True)
class ViewBoard:
    """A board as a view has it: all that the scorer wrote up to some position, or, while the view is filled, a part.

    `newest` is the position in the log of the newest row (-1 without one), `applied` the last position of
    `scoreboard-rows` up to which the view surely holds all.
    """

    view: str
    generation: str
    audience: str
    rows: Sequence[AnyRow]
    firsts: Sequence[AnyFirst]
    newest: int
    applied: int

    def digest(self, score_scale: int) -> str:
        """Of the canonical board, or a word that is none where a field that does parse holds what it cannot."""
        try:
            return digest(canonical(self.rows, self.firsts, score_scale=score_scale))
        except (TypeError, ValueError, AttributeError):
            return "no board"


@dataclass(slots=True)
class Looked:
    """What was found in a view: its boards, why there are none, and what in them is damaged."""

    boards: list[ViewBoard] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)


def named(view: str, audience: str, generation: str | None = None) -> str:
    """What a board is called where people read; *generation* unless it is the active one. Pure."""
    return f"{view}, {audience}" + (f", generation {generation}" if generation is not None else "")


def live_boards(settings: Settings, contest: str, generations: Collection[str]) -> Looked:
    """The live view's boards of the active generation and of these; none of a contest that has left the view."""
    looked, active = Looked(), ""
    for generation in (None, *sorted(generations)):
        for audience in AUDIENCES:
            if generation == active:
                continue
            try:
                board = read_board(settings, contest, audience, generation=generation, wake=False, indexed=True)
            except RetiredError:
                continue
            except RestingError:
                return Looked(different=looked.different)
            except DamagedError as error:
                looked.different.append(f"{named('live view', audience, generation)}: {error}")
            except (DataError, DependencyError) as error:
                return Looked(unaudited=[f"live view: {error}"], different=looked.different)
            else:
                active = board.generation if generation is None else active
                found = (board.generation, audience, board.rows, board.firsts, board.newest, board.applied)
                looked.boards.append(ViewBoard("live view", *found))
    return looked


# ---- what the scorer has written ------------------------------------------------------------------------------------


class Written(NamedTuple):
    """A record of `scoreboard-rows`: where it stands there, whose it is, and the position in the log that it is of."""

    at: int
    generation: str
    audience: str
    position: int
    is_mark: bool


def written_since(settings: Settings, contest: str, start: int) -> list[Written]:
    """The contest's records from a position of `scoreboard-rows` on.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    key, decode, found = f"{contest}|".encode(), codec().decode, []
    for raw in read(settings, TOPIC, partition_of(contest), start):
        if raw.value is not None and raw.key is not None and raw.key.startswith(key):
            try:
                record = decode(raw.value)
            except DecodeError:
                continue  # the sinks put it into the dead letters
            if isinstance(record, ProjectionRecord):
                is_mark = isinstance(record, Mark)
                found.append(Written(raw.position, record.generation, record.audience, record.position, is_mark))
    return found


def whole(board: ViewBoard, marked: int, written: Sequence[Written]) -> bool:
    """Whether the board holds all rows of the events up to its newest: none is still to come, or still to be written. Pure.

    Without a row it is whole when none at all is still to come. *marked* is the position of the scorer's latest mark of
    the board, *written* all records that may be later than what the view has applied.
    """
    if any(board.newest < 0 or one.position <= board.newest for one in to_come(board, written)):
        return False
    # or the scorer has gone on
    return marked >= board.newest or any(one.at > board.applied and one.position > board.newest for one in written)


def to_come(board: ViewBoard, written: Sequence[Written]) -> list[Written]:
    """The rows of the board that the scorer has written and the view may lack. Pure."""
    mine = (board.generation, board.audience)
    return [
        one for one in written if one.at > board.applied and (one.generation, one.audience) == mine and not one.is_mark
    ]


# ---- the history ----------------------------------------------------------------------------------------------------

_SHOWN = (
    "contest = {contest:String} AND has({generations:Array(String)}, generation) AND "
    "has({audiences:Array(String)}, audience) AND (batch = 0 OR "
    "(generation, audience, batch) IN (SELECT generation, audience, batch FROM podium.scoreboard_batches "
    "WHERE contest = {contest:String}))"
)
# of two rows of one position the one that was written later stays when the table is merged
_LATEST = "ORDER BY generation, audience, {0}, position DESC, loaded_at DESC LIMIT 1 BY generation, audience, {0}"
_ROWS = (
    "SELECT generation, audience, position, team_id, listed, ranked, sort_key, tie_key, num_solved, total_time_ms, "  # noqa: S608  # constants
    "time_ms, score, `cells.problem_id`, `cells.num_judged`, `cells.num_pending`, `cells.solved`, `cells.time_ms`, "
    f"`cells.score` FROM podium.scoreboard_rows WHERE {_SHOWN} {_LATEST.format('team_id')}"
)
_FIRSTS = (
    "SELECT generation, audience, position, problem_id, team_id FROM podium.scoreboard_firsts "  # noqa: S608  # as above
    f"WHERE {_SHOWN} {_LATEST.format('problem_id')}"
)


class History:
    """The history as one audit asks it: by one client, which connects when it is asked first.

    `asked_s` are the seconds that it took to answer. Every method raises DependencyError when it does not.
    """

    def __init__(self, settings: Settings, contest: str) -> None:
        self._settings, self.contest = settings, contest
        self._client: Client | None = None
        self.asked_s = 0.0

    @contextmanager
    def _asked(self) -> Iterator[Client]:
        asked = time.monotonic()
        try:
            if self._client is None:
                self._client = connect(self._settings)
            yield self._client
        finally:
            self.asked_s += time.monotonic() - asked

    def end(self) -> int:
        """The first position of the contest's partition of the log that it lacks."""
        with self._asked() as client:
            return next_position(client, self.contest)

    def unlike(self, facts: Facts) -> str:
        """Which of its facts are not these, in words."""
        with self._asked() as client:
            return unlike_facts(client, self.contest, facts)

    def boards(self, generations: Collection[str]) -> list[ViewBoard]:
        """The boards of these generations as the history keeps the scorer's rows, whatever the contest's rule."""
        given = {"contest": self.contest, "generations": sorted(generations), "audiences": list(AUDIENCES)}
        with self._asked() as client:
            # before the rows: what is written meanwhile is then still to come, and the board none that is whole
            applied = next_position(client, self.contest, TOPIC) - 1
            try:
                rows = client.query(_ROWS, parameters=given).result_rows
                firsts = client.query(_FIRSTS, parameters=given).result_rows
            except ClickHouseError as error:
                raise DependencyError(f"the history's rows of {self.contest}: {error}") from error
        found: dict[tuple[str, str], tuple[list[BoardRow], list[BoardFirst], list[int]]] = {
            (generation, audience): ([], [], [-1]) for generation in generations for audience in AUDIENCES
        }
        for generation, audience, position, *row in rows:
            into, _, positions = found[generation, audience]
            into.append(_row(*row))
            positions.append(position)
        for generation, audience, position, problem_id, team_id in firsts:
            _, those, positions = found[generation, audience]
            positions.append(position)
            if team_id:
                those.append(BoardFirst(problem_id, team_id))
        return [
            ViewBoard("history's rows", generation, audience, into, those, max(positions), applied)
            for (generation, audience), (into, those, positions) in found.items()
        ]

    def digests(self, audiences: Collection[str], generation: str, rule: str, position: int) -> dict[str, str]:
        """The digests of the boards that it computes of the facts up to a position, by audience; none where it is not there yet.

        It is asked once where the generation's rule is this one.

        Raises:
            RuleError: when it says that the board is of a rule which it does not compute.
        """
        with self._asked() as client:
            if next_position(client, self.contest) <= position:
                return {}
            found = history_boards(
                client, self.contest, audiences=audiences, generation=generation, rule=rule, upto=position
            )
        return {
            audience: digest(canonical(one.rows, one.firsts, score_scale=one.score_scale))
            for audience, one in found.items()
        }

    def close(self) -> None:
        """Leave it."""
        if self._client is not None:
            self._client.close()


def _row(
    team_id: str,
    listed: bool,
    ranked: bool,
    sort_key: list[int],
    tie_key: str,
    num_solved: int,
    total_time: int,
    time_: int | None,
    score: int | None,
    *cells: list[Any],
) -> BoardRow:
    columns = tuple(BoardCell(*cell) for cell in zip(*cells, strict=True))  # the table sees to it
    head = (team_id, listed, ranked, tuple(sort_key), tie_key, num_solved, total_time, time_)
    return BoardRow(*head, columns, score)
