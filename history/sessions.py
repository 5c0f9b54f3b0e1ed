"""Sessions: what SET, USE and CREATE TEMPORARY TABLE did is still there at the next request with the same session_id.

Most clients send a session_id and never keep anything in it. So a session holds a connection only from its first
statement that leaves something behind; until then each of its requests has a fresh one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from history.engine import Connection, Engine
from history.refusal import refuse

__all__ = ["Sessions"]

MAX_SESSIONS = 100
"""Sessions with a connection of their own; one costs little memory, but nobody needs more."""

_MAX_TIMEOUT = 3600
"""Seconds, as a ClickHouse server allows."""


@dataclass(slots=True)
class _Session:
    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: Connection | None = None
    expires: float = 0.0


class Sessions:
    """The sessions of this process. Safe in threads; one request at a time in a session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    @contextmanager
    def connection(self, id_: str, timeout_s: int, *, check: bool, stateful: bool) -> Iterator[tuple[Connection, bool]]:
        """A connection for one request, and whether it is fresh, which it is unless the session has kept one.

        Raises:
            DataError: SESSION_IS_LOCKED while another request of the session runs, SESSION_NOT_FOUND when *check* is
                asked for and there is no such session.
        """
        session = self._enter(id_, check) if id_ else _Session()
        try:
            connection = session.connection or self._engine.connect()
            try:
                yield connection, session.connection is None
            except BaseException:
                if session.connection is None or not connection.recovers():
                    session.connection = None
                    connection.close()
                raise
            if id_ and (stateful or session.connection is not None):
                session.connection = connection
                session.expires = time.monotonic() + min(timeout_s, _MAX_TIMEOUT)
            else:
                connection.close()
        finally:
            if id_:
                with self._lock:
                    if session.connection is None and self._sessions.get(id_) is session:
                        del self._sessions[id_]
                    session.lock.release()

    def _enter(self, id_: str, check: bool) -> _Session:
        with self._lock:
            self._expire()
            session = self._sessions.get(id_)
            if session is None:
                if check:
                    raise refuse("SESSION_NOT_FOUND", f"Session {id_} not found")
                session = self._sessions[id_] = _Session()
            if not session.lock.acquire(blocking=False):
                raise refuse("SESSION_IS_LOCKED", f"Session {id_} is locked by a concurrent client")
            return session

    def _expire(self) -> None:
        now = time.monotonic()
        idle = [(one.expires, id_) for id_, one in self._sessions.items() if not one.lock.locked()]
        idle.sort()
        for expires, id_ in idle:
            if expires < now or len(self._sessions) >= MAX_SESSIONS:
                connection = self._sessions.pop(id_).connection
                if connection is not None:
                    connection.close()

    def close(self) -> None:
        """Drop every session. Idempotent."""
        with self._lock:
            for session in self._sessions.values():
                if session.connection is not None:
                    session.connection.close()
            self._sessions.clear()
