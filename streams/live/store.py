"""The live sink's only way to Redis: one atomic script for each thing that it does there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from schemas.addresses import redacted
from schemas.errors import DependencyError
from schemas.live import ASKED_KEY, RESTING, TYPES, meta_key, parse_most, state_key, witness_key

__all__ = ["Answer", "Held", "Store", "Witness"]

DELTAS = 1000
"""Entries of a stream of deltas: minutes of a busy contest, longer than any client takes to reconnect."""

_HELD = ("log", "rows", "finalized", "away")
"""The fields of a meta hash that `Held` is made of."""

_TEMPORARY = ("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "MISCONF", "OOM", "BUSY")
"""Refusals that pass: a Redis that starts, fails over, or has no room."""


class Answer(StrEnum):
    """What a script said."""

    APPLIED = "applied"
    ALREADY = "already"
    """All of it was there before."""
    BEHIND = "behind"
    """Something before it is missing: nothing was applied."""


@dataclass(slots=True)
class Held:
    """The positions that a contest holds in the view; -1: nothing of the topic.

    `finalized` is when that was, in ms; `away` says that its keys have left.
    """

    log: int = -1
    rows: int = -1
    finalized: int | None = None
    away: bool = False

    @classmethod
    def parse(cls, answer: Sequence[bytes | None]) -> Held:
        """What a meta hash says, asked for `_HELD`."""
        log, rows, finalized, away = answer
        return cls(
            -1 if log is None else int(log),
            -1 if rows is None else int(rows),
            int(finalized) if finalized else None,
            away is not None,
        )


@dataclass(slots=True)
class Witness:
    """How far a partition was read into this Redis, and what each of its contests held at most.

    `nonce` is drawn anew at each write: a Redis that came back older, or empty, has another.
    """

    nonce: str
    log: int
    rows: int
    contests: dict[str, Held]


class Store:
    """Redis as the live sink uses it. Every method raises DependencyError when Redis is away or refuses for a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: redis.Redis | None = None
        folder = resources.files(__package__)
        scripts = ("log", "rows", "drop", "leave", "witness", "unlink")
        self._sources = {name: folder.joinpath(f"{name}.lua").read_text() for name in scripts}
        shared = self._sources.pop("unlink")
        self._sources |= {name: shared + self._sources[name] for name in ("log", "drop", "leave")}
        self._scripts: dict[str, Script] = {}

    def _connect(self) -> redis.Redis:
        # One connection and no retries: a Redis that was replaced between two scripts of a batch must be noticed.
        # A script takes milliseconds; a Redis that is silent for 15 s has hung.
        client = redis.Redis.from_url(
            self._url,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=15,
            socket_connect_timeout=5,
        )
        self._scripts = {name: client.register_script(source) for name, source in self._sources.items()}
        return client

    @contextmanager
    def _answering(self) -> Iterator[redis.Redis]:
        try:
            if self._client is None:
                self._client = self._connect()
            yield self._client
        except ResponseError as error:
            if not str(error).startswith(_TEMPORARY):
                raise  # a script of ours is wrong: no retry helps
            raise DependencyError(f"Redis at {redacted(self._url)}: {error}") from error
        except RedisError as error:
            raise DependencyError(f"Redis at {redacted(self._url)}: {error}") from error

    def apply_log(
        self,
        contest: str,
        follows: int,
        last: int,
        *,
        whole: bool,
        epoch: str,
        made: int,
        effects: Sequence[str | bytes | int],
    ) -> Answer:
        """Apply effects of events, six values each, atomically. Idempotent by position."""
        with self._answering():
            answer = self._scripts["log"](
                keys=[meta_key(contest)], args=[follows, last, "1" if whole else "0", epoch, made, *effects]
            )
        return Answer(cast(bytes, answer).decode())

    def apply_rows(
        self, contest: str, follows: int, last: int, *, epoch: str, renew: str, records: Sequence[str | bytes | int]
    ) -> tuple[Answer, int, int]:
        """Apply records of scoreboard-rows, nine values each, atomically. Idempotent by position.

        Returns:
            The answer, how many rows and firsts were behind what is held, how many changed nothing.
        """
        with self._answering():
            answer = self._scripts["rows"](
                keys=[meta_key(contest)], args=[follows, last, epoch, renew, DELTAS, *records]
            )
        said, stale, same = cast(list[Any], answer)
        return Answer(said.decode()), stale, same

    def drop(self, contest: str, position: int) -> Answer:
        """Drop a contest's keys for the reload at this position of the log, unless they were made after it."""
        with self._answering():
            answer = self._scripts["drop"](keys=[meta_key(contest)], args=[position, secrets.token_hex(8), *TYPES])
        return Answer(cast(bytes, answer).decode())

    def leave(self, contest: str, held: Held) -> Answer:
        """Delete the keys of a contest that holds exactly this, but those that say that it exists."""
        types = [type_ for type_ in TYPES if type_ not in RESTING]
        with self._answering():
            answer = self._scripts["leave"](keys=[meta_key(contest)], args=[held.log, held.rows, *types])
        return Answer(cast(bytes, answer).decode())

    def asked(self, within_ms: int) -> set[str]:
        """The contests that somebody asked for lately; forgets those of before."""
        now = time.time_ns() // 1_000_000
        with self._answering() as client:
            client.zremrangebyscore(ASKED_KEY, "-inf", now - within_ms)
            return {contest.decode() for contest in cast(list[bytes], client.zrange(ASKED_KEY, 0, -1))}

    def held(self, contests: Sequence[str]) -> list[Held]:
        """What these contests hold now."""
        with self._answering() as client:
            pipeline = client.pipeline(transaction=False)
            for contest in contests:
                pipeline.hmget(meta_key(contest), *_HELD)
            answers = pipeline.execute()
        return [Held.parse(answer) for answer in answers]

    def load(self, contest: str) -> tuple[Held, list[tuple[str, bytes]]]:
        """What a contest holds, and the parts of its state at exactly that position."""
        with self._answering() as client:
            pipeline = client.pipeline(transaction=True)
            pipeline.hmget(meta_key(contest), *_HELD)
            pipeline.hgetall(state_key(contest))
            answer, parts = pipeline.execute()
        return Held.parse(answer), [(key.decode(), value) for key, value in parts.items()]

    def witness(self, partition: int) -> Witness | None:
        """The partition's witness, if this Redis has one."""
        with self._answering() as client:
            found = cast(dict[bytes, bytes], client.hgetall(witness_key(partition)))
        if not found:
            return None
        contests = {}
        for field, value in found.items():
            if field.startswith(b"c:"):
                contests[field[2:].decode()] = Held(*parse_most(value))
        return Witness(found[b"nonce"].decode(), int(found[b"log"]), int(found[b"rows"]), contests)

    def nonces(self, partitions: Sequence[int]) -> list[str]:
        """The nonces of these partitions' witnesses; empty where there is none."""
        with self._answering() as client:
            pipeline = client.pipeline(transaction=False)
            for partition in partitions:
                pipeline.hget(witness_key(partition), "nonce")
            return [nonce.decode() if nonce else "" for nonce in pipeline.execute()]

    def testify(self, partition: int, nonce: str, witness: Witness) -> bool:
        """Move the witness on, if it still is the one with this *nonce* ("": there is none).

        The new witness's contests are those that have changed; the others stay.
        """
        fields: list[str | int] = ["log", witness.log, "rows", witness.rows]
        for contest, held in witness.contests.items():
            fields += [f"c:{contest}", f"{held.log} {held.rows}"]
        with self._answering():
            return bool(self._scripts["witness"](keys=[witness_key(partition)], args=[nonce, witness.nonce, *fields]))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None
