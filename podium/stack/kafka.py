"""The embedded Kafka: Apache Kafka in KRaft mode, one process, loopback only."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import ConfigError
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES, TASK_LOCK_MS

__all__ = ["ROOT", "answers", "classes", "command", "controller", "libs", "prepare"]

ROOT = Path(__file__).parents[2]
CLUSTER = "cG9kaXVtLWVtYmVkZGVkIQ"
"""The id of an embedded cluster of one: 16 bytes in base64, the same everywhere because it never meets another."""

HEAP_MB = 384
"""Enough for a contest on a laptop (about 350 MB resident)."""


def libs() -> Path:
    """Where set-up put the jars: one folder a checkout, whatever PODIUM_HOME says."""
    return ROOT / ".podium" / "kafka" / "libs"


def classes() -> Path:
    """Where set-up keeps Kafka's classes as Java has them in memory (podium/stack/classes.py)."""
    return libs().with_name("classes.jsa")


def controller(settings: Settings) -> str:
    """Where the broker's controller listens: the port beside its own."""
    host, _, port = settings.kafka.rpartition(":")
    return f"{host}:{int(port) + 1}"


def _properties(settings: Settings, data: Path) -> str:
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller(settings)}
listeners=PLAINTEXT://{settings.kafka},CONTROLLER://{controller(settings)}
advertised.listeners=PLAINTEXT://{settings.kafka}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
# one broker: each internal topic has one replica; without the third line a share group receives nothing
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.min.isr=1
# one machine has few groups: fewer partitions start faster
offsets.topic.num.partitions=4
share.coordinator.state.topic.num.partitions=2
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# a slot that comes or goes waits for neither a heartbeat (five seconds) nor the next of the assignments (one)
group.share.min.heartbeat.interval.ms=500
group.share.heartbeat.interval.ms=500
group.share.assignment.interval.ms=0
group.share.max.record.lock.duration.ms={TASK_LOCK_MS}
message.max.bytes={MAX_MESSAGE_BYTES + 100_000}
replica.fetch.max.bytes={MAX_MESSAGE_BYTES + 100_000}
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.threads=1
num.network.threads=2
num.io.threads=4
"""


def command(settings: Settings, *, kept: bool = True) -> list[str]:
    """How to start the broker, with the classes that are kept, if they are and are wanted.

    `prepare` must have been called for the same home.
    """
    home = settings.home.absolute() / "kafka"
    return [
        *("java", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC", "-XX:-UsePerfData"),
        *([f"-XX:SharedArchiveFile={classes()}"] if kept and classes().exists() else []),
        f"-Dlog4j2.configurationFile={ROOT / 'deploy' / 'kafka' / 'log4j2.properties'}",
        *("-cp", f"{libs()}/*", "kafka.Kafka", str(home / "server.properties")),
    ]


def prepare(settings: Settings) -> None:
    """Write the broker's properties and format its storage where it is new. Idempotent.

    Raises:
        ConfigError: when the jars are missing, or the storage cannot be formatted.
    """
    jar = next(libs().glob("kafka_2.13-*.jar"), None)
    if jar is None:
        raise ConfigError(f"the embedded Kafka's jars are not in {libs()}; run `make setup`")
    home = settings.home.absolute() / "kafka"
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    properties = home / "server.properties"
    properties.write_text(_properties(settings, data))
    if (data / "meta.properties").exists():
        return
    # a new storage is the same everywhere: a copy saves each home's first start a second of Java
    formatted = libs().with_name(f"formatted-{jar.stem}")
    if not formatted.is_dir():
        _format(properties, data)
        _keep(data, formatted)
        return
    for file in sorted(formatted.iterdir()):
        if file.name != "meta.properties":
            shutil.copyfile(file, data / file.name)
    # what says that all is there comes last, as a whole
    shutil.copyfile(formatted / "meta.properties", data / "meta.properties.new")
    (data / "meta.properties.new").replace(data / "meta.properties")


def _format(properties: Path, data: Path) -> None:
    done = subprocess.run(
        [
            *("java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1"),
            f"-Dlog4j2.configurationFile={ROOT / 'deploy' / 'kafka' / 'log4j2.properties'}",
            *("-cp", f"{libs()}/*", "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigError(f"the embedded Kafka's storage in {data} cannot be formatted: {done.stderr.strip()[-500:]}")


def _keep(data: Path, formatted: Path) -> None:
    """Keep what was formatted for other homes, if this checkout may be written to; another process may be first."""
    try:
        with tempfile.TemporaryDirectory(dir=formatted.parent, ignore_cleanup_errors=True) as made:
            shutil.copytree(data, Path(made) / "data").rename(formatted)
    except OSError:
        pass


def answers(settings: Settings) -> bool:
    """Whether the broker answers, within a second."""
    try:
        admin = AdminClient(settings.kafka_client() | {"log_level": 0, "socket.timeout.ms": 1000})
        return bool(admin.list_topics(timeout=1).brokers)
    except KafkaException:
        return False
