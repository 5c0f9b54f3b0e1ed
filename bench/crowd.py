"""Everybody at once: logins and requests with HTTP Basic beside 2,000 streams; a board of 2,500 teams, asked for and
asked for again; submissions at 100 a second for a minute.
"""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson

from bench.live_site import CONTEST, PASSWORD, LiveSite, open_live_site
from bench.measure import Result, result
from bench.native import Requests, Streams, finished, http_load, programs, stream_load
from schemas.events import Submission
from schemas.reader import read_contest

__all__ = ["run"]

TEAMS = 2_500
SUBMISSIONS = 5_000
WATCHING = 2_000
RUNS = 5
BEGIN_S = 60.0
"""In which all teams log in."""
BASIC_A_SECOND, BASIC_ACCOUNTS = 200, 100
"""Of these accounts are the submissions, too: fewer than a team may send in a minute."""
PACE_S = 0.25
SETTLE_S = 1.0
"""From the last stream's opening to the first delta: greetings are read."""
PATIENCE_S = 60
POSTS_A_SECOND, POST_S = 100, 60.0
BOARD_S = 8.0
CORES = f"{os.cpu_count()} cores for all"
SOURCE = "int main() { return 0; } // " + "x" * 400


def run() -> list[Result]:
    """Five runs each, on a stack without judges; the clients are C and share the machine."""
    with programs() as folder, open_live_site(TEAMS, SUBMISSIONS, TEAMS) as site:
        return [*_board(folder, site), *_doors(folder, site), *_posts(folder, site)]


def _request(site: LiveSite, method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    """A request as it is sent."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {site.address}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _basic(username: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{username}:{PASSWORD}'.encode()).decode()}"


def _all(name: str, seen: Requests, status: int) -> None:
    """Nobody is refused.

    Raises:
        RuntimeError: when somebody was.
    """
    if seen.failed or seen.statuses != {str(status): seen.sent}:
        raise RuntimeError(f"{name}: {seen.sent} sent, {seen.failed} failed, answers {seen.statuses}")


# ---- a board ----------------------------------------------------------------------------------------------------------


def _board(folder: Path, site: LiveSite) -> list[Result]:
    path = f"{site.base}/scoreboard"
    answer = httpx.get(f"http://{site.address}{path}", timeout=60)
    plain = _request(site, "GET", path)
    known = _request(site, "GET", path, b"", f"If-None-Match: {answer.headers['etag']}")
    full, same = [], []
    for _ in range(RUNS):
        for requests, into in ((plain, full), (known, same)):
            with http_load(folder, site.address, [requests], connections=32, seconds=BOARD_S) as load:
                into.append(finished(load))
    for seen in full:
        _all("a board", seen, 200)
    for seen in same:
        _all("a board that the client has", seen, 304)
    name = f"board of {TEAMS:,} teams, {CORES}"
    return [
        result(f"{name}: its size", "kB", [len(answer.content) / 1000]),
        result(f"{name}: without a tag", "requests/s", [one.rate for one in full], smaller_is_better=False),
        result(
            f"{name}: with a valid tag, 304",
            "requests/s",
            [one.rate for one in same],
            bar=2000,
            smaller_is_better=False,
        ),
        result(f"{name}: the same, p99", "ms", [one.p99 for one in same]),
        result(f"{name}: the clients' own share of a core", "", [one.cpu / one.seconds for one in same]),
    ]


# ---- doors ------------------------------------------------------------------------------------------------------------


@contextmanager
def _publishing(site: LiveSite) -> Iterator[None]:
    """Deltas at a steady pace."""
    stop = threading.Event()

    def publish() -> None:
        number = 0
        while not stop.wait(PACE_S):
            site.publish(number)
            number += 1

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _doors(folder: Path, site: LiveSite) -> list[Result]:
    alone, beside, logins, basics = [], [], [], []
    for _ in range(RUNS):
        site.restart()  # no password is remembered
        alone.append(_watched(folder, site, BEGIN_S / 3, None))
        found: list[Requests] = []
        beside.append(_watched(folder, site, BEGIN_S, found))
        logins.append(found[0])
        basics.append(found[1])
    for one in logins:
        _all("logins", one, 200)
    for one in basics:
        _all("requests with HTTP Basic", one, 200)
    name = f"{TEAMS:,} logins in {BEGIN_S:.0f} s, {BASIC_A_SECOND} requests/s with HTTP Basic, {WATCHING:,} streams, {CORES}"
    return [
        result(
            f"{name}: publish to read, p99, against that without them",
            "ms",
            [one.p99 for one in beside],
            baseline=[one.p99 for one in alone],
            bar=2.0,
        ),
        result(f"{name}: a login, p50", "ms", [one.p50 for one in logins]),
        result(f"{name}: a login, p99", "ms", [one.p99 for one in logins]),
        result(f"{name}: a request with HTTP Basic, p50", "ms", [one.p50 for one in basics]),
        result(f"{name}: a request with HTTP Basic, p99", "ms", [one.p99 for one in basics]),
        result(
            f"{name}: the clients' own share of a core",
            "",
            [(a.cpu + b.cpu + c.cpu) / BEGIN_S for a, b, c in zip(beside, logins, basics, strict=True)],
        ),
    ]


def _watched(folder: Path, site: LiveSite, seconds: float, found: list[Requests] | None) -> Streams:
    """What the streams' clients see for so long; with *found* while everybody logs in, which then has what those saw."""
    every = int(seconds / PACE_S) * 10  # more deltas than there are: they read until they are told to end
    with stream_load(folder, site.address, site.stream, WATCHING, every) as load:
        load.begin()
        time.sleep(SETTLE_S)
        with _publishing(site):
            if found is None:
                time.sleep(seconds)
            else:
                found += _everybody(folder, site, seconds)
        seen = load.end(0)
    if seen.lost or seen.refused:
        raise RuntimeError(f"of {WATCHING:,} streams {seen.lost} were lost and {seen.refused} refused")
    return seen


def _everybody(folder: Path, site: LiveSite, seconds: float) -> tuple[Requests, Requests]:
    """All teams log in, and some accounts ask with HTTP Basic, for so long; what both saw."""
    bodies = [orjson.dumps({"username": f"t{n}", "password": PASSWORD}) for n in range(TEAMS)]
    logins = [_request(site, "POST", "/api/session", body, "Content-Type: application/json") for body in bodies]
    basics = [_request(site, "GET", f"{site.base}/state", b"", _basic(f"t{n}")) for n in range(BASIC_ACCOUNTS)]
    with (
        http_load(folder, site.address, logins, connections=200, seconds=seconds, rate=TEAMS / seconds) as first,
        http_load(folder, site.address, basics, connections=100, seconds=seconds, rate=BASIC_A_SECOND) as second,
    ):
        return finished(first), finished(second)


# ---- submissions ------------------------------------------------------------------------------------------------------


def _posts(folder: Path, site: LiveSite) -> list[Result]:
    seen = []
    for turn in range(RUNS):
        before = _submitted(site)
        requests = [_submission(site, turn, n) for n in range(int(POSTS_A_SECOND * POST_S))]
        with http_load(folder, site.address, requests, connections=100, seconds=POST_S, rate=POSTS_A_SECOND) as load:
            one = finished(load)
        _all("submissions", one, 201)
        lost = one.answered - (_submitted(site) - before)
        if lost:
            raise RuntimeError(f"{lost} submissions were answered 201 and are not in the log")
        seen.append(one)
    name = f"POST at {POSTS_A_SECOND}/s for {POST_S:.0f} s, {CORES}"
    return [
        result(f"{name}: to the 201, p50", "ms", [one.p50 for one in seen]),
        result(f"{name}: to the 201, p99", "ms", [one.p99 for one in seen]),
        result(f"{name}: answered", "requests/s", [one.rate for one in seen], smaller_is_better=False),
        result(f"{name}: answered 201 and not in the log", "", [0.0 for _ in seen], bar=0),
    ]


def _submission(site: LiveSite, turn: int, number: int) -> bytes:
    fields = {"problem_id": "p0", "language_id": "cpp"}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    head = 'Content-Disposition: form-data; name="code"; filename="a.cpp"\r\n\r\n'
    parts.append(f"{head}{SOURCE} {turn} {number}")
    body = "".join(f"--bound\r\n{part}\r\n" for part in parts) + "--bound--\r\n"
    kind, key = "Content-Type: multipart/form-data; boundary=bound", f"Idempotency-Key: {turn}-{number}"
    path = f"{site.base}/submissions"
    return _request(site, "POST", path, body.encode(), kind, key, _basic(f"t{number % BASIC_ACCOUNTS}"))


def _submitted(site: LiveSite) -> int:
    """Different submissions in the log."""
    log = read_contest(site.stack.settings, CONTEST)
    return len({event.id for _, event in log if isinstance(event, Submission)})
