"""A difference as one HTML page that needs nothing else: a picture of the ranks, and the cells that differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from streams.replay.diff import BoardDiff, CellChange, Diff, RowChange, all_rows

__all__ = ["cell_text", "page", "rank_text", "score_text"]

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #d0d7de}h3{font-size:1rem}
table{border-collapse:collapse;margin:.6rem 0}th,td{border:1px solid #d0d7de;padding:.2rem .55rem;text-align:left}
th{background:#f3f5f7}td.n{text-align:right}.up{color:#0a6b2d}.down{color:#a40e26}.gone{background:#fde2e4}
.new{background:#d9f2e1}.other{background:#fff1c9}.same{color:#57606a}.alarm{background:#fde2e4;padding:.5rem .8rem}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1b1f24}
"""

_LINE, _TOP, _LEFT, _RIGHT, _WIDTH = 18, 34, 300, 620, 920


def score_text(score: dict[str, Any] | None) -> str:
    """A CLICS score in a few characters. Pure."""
    if score is None:
        return "–"
    if "score" in score:
        return str(score["score"])
    return f"{score['num_solved']} / {score['total_time']}"


def cell_text(cell: dict[str, Any] | None) -> str:
    """A CLICS cell in a few characters: judged (and pending) runs, and the time or the score. Pure."""
    if cell is None:
        return "–"
    runs = str(cell["num_judged"]) + (f"+{cell['num_pending']}?" if cell["num_pending"] else "")
    if "score" in cell:
        return f"{cell['score']} ({runs})"
    if cell.get("solved"):
        return f"✓ {cell.get('time', '')} ({runs})"
    return f"✗ ({runs})" if cell["num_judged"] or cell["num_pending"] else "·"


def page(diff: Diff) -> str:
    """The page. Pure."""
    return "".join(_page(diff))


def _page(diff: Diff) -> Iterator[str]:
    title = f"Contest {diff.contest} at position {diff.position}"
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    yield f"<h1>{escape(title)}</h1><table>"
    for name, text in (
        ("before", f"generation {diff.generation}: {_rule(diff.rule, diff.parameters)}"),
        ("after", "; ".join(diff.result.what_if.told()) or _rule(diff.result.rule or "", diff.result.parameters)),
    ):
        yield f"<tr><th>{name}</th><td>{escape(text)}</td></tr>"
    yield "</table>"
    for mark in diff.marks:
        if not mark.equal:
            yield (
                f'<p class="alarm">The live board is not what the log says: {escape(mark.audience)}, at position '
                f"{mark.position}.</p>"
            )
    for board in diff.boards:
        yield f"<h2>{'The public board' if board.audience == 'public' else 'The jury’s board'}</h2>"
        if board.equal:
            yield '<p class="same">Nothing differs.</p>'
        else:
            yield from _board(diff, board)
    yield "</html>\n"


def _rule(rule: str, parameters: dict[str, str]) -> str:
    return rule + "".join(f", {name} {value}" for name, value in sorted(parameters.items()))


def _board(diff: Diff, board: BoardDiff) -> Iterator[str]:
    yield f"<p>{len(board.ranks)} ranks, {len(board.cells)} cells, {len(board.awards)} awards differ.</p>"
    if board.order:
        yield "<p>Teams of one rank stand in another order.</p>"
    if board.rows:
        yield "<h3>Ranks</h3>"
        yield from _slopes(diff, board)
        yield "<table><tr><th>team</th><th>rank</th><th>score before</th><th>score after</th></tr>"
        for row in board.rows:
            yield (
                f"<tr><td>{_team(diff, row.team_id)}</td>{_rank(row)}"
                f"<td>{escape(score_text(row.score_before))}</td><td>{escape(score_text(row.score_after))}</td></tr>"
            )
        yield "</table>"
    if board.cells:
        yield from _cells(diff, board)
    if board.counts:
        yield (
            "<h3>Counts</h3><table><tr><th>problem</th><th>teams that tried</th><th>solved</th><th>judged</th>"
            "<th>pending</th></tr>"
        )
        for change in board.counts:
            cells = "".join(f'<td class="n{" other" if a != b else ""}">{a} → {b}</td>' for a, b in change.pairs)
            yield f"<tr><td>{escape(change.problem_id)}</td>{cells}</tr>"
        yield "</table>"
    if board.awards:
        yield "<h3>Awards</h3><table><tr><th>award</th><th>before</th><th>after</th></tr>"
        for award in board.awards:
            sides = [", ".join(_team(diff, id_) for id_ in ids) or "nobody" for ids in (award.before, award.after)]
            yield f"<tr><td>{escape(award.award_id)}</td><td>{sides[0]}</td><td>{sides[1]}</td></tr>"
        yield "</table>"


def _team(diff: Diff, team_id: str) -> str:
    return escape(diff.teams.get(team_id, team_id))


def rank_text(row: RowChange) -> str:
    """A team's rank, before and after where that differs; in brackets where it is out of competition. Pure."""
    before, after = (
        "–" if rank is None else str(rank) if listed else f"({rank})"
        for rank, listed in ((row.rank_before, row.listed_before), (row.rank_after, row.listed_after))
    )
    return before if before == after else f"{before} → {after}"


def _rank(row: RowChange) -> str:
    before, after = row.rank_before, row.rank_after
    # a team that comes onto the board, or leaves it, goes neither up nor down
    up = None if before is None or after is None or row.listed_before != row.listed_after else before - after
    way = "" if not up else " up" if up > 0 else " down"
    return f'<td class="n{way}">{rank_text(row)}</td>'


def _slopes(diff: Diff, board: BoardDiff) -> Iterator[str]:
    """Both boards' teams in their order, a line from where each stood to where it would stand."""
    places = [
        {row["team_id"]: place for place, row in enumerate(rows)}
        for rows in (diff.before[board.audience]["rows"], diff.result.boards[board.audience]["rows"])
    ]
    ranks = {row.team_id: (row.rank_before, row.rank_after) for row in board.rows}
    height = _TOP + _LINE * max(map(len, places)) + 10
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Ranks before and after">'
    yield f'<text x="{_LEFT - 8}" y="16" text-anchor="end" font-weight="bold">before</text>'
    yield f'<text x="{_RIGHT + 8}" y="16" font-weight="bold">after</text>'
    for team in dict.fromkeys([*places[0], *places[1]]):
        left, right = (side.get(team) for side in places)
        before, after = ranks.get(team, (None, None))
        moved = before is not None and after is not None and before != after
        colour = ("#0a6b2d" if (after or 0) < (before or 0) else "#a40e26") if moved else "#b7bfc7"
        name = _team(diff, team)[:60]
        if left is not None:
            yield f'<text x="{_LEFT - 8}" y="{_y(left) + 4}" text-anchor="end">{name}</text>'
        if right is not None:
            yield f'<text x="{_RIGHT + 8}" y="{_y(right) + 4}">{name}</text>'
        if left is not None and right is not None:
            yield (
                f'<line x1="{_LEFT}" y1="{_y(left)}" x2="{_RIGHT}" y2="{_y(right)}" stroke="{colour}" '
                f'stroke-width="{2.2 if moved else 1}"><title>{name}</title></line>'
            )
    yield "</svg>"


def _y(place: int) -> int:
    return _TOP + _LINE * place


def _cells(diff: Diff, board: BoardDiff) -> Iterator[str]:
    """The rows that have cells that differ, all problems across: a cell that is new, gone or other in its colour."""
    problems = list(
        dict.fromkeys(
            cell["problem_id"]
            for side in (diff.before, diff.result.boards)
            for row in all_rows(side[board.audience])
            for cell in row["problems"]
        )
    )
    of_team: dict[str, dict[str, CellChange]] = {}
    for change in board.cells:
        of_team.setdefault(change.team_id, {})[change.problem_id] = change
    yield "<h3>Cells</h3><table><tr><th>team</th>" + "".join(f"<th>{escape(one)}</th>" for one in problems) + "</tr>"
    for team, changes in of_team.items():
        cells = "".join(_cell(changes.get(problem)) for problem in problems)
        yield f"<tr><td>{_team(diff, team)}</td>{cells}</tr>"
    yield "</table>"


def _cell(change: CellChange | None) -> str:
    if change is None:
        return '<td class="same">=</td>'
    kind = "new" if change.before is None else "gone" if change.after is None else "other"
    return f'<td class="{kind}">{escape(cell_text(change.before))} → {escape(cell_text(change.after))}</td>'
