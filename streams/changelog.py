"""A table's changelog: which of its records count, and what a partition of it holds of some keys. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from schemas.reader import bounds
from schemas.settings import Settings
from streams.refold import Progress, batches

__all__ = ["TERM", "Held", "held", "term_of", "too_late"]

TERM = "term"
"""Header of each changelog record: the term of the member that wrote it."""


def term_of(headers: Iterable[tuple[str, bytes | None]] | None) -> int:
    """The term in a record's headers; 0 without one. Pure."""
    return next((int(value or 0) for name, value in headers or () if name == TERM), 0)


def too_late(term: int, newest: int, position: int | None, applied: int | None) -> Literal["term", "position"] | None:
    """Why a record does not count, None where it does: `PositionTable` says when. Pure.

    Args:
        term: the record's.
        newest: the latest term of the partition so far.
        position: what its value has applied; None for a tombstone, and where values have no positions.
        applied: what the value before has applied; None where there is none.
    """
    if term < newest:
        return "term"
    return "position" if position is not None and applied is not None and position < applied else None


@dataclass(frozen=True, slots=True)
class Held:
    """What a changelog's partition holds of the keys that were asked for, and the newest term in it, whoever wrote it."""

    values: dict[str, Any]
    term: int


def held(
    settings: Settings,
    topic: str,
    partition: int,
    prefix: str | tuple[str, ...],
    position_of: Callable[[Any], int],
    *,
    whole: bool = False,
    progress: Progress | None = None,
) -> Held:
    """Read what is there now of the keys that begin with *prefix*, or with one of several.

    That is what a recovery finds, with one difference: a key whose last record does not decode, or has applied no position,
    is not there. A recovery passes that record over, but it may be all that compaction leaves of the key.

    Args:
        settings: where Kafka is.
        topic: the changelog.
        partition: which of its partitions.
        prefix: what the keys begin with.
        whole: it is the one key that is asked for.
        position_of: the position that a value has applied.
        progress: told how far it is.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    prefixes = (prefix,) if isinstance(prefix, str) else prefix
    mine = tuple(orjson.dumps(one)[: None if whole else -1] for one in prefixes)
    end = bounds(settings, topic, partition)[1]
    values: dict[str, Any] = {}
    newest = 0
    for batch in batches(settings, partition, end - 1, topic=topic):
        for message in batch:
            term, key, value = term_of(message.headers()), message.key() or b"", message.value()
            if key.startswith(mine):
                name, new, position = _read(key, value, position_of)
                before = values.get(name)
                applied = None if before is None else position_of(before)
                if too_late(term, newest, position, applied) is None:
                    values[name] = new
            newest = max(newest, term)
        if progress is not None and batch:
            progress(batch[-1].offset() + 1, end)
    return Held({name: value for name, value in values.items() if value is not None}, newest)


def _read(key: bytes, value: bytes | None, position_of: Callable[[Any], int]) -> tuple[str, Any, int | None]:
    """A record's key, value and position; without the last two when it is a tombstone, or spoilt."""
    name = str(orjson.loads(key))
    try:
        found = None if value is None else orjson.loads(value)
        return name, found, None if found is None else int(position_of(found))
    except (ValueError, LookupError, TypeError):
        return name, None, None
