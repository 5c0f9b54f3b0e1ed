"""The tables of scorer and planner as they lie in Kafka: what one that starts anew goes on with. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import DependencyError
from schemas.ids import partition_of
from schemas.reader import consumer
from schemas.settings import Settings
from streams.changelog import held
from streams.dispatcher.plans import Plans
from streams.scorer.states import position_of
from streams.scoring.fold import FOLD_VERSION

__all__ = [
    "CHANGELOG",
    "CONTESTS",
    "GROUP",
    "KNOWN",
    "PLANNER",
    "Planned",
    "Table",
    "named_some",
    "read_planned",
    "read_table",
    "there",
    "unlike",
    "unlike_plans",
]

GROUP = f"scorer-{FOLD_VERSION}"
"""The consumer group of the scorers of this fold version."""

CHANGELOG = f"{GROUP}-parts-changelog"

PLANNER = "planner"
"""The planners' consumer group."""

CONTESTS, KNOWN = f"{PLANNER}-contests-changelog", f"{PLANNER}-known-changelog"
"""What the planner keeps of contests, and of their submissions and acts."""

ANSWER_S = 10.0
"""How long the brokers may take to say what there is: a restarting one takes a few seconds."""

NAMED = 3
"""So many parts that differ are named, the others are counted."""


@dataclass(frozen=True, slots=True)
class Table:
    """A contest's parts, and the position in the log up to which they hold all; -1 where nothing is there yet.

    The parts of a contest that is `asleep` have left the table, or are being made anew: the log makes them when needed.
    `over`: the position before which the table takes the contest for over, and so passes over all that comes behind it.
    """

    stands: int
    parts: Mapping[str, Any]
    asleep: bool = False
    over: int | None = None


def read_table(settings: Settings, contest: str) -> Table:
    """What the newest changelog of the scorer holds of the contest, as a recovery takes it.

    It holds all up to the position that the scorer has committed, since a commit waits for the changelog, and of later
    events those before its own last one.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    partition = partition_of(contest)
    done = _done(settings, GROUP, CHANGELOG, partition)
    if done is None:
        return Table(-1, {})  # no scorer has ever run
    prefix = f"{contest}|"
    found = held(settings, CHANGELOG, partition, prefix, position_of)
    parts = {key.removeprefix(prefix): value for key, value in found.values.items()}
    if (asleep := parts.pop("asleep", None)) is not None:
        return Table(-1, {}, asleep=True, over=position_of(asleep) if "over" in asleep else None)
    return Table(max(-1, done - 1, *map(position_of, parts.values())), parts)


def unlike(parts: Mapping[str, Any], truth: Mapping[str, Any]) -> str:
    """Which parts are not those of the state that the log makes, in words; nothing where all are. Pure."""
    wrong = [
        key
        for key in sorted(parts.keys() | truth.keys())
        if key not in truth or key not in parts or _json(truth[key]) != parts[key]
    ]
    return named_some(wrong)


def named_some(wrong: list[str]) -> str:
    """So many of them, and how many more there are, in words; nothing where there is none. Pure."""
    more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return ", ".join(wrong[:NAMED]) + more


def _done(settings: Settings, group: str, changelog: str, partition: int) -> int | None:
    """The position of the log that the group has committed, asked for before the changelog's end: what is committed is in it.

    None where there is no such changelog.
    """
    with closing(consumer(settings, **{"group.id": group})) as reader:
        try:
            if not _is_there(reader, changelog):
                return None
            (done,) = reader.committed([TopicPartition("log", partition)], timeout=ANSWER_S)
        except KafkaException as error:
            raise DependencyError(f"{group}: {error.args[0].str()}") from error
    return int(done.offset)


def there(settings: Settings, changelog: str) -> bool:
    """Whether there is such a changelog.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    with closing(consumer(settings)) as reader:
        try:
            return _is_there(reader, changelog)
        except KafkaException as error:
            raise DependencyError(f"{changelog}: {error.args[0].str()}") from error


def _is_there(reader: Consumer, changelog: str) -> bool:
    error = reader.list_topics(changelog, timeout=ANSWER_S).topics[changelog].error
    if error is not None and error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise DependencyError(f"{changelog}: {error.str()}")
    return error is None


# ---- the planner's --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """What the planner keeps of a contest: all of it up to `done`, and of later events some, up to `stands`."""

    done: int
    stands: int
    contest: Any
    known: Mapping[str, Any]


def read_planned(settings: Settings, contest: str) -> Planned | None:
    """What the newest changelogs of the planner hold of the contest, as a recovery takes them; None where it has none.

    Raises:
        DependencyError: when the brokers do not answer.
    """
    partition = partition_of(contest)
    done = _done(settings, PLANNER, KNOWN, partition)
    if done is None or done < 0:
        return None
    value = held(settings, CONTESTS, partition, contest, _at, whole=True).values.get(contest)
    known = held(settings, KNOWN, partition, f"{contest}|", _at).values
    stands = max(done - 1, *(_at(one) for one in known.values()), -1 if value is None else _at(value))
    return Planned(done - 1, stands, value, known)


def _at(value: Any) -> int:
    return int(value["at"])


def unlike_plans(planned: Planned, plans: Plans) -> str | None:
    """What of it is not what the log says, in words; "" where all is, None where there is nothing of it yet. Pure."""
    values = [_json(value) for at, value in plans.values if at > planned.done]
    before = [_json(value) for at, value in plans.values if at <= planned.done]
    wrong = [] if planned.contest in (before[-1], *values) else ["the contest"]
    for key in sorted(planned.known.keys() | plans.known.keys()):
        truth, found = plans.known.get(key), planned.known.get(key)
        if found is None:
            # of what is not committed yet it may lack anything
            if truth is not None and truth["at"] <= planned.done:
                wrong.append(key.partition("|")[2])
        elif truth is None or _json(truth) != found:
            wrong.append(key.partition("|")[2])
    begun = before[-1] is not None or any(value["at"] <= planned.done for value in plans.known.values())
    return named_some(wrong) if begun or planned.known or planned.contest is not None else None


def _json(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))
