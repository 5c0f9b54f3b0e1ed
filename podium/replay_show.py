"""What a replay is about to read, what came out, and what it would change: lines and tables for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from podium.plain import plain
from streams.replay.diff import BoardDiff, Diff
from streams.replay.html import cell_text, rank_text, score_text
from streams.replay.plan import ReplayPlan
from streams.replay.result import Result
from streams.scoring.contest import told_rule

__all__ = ["counts_and_awards", "difference", "plan_table", "result_lines"]


def plan_table(plan: ReplayPlan) -> RenderableType:
    """What a plan would read. Pure."""
    table = Table()
    table.add_column("contest", no_wrap=True)
    for name in ("partition", "up to", "events", "bytes", "marks"):
        table.add_column(name, justify="right")
    table.add_column("left out")
    for partition in plan.partitions:
        for one in partition.contests:
            left_out = [f"{len(one.skipped)} skipped"] if one.skipped else []
            left_out += [f"{len(one.unreadable)} unreadable"] if one.unreadable else []
            table.add_row(
                plain(one.contest),
                str(partition.partition),
                f"{partition.last:,}",
                f"{one.records:,}",
                f"{one.bytes:,}",
                str(len(one.marks)),
                ", ".join(left_out),
            )
    others = plan.records - sum(one.records for one in plan.contests)
    lines: list[RenderableType] = [table]
    if others:
        lines.append(Text(f"{others:,} events of other contests lie between them and are passed over"))
    schemas = sum(map(len, plan.schemas.values()))
    lines.append(Text(f"fold version {plan.fold_version}; {schemas} schemas of {len(plan.schemas)} types of events"))
    lines += [plain(f"what if: {told}") for told in plan.what_if.told()]
    return Group(*lines)


def result_lines(result: Result) -> Iterator[str]:
    """What came out for one contest. Pure."""
    rule = told_rule(result.rule, result.parameters) if result.rule else "no definition, no board"
    yield f"contest {result.contest}: {result.events:,} events up to position {result.position}, {rule}"
    for told in result.what_if.told():
        yield f"  what if: {told}"
    for audience, digest in result.digests.items():
        yield f"  {audience:<7} {digest}"
    if result.skipped:
        yield f"  skipped {', '.join(map(str, result.skipped))}: the fold fails there, the contest is degraded"
    for mark in result.marks:
        says = "as the scorer had it"
        if not mark.equal:
            says = f"DIFFERENT: the scorer had {mark.scorer}, this is {mark.replay}"
        yield f"  generation {mark.generation}, {mark.audience}, at position {mark.position}: {says}"
    if not result.marks:
        yield "  the scorer has left no mark up to there: nothing to compare with"


def difference(diff: Diff) -> RenderableType:
    """What a result would change. Pure."""
    told = "; ".join(diff.result.what_if.told()) or "as it is"
    parts: list[RenderableType] = [
        plain(
            f"contest {diff.contest} at position {diff.position}: generation {diff.generation} ({diff.rule}) → {told}"
        )
    ]
    parts += [
        plain(
            f"THE LIVE BOARD IS NOT WHAT THE LOG SAYS: {mark.audience}, at position {mark.position}; "
            f"`podium contest reload {diff.contest} --reason TEXT` makes it anew",
            "red",
        )
        for mark in diff.marks
        if not mark.equal
    ]
    if not diff.marks:
        parts.append(plain("the scorer has left no mark up to there: the live board was not proved"))
    for board in diff.boards:
        parts += _board(diff, board)
    return Group(*parts)


def _board(diff: Diff, board: BoardDiff) -> Iterator[RenderableType]:
    if board.equal:
        yield plain(f"{board.audience}: nothing differs")
        return
    yield plain(
        f"{board.audience}: {len(board.ranks)} ranks, {len(board.cells)} cells, {len(board.awards)} awards differ",
        "bold",
    )
    if board.order:
        yield plain("teams of one rank stand in another order")
    if board.rows:
        table = Table("team", "rank", "score before", "score after")
        for row in board.rows:
            table.add_row(
                _team(diff, row.team_id), rank_text(row), score_text(row.score_before), score_text(row.score_after)
            )
        yield table
    if board.cells:
        table = Table("team", "problem", "before", "after")
        for cell in board.cells:
            table.add_row(
                _team(diff, cell.team_id), plain(cell.problem_id), cell_text(cell.before), cell_text(cell.after)
            )
        yield table
    yield from counts_and_awards(board, diff.teams, ("before", "after"))


def counts_and_awards(board: BoardDiff, teams: Mapping[str, str], sides: tuple[str, str]) -> Iterator[RenderableType]:
    """Which problems' counts differ, and which awards. Pure.

    Args:
        board: the difference.
        teams: names by id; who has none is called by the id.
        sides: what the two boards are called.
    """
    if board.counts:
        table = Table("problem", "teams that tried", "solved", "judged", "pending")
        for change in board.counts:
            counts = (f"{a}" if a == b else f"{a} → {b}" for a, b in change.pairs)
            table.add_row(plain(change.problem_id), *counts)
        yield table
    if board.awards:
        table = Table("award", *sides)
        for award in board.awards:
            held = [
                Text(", ").join(plain(teams.get(id_, id_)) for id_ in ids) or Text("nobody")
                for ids in (award.before, award.after)
            ]
            table.add_row(plain(award.award_id), *held)
        yield table


def _team(diff: Diff, team_id: str) -> Text:
    return plain(diff.teams.get(team_id, team_id))
