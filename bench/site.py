"""A running stack with a contest for the measurements that go through the API."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from packages.read import ProblemPackage
from podium.commands.contest import apply_package
from podium.demo.cast import TEAMS, Cast, Plan, write_contest
from podium.demo.run import shipped_problems
from podium.stack.docker import ensure_docker
from podium.stack.stack import Stack
from schemas.settings import Settings

__all__ = ["Site", "free_base", "open_site", "open_stack", "unique", "until"]

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Site:
    """A stack that is ready and a contest that has been running for an hour."""

    stack: Stack
    settings: Settings
    contest: str
    logins: tuple[tuple[str, str], ...]
    packages: dict[str, ProblemPackage]

    def accepted(self, language: str, problem: str | None = None) -> tuple[str, Path]:
        """A problem, this one where it is given, and a jury submission to it in this language that is accepted."""
        for name in self.packages if problem is None else (problem,):
            for submission in self.packages[name].submissions:
                if submission.language == language and set(submission.expected) == {"AC"}:
                    return name, submission.path
        raise LookupError(f"{problem or 'no problem'} lacks an accepted submission in {language}")


def free_base() -> int:
    """A base port at which the embedded parts find theirs free."""
    for base in range(19_000, 32_600, 500):
        try:
            for offset in (23, 79, 80, 92, 93, 100):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


@contextlib.contextmanager
def open_stack(only: frozenset[str] | None = None, scale: dict[str, int] | None = None) -> Iterator[Stack]:
    """Start a stack, or these kinds of its processes, in a folder and at ports of its own, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="podium-bench-", ignore_cleanup_errors=True) as home:
        settings = Settings(home=Path(home), port_base=free_base())
        if only is None:
            ensure_docker(settings)  # the judges are among them
        stack = Stack(settings, scale=scale, only=only)
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()


def until(there: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something, for so many seconds at most.

    Raises:
        TimeoutError: when it has not come.
    """
    deadline = time.monotonic() + seconds
    while not there():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def open_site(scale: dict[str, int] | None = None, packages: dict[str, ProblemPackage] | None = None) -> Iterator[Site]:
    """Open a stack, and put a contest onto its log.

    The contest has these problems, the demo's by default.
    """
    with open_stack(scale=scale) as stack:
        plan = Plan(
            time.time_ns() // 1_000_000 - HOUR_MS,
            id="bench",
            name="bench",
            formal_name="bench",
            thaw_after_ms=None,
            rehearsal=False,
        )
        cast = Cast.draw(plan)
        packages = packages or shipped_problems()
        problems = [(name, package.name, package.root) for name, package in packages.items()]
        root = write_contest(stack.settings.home / "contest", problems, plan, cast)
        apply_package(stack.settings, root, console=Console(quiet=True))
        logins = tuple((plan.username(t), cast.passwords[plan.username(t)]) for t in TEAMS)
        yield Site(stack, stack.settings, plan.id, logins, packages)


def unique(path: Path, mark: str) -> bytes:
    """The source with a comment of its own: nothing is answered from a cache."""
    comment = f"\n# {mark}\n" if path.suffix == ".py" else f"\n// {mark}\n"
    return path.read_bytes() + comment.encode()
