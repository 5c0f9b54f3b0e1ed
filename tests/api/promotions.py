"""A contest whose rules change under the eyes of its viewers, and what all of them saw."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Self

from history.board import scoreboards as history_scoreboards
from podium.live_board import live_scoreboard
from schemas.events import Judgement, Submission
from schemas.history import connect, next_position
from schemas.live_board import read_board
from schemas.reader import read_contest
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.replay import recompute
from streams.scoring.canonical import canonical, digest
from streams.scoring.contest import FIRST_GENERATION
from streams.scoring.project import active
from tests.api.events import Events, Socket
from tests.api.world import HOUR, World, now

WHY = ("--reason", "the jury decided")

Cli = Callable[..., tuple[int, str]]
"""Runs `podium replay …`: its exit code and what it printed."""

Totals = tuple[tuple[str, int], ...]
"""A board in short: the teams that have solved something, and their times in ms."""


class Contest:
    """A contest with two teams whose places change with the penalty."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.id, self.count = world, world.contest(name), 0
        self.begin = now() - HOUR
        self.submit("t1", "pa", 20, "WA")
        self.submit("t1", "pa", 20, "AC")
        self.submit("t2", "pa", 25, "AC")

    def submit(self, team: str, problem: str, minute: int, verdict: str | None) -> None:
        self.count += 1
        about = {"team_id": team, "problem_id": problem, "language_id": "cpp"}
        at = self.begin + minute * 60_000
        id_ = f"s{self.count}"
        stamp = self.world.stamp(self.id)
        events = [Submission(**stamp, **about, id=id_, submitted_at=at, files=())]
        if verdict:
            events.append(
                Judgement(
                    **stamp, **about, submission_id=id_, submitted_at=at, judging=0, attempt=1, verdict=verdict,
                    started_at=at, ended_at=at,
                )
            )  # fmt: skip
        self.world.add(*events)

    def order(self) -> list[str]:
        """The teams with a solved problem, as the public sees them now."""
        rows = self.world.get(f"/api/contests/{self.id}/scoreboard").json().get("rows", [])
        return [row["team_id"] for row in rows if row["score"]["num_solved"]]

    def proven(self) -> bool:
        """Whether the live view's boards are what the log says."""
        truth = recompute(self.world.settings, self.id)
        for audience in AUDIENCES:
            board = read_board(self.world.settings, self.id, audience)
            if board.generation != truth.generation.id:
                return False
            if canonical(board.rows, board.firsts) != truth.boards[audience]:
                return False
        return True

    def rules(self, minutes: int) -> str:
        """A file of rules with another penalty."""
        path = Path(os.environ["PODIUM_HOME"], "rules.yaml")
        path.write_text(f"rule: icpc\nparameters: {{penalty_minutes: {minutes}}}\n")
        return str(path)

    def what_if(self, cli: Cli, minutes: int) -> str:
        """A result under another penalty."""
        code, said = cli("run", self.id, "--rules", self.rules(minutes), "--json")
        assert code == 0, said
        return json.loads(said)[0]["file"]

    def active(self) -> str:
        return active(recompute(self.world.settings, self.id).state)


def boards_of(stream: Events | Socket) -> list[Totals]:
    """Each board that a client had up to now, from its first snapshot on; its events stay in its queue."""
    rows: dict[str, dict] = {}
    seen = []
    for event in list(stream._queue.queue):
        assert event.name != "reset"
        if event.name == "snapshot":
            rows = {}
        for row in event.data.get("rows", ()):
            rows[row["team_id"]] = row
        seen.append(tuple(sorted((team, row["total_time"]) for team, row in rows.items() if row.get("num_solved"))))
    return seen


def boards_by_the_log(settings: Settings, contest: str) -> dict[str, list[str]]:
    """The digests of the boards that the contest has had, one after the other under what was active then, by audience."""
    positions = [position for position, _ in read_contest(settings, contest)]
    folded = recompute(settings, contest, at=positions).folded
    found: dict[str, list[str]] = {}
    for audience in AUDIENCES:
        boards = []
        for position in positions:
            before = [one.after for one in folded.promotions if one.position <= position]
            generation = before[-1] if before else FIRST_GENERATION
            boards.append(folded.digests.get((position, generation, audience), ""))
        found[audience] = [board for board, _ in groupby(boards)]
    return found


def in_order(seen: Iterable[object], allowed: Iterable[object]) -> bool:
    """Whether what was seen are some of the allowed ones, in their order."""
    left = iter(allowed)
    return all(one in left for one in seen)


class Watch:
    """Looks at a contest's boards in Redis and in ClickHouse again and again, and keeps each one that is new."""

    def __init__(self, settings: Settings, contest: str) -> None:
        self._settings, self._contest = settings, contest
        self._done, self._pool = threading.Event(), ThreadPoolExecutor(1)
        self.boards: dict[tuple[str, str], list[str]] = {}
        """Digests, by where they were seen and for whom."""
        self.rows: list[Totals] = []
        """What analysts see of the scorer's rows."""

    def __enter__(self) -> Self:
        self._looking = self._pool.submit(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        with self._pool:
            self._looking.result(60)

    def shows(self, allowed: dict[str, list[str]], rows: Totals) -> bool:
        """Whether the newest boards are seen everywhere."""
        assert not self._looking.done(), self._looking.result()
        wanted = {(where, a): boards[-1] for where in ("Redis", "ClickHouse") for a, boards in allowed.items()}
        return {key: seen[-1] for key, seen in self.boards.items()} == wanted and self.rows[-1:] == [rows]

    def _look(self) -> None:
        with (
            connect(self._settings) as client,
            connect(self._settings, username="analyst", database="podium_public") as analyst,
        ):
            while not self._done.wait(0.1):
                for audience in AUDIENCES:
                    self._saw("Redis", audience, live_scoreboard(self._settings, self._contest, audience))
                # what is read of one table after the other is a board of the log up to a position that all of them have
                whole = next_position(client, self._contest) - 1
                for audience, board in history_scoreboards(client, self._contest, upto=whole).items():
                    self._saw("ClickHouse", audience, board)
                rows = analyst.query(
                    "SELECT team_id, total_time_ms FROM scoreboard_rows WHERE contest = {contest:String} "
                    "AND num_solved > 0 ORDER BY team_id",
                    parameters={"contest": self._contest},
                ).result_rows
                self.rows = [board for board, _ in groupby([*self.rows, tuple(map(tuple, rows))])]

    def _saw(self, where: str, audience: str, board: bytes) -> None:
        seen = self.boards.setdefault((where, audience), [])
        if seen[-1:] != [digest(board)]:
            seen.append(digest(board))
