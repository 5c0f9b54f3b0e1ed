"""The lines of a feed as they come, read by a thread of their own, and when all has come that there was at the beginning."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

import orjson

from clics.times import parse_time
from schemas.errors import DataError

__all__ = ["Coming", "Mark"]

IDLE_S = 1.0
"""A feed that has been quiet for so long has told what belongs together: a definition is not cut in pieces."""

QUIET_S = 10.0
"""One that has been quiet for so long has told all that there was: between the objects of a contest a server that reads them
from its database pauses for less, and a shorter wait would take what is late for gone. Empty lines say nothing: some servers
send them by the clock. After `end_of_updates`, which is the last line, `IDLE_S` is enough."""

LIVE_S = 60.0
"""In a busy contest it is never quiet. A feed that told of the past and, for so long, of what happened since it was asked has
come to the present."""

_READ_AHEAD = 1000
"""Lines that are read and not yet taken: who is slow holds the feed back."""


class Mark(Enum):
    """What stands between the lines of a feed, where it is no line."""

    BEGINNING = auto()
    """What comes is the feed from its beginning."""
    LOST = auto()
    """The connection is lost: nothing comes until there is another."""
    BACK = auto()
    """There is: the feed goes on where it was left."""
    OVER = auto()
    """Nothing comes any more."""


class _Burst:
    """Whether a feed that is told from its beginning has told all that there was.

    Only time that was spent waiting for a line counts: who was busy with the last one, or stopped, knows nothing of the feed.
    """

    def __init__(self) -> None:
        self._asked = time.time() * 1000
        self._quiet: float | None = None
        self._live: float | None = None
        self._past = self._away = False
        self.ended = False

    def waited(self, seconds: float) -> None:
        """A line was waited for."""
        if self._quiet is not None and not self._away:
            self._quiet += seconds
            self._live = None if self._live is None else self._live + seconds

    def lost(self) -> None:
        """No line can come, whoever waits."""
        self._away = True

    def back(self) -> None:
        """Lines can come again; what was quiet before says nothing."""
        self._away = False
        self._quiet = None if self._quiet is None else 0.0

    def took(self, line: bytes) -> None:
        """Another line."""
        self._quiet = 0.0
        try:
            said = orjson.loads(line)
            data = said["data"]
            self.ended = self.ended or bool(data.get("end_of_updates"))
            # what has a `time` happened then: submissions, runs, clarifications, commentary
            at = parse_time(data["time"])
        except (ValueError, KeyError, TypeError, AttributeError, DataError):
            return
        if at <= self._asked:
            self._past = True
        elif self._past and self._live is None:
            self._live = 0.0

    @property
    def over(self) -> bool:
        """Whether all has come."""
        if self._quiet is None or self._away:
            return False
        if self._live is not None and self._live >= LIVE_S:
            return True
        return self._quiet >= (IDLE_S if self.ended else QUIET_S)


class Coming:
    """The lines of a feed, read by a thread of their own: who waits for them can do something else meanwhile.

    `count` is how many there were.
    """

    def __init__(
        self, lines: Iterable[bytes | Mark], *, once: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """*lines*: before each telling of the feed stands a mark; *once*: what comes later is of no interest."""
        self.count = 0
        self._once, self._clock = once, clock
        self._come: queue.Queue[bytes | Mark | BaseException] = queue.Queue(_READ_AHEAD)
        self._closed = threading.Event()
        self._burst = _Burst()
        # a daemon: it may wait for a server that says nothing, and nothing depends on its end
        threading.Thread(target=self._read, args=(lines,), name="feed", daemon=True).start()

    @property
    def complete(self) -> bool:
        """Whether all has come that there was when the feed was begun."""
        return self._burst.over

    @property
    def ended(self) -> bool:
        """Whether the feed has said that nothing comes any more."""
        return self._burst.ended

    def lines(self, rest: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """The lines as they come, until the feed is told anew or nothing comes any more.

        *rest* is called when none has come for a second, and again while it says so.

        Raises:
            PodiumError: what went wrong where they are read.
        """
        resting = begun = False
        while not (self._once and self.complete):
            line = self._wait()
            if isinstance(line, bytes):
                resting, begun = False, True
                self._burst.took(line)
                self.count += 1
                yield line
            elif line is Mark.OVER or self.ended:
                return
            elif isinstance(line, BaseException):
                raise line
            elif line is None:
                resting = resting or not (begun and rest())
            elif line is Mark.LOST:
                self._burst.lost()
            elif line is Mark.BACK:
                self._burst.back()
            else:
                self._burst = _Burst()
                if begun:
                    return

    def _wait(self) -> bytes | Mark | BaseException | None:
        """What comes next; None when nothing has come for a second."""
        since = self._clock()
        try:
            return self._come.get(timeout=IDLE_S)
        except queue.Empty:
            return None
        finally:
            # it was longer for who was stopped meanwhile
            self._burst.waited(min(self._clock() - since, IDLE_S))

    def close(self) -> None:
        """Read no more."""
        self._closed.set()

    def _read(self, lines: Iterable[bytes | Mark]) -> None:
        try:
            for line in lines:
                if not self._put(line):
                    return
            self._put(Mark.OVER)
        except BaseException as error:  # told to who waits for the lines
            self._put(error)

    def _put(self, line: bytes | Mark | BaseException) -> bool:
        while not self._closed.is_set():
            try:
                self._come.put(line, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
