"""Five contests on one stack with two of everything: three of them in one partition of the log, two in others."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from packages.read import read_package
from podium.commands.contest import apply_package
from podium.demo.cast import TEAMS, Cast, Plan, write_contest
from podium.stack.stack import Stack
from schemas.ids import partition_of
from schemas.settings import Settings
from tests.chaos.load import Seat, Source

HOUR_MS = 3_600_000
PROBLEMS = Path(__file__).parents[2] / "problems"
SCALE = {"api": 2, "judge": 2, "scorer": 2, "planner": 2, "queue": 2, "live-sink": 2, "history-sink": 2}


def contest_ids() -> list[str]:
    """Three ids of one partition, then two of two others."""
    names = [f"chaos{n}" for n in range(200)]
    home = partition_of(names[0])
    together = [n for n in names if partition_of(n) == home][:3]
    others: dict[int, str] = {}
    for name in names:
        if partition_of(name) != home:
            others.setdefault(partition_of(name), name)
    return [*together, *list(others.values())[:2]]


@dataclass(slots=True)
class Site:
    """The stack, its contests, and everything that the clients need."""

    stack: Stack
    settings: Settings
    contests: list[str]
    seats: list[Seat] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    @property
    def apis(self) -> list[str]:
        """The addresses of the api processes."""
        return [f"http://{self.stack.processes[name].part.address}" for name in self.stack.names("api")]


def open_site(settings: Settings) -> Site:
    """Start the stack and put the contests onto the log; the caller stops the stack."""
    stack = Stack(settings, scale=SCALE)
    stack.start(240)
    site = Site(stack, stack.settings, contest_ids())
    try:
        _fill(site)
    except BaseException:
        stack.stop()
        raise
    return site


def _fill(site: Site) -> None:
    folders = sorted(p for p in PROBLEMS.iterdir() if (p / "problem.yaml").exists())
    packages = {folder.name: read_package(folder) for folder in folders}
    problems = [(folder.name, packages[folder.name].name, folder.absolute()) for folder in folders]
    start = time.time_ns() // 1_000_000 - HOUR_MS
    for contest in site.contests:
        plan = Plan(
            start,
            id=contest,
            name=contest,
            formal_name=contest,
            thaw_after_ms=None,
            rehearsal=False,
            prefix=f"{contest}-",
        )
        cast = Cast.draw(plan)
        root = write_contest(site.settings.home / "contests" / contest, problems, plan, cast)
        apply_package(site.settings, root, console=Console(quiet=True))
        site.seats += [Seat(contest, t.id, plan.username(t), cast.passwords[plan.username(t)]) for t in TEAMS]
    site.sources = [
        Source(name, submission.path, submission.language, frozenset(submission.expected))
        for name, package in packages.items()
        for submission in package.submissions
        # C and Python are judged in a fraction of a second: more submissions meet more kills
        if submission.language in ("c", "python3") and not set(submission.expected) & {"TLE"}
    ]
