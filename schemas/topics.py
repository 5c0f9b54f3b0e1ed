"""The topics of DESIGN and how they are made and checked: `podium topics apply`, and each worker at its start."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.errors import ConfigError, DependencyError
from schemas.ids import CONTEST_PARTITIONS
from schemas.settings import Settings

__all__ = [
    "JUDGE_GROUPS",
    "LANES",
    "MAX_MESSAGE_BYTES",
    "TASK_LOCK_MS",
    "TOPICS",
    "Drift",
    "Topic",
    "apply_topics",
    "check_groups",
    "check_topics",
    "drift_of",
    "wanted_settings",
]

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 2_000_000
_FOREVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
_DAY_MS = 86_400_000

LANES = {"live": "judge-tasks", "bulk": "judge-tasks-bulk"}
"""The topic of each lane of the judge queue."""

JUDGE_GROUPS = {"live": "judges-live", "bulk": "judges-bulk"}
"""The share group that reads each lane."""

TASK_LOCK_MS = 3_600_000
"""How long a slot may hold a task: longer than the longest judging, since the lock cannot be renewed from Python."""


def _days(days: int) -> dict[str, str]:
    return {"retention.ms": str(days * _DAY_MS), "retention.bytes": "-1", "cleanup.policy": "delete"}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: partitions and the settings that may not drift."""

    name: str
    partitions: int = CONTEST_PARTITIONS
    config: dict[str, str] = field(default_factory=dict)


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("log", config=_FOREVER),
        Topic("scoreboard-rows", config={"cleanup.policy": "compact"}),
        Topic("accounts", config={"cleanup.policy": "compact"}),
        Topic("audit", config=_days(400)),
        Topic("judge-tasks", 1, _days(7)),
        Topic("judge-tasks-bulk", 1, _days(7)),
        Topic("judge-wanted", 1, _days(7)),
        Topic("ticks", 1, _days(1)),
        Topic("judge-reports", 1, _days(7)),
        Topic("judge-orders", 1, {"cleanup.policy": "compact"}),
        Topic("dead-letters", config=_FOREVER),
    )
}


_NO_FLUSH = str(2**63 - 1)
"""Kafka's own default: what is written reaches the disk when the system likes."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How a topic differs from what it must be; *settings* are what `apply_topics` mends."""

    missing: bool = False
    partitions: str = ""
    replication: str = ""
    settings: dict[str, str] = field(default_factory=dict)


def wanted_settings(topic: Topic, replication: int) -> dict[str, str]:
    """The settings of a topic that has so many replicas. Pure."""
    config = {"max.message.bytes": str(MAX_MESSAGE_BYTES), "unclean.leader.election.enable": "false", **topic.config}
    if replication >= 3:
        config["min.insync.replicas"] = "2"
    if topic.name == "log":
        # one broker has no replica to survive a power cut with
        config["flush.messages"] = "1" if replication == 1 else _NO_FLUSH
    return config


def drift_of(topic: Topic, brokers: int, replicas: Sequence[int], settings: Mapping[str, str | None]) -> Drift:
    """Compare a topic with what it must be; *replicas* has their number for each partition. Pure."""
    have = min(replicas, default=0)
    return Drift(
        partitions=f"{len(replicas)} partitions instead of {topic.partitions}"
        if len(replicas) != topic.partitions
        else "",
        replication=f"{have} replicas on {brokers} brokers instead of {min(3, brokers)}: "
        "reassign with kafka-reassign-partitions.sh, then run `podium topics apply`"
        if have < min(3, brokers)
        else "",
        settings={key: value for key, value in wanted_settings(topic, have).items() if settings.get(key) != value},
    )


def _admin(settings: Settings) -> AdminClient:
    try:
        return AdminClient(settings.kafka_client() | {"log_level": 0})  # what goes wrong is raised
    except KafkaException as error:  # a file that is no certificate, a mechanism that this client lacks
        raise ConfigError(f"PODIUM_KAFKA_…: {error.args[0].str()}") from error


def apply_topics(settings: Settings) -> list[str]:
    """Make what is missing and mend what has drifted, and set the share groups' configs. Idempotent, also side by side.

    Returns:
        One line for each change, and for each topic with fewer replicas than it should have.

    Raises:
        ConfigError: when a topic has another number of partitions, which cannot be mended in place.
        DependencyError: when the brokers do not answer.
    """
    admin = _admin(settings)
    done: list[str] = []
    try:
        metadata = admin.list_topics(timeout=30)  # a broker that has just started answers within a few seconds
        replication = min(3, len(metadata.brokers))
        new = [
            NewTopic(topic.name, topic.partitions, replication, config=wanted_settings(topic, replication))
            for topic in TOPICS.values()
            if topic.name not in metadata.topics
        ]
        if new:
            for name, future in admin.create_topics(new, operation_timeout=30).items():
                try:
                    future.result()
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else applies just now
                        raise
                else:
                    done.append(f"created {name}")
            _await_topics(admin, {topic.topic for topic in new})
        for name, drift in _drifts(admin, frozenset(TOPICS)).items():
            if drift.partitions:
                raise ConfigError(f"topic {name} has {drift.partitions}: move it by export and import")
            if drift.replication:
                done.append(f"topic {name} has {drift.replication}")
            if drift.settings:
                resource = ConfigResource(ResourceType.TOPIC, name)
                for key, value in drift.settings.items():
                    entry = ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
                    resource.add_incremental_config(entry)
                for future in admin.incremental_alter_configs([resource]).values():
                    future.result()
                done.append(f"set {', '.join(f'{k}={v}' for k, v in drift.settings.items())} on {name}")
        done += _apply_groups(admin)
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    return done


def _await_topics(admin: AdminClient, names: set[str]) -> None:
    """The controller answers before each broker knows; what comes next would find no such topic."""
    deadline = time.monotonic() + 30  # a busy machine's broker was seen to take over a second
    while not names <= admin.list_topics(timeout=30).topics.keys():
        if time.monotonic() > deadline:
            raise DependencyError("Kafka does not take over the new topics within 30 s")
        time.sleep(0.05)


def _apply_groups(admin: AdminClient) -> list[str]:
    """Share groups read from the start, and hold a task long enough (group configs, not client configs)."""
    done = []
    for group in JUDGE_GROUPS.values():
        if missing := _group_drift(admin, group):
            change = ConfigResource(ResourceType.GROUP, group)
            for key, value in missing.items():
                change.add_incremental_config(ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET))
            for answer in admin.incremental_alter_configs([change]).values():
                answer.result()
            done.append(f"set {', '.join(f'{k}={v}' for k, v in missing.items())} on group {group}")
    # the controller answers before the broker knows; a judge that joins in between would skip what waits
    deadline = time.monotonic() + 30  # as above
    while any(_group_drift(admin, group) for group in JUDGE_GROUPS.values()):
        if time.monotonic() > deadline:
            raise DependencyError("Kafka does not take over the judges' group configs within 30 s")
        time.sleep(0.05)
    return done


def _group_drift(admin: AdminClient, group: str) -> dict[str, str]:
    wanted = {"share.auto.offset.reset": "earliest", "share.record.lock.duration.ms": str(TASK_LOCK_MS)}
    (future,) = admin.describe_configs([ConfigResource(ResourceType.GROUP, group)]).values()
    have = {name: entry.value for name, entry in future.result().items()}
    return {key: value for key, value in wanted.items() if have.get(key) != value}


def _drifts(admin: AdminClient, names: frozenset[str]) -> dict[str, Drift]:
    """The topics of these that differ from what they must be."""
    metadata = admin.list_topics(timeout=30)
    found = {name: Drift(missing=True) for name in names - metadata.topics.keys()}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names & metadata.topics.keys()]
    for resource, future in (admin.describe_configs(resources) if resources else {}).items():
        replicas = [len(partition.replicas) for partition in metadata.topics[resource.name].partitions.values()]
        have = {name: entry.value for name, entry in future.result().items()}
        found[resource.name] = drift_of(TOPICS[resource.name], len(metadata.brokers), replicas, have)
    return {name: found[name] for name in TOPICS if name in found and found[name] != Drift()}


def check_topics(settings: Settings, names: frozenset[str], *, replicas: bool = False) -> None:
    """Refuse to go on with a topic that is missing or has drifted. Reads only.

    Too few replicas are refused with *replicas* only, and else a warning: an operator who has added brokers moves
    replicas for hours, and a worker that starts again meanwhile is not to stay away.

    Raises:
        ConfigError: naming the topic and `podium topics apply`.
        DependencyError: when the brokers do not answer.
    """
    admin = _admin(settings)
    try:
        drifts = _drifts(admin, names)
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    for name, drift in drifts.items():
        if drift.replication:
            if replicas:
                raise ConfigError(f"topic {name} has {drift.replication}")
            logger.warning("topic %s has %s", name, drift.replication)
        wrong = "it does not exist" if drift.missing else drift.partitions
        if wrong or drift.settings:
            detail = wrong or ", ".join(f"{key} should be {value}" for key, value in drift.settings.items())
            raise ConfigError(f"topic {name}: {detail}; run `podium topics apply`")


def check_groups(settings: Settings) -> None:
    """Refuse to go on where the judges' share groups would skip tasks or lose them too early. Reads only.

    Raises:
        ConfigError: naming the group and `podium topics apply`.
        DependencyError: when the brokers do not answer.
    """
    admin = _admin(settings)
    try:
        drifts = {group: _group_drift(admin, group) for group in JUDGE_GROUPS.values()}
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    for group, drift in drifts.items():
        if drift:
            detail = ", ".join(f"{key} should be {value}" for key, value in drift.items())
            raise ConfigError(f"share group {group}: {detail}; run `podium topics apply`")
