"""The scorer's table as it lies in Kafka: what a scorer that starts anew goes on with. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import KafkaException, TopicPartition

from schemas.errors import DependencyError
from schemas.ids import partition_of
from schemas.reader import consumer
from schemas.settings import Settings
from streams.changelog import held
from streams.scorer.states import position_of
from streams.scoring.fold import FOLD_VERSION

__all__ = ["CHANGELOG", "GROUP", "Table", "read_table", "unlike"]

GROUP = f"scorer-{FOLD_VERSION}"
"""The consumer group of the scorers of this fold version."""

CHANGELOG = f"{GROUP}-parts-changelog"

ANSWER_S = 10.0
"""How long the brokers may take to say what there is: a restarting one takes a few seconds."""

NAMED = 3
"""So many parts that differ are named, the others are counted."""


@dataclass(frozen=True, slots=True)
class Table:
    """A contest's parts, and the position in the log up to which they hold all; -1 where nothing is there yet.

    The parts of a contest that is `asleep` have left the table, or are being made anew: the log makes them when needed.
    """

    stands: int
    parts: Mapping[str, Any]
    asleep: bool = False


def read_table(settings: Settings, contest: str) -> Table:
    """What the newest changelog of the scorer holds of the contest, as a recovery takes it.

    It holds all up to the position that the scorer has committed, since a commit waits for the changelog, and of later
    events those before its own last one.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    partition = partition_of(contest)
    with closing(consumer(settings, **{"group.id": GROUP})) as reader:
        try:
            if reader.list_topics(CHANGELOG, timeout=ANSWER_S).topics[CHANGELOG].error is not None:
                return Table(-1, {})  # no scorer has ever run
            # before the changelog's end: what is committed is in it
            (done,) = reader.committed([TopicPartition("log", partition)], timeout=ANSWER_S)
        except KafkaException as error:
            raise DependencyError(f"{GROUP}: {error.args[0].str()}") from error
    prefix = f"{contest}|"
    found = held(settings, CHANGELOG, partition, prefix, position_of)
    parts = {key.removeprefix(prefix): value for key, value in found.values.items()}
    if parts.pop("asleep", None) is not None:
        return Table(-1, {}, asleep=True)
    return Table(max(-1, done.offset - 1, *map(position_of, parts.values())), parts)


def unlike(parts: Mapping[str, Any], truth: Mapping[str, Any]) -> str:
    """Which parts are not those of the state that the log makes, in words; nothing where all are. Pure."""
    wrong = [
        key
        for key in sorted(parts.keys() | truth.keys())
        if key not in truth or key not in parts or orjson.loads(orjson.dumps(truth[key])) != parts[key]
    ]
    more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return ", ".join(wrong[:NAMED]) + more
