"""ClickHouse's HTTP protocol over the engine: an ASGI application of two paths, `/ping` and `/`."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack

from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from history.access import ANALYSTS, User, Users
from history.answer import Answer, Outcome, disconnected, error_answer
from history.engine import Connection, Engine, quote
from history.gate import read_gate
from history.refusal import refuse
from history.sessions import Sessions
from history.statement import STREAMED_FORMATS, Insert, parse
from history.tables import make
from history.wire import Asked, credentials, read_request
from schemas.errors import DataError

__all__ = ["History"]

_log = logging.getLogger("history")

_REQUESTS = Counter("podium_history_requests", "Requests answered", ["user", "status"])
_SECONDS = Histogram("podium_history_request_seconds", "Time to the first piece of an answer", ["user"])

_PIECE = 1 << 20

_STATEFUL = ("SET", "USE", "CREATE TEMPORARY", "DROP TEMPORARY")


class History:
    """Answers requests with an engine. What waits for the engine runs on threads."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self._engine = engine
        self._users = users
        self._sessions = Sessions(engine)
        self._analysts = threading.BoundedSemaphore(ANALYSTS)
        with engine.connect() as connection:
            make(lambda sql: connection.query(sql).decode(), rebuild=True)
            self._gate = read_gate(connection)

    def close(self) -> None:
        """Drop the sessions. Idempotent."""
        self._sessions.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        if scope["path"] == "/ping":
            await PlainTextResponse("Ok.\n")(scope, receive, send)
        elif scope["path"] != "/" or scope["method"] not in ("GET", "HEAD", "POST"):
            await PlainTextResponse("There are /ping and /, GET and POST\n", 404)(scope, receive, send)
        else:
            await self._serve(Request(scope, receive), scope, receive, send)

    async def _serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        query_id, who, status = request.query_params.get("query_id") or str(uuid.uuid4()), "", 200
        started = time.monotonic()
        try:
            user = self._users.authenticate(*credentials(request))
            who = user.name
            if "origin" in request.headers and not user.password:
                raise refuse("ACCESS_DENIED", "A web page may not use the history without a password")
            asked = await read_request(request)
            if asked.read_only and not asked.text:
                await PlainTextResponse("Ok.\n")(scope, receive, send)
                return
            outcome = await self._watched(asked, user, query_id, receive)
            if outcome is None:
                status = 499
                return
            _SECONDS.labels(who).observe(time.monotonic() - started)
            await Answer(outcome, query_id, asked.encoding, lambda: self._kill(query_id)).send(receive, send)
        except ClientDisconnect:
            status = 499
        except DataError as error:
            status, headers, body = error_answer(error, query_id)
            answer = Response(body, status)
            answer.raw_headers.extend(headers)
            await answer(scope, receive, send)
        finally:
            _REQUESTS.labels(who, str(status)).inc()

    async def _watched(self, asked: Asked, user: User, query_id: str, receive: Receive) -> Outcome | None:
        """Run the request on a thread up to its first piece; when the client goes away, end the query: None then."""
        work = asyncio.ensure_future(asyncio.to_thread(self._first_piece, asked, user, query_id))
        gone = asyncio.ensure_future(disconnected(receive))
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            gone.cancel()
            return work.result()
        while not work.done():
            await asyncio.to_thread(self._kill, query_id)
            # again, in case the engine had not begun it yet
            await asyncio.wait({work}, timeout=0.5)
        if work.exception() is None:
            await asyncio.to_thread(work.result().close)
        return None

    def _first_piece(self, asked: Asked, user: User, query_id: str) -> Outcome:
        """Run the statement until its first bytes are there; what holds it open is released with the last piece."""
        with ExitStack() as stack:
            if user.gated:
                if not self._analysts.acquire(blocking=False):
                    raise refuse(
                        "TOO_MANY_SIMULTANEOUS_QUERIES", f"Analysts may run {ANALYSTS} queries at a time; try again"
                    )
                stack.callback(self._analysts.release)
            statement = parse(asked.text)
            stateful = statement.sql.lstrip()[:40].upper().startswith(_STATEFUL)
            connection, fresh = stack.enter_context(
                self._sessions.connection(
                    "" if user.gated else asked.session_id,
                    asked.session_timeout,
                    check=asked.session_check,
                    stateful=stateful,
                )
            )
            changes = user.limits | asked.settings
            changes["log_comment"] = f"{query_id} {asked.settings.get('log_comment', '')}".rstrip()
            if not fresh:
                stack.callback(connection.set, connection.current(changes))
            kind = self._prepare(connection, asked, user, changes, statement.sql, fresh=fresh)
            if isinstance(statement, Insert):
                data = (statement.data[at : at + _PIECE] for at in range(0, len(statement.data), _PIECE))
                return Outcome(statement.format, [], *connection.insert(statement.sql, statement.format, data))
            wanted = statement.format or asked.format
            if kind == "READ_ONLY" and wanted in STREAMED_FORMATS and not asked.whole:
                pieces = connection.stream(statement.sql, wanted, asked.params)
                first = next(pieces, b"")
                return Outcome(wanted, _chained(first, pieces, stack.pop_all()))
            return Outcome(wanted, [connection.query(statement.sql, wanted, asked.params)])

    def _prepare(
        self, connection: Connection, asked: Asked, user: User, changes: dict[str, str], sql: str, *, fresh: bool
    ) -> str:
        """Database, limits and settings, and the gate for analysts. Returns what the statement would do."""
        database = asked.database or user.database
        if user.gated and database not in ("default", user.database):
            raise refuse("ACCESS_DENIED", f"Analysts may not use the database {database}")
        if user.gated and asked.settings:
            raise refuse("READONLY", f"Cannot modify {', '.join(sorted(asked.settings))} in readonly mode")
        if asked.database or user.gated:
            connection.use(user.database if user.gated else database)
        elif fresh and connection.query(f"EXISTS DATABASE {database}") == b"1\n":  # it may be about to be made
            connection.use(database)
        connection.set(changes)
        kind, statements = connection.classify(sql, database)
        if statements > 1:
            raise refuse("SYNTAX_ERROR", "Multi-statements are not allowed")
        if asked.read_only and kind != "READ_ONLY":
            raise refuse("READONLY", "A GET may only read; use POST")
        if user.gated:
            connection.set({"readonly": "1"})
            self._gate.check(connection, sql, _parameterized_views(connection))
        return kind

    def _kill(self, query_id: str) -> None:
        """End a query that nobody waits for. Idempotent."""
        with self._engine.connect() as connection:
            try:
                connection.query(
                    "KILL QUERY WHERE query_kind = 'Select' "
                    f"AND startsWith(Settings['log_comment'], {quote(query_id)}) ASYNC"
                )
            except DataError as error:
                _log.warning("could not end query %s: %s", query_id, error)


def _parameterized_views(connection: Connection) -> frozenset[str]:
    names = connection.query(
        "SELECT name FROM system.tables WHERE database = 'podium_public' AND notEmpty(parameterized_view_parameters)"
    )
    return frozenset(names.decode().split())


def _chained(first: bytes, rest: Iterator[bytes], held: ExitStack) -> Generator[bytes, None, None]:
    with held:
        if first:
            yield first
        yield from rest
