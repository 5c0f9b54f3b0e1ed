"""Waiting for a condition, with a bound: the tests never sleep for a time they hope is enough."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(predicate: Callable[[], T], timeout: float, what: str) -> T:
    """The first true value of the predicate; fails, saying *what* did not happen, after *timeout* seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(0.02)
