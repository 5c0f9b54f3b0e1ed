"""The auditor over a real log, a real Redis and a real history, which its scorer and sinks have filled."""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections import Counter
from contextlib import closing

import orjson
import pytest
import redis
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from podium.commands.status import collect
from schemas import live
from schemas.clock import Clock
from schemas.events import (
    Clarification,
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    GenerationRetired,
    MarkRequested,
    Reloaded,
    ScoreboardFrozen,
    Submission,
    Transitioned,
)
from schemas.history import connect
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import consumer, read, read_contest
from schemas.rows import Mark
from streams import auditor
from streams._faust.app import _make_changelogs
from streams.auditor import objects, process, queued
from streams.auditor.beside import Turns
from streams.auditor.facts import Facts
from streams.auditor.objects import Objects
from streams.auditor.queued import Queued, QueueTable
from streams.auditor.table import CHANGELOG, CONTESTS, KNOWN
from streams.auditor.views import History
from streams.dispatcher.planner import make as make_planner
from streams.dispatcher.plans import Plans, plans_of
from streams.history_sink.rows import log_rows
from streams.history_sink.sink import HistoryView
from streams.history_sink.store import Store as HistoryStore
from streams.live.rest import Rest
from streams.live.store import Store as LiveStore
from streams.live.view import LiveView
from streams.loop import Record
from streams.refold import fold_contest
from streams.scorer.app import make as make_scorer
from streams.scorer.rows import Stamp, key_of, marks_of, rows_of
from streams.scoring.fold import apply
from streams.scoring.state import ContestState
from tests.contest_log import HOUR, START
from tests.streams.kafka_log import KafkaLog
from tests.wait import until

STAMP = Stamp(START, "test")
KEPT = ("scorer", "live view", "history's rows")
TABLE, FACTS, OBJECTS = "scorer's table", "history's facts", "live view's objects"
ALL = {
    TABLE,
    FACTS,
    OBJECTS,
    *(f"{view}, {audience}" for view in (*KEPT, "history") for audience in ("public", "jury")),
}


class Site:
    """One contest: its log, and what scorer and sinks make of it when they are told to go on."""

    def __init__(self, settings, producer):
        self.settings, self.producer = settings, producer
        self.log = KafkaLog(producer, teams=(), main_scoreboard_group_id="main")
        for team, group in (("t1", "main"), ("t2", "main"), ("guest", "visitors")):
            self.log.team(team, group_ids=(group,))
        self.partition = partition_of(self.log.contest)
        self.state = ContestState(self.log.contest)
        self.folded = 0
        self.memory = auditor.Memory(settings)
        self.redis = redis.Redis.from_url(settings.redis)
        self.stores = LiveStore(settings.redis), HistoryStore(settings)
        rest = Rest(self.stores[0], lambda: 0, 1)  # nothing is long over
        refold = functools.partial(fold_contest, settings)
        self.live = LiveView(self.stores[0], lambda *_: None, lambda _: self.log.events[-1][0] + 1, rest, refold)
        self.history = HistoryView(settings, self.stores[1], producer)

    def close(self):
        self.redis.close()
        for store in self.stores:
            store.close()

    def score(self, *, marks=True):
        """The scorer reads on: rows, then marks."""
        for record in [*self.rows(), *(marks_of(self.state, STAMP) if marks else ())]:
            self.send(record)

    def rows(self):
        """What the scorer makes of the events that it has not read."""
        records = []
        for position, event in self.log.events[self.folded :]:
            effect = apply(self.state, position, event)
            for part in effect.changed:
                self.keep(part, self.state.dump(part))
            records += rows_of(self.state, position, effect, STAMP)
        self.folded = len(self.log.events)
        return records

    def keep(self, part, value, *, term=b"2"):
        """The table's changelog has this of a part: its JSON, some bytes, or nothing any more."""
        self.write(CHANGELOG, f"{self.log.contest}|{part}", value, term=term)

    def write(self, topic, key, value, *, term=b"2"):
        """Some changelog has this under a key."""
        sent = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
        headers = [("term", term)]
        self.producer.send(topic, orjson.dumps(key), sent, partition=self.partition, headers=headers).result(30)

    def send(self, record):
        self.producer.send("scoreboard-rows", key_of(record), record, partition=self.partition).result(30)

    def sink(self, *views):
        """The sinks read on, to the end of both topics."""
        for view in views or (self.live, self.history):
            # after a reload the live view asks to be read to from another position
            assert any(view.apply(self.partition, self.unread(view)) for _ in range(3))

    def unread(self, view):
        """The records from where the view says that it stands."""
        return [
            Record(topic, partition, raw.position, raw.key, raw.value)
            for (topic, partition), start in view.starts([self.partition]).items()
            for raw in read(self.settings, topic, partition, start)
        ]

    def audit(self):
        found = auditor.audit(self.settings, self.log.contest, self.memory)
        assert found is not None
        assert found.contest == self.log.contest
        return found

    def reload(self):
        """The act, and what scorer and sinks do on it."""
        self.log.act(Reloaded, reason="test")
        self.score()
        self.sink()

    def tamper_redis(self, team="t1", generation="0"):
        """A team has one problem more."""
        key = live.rows_key(self.log.contest, generation, "public")
        row = orjson.loads(self.redis.hget(key, team))
        self.redis.hset(key, team, orjson.dumps(row | {"num_solved": row["num_solved"] + 1}))

    def tamper_clickhouse(self, team="t2"):
        """A submission that is not in the log."""
        late = self.log.make(
            Submission, id="forged", team_id=team, problem_id="C", language_id="cpp", submitted_at=START + HOUR
        )
        self.stores[1].write(log_rows(self.state.position, late))

    def tamper_facts(self, what):
        """Rows of a table, which analysts read, are others in ClickHouse; the *what* begins with its name."""
        client = connect(self.settings)
        where = "WHERE contest = {c:String} SETTINGS mutations_sync = 1"
        client.command(f"ALTER TABLE podium.{what} {where}", parameters={"c": self.log.contest})
        client.close()

    def tamper_object(self, type_, old, new):
        """Where an object of the Contest API has the old bytes, it has the new ones."""
        key = live.objects_key(self.log.contest, type_)
        objects = self.redis.hgetall(key)
        spoilt = {id_: value.replace(old, new) for id_, value in objects.items() if old in value}
        assert spoilt
        self.redis.hset(key, mapping=spoilt)

    def tamper_rows(self, change, table="rows"):
        """One of the scorer's rows is another in ClickHouse, where analysts read it."""
        what = f"ALTER TABLE podium.scoreboard_{table} {change} AND contest = {{c:String}} SETTINGS mutations_sync = 1"
        client = connect(self.settings)
        client.command(what, parameters={"c": self.log.contest})
        client.close()

    def reloads(self):
        return [e for _, e in read_contest(self.settings, self.log.contest) if isinstance(e, Reloaded)]


@pytest.fixture(scope="module")
def live_url(redis_server):
    """A database of this file's own: its sinks read on from where they stand, and each test takes a contest of its own."""
    address = redis_server.rpartition("/")[0] + "/8"
    with redis.Redis.from_url(address) as client:
        client.flushdb()
    return address


@pytest.fixture(scope="module")
def changelog(stack_settings, kafka, tmp_path_factory):
    """The scorer's and the planner's, which they make when they start."""
    settings = stack_settings.model_copy(update={"home": tmp_path_factory.mktemp("scorer"), "kafka": kafka})
    for make in (make_scorer, make_planner):
        _make_changelogs(make(settings), settings)


@pytest.fixture
def cluster(settings, kafka, live_url, history_server, changelog):
    return settings.model_copy(update={"kafka": kafka, "redis": live_url, "clickhouse": history_server.url})


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(objects, "AGAIN_S", 0.0)  # nobody goes on meanwhile


@pytest.fixture
def facts_stay(monkeypatch):
    """Nobody writes facts into the history behind its sink: they, and the board that it computes of them, are asked once a position."""
    known, digests, unlike = {}, History.digests, History.unlike

    def once(history, audiences, *asked):
        key = (*audiences, *asked)
        if not known.get(key):  # it may be there later
            known[key] = digests(history, audiences, *asked)
        return known[key]

    def compared(history, facts):
        asked = history.contest, facts.end
        if asked not in known:
            known[asked] = unlike(history, facts)
        return known[asked]

    monkeypatch.setattr(History, "digests", once)
    monkeypatch.setattr(History, "unlike", compared)


@pytest.fixture
def site(cluster):
    """A frozen contest with a pending submission, in both views; one of its teams is out of competition."""
    with Producer(cluster) as producer:
        site = Site(cluster, producer)
        site.log.submit("t1", "A", 5, "WA")
        site.log.submit("t1", "A", 10, "AC")
        site.log.submit("t2", "B", 30, "AC")
        site.log.submit("guest", "B", 31, "AC")
        site.log.act(ScoreboardFrozen, at=START + 2 * HOUR)
        site.log.submit("t2", "A", 200, "AC")
        site.log.submit("t1", "B", 210)
        site.score()
        site.sink()
        yield site
        site.close()


def named(found):
    """Each difference up to the digests."""
    return {line.partition(":")[0] for line in found.different}


def test_equal_boards_are_equal_in_every_view(site):
    found = site.audit()
    assert Counter(found.compared) == Counter(ALL)
    assert found.different == ()
    assert found.position == found.proved == site.log.events[-1][0]


def test_each_view_that_differs_is_named_with_its_audience_and_a_reload_heals_them(site):
    site.tamper_redis("t1")
    found = site.audit()
    assert (named(found), found.proved) == ({"live view, public"}, -1)
    for team in ("t1", "guest"):
        site.tamper_redis(team)
        site.tamper_clickhouse(team)
        found = site.audit()
        assert named(found) == {"live view, public", "history, public", "history, jury", FACTS}, team
        boards = [line for line in found.different if not line.startswith(FACTS)]
        assert all(f"at position {site.state.position}" in line for line in boards)
        site.reload()
    healed = site.audit()
    assert set(healed.compared) == ALL
    assert healed.different == ()


@pytest.mark.usefixtures("facts_stay")
def test_a_live_row_that_is_damaged_in_any_way_is_a_difference_and_a_reload_heals_it(site):
    key = live.rows_key(site.log.contest, "0", "public")
    row = orjson.loads(site.redis.hget(key, "t1"))
    for value in (b'{"team_id": ', b'"a word"', b"{}", orjson.dumps(row | {"total_time": "long"})):
        site.redis.hset(key, "t1", value)
        found = process._attempt(site.settings, site.log.contest, site.memory, {})
        assert named(found) == {"live view, public"}, value
        assert set(found.compared) >= ALL - {"live view, public"}
    site.reload()
    healed = site.audit()
    assert set(healed.compared) == ALL
    assert healed.different == ()


def test_a_generation_of_another_fold_version_is_told_as_not_audited(site, caplog):
    opened = site.log.act(GenerationOpened, rule="icpc", fold_version=2)
    site.log.act(GenerationPromoted, expect="0", generation=str(opened))
    site.score()
    site.sink()
    with caplog.at_level(logging.WARNING):
        found = process._attempt(site.settings, site.log.contest, site.memory, {})
    assert (found.compared, found.different) == ((), ())
    assert any("is of fold version 2" in one for one in found.unaudited)
    assert "is of fold version 2" in caplog.text


def test_a_record_of_a_newer_podium_is_told_and_all_else_is_compared(site):
    unheard = b"\xc3\x01" + bytes(8) + b"body"
    position = site.producer.send("log", site.log.contest, unheard, partition=site.partition).result(30)
    site.log.submit("t2", "B", 220, "AC")
    site.score()
    site.sink()
    found = site.audit()
    assert f"position {position}: a newer podium wrote this record; update this one" in found.unaudited
    assert set(found.compared) == ALL
    assert found.different == ()


@pytest.mark.usefixtures("facts_stay")
def test_what_cannot_take_an_event_is_told_and_what_was_not_compared_has_its_turn_again(site, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("no row of it")

    contest = site.log.contest
    site.memory.turns = Turns(1)
    with monkeypatch.context() as patched:
        patched.setattr(Facts, "take", fails)
        patched.setattr(Plans, "take", fails)
        found = site.audit()
    assert {one.partition(": the event at ")[0] for one in found.unaudited} >= {FACTS, "planner's tables"}
    assert set(found.compared) == ALL - {FACTS}
    assert found.different == ()
    assert site.memory.turns.of(contest, "objects") == range(1, 2)
    assert site.memory.turns.of(contest, "facts") == range(1), "these were not compared"
    site.audit()
    assert site.memory.turns.of(contest, "facts") == range(1, 2)
    with monkeypatch.context() as patched:
        patched.setattr(Objects, "take", fails)
        found = site.audit()
    assert any(one.startswith(f"{OBJECTS}: the event at ") for one in found.unaudited)
    assert (site.memory.turns.of(contest, "facts"), site.memory.turns.of(contest, "objects")) == (
        range(2, 3),
        range(2, 3),
    )


def test_what_the_views_answer_late_because_many_want_to_run_costs_no_more(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for load, cost in ((0.3, 4.0), (2.0, 4.0), (12.0, 1.5)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert process._cost_s(1.0, 3.0) == cost


def test_a_mark_of_another_board_is_the_scorers_difference(site):
    right = next(mark for mark in marks_of(site.state, STAMP) if mark.audience == "jury")
    fields = {name: getattr(right, name) for name in right.__dataclass_fields__}
    site.send(Mark(**fields | {"digest": "0" * 64}))
    found = site.audit()
    assert found.different[0].startswith(f"scorer, jury: {'0' * 16} instead of {right.digest[:16]} ")
    assert named(found) == {"scorer, jury"}


def test_a_part_that_is_spoilt_in_the_scorers_changelog_is_a_difference_until_it_is_written_again(site, cluster):
    """Nobody has read it there yet: all other views are right."""
    site.settings = cluster.model_copy(update={"clickhouse": "http://127.0.0.1:1"})  # what is asked there costs most
    everything = {one for one in ALL if not one.startswith("history")}
    part, ghost, last = "cell:t1:A", "cell:ghost:A", site.log.events[-1][0]
    right = site.state.dump(part)
    spoilt = orjson.dumps(right).replace(b'"AC"', b'"WA"')
    for wrong, value, position in (
        (part, spoilt, last),
        (part, b'{"position": ', last),
        (part, None, last),
        (part, right | {"position": last}, last),
        (part, right | {"position": last + 10**9}, None),
        (ghost, right, last),
    ):
        site.keep(wrong, value)
        found = site.audit()
        assert (named(found), found.proved) == ({TABLE}, -1), (wrong, value)
        if position is not None:
            assert found.different == (f"{TABLE}: {wrong}: not what the log says at position {position}",)
        site.keep(wrong, None)
        if wrong == part:
            site.keep(part, right)
    # what a scorer that was stopped writes too late counts for nobody, and neither does what is left of a contest that sleeps
    site.keep(part, spoilt, term=b"1")
    found = site.audit()
    assert (set(found.compared), found.different, found.proved) == (everything, (), last)
    site.keep("asleep", {"position": last})
    site.keep(part, spoilt)
    found = site.audit()
    assert (set(found.compared), found.different, found.proved) == (everything - {TABLE}, (), last)
    # while it takes a contest for over that is not, it passes over all that comes
    for position in (last, last + 10**9):
        site.keep("asleep", {"position": position, "over": True})
        found = site.audit()
        assert found.different == (f"{TABLE}: it takes the contest for over, and the log does not",)
        assert (set(found.compared), found.proved) == (everything, -1)


def test_a_part_that_is_spoilt_in_the_planners_changelogs_is_a_difference(site, cluster):
    site.settings = cluster.model_copy(update={"clickhouse": "http://127.0.0.1:1"})  # what is asked there costs most
    contest, last = site.log.contest, site.log.events[-1][0]
    kept = plans_of(site.settings, contest, last)
    for topic, values in ((CONTESTS, kept.contests), (KNOWN, kept.known)):
        for key, value in values.items():
            site.write(topic, key, value)
    with closing(consumer(site.settings, **{"group.id": "planner"})) as planner:
        planner.commit(offsets=[TopicPartition("log", site.partition, last + 1)], asynchronous=False)
    found = site.audit()
    assert "planner's tables" in found.compared
    assert (found.different, found.proved) == ((), last)
    submitted = next(key for key in kept.known if "|act|" not in key)
    site.write(KNOWN, submitted, kept.known[submitted] | {"team": "another"})
    found = site.audit()
    assert found.different == (f"planner's tables: {submitted.partition('|')[2]}: not what the log says",)
    assert found.proved == -1


@pytest.mark.usefixtures("facts_stay")
def test_a_difference_asks_for_one_reload_in_so_much_time(site, caplog):
    site.tamper_redis()
    reloaded = {}
    with Producer(site.settings) as producer, caplog.at_level(logging.ERROR):
        for _ in range(3):
            found = process._attempt(site.settings, site.log.contest, site.memory, {})
            process._tell(found, producer, Clock(), "auditor", reloaded)
        (event,) = site.reloads()
        assert event.reason.startswith("live view, public: ")
        assert event.recorded_by == "auditor"
        assert [record.message.startswith(f"{site.log.contest}: live view, public: ") for record in caplog.records] == (
            [True] * 3
        )
        reloaded[site.log.contest] = time.monotonic() - process.RELOAD_EVERY_S
        process._tell(site.audit(), producer, Clock(), "auditor", reloaded)
    first, second = site.reloads()
    assert first.id != second.id


@pytest.mark.usefixtures("facts_stay")
def test_a_view_that_lags_or_is_away_proves_nothing(site, cluster):
    site.log.submit("t1", "C", 220, "AC")
    site.score()
    found = site.audit()
    behind = {"history, public", "history, jury", OBJECTS}
    assert set(found.compared) == ALL - behind, "the scorer's rows where they stand, and the facts"
    assert (found.different, found.unaudited) == ((), ())
    site.tamper_redis()
    assert named(site.audit()) == {"live view, public"}
    site.log.act(Reloaded)
    site.score()
    site.sink(site.live)
    site.settings = cluster.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    found = site.audit()
    assert set(found.compared) == {one for one in ALL if not one.startswith("history")}
    assert found.different == ()
    assert found.unaudited == ("history: away",)


def test_facts_under_another_rule_and_objects_that_are_spoilt_are_found_at_once_told_and_healed_by_a_reload(
    site, caplog
):
    """Under a rule of which the history computes no board; the contest has events that no board is made of."""
    site.log.define(rule="extended-icpc")
    site.log.act(Clarification, id="q1", from_team_id="t1", text="?", asked_at=START)
    site.score()
    site.sink()
    everything = ALL - {"history, public", "history, jury"}
    assert set(site.audit().compared) == everything
    site.tamper_facts("verdicts UPDATE verdict = 'AC'")
    site.tamper_facts("clarifications UPDATE text = 'What?'")
    site.tamper_object("judgements", b'"WA"', b'"AC"')
    found = site.audit()
    assert (named(found), found.proved) == ({FACTS, OBJECTS}, -1)
    assert set(found.compared) == everything
    (facts,) = [line for line in found.different if line.startswith(FACTS)]
    assert "clarifications of positions " in facts
    assert "verdicts of positions " in facts
    reloaded = {}
    with Producer(site.settings) as producer, caplog.at_level(logging.ERROR):
        process._tell(found, producer, Clock(), "auditor", reloaded)
    assert "live view's objects: judgements " in caplog.text
    site.score()
    site.sink()
    healed = site.audit()
    assert (set(healed.compared), healed.different) == (everything, ())


ROW = "UPDATE num_solved = num_solved + 1 WHERE audience = 'public' AND team_id = 't1'"


@pytest.mark.usefixtures("facts_stay")
@pytest.mark.parametrize("rule", ["icpc", "extended-icpc"])
def test_rows_of_the_scorer_that_differ_in_the_history_are_found_under_every_rule_and_a_reload_heals_them(site, rule):
    if rule != "icpc":
        opened = str(site.log.act(GenerationOpened, rule=rule, fold_version=1))
        site.log.act(GenerationPromoted, expect="0", generation=opened)
        site.score()
        site.sink()
    whole = site.audit()
    assert set(whole.compared) >= {f"{view}, {audience}" for view in KEPT for audience in ("public", "jury")}
    assert (whole.different, whole.unaudited) == ((), ())
    there = f"generation = '{opened if rule != 'icpc' else '0'}'"
    spoilt = {
        "icpc": (
            (f"{ROW} AND {there}", "rows", "public"),
            (f"DELETE WHERE audience = 'jury' AND team_id = 'guest' AND {there}", "rows", "jury"),
        ),
        "extended-icpc": (
            (
                f"UPDATE `cells.num_judged` = `cells.num_pending` WHERE audience = 'public' AND {there}",
                "rows",
                "public",
            ),
            (f"UPDATE team_id = 't2' WHERE audience = 'jury' AND problem_id = 'A' AND {there}", "firsts", "jury"),
        ),
    }[rule]
    for number, (change, table, _) in enumerate(spoilt, 1):
        site.tamper_rows(change, table)
        assert named(site.audit()) == {f"history's rows, {audience}" for *_, audience in spoilt[:number]}, change
    site.reload()
    healed = site.audit()
    assert set(healed.compared) == set(whole.compared)
    assert healed.different == ()


@pytest.mark.usefixtures("facts_stay")
def test_a_generation_that_is_not_shown_is_compared_until_it_is_retired(site):
    opened = str(site.log.act(GenerationOpened, rule="extended-icpc", fold_version=1))
    site.score()
    site.sink()
    found = site.audit()
    others = {f"{view}, {audience}, generation {opened}" for view in KEPT for audience in ("public", "jury")}
    assert set(found.compared) == ALL | others
    assert found.different == ()
    site.tamper_redis(generation=opened)
    site.tamper_rows(f"{ROW} AND generation = '{opened}'")
    spoilt = {f"{view}, public, generation {opened}" for view in ("live view", "history's rows")}
    assert named(site.audit()) == spoilt
    site.reload()
    assert set(site.audit().compared) == ALL | others
    site.log.act(GenerationRetired, generation=opened)
    site.sink(site.live)  # Redis has forgotten it before the scorer says so
    retired = site.audit()
    assert retired.different == ()
    assert not {one for one in retired.compared if one.startswith("live view") and opened in one}


@pytest.mark.usefixtures("facts_stay")
def test_an_index_of_the_board_that_is_not_that_of_its_rows_is_a_difference_and_a_reload_heals_it(site):
    contest = site.log.contest
    index, members = (key(contest, "0", "jury") for key in (live.index_key, live.members_key))
    first, second = site.redis.zrange(index, 0, 1)
    for spoil in (
        lambda: site.redis.zrem(index, first),
        lambda: site.redis.zincrby(index, 1, first),
        lambda: site.redis.zadd(index, {b"nobody": 0}),
        lambda: site.redis.hset(members, "t1", second if site.redis.hget(members, "t1") == first else first),
    ):
        right = {name: site.redis.dump(name) for name in (index, members)}
        spoil()
        assert named(site.audit()) == {"live view, jury"}
        for name, value in right.items():
            site.redis.restore(name, 0, value, replace=True)
    spoil()
    site.reload()
    healed = site.audit()
    assert set(healed.compared) == ALL
    assert healed.different == ()


@pytest.mark.usefixtures("facts_stay")
def test_the_status_of_any_machine_tells_the_last_position_that_was_proved(site):
    def shown():
        process._attempt(site.settings, site.log.contest, site.memory, {})
        return collect(site.settings)["audited"][site.log.contest]

    before = shown()
    assert before.pop("at") <= time.time_ns() // 1_000_000
    assert before == {"proved": site.log.events[-1][0], "different": False, "unaudited": 0}
    site.tamper_redis()
    spoilt = shown()
    assert {name: spoilt[name] for name in before} == before | {"different": True}


def test_a_history_of_another_rule_is_different(site):
    rule = "ALTER TABLE podium.definitions UPDATE rule = 'extended-icpc' WHERE contest = {c:String} SETTINGS mutations_sync = 1"
    client = connect(site.settings)
    client.command(rule, parameters={"c": site.log.contest})
    client.close()
    found = site.audit()
    assert named(found) == {"history, public", "history, jury", FACTS}
    assert found.unaudited == ()


def test_a_row_of_a_position_that_the_log_does_not_have_is_a_difference(site):
    key = live.row_positions_key(site.log.contest, "0", "jury")
    site.redis.hset(key, "t1", site.log.events[-1][0] + 1_000_000)
    found = site.audit()
    assert named(found) == {"live view, jury"}
    assert "and the log ends at" in found.different[0]


def test_a_live_board_that_has_lost_all_its_rows_is_a_difference(site):
    keys = live.rows_key, live.row_positions_key, live.index_key, live.members_key
    site.redis.delete(*(key(site.log.contest, "0", "public") for key in keys))
    assert named(site.audit()) == {"live view, public"}
    site.log.submit("t1", "C", 220, "AC")
    site.score()  # what is still to come may be all of it
    assert "live view, public" not in site.audit().compared


def test_a_contest_that_has_left_the_live_view_is_not_brought_back(site):
    site.redis.hset(live.meta_key(site.log.contest), "away", "1")
    found = site.audit()
    assert set(found.compared) == {one for one in ALL if not one.startswith("live view")}
    assert (found.different, found.unaudited) == ((), ())
    assert site.redis.zscore(live.ASKED_KEY, site.log.contest) is None


@pytest.mark.usefixtures("facts_stay")
def test_a_live_board_that_stands_beyond_the_mark_is_compared_where_it_stands(site):
    """In a busy contest it always does."""
    site.log.submit("t1", "C", 220, "WA")
    site.score(marks=False)
    site.sink(site.live)
    site.log.submit("t1", "C", 221, "AC")
    site.score(marks=False)
    found = site.audit()
    assert {"live view, public", "live view, jury"} <= set(found.compared)
    assert found.different == ()
    site.tamper_redis()
    assert named(site.audit()) == {"live view, public"}


@pytest.mark.usefixtures("facts_stay")
def test_an_event_of_which_the_live_view_has_a_half_proves_nothing(site):
    site.log.submit("t2", "C", 220, "AC")
    *some, last = site.rows()
    for record in some:  # the scorer is in the middle of it
        site.send(record)
    site.sink(site.live)
    assert site.audit().different == ()
    site.send(last)
    site.log.submit("t1", "A", 230, "AC")
    site.score()
    while unread := site.unread(site.live):  # the sink is
        assert site.live.apply(site.partition, unread[:1])
        assert site.audit().different == ()
    assert set(site.audit().compared) >= {"live view, public", "live view, jury"}


def test_a_contest_without_a_mark_or_without_a_live_view_is_told(site, caplog):
    told = {}
    with Producer(site.settings) as producer:
        other = KafkaLog(producer)
        other.submit("t1", "A", 5, "AC")
        with caplog.at_level(logging.WARNING):
            found = process._attempt(site.settings, other.contest, site.memory, told)
            process._attempt(site.settings, other.contest, site.memory, told)
    assert [one.partition(":")[0] for one in found.unaudited] == ["live view", TABLE, "scorer, public", "scorer, jury"]
    (line,) = [record.message for record in caplog.records]
    assert line.startswith(f"{other.contest}: not audited: live view: there is no contest")


def test_a_contest_to_which_nobody_has_come_yet_is_told_wherever_they_stand_in_its_partition(site, cluster):
    site.settings = cluster
    with closing(consumer(site.settings, **{"group.id": "planner"})) as planner:
        done = TopicPartition("log", site.partition, site.log.events[-1][0] + 1)
        planner.commit(offsets=[done], asynchronous=False)
    beside = next(id_ for id_ in (f"test-{new_id()}" for _ in range(10_000)) if partition_of(id_) == site.partition)
    with Producer(site.settings) as producer:
        other = KafkaLog(producer, contest=beside)
    found = auditor.audit(site.settings, other.contest, site.memory)
    assert [one.partition(":")[0] for one in found.unaudited] == ["live view", TABLE, "scorer, public", "scorer, jury"]
    assert found.different == ()


def test_every_contest_of_the_log_is_audited_until_it_is_closed(site):
    assert auditor.audit(site.settings, "nowhere", site.memory) is None
    contests, stop = auditor.Contests(site.settings), threading.Event()
    assert site.log.contest in contests.active(stop)
    site.redis.flushdb()
    assert site.log.contest in contests.active(stop)
    site.log.recorded_at = START + 7 * HOUR
    site.log.act(Transitioned, kind="ended", planned_at=START + 5 * HOUR)
    site.log.act(Finalized)

    def told():
        return any(site.log.contest in contests.active(stop) for _ in range(len(contests._finalized) + 1))

    assert told()
    site.score()
    assert not site.audit().closed, "the thaw is still to come"
    site.log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    site.score()
    assert not site.audit().closed, "both views are behind"
    site.sink()
    there, site.settings = site.settings, site.settings.model_copy(update={"redis": "redis://127.0.0.1:1/0"})
    assert not site.audit().closed, "nobody knows what it holds"
    site.settings = there
    assert site.audit().closed
    assert not contests.over(site.log.contest)
    assert told()
    assert contests.over(site.log.contest)
    assert not told()
    contests.close()


def test_a_log_that_never_rests_is_read_up_to_where_it_ended(site):
    contests, stop, enough = auditor.Contests(site.settings), threading.Event(), threading.Event()

    def write():
        bound = time.monotonic() + 60
        while not enough.is_set() and time.monotonic() < bound:
            site.log.act(MarkRequested)

    busy = threading.Thread(target=write)
    busy.start()
    assert site.log.contest in contests.active(stop)
    assert site.log.contest in contests.active(stop)
    assert busy.is_alive(), "it is told while somebody writes"
    enough.set()
    busy.join()
    contests.close()


def test_a_stop_ends_the_reading_of_the_log(site):
    contests, stop = auditor.Contests(site.settings), threading.Event()
    stop.set()
    assert contests.active(stop) == []
    contests.close()


def test_the_queues_changelog_is_read_on_and_anew_where_it_is_another_topic(site, monkeypatch):
    """An audit reads what is new; a topic that was made anew is no difference."""
    topic, contest = f"queue-of-{site.log.contest}", site.log.contest
    monkeypatch.setattr(queued, "CHANGELOG", topic)
    admin = AdminClient(site.settings.kafka_client() | {"log_level": 0})

    def make():
        asked = admin.create_topics([NewTopic(topic, 1, 1)])
        try:
            return asked[topic].result(30) is None
        except KafkaException:
            return False  # the old one is still going

    def write(name, value, term=b"1"):
        sent = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
        site.producer.send(topic, orjson.dumps(name), sent, partition=0, headers=[("term", term)]).result(30)

    def items():
        return dict(table.of(contest).items)

    table, task, mark = QueueTable(site.settings), f"task|{contest}|1|0", f"mark|{site.partition}"
    assert table.of(contest) is None, "no queue has ever run"
    until(make, 30, "it is there")
    write(task, {"a": 1})
    assert table.of(contest) is None, "none has heard of the partition"
    write(mark, {"cause": 7, "index": 1})
    write(f"task|{contest}s|1|0", {"of": "another"})
    assert table.of(contest) == Queued((7, 1), {task: {"a": 1}})
    write(task, {"a": 2}, b"2")
    write(task, {"a": 1}, b"1")
    assert items() == {task: {"a": 2}}, "a member that was replaced says nothing any more"
    write(task, None, b"2")
    write(f"pause|{contest}||", b"{", b"2")
    assert items() == {}

    def anew(cause, records):
        admin.delete_topics([topic])[topic].result(30)
        until(make, 30, "it is there again")
        for _ in range(records):
            write(mark, {"cause": cause, "index": 0}, b"3")

    anew(10**9, 1)
    assert table.of(contest) == Queued((10**9, 0), {}), "it is shorter than what was read"
    assert named(site.audit()) == {"queue's table"}, "the log does not reach that far"
    anew(0, 5)
    assert named(site.audit()) == set(), "it is longer, and was read again before it was told"
