"""The demo from its first process to its last line."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.live import Live
from rich.text import Text

from api.versions import BASES
from packages.model import ProblemPackage
from packages.read import read_package
from podium.commands.contest import apply_package
from podium.demo.cast import CONTEST, DURATION_MS, RATE, THAW_AFTER_MS, Cast, Plan, write_contest
from podium.demo.check import boards_agree, empty_endpoints, verdicts
from podium.demo.script import JurySubmission, Scene, script
from podium.demo.talk import Talk, remarks
from podium.demo.teams import Teams
from podium.demo.watch import Watcher
from podium.stack.stack import Stack, read_state, running
from schemas.clock import Clock
from schemas.errors import PodiumError, UsageError
from schemas.reader import read_contest
from schemas.settings import Settings

__all__ = ["Demo", "begin_afresh", "jury_submissions", "rehearsal_settings", "shipped_problems"]

PROBLEMS = Path(__file__).parents[2] / "problems"

_PARTS = 3
"""Kafka, Redis, ClickHouse."""

_DATA = ("kafka", "redis", "history", "contest")
"""Where a home keeps what is known of contests; problem packages go by their digest and may stay."""

_LEAD_MS = 8_000 * RATE
"""Real seconds, in event time, between the contest's files on the log and its start: enough to see the countdown."""

_SILENT_S = 120.0
"""After the thaw the judges may be silent for so long while something waits: the longest submission takes a tenth."""


def rehearsal_settings(settings: Settings) -> Settings:
    """The settings with a clock that runs from now on RATE times as fast, in a home of the demo's own."""
    start = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return settings.model_copy(update={"clock": f"{start}@{RATE}", "home": settings.home / "demo"})


def begin_afresh(settings: Settings) -> str:
    """Give this demo a contest in which nothing has happened. Returns its id.

    Where every part is the demo's own, what an earlier demo left there is deleted; a part that others share keeps its
    data, and the contest gets an id that it has not seen.

    Raises:
        UsageError: when a demo runs already.
    """
    if read_state(settings) is not None:
        raise UsageError(running(settings))
    if len(settings.embedded) < _PARTS:
        return f"{CONTEST}-{time.time_ns() // 1_000_000_000}"
    for name in _DATA:
        shutil.rmtree(settings.home / name, ignore_errors=True)
    return CONTEST


def shipped_problems() -> dict[str, ProblemPackage]:
    """The demo's problems by id, easy to hard."""
    return {
        folder.name: read_package(folder) for folder in sorted(PROBLEMS.iterdir()) if (folder / "problem.yaml").exists()
    }


def jury_submissions(problems: Mapping[str, ProblemPackage]) -> list[JurySubmission]:
    """Every jury submission of these problems."""
    return [
        JurySubmission(name, submission.path, submission.language, frozenset(submission.expected))
        for name, package in problems.items()
        for submission in package.submissions
    ]


class Demo:
    """One demo on a stack that is ready."""

    def __init__(self, stack: Stack, console: Console, contest: str) -> None:
        self.console = console
        self.stack = stack
        self.settings = stack.settings
        self.contest = contest
        self.cast = Cast({})
        self.clock = Clock.parse(self.settings.clock)
        self.problems = shipped_problems()

    def hold(self) -> bool:
        """Hold the contest and check it. Returns whether everything was right."""
        plan = Plan(self.clock.now_ms() + _LEAD_MS, id=self.contest)
        self.cast = Cast.draw(plan)
        problems = [(name, package.name, PROBLEMS / name) for name, package in self.problems.items()]
        root = write_contest(self.settings.home / "contest", problems, plan, self.cast)
        apply_package(self.settings, root, console=Console(quiet=True))
        scenes = script(jury_submissions(self.problems), list(self.problems))
        self.console.print(f"{len(scenes)} submissions of 24 teams; the board moves at [bold]{self.settings.url}/[/]")
        teams = Teams(self.settings.url, plan, self.cast, scenes, self.clock)
        talk = Talk(self.settings.url, plan, self.cast, remarks(plan, list(self.problems)), self.clock)
        teams.start()
        talk.start()
        try:
            self._watch(teams, plan.start_ms + DURATION_MS + THAW_AFTER_MS)
            return self._check(teams, talk, scenes)
        finally:
            teams.stop()
            talk.stop()

    def _watch(self, teams: Teams, thaw_ms: int) -> None:
        """Show the board until the contest has thawed and everything is judged."""
        with httpx.Client(timeout=5) as http, Live(console=self.console, auto_refresh=False, transient=True) as live:
            watcher = Watcher(self.settings.url, self.contest, http)
            thaw_s = (self.clock.real_ms(thaw_ms) - time.time_ns() // 1_000_000) / 1000
            deadline = time.monotonic() + thaw_s + _SILENT_S
            pending = 0
            while time.monotonic() < deadline:
                self.stack.check()
                watcher.refresh()
                live.update(watcher.look(self.console.height), refresh=True)
                if (watcher.board.get("state") or {}).get("thawed") and teams.done and not watcher.pending:
                    break
                if watcher.pending != pending:  # a slow machine is waited for as long as it gets on
                    pending = watcher.pending
                    deadline = max(deadline, time.monotonic() + _SILENT_S)
                time.sleep(0.5)
        self.console.print(watcher.look(1000))

    def _check(self, teams: Teams, talk: Talk, scenes: list[Scene]) -> bool:
        events = (event for _, event in read_contest(self.settings, self.contest))
        found = verdicts(events, scenes, teams.sent)
        sent = {scenes[number].submission for number in teams.sent}
        unsent = [f"{s.problem}: {s.path.name} was not sent" for s in jury_submissions(self.problems) if s not in sent]
        say = self.console.print
        untold = self._untold()
        for line in (*teams.errors, *talk.errors, *unsent, *found.unexpected, *untold):
            say(Text(line, "red"))
        expected = found.judged - len(found.unexpected)
        say(
            f"{len(teams.sent)} of {len(scenes)} submissions were accepted, {found.judged} judged, {expected} as expected"
        )
        if found.pending:
            say(f"[red]{found.pending} submissions are still pending[/]")
        try:
            agree = boards_agree(self.settings, self.contest, 60, say)
        except PodiumError as error:
            say(Text(str(error), "red"))
            agree = False
        good = agree and not (found.pending or found.unexpected or teams.errors or talk.errors or unsent or untold)
        good = good and len(teams.sent) == len(scenes)
        say("[bold green]everything was right[/]" if good else "[bold red]something was wrong: see above[/]")
        return good

    def _untold(self) -> list[str]:
        """What is wrong with what the jury is served of the contest: there is one of everything, in both versions."""
        login, wrong = ("jury", self.cast.passwords["jury"]), list[str]()
        try:
            for base in BASES.values():
                with httpx.Client(base_url=f"{self.settings.url}{base}/", auth=login, timeout=30) as http:
                    wrong += empty_endpoints(http, self.contest)
        except httpx.HTTPError as error:
            return [f"the API: {error or type(error).__name__}"]
        return wrong

    def logins(self) -> None:
        """Say where to look round, and as whom."""
        url, passwords = self.settings.url, self.cast.passwords
        self.console.print(f"\nThe stack stays up at [bold]{url}/[/] until Ctrl-C. Logins:")
        for user in ("team01", "jury", "analyst", "admin"):
            self.console.print(f"  {user:<8} {passwords[user]}")
        curl = f"curl -u analyst:{self.settings.clickhouse_analyst_password} {self.settings.clickhouse} --data-binary"
        question = "SELECT problem_id, outcome, count() FROM submissions GROUP BY ALL ORDER BY ALL"
        self.console.print(f"  SQL      {curl} '{question}'", soft_wrap=True)
        contest = self.contest
        commands = f"status | log {contest} | scoreboard {contest} --audience jury | contest finalize {contest}"
        # what acts is told of the demo's clock: by any other, the contest has just begun
        where = f"PODIUM_HOME={self.settings.home} PODIUM_CLOCK={self.settings.clock}"
        self.console.print(f"  {where} .venv/bin/podium {commands}", soft_wrap=True)
