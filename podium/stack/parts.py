"""What a stack consists of: each process's command, how one knows that it is ready, and the order of things."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from podium.stack import kafka, redis
from schemas.errors import UsageError
from schemas.settings import Settings

__all__ = ["KINDS", "Part", "ending", "environment", "is_alive", "is_ready", "parts"]

KINDS: tuple[str, ...] = (
    "history",
    "history-sink",
    "live-sink",
    "scorer",
    "planner",
    "queue",
    "clock",
    "auditor",
    "api",
    "judge",
)
"""podium's own kinds of process in the order in which they are started."""

_ENDING: tuple[frozenset[str], ...] = (
    frozenset({"judge"}),  # a task in hand goes to another slot; the others are still there to be told so
    frozenset({"api"}),
    frozenset({"clock", "planner", "queue", "scorer", "auditor"}),
    frozenset({"live-sink", "history-sink"}),
    frozenset({"history"}),
    frozenset({"redis"}),
    frozenset({"kafka"}),
)
"""The order in which processes are ended: who writes before who is written to."""

MOST = 8
"""Instances of a kind on one machine: their ports lie side by side."""

_METRICS_OFFSET = 100
"""From the base port to the first metrics port; the embedded parts' own ports lie below. Behind those of all kinds lie
those of api processes that take another one's place."""

_GRACE_S: Mapping[str, float] = {"kafka": 30.0, "redis": 15.0, "history": 20.0, "judge": 75.0}
"""How long a process may take to end: Kafka and the stores write their logs out, a judge waits up to a minute for the
tests in hand (judge/worker.py) and removes its containers."""

_ASIDE: Mapping[str, tuple[str, ...]] = dict.fromkeys(("history", "auditor"), ("nice", "-n", "5"))
"""Who has no contestant waiting leaves three quarters of a busy core to those who have: a board by SQL takes half a second
of it, which a compilation beside it would take longer."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process. *stage* orders the starts: all of a stage are ready before the next begins."""

    name: str
    kind: str
    stage: int
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 10.0
    prepare: Callable[[], None] = lambda: None
    alive: Callable[[], bool] = lambda: True
    address: str = ""
    neighbours: tuple[str, ...] = ()
    """Addresses on which it listens beside *address* and its metrics."""
    end_signal: int = signal.SIGTERM
    """What asks it to end when everything ends; a SIGTERM lets its clients leave first, where it makes a difference."""
    handed: str = ""
    """The address, host:port, whose listening socket is the supervisor's, and is handed over in PODIUM_API_SOCKET."""
    other: Part | None = None
    """The same process with its metrics elsewhere: it may run beside this one, to take its place."""

    @property
    def listens(self) -> tuple[str, ...]:
        """Each host:port that it needs for itself."""
        own = self.address.rpartition("://")[2].partition("/")[0]
        metrics = [part.env.get("PODIUM_METRICS", "") for part in (self, self.other) if part is not None]
        return tuple(filter(None, (own, *self.neighbours, *metrics)))


_OF_KAFKA = frozenset(KINDS) - {"history"}
OF_REDIS = frozenset({"api", "live-sink", "auditor"})
"""The kinds of process that speak to Redis."""
OF_HISTORY = frozenset({"history-sink", "auditor"})
"""Those that ask the history."""
_SECRETS: Mapping[str, frozenset[str]] = {
    "secret": frozenset({"api"}),
    "judge_token": frozenset({"api", "judge"}),
    "oidc_client_secret": frozenset({"api"}),
    "redis": OF_REDIS,  # its URL may hold a password
    "clickhouse_password": OF_HISTORY | {"history"},
    "clickhouse_analyst_password": frozenset({"history"}),
} | {name: _OF_KAFKA for name in Settings.model_fields if name.startswith("kafka_")}
"""Who is given a setting that not every process may know; a judge runs strangers' programs."""


def environment(settings: Settings, kind: str) -> dict[str, str]:
    """The PODIUM_… variables that give a child of this kind these settings, as far as it needs them."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PODIUM_")}
    for name in settings.model_fields_set - {"metrics", "instance", "api_socket"}:
        if kind not in _SECRETS.get(name, {kind}):
            continue
        value = getattr(settings, name)
        key = "SCHEMA_REGISTRY_URL" if name == "schema_registry_url" else f"PODIUM_{name.upper()}"
        env[key] = str(value).lower() if isinstance(value, bool) else str(value)
    env["PODIUM_HOME"] = str(settings.home.absolute())
    return env


def ending(kind: str) -> int:
    """When a process of this kind is ended: those with a lower number first, those with the same at once."""
    return next(place for place, kinds in enumerate(_ENDING) if kind in kinds)


def is_ready(address: str) -> bool:
    """Whether the process that serves its metrics at *address* says that it does its work."""
    return _says_yes(address, "/readyz")


def is_alive(address: str) -> bool:
    """Whether the process that serves its metrics at *address* says that it makes progress."""
    return _says_yes(address, "/livez")


def _says_yes(address: str, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=2) as answer:  # our own loopback
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False


def parts(settings: Settings, scale: Mapping[str, int], only: frozenset[str] | None = None) -> list[Part]:
    """The processes of a stack in the order of their starts.

    Args:
        settings: which parts are embedded, and on which ports.
        scale: instances of a kind, 1 unless named.
        only: the kinds that are wanted, all by default.

    Raises:
        UsageError: for a kind that does not exist, or more instances than ports.
    """
    for kind, number in scale.items():
        if kind not in KINDS or kind == "history":
            raise UsageError(f"--scale {kind}: there is no such process; there are {', '.join(KINDS[1:])}")
        if not 0 <= number <= MOST:
            raise UsageError(f"--scale {kind}={number}: from 0 to {MOST}")
    found: list[Part] = []
    if "kafka" in settings.embedded:
        found.append(
            Part(
                name="kafka",
                kind="kafka",
                stage=0,
                argv=tuple(kafka.command(settings)),
                ready=lambda: kafka.answers(settings),
                grace_s=_GRACE_S["kafka"],
                prepare=lambda: kafka.prepare(settings),
                address=settings.kafka,
                neighbours=(kafka.controller(settings),),
            )
        )
    if "redis" in settings.embedded:
        found.append(
            Part(
                name="redis",
                kind="redis",
                stage=0,
                argv=tuple(redis.command(settings)),
                ready=lambda: redis.answers(settings),
                grace_s=_GRACE_S["redis"],
                prepare=lambda: redis.prepare(settings),
                address=settings.redis,
            )
        )
    for place, kind in enumerate(KINDS):
        if kind == "history" and "clickhouse" not in settings.embedded:
            continue
        found += [_own(settings, kind, number, place) for number in range(1, scale.get(kind, 1) + 1)]
    return [part for part in found if only is None or part.kind in only]


def _own(settings: Settings, kind: str, number: int, place: int) -> Part:
    name = kind if kind == "history" else f"{kind}-{number}"
    metrics = _metrics(settings, place, number)
    env = {"PODIUM_INSTANCE": name, "PODIUM_METRICS": metrics}
    address = ""
    if kind == "api":
        host, _, port = settings.api.rpartition(":")
        address = f"{host}:{int(port) + number - 1}"
        env["PODIUM_API"] = address
    if kind == "history":
        address = settings.clickhouse
    if kind == "judge" and number > 1:
        env["PODIUM_JUDGE_HOST"] = f"{settings.judge_host or socket.gethostname()}-{number}"
    part = Part(
        name=name,
        kind=kind,
        stage=0 if kind == "history" else 1,
        argv=(*_ASIDE.get(kind, ()), sys.executable, "-m", "podium", "run", kind),
        ready=lambda: is_ready(metrics),
        alive=lambda: is_alive(metrics),
        env=env,
        grace_s=_GRACE_S.get(kind, 10.0),
        address=address,
    )
    if kind != "api":
        return part
    part = replace(part, end_signal=signal.SIGINT, handed=address)
    there = _metrics(settings, len(KINDS), number)  # behind all others
    moved = env | {"PODIUM_METRICS": there}
    return replace(part, other=replace(part, env=moved, ready=lambda: is_ready(there), alive=lambda: is_alive(there)))


def _metrics(settings: Settings, place: int, number: int) -> str:
    return f"127.0.0.1:{settings.port_base + _METRICS_OFFSET + place * MOST + number - 1}"
