"""A CLICS scoreboard as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

from clics.times import parse_reltime, parse_time
from podium.plain import plain
from streams.scoring.clock import ContestClock

__all__ = ["Board", "frozen_sentence", "render"]

LEAST_NAME, MOST_NAME = 8, 28
"""Characters of a team's name: with fewer nobody knows it, with more there is no room for the problems."""
MIN_CELL = 5
"""Characters of a problem's cell where there is room: its columns stand still while it fills."""


def frozen_sentence(freeze_ms: int) -> str:
    """The sentence that the CCS requirements (Freezing the Scoreboard) prescribe, for a freeze of this length."""
    minutes = freeze_ms // 60_000
    return (
        f"The scoreboard was frozen with {minutes} minutes remaining - submissions in the last {minutes} minutes "
        "of the contest are still shown as pending."
    )


def render(
    scoreboard: Mapping[str, Any],
    contest: Mapping[str, Any],
    problems: Sequence[Mapping[str, Any]],
    teams: Mapping[str, str],
    *,
    clock: ContestClock | None = None,
    firsts: Mapping[str, str | None] | None = None,
    limit: int | None = None,
) -> Board:
    """Draw the scoreboard. Pure.

    Args:
        scoreboard: the CLICS scoreboard.
        contest: the CLICS contest.
        problems: the CLICS problems, in their order.
        teams: names by id.
        clock: the contest's times; without it nothing is taken out of the contest time.
        firsts: who solved each problem first.
        limit: the number of rows that fit.
    """
    state = scoreboard.get("state") or {}
    rows = scoreboard["rows"][:limit]
    ranks = _Column(Text("#"), "right", tuple(Text(str(row.get("rank", ""))) for row in rows))
    names = _Column(Text("team"), "left", tuple(plain(teams.get(row["team_id"], row["team_id"])) for row in rows))
    # under other rules than the contest's own its rows may be of the other type
    points = any("score" in row["score"] for row in scoreboard["rows"])
    heads = (Text("points", style="bold"),) if points else (Text("=", style="bold"), Text("time"))
    totals = [_totals(row["score"]) for row in rows]
    columns = [_Column(head, "right", tuple(Text(one[n]) for one in totals)) for n, head in enumerate(heads)]
    solved_first = firsts or {}
    cells: dict[bool, list[_Column]] = {short: [] for short in (False, True)}
    for problem in problems:
        label, id_ = plain(problem["label"], problem.get("rgb") or ""), problem["id"]
        found = [
            (next((cell for cell in row["problems"] if cell["problem_id"] == id_), None), row["team_id"])
            for row in rows
        ]
        for short, drawn in cells.items():
            texts = (_cell(cell, first=solved_first.get(id_) == team, short=short) for cell, team in found)
            drawn.append(_Column(label, "center", tuple(texts)))
    return Board(
        _title(contest, scoreboard, state),
        _caption(state, clock or _clock(contest)),
        (ranks, names, *columns),
        tuple(cells[False]),
        tuple(cells[True]),
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its head, how it is aligned, and its texts."""

    head: Text
    justify: JustifyMethod
    texts: tuple[Text, ...]

    @property
    def width(self) -> int:
        return max(text.cell_len for text in (self.head, *self.texts))


@dataclass(frozen=True, slots=True)
class Board:
    """A board that is as wide as there is room, with ranks and totals whole.

    Where there is not room for all of it, it loses, one after the other: the air between its columns, the minutes in its
    cells, the ends of names, the names, and its last problems.
    """

    title: Text
    caption: str
    sides: tuple[_Column, ...]
    cells: tuple[_Column, ...]
    short: tuple[_Column, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table that fits."""
        yield self.fitted(options.max_width)

    def fitted(self, width: int) -> Table:
        """The table in this many columns of the terminal. Pure."""
        ranks, names, *totals = self.sides
        fixed = [ranks, *totals]
        for cells, air in ((self.cells, 2), (self.cells, 0), (self.short, 0)):
            # each column has its frame on one side, and the table one more
            used = 1 + sum(one.width + air + 1 for one in fixed)
            used += sum(max(one.width, MIN_CELL if air else 0) + air + 1 for one in cells)
            room = min(names.width, MOST_NAME, width - used - air - 1)
            if room >= min(names.width, LEAST_NAME):
                return self._table([ranks, names, *totals], cells, air=air, room=room)
        used = 1 + sum(one.width + 1 for one in fixed)
        shown: list[_Column] = []
        for one in self.short:
            used += one.width + 1
            if used > width:
                break
            shown.append(one)
        return self._table(fixed, shown, air=0, room=0)

    def _table(self, sides: Sequence[_Column], cells: Sequence[_Column], *, air: int, room: int) -> Table:
        left_out = len(self.cells) - len(cells)
        more = f"{left_out} more problems: a wider terminal shows them" if left_out else ""
        caption = "\n".join(filter(None, (self.caption, more)))
        table = Table(title=self.title, caption=caption, title_justify="left", padding=(0, air // 2))
        for one in sides:
            table.add_column(
                one.head, justify=one.justify, no_wrap=True, max_width=room if one is self.sides[1] else None
            )
        for one in cells:
            table.add_column(one.head, justify=one.justify, no_wrap=True, min_width=MIN_CELL if air else None)
        for texts in zip(*(one.texts for one in (*sides, *cells)), strict=True):
            table.add_row(*texts)
        return table


def _totals(score: Mapping[str, Any]) -> tuple[str, ...]:
    if "score" in score:
        return (str(score["score"]),)
    return str(score["num_solved"]), str(parse_reltime(score["total_time"]) // 60_000)


def _cell(cell: Mapping[str, Any] | None, *, first: bool, short: bool) -> Text:
    if cell is None or not (cell["num_judged"] or cell["num_pending"]):
        return Text("·", style="dim")
    if "score" in cell:
        return _points(cell, first=first)
    if cell["solved"]:
        tries = cell["num_judged"]
        told = f"+{tries}" if short else f"{tries}/{parse_reltime(cell['time']) // 60_000}"
        return Text(told, style="bold black on green" if first else "black on bright_green")
    if cell["num_pending"]:
        judged = f"{cell['num_judged']}+" if cell["num_judged"] else ""
        return Text(f"{judged}{cell['num_pending']}?", style="black on bright_blue")
    return Text(f"-{cell['num_judged']}", style="black on red")


def _points(cell: Mapping[str, Any], *, first: bool) -> Text:
    if cell["num_pending"]:
        points = f"{cell['score']}+" if cell["num_judged"] else ""
        return Text(f"{points}{cell['num_pending']}?", style="black on bright_blue")
    if first:
        return Text(f"{cell['score']}", style="bold black on green")
    return Text(f"{cell['score']}", style="black on bright_yellow" if cell["score"] > 0 else "black on red")


def _title(contest: Mapping[str, Any], scoreboard: Mapping[str, Any], state: Mapping[str, Any]) -> Text:
    phase = next(
        (
            text
            for key, text in (
                ("finalized", "final"),
                ("thawed", "thawed"),
                ("ended", "over"),
                ("frozen", "frozen"),
                ("started", "running"),
            )
            if state.get(key)
        ),
        "not started",
    )
    # behind the end the contest's time goes on, for years
    time = "" if state.get("ended") else f"  {scoreboard['contest_time'].partition('.')[0]}"
    return plain(f"{contest['name']}{time}  {phase}", "bold")


def _clock(contest: Mapping[str, Any]) -> ContestClock:
    start = contest.get("start_time")
    return ContestClock(parse_time(start) if start else None, parse_reltime(contest["duration"]))


def _caption(state: Mapping[str, Any], clock: ContestClock) -> str:
    lines = []
    if state.get("frozen") and not state.get("thawed"):
        # the jury may freeze at another time than the files say, and in a contest whose files say none
        lines.append(frozen_sentence(clock.duration - clock.contest_time(parse_time(state["frozen"]))))
    if state.get("ended") and not state.get("finalized"):
        lines.append("The results are not final.")
    return "\n".join(lines)
