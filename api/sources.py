"""What is not in the view, read from the log by position: submissions' files, messages of runs, which record came first."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from schemas.codec import codec
from schemas.errors import DecodeError, DependencyError
from schemas.events import Runs, Submission
from schemas.ids import partition_of
from schemas.reader import PositionReader, bounds, read
from schemas.settings import Settings

__all__ = ["Sources"]

T = TypeVar("T", Runs, Submission)

SCAN_S = 20.0
"""The log behind the view is searched for so long: at 100,000 records a second, two million of them. Who was told that
it took too long finds that much less to search when they try again."""
SEARCHED = 16
"""Contests whose submissions' positions are kept while the view is away: some hundred bytes a submission."""


@dataclass(slots=True)
class _Searched:
    """What is known of a contest's submissions from the log alone: the first position of each id before `until`."""

    until: int = 0
    first: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sources:
    """Reads the log on threads of its own: one for single records, two for searches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._single = ThreadPoolExecutor(1, thread_name_prefix="source")
        self._search = ThreadPoolExecutor(2, thread_name_prefix="search")
        self._reader: PositionReader | None = None
        self._searched: OrderedDict[str, _Searched] = OrderedDict()

    async def submission(self, contest: str, position: int) -> Submission:
        """The submission at a position of the contest's partition.

        Raises:
            DependencyError: when the broker does not answer, or no submission is there.
        """
        return await asyncio.get_running_loop().run_in_executor(self._single, self._get, contest, position, Submission)

    async def runs(self, contest: str, position: int) -> Runs:
        """The runs of a judging at a position of the contest's partition.

        Raises:
            DependencyError: when the broker does not answer, or no runs are there.
        """
        return await asyncio.get_running_loop().run_in_executor(self._single, self._get, contest, position, Runs)

    async def first(self, contest: str, id_: str, start: int, end: int | None) -> Submission | None:
        """The first record of the submission *id_* from position *start* up to, not including, *end* (None: today's).

        Raises:
            DependencyError: when the log cannot be read to there in time.
        """
        deadline = time.monotonic() + SCAN_S
        if start > 0:
            work = partial(self._find, contest, id_, start, end, deadline)
        else:  # the view tells nothing: what was read once is not read again
            known = self._searched.setdefault(contest, _Searched())
            self._searched.move_to_end(contest)
            if len(self._searched) > SEARCHED:
                self._searched.popitem(last=False)
            work = partial(self._find_known, known, contest, id_, end, deadline)
        return await asyncio.get_running_loop().run_in_executor(self._search, work)

    def close(self) -> None:
        """Stop the threads."""
        self._search.shutdown(wait=False, cancel_futures=True)
        self._single.submit(self._close).result()
        self._single.shutdown()

    def _get(self, contest: str, position: int, kind: type[T]) -> T:
        if self._reader is None:
            self._reader = PositionReader(self._settings)
        raw = self._reader.get("log", partition_of(contest), position, timeout_s=10)  # a client waits for it
        event = codec().decode(raw.value or b"")
        if not isinstance(event, kind) or event.contest != contest:
            what = kind.__name__.lower()
            raise DependencyError(f"log: no {what} of {contest} at position {position}; the view is another log's")
        return event

    def _find(self, contest: str, id_: str, start: int, end: int | None, deadline: float) -> Submission | None:
        records = self._records(contest, start, end, deadline)
        return next((event for _, event in records if event is not None and event.id == id_), None)

    def _find_known(
        self, known: _Searched, contest: str, id_: str, end: int | None, deadline: float
    ) -> Submission | None:
        if not known.lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise DependencyError("the log could not be read in time")
        try:
            until = bounds(self._settings, "log", partition_of(contest))[1] if end is None else end
            for position, event in self._records(contest, known.until, until, deadline):
                if event is not None:
                    known.first.setdefault(event.id, position)
                known.until = position + 1
            position = known.first.get(id_, until)
        finally:
            known.lock.release()
        return self._find(contest, id_, position, position + 1, deadline) if position < until else None

    def _records(
        self, contest: str, start: int, end: int | None, deadline: float
    ) -> Iterator[tuple[int, Submission | None]]:
        """Every position of the partition, with the contest's submission that is there."""
        key, records = contest.encode(), codec()
        for raw in read(self._settings, "log", partition_of(contest), start, end, deadline=deadline):
            event = None
            try:
                if raw.key == key and raw.value is not None and records.peek(raw.value) is Submission:
                    event = records.decode(raw.value)
            except DecodeError:
                event = None
            yield raw.position, event if isinstance(event, Submission) else None

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
