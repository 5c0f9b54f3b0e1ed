"""The topics of DESIGN and how they are made and checked: `podium topics apply`, and each worker at its start."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from confluent_kafka import KafkaException
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
    "Topic",
    "apply_topics",
    "check_topics",
]

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
        Topic("dead-letters", config=_FOREVER),
    )
}


def _wanted(topic: Topic, brokers: int) -> dict[str, str]:
    config = {"max.message.bytes": str(MAX_MESSAGE_BYTES), "unclean.leader.election.enable": "false", **topic.config}
    if brokers >= 3:
        config["min.insync.replicas"] = "2"
    elif brokers == 1 and topic.name == "log":
        config["flush.messages"] = "1"  # one broker has no replica to survive a power cut with
    return config


def _admin(settings: Settings) -> AdminClient:
    return AdminClient(settings.kafka_client() | {"log_level": 0})  # what goes wrong is raised


def apply_topics(settings: Settings) -> list[str]:
    """Make what is missing and mend what has drifted, and set the share groups' configs. Idempotent.

    Returns:
        One line for each change.

    Raises:
        ConfigError: when a topic has another number of partitions, which cannot be mended in place.
        DependencyError: when the brokers do not answer.
    """
    admin = _admin(settings)
    done: list[str] = []
    try:
        metadata = admin.list_topics(timeout=30)  # a broker that has just started answers within a few seconds
        brokers = len(metadata.brokers)
        new = [
            NewTopic(topic.name, topic.partitions, min(3, brokers), config=_wanted(topic, brokers))
            for topic in TOPICS.values()
            if topic.name not in metadata.topics
        ]
        if new:
            for name, future in admin.create_topics(new, operation_timeout=30).items():
                future.result()
                done.append(f"created {name}")
            _await_topics(admin, {topic.topic for topic in new})
        for name, problem in _drift(admin, brokers).items():
            if "partitions" in problem:
                raise ConfigError(f"topic {name} has {problem['partitions']}: move it by export and import")
            resource = ConfigResource(ResourceType.TOPIC, name)
            for key, value in problem.items():
                resource.add_incremental_config(ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET))
            for future in admin.incremental_alter_configs([resource]).values():
                future.result()
            done.append(f"set {', '.join(f'{k}={v}' for k, v in problem.items())} on {name}")
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
    deadline = time.monotonic() + 10
    while any(_group_drift(admin, group) for group in JUDGE_GROUPS.values()):
        if time.monotonic() > deadline:
            raise DependencyError("Kafka does not take over the judges' group configs within 10 s")
        time.sleep(0.05)
    return done


def _group_drift(admin: AdminClient, group: str) -> dict[str, str]:
    wanted = {"share.auto.offset.reset": "earliest", "share.record.lock.duration.ms": str(TASK_LOCK_MS)}
    (future,) = admin.describe_configs([ConfigResource(ResourceType.GROUP, group)]).values()
    have = {name: entry.value for name, entry in future.result().items()}
    return {key: value for key, value in wanted.items() if have.get(key) != value}


def _drift(admin: AdminClient, brokers: int, names: frozenset[str] | None = None) -> dict[str, dict[str, str]]:
    metadata = admin.list_topics(timeout=30)
    topics = [t for t in TOPICS.values() if names is None or t.name in names]
    drift: dict[str, dict[str, str]] = {}
    present = [t for t in topics if t.name in metadata.topics]
    for topic in topics:
        if topic not in present:
            drift[topic.name] = {"missing": "the topic does not exist"}
        elif (have := len(metadata.topics[topic.name].partitions)) != topic.partitions:
            drift[topic.name] = {"partitions": f"{have} partitions instead of {topic.partitions}"}
    resources = [ConfigResource(ResourceType.TOPIC, t.name) for t in present]
    for resource, future in (admin.describe_configs(resources) if resources else {}).items():
        have_config = {name: entry.value for name, entry in future.result().items()}
        wanted = _wanted(TOPICS[resource.name], brokers)
        wrong = {key: value for key, value in wanted.items() if have_config.get(key) != value}
        if wrong and resource.name not in drift:
            drift[resource.name] = wrong
    return drift


def check_topics(settings: Settings, names: frozenset[str]) -> None:
    """Refuse to go on with a topic that is missing or has drifted. Reads only.

    Raises:
        ConfigError: naming the topic and `podium topics apply`.
        DependencyError: when the brokers do not answer.
    """
    admin = _admin(settings)
    try:
        brokers = len(admin.list_topics(timeout=30).brokers)
        drift = _drift(admin, brokers, names)
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
    for name, problem in drift.items():
        detail = ", ".join(
            problem.values()
            if "missing" in problem or "partitions" in problem
            else (f"{k} should be {v}" for k, v in problem.items())
        )
        raise ConfigError(f"topic {name}: {detail}; run `podium topics apply`")
