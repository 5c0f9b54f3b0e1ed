"""Five contests on one stack with two of everything: three of them in one partition of the log, two in others."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console

from podium.commands.contest import apply_package
from podium.demo.cast import TEAMS, Cast, Plan, write_contest
from podium.demo.run import shipped_problems
from podium.stack.stack import Stack
from podium.stack.supervised import State
from schemas.ids import partition_of
from schemas.settings import Settings
from tests.chaos.load import Seat, Source

HOUR_MS = 3_600_000
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


@dataclass(frozen=True, slots=True)
class End:
    """A process that ended and was not asked to by the supervisor, in the supervisor's words."""

    name: str
    how: str

    def by(self, number: int) -> bool:
        """Whether it ended of this signal; Java, Faust and uvicorn tidy up at a SIGTERM and exit."""
        if self.how.startswith(f"killed by {signal.Signals(number).name}"):
            return True
        return number == signal.SIGTERM and self.how.startswith("exit ")


@dataclass(slots=True)
class Site:
    """The stack, its contests, everything that the clients need, and what was done to it."""

    stack: Stack
    settings: Settings
    contests: list[str]
    ends: list[End]
    seats: list[Seat] = field(default_factory=list)
    cheap: list[Source] = field(default_factory=list)
    """C and Python without a time limit met: judged in a fraction of a second, so that more of them meet more kills."""
    dear: list[Source] = field(default_factory=list)
    """All other submissions of the juries."""
    done: Counter[str] = field(default_factory=Counter)
    """Acts that were carried out, by what they hurt."""

    @property
    def apis(self) -> list[str]:
        """The addresses of the api processes."""
        return [f"http://{self.stack.processes[name].part.address}" for name in self.stack.names("api")]


def open_site(settings: Settings) -> Site:
    """Start the stack and put the contests onto the log; the caller stops the stack."""
    ends: list[End] = []

    def say(name: str, state: str, detail: str) -> None:
        if state == State.BACKOFF:
            ends.append(End(name, detail))

    stack = Stack(settings, scale=SCALE, say=say)
    stack.start(240)  # two of everything start at once on two busy cores
    site = Site(stack, stack.settings, contest_ids(), ends)
    try:
        _fill(site)
    except BaseException:
        stack.stop()
        raise
    return site


def _fill(site: Site) -> None:
    packages = shipped_problems()
    problems = [(name, package.name, package.root) for name, package in packages.items()]
    now = time.time_ns() // 1_000_000
    for contest in site.contests:
        # the second one is in its last hour: what its public board shows is not what the jury's does
        begun = (4.25 if contest == site.contests[1] else 1) * HOUR_MS
        plan = Plan(
            now - int(begun),
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
    for name, package in packages.items():
        for one in package.submissions:
            source = Source(name, one.path, one.language, frozenset(one.expected))
            is_cheap = one.language in ("c", "python3") and "TLE" not in source.expected
            (site.cheap if is_cheap else site.dear).append(source)
