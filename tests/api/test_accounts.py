"""Nobody is refused before the accounts are read: who is unknown now may be known in a moment."""

import asyncio
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from api import accounts
from api.accounts import Accounts
from schemas import dead_letters
from schemas.codec import codec
from schemas.dead_letters import buried
from schemas.errors import ConfigError, DependencyError
from schemas.events import Account, Tick
from schemas.ids import CONTEST_PARTITIONS
from schemas.passwords import hash_password
from schemas.producer import Producer
from schemas.reader import consumer, fetched
from tests.wait import until


def test_a_login_waits_until_the_accounts_are_read_to_the_end(settings, kafka):
    account = Account(
        recorded_at=1, recorded_by="test", username="early-bird", role="jury", password=hash_password("x")
    )
    with Producer(settings) as producer:
        producer.send("accounts", account.username, account).result()
    read = Accounts(settings)
    with pytest.raises(DependencyError, match="not read yet"):
        read.get("early-bird")
    read.start()
    try:
        until(lambda: read.ready, 30, "the accounts are read")
        assert read.get("early-bird").account == account
        assert read.get("nobody-of-that-name") is None
    finally:
        read.close()


class Breaking:
    """A consumer that fails once, or every time."""

    def __init__(self, made, error, times):
        self._made, self._error, self._left = made, error, times

    def __call__(self, *args, **conf):
        self._reader = self._made(*args, **conf)
        return self

    def poll(self, timeout):
        if self._left:
            self._left -= 1
            raise self._error
        return self._reader.poll(timeout)

    def __getattr__(self, name):
        return getattr(self._reader, name)


def test_a_client_that_gives_up_is_made_anew(settings, kafka, monkeypatch):
    monkeypatch.setattr(accounts, "RETRY_S", 0.01)
    error = KafkaException(KafkaError(KafkaError._FATAL))
    monkeypatch.setattr(accounts, "consumer", Breaking(accounts.consumer, error, 2))
    followed = Accounts(settings)
    followed.start()
    until(lambda: followed.ready, 30, "the accounts are read")
    followed.close()
    assert followed.broken is None


def test_a_client_that_is_made_anew_tells_no_older_revision_again(settings, kafka, monkeypatch):
    monkeypatch.setattr(accounts, "RETRY_S", 0.01)
    breaking = Breaking(accounts.consumer, KafkaException(KafkaError(KafkaError._FATAL)), 0)
    monkeypatch.setattr(accounts, "consumer", breaking)
    with Producer(settings) as producer:

        def write(username, role):
            account = Account(recorded_at=1, recorded_by="test", username=username, role=role, password="")
            producer.send("accounts", username, account, partition=3).result()

        write("promoted", "jury")
        write("promoted", "admin")
        followed, told = Accounts(settings), []
        followed.start()
        until(lambda: followed.ready, 30, "the accounts are read")
        followed.listen(told.append)
        breaking._left = 1
        until(lambda: not breaking._left, 30, "the client has given up")
        write("joined-later", "jury")
        until(lambda: "joined-later" in told, 30, "it reads on")
        followed.close()
    assert told == ["joined-later"]
    assert followed.get("promoted").account.role == "admin"


class Refusing:
    """A consumer that gets nothing but one error, or nothing at all."""

    def __init__(self, code=None):
        self._message = SimpleNamespace(error=lambda: KafkaError(code)) if code else None
        self.closed = False

    def assign(self, _):
        pass

    def poll(self, _):
        return self._message

    def consume(self, *_, **__):
        return []

    def close(self):
        self.closed = True


@pytest.mark.parametrize(
    ("refusing", "stopped", "error"),
    [
        (Refusing(KafkaError.TOPIC_AUTHORIZATION_FAILED), False, ConfigError),
        (Refusing(KafkaError._TRANSPORT), False, DependencyError),
        (Refusing(), False, DependencyError),
        (Refusing(), True, DependencyError),
    ],
)
def test_dead_letters_that_cannot_be_read_hold_nobody_for_ever(settings, monkeypatch, refusing, stopped, error):
    monkeypatch.setattr(dead_letters, "consumer", lambda _: refusing)
    if not stopped:
        monkeypatch.setattr(dead_letters, "SILENT_S", 0.1)
    stop = threading.Event()
    if stopped:
        stop.set()
    with pytest.raises(error, match="dead-letters"):
        buried(settings, "api", "accounts", stop)
    assert refusing.closed


def test_a_change_whose_event_loop_has_ended_is_no_thread_that_a_process_waits_for(settings, monkeypatch):
    monkeypatch.setattr(accounts, "WHOLE_S", 0.05)
    monkeypatch.setattr(accounts, "LOOP_S", 0.05)
    begun, over = threading.Event(), threading.Event()
    ended = Future()

    def turn(_, wanted):
        begun.set()
        over.wait()
        try:
            ended.set_result(wanted())
        except Exception as error:
            ended.set_exception(error)

    async def until_it_has_begun():
        changing = asyncio.create_task(Accounts(settings).change("somebody", lambda account: account))
        await asyncio.to_thread(begun.wait)
        return changing

    monkeypatch.setattr(accounts, "change_accounts", turn)
    loop = asyncio.new_event_loop()
    changing = loop.run_until_complete(until_it_has_begun())
    over.set()  # the loop stands, as one that has ended
    with pytest.raises(DependencyError, match="this process ends"):
        ended.result(30)
    changing.cancel()
    loop.run_until_complete(asyncio.gather(changing, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_bug_ends_the_process_instead_of_freezing_who_may_come_in(settings, kafka, monkeypatch):
    signals = []
    monkeypatch.setattr(accounts.signal, "raise_signal", signals.append)
    monkeypatch.setattr(accounts, "consumer", Breaking(accounts.consumer, ValueError("a bug"), 1))
    followed = Accounts(settings)
    followed.start()
    until(lambda: signals, 30, "the process is told to end")
    followed.close()
    assert str(followed.broken) == "a bug"


def read_once(settings):
    """An api's accounts, read to the end and closed again."""
    read = Accounts(settings)
    read.start()
    until(lambda: read.ready, 60, "the accounts are read")
    read.close()


def letters(settings, partition, positions):
    """The api's dead letters of these records: key, value, reason of each, by the record's position."""
    wanted = {("accounts", str(partition), str(position), "api"): position for position in positions}
    found = {position: [] for position in positions}
    reader = consumer(settings)
    reader.assign([TopicPartition("dead-letters", p, 0) for p in range(CONTEST_PARTITIONS)])
    left = CONTEST_PARTITIONS
    while left:
        for message in fetched(reader, 500, 30):
            if message.error() is not None:  # the end of a partition
                left -= 1
                continue
            headers = {name: value.decode() for name, value in message.headers()}
            where = tuple(headers[f"x-dlq-{name}"] for name in ("topic", "partition", "offset", "app"))
            if where in wanted:
                found[wanted[where]].append((message.key(), message.value(), headers["x-dlq-message"]))
    reader.close()
    return found


def test_what_is_no_account_is_buried_once_however_many_read_it(settings, kafka):
    act = Tick(recorded_at=1, recorded_by="test", real_ms=1)
    bad = {
        b"\xc3\x01unheard-of": "is unknown",
        b"no record": "C3 01",
        codec().encode(act): "Tick under the key 'nobody'",
    }
    with Producer(settings) as producer:
        where = {value: producer.send("accounts", "nobody", value, partition=4).result() for value in bad}
    read_once(settings)
    read_once(settings)
    found = letters(settings, 4, where.values())
    for value, why in bad.items():
        ((key, copied, said),) = found[where[value]]
        assert (key, copied, why in said) == (b"nobody", value, True)
