"""Who may do what in Kafka: the rules to give to a cluster with an authorizer, a principal for each role.

A judge may write `judge-reports` and nothing else: whoever breaks out of a sandbox cannot write to the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from schemas.account_turn import TURNS
from schemas.errors import DependencyError
from schemas.settings import Settings
from schemas.topics import JUDGE_GROUPS, LANES

__all__ = ["READERS", "ROLES", "Role", "apply_acls", "bindings"]


@dataclass(frozen=True, slots=True)
class Role:
    """What a kind of process reads, writes, and is in Kafka."""

    reads: frozenset[str]
    writes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    app: str = ""
    """The beginning of the names of a Faust app's group and changelogs, which it makes itself."""
    follows: frozenset[str] = frozenset()
    """The same of the apps whose changelogs it reads, up to what the app has committed."""
    turns: str = ""
    """The transactional id under which it writes what others write, too."""


def _role(reads: str, writes: str = "", groups: str = "", app: str = "", follows: str = "", turns: str = "") -> Role:
    read, written, joined, followed = (frozenset(one.split()) for one in (reads, writes, groups, follows))
    return Role(read, written, joined, app, followed, turns)


READERS = "podium-reader"
"""The group that those name who read by position; it commits nothing."""

ROLES: dict[str, Role] = {
    "api": _role("log scoreboard-rows accounts dead-letters", "log accounts audit dead-letters", READERS, turns=TURNS),
    "planner": _role("log", "judge-wanted judge-orders dead-letters", READERS, app="planner"),
    "queue": _role(
        "judge-wanted judge-reports ticks", f"log {' '.join(LANES.values())} dead-letters", READERS, app="queue"
    ),
    "scorer": _role("log scoreboard-rows", "log scoreboard-rows dead-letters", READERS, app="scorer-"),
    "live-sink": _role("log scoreboard-rows", "dead-letters", f"live-sink {READERS}"),
    "history-sink": _role("log scoreboard-rows", "dead-letters", f"history-sink {READERS}"),
    "clock": _role("log", "log ticks", READERS),
    "auditor": _role("log scoreboard-rows", "log", READERS, follows="scorer- planner"),
    "judge": _role(
        f"log judge-orders {' '.join(LANES.values())}",
        "judge-reports",
        f"{' '.join(JUDGE_GROUPS.values())} {READERS}",
    ),
}
"""By kind of process. Operators, who make topics and read everything, are their cluster's administrators."""


def bindings(prefix: str) -> list[AclBinding]:
    """The rules for the principals *prefix* + role, e.g. User:podium-judge. Pure."""
    return [
        AclBinding(type_, name, pattern, prefix + kind, "*", operation, AclPermissionType.ALLOW)
        for kind, role in ROLES.items()
        for type_, name, pattern, operation in _rules(role)
    ]


def _rules(role: Role) -> Iterator[tuple[ResourceType, str, ResourcePatternType, AclOperation]]:
    topic, group, literal = ResourceType.TOPIC, ResourceType.GROUP, ResourcePatternType.LITERAL
    for name in sorted(role.reads | role.writes):
        yield topic, name, literal, AclOperation.DESCRIBE_CONFIGS  # each process checks its topics when it starts
    for name in sorted(role.reads):
        yield topic, name, literal, AclOperation.READ
    for name in sorted(role.writes):
        yield topic, name, literal, AclOperation.WRITE
    for name in sorted(role.groups):
        yield group, name, literal, AclOperation.READ
        if name in JUDGE_GROUPS.values():
            yield group, name, literal, AclOperation.DESCRIBE_CONFIGS
    if role.app:
        yield group, role.app, ResourcePatternType.PREFIXED, AclOperation.READ
        for operation in (AclOperation.CREATE, AclOperation.READ, AclOperation.WRITE):
            yield topic, role.app, ResourcePatternType.PREFIXED, operation
    if role.turns:
        for operation in (AclOperation.DESCRIBE, AclOperation.WRITE):
            yield ResourceType.TRANSACTIONAL_ID, role.turns, literal, operation
    for app in sorted(role.follows):
        yield group, app, ResourcePatternType.PREFIXED, AclOperation.DESCRIBE
        yield topic, app, ResourcePatternType.PREFIXED, AclOperation.READ


def apply_acls(settings: Settings, prefix: str) -> None:
    """Give the rules to the cluster. Idempotent; takes nothing away.

    Raises:
        DependencyError: when the brokers do not answer, or have no authorizer.
    """
    try:
        admin = AdminClient(settings.kafka_client() | {"log_level": 0})
        for future in admin.create_acls(bindings(prefix)).values():
            future.result(60)  # an administrator's call; a cluster answers in a second
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error
