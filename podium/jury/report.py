"""What the jury's commands print: a selection, rejudgings, what would change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from clics.state import Submitted
from clics.times import format_reltime, format_time
from podium.jury.difference import BoardDifference, Difference, RankMove
from podium.jury.record import Record, Rejudging
from podium.jury.rejudgings import NAMED, set_of
from podium.jury.selection import PENDING, Counts
from podium.plain import plain

__all__ = [
    "counted",
    "listed",
    "lists",
    "rejudging_json",
    "shown",
    "summary",
    "whole",
]

ROWS = 40
"""Rows of a table for people; `--json` has all."""


def counted(counts: Counts) -> Table:
    """A selection in numbers, by problem, language and verdict."""
    table = Table("problem", "", "language", "", "verdict that shows", "", title=f"{counts.total} submissions")
    columns = [sorted(found.items()) for found in (counts.problems, counts.languages, counts.verdicts)]
    for place in range(max(map(len, columns), default=0)):
        cells = [column[place] if place < len(column) else ("", "") for column in columns]
        table.add_row(*(plain(str(part)) for cell in cells for part in cell))
    return table


def rejudging_json(record: Record, one: Rejudging) -> dict[str, Any]:
    """A rejudging as JSON, without its submissions."""
    missing = record.missing(one)
    return {
        "rejudging": one.number,
        "status": record.status(one.number),
        "submissions": len(one.submission_ids),
        "judged": len(one.submission_ids) - len(missing),
        "errors": sum((id_, one.number) in record.faulted for id_ in missing),
        "complete": one.complete,
        "lane": one.lane,
        "package": one.changed.package if one.changed else None,
        "problem": one.changed.problem_id if one.changed else None,
        "repeats": one.repeats or None,
        "by": one.by,
        "at": format_time(one.at),
        "reason": one.reason,
    }


def listed(record: Record) -> Table:
    """All rejudgings of a contest."""
    table = Table("number", "status", "judged", "errors", "package", "by", "at", "why")
    for one in record.rejudgings.values():
        told = rejudging_json(record, one)
        judged = f"{told['judged']}/{told['submissions']}" + ("" if one.complete else " (list incomplete)")
        package = f"{told['problem']}: {told['package'][:12]}" if told["package"] else ""
        status = told["status"] + (f" (repeats {one.repeats})" if one.repeats else "")
        cells = (one.number, status, judged, told["errors"] or "", package, one.by, told["at"], one.reason)
        table.add_row(*(plain(str(cell)) for cell in cells))
    return table


def shown(record: Record, one: Rejudging) -> Iterator[RenderableType]:
    """A rejudging whole: what it is, and its submissions; with the others of its set of repeats, to compare."""
    told = rejudging_json(record, one)
    yield plain(
        f"rejudging {one.number} of contest {record.contest}: {told['status']}, {told['judged']} of {told['submissions']} "
        f"judged, {told['errors']} judging errors; by {one.by} at {told['at']}: {one.reason}"
    )
    if one.changed:
        yield plain(
            f"problem {one.changed.problem_id} on package {one.changed.package}, {one.changed.time_limit_ms} ms"
        )
    members = set_of(record, one)
    table = Table("number", "id", "team", "problem", "shows", *(str(member.number) for member in members))
    ids = [id_ for id_ in one.submission_ids if id_ in record.state.submissions]
    submissions = [record.state.submissions[id_] for id_ in ids]
    submissions.sort(key=lambda found: not _differ(found, members))
    for found in submissions[:ROWS]:
        verdicts = [_cell(record, found, member) for member in members]
        cells = (found.number, found.id, found.team, found.problem, record.shown(found) or PENDING, *verdicts)
        table.add_row(*(plain(str(cell)) for cell in cells))
    yield table
    if len(submissions) > ROWS:
        yield plain(f"and {len(submissions) - ROWS} more: --json has all of them")
    if len(members) > 1:
        differ = sum(_differ(found, members) for found in submissions)
        yield plain(f"{len(members)} rejudgings of the same submissions: {differ} have verdicts that differ among them")
        yield plain(f"CPU time spread over them: at most {_spread(record, submissions, members)} ms of one submission")


def _cell(record: Record, found: Submitted, member: Rejudging) -> str:
    judging = found.judgings.get(member.number)
    if judging is None or judging.verdict is None:
        return "judging error" if (found.id, member.number) in record.faulted else PENDING
    return f"{judging.verdict} {judging.cpu_ms} ms"


def _differ(found: Submitted, members: Iterable[Rejudging]) -> bool:
    """Whether the repeats gave the submission verdicts that differ."""
    judgings = (found.judgings.get(member.number) for member in members)
    return len({judging.verdict for judging in judgings if judging is not None and judging.verdict}) > 1


def _spread(record: Record, submissions: Iterable[Submitted], members: Iterable[Rejudging]) -> int:
    found = 0
    for one in submissions:
        times = [record.judged[one.id, m.number].cpu_ms for m in members if (one.id, m.number) in record.judged]
        found = max(found, max(times, default=0) - min(times, default=0))
    return found


def whole(record: Record, one: Rejudging) -> dict[str, Any]:
    """A rejudging as JSON, with its submissions and what the repeats of its set say of each."""
    members = set_of(record, one)
    return rejudging_json(record, one) | {
        "set": [member.number for member in members],
        "ids": [
            {
                "submission_id": id_,
                "number": found.number,
                "shows": record.shown(found),
                "verdicts": {str(m.number): _verdict(found, m) for m in members},
            }
            for id_ in one.submission_ids
            if (found := record.state.submissions.get(id_)) is not None
        ],
    }


def _verdict(found: Submitted, member: Rejudging) -> str | None:
    judging = found.judgings.get(member.number)
    return judging.verdict if judging else None


# ---- what would change ----------------------------------------------------------------------------------------------


def summary(found: Difference) -> Iterator[RenderableType]:
    """What would change: the matrix of verdicts, and numbers of the boards."""
    yield _matrix(found.matrix)
    if by_hand := sum(one.by_hand for one in found.changes):
        yield plain(f"{by_hand} of the submissions show a verdict by hand, which this act replaces", "yellow")
    if found.unverified:
        text = f"this contest verifies: {found.unverified} of these verdicts count once somebody has looked at them"
        yield plain(f"{text} (`podium submission unverified`); the boards below are without them", "yellow")
    if left := found.strayed:
        named = f"number {', '.join(map(str, left[:NAMED]))}{', …' if len(left) > NAMED else ''}"
        text = f"of a package that is no longer in force: {len(left)} of these verdicts ({named})"
        yield plain(f"{text}; the contest is not made final with them", "yellow")
    for board in found.boards:
        yield plain(
            f"{board.audience} board: {len(board.ranks)} rows change, {_moved(board)} ranks move, "
            f"{len(board.firsts)} first-to-solves, {len(board.awards)} awards"
        )


def _moved(board: BoardDifference) -> int:
    return sum(move.before[0] != move.after[0] for move in board.ranks)


def _matrix(matrix: Counter[tuple[str, str]]) -> Table:
    after = sorted({pair[1] for pair in matrix})
    title = f"{sum(matrix.values())} verdicts, {sum(n for (b, a), n in matrix.items() if b != a)} of them change"
    table = Table("from, to", *after, title=title, title_justify="left")
    for before in sorted({pair[0] for pair in matrix}):
        table.add_row(before, *(_count(matrix, before, one) for one in after))
    return table


def _count(matrix: Mapping[tuple[str, str], int], before: str, after: str) -> str:
    count = matrix.get((before, after), 0)
    return "" if not count else f"[dim]{count}[/]" if before == after else f"[bold]{count}[/]"


def lists(found: Difference) -> Iterator[RenderableType]:
    """All that would change, in tables."""
    if found.changes:
        table = Table("number", "id", "team", "problem", "from", "to", title="verdicts", title_justify="left")
        for one in found.changes:
            before = f"{one.before} (by hand)" if one.by_hand else one.before
            cells = (str(one.number), one.submission_id, one.team_id, one.problem_id, before, one.after)
            table.add_row(*map(plain, cells))
        yield table
    by_content: dict[str, list[BoardDifference]] = defaultdict(list)
    for board in found.boards:
        by_content[repr((board.ranks, board.firsts, board.awards))].append(board)
    for same in by_content.values():
        yield from _board(" and ".join(board.audience for board in same), same[0])


def _board(audience: str, board: BoardDifference) -> Iterator[RenderableType]:
    if board.ranks:
        points = "score" if board.scored else "total time"
        table = Table("team", "rank", "solved", points, title=f"{audience} board", title_justify="left")
        for move in board.ranks:
            pairs = (_told(board, move, *move.before), _told(board, move, *move.after))
            rank, solved, total = zip(*pairs, strict=True)
            table.add_row(plain(move.team_id), _arrow(*rank), _arrow(*solved), _arrow(*total))
        yield table
    if board.firsts or board.awards:
        table = Table("award", "from", "to", title=f"{audience}: first-to-solves and awards", title_justify="left")
        for id_, (before, after) in board.firsts.items():
            table.add_row(plain(f"first to solve {id_}"), plain(before or "–"), plain(after or "–"))
        for id_, (was, becomes) in board.awards.items():
            table.add_row(plain(id_), plain(", ".join(was) or "–"), plain(", ".join(becomes) or "–"))
        yield table


def _told(board: BoardDifference, move: RankMove, rank: int | None, solved: int, points: int) -> tuple[str, str, str]:
    """Rank, solved problems and points in words; the rank of who is out of competition in brackets, as `replay diff` has it."""
    told = str(rank or "–") if move.listed or rank is None else f"({rank})"
    return told, str(solved), str(points) if board.scored else format_reltime(points)


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
