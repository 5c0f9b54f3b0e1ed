"""Submissions as they came, read from the log: their files by position, and which of two records came first."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from schemas.codec import codec
from schemas.definition import FileData
from schemas.errors import DecodeError, DependencyError
from schemas.events import Submission
from schemas.ids import partition_of
from schemas.reader import PositionReader, read
from schemas.settings import Settings

__all__ = ["Sources", "zipped"]

SCAN_S = 20.0
"""The log behind the view is searched for so long: at 100,000 records a second, longer than any contest's log."""


class Sources:
    """Reads the log on threads of its own: one for single records, two for searches."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._single = ThreadPoolExecutor(1, thread_name_prefix="source")
        self._search = ThreadPoolExecutor(2, thread_name_prefix="search")
        self._reader: PositionReader | None = None

    async def submission(self, contest: str, position: int) -> Submission:
        """The submission at a position of the contest's partition.

        Raises:
            DependencyError: when the broker does not answer, or no submission is there.
        """
        return await asyncio.get_running_loop().run_in_executor(self._single, self._get, contest, position)

    async def first(self, contest: str, id_: str, start: int, end: int | None) -> Submission | None:
        """The first record of the submission *id_* from position *start* up to, not including, *end* (None: today's).

        Raises:
            DependencyError: when the log cannot be read to there in time.
        """
        search = asyncio.get_running_loop().run_in_executor(self._search, self._find, contest, id_, start, end)
        try:
            return await asyncio.wait_for(search, SCAN_S)
        except TimeoutError as error:
            raise DependencyError("the log could not be read in time") from error

    def close(self) -> None:
        """Stop the threads."""
        self._search.shutdown(wait=False, cancel_futures=True)
        self._single.submit(self._close).result()
        self._single.shutdown()

    def _get(self, contest: str, position: int) -> Submission:
        if self._reader is None:
            self._reader = PositionReader(self._settings)
        raw = self._reader.get("log", partition_of(contest), position, timeout_s=10)  # a client waits for it
        event = codec().decode(raw.value or b"")
        if not isinstance(event, Submission) or event.contest != contest:
            raise DependencyError(f"log: no submission of {contest} at position {position}; the view is another log's")
        return event

    def _find(self, contest: str, id_: str, start: int, end: int | None) -> Submission | None:
        key, records = contest.encode(), codec()
        for raw in read(self._settings, "log", partition_of(contest), start, end):
            try:
                if raw.key != key or raw.value is None or records.peek(raw.value) is not Submission:
                    continue
                event = records.decode(raw.value)
            except DecodeError:
                continue
            if isinstance(event, Submission) and event.id == id_:
                return event
        return None

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def zipped(files: Iterable[FileData]) -> bytes:
    """The files at the root of a zip: the same bytes for the same files. Pure."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0)), file.data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
