"""A contest of another system, read whole: from a file, a contest package or a URL, as events of podium's log."""

from __future__ import annotations

import contextlib
import getpass
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clics.feeds import Oddity, events, read_feed
from podium.feeds.append import BY
from podium.feeds.coming import Coming
from podium.feeds.http import Primary
from podium.feeds.terms import checked
from schemas.errors import DataError, UsageError
from schemas.events import Event
from schemas.ids import check_id

__all__ = ["Read", "login_of", "read_contest_of"]


@dataclass(frozen=True, slots=True)
class Read:
    """A contest as events, the version of the Contest API that its feed speaks, and what was odd about it.

    `goes_on`: more may come, as its contest is not over. `whole`: no line of it was cut off or could not be read.
    """

    contest: str
    version: str
    lines: int
    events: tuple[Event, ...]
    oddities: tuple[Oddity, ...]
    goes_on: bool
    whole: bool


def login_of(user: str | None) -> tuple[str, str] | None:
    """The login for a server: *user*, with the password asked for, or read from standard input where that is no terminal."""
    if user is None:
        return None
    password = getpass.getpass(f"password of {user}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    return user, password


def read_contest_of(
    source: str, contest: str | None, user: str | None, progress: Callable[[int], None] = lambda _: None
) -> Read:
    """Read a contest. Changes nothing.

    Args:
        source: the path of a feed or of a contest package, or the URL of a contest.
        contest: its id here; None: the one that it has there.
        user: who logs in there.
        progress: told how many lines were read.

    Raises:
        DataError: when it cannot be read.
        UsageError: when it names no contest that podium can have.
        DependencyError: when the server does not answer.
    """
    goes_on = False
    with _opened(source, user) as opened:
        feed = read_feed(opened if isinstance(opened, Path) else opened.lines())
        changes = []
        for change in feed.changes():
            changes.append(change)
            progress(feed.lines)
        if not isinstance(opened, Path):
            goes_on = not opened.ended
    try:
        id_ = check_id(contest or feed.contest or "", "contest")
    except DataError as error:
        raise UsageError(f"{error}; give one with --contest") from error
    found = tuple(checked(events(changes, id_, by=BY, oddities=feed.oddities, own=feed.own)))
    odd = feed.oddities
    return Read(id_, feed.version, feed.lines, found, odd.found(feed.version), goes_on, whole=not odd.unread)


@contextlib.contextmanager
def _opened(source: str, user: str | None) -> Iterator[Path | Coming]:
    if not source.startswith(("http://", "https://")):
        yield Path(source)
        return
    with Primary(source, login_of(user)) as primary, contextlib.closing(Coming(primary.lines(), once=True)) as coming:
        yield coming
