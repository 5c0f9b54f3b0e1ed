"""A Faust app on the repaired consumer, and how it runs: one app id a job, one job a process."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Any

import faust
import mode
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from faust.types import TP

from schemas.errors import ConfigError, DependencyError
from schemas.ids import CONTEST_PARTITIONS
from schemas.producer import Producer
from schemas.runtime import Door
from schemas.settings import Settings
from schemas.topics import MAX_MESSAGE_BYTES, TOPICS, check_topics
from streams._faust.consumer import Transport
from streams._faust.outbox import Outbox
from streams._faust.recovery import TableManager
from streams._faust.table import PositionTable
from streams._faust.watchdog import Watchdog
from streams.positions import HandledPositions

__all__ = ["App", "make_app", "run_app"]

CHANGELOG = {
    # a record that a former owner wrote late must not push out the one it would replace before a recovery has seen both
    "min.compaction.lag.ms": "3600000",
    # small segments: what is compacted need not be recovered, at some thousand records a second
    "segment.ms": "600000",
    "segment.bytes": str(32 << 20),
    "min.cleanable.dirty.ratio": "0.2",
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    "cleanup.policy": "compact",
}

log = logging.getLogger(__name__)


class App(faust.App):  # type: ignore[misc]  # Faust ships no types that mypy may follow
    """A Faust app whose source topics are read without a hole."""

    settings: Settings
    strict_topics: frozenset[str]
    written_topics: frozenset[str]
    positions: HandledPositions
    watchdog: Watchdog
    limit_s: float
    """For how long a partition may stand still before the process ends itself."""
    _closing: list[Callable[[], None]]

    @cached_property
    def appender(self) -> Producer:
        """The acknowledged producer for facts and dead letters; await its futures before a handler returns."""
        producer = Producer(self.settings)
        self.closing(producer.close)
        return producer

    @cached_property
    def outbox(self) -> Outbox:
        """Where the tables' changes and rows are sent from: a handler need not wait for them, a commit does."""
        outbox = Outbox(self.settings)
        self.closing(outbox.close)
        return outbox

    def closing(self, close: Callable[[], None]) -> None:
        """Call something that may block when the streams have stopped."""
        self._closing.append(close)

    def table(self, name: str, *, position_of: Callable[[Any], int] | None = None) -> PositionTable:
        """A table of JSON-able values under string keys, as many partitions as the source topics.

        *position_of* tells the position that a value has applied: recovery then never goes back behind it.
        """
        made: PositionTable = self.Table(name, partitions=self.conf.topic_partitions, position_of=position_of)
        return made

    def tables_lacking(self, strict: Iterable[TP], assignment: Collection[TP]) -> list[str]:
        """The changelog partitions that belong to source partitions of this member and are not its own."""
        return [
            f"{table.changelog_topic_name} {tp.partition}"
            for table in self.tables.values()
            for tp in strict
            if TOPICS[tp.topic].partitions == table.partitions
            and TP(table.changelog_topic_name, tp.partition) not in assignment
        ]

    @property
    def ready(self) -> bool:
        """Whether this member has joined its group, recovered its tables and reads, or stands by."""
        return self._consumer is not None and self._consumer.ready

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_stop(self) -> None:
        """Stop the streams, then the watchdog and the producer of facts."""
        await super().on_stop()
        self.watchdog.stop()
        for close in self._closing:
            await asyncio.to_thread(close)


def make_app(
    settings: Settings,
    name: str,
    *,
    source_topics: Collection[str],
    writes: Collection[str] = (),
    fold_version: int | None = None,
    tables_partitions: int = CONTEST_PARTITIONS,
) -> App:
    """A Faust app for one job. Its id, its consumer group and its changelogs are *name*, or *name*-*fold_version*.

    *source_topics* are the topics of its agents; their offsets must have no holes (not compacted, not transactional).
    *writes* are the topics that it writes to, its changelogs and the dead letters aside.
    Tables have *tables_partitions* partitions, as many as the source topics. Make the agents with `agent_guard`.
    """
    app_id = name if fold_version is None else f"{name}-{fold_version}"
    rebalance_s = settings.session_timeout
    app = App(
        app_id,
        broker=";".join(f"kafka://{one}" for one in settings.kafka.split(",")),
        broker_credentials=_credentials(settings),
        broker_client_id=f"podium-{settings.instance or app_id}",
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        broker_session_timeout=settings.session_timeout,
        broker_rebalance_timeout=rebalance_s,
        broker_heartbeat_interval=max(1, settings.session_timeout // 5),
        # must exceed the session timeout; a join is answered within a rebalance and a session
        broker_request_timeout=3 * settings.session_timeout,
        broker_max_poll_records=500,
        # a member that is killed and started again goes on where it was, without waiting for its session to run out
        consumer_group_instance_id=settings.instance or None,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=2 * MAX_MESSAGE_BYTES,
        processing_guarantee="at_least_once",
        key_serializer="raw",
        value_serializer="raw",
        # small, since one queue serves all partitions: a slow handler's queue must not look like a partition at rest
        stream_buffer_maxsize=256,
        stream_wait_empty=True,
        store="memory://",
        datadir=settings.home / "run" / f"faust-{settings.instance or app_id}",
        table_standby_replicas=0,
        topic_partitions=tables_partitions,
        topic_disable_leader=True,
        Table=PositionTable,
        TableManager=TableManager,
        autodiscover=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.settings = settings
    app._closing = []  # noqa: SLF001  # Faust's constructor is not ours to extend
    app.strict_topics = frozenset(source_topics)
    app.written_topics = frozenset(writes) | {"dead-letters"}
    app.positions = HandledPositions.of(settings, app_id)
    app.limit_s = settings.session_timeout + rebalance_s
    app.watchdog = Watchdog(app.limit_s)
    return app


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    context = _tls(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca or None)
        if settings.kafka_cert:
            context.load_cert_chain(settings.kafka_cert, settings.kafka_key)
    except OSError as error:
        raise ConfigError(f"PODIUM_KAFKA_CA, PODIUM_KAFKA_CERT or PODIUM_KAFKA_KEY: no PEM file: {error}") from error
    return context


def run_app(app: App, settings: Settings) -> None:
    """Run the app until SIGTERM or SIGINT: then it finishes what is in work, commits and returns.

    Raises:
        ConfigError: when a topic is missing or has drifted.
        DependencyError: when Kafka does not answer at the start.
    """
    check_topics(settings, app.strict_topics | app.written_topics)
    _make_changelogs(app, settings)
    app.conf.datadir.parent.mkdir(parents=True, exist_ok=True)
    _quiet(settings)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = mode.Worker(app, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    with Door(settings, ready=lambda: app.ready, alive=lambda: app.watchdog.alive):
        try:
            worker.execute_from_commandline()
        except SystemExit as end:
            if end.code:
                raise


def _quiet(settings: Settings) -> None:
    """Faust tells each step of each service, aiokafka each of sixty attempts a second to reach a broker that is away."""
    for chatty in ("faust", "mode", "streams._faust"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level.upper())))
    for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "aiokafka"]:
        logging.getLogger(name).addFilter(_Sparse())


class _Sparse(logging.Filter):
    """Lets a message of one kind pass once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.created - self._passed.get(str(record.msg), 0.0) < 10.0:
            return False
        self._passed[str(record.msg)] = record.created
        return True


def _make_changelogs(app: App, settings: Settings) -> None:
    """Make the tables' changelogs and wait until the brokers know them.

    Faust makes them itself, but while its first rebalance runs: a leader whose metadata lack one assigns it to nobody.
    """
    admin = AdminClient(settings.kafka_client())
    wanted = {table.changelog_topic_name: table.partitions for table in app.tables.values()}
    try:
        metadata = admin.list_topics(timeout=30)  # a broker that has just started answers within a few seconds
        brokers = len(metadata.brokers)
        config = CHANGELOG | ({"min.insync.replicas": "2"} if brokers >= 3 else {})
        new = [
            NewTopic(name, partitions, min(3, brokers), config=config)
            for name, partitions in wanted.items()
            if name not in metadata.topics
        ]
        for future in admin.create_topics(new, operation_timeout=30).values() if new else ():
            try:
                future.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another member has made it meanwhile
                    raise
        deadline = time.monotonic() + 30
        while lacking := _without_leader(admin, wanted):
            if time.monotonic() > deadline:
                raise DependencyError(f"Kafka at {settings.kafka} does not make {', '.join(lacking)}")
            time.sleep(0.1)
    except KafkaException as error:
        raise DependencyError(f"Kafka at {settings.kafka}: {error.args[0].str()}") from error


def _without_leader(admin: AdminClient, wanted: dict[str, int]) -> list[str]:
    """The changelogs of which a partition is not served yet.

    Raises:
        ConfigError: when one exists with another number of partitions.
    """
    topics = admin.list_topics(timeout=30).topics
    lacking = []
    for name, partitions in wanted.items():
        found = topics[name].partitions if name in topics else {}
        if len(found) < partitions or any(p.leader < 0 or p.error is not None for p in found.values()):
            lacking.append(name)
        elif len(found) > partitions:
            raise ConfigError(f"topic {name} has {len(found)} partitions instead of {partitions}")
    return lacking
