"""The demo's eyes: what the public API says of the contest, and the board in the terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Group
from rich.text import Text

from podium.board import render

__all__ = ["Watcher"]


@dataclass(slots=True)
class Watcher:
    """Asks the public API as a spectator; `look` draws what it said last."""

    url: str
    contest_id: str
    http: httpx.Client
    contest: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    teams: dict[str, str] = field(default_factory=dict)
    board: dict[str, Any] = field(default_factory=dict)

    def ask(self, path: str = "", auth: tuple[str, str] | None = None) -> Any:
        """The JSON of one of the contest's endpoints; None when it is not there (yet)."""
        try:
            answer = self.http.get(f"{self.url}/api/contests/{self.contest_id}{path}", auth=auth)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None

    def refresh(self) -> None:
        """Ask for the board, and for what does not change as long as it is not known."""
        self.contest = self.contest or self.ask() or {}
        self.problems = self.problems or self.ask("/problems") or []
        self.teams = self.teams or {t["id"]: t["name"] for t in self.ask("/teams") or []}
        self.board = self.ask("/scoreboard") or self.board

    @property
    def pending(self) -> int:
        """How many submissions the board shows without a verdict."""
        return sum(cell["num_pending"] for row in self.board.get("rows", ()) for cell in row["problems"])

    def look(self, height: int) -> Group:
        """The board, as many rows as fit into *height* lines, and where to see it move."""
        if not (self.contest and self.board):
            return Group(Text("the contest has not appeared yet"))
        rows = max(5, height - 10)
        table = render(self.board, self.contest, self.problems, self.teams, limit=rows)
        more = len(self.board["rows"]) - rows
        return Group(
            table,
            Text(f"… and {more} more teams" if more > 0 else "", style="dim"),
            Text.assemble("the page: ", (f"{self.url}/", "bold")),
        )
