"""How far a replay has come with a partition, so that it goes on after a crash.

One file: the states of the partition's contests, or that it is done, with its results.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import orjson

from schemas.settings import Settings
from streams.refold import Folded, Folding, Promotion
from streams.replay.files import folder, write_whole
from streams.replay.plan import PlannedContest, PlannedPartition, ReplayPlan
from streams.scoring.state import ContestState

__all__ = ["Place", "begin", "checkpoint_path", "load", "load_done", "save", "save_done"]

END = b'"end"\n'


@dataclass(slots=True)
class Place:
    """The folds of a partition's contests by their keys, and the position that comes next."""

    next: int
    foldings: dict[bytes, Folding]


def checkpoint_path(settings: Settings, plan_id: str, partition: int) -> Path:
    """Where the checkpoint of a plan's partition is."""
    return folder(settings) / f"run-{plan_id}-{partition}.checkpoint"


def begin(plan: ReplayPlan, planned: PlannedPartition) -> Place:
    """The place at the partition's beginning."""
    place = Place(0, {})
    for contest in planned.contests:
        folded = Folded(ContestState(contest.contest), planned.last)
        _put(place, plan, contest, folded, {mark.position for mark in contest.marks})
    return place


def _put(place: Place, plan: ReplayPlan, contest: PlannedContest, folded: Folded, at: Collection[int]) -> None:
    place.foldings[contest.contest.encode()] = Folding(
        folded, left_out=contest.skipped, at=at, known_at=plan.what_if.known_at
    )


def save(path: Path, place: Place) -> None:
    """Write a checkpoint, part by part: it takes no more memory than a part.

    A state that has no JSON, as one with an integer beyond 64 bits, is not kept: its replay begins anew after a crash.
    """

    def write(file: BinaryIO) -> None:
        contests = {}
        for folding in place.foldings.values():
            f = folding.folded
            contests[f.state.contest_id] = {
                "events": f.events,
                "skipped": f.skipped,
                "unreadable": f.unreadable,
                "unknown": f.unknown,
                "named": sorted(f.named),
                "promotions": [list(one) for one in f.promotions],
                "digests": [[*key, digest] for key, digest in f.digests.items()],
                "wanted": folding.wanted,
            }
        file.write(orjson.dumps({"next": place.next, "contests": contests}) + b"\n")
        for folding in place.foldings.values():
            name = folding.folded.state.contest_id
            file.writelines(orjson.dumps([name, key, value]) + b"\n" for key, value in folding.folded.state.parts())
        file.write(END)

    try:
        write_whole(path, write)
    except TypeError:
        path.unlink(missing_ok=True)


def load(path: Path, plan: ReplayPlan, planned: PlannedPartition) -> Place | None:
    """The place that a checkpoint keeps; None when there is none, or the file is damaged: then it is begun anew."""
    try:
        with path.open("rb") as file:
            head = orjson.loads(file.readline())
            states = dict(_states(file))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    place = Place(head["next"], {})
    for contest in planned.contests:
        kept = head["contests"][contest.contest]
        folded = Folded(
            states.get(contest.contest) or ContestState(contest.contest),
            planned.last,
            kept["events"],
            kept["skipped"],
            kept["unreadable"],
            kept["unknown"],
            set(kept["named"]),
            [Promotion(*one) for one in kept["promotions"]],
            {(position, generation, audience): digest for position, generation, audience, digest in kept["digests"]},
        )
        _put(place, plan, contest, folded, kept["wanted"])
    return place


def save_done(path: Path, written: Collection[Path]) -> None:
    """Write in a checkpoint's place that its partition is done: the results' files beside it, with their SHA-256."""
    line = orjson.dumps({"done": [[one.name, _sha256(one)] for one in written]}) + b"\n"
    write_whole(path, lambda file: file.write(line))


def load_done(path: Path) -> list[Path] | None:
    """The results of a partition that is done; None when it is not, or one of them is not there as it was written."""
    try:
        with path.open("rb") as file:
            done = orjson.loads(file.readline())["done"]
        written = [(path.with_name(name), digest) for name, digest in done]
        return [one for one, _ in written] if all(_sha256(one) == digest for one, digest in written) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _states(file: BinaryIO) -> Iterator[tuple[str, ContestState]]:
    """The states, each contest's parts together.

    Raises:
        ValueError: when the file does not end as it must.
    """
    # the end of the file, and half a line, are no JSON
    parts = map(orjson.loads, iter(file.readline, END))
    for name, its in groupby(parts, itemgetter(0)):
        yield name, ContestState.restore(name, ((key, value) for _, key, value in its))
