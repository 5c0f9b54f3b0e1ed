"""The demo from its first process to its last line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.live import Live

from packages.read import read_package
from podium.commands.contest import apply_package
from podium.demo.cast import CONTEST, DURATION_MS, RATE, THAW_AFTER_MS, Cast, Plan, write_contest
from podium.demo.check import boards_agree, verdicts
from podium.demo.script import JurySubmission, Scene, script
from podium.demo.teams import Teams
from podium.demo.watch import Watcher
from podium.stack.stack import Stack
from schemas.clock import Clock
from schemas.errors import PodiumError
from schemas.settings import Settings

__all__ = ["Demo", "rehearsal_settings"]

PROBLEMS = Path(__file__).parents[2] / "problems"

_LEAD_MS = 8_000 * RATE
"""Real seconds, in event time, between the contest's files on the log and its start: enough to see the countdown."""

_JUDGING_S = 180.0
"""After the end the judges may take so long for what still waits; two slots do a hundred submissions in that time."""


def rehearsal_settings(settings: Settings) -> Settings:
    """The settings with a clock that runs from now on RATE times as fast, in a home of the demo's own."""
    start = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    update = {"clock": f"{start}@{RATE}", "home": settings.home / "demo"}
    changed = settings.model_copy(update=update)
    changed.__pydantic_fields_set__.update(update)
    return changed


class Demo:
    """One demo on a stack that is ready."""

    def __init__(self, stack: Stack, console: Console) -> None:
        self.console = console
        self.settings = stack.settings
        self.cast = Cast({})
        self.clock = Clock.parse(self.settings.clock)
        folders = sorted(p for p in PROBLEMS.iterdir() if (p / "problem.yaml").exists())
        self.packages = [(folder.name, read_package(folder), folder) for folder in folders]

    def hold(self) -> bool:
        """Hold the contest and check it. Returns whether everything was right."""
        plan = Plan(self.clock.now_ms() + _LEAD_MS)
        self.cast = Cast.draw(plan)
        problems = [(name, package.name, folder.absolute()) for name, package, folder in self.packages]
        root = write_contest(self.settings.home / "contest", problems, plan, self.cast)
        apply_package(self.settings, root, console=Console(quiet=True))
        scenes = script(self._jury_submissions(), [name for name, _, _ in self.packages])
        self.console.print(f"{len(scenes)} submissions of 24 teams; the board moves at [bold]{self.settings.url}/[/]")
        teams = Teams(self.settings.url, plan, self.cast, scenes, self.clock)
        teams.start()
        try:
            self._watch(teams, plan.start_ms + DURATION_MS + THAW_AFTER_MS)
            return self._check(teams, scenes)
        finally:
            teams.stop()

    def _jury_submissions(self) -> list[JurySubmission]:
        return [
            JurySubmission(name, submission.path, submission.language, frozenset(submission.expected))
            for name, package, _ in self.packages
            for submission in package.submissions
        ]

    def _watch(self, teams: Teams, thaw_ms: int) -> None:
        """Show the board until the contest has thawed and everything is judged."""
        with httpx.Client(timeout=5) as http, Live(console=self.console, auto_refresh=False, transient=True) as live:
            watcher = Watcher(self.settings.url, http)
            deadline = (
                time.monotonic() + (self.clock.real_ms(thaw_ms) - time.time_ns() // 1_000_000) / 1000 + _JUDGING_S
            )
            while time.monotonic() < deadline:
                watcher.refresh()
                live.update(watcher.look(self.console.height), refresh=True)
                state = watcher.board.get("state") or {}
                if state.get("thawed") and teams.done and not self._pending(watcher):
                    break
                time.sleep(0.5)
        self.console.print(watcher.look(1000))

    @staticmethod
    def _pending(watcher: Watcher) -> bool:
        return any(cell["num_pending"] for row in watcher.board["rows"] for cell in row["problems"])

    def _check(self, teams: Teams, scenes: list[Scene]) -> bool:
        found = verdicts(self.settings, scenes, teams.sent)
        say = self.console.print
        for line in (*teams.errors, *found.unexpected):
            say(f"[red]{line}[/]")
        expected = found.judged - len(found.unexpected)
        say(
            f"{len(teams.sent)} of {len(scenes)} submissions were accepted, {found.judged} judged, {expected} as expected"
        )
        if found.pending:
            say(f"[red]{found.pending} submissions are still pending[/]")
        try:
            agree = boards_agree(self.settings, 60, say)
        except PodiumError as error:
            say(f"[red]{error}[/]")
            agree = False
        good = (
            agree and not found.pending and not found.unexpected and not teams.errors and len(teams.sent) == len(scenes)
        )
        say("[bold green]everything was right[/]" if good else "[bold red]something was wrong: see above[/]")
        return good

    def logins(self) -> None:
        """Say where to look round, and as whom."""
        url, passwords = self.settings.url, self.cast.passwords
        self.console.print(f"\nThe stack stays up at [bold]{url}/[/] until Ctrl-C. Logins:")
        for user in ("team01", "jury", "analyst", "admin"):
            self.console.print(f"  {user:<8} {passwords[user]}")
        env = f"PODIUM_HOME={self.settings.home}"
        self.console.print(f"  {env} .venv/bin/podium status | log {CONTEST} | scoreboard {CONTEST} --audience jury")
