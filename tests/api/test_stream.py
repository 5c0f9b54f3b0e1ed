"""The streams: snapshot, deltas, coming back where one was, and what a stream may never tell."""

import contextlib
import json
import socket

import httpx
import pytest
import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from schemas.events import ContestExtended, GenerationOpened, GenerationPromoted, Membership, Team, Transitioned
from schemas.live import meta_key
from tests.api.events import Events
from tests.api.world import HOUR, PASSWORD, now
from tests.wait import LEAST_S, until


def board_url(world, contest, number=1, **query):
    extra = "&".join(f"{k}={v}" for k, v in query.items())
    return f"{world.url(number)}/api/contests/{contest}/scoreboard/stream" + (f"?{extra}" if extra else "")


def own_url(world, contest, number=1):
    return f"{world.url(number)}/api/contests/{contest}/notifications"


def times_of_t1(delta):
    return [row["total_time"] for row in delta.data["rows"] if row["team_id"] == "t1"]


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("stream")
    for audience in ("public", "jury"):
        world.first(contest, "a", "t1", audience)
        world.row(contest, "t1", {"a": 10, "b": 0}, audience)
        world.row(contest, "t2", {"a": 20}, audience)
    world.appears(contest)
    board = f"/api/contests/{contest}/scoreboard"
    for who in (None, "stream-jury"):
        until(lambda who=who: len(world.get(board, who).json()["rows"]) == 2, 10, "both rows are there")
    return contest


def test_a_snapshot_then_every_change(world, c):
    with Events(board_url(world, c)) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.response.headers["x-accel-buffering"] == "no"
        snapshot = stream.next()
        assert snapshot.name == "snapshot"
        data = snapshot.data
        assert data["contest"]["id"] == c
        assert [p["label"] for p in data["problems"]] == ["A", "B", "C"]
        assert data["teams"] == {
            "t1": {"name": "Team 1", "label": "t1", "organization": "University 1", "country": "ISL"},
            "t2": {"name": "Team 2", "label": "t2", "organization": "University 2", "country": "ISL"},
        }
        assert {row["team_id"]: row["num_solved"] for row in data["rows"]} == {"t1": 1, "t2": 1}
        assert data["firsts"]["pa"]["team_id"] == "t1"
        assert 1000 <= stream.retry <= 5000
        generation, epoch, revision = snapshot.id.split(":")
        world.row(c, "t2", {"a": 20, "b": 30})
        delta = stream.next()
        assert (delta.name, delta.id) == ("delta", f"{generation}:{epoch}:{int(revision) + 1}")
        (row,) = delta.data["rows"]
        assert (row["team_id"], row["num_solved"], row["total_time"]) == ("t2", 2, 50 * 60_000)
        assert "position" not in row


def test_who_comes_back_gets_what_they_missed_from_any_process(world, c):
    with Events(board_url(world, c)) as one, Events(board_url(world, c, number=2)) as other:
        last = one.next("snapshot").id
        other.next("snapshot")
        for minute in range(31, 40):
            world.row(c, "t1", {"a": 10, "b": minute})
        for stream in (one, other):  # both processes have them before anybody comes back
            # who is several deltas behind is sent one for all, with other teams' rows in it
            head = stream.until(lambda e: e.name == "delta" and times_of_t1(e) == [49 * 60_000]).id
    for number in (1, 2):
        with Events(board_url(world, c, number), last_id=last) as back:
            delta = back.next("delta")
            assert delta.id == head
            assert times_of_t1(delta) == [49 * 60_000], "conflated: the newest state alone"
    with Events(board_url(world, c, last_event_id=delta.id)) as current:
        assert current.next().name == "state"
        world.row(c, "t1", {"a": 10, "b": 45})
        assert current.next("delta").data["rows"][0]["total_time"] == 55 * 60_000


@pytest.mark.parametrize("token", ["0:elsewhere:3", "7:x:1", "garbage", "0::", "0:e:99999999999999999999"])
def test_a_token_of_another_board_means_a_snapshot(world, c, token):
    with Events(board_url(world, c), last_id=token) as stream:
        assert stream.next().name == "snapshot"


def test_the_jurys_board_is_the_jurys(world, c):
    for who in (None, "stream-t1"):
        auth = (who, PASSWORD) if who else None
        with Events(board_url(world, c, audience="jury"), auth) as stream:
            assert stream.response.status_code == 403
    with Events(board_url(world, c, audience="jury"), ("stream-jury", PASSWORD)) as stream:
        assert "t3" in stream.next("snapshot").data["teams"], "the hidden team"
        with Events(board_url(world, c)) as public:
            until(public.silent, 10, "the public's stream has said all")
            world.row(c, "t2", {"a": 20, "b": 30, "c": 59}, "jury")
            assert stream.next("delta").data["rows"][0]["num_solved"] == 3
            assert public.silent(), "not even an empty message"
    with Events(board_url(world, c, audience="nobody")) as stream:
        assert stream.response.status_code == 400


def test_contest_teams_and_start_are_told_as_they_change(world):
    contest = world.contest("changing", start_time=now() + HOUR)
    world.appears(contest)
    with Events(board_url(world, contest)) as stream:
        assert stream.next("snapshot").data["problems"] == [], "not before the start"
        world.add(Team(**world.stamp(contest), id="t1", name="Renamed", organization_id="u1"))
        teams = stream.next("teams").data
        assert teams["teams"]["t1"]["name"] == "Renamed"
        world.add(ContestExtended(**world.stamp(contest), id="longer", by=HOUR))
        stream.until(lambda e: e.name == "state" and e.data["contest"]["duration"] == "6:00:00")
        planned = now() + 500
        world.define(contest, start_time=planned)
        stream.until(lambda e: e.name == "state" and e.data["times"]["start"] == planned)
        until(lambda: now() > planned, 10, "the contest starts")
        world.add(Transitioned(**world.stamp(contest), id="started", kind="started", planned_at=planned))
        state = stream.until(lambda e: e.name == "state" and e.data["state"]["started"]).data
        assert [p["label"] for p in state["problems"]] == ["A", "B", "C"]
        assert state["teams_digest"] == teams["digest"]


def test_before_the_start_no_message_tells_of_the_problems(world):
    contest = world.contest("secret", start_time=now() + 2 * HOUR)
    for audience in ("public", "jury"):
        world.row(contest, "t1", {"a": 0, "b": 0}, audience)
    world.appears(contest)
    until(lambda: world.get(f"/api/contests/{contest}/scoreboard").json()["rows"], 10, "the row is there")
    jurys = Events(board_url(world, contest, audience="jury"), ("secret-jury", PASSWORD))
    with Events(board_url(world, contest)) as stream, jurys as jury:
        snapshot = stream.next("snapshot")
        assert [(row["team_id"], row["cells"]) for row in snapshot.data["rows"]] == [("t1", [])]
        assert len(jury.next("snapshot").data["rows"][0]["cells"]) == 2
        world.row(contest, "t2", {"a": 0, "c": 0})
        world.first(contest, "a", "t1")
        assert stream.next("delta").data["rows"][0]["cells"] == []
        assert stream.next("delta").data == {"rows": [], "firsts": {}}
        with Events(board_url(world, contest, 2), last_id=snapshot.id) as back:
            (row,) = back.next("delta").data["rows"]
            assert (row["team_id"], row["cells"]) == ("t2", [])
        # the log says that it has started: an api whose clock is behind shows the problems all the same
        start = snapshot.data["times"]["start"]
        world.add(Transitioned(**world.stamp(contest), id="started", kind="started", planned_at=start))
        state = stream.until(lambda e: e.name == "state" and e.data["state"]["started"]).data
        assert [p["label"] for p in state["problems"]] == ["A", "B", "C"]
        world.row(contest, "t2", {"a": 3, "c": 0})
        assert len(stream.next("delta").data["rows"][0]["cells"]) == 2


def test_another_generations_board_comes_on_the_stream_that_is_open(world):
    contest = world.contest("promoted")
    world.row(contest, "t1", {"a": 10})
    world.appears(contest)
    until(lambda: world.get(f"/api/contests/{contest}/scoreboard").json()["rows"], 10, "the row is there")
    with (
        Events(board_url(world, contest)) as stream,
        Events(own_url(world, contest), ("promoted-t1", PASSWORD)) as mine,
    ):
        old = stream.next("snapshot").id
        mine.next("snapshot")
        (opened,) = world.add(GenerationOpened(**world.stamp(contest), rule="icpc", fold_version=1))
        world.add(GenerationPromoted(**world.stamp(contest), expect="0", generation=str(opened)))
        snapshot = stream.next()
        assert snapshot.name == "snapshot"
        assert snapshot.id.split(":") == ["1", old.split(":")[1], "0"], "no position: it would tell of what is hidden"
        assert "generation" not in snapshot.data
        assert snapshot.data["rows"] == []
        # rows of the old generation are no longer told, and the streams go on
        world.row(contest, "t2", {"a": 10})
        assert stream.silent()
        assert not stream.ended.is_set()
        submitted = world.post(contest, "promoted-t1").json()
        assert mine.next().data["id"] == submitted["id"], "nothing but this was told"
    with Events(board_url(world, contest), last_id=old) as stream:
        assert stream.next().name == "snapshot"


def test_a_redis_that_was_emptied_gives_everybody_the_same_board_again(world, redis_server, c):
    def rows():
        # 503 while the view is being rebuilt
        return world.get(f"/api/contests/{c}/scoreboard").json().get("rows")

    before = rows()
    with Events(board_url(world, c)) as stream:
        old = stream.next("snapshot").id
        client = redis.Redis.from_url(redis_server)
        epoch = client.hget(meta_key(c), "epoch")
        client.flushall()
        stream.next("reset")
        assert client.hget(meta_key(c), "epoch") != epoch
        client.close()
    until(lambda: rows() == before, 20, "the board is what it was")
    with Events(board_url(world, c), last_id=old) as stream:
        assert len(stream.next("snapshot").data["rows"]) == len(before)


def test_a_teams_own_stream_is_its_own(world, c):  # an account of the other contest is there, too
    contest = world.contest("private")
    world.appears(contest)
    first = world.post(contest, "private-t1").json()
    world.post(contest, "private-t2")
    sent = f"/api/contests/{contest}/submissions"
    # a submission is answered from the log where the view takes its time
    until(lambda: len(world.get(sent, "private-jury").json()) == 2, 10, "both are there")
    with (
        Events(own_url(world, contest), ("private-t1", PASSWORD)) as mine,
        Events(own_url(world, contest), ("private-jury", PASSWORD)) as jury,
    ):
        snapshot = mine.next("snapshot").data
        assert [(s["id"], s["number"]) for s in snapshot["submissions"]] == [(first["id"], 1)]
        assert len(jury.next("snapshot").data["submissions"]) == 2
        second = world.post(contest, "private-t1", problem_id="pb").json()
        world.post(contest, "private-t2")
        told = mine.next("submission")
        assert (told.data["id"], told.data["number"]) == (second["id"], 3)
        world.judge(contest, second, "WA")
        verdict = mine.until(lambda e: e.name == "judgement" and "judgement_type_id" in e.data).data
        assert (verdict["submission_id"], verdict["judgement_type_id"]) == (second["id"], "WA")
        assert mine.silent(), "nothing of another team"
        jury.until(lambda e: e.name == "judgement" and "judgement_type_id" in e.data)
    for who, status in ((None, 401), ("stream-t1", 403)):
        with Events(own_url(world, contest), (who, PASSWORD) if who else None) as refused:
            assert refused.response.status_code == status


def test_the_same_messages_over_a_websocket(world, c):
    address = board_url(world, c).replace("http", "ws", 1)
    with connect(address) as socket_, Events(board_url(world, c)) as stream:
        clock, snapshot = json.loads(socket_.recv(LEAST_S)), json.loads(socket_.recv(LEAST_S))
        assert clock["event"] == "clock"
        event = stream.next("snapshot")
        assert (snapshot["event"], snapshot["id"]) == ("snapshot", event.id)
        assert snapshot["data"] == event.data
        world.row(c, "t1", {"a": 10, "b": 50})
        # the snapshot may be a few deltas behind: they come first
        last = stream.until(lambda e: e.name == "delta" and times_of_t1(e)[-1:] == [60 * 60_000]).id
        assert up_to(socket_, last)[-1]["event"] == "delta"
    with connect(f"{address}?last_event_id={snapshot['id']}") as socket_:
        told = [one["event"] for one in up_to(socket_, last)]
        assert told[:3] == ["clock", "state", "delta"], "it goes on where it was"
        assert "snapshot" not in told
    with pytest.raises(Exception, match="403"):
        connect(board_url(world, c, audience="jury").replace("http", "ws", 1))


def up_to(socket_, last):
    """What comes by a WebSocket up to the message with this id."""
    told = [json.loads(socket_.recv(LEAST_S))]
    while told[-1].get("id") != last:
        told.append(json.loads(socket_.recv(LEAST_S)))
    return told


def test_a_page_of_another_site_may_watch_as_nobody(world, c):
    address = board_url(world, c).replace("http", "ws", 1)
    cookie = login(world, "stream-jury")
    foreign = {"origin": "https://evil.example", "additional_headers": {"Cookie": cookie}}
    with connect(address, **foreign) as socket_:
        assert json.loads(socket_.recv(LEAST_S))["event"] == "clock"
        assert "t3" not in json.loads(socket_.recv(LEAST_S))["data"]["teams"], "not what the jury sees"
    for private, status in ((f"{address}?audience=jury", 403), (own_url(world, c).replace("http", "ws", 1), 401)):
        with pytest.raises(InvalidStatus) as refused:
            connect(private, **foreign)
        assert refused.value.response.status_code == status
        with connect(private, additional_headers={"Cookie": cookie}) as socket_:
            assert json.loads(socket_.recv(LEAST_S))["event"] == "clock"


def login(world, username):
    answer = httpx.post(f"{world.url()}/api/session", json={"username": username, "password": PASSWORD})
    return f"podium_session={answer.cookies['podium_session']}"


def test_a_token_of_the_jurys_board_is_none_of_the_publics(world, c):
    with Events(board_url(world, c, audience="jury"), ("stream-jury", PASSWORD)) as jury:
        token = jury.next("snapshot").id
    with Events(board_url(world, c, audience="jury"), ("stream-jury", PASSWORD), last_id=token) as jury:
        assert jury.next().name == "state", "it goes on where it was"
    with Events(board_url(world, c), last_id=token) as public:
        assert public.next().name == "snapshot"


def test_streams_end_when_their_account_is_another(world):
    contest = world.contest("shut")
    member = Membership(contest, None)
    world.account("shut-other", "jury", member)
    world.appears(contest)
    until(lambda: world.get("/api/session", "shut-other").status_code == 200, 10, "the account is known")
    cookie = login(world, "shut-jury")
    until(lambda: whoami(world, cookie) == "shut-jury", 10, "logged in")
    jurys = board_url(world, contest, audience="jury")
    with (
        Events(jurys, ("shut-jury", PASSWORD)) as board,
        Events(own_url(world, contest), ("shut-jury", PASSWORD)) as own,
        connect(jurys.replace("http", "ws", 1), additional_headers={"Cookie": cookie}) as socket_,
        Events(jurys, ("shut-other", PASSWORD)) as other,
        Events(board_url(world, contest)) as public,
    ):
        for stream in (board, own, other, public):
            stream.next("snapshot")
        world.account("shut-jury", "jury", member, session=1)
        until(lambda: board.ended.is_set() and own.ended.is_set(), 10, "both streams end")
        with pytest.raises(ConnectionClosed):
            drain(socket_)
        assert whoami(world, cookie) is None
        world.row(contest, "t1", {"a": 9}, "jury")
        assert other.next("delta"), "another account's goes on"
        assert not public.ended.is_set()
    world.account("shut-other", "jury", member, disabled=True)
    until(lambda: world.get("/api/session", "shut-other").status_code == 401, 10, "the account is disabled")
    with Events(jurys, ("shut-other", PASSWORD)) as refused:
        assert refused.response.status_code == 401


def drain(socket_):
    while True:
        socket_.recv(LEAST_S)


def whoami(world, cookie):
    account = httpx.get(f"{world.url()}/api/session", headers={"Cookie": cookie}).json()["account"]
    return account and account["username"]


def test_who_does_not_read_delays_nobody_and_is_conflated(world, c):
    host, _, port = world.address(1).rpartition(":")
    with socket.socket() as idle:
        # a fixed window: the kernel would else take in megabytes for it, and one of a page drains for minutes
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        idle.connect((host, int(port)))
        idle.sendall(f"GET /api/contests/{c}/scoreboard/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        idle.recv(100)
        with Events(board_url(world, c)) as stream:
            stream.next("snapshot")
            count = 300
            for number in range(count):
                world.producer.send(  # rows as wide as they get, until every buffer is full
                    "scoreboard-rows", f"{c}|0|public|t1", wide(world, c, number), partition=partition(c)
                )
            last = lambda e: e.name == "delta" and any(r["total_time"] == count - 1 for r in e.data["rows"])  # noqa: E731
            stream.until(last)
        received = b""
        idle.settimeout(LEAST_S)
        end = f'"total_time":{count - 1},'.encode()
        while end not in received:
            more = idle.recv(1 << 16)
            assert more, "the stream ended"
            received += more
        assert received.count(b"event: delta") < count, "what it missed came merged"


def wide(world, contest, number):
    import dataclasses

    from schemas.rows import Cell, ScoreboardRow

    cells = tuple(Cell(f"p{n:030}", 1, 0, False) for n in range(200))
    base = ScoreboardRow(
        **world.stamp(contest),
        generation="0",
        audience="public",
        position=world.add_nothing(),
        team_id="t1",
        listed=True,
        ranked=True,
        sort_key=(0,),
        tie_key="t1",
        num_solved=0,
        total_time=number,
        cells=cells,
    )
    return dataclasses.replace(base)


def partition(contest):
    from schemas.ids import partition_of

    return partition_of(contest)


def test_streams_are_bounded_and_end_in_order_with_the_process(world, c):
    with contextlib.ExitStack() as ends:
        url = ends.enter_context(world.another_api(PODIUM_MAX_STREAMS="2"))
        address = f"{url}/api/contests/{c}/scoreboard/stream"
        one, two = ends.enter_context(Events(address)), ends.enter_context(Events(address))
        one.next("snapshot")
        two.next("snapshot")
        with Events(address) as three:
            assert three.response.status_code == 503
            assert three.response.headers["retry-after"]
        with connect(address.replace("http", "ws", 1)) as socket_, pytest.raises(ConnectionClosed) as full:
            socket_.recv(LEAST_S)
        assert full.value.rcvd.code == 1013, "try again later"
        metrics = httpx.get(f"{url}/metrics").text
        assert "podium_api_streams 2.0" in metrics
        assert world.stop("api-3") == 0
        until(lambda: one.ended.is_set() and two.ended.is_set(), 5, "both streams end")
    _, end, ending = world.log("api-3").rpartition("Shutting down")  # before it, what other tests did to the accounts
    assert end
    assert '"level": "error"' not in ending
