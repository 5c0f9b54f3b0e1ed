"""What the log says the queue holds of a contest: what is wanted and has no judgement, and what is paused. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from schemas.events import Judgement, JudgingFaulted
from schemas.work import JudgingWanted, OutstandingTold, PackageReplaced, PauseChanged, RejudgingDropped
from streams.dispatcher.task import REPLACED

__all__ = ["Outstanding", "share_of"]

SHARE = 500
"""So many judgings are told in one record: some 150 kB, far below what a broker takes."""

Name = tuple[str, int]
"""Submission, judging."""


def share_of(submission_id: str, shares: int) -> int:
    """Into which of so many shares a submission falls. Pure."""
    return crc32(submission_id.encode()) % shares


class Outstanding:
    """One contest's, after what was taken: wishes of the planner and what came of them, in the order of the log.

    `wanted` has no judgement yet; of it `faulted` is a judging error. `pauses` are in force; `paused` says where each pause
    was last changed, and `replaced` by which wish, (cause, index), a package or limits were. `judgings` are all that were
    ever asked for, by number.
    """

    def __init__(self) -> None:
        self.wanted: dict[Name, JudgingWanted] = {}
        self.faulted: set[Name] = set()
        self.pauses: dict[tuple[str | None, str | None], PauseChanged] = {}
        self.paused: dict[tuple[str | None, str | None], int] = {}
        self.replaced = (-1, -1)
        self.judgings: set[int] = set()

    def take(self, record: JudgingWanted | PauseChanged | RejudgingDropped | PackageReplaced) -> None:
        """A wish, as the queue takes it."""
        match record:
            case JudgingWanted():
                self.judgings.add(record.judging)
                self.wanted.setdefault((record.submission_id, record.judging), record)
            case PauseChanged():
                pause = (record.problem_id, record.language_id)
                self.paused[pause] = record.cause
                self.pauses.pop(pause, None)
                if record.paused:
                    self.pauses[pause] = record
            case RejudgingDropped():
                for name in [name for name in self.wanted if name[1] == record.judging]:
                    self._drop(name)
            case PackageReplaced():
                self.replaced = (record.cause, record.index)
                for name, one in list(self.wanted.items()):
                    if (one.problem_id, one.judging) == (record.problem_id, 0):
                        self.wanted[name] = dataclasses.replace(
                            one, **{part: getattr(record, part) for part in REPLACED}
                        )
                        if one.package != record.package:
                            self.faulted.discard(name)

    def settle(self, event: Judgement | JudgingFaulted) -> None:
        """What came of one."""
        name = (event.submission_id, event.judging)
        if isinstance(event, Judgement):
            self._drop(name)
        elif event.final and name in self.wanted and event.package in ("", self.wanted[name].package):
            self.faulted.add(name)  # one of the package before says nothing of this one

    def _drop(self, name: Name) -> None:
        self.wanted.pop(name, None)
        self.faulted.discard(name)

    def told(self, contest: str, *, partition: int, cause: int, **stamp: Any) -> Iterator[OutstandingTold]:
        """What the queue is told of it by the act at the position *cause*: all of it, in shares."""
        shares = len(self.wanted) // SHARE + 1
        of: list[list[Name]] = [[] for _ in range(shares)]
        for name in self.wanted:
            of[share_of(name[0], shares)].append(name)
        for share, names in enumerate(of):
            yield OutstandingTold(
                contest=contest,
                partition=partition,
                cause=cause,
                share=share,
                shares=shares,
                wanted=tuple(self.wanted[name] for name in names if name not in self.faulted),
                faulted=tuple(self.wanted[name] for name in names if name in self.faulted),
                pauses=() if share else tuple(self.pauses.values()),
                **stamp,
            )
