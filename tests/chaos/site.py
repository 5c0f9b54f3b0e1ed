"""Five contests on one stack with two of everything: three of them in one partition of the log, two in others."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from podium.commands.contest import apply_package
from podium.demo.cast import TEAMS, Cast, Plan, write_contest
from podium.demo.run import shipped_problems
from podium.stack.stack import Stack
from podium.stack.supervised import State
from schemas.ids import partition_of
from schemas.settings import Settings
from tests.chaos.load import Seat, Source
from tests.producers import lending

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


def plans() -> list[Plan]:
    """Five contests that began an hour ago, one of them four hours and a quarter: what it shows is not what the jury sees."""
    now, ids = time.time_ns() // 1_000_000, contest_ids()
    return [plan(one, now - int((4.25 if one == ids[1] else 1) * HOUR_MS)) for one in ids]


def plan(contest: str, begun: int, **more: Any) -> Plan:
    """A contest that began at this time, with logins of its own."""
    values = {"name": contest, "formal_name": contest, "thaw_after_ms": None, "rehearsal": False, **more}
    return Plan(begun, id=contest, prefix=f"{contest}-", **values)


def open_site(settings: Settings, scale: Mapping[str, int] = SCALE, wanted: Callable[[], list[Plan]] = plans) -> Site:
    """Start the stack and put the contests onto the log; the caller stops the stack. *wanted* is asked when it runs."""
    ends: list[End] = []

    def say(name: str, state: str, detail: str) -> None:
        if state == State.BACKOFF:
            ends.append(End(name, detail))

    stack = Stack(settings, scale=scale, say=say)
    stack.start(240)  # two of everything start at once on two busy cores
    site = Site(stack, stack.settings, [], ends)
    try:
        with lending(site.settings.kafka):
            _fill(site, wanted())
    except BaseException:
        stack.stop()
        raise
    return site


def _fill(site: Site, wanted: list[Plan]) -> None:
    packages = shipped_problems()
    problems = [(name, package.name, package.root) for name, package in packages.items()]
    for plan in wanted:
        contest = plan.id
        site.contests.append(contest)
        cast = Cast.draw(plan)
        root = write_contest(site.settings.home / "contests" / contest, problems, plan, cast)
        apply_package(site.settings, root, console=Console(quiet=True))
        site.seats += [Seat(contest, t.id, plan.username(t), cast.passwords[plan.username(t)]) for t in TEAMS]
    for name, package in packages.items():
        for one in package.submissions:
            source = Source(name, one.path, one.language, frozenset(one.expected))
            is_cheap = one.language in ("c", "python3") and "TLE" not in source.expected
            (site.cheap if is_cheap else site.dear).append(source)
