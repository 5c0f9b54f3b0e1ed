"""Drives the live view over a partition held in memory, and breaks things on the way."""

import random
from collections.abc import Callable
from typing import Any

import redis

from schemas.codec import codec
from schemas.errors import DependencyError
from schemas.ids import partition_of
from streams.live.rest import Rest
from streams.live.store import Store
from streams.live.view import LOG, ROWS, LiveView
from streams.loop import Record
from streams.refold import Folded, Folding
from streams.scoring.state import ContestState
from tests.streams import live_events as make

CONTESTS = tuple([name for n in range(200) if partition_of(name := f"c{n}") == 5][:3])
PARTITION = 5
KEEP_MS = 30 * 86_400_000


class KilledError(Exception):
    """The process dies here."""


class Fuse(Store):
    """A store where something happens at the n-th write from now: before it, or after Redis has done it."""

    left = -1
    after = False
    happens: Callable[[], None]

    def _burn(self, write: Any) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            self.happens()
        answer = write()
        if self.left == 0 and self.after:
            self.happens()
        return answer

    def apply_log(self, *args: Any, **kwargs: Any) -> Any:
        return self._burn(lambda: super(Fuse, self).apply_log(*args, **kwargs))

    def apply_rows(self, *args: Any, **kwargs: Any) -> Any:
        return self._burn(lambda: super(Fuse, self).apply_rows(*args, **kwargs))

    def testify(self, *args: Any, **kwargs: Any) -> Any:
        return self._burn(lambda: super(Fuse, self).testify(*args, **kwargs))

    def drop(self, *args: Any, **kwargs: Any) -> Any:
        return self._burn(lambda: super(Fuse, self).drop(*args, **kwargs))


class Partition:
    """One partition of both topics: records by position; a compacted position is None."""

    def __init__(self, log: list[Any], rows: list[Any]):
        self.records = {LOG: [], ROWS: []}
        for topic, events in ((LOG, log), (ROWS, rows)):
            for event in events:
                self.append(topic, event)

    def append(self, topic: str, event: Any) -> None:
        """One more record: an event, or bytes."""
        value = event if isinstance(event, bytes) else codec().encode(event)
        key = b"?" if isinstance(event, bytes) else event.contest.encode()
        self.records[topic].append(Record(topic, PARTITION, self.end(topic), key, value))

    @staticmethod
    def record(topic: str, position: int, key: bytes, value: bytes) -> Record:
        """A record as it lies in Kafka."""
        return Record(topic, PARTITION, position, key, value)

    def end(self, topic: str) -> int:
        return len(self.records[topic])


class Sink:
    """A live view and where it reads: what BatchLoop is to it, without Kafka."""

    def __init__(self, url: str, partition: Partition):
        self.url, self.partition = url, partition
        self.now_ms = 0  # of the contests' clock: nothing is long over
        self.buried: list[tuple[str, int, str]] = []
        self.graves: list[bytes | None] = []
        self.start()

    def start(self):
        """A new process: nothing is remembered."""
        self.store = Fuse(self.url)
        self.view = LiveView(
            self.store,
            self.bury,
            lambda _: self.partition.end(LOG),
            Rest(self.store, lambda: self.now_ms, KEEP_MS),
            self.refold,
        )
        self.next: dict[str, int] = {}
        self.placed = 0

    def bury(self, record: Record, error: Exception):
        self.buried.append((record.topic, record.position, str(error)))
        self.graves.append(record.value)

    def refold(self, contest: str, position: int) -> Folded:
        """What `fold_contest` does with Kafka."""
        named: set[int] = set()
        for _ in range(2):
            folding = Folding(Folded(ContestState(contest), position), left_out=named)
            for record in self.partition.records[LOG][: position + 1]:
                if record is not None and record.key == contest.encode():
                    folding.take(record.position, record.value)
            named = folding.folded.named
        return folding.end(position)

    def place(self):
        self.next = {topic: at for (topic, _), at in self.view.starts([PARTITION]).items()}
        self.placed += 1

    def turn(self, log: int = 500, rows: int = 500) -> bool:
        """Read up to so many positions; whether there were any."""
        if not self.next:
            self.place()
        batch, moved = [], False
        for topic, count in ((LOG, log), (ROWS, rows)):
            found = self.partition.records[topic][self.next[topic] : self.next[topic] + count]
            self.next[topic] += len(found)
            moved = moved or bool(found)
            batch += [record for record in found if record is not None]
        if batch and not self.view.apply(PARTITION, batch):
            self.place()
            return True
        return moved

    def check(self):
        """What the loop does each second."""
        if self.next and self.view.sound([PARTITION]):
            self.place()

    def finish(self, turns: int = 1000):
        """Read to the end, with the loop's checks, until nothing moves any more."""
        for _ in range(turns):
            if not self.turn():
                before = self.placed
                self.check()
                if self.placed == before and not self.turn():
                    return
        raise AssertionError("the sink does not come to an end")

    def disturbed(self, happens: Callable[[], None], left: int, *, after: bool, log: int = 500, rows: int = 500):
        """A turn during which something happens at a write: KilledError and DependencyError do what they do to a loop."""
        self.store.happens, self.store.left, self.store.after = happens, left, after
        try:
            self.turn(log, rows)
        except KilledError:
            self.store.close()
            self.start()
        except DependencyError:
            self.next = {}
        self.store.left = -1


def kill() -> None:
    raise KilledError


def dump(client: redis.Redis) -> dict[str, Any]:
    """Everything in Redis but what is drawn at random: epochs, nonces, when the keys were made."""
    found: dict[str, Any] = {}
    for key in client.scan_iter():
        name = key.decode()
        match client.type(key):
            case b"hash":
                value: Any = {k: v for k, v in client.hgetall(key).items() if k not in (b"epoch", b"made", b"nonce")}
            case b"stream":
                value = client.xrange(key)
            case b"set":
                value = client.smembers(key)
            case b"zset":
                value = client.zrange(key, 0, -1)
            case _:
                value = client.get(key)
        found[name] = value
    return found


def copy(client: redis.Redis) -> dict[bytes, bytes]:
    """A copy of all keys, as a backup would be."""
    return {key: client.dump(key) for key in client.scan_iter()}


def lose(client: redis.Redis, contest: str) -> None:
    """One contest's keys go, as with a shard of a cluster."""
    for key in client.scan_iter(f"{{{contest}}}:*"):
        client.delete(key)


def restore(client: redis.Redis, saved: dict[bytes, bytes]) -> None:
    """Redis as it was when the copy was made."""
    client.flushdb()
    for key, value in saved.items():
        client.restore(key, 0, value)


def interleave(seed, lists):
    """The lists as one, each in its order."""
    random_, lists = random.Random(seed), [list(one) for one in lists if one]
    out = []
    while lists:
        one = random_.choice(lists)
        out.append(one.pop(0))
        lists = [one for one in lists if one]
    return out


def stories(seed, length=40):
    """Three contests in one partition."""
    log = interleave(seed, [make.story(c, seed + n, length) for n, c in enumerate(CONTESTS)])
    rows = interleave(seed, [make.board_story(c, seed + n, length) for n, c in enumerate(CONTESTS)])
    return Partition(log, rows)


def straight(url, client, partition):
    """What the view is after one undisturbed pass."""
    client.flushdb()
    sink = Sink(url, partition)
    sink.finish()
    sink.store.close()
    found = dump(client)
    client.flushdb()
    return found
