"""Waiting for a condition, with a bound: the tests never sleep for a time they hope is enough."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LEAST_S = 60.0
"""No wait gives up before: what is there in a second here took thirty on a busy machine, and it costs nothing."""


def until(predicate: Callable[[], T], timeout: float, what: str) -> T:
    """The first true value of the predicate; fails, saying *what* did not happen, after *timeout* seconds, or a minute."""
    timeout = max(timeout, LEAST_S)
    deadline = time.monotonic() + timeout
    while True:
        begun = time.monotonic()
        value = predicate()
        if value:
            return value
        now = time.monotonic()
        assert now < deadline, f"not within {timeout:g} s: {what}"
        # whoever reads a whole log leaves the cores to what it waits for, at least half of the time
        time.sleep(min(max(0.02, now - begun), 0.25))
