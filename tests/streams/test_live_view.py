"""The live view in a real Redis ends the same, whatever is redelivered, killed, flushed, restored or run twice."""

import json
import random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from schemas import events, live
from schemas.errors import DependencyError
from schemas.ids import partition_of
from streams.live import effects
from streams.live.view import LOG, ROWS
from tests.streams import live_events as make
from tests.streams.live_driver import CONTESTS, Partition, Sink, copy, dump, kill, lose, restore, stories, straight
from tests.streams.live_events import HOUR, act


def board(client, contest=CONTESTS[0], generation="0", audience="public"):
    rows = client.hgetall(live.rows_key(contest, generation, audience))
    return {team.decode(): live.parse_row(row).num_solved for team, row in rows.items()}


def deltas(client, contest=CONTESTS[0]):
    """Revision, rows and firsts of each."""
    entries = client.xrange(live.deltas_key(contest, "0", "public"))
    return [
        (int(id_.partition(b"-")[0]), *(json.loads(delta[b"d"])[of] for of in ("rows", "firsts")))
        for id_, delta in entries
    ]


def meta(client, contest=CONTESTS[0]):
    return live.parse_meta(client.hgetall(live.meta_key(contest)))


STEPS = ["turn", "turn", "turn", "other", "kill", "flush", "restore", "overtake", "copy", "check", "lose"]


def disturb(url, client, partition, steps, cuts):
    """Two sinks over one partition, and in turn whatever the steps say; in the end both read to the end."""
    sinks, saved = [Sink(url, partition), Sink(url, partition)], {}

    def restarted():
        restore(client, saved)
        raise DependencyError("Redis was away")

    for step in steps:
        log, rows = cuts.randrange(60), cuts.randrange(60)
        now = {
            "kill": kill,
            "flush": client.flushdb,
            "restore": restarted,
            "lose": lambda: lose(client, cuts.choice(CONTESTS)),
            "overtake": lambda: sinks[1].turn(cuts.randrange(60), cuts.randrange(60)),
        }
        match step:
            case "turn":
                sinks[0].turn(log, rows)
            case "other":
                sinks[1].turn(log, rows)
            case "copy":
                saved = copy(client)
            case "check":
                sinks[0].check()
            case _:
                # at one of the writes of a turn, or between two turns
                left, after = cuts.randrange(9), bool(cuts.randrange(2))
                sinks[0].disturbed(now[step], left, after=after, log=log, rows=rows)
                if left == 0 and step not in ("kill", "restore"):
                    now[step]()
    for sink in sinks:
        sink.finish()
        sink.store.close()


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=20), seed=st.integers(0, 3), cuts=st.randoms(use_true_random=False)
)
def test_any_redelivery_kill_flush_restore_and_second_sink_ends_in_the_same_keys(url, client, steps, seed, cuts):
    partition = stories(seed)
    expected = EXPECTED.get(seed) or EXPECTED.setdefault(seed, straight(url, client, partition))
    client.flushdb()
    disturb(url, client, partition, steps, cuts)
    assert dump(client) == expected


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200))
def test_long_hundreds_of_disturbed_runs_end_in_the_same_keys(url, client, seed):
    cuts, partition = random.Random(seed), stories(seed % 4)
    expected = EXPECTED.get(seed % 4) or EXPECTED.setdefault(seed % 4, straight(url, client, partition))
    client.flushdb()
    disturb(url, client, partition, [cuts.choice(STEPS) for _ in range(30)], cuts)
    assert dump(client) == expected


EXPECTED: dict[int, dict] = {}


def test_a_copy_that_is_older_heals_with_the_same_tokens(url, client):
    """Three contests in one partition, one of them behind the others in the copy."""
    partition = stories(1)
    sink = Sink(url, partition)
    sink.turn(60, 60)
    saved = copy(client)
    behind = {key: client.dump(key) for key in client.scan_iter(f"{{{CONTESTS[1]}}}:*")}
    sink.turn(40, 40)
    saved = copy(client) | behind
    sink.finish()
    expected = dump(client)
    epochs = [meta(client, c).epoch for c in CONTESTS]
    restore(client, saved)
    sink.check()
    sink.finish()
    assert dump(client) == expected
    assert [meta(client, c).epoch for c in CONTESTS] == epochs


def test_a_flushed_redis_heals_without_any_new_record_and_under_a_new_epoch(url, client):
    sink = Sink(url, stories(2))
    sink.finish()
    expected, epoch = dump(client), meta(client).epoch
    client.flushdb()
    assert not sink.turn(), "nothing new comes"
    sink.check()
    sink.finish()
    assert dump(client) == expected
    assert meta(client).epoch != epoch


def test_a_restarted_sink_begins_where_the_view_is(url, client):
    partition = stories(3)
    sink = Sink(url, partition)
    sink.finish()
    again = Sink(url, partition)
    again.place()
    assert again.next == {LOG: partition.end(LOG), ROWS: partition.end(ROWS)}


def test_rows_that_look_the_same_or_come_late_make_no_delta(url, client):
    c = CONTESTS[0]
    rows = [make.row("t1", 10, c, solved=1), make.row("t1", 12, c, solved=1), make.row("t1", 11, c, solved=3)]
    sink = Sink(url, Partition([], rows))
    sink.finish()
    assert board(client) == {"t1": 1}
    assert [revision for revision, _, _ in deltas(client)] == [1]
    assert client.hget(live.row_positions_key(c, "0", "public"), "t1") == b"12"


def test_a_batch_is_seen_at_its_closing_mark_and_then_whole(url, client):
    c, teams = CONTESTS[0], 700
    first = [make.row(f"t{n:04}", 5, c) for n in range(teams)]
    batch = [make.row(f"t{n:04}", 9, c, solved=1, batch=9) for n in range(teams)]
    between = [make.row("t0001", 10, c, solved=2)]
    sink = Sink(
        url, Partition([], [*first, *batch, *between, make.first("a", 9, "t0002", c, batch=9), make.closed(9, c)])
    )
    sink.turn(0, teams)
    sink.turn(0, teams)
    assert set(board(client).values()) == {0}, "nobody sees half a batch"
    sink.turn(0, 1)
    assert board(client)["t0001"] == 2, "a row of its own is shown at once"
    sink.finish()
    assert sorted(board(client).values()) == [1] * (teams - 1) + [2]
    revision, rows, firsts = deltas(client)[-1]
    assert len(rows) == teams
    assert firsts["a"]["team_id"] == "t0002"
    assert client.get(live.revision_key(c, "0", "public")) == b"%d" % revision
    order = [row.team_id for row in live.in_order(map(live.parse_row, client.hvals(live.rows_key(c, "0", "public"))))]
    assert [
        member.rpartition(b"\0")[2].decode() for member in client.zrange(live.index_key(c, "0", "public"), 0, -1)
    ] == order
    assert order[0] == "t0001"


def test_a_batch_whose_mark_is_gone_is_closed_by_a_later_one_and_not_by_an_earlier(url, client):
    c = CONTESTS[0]
    rows = [
        make.row("t1", 20, c, solved=1, batch=20),
        make.closed(10, c),
        make.row("t2", 30, c, solved=2, batch=30),
        make.closed(30, c),
    ]
    sink = Sink(url, Partition([], rows))
    sink.turn(0, 2)
    assert board(client) == {}
    sink.finish()
    assert board(client) == {"t1": 1, "t2": 2}


def test_a_row_that_is_not_listed_leaves_no_trace_and_one_that_leaves_the_board_is_told(url, client):
    c = CONTESTS[0]
    out = {"listed": False, "ranked": False}
    rows = [
        make.row("ghost", 5, c, solved=1, **out),
        make.row("t1", 6, c, solved=1),
        make.row("t1", 7, c, solved=2, **out),
        make.row("t1", 8, c, solved=3, **out),
    ]
    Sink(url, Partition([], rows)).finish()
    assert board(client) == {}
    assert [rows for _, rows, _ in deltas(client)][1] == [{"team_id": "t1", "listed": False}]
    assert len(deltas(client)) == 2
    assert client.zcard(live.index_key(c, "0", "public")) == 0


@pytest.mark.parametrize("batch", [0, 9])
def test_a_team_out_of_competition_has_a_row_and_is_not_on_the_board(url, client, batch):
    c = CONTESTS[0]
    rows = [
        make.row("guest", 5, c, solved=1, listed=False, batch=batch),
        make.row("t1", 6, c, solved=1, batch=batch),
        *([make.closed(9, c)] if batch else []),
        make.row("t1", 10, c, solved=2, listed=False),
        make.row("t1", 11, c, solved=3, listed=False),
    ]
    Sink(url, Partition([], rows)).finish()
    key = live.rows_key(c, "0", "public")
    held = {row.team_id: (row.listed, row.num_solved) for row in map(live.parse_row, client.hvals(key))}
    assert held == {"guest": (False, 1), "t1": (False, 3)}
    assert client.zcard(live.index_key(c, "0", "public")) == 0
    assert [[row["team_id"] for row in found] for _, found, _ in deltas(client)] == [["t1"], ["t1"]]
    assert [rows for _, rows, _ in deltas(client)][1] == [{"team_id": "t1", "listed": False}]


def test_a_first_to_solve_can_become_undecided_again(url, client):
    c = CONTESTS[0]
    Sink(url, Partition([], [make.first("a", 5, "t1", c), make.first("a", 6, None, c)])).finish()
    assert [firsts for _, _, firsts in deltas(client)][1] == {"a": None}
    assert not client.hexists(live.firsts_key(c, "0", "public"), "a")


def test_the_latest_mark_is_kept(url, client):
    c = CONTESTS[0]
    Sink(url, Partition([], [make.mark(9, c), make.mark(7, c)])).finish()
    found = live.parse_mark(client.get(live.mark_key(c, "0", "public")))
    assert (found.position, found.fold_version) == (9, 1)


def test_compaction_between_gives_a_new_epoch_to_what_was_behind(url, client):
    c = CONTESTS[0]
    partition = Partition([], [make.row("t1", n, c, solved=n % 3) for n in range(10)])
    sink = Sink(url, partition)
    sink.turn(0, 3)
    epoch, saved = meta(client).epoch, copy(client)
    sink.finish()
    assert meta(client).epoch == epoch
    restore(client, saved)
    partition.records[ROWS][4] = partition.records[ROWS][5] = None
    sink.check()
    sink.finish()
    assert board(client) == {"t1": 0}
    assert meta(client).epoch != epoch
    epoch = meta(client).epoch
    partition.append(ROWS, make.row("t1", 10, c, solved=2))
    sink.finish()
    assert meta(client).epoch == epoch


def test_a_promotion_takes_effect_where_it_expects_the_active_one_and_a_retired_generation_goes(url, client):
    c = CONTESTS[0]
    log = [
        make.definition(c),
        make.make(events.GenerationOpened, c, rule="icpc", fold_version=1),
        make.make(events.GenerationPromoted, c, expect="7", generation="1"),
        make.make(events.GenerationPromoted, c, expect="0", generation="1"),
        make.make(events.GenerationRetired, c, generation="0"),
    ]
    rows = [make.row("t1", 1, c), make.row("t1", 1, c, generation="1", solved=1), make.row("t1", 5, c, solved=2)]
    sink = Sink(url, Partition(log, rows))
    sink.turn(3, 2)
    assert meta(client).active == "0"
    sink.turn(1, 0)
    assert meta(client).active == "1"
    feed = live.parse_notifications(client.xrange(live.feed_key(c)))
    assert (feed[-1].type, feed[-1].id) == ("generation", "1")
    sink.finish()
    assert board(client) == {}, "rows of a retired generation are not kept"
    assert board(client, generation="1") == {"t1": 1}
    assert not list(client.scan_iter(f"{{{c}}}:*:0:public"))


def test_what_the_fold_refuses_for_its_rule_is_void_and_the_view_goes_past_it(url, client):
    c = CONTESTS[0]
    log = [
        make.definition(c),
        make.definition(c, changes=0, name="Void", rule="golf"),
        make.make(events.GenerationOpened, c, rule="golf", fold_version=1),
        make.make(events.GenerationPromoted, c, expect="0", generation="2"),
        make.definition(c, changes=0, name="Renamed"),
    ]
    sink = Sink(url, Partition(log, []))
    sink.turn(3, 0)
    assert (meta(client).definition, meta(client).log) == (0, 2)
    sink.finish()
    assert (meta(client).definition, meta(client).active) == (4, "0")


def test_a_reload_heals_what_was_tampered_with_and_is_done_once(url, client):
    c = CONTESTS[0]
    partition = stories(1)
    sink = Sink(url, partition)
    sink.finish()
    epoch = meta(client).epoch
    client.hset(live.rows_key(c, "0", "public"), "phantom", b'{"team_id":"phantom"}')
    client.hdel(live.objects_key(c, "teams"), "t1")
    partition.append(LOG, act(events.Reloaded, "reload", c))
    sink.finish()
    healed = dump(client)
    assert meta(client).epoch != epoch
    assert healed == straight(url, client, partition)
    again = Sink(url, partition)
    again.finish()
    assert again.placed == 1, "a Redis made after the reload does not need it"


def test_bad_records_are_buried_with_their_reason_and_the_stream_goes_on(url, client):
    c = CONTESTS[0]
    foreign = next(name for n in range(99) if partition_of(name := f"x{n}") != partition_of(c))
    log = [b"rubbish", make.definition(c), make.row("t1", 1, c), make.definition(foreign), make.submission("s1", c)]
    rows = [b"\xc3\x01" + b"x" * 9, make.definition(c), make.row("t1", 1, c)]
    sink = Sink(url, Partition(log, rows))
    sink.finish()
    assert [(topic, position) for topic, position, _ in sink.buried] == [
        (LOG, 0),
        (LOG, 2),
        (LOG, 3),
        (ROWS, 0),
        (ROWS, 1),
    ]
    assert all(why for _, _, why in sink.buried)
    assert board(client) == {"t1": 0}
    assert client.hget(live.numbers_key(c), "s1") == b"1"


def test_an_event_whose_derivation_fails_is_left_out_and_the_others_are_not(url, client, monkeypatch):
    from streams.live import folded as module

    c, real = CONTESTS[0], module.apply

    def fails(state, position, event):
        if isinstance(event, events.Submission) and event.id == "bad":
            state.count += 17
            raise ValueError("a bug")
        return real(state, position, event)

    monkeypatch.setattr(module, "apply", fails)
    log = [make.definition(c), make.submission("s1", c), make.submission("bad", c), make.submission("s2", c)]
    sink = Sink(url, Partition(log, []))
    sink.finish()
    assert [(topic, position) for topic, position, _ in sink.buried] == [(LOG, 2)]
    assert sink.graves == [sink.partition.records[LOG][2].value], "the bytes are those of the log"
    assert client.hgetall(live.numbers_key(c)) == {b"s1": b"1", b"s2": b"2"}


def winners(client, contest=CONTESTS[0]):
    """Who has won, as the public and as the jury are told."""
    found = client.hmget(live.objects_key(contest, "awards"), "public:winner", "jury:winner")
    return [live.parse_stored(one).object["team_ids"] for one in found]


def ended(*more, contest=CONTESTS[0]):
    """A contest that t1 has won, before t2, and what comes after its end."""
    log = [make.definition(contest, scoreboard_freeze_duration=None), *make.entries(contest)]
    for minute, team in enumerate(("t1", "t2"), 1):
        log.append(make.submission(f"s{minute}", contest, team=team, at=minute * make.MINUTE))
        log.append(make.judgement(f"s{minute}", "AC", contest, team=team))
    log.append(act(events.Transitioned, "ended", contest, kind="ended", planned_at=make.START + 5 * HOUR))
    return Partition([*log, *more], [])


def test_awards_are_without_what_the_scorer_says_it_has_skipped_also_after_a_restart_a_flush_and_a_reload(url, client):
    c = CONTESTS[0]
    partition = ended(act(events.PenaltyAdded, "p", c, team_id="t1", by=2 * HOUR))
    sink, penalty = Sink(url, partition), partition.end(LOG) - 1
    sink.finish()
    assert winners(client) == [["t2"], ["t2"]]
    partition.append(LOG, act(events.PositionSkipped, "of another fold", c, position=penalty, fold_version=7))
    sink.finish()
    assert winners(client) == [["t2"], ["t2"]]
    sink.start()
    partition.append(LOG, act(events.PositionSkipped, "skip", c, position=penalty, fold_version=1))
    sink.finish()
    assert winners(client) == [["t1"], ["t1"]]
    expected = dump(client)
    client.flushdb()
    sink.check()
    sink.finish()
    assert dump(client) == expected
    partition.append(LOG, act(events.Reloaded, "reload", c))
    partition.append(LOG, act(events.PenaltyAdded, "q", c, team_id="t1", by=2 * HOUR))
    sink.finish()
    assert winners(client) == [["t2"], ["t2"]], "and they go on"


def test_what_adds_up_to_more_than_64_bits_is_left_out_and_the_view_goes_past_it(url, client):
    c = CONTESTS[0]
    partition = ended(*(act(events.TeamTimeExtended, f"x{n}", c, team_id="t1", by=2**62) for n in range(4)))
    partition.append(LOG, make.submission("late", c, team="t2"))
    sink = Sink(url, partition)
    sink.finish()
    assert [position for _, position, _ in sink.buried] == [partition.end(LOG) - 2]
    assert client.hget(live.numbers_key(c), "late") == b"3"
    assert winners(client) == [["t1"], ["t1"]]


def test_one_event_that_changes_thousands_of_objects_is_cut_and_survives_a_kill_in_between(url, client, monkeypatch):
    monkeypatch.setattr(effects, "SLICE", 50)
    c = CONTESTS[0]
    log = [make.definition(c), *(make.submission(f"s{n}", c, at=HOUR + n) for n in range(300))]
    log += [
        act(events.ContestExtended, "e", c, by=-4 * HOUR),
        act(events.StartMoved, "m", c, start_time=make.START + 5),
    ]
    partition = Partition(log, [])
    expected = straight(url, client, partition)
    for left in range(1, 30, 3):
        client.flushdb()
        sink = Sink(url, partition)
        sink.turn(301)
        sink.disturbed(kill, left, after=True, log=2)
        sink.finish()
        assert dump(client) == expected
        sink.store.close()


def test_the_feed_has_every_change_once_and_in_the_order_of_references(url, client):
    c = CONTESTS[0]
    log = [
        make.definition(c),
        *make.entries(c),
        make.submission("s1", c),
        make.started("s1", c),
        make.runs("s1", 1, contest=c),
    ]
    log.append(make.judgement("s1", "AC", c))
    Sink(url, Partition(log, [])).finish()
    feed = live.parse_notifications(client.xrange(live.feed_key(c)))
    heard = [one.type for one in feed]
    assert heard[0] == "contest"
    assert heard[-4:] == ["submissions", "judgements", "runs", "judgements"]
    runs = next(one for one in feed if one.type == "runs")
    assert runs.stored is None
    stored = live.parse_stored(client.hget(live.objects_key(c, "runs"), runs.id))
    assert stored.facts["submission"] == "s1"
    assert feed[-1].stored.object["judgement_type_id"] == "AC"
    assert client.hget(live.ids_key(c), "1") == b"s1"
