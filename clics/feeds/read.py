"""A feed's source as a stream of normalised changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from clics.feeds.dialect import Dialect
from clics.feeds.fields import VERSIONS, Evidence
from clics.feeds.lines import notifications
from clics.feeds.model import Change, Notification
from clics.feeds.oddities import Oddities
from clics.feeds.own import NOTHING, Own
from clics.feeds.package import is_package, own_files, package_notifications
from schemas.errors import DataError

__all__ = ["Feed", "Progress", "read_feed"]

Progress = Callable[[int, int], None]
"""Told bytes that were read, of how many."""

_TOLD_EVERY = 2000
"""Lines between two words of progress: a bar need not move more often."""


class Feed:
    """A feed that is read as it is asked for.

    `oddities`, `version` and `contest` are what was seen so far: complete when `changes()` has come to its end.
    `contest` is the contest's id in its own system, None where no line has named it. `own` is what podium's own files say.
    """

    def __init__(
        self,
        name: str,
        open_: Callable[[Oddities], Iterable[Notification]],
        version: str | None,
        own: Own = NOTHING,
    ) -> None:
        self.name, self.own = name, own
        self.oddities = Oddities()
        self.contest: str | None = None
        self.lines = 0
        self._open, self._version = open_, version
        self._evidence = Evidence()

    @property
    def version(self) -> str:
        """The version that was named, or the newest one that everything seen so far fits."""
        return self._version or self._evidence.version

    def notifications(self) -> Iterator[Notification]:
        """The feed's lines as they are, those aside that are none.

        Raises:
            DataError: when the source cannot be read.
        """
        self.oddities.clear()
        self.lines = 0
        for one in self._open(self.oddities):
            self.lines += 1
            yield one

    def changes(self) -> Iterator[Change]:
        """The changes in the order of the feed; a source that is a file may be read again, and is read anew.

        Raises:
            DataError: when the source cannot be read.
        """
        self._evidence = Evidence()
        dialect = Dialect(self._evidence, self.oddities)
        for one in self.notifications():
            yield from dialect.take(one)
            self.contest = dialect.contest


def read_feed(source: Path | Iterable[bytes], *, version: str | None = None, progress: Progress | None = None) -> Feed:
    """A feed: a file of NDJSON, a contest package (a folder or a zip), or lines as they come over a connection.

    Args:
        source: where it is. Of a package, `event-feed.ndjson` counts, and of what the feed does not tell the endpoints'
            own files.
        version: the version of the Contest API that it speaks; detected unless it is named. Reading does not depend on
            it: it decides what is odd.
        progress: told how far a file is read.

    Raises:
        DataError: when there is no such file or folder, or no such version, or one of podium's own files is wrong.
    """
    if version is not None and version not in VERSIONS:
        raise DataError(f"there is no version {version!r} of the Contest API here; there are {', '.join(VERSIONS)}")
    if not isinstance(source, Path):
        lines = source
        return Feed("the feed", lambda odd: notifications(lines, odd), version)
    if not source.exists():
        raise DataError(f"{source}: there is no such file or folder")
    if is_package(source):
        return Feed(source.name, lambda odd: package_notifications(source, odd), version, own_files(source))
    return Feed(source.name, lambda odd: _of_file(source, odd, progress), version)


def _of_file(path: Path, oddities: Oddities, progress: Progress | None) -> Iterator[Notification]:
    try:
        with path.open("rb") as file:
            lines = file if progress is None else _counted(file, path.stat().st_size, progress)
            yield from notifications(lines, oddities)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def _counted(lines: Iterable[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    done = 0
    for number, line in enumerate(lines):
        done += len(line)
        if number % _TOLD_EVERY == 0:
            progress(done, size)
        yield line
    progress(size, size)
