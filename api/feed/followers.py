"""Who waits for news of a contest's feed: one reader of Redis wakes them all."""

from __future__ import annotations

import asyncio
import contextlib

__all__ = ["Follower", "Followers"]


class Follower:
    """A connection that follows the feed: told that there is news, and when to end."""

    __slots__ = ("_news", "_waits", "accounts", "done")

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._waits = False
        self.accounts = True  # none was told yet
        self.done = False

    @property
    def idle(self) -> bool:
        """Whether it has taken all that there is, and waits."""
        return self._waits and not self._news.is_set()

    def wake(self) -> None:
        """There is news."""
        self._news.set()

    def close(self) -> None:
        """Let the request that holds the connection end. Idempotent."""
        self.done = True
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is news since the last call, or after so long."""
        self._waits = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._waits = False
        self._news.clear()


class Followers:
    """All followers of a contest in this process."""

    def __init__(self) -> None:
        self._all: set[Follower] = set()

    def join(self) -> Follower:
        """Another one."""
        follower = Follower()
        self._all.add(follower)
        return follower

    def leave(self, follower: Follower) -> None:
        """One less."""
        self._all.discard(follower)

    @property
    def idle(self) -> bool:
        """Whether none has anything to do."""
        return all(follower.idle for follower in self._all)

    def wake(self) -> None:
        """There is news."""
        for follower in self._all:
            follower.wake()

    def accounts_changed(self) -> None:
        """An account has changed, of this contest or of another one."""
        for follower in self._all:
            follower.accounts = True
            follower.wake()

    def close(self) -> None:
        """Let all of them end."""
        for follower in self._all:
            follower.close()
