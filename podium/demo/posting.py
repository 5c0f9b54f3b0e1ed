"""How whoever plays in the demo posts: again and again, until it is taken or refused."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx

from schemas.errors import DependencyError

__all__ = ["posted"]

_RETRY_S = 60.0
"""What is posted is tried again for so long: any part of the stack restarts faster."""


def posted(http: httpx.Client, url: str, stop: threading.Event, what: str, **request: Any) -> str:
    """The id of what was posted, once it was answered 201; *request* as httpx has it.

    Raises:
        DependencyError: when it was refused or never taken, or *stop* was set; it names *what*.
    """
    deadline = time.monotonic() + _RETRY_S
    answer = "no answer"
    while time.monotonic() < deadline and not stop.is_set():
        try:
            response = http.post(url, **request)
        except httpx.TransportError as error:
            answer = str(error)
        else:
            if response.status_code == 201:
                return str(response.json()["id"])
            answer = f"{response.status_code} {response.text[:200]}"
            if response.status_code < 500 and response.status_code != 429:
                break
        stop.wait(0.5)
    raise DependencyError(f"{what}: {answer}")
