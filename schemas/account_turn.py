"""Changing accounts one after the other, whoever does it: no change undoes another that it has not seen.

An account is one record, and whoever changes it writes all of it. The topic is compacted, so a record cannot name the one
that it changes, as a definition does: of two, only the later stays. Kafka's transactions give the turns instead: a
producer that begins under a transactional id fences the one before it (KIP-98), whose records are never seen then.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as KafkaProducer

from schemas.codec import codec
from schemas.errors import DependencyError, ProduceTimeoutError
from schemas.events import Account, AuditEntry
from schemas.ids import CONTEST_PARTITIONS
from schemas.producer import failure, producer_conf
from schemas.reader import read_topic, readable
from schemas.settings import Settings

__all__ = ["TURNS", "change_accounts"]

TURNS = "podium-accounts"
"""The transactional id of whoever changes accounts."""
BEGIN_S = 30.0
"""A broker that restarts takes that; else a turn begins in 0.1 s."""
WRITE_S = 10.0
"""To write and commit; who is killed in between holds up readers of accounts no longer, and the next turn ends that."""
READ_S = 30.0
"""From the commit until all who read see it: milliseconds, unless a broker restarts, which takes that."""
TRIES = 20
PAUSE_S = 0.2
"""Between two tries, at random up to this: a turn takes as long."""

_LOST = (KafkaError._FENCED, KafkaError.UNKNOWN)  # noqa: SLF001  # its public name
"""What a commit ends with behind which somebody else began: the latter, "unknown", at the very moment when they do."""

logger = logging.getLogger(__name__)
logger.propagate = False  # the client calls a lost turn a fatal error; what is wrong is raised
logger.addHandler(logging.NullHandler())


def change_accounts(settings: Settings, wanted: Callable[[], Iterable[tuple[Account, AuditEntry]]]) -> None:
    """Write the accounts that *wanted* gives, all or none, as the only one who changes accounts meanwhile.

    Each comes with its entry of the audit, and none is written without the other. When this returns, whoever reads the
    topics sees them.

    *wanted* reads what there is each time that it is called, and is called again when somebody else began to change
    accounts before its answer was written. What it raises ends it, and nothing is written. What was written though the
    broker seemed to say otherwise is found by the next try, and is written no second time.

    Raises:
        ProduceTimeoutError: when the broker did not say in time whether they are written, or nobody can read them yet.
        DependencyError: when it did not answer, or others change accounts all the time.
    """
    changes: list[tuple[Account, AuditEntry]] = []
    for _ in range(TRIES):
        producer = _begin(settings)  # it ends the turn before: what is not there now will never be
        if changes and _are_there(settings, changes):
            return
        changes = list(wanted())
        written = _write(producer, changes)
        if written is not None:
            _await_readers(settings, written)
            return
        producer.purge()  # it is not closed: a fenced one fails at that
        time.sleep(random.uniform(0, PAUSE_S))  # noqa: S311  # no secret: two do not wait for the same time
    raise DependencyError("others change accounts all the time; try again")


def _begin(settings: Settings) -> KafkaProducer:
    """From now on nobody who began before writes anything."""
    conf = {"transactional.id": TURNS, "transaction.timeout.ms": int(WRITE_S * 1000)}
    producer = KafkaProducer(producer_conf(settings, timeout_s=WRITE_S) | conf, logger=logger)
    try:
        producer.init_transactions(BEGIN_S)
    except KafkaException as error:
        raise failure("accounts", error.args[0]) from error
    return producer


def _write(producer: KafkaProducer, changes: list[tuple[Account, AuditEntry]]) -> dict[tuple[str, int], int] | None:
    """The last position written of each topic and partition; None: another turn has begun, as a rule before it was written."""
    written: dict[tuple[str, int], int] = {}

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            written[message.topic(), message.partition()] = message.offset()

    if not changes:
        return written
    try:
        producer.begin_transaction()
        for account, entry in changes:
            for topic, key, record in (
                ("accounts", account.username, account),
                ("audit", entry.account or entry.address, entry),
            ):
                producer.produce(topic, value=codec().encode(record), key=key, on_delivery=delivered)
        producer.commit_transaction(WRITE_S)
    except KafkaException as error:
        if error.args[0].code() in _LOST or error.args[0].txn_requires_abort():
            return None
        raise failure("accounts", error.args[0]) from error
    return written


def _are_there(settings: Settings, changes: list[tuple[Account, AuditEntry]]) -> bool:
    """Whether exactly these accounts were written, be they changed by others since."""
    lie = {(raw.key, raw.value) for raw in read_topic(settings, "accounts", CONTEST_PARTITIONS)}
    return all((account.username.encode(), codec().encode(account)) in lie for account, _ in changes)


def _await_readers(settings: Settings, written: dict[tuple[str, int], int]) -> None:
    """Return when whoever reads sees what was written."""
    try:
        seen = readable(settings, written, READ_S)
    except DependencyError:
        seen = False  # it is written all the same
    if not seen:
        raise ProduceTimeoutError("accounts: written, but nobody can read it yet; look before you try again")
