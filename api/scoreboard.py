"""The Contest API's scoreboard out of the live view."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from api.access import Scene, Viewer, started, visible
from api.feed.source import Source
from api.shared import Shared
from api.view import BoardState, View
from clics.times import parse_time
from schemas.live import FeedEntry, LiveFirst, LiveRow, parse_first, parse_row
from streams.scoring.canonical import board_rows

__all__ = ["Scoreboards", "firsts_of", "rows_of"]

REMEMBERED = 32
"""Boards kept as made: the two audiences of the contests that are looked at, and a few groups."""
TIMES = 1000
"""Times kept as found, a hundred bytes each. One that was forgotten may cost a walk through a whole contest."""

Sight = tuple[str, str, bool, int | None, int | None]
"""Contest, audience, and what of the contest decides which submissions and verdicts it hears of: begun, freeze, thaw."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The time in the last event up to the position `held` that an audience was told of, UTC ms; None: of none."""

    held: int
    at: int | None


def rows_of(board: BoardState) -> list[LiveRow]:
    """The rows in no order, those of teams out of competition among them. Pure."""
    return [parse_row(value) for value in board.rows.values()]


def firsts_of(board: BoardState) -> list[LiveFirst]:
    """Who solved which problem first. Pure."""
    return [parse_first(problem.decode(), value) for problem, value in board.firsts.items()]


class Scoreboards:
    """Makes scoreboards, and remembers them by revision: a thousand spectators cost one."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._shared = Shared()
        self._made: OrderedDict[tuple[str, str, str | None], tuple[str, list[Any]]] = OrderedDict()
        self._heard: OrderedDict[Sight, Heard] = OrderedDict()

    async def rows(
        self, contest: str, audience: str, scale: int, group: str | None, members: frozenset[str]
    ) -> tuple[str, list[Any]]:
        """The board's token and its CLICS rows; of one group, ranked among themselves, where *group* is given.

        Raises:
            DependencyError: when the view is away.
        """
        key = (contest, audience, group)
        if group is None and key in self._made:
            token, rows = self._made[key]
            if (await self._view.revision(contest, audience)).token == token:
                return token, rows
        board = await self._view.board(contest, audience)
        of = None if group is None else members
        made: list[Any] = board_rows(rows_of(board), score_scale=scale, members=of)
        self._made[key] = (board.token, made)
        self._made.move_to_end(key)
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return board.token, made

    async def heard(self, contest: str, audience: str, held: int, scene: Scene) -> int | None:
        """The time in the last event up to a position that bears on the board and that its audience is told of, UTC ms.

        Submissions, verdicts and the contest's state bear on it. None: there is none. However much lies behind that event
        of which the audience is told nothing, the time stays: else it would tell that something happened.

        Raises:
            DependencyError: when the view is away.
        """
        facts = scene.contest
        sight = contest, audience, started(scene), facts["freeze"], facts["thaw"]
        known = self._heard.get(sight)
        while known is None or known.held < held:
            known = await self._shared.ask(sight, lambda: self._listen(sight, held, scene))
        return known.at

    async def _listen(self, sight: Sight, held: int, scene: Scene) -> Heard:
        """What is known at the position at least: of what was known before, only what came behind it is read."""
        known = self._heard.get(sight, Heard(-1, None))
        if known.held < held:
            news = await self._last(sight, known.held, held, scene)
            known = self._heard[sight] = Heard(held, known.at if news is None else news)
            self._heard.move_to_end(sight)
            if len(self._heard) > TIMES:
                self._heard.popitem(last=False)
        return known

    async def _last(self, sight: Sight, behind: int, held: int, scene: Scene) -> int | None:
        contest, audience, *_ = sight
        viewer, last, position = Viewer("jury" if audience == "jury" else "public"), None, -1
        async with aclosing(Source(self._view, contest).backwards(held, behind)) as slices:
            async for entries in slices:
                for entry in entries:
                    if last is not None and entry.position < position:
                        return last
                    if last is not None and entry.type != "state":
                        continue  # of one position the state is told last
                    if (at := _time_in(entry, viewer, scene)) is not None:
                        last, position = at, entry.position
        return last


def _time_in(entry: FeedEntry, viewer: Viewer, scene: Scene) -> int | None:
    """The time in a change that bears on boards, for somebody who hears of it. Pure."""
    if entry.now is None or entry.type not in ("submissions", "judgements", "state"):
        return None
    shown, had = (
        None if one is None else visible(viewer, entry.type, one.object, one.facts, scene)
        for one in (entry.now, entry.was)
    )
    if shown is None or shown == had:  # what became of a frozen submission changes nothing that is shown of it
        return None
    if entry.type == "state":
        return max((parse_time(come) for come in shown.values() if come is not None), default=None)
    told = shown.get("time" if entry.type == "submissions" else "end_time")
    return None if told is None else parse_time(told)
