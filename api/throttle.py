"""Bounds on how often somebody does something: counters in Redis that are free to vanish."""

from __future__ import annotations

import time

from api.view import View
from schemas.errors import DependencyError

__all__ = ["Throttle"]

WINDOW_S = 60


class Throttle:
    """Counts by the minute, for all processes of the api together. Without Redis nobody is held back."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def exceeded(self, what: str, who: str, most: int) -> bool:
        """Count it once more; whether *who* has done it more than *most* times in this minute.

        Real time: a bound protects the machine, whatever time the contest tells.
        """
        key = f"tmp:{what}:{int(time.time()) // WINDOW_S}:{who}"
        try:
            async with self._view.answering() as redis:
                pipeline = redis.pipeline(transaction=False)
                pipeline.incr(key)
                pipeline.expire(key, 2 * WINDOW_S)
                done, _ = await pipeline.execute()
        except DependencyError:
            return False
        return int(done) > most
