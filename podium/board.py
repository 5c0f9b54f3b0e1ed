"""A CLICS scoreboard as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from clics.clock import ContestClock
from clics.times import parse_reltime, parse_time
from podium.plain import plain

__all__ = ["frozen_sentence", "render"]


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
) -> Table:
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
    caption = _caption(state, clock or _clock(contest))
    table = Table(title=_title(contest, scoreboard, state), caption=caption, title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("team", no_wrap=True, max_width=28)
    # under other rules than the contest's own its rows may be of the other type
    points = any("score" in row["score"] for row in scoreboard["rows"])
    for name in ("points",) if points else ("=", "time"):
        table.add_column(name, justify="right", header_style="" if name == "time" else "bold")
    for problem in problems:
        table.add_column(plain(problem["label"], problem.get("rgb") or ""), justify="center", min_width=5)
    for row in scoreboard["rows"][:limit]:
        cells = {cell["problem_id"]: cell for cell in row["problems"]}
        table.add_row(
            str(row.get("rank", "")),
            plain(teams.get(row["team_id"], row["team_id"])),
            *_totals(row["score"]),
            *(_cell(cells.get(p["id"]), first=(firsts or {}).get(p["id"]) == row["team_id"]) for p in problems),
        )
    return table


def _totals(score: Mapping[str, Any]) -> tuple[str, ...]:
    if "score" in score:
        return (str(score["score"]),)
    return str(score["num_solved"]), str(parse_reltime(score["total_time"]) // 60_000)


def _cell(cell: Mapping[str, Any] | None, *, first: bool) -> Text:
    if cell is None or not (cell["num_judged"] or cell["num_pending"]):
        return Text("·", style="dim")
    if "score" in cell:
        return _points(cell, first=first)
    if cell["solved"]:
        minute = parse_reltime(cell["time"]) // 60_000
        return Text(f"{cell['num_judged']}/{minute}", style="bold black on green" if first else "black on bright_green")
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
    return plain(f"{contest['name']}  {scoreboard['contest_time']}  {phase}", "bold")


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
