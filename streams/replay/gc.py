"""What replays leave behind: files that are old, generations that nobody looks at."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from schemas.clock import Clock
from schemas.codec import codec
from schemas.errors import DecodeError, UsageError
from schemas.events import GenerationOpened, GenerationRetired
from schemas.ids import CONTEST_PARTITIONS, new_id
from schemas.producer import Producer
from schemas.reader import bounds
from schemas.settings import Settings
from streams.refold import batches, fold_contest
from streams.replay.files import folder
from streams.replay.promote import previous
from streams.scoring.project import active, generations

__all__ = ["Garbage", "Idle", "collect", "find_garbage"]

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Idle:
    """A generation that is open and not active; `rollback`: it is what a rollback would promote."""

    contest: str
    generation: str
    rollback: bool


@dataclass(frozen=True, slots=True)
class Garbage:
    """What would be deleted and retired."""

    files: tuple[Path, ...]
    generations: tuple[Idle, ...]


def find_garbage(settings: Settings, contests: Collection[str], days: float) -> Garbage:
    """Files under HOME/replays that are older than so many days, and idle generations (of all contests unless named).

    Reads only.

    Raises:
        UsageError: when the log holds nothing of a contest that is named.
        DataError: when the beginning of a contest's log is gone.
        DependencyError: when the brokers do not answer.
    """
    oldest = time.time() - days * DAY_S
    files = tuple(sorted(path for path in folder(settings).iterdir() if path.is_file() and _age(path) < oldest))
    idle = []
    for contest in sorted(set(contests) or _with_generations(settings)):
        folded = fold_contest(settings, contest)
        if not folded.events:
            raise UsageError(f"the log holds nothing of a contest {contest!r}")
        if folded.state.contest.closed is not None:
            continue  # nothing changes there any more
        back = previous(folded.promotions)
        idle += [
            Idle(contest, one.id, one.id == back) for one in generations(folded.state) if one.id != active(folded.state)
        ]
    return Garbage(files, tuple(idle))


def collect(settings: Settings, garbage: Garbage, *, by: str) -> None:
    """Delete the files, retire the generations. Idempotent.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    for path in garbage.files:
        path.unlink(missing_ok=True)
    if not garbage.generations:
        return
    now = Clock.parse(settings.clock).now_ms()
    with Producer(settings) as producer:
        producer.append_all(
            GenerationRetired(
                contest=one.contest,
                recorded_at=now,
                recorded_by=by,
                id=new_id(),
                reason="replay gc",
                generation=one.generation,
            )
            for one in garbage.generations
        )


def _age(path: Path) -> float:
    """When a file was written last, in seconds; never, for one that has gone meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _with_generations(settings: Settings) -> set[str]:
    """The contests that have a generation beside their first."""
    found, peek = set(), codec().peek
    for partition in range(CONTEST_PARTITIONS):
        for batch in batches(settings, partition, bounds(settings, "log", partition)[1] - 1):
            for message in batch:
                try:
                    if peek(message.value() or b"") is GenerationOpened:
                        found.add((message.key() or b"").decode(errors="replace"))
                except DecodeError:
                    continue
    return found
