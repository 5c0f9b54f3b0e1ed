"""The Contest API's objects in a real Redis, compared with the log: right at every moment, and whatever is spoilt is found."""

import gc
import random
import weakref

import orjson
import pytest

from schemas import events, live
from streams.auditor import objects
from streams.auditor.beside import Beside, Turns
from streams.auditor.objects import unlike_objects
from streams.live import effects
from streams.live.view import LOG
from streams.refold import Folded, Folding
from streams.scoring.state import ContestState
from tests.streams import live_events as make
from tests.streams.live_driver import CONTESTS, Partition, Sink, kill, stories
from tests.streams.live_events import HOUR, act

CONTEST = CONTESTS[0]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(objects, "AGAIN_S", 0.0)  # nobody goes on meanwhile


@pytest.fixture
def cluster(settings, url):
    return settings.model_copy(update={"redis": url})


class Audit:
    """An audit of the objects of one contest: what `Onward` is to it, without Kafka."""

    def __init__(self, cluster, partition, contest, upto=-1):
        self.cluster, self.partition = cluster, partition
        self.beside = Beside(contest, 0, Turns())
        self.key, self.at = contest.encode(), -1
        self.folding = Folding(Folded(ContestState(contest), -1), beside=self.beside.take)
        self.to(upto)

    def to(self, position):
        records = self.partition.records[LOG]
        if position >= len(records):
            return None
        for record in records[self.at + 1 : position + 1]:
            if record is not None and record.key == self.key:
                self.folding.take(record.position, record.value)
        self.at = max(self.at, position)
        return self.folding.folded.state

    def look(self):
        return unlike_objects(self.cluster, self.beside.objects, self.to)


@pytest.mark.parametrize("seed", range(6))
def test_objects_are_what_the_log_says_wherever_the_view_stands(cluster, client, seed, monkeypatch):
    """`client` flushes. The audit has folded as far as the view, or not quite."""
    cuts, partition = random.Random(seed), stories(seed)
    sink, compared = Sink(cluster.redis, partition), 0
    monkeypatch.setattr(objects, "PAGE", cuts.choice([1, 3, 500]))
    while sink.turn(cuts.randrange(1, 30), cuts.randrange(30)):
        for contest in CONTESTS:
            read = sink.next[LOG] - 1
            audit = Audit(cluster, partition, contest, read - cuts.choice([0, 0, 7]))
            found = audit.look()
            if found is not None:
                compared += 1
                assert found.different == "", (contest, read)
                assert found.position == audit.beside.objects.taken
    assert compared > 10
    sink.store.close()


def written(cluster):
    """A contest with one of everything, as the view has it."""
    c, at = CONTEST, make.START
    log = [make.definition(c), *make.entries(c), make.submission("s1", c), make.submission("s2", c, problem="beta")]
    log += [make.started("s1", c), make.runs("s1", 1, 2, contest=c)]
    log += [make.judgement("s1", "WA", c), make.judgement("s2", "AC", c)]
    log.append(make.make(events.Clarification, c, id="q1", from_team_id="t1", text="?", asked_at=at))
    log.append(make.make(events.Commentary, c, id="k1", message="!", said_at=at))
    about = {"submission_id": "s1", "team_id": "t1", "problem_id": "alpha"}
    log.append(act(events.VerdictOverridden, "o1", c, **about, verdict="AC"))
    partition = Partition(log, [])
    sink = Sink(cluster.redis, partition)
    sink.finish()
    sink.store.close()
    return partition


def key(type_):
    return live.objects_key(CONTEST, type_)


def test_an_object_of_any_type_that_is_another_is_found(cluster, client):
    partition = written(cluster)
    last = partition.end(LOG) - 1

    def found():
        seen = Audit(cluster, partition, CONTEST, last).look()
        assert seen is not None
        return seen.different

    assert found() == ""
    named = set()
    for type_ in live.TYPES:
        for id_, right in client.hgetall(key(type_)).items():
            stored = orjson.loads(right)
            facts = stored["a"] | {"hidden": not stored["a"].get("hidden", False)}
            for wrong in (
                orjson.dumps(stored | {"a": facts}),
                orjson.dumps(stored | {"o": [] if type_ == "runs" else stored["o"] | {"id": "another"}}),
                right[:-9],
                b"[]",
                None,
            ):
                client.hset(key(type_), id_, wrong) if wrong is not None else client.hdel(key(type_), id_)
                assert found().endswith(f": not what the log says at position {last}"), (type_, wrong)
                assert f"{type_} " in found()
                assert id_.decode() in found() or wrong is None  # of one that is gone the count may tell
            client.hset(key(type_), id_, right)
            assert found() == ""
            named.add(type_)
    assert named == set(live.TYPES)


def test_a_judgement_that_was_turned_to_accepted_is_named(cluster, client):
    partition = written(cluster)
    (id_,) = [i for i, v in client.hgetall(key("judgements")).items() if b'"verdict":"WA"' in v]
    value = client.hget(key("judgements"), id_)
    client.hset(key("judgements"), id_, value.replace(b'"WA"', b'"AC"'))
    seen = Audit(cluster, partition, CONTEST).look()
    assert seen.different == f"judgements {id_.decode()}: not what the log says at position {partition.end(LOG) - 1}"


def test_what_the_log_does_not_have_at_all_is_found(cluster, client):
    partition = written(cluster)
    for type_ in live.TYPES:
        value = next(iter(client.hvals(key(type_))))
        client.hset(key(type_), "ghost", value)
        assert f"{type_}" in Audit(cluster, partition, CONTEST).look().different
        client.hdel(key(type_), "ghost")
    for hash_, field, value in (
        (live.numbers_key(CONTEST), "s1", "2"),
        (live.ids_key(CONTEST), "1", "s2"),
        (live.numbers_key(CONTEST), "ghost", "3"),
        (live.meta_key(CONTEST), "log", partition.end(LOG)),
        (live.meta_key(CONTEST), "log", "words"),
    ):
        right = client.hget(hash_, field)
        client.hset(hash_, field, value)
        assert Audit(cluster, partition, CONTEST).look().different, (hash_, field)
        client.hset(hash_, field, right) if right is not None else client.hdel(hash_, field)
    assert Audit(cluster, partition, CONTEST).look().different == ""
    # a position of another contest is none of its
    partition.append(LOG, make.definition(CONTESTS[1]))
    client.hset(live.meta_key(CONTEST), "log", partition.end(LOG) - 1)
    assert "has no event of the contest" in Audit(cluster, partition, CONTEST).look().different


def test_a_view_that_is_behind_away_or_empty_is_not_compared(cluster, client):
    partition = written(cluster)
    partition.append(LOG, make.started("s2", CONTEST))
    assert Audit(cluster, partition, CONTEST, partition.end(LOG) - 1).look() is None, "it is behind"
    assert Audit(cluster, partition, CONTEST).look().different == "", "it is compared where it stands"
    client.hset(live.meta_key(CONTEST), "away", "1")
    assert Audit(cluster, partition, CONTEST).look() is None
    client.flushdb()
    assert Audit(cluster, partition, CONTEST).look() is None


def test_of_an_event_of_which_the_view_has_a_part_nothing_is_said(cluster, client, monkeypatch):
    partition = written(cluster)
    partition.append(LOG, act(events.ContestExtended, "e1", CONTEST, by=HOUR))
    monkeypatch.setattr(effects, "SLICE", 1)
    monkeypatch.setattr(objects, "AGAIN_S", 0.0)
    sink = Sink(cluster.redis, partition)
    before = client.hgetall(key("contest"))
    sink.disturbed(kill, 1, after=True)
    assert client.hgetall(key("contest")) != before, "it was killed in the midst of the event"
    assert Audit(cluster, partition, CONTEST).look() is None
    sink.finish()
    assert not live.parse_meta(client.hgetall(live.meta_key(CONTEST))).part
    seen = Audit(cluster, partition, CONTEST).look()
    assert (seen.different, seen.position) == ("", partition.end(LOG) - 1)
    sink.store.close()


def test_what_an_audit_holds_goes_with_it_and_waits_for_no_collector():
    """It is as much as the contest, again and again: the auditor held 20 MiB more after five minutes."""
    beside = Beside(CONTEST, 10**6, Turns())
    beside.take(0, make.definition(CONTEST), ())
    kept = [weakref.ref(one) for one in (beside.facts, beside.plans, beside.objects)]
    gc.disable()
    try:
        del beside
        assert [one() for one in kept] == [None] * 3
    finally:
        gc.enable()
