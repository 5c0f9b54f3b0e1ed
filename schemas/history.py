"""The contract with the history: how to connect, and how to read a board out of it by SQL.

Plain clickhouse-connect everywhere, whatever answers at the address. Tables and views are in `history/sql`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import DependencyError, RuleError
from schemas.ids import partition_of
from schemas.settings import Settings

__all__ = ["BoardCell", "BoardFirst", "BoardRow", "HistoryBoard", "boards", "connect", "next_position"]

FOREVER = 2**62
"""Later than every time and position."""


def connect(settings: Settings, *, username: str = "", password: str = "", database: str = "default") -> Client:
    """A client of the history, as podium's own user unless another is named. Close it.

    SQL of podium's own names its databases, so it needs no *database*.

    Raises:
        DependencyError: when nobody answers, or not to this password.
    """
    address = urlsplit(settings.clickhouse)
    secure = address.scheme == "https"
    try:
        return clickhouse_connect.get_client(
            host=address.hostname or "",
            port=address.port or (8443 if secure else 8123),
            secure=secure,
            username=username or settings.clickhouse_username,
            password=password if username else settings.clickhouse_password,
            database=database,
            # one client may be used by several threads, and nothing of ours needs a session
            autogenerate_session_id=False,
            # a restart takes a few seconds and is waited for by the caller, who knows for how long
            connect_timeout=5,
            # longer than the biggest insert or board takes
            send_receive_timeout=60,
            query_retries=0,
        )
    except ClickHouseError as error:
        raise DependencyError(f"the history at {settings.clickhouse} does not answer: {error}") from error


@dataclass(frozen=True, slots=True)
class BoardCell:
    """A problem's cell; `time` in ms of contest time."""

    problem_id: str
    num_judged: int
    num_pending: int
    solved: bool
    time: int | None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A team's row, with the fields of `schemas.rows.ScoreboardRow`."""

    team_id: str
    listed: bool
    ranked: bool
    sort_key: tuple[int, ...]
    tie_key: str
    num_solved: int
    total_time: int
    time: int | None
    cells: tuple[BoardCell, ...]
    score: int | None = None


@dataclass(frozen=True, slots=True)
class BoardFirst:
    """Who solved a problem first; only of problems where that is certain."""

    problem_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class HistoryBoard:
    """A board as the canonical scoreboard needs it; scores are in units of 1 / `score_scale`."""

    rows: tuple[BoardRow, ...] = ()
    firsts: tuple[BoardFirst, ...] = ()
    score_scale: int = 1


_ASKED = (
    "contest={contest:String}, generation={generation:String}, audience={audience:String}, at_ms={at_ms:Int64}, "
    "as_of={as_of:Int64}, upto={upto:Int64}, frozen={frozen:Int8}, group_id={group_id:String}"
)
_ROW = (
    "team_id, listed, ranked, sort_key, tie_key, num_solved, time, first_to_solve, `cells.problem_id`, "
    "`cells.num_judged`, `cells.num_pending`, `cells.solved`, `cells.time`"
)
_ICPC = f"SELECT rule, audience, 1, total_time, NULL, {_ROW}, [] FROM podium.scoreboard({_ASKED})"  # noqa: S608  # constants
_IOI = f"SELECT rule, audience, score_scale, 0, score, {_ROW}, `cells.score` FROM podium.points({_ASKED}, mode='')"  # noqa: S608
_QUESTIONS = {"icpc": _ICPC, "ioi": _IOI}


def boards(
    client: Client,
    contest: str,
    *,
    audiences: Collection[str],
    generation: str = "",
    rule: str = "icpc",
    at_ms: int | None = None,
    as_of: int | None = None,
    upto: int | None = None,
    frozen: bool | None = None,
    group: str = "",
) -> dict[str, HistoryBoard]:
    """The boards of a contest under the rule `icpc` or `ioi`, by audience, computed from its facts by SQL.

    They are empty without a definition. Both audiences at once take little longer than one.

    Args:
        client: of the history.
        contest: its id.
        audiences: public or jury, or both.
        generation: its id; empty: the active one.
        rule: what the caller takes the generation's rule to be: it is asked once where that is right, else twice.
        at_ms: contest time in ms: later submissions are left out. None: none are.
        as_of: what was recorded later (UTC ms) is left out.
        upto: records behind this position are left out.
        frozen: None: as the acts say; True: as if never thawed; False: as if never frozen.
        group: the id of one, whose teams' rows alone are told; empty: all.

    Raises:
        RuleError: when the generation has another rule.
        DependencyError: when the history does not answer.
    """
    given: dict[str, Any] = {
        "contest": contest,
        "generation": generation,
        "audience": ",".join(audiences),
        "at_ms": FOREVER if at_ms is None else at_ms,
        "as_of": FOREVER if as_of is None else as_of,
        "upto": FOREVER if upto is None else upto,
        "frozen": -1 if frozen is None else int(frozen),
        "group_id": group,
    }
    try:
        found = client.query(_QUESTIONS.get(rule, _ICPC), parameters=given).result_rows
        # each question tells the rule
        if found and found[0][0] != rule and found[0][0] in _QUESTIONS:
            found = client.query(_QUESTIONS[found[0][0]], parameters=given).result_rows
    except ClickHouseError as error:
        raise DependencyError(f"the history's boards of {contest}: {error}") from error
    if found and found[0][0] not in _QUESTIONS:
        raise RuleError(f"{contest}: the history computes boards of the rules icpc and ioi, not of {found[0][0]!r}")
    return {audience: _board([row for _, whose, *row in found if whose == audience]) for audience in audiences}


def _board(found: list[list[Any]]) -> HistoryBoard:
    rows, firsts = [], []
    for _, total_time, score, *row, scores in found:
        team_id, listed, ranked, sort_key, tie_key, num_solved, time, first, *cells = row
        points = scores or [None] * len(cells[0])
        columns = tuple(BoardCell(*cell) for cell in zip(*cells, points, strict=True))
        rows.append(
            BoardRow(team_id, listed, ranked, tuple(sort_key), tie_key, num_solved, total_time, time, columns, score)
        )
        firsts += [BoardFirst(problem_id, team_id) for problem_id in first]
    return HistoryBoard(tuple(rows), tuple(firsts), found[0][0]) if found else HistoryBoard()


def next_position(client: Client, contest: str, topic: str = "log") -> int:
    """The first position of the contest's partition of a topic (`log`, `scoreboard-rows`) that is not in the history yet.

    Raises:
        DependencyError: when the history does not answer.
    """
    asked = (
        "SELECT max(next_position) FROM podium.sink_offsets "
        "WHERE topic = {topic:String} AND partition = {partition:UInt16}"
    )
    try:
        found = client.query(asked, parameters={"topic": topic, "partition": partition_of(contest)}).first_row
    except ClickHouseError as error:
        raise DependencyError(f"the history's position of {contest}: {error}") from error
    return int(found[0])
