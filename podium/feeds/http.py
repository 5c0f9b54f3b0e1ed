"""A contest of another system over its Contest API: where it is, its event feed as lines, its documents and files."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

from podium.feeds.coming import Mark
from schemas.addresses import redacted
from schemas.errors import DataError, DependencyError, UsageError

__all__ = ["Primary", "Waits"]

_TIMEOUT = httpx.Timeout(30.0, read=150.0)
"""A feed has something to say, if only an empty line, every two minutes (Contest API, Event feed)."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
"""Between two attempts: a proxy that restarts is back in a second, and a system that is away for an hour is not flooded."""

_LONGEST_LINE = 16 << 20
"""Bytes of one notification: those of a whole endpoint, as some systems send them, stay below."""

_LONGEST_FILE = 16 << 20
"""Bytes of a submission's archive: podium takes sources of a megabyte."""


class Waits:
    """How long to wait between two attempts: twice as long each time, and never twice the same."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep, draw: Callable[[], float] = random.random) -> None:
        self._sleep, self._draw, self._next = sleep, draw, _FIRST_WAIT_S

    def over(self) -> None:
        """It works again: the next wait is a short one."""
        self._next = _FIRST_WAIT_S

    def wait(self) -> float:
        """Wait; for how long it was, in seconds."""
        # many who lost one server must not come back in one moment
        seconds = self._next * (0.5 + self._draw() / 2)
        self._next = min(2 * self._next, _LONGEST_WAIT_S)
        self._sleep(seconds)
        return seconds


@dataclass(frozen=True, slots=True)
class _Place:
    base: str
    contest: str


class Primary:
    """A contest of another system. Use as a context manager, or call `close`."""

    def __init__(
        self,
        url: str,
        auth: tuple[str, str] | None = None,
        *,
        waits: Waits | None = None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Find the contest.

        Args:
            url: of the contest (…/contests/ID), of its feed, or of an API that has one contest. A name and a password
                may stand in it.
            auth: name and password, where they do not stand in the URL.
            waits: between attempts.
            told: is told in a line of each connection that was lost.

        Raises:
            UsageError: when the URL is none, or leads to several contests.
            DependencyError: when nobody answers there.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{redacted(url)}: expected http(s)://… of a Contest API")
        self._waits, self._told, self._closed = waits or Waits(), told, False
        self._client = httpx.Client(auth=auth, timeout=_TIMEOUT, follow_redirects=True)
        self._secret = url
        try:
            self._place = self._find(url)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the server; who follows the feed in another thread comes to an end."""
        self._closed = True
        self._client.close()

    @property
    def contest(self) -> str:
        """The contest's id there."""
        return self._place.contest

    def _find(self, url: str) -> _Place:
        whole = url.split("?", maxsplit=1)[0].rstrip("/")
        before, contests, after = whole.partition("/contests/")
        if contests and after:
            return _Place(f"{before}/", after.split("/")[0])
        base = f"{whole.removesuffix('/contests')}/"
        try:
            answer = self._client.get(f"{base}contests")
            answer.raise_for_status()
            found = [str(one["id"]) for one in answer.json()]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise DependencyError(f"{redacted(base)}contests: {_said(error, url)}") from None
        if len(found) != 1:
            there = ", ".join(sorted(found)) or "none"
            raise UsageError(f"{redacted(base)} has these contests: {there}; give the URL of one, …/contests/ID")
        return _Place(base, found[0])

    def lines(self) -> Iterator[bytes | Mark]:
        """The feed as far as it has come, each line without its end, or as it comes from a server that goes on with it.

        Raises:
            DependencyError: when it breaks off.
            DataError: for a line that is too long.
        """
        try:
            with self._client.stream("GET", self._feed, params={"stream": "false"}) as answer:
                self._check(answer, self._feed)
                yield Mark.BEGINNING
                # `stream` is podium's own: other systems pass it over
                yield from _lines(answer.iter_bytes())
        except httpx.HTTPError as error:
            raise DependencyError(f"{redacted(self._feed)}: {_said(error, self._secret)}") from None

    def follow(self) -> Iterator[bytes | Mark]:
        """The feed as it comes, for ever: a connection that is lost is made again, where the feed was left.

        A server that does not know any more where that was sends all of it again. Marks tell of each. One that has
        answered and then refuses is asked again, too: a proxy says so while its system restarts.

        Raises:
            UsageError: when the server refuses from the beginning.
            DataError: for a line that is too long.
        """
        since: dict[str, str] = {}
        answered = False
        while not self._closed:
            try:
                with self._client.stream("GET", self._feed, params=since) as answer:
                    if answer.status_code == 400 and since:
                        self._told("the feed cannot be continued where it was left; it is read from the beginning")
                        since = {}
                        continue
                    self._check(answer, self._feed)
                    answered = True
                    yield Mark.BACK if since else Mark.BEGINNING
                    for line in _lines(answer.iter_bytes(), whole=True):
                        self._waits.over()
                        since = _token(line) or since
                        yield line
                why = "the feed ended"
            except (httpx.HTTPError, DependencyError) as error:
                why = _said(error, self._secret)
            except UsageError as error:
                if not answered:
                    raise
                why = str(error)
            if self._closed:
                return
            yield Mark.LOST
            self._told(f"{why}; again in {self._waits.wait():.0f} s")

    def document(self, name: str) -> Any:
        """What one of the contest's endpoints says now, as JSON.

        Raises:
            UsageError: when the server refuses.
            DataError: when it is no JSON.
            DependencyError: when it cannot be had now.
        """
        where = f"{self._place.base}contests/{self._place.contest}/{name}"
        try:
            answer = self._client.get(where)
        except httpx.HTTPError as error:
            raise DependencyError(f"{redacted(where)}: {_said(error, self._secret)}") from None
        self._check(answer, where)
        try:
            return answer.json()
        except ValueError as error:
            raise DataError(f"{redacted(where)}: no JSON: {error}") from None

    def file(self, reference: dict[str, Any]) -> bytes:
        """The bytes of a file that an object refers to.

        Raises:
            DataError: for a reference that leads to another server, or a file that is too large.
            UsageError: when the server refuses.
            DependencyError: when it cannot be had now.
        """
        href = str(reference.get("href") or "")
        # an href is absolute, or relative to the API's base (Contest API, File references), which older systems repeat in it
        below = not href.startswith(urlsplit(self._place.base).path)
        url = urljoin(self._place.base, href.lstrip("/") if below and "://" not in href else href)
        if urlsplit(url).netloc.rpartition("@")[2] != urlsplit(self._place.base).netloc.rpartition("@")[2]:
            raise DataError(f"{href!r} leads to another server; nothing is fetched there")
        data = bytearray()
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code != 200:
                    refused = UsageError if _refuses(answer) else DependencyError
                    raise refused(f"{href}: {answer.status_code} {answer.reason_phrase}")
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _LONGEST_FILE:
                        raise DataError(f"{href}: larger than {_LONGEST_FILE} bytes")
        except httpx.HTTPError as error:
            raise DependencyError(f"{href}: {_said(error, self._secret)}") from None
        return bytes(data)

    @property
    def _feed(self) -> str:
        return f"{self._place.base}contests/{self._place.contest}/event-feed"

    def _check(self, answer: httpx.Response, url: str) -> None:
        where = redacted(url)
        if _refuses(answer):
            raise UsageError(
                f"{where}: {answer.status_code} {answer.reason_phrase}: the contest is not there, or the login is wrong"
            )
        if answer.status_code != 200:
            raise DependencyError(f"{where}: {answer.status_code} {answer.reason_phrase}")


def _refuses(answer: httpx.Response) -> bool:
    """Whether it is refused, and not only just now: not so for a timeout, or for too many requests."""
    return 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)


def _lines(chunks: Iterator[bytes], *, whole: bool = False) -> Iterator[bytes]:
    """Lines that are not empty. *whole*: what is not ended by a line's end is none: the connection was cut."""
    left = b""
    for chunk in chunks:
        *complete, left = (left + chunk).split(b"\n")
        yield from (line for line in complete if line.strip())
        if len(left) > _LONGEST_LINE:
            raise DataError(f"a line of the feed is longer than {_LONGEST_LINE} bytes")
    if left.strip() and not whole:
        yield left


def _token(line: bytes) -> dict[str, str]:
    """How to go on behind this line: by its token, or by its id where events have ids (2020-03)."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    if isinstance(said.get("token"), str):
        return {"since_token": said["token"]}
    return {"since_id": said["id"]} if "op" in said and isinstance(said.get("id"), str) else {}


def _said(error: Exception, url: str) -> str:
    """What went wrong, without the password that stands in the URL."""
    return str(error).replace(url, redacted(url)) or type(error).__name__
