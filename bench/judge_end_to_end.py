"""Submissions a minute from the POST to the judgement in the log, against two bare loops and against DMOJ's judges.

All get the same program, each time with a comment of its own, and the same ten tests, on the same two cores. The stack
is idle while the others are measured. DMOJ's judges have neither site nor log: they read a command and print verdicts.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from bench.bare import bare_loops, problem, source
from bench.judge_rate import SLOTS, bare_rate
from bench.measure import Result, alternate, result
from bench.peer import Peer, peer
from bench.site import Site, open_site
from judge.uids import free_cores
from schemas.codec import codec
from schemas.events import Judgement
from schemas.ids import partition_of
from schemas.reader import bounds, read
from schemas.settings import load

__all__ = ["run"]

RUNS = 5
BURST, BARE_EACH, PEER_EACH = 24, 8, 5
"""Submissions of a run: all at once; one after the other on each core."""

_JUDGED_S = 120
"""For a burst that takes seconds."""


def run() -> list[Result]:
    """Ours in turn with the bare loops and, where it can be had, the peer."""
    settings = load()
    cores = free_cores(settings)[:SLOTS]
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as folder, ExitStack() as stack:
        package = problem(Path(folder, "sum"))
        bare = stack.enter_context(bare_loops(settings.judge_image, cores))
        other = stack.enter_context(peer(cores))
        site = stack.enter_context(open_site(packages={"sum": package}))

        def others() -> tuple[float, float]:
            return bare_rate(bare, BARE_EACH), other.rate(PEER_EACH) if isinstance(other, Peer) else 0.0

        ours, theirs = alternate(lambda: _rate(site), others, RUNS)
    name, unit = "judge: end to end through Kafka, two slots, C++ with 10 tests", "submissions/min"
    loops, peers = [loop for loop, _ in theirs], [rate for _, rate in theirs]
    found = [result(name, unit, ours, baseline=loops, bar=0.65, aim=0.70, smaller_is_better=False)]
    if isinstance(other, Peer):
        found.append(result(f"{name}, against DMOJ", unit, ours, baseline=peers, bar=2.0, smaller_is_better=False))
    else:
        print(other)
    return found


def _rate(site: Site) -> float:
    """Submissions a minute of a burst, a submission a team at most, from the first POST to the last judgement."""
    partition = partition_of(site.contest)
    _, end = bounds(site.settings, "log", partition)

    def post(number: int) -> None:
        answer = httpx.post(
            f"{site.settings.url}/api/contests/{site.contest}/submissions",
            auth=site.logins[number],
            data={"problem_id": "sum", "language_id": "cpp"},
            files={"code": ("a.cpp", source().encode())},
            timeout=30,
        )
        answer.raise_for_status()

    begun = time.monotonic()
    with ThreadPoolExecutor(BURST) as threads:
        list(threads.map(post, range(BURST)))
    left = BURST
    for raw in read(site.settings, "log", partition, end, follow=True, deadline=begun + _JUDGED_S):
        event = codec().decode(raw.value or b"")
        if isinstance(event, Judgement):
            assert event.verdict == "AC", event
            left -= 1
            if not left:
                break
    return BURST / (time.monotonic() - begun) * 60
