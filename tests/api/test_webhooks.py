"""Webhooks: who may have one, whom we call, and that each call comes in order, again until it is taken, and never after."""

import asyncio
import contextlib
import dataclasses
import errno
import functools
import itertools
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from api.webhooks import address, caller
from api.webhooks.address import check_url, resolved
from api.webhooks.caller import Calls
from api.webhooks.cursor import Cursors
from api.webhooks.registry import MOST
from schemas.codec import codec
from schemas.errors import DataError
from schemas.events import Clarification, Definition, Membership
from schemas.ids import partition_of
from schemas.live import ASKED_KEY, feed_key, meta_key
from streams.live.view import LOG
from streams.loop import Record
from tests.api.stages import CONTEST
from tests.api.world import PASSWORD
from tests.leaks.world import StillClock
from tests.wait import until

HOOK = {"url": "https://balloons.example/x", "token": "mine"}


@contextlib.contextmanager
def client_that_answers(statuses):
    """A server that is called; it gives these answers, then 204. Yields its URL and the calls with their answers."""
    calls, statuses = [], list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = statuses.pop(0) if statuses else 204
            calls.append((status, self.headers["webhook-token"], body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?a=1", calls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.asynccontextmanager
async def calling(contest, monkeypatch):
    """One of the site's processes makes the calls."""
    monkeypatch.setattr(caller, "LOOK_S", 0.01)
    monkeypatch.setattr(caller, "RETRY_S", (0.01,))
    settings = contest.site.settings.model_copy(update={"webhooks_local": True})
    calls = Calls(dataclasses.replace(contest.site, settings=settings))
    calls.start()
    try:
        yield
    finally:
        await calls.close()


async def soon(predicate, what):
    return await asyncio.to_thread(until, predicate, 60, what)


def taken(calls):
    return [one for status, _, body in calls if status < 300 for one in body["notifications"]]


def tell(contest, event):
    """An event of any contest of the partition, into the view."""
    world = contest.world
    record = Record(LOG, world.partition, world.end, event.contest.encode(), codec().encode(event))
    world.end += 1
    assert world.live.apply(world.partition, [record])


def another(contest, **changes):
    """Another contest of the site, before this one in every list; its id. *changes*: to this one's definition."""
    id_ = next(id_ for n in range(1000) if partition_of(id_ := f"aaa-{n}") == contest.world.partition)
    tell(contest, dataclasses.replace(definition(contest)[1], contest=id_, **changes))
    said(contest, id_, "old")
    return id_


def definition(contest):
    """The contest's first one, with its position."""
    return next(item for item in contest.world.log.items() if isinstance(item[1], Definition))


def said(contest, id_, text):
    """The jury announces something in a contest."""
    stamp = {"contest": id_, "recorded_at": 0, "recorded_by": "test"}
    tell(contest, Clarification(**stamp, id=f"on-{text}", text=text, asked_at=StillClock.now))


@pytest.mark.parametrize("version", ["2026-01", "2023-06"])
async def test_a_webhook_hears_what_its_account_sees_from_then_on_in_order_and_once(contest, monkeypatch, version):
    contest.to("before")
    contest.to("running")
    with client_that_answers([204, 500, 503]) as (url, calls):
        answer = await contest.ask("POST", "/webhooks", "a-judge", version, json={"url": url, "token": "mine"})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made == {"id": made["id"], "url": url, "endpoints": [], "contest_ids": [], "active": True}
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: any(one["type"] == "state" for one in taken(calls)), "the freeze is told")
            contest.to("finalised")
            await soon(
                lambda: any(one["type"] == "state" and one["data"].get("finalized") for one in taken(calls)), "the end"
            )
        told = taken(calls)
        assert {token for _, token, _ in calls} == {"mine"}
        assert {body["contest_id"] for *_, body in calls} == {CONTEST}
        ids = {one["id"] for one in told if one["type"] == "submissions"}
        assert ids == {"f1", "f2"}, "what was there before is not told"
        tokens = [one["token"] for one in told]
        assert len(tokens) == len(set(tokens)), "what was taken does not come again"
        for (status, _, body), (_, _, again) in itertools.pairwise(calls):
            if status >= 300:
                first = [one["token"] for one in body["notifications"]]
                assert [one["token"] for one in again["notifications"]][: len(first)] == first
        last = {(one["type"], one["id"]): one["data"] for one in told}
        for (type_, id_), data in last.items():
            path = {"contest": ".", "state": "state"}.get(type_, f"{type_}/{id_}")
            found = await contest.get(path, "a-judge", version)
            assert (found.json() if found.status_code == 200 else None) == data, (type_, id_)


async def test_a_contest_that_has_left_the_view_holds_up_no_other_and_is_told_of_when_it_is_back(contest, monkeypatch):
    contest.to("running")
    over, view = another(contest), contest.world.redis
    view.hset(meta_key(over), "away", "1")
    with client_that_answers([]) as (url, calls):
        for wanted in ({}, {"contest_ids": [CONTEST]}, {"contest_ids": [over]}):
            hook = HOOK | {"url": url} | wanted
            assert (await contest.ask("POST", "/webhooks", "a-judge", json=hook)).status_code == 201
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: [one["type"] for one in taken(calls)].count("state") == 2, "both hear of the freeze")
            assert not view.exists(ASKED_KEY), "nobody has it brought back"
            assert {body["contest_id"] for *_, body in calls} == {CONTEST}
            view.hdel(meta_key(over), "away")
            said(contest, over, "new")
            of = lambda: [body for *_, body in calls if body["contest_id"] == over]  # noqa: E731
            await soon(lambda: len(of()) == 2, "both hear of what is new")
    assert [[one["id"] for one in body["notifications"]] for body in of()] == [["on-new"]] * 2, "and of nothing old"


async def test_a_contest_that_is_being_read_into_the_view_holds_up_no_other(contest, monkeypatch):
    contest.to("running")
    lost = another(contest)
    with client_that_answers([]) as (url, calls):
        hook = HOOK | {"url": url}
        assert (await contest.ask("POST", "/webhooks", "a-judge", json=hook)).status_code == 201
        contest.world.redis.delete(*contest.world.redis.scan_iter(f"{{{lost}}}:*"))
        named = await contest.ask("POST", "/webhooks", "a-judge", json=hook | {"contest_ids": [CONTEST]})
        assert named.status_code == 201, "another contest is not looked at"
        every = await contest.ask("POST", "/webhooks", "a-judge", json=hook)
        assert every.status_code == 503, "nobody knows what of it will be news"
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: [one["type"] for one in taken(calls)].count("state") == 2, "both hear of the freeze")


async def test_a_contest_that_cannot_be_told_of_holds_up_no_other(contest, monkeypatch, caplog):
    contest.to("running")
    broken = another(contest)
    with client_that_answers([]) as (url, calls):
        assert (await contest.ask("POST", "/webhooks", "a-judge", json=HOOK | {"url": url})).status_code == 201
        contest.world.redis.xadd(
            feed_key(broken), {"type": "teams", "id": "x", "doc": "no JSON"}, f"{contest.world.end}-1"
        )
        contest.world.redis.hset(meta_key(broken), "log", contest.world.end)
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: "state" in {one["type"] for one in taken(calls)}, "it hears of the freeze")
    assert broken in caplog.text, "and the log says of what it does not hear"


async def test_an_analyst_of_every_contest_hears_that_one_is_theirs_no_more_and_nothing_behind_it(contest, monkeypatch):
    contest.to("running")
    contest.account("at-large", "analyst", None)
    known = contest.site.accounts._known["at-large"]
    of_none = dataclasses.replace(known.account, memberships=())
    contest.site.accounts._known["at-large"] = dataclasses.replace(known, account=of_none)
    position, first = definition(contest)
    with client_that_answers([]) as (url, calls):
        assert (await contest.ask("POST", "/webhooks", "at-large", json=HOOK | {"url": url})).status_code == 201
        withheld = contest.world.add(dataclasses.replace(first, changes=position, public=False))
        said(contest, CONTEST, "in-private")
        async with calling(contest, monkeypatch):
            await soon(lambda: taken(calls), "it is gone")
            (gone,) = taken(calls)
            assert (gone["type"], gone["data"]) == ("contest", None)
            contest.world.add(dataclasses.replace(first, changes=withheld))
            await soon(lambda: "contest" in {one["type"] for one in taken(calls)[1:]}, "it is theirs again")
    told = [(one["type"], one["id"]) for one in taken(calls)[1:]]
    assert told[:1] == [("clarifications", "on-in-private")], "with what was withheld"


async def test_a_contest_that_is_not_theirs_is_not_read_again_until_it_is(contest, monkeypatch):
    contest.to("running")
    contest.account("at-large", "analyst", None)
    accounts = contest.site.accounts
    member = accounts._known["at-large"]
    of_none = dataclasses.replace(member, account=dataclasses.replace(member.account, memberships=()))
    accounts._known["at-large"] = of_none
    reads, read = [], caller.Source
    monkeypatch.setattr(caller, "Source", lambda view, id_, **more: reads.append(id_) or read(view, id_, **more))
    _, first = definition(contest)
    with client_that_answers([]) as (url, calls):
        registered = await contest.ask("POST", "/webhooks", "at-large", json=HOOK | {"url": url})
        assert registered.status_code == 201, registered.text
        (hook,) = accounts.get("at-large").account.webhooks
        position, private = contest.world.end, another(contest, public=False)

        async def rounds():
            """What is read of the other contest while this one is read three times more."""
            begin = len(reads)
            await soon(lambda: reads[begin:].count(CONTEST) >= 3, "this contest is theirs, and is looked at")
            return reads[begin:].count(private)

        async with calling(contest, monkeypatch):
            await rounds()
            assert await rounds() == 0
            said(contest, private, "new")
            assert await rounds() == 0, "of what is in it they hear nothing"
            # an account of the contest
            mine = (*member.account.memberships, Membership(private, None))
            theirs = dataclasses.replace(member.account, memberships=mine, webhooks=(hook,))
            accounts._known["at-large"] = dataclasses.replace(member, account=theirs)
            await soon(lambda: "on-new" in {one["id"] for one in taken(calls)}, "they hear all of it")
            # and none of it again
            accounts._known["at-large"] = dataclasses.replace(
                member, account=dataclasses.replace(theirs, memberships=())
            )
            said(contest, private, "newer")
            await rounds()
            assert await rounds() == 0
            tell(contest, dataclasses.replace(first, contest=private, changes=position))
            await soon(lambda: "on-newer" in {one["id"] for one in taken(calls)}, "it is everybody's")
    texts = [one["id"] for one in taken(calls) if one["type"] == "clarifications"]
    assert texts == ["on-old", "on-new", "on-newer"], "each once"


async def test_who_wants_only_some_hears_only_those_and_who_does_not_answer_is_left_alone(contest, monkeypatch):
    contest._definition["webhook_patience"] = 0
    contest.to("running")
    with client_that_answers([]) as (url, calls), client_that_answers([500] * 9) as (dead, tried):
        wanted = {"endpoints": ["submissions", "judgements"], "contest_ids": [CONTEST]}
        for where in (url, dead):
            answer = await contest.ask("POST", "/webhooks", "an-analyst", json=HOOK | wanted | {"url": where})
            assert answer.status_code == 201
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: {one["type"] for one in taken(calls)} >= {"submissions"}, "the submissions are told")
            contest.to("thawed")
            await soon(lambda: {one["type"] for one in taken(calls)} >= {"judgements"}, "the judgements are told")
            accounts = contest.site.accounts
            await soon(lambda: any(not one.active for one in accounts.get("an-analyst").account.webhooks), "it is off")
        shown = {one["url"]: one["active"] for one in (await contest.get("/webhooks", "an-analyst")).json()}
        assert shown == {url: True, dead: False}
        assert {one["type"] for one in taken(calls)} == {"submissions", "judgements"}
        assert len(tried) == 1


@contextlib.asynccontextmanager
async def client_that_goes_on(head, piece, pause):
    """A server that is called, says this and then one piece after the other. Yields its URL, the calls and the bytes said."""
    calls, said, talks = [], [0], []

    async def called(reader, writer):
        talks.append(asyncio.current_task())
        try:
            calls.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(head)
            while said[0] < 64 << 20:
                writer.write(piece)
                await writer.drain()
                said[0] += len(piece)
                await asyncio.sleep(pause)
        except ConnectionError:
            pass  # the caller has left
        finally:
            writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", calls, said
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_a_client_that_never_ends_its_answer_is_not_listened_to(contest, monkeypatch):
    """What it says of its status it has said: it is called with what comes next."""
    contest.to("running")
    block = b"%x\r\n%b\r\n" % (1 << 16, bytes(1 << 16))
    async with client_that_goes_on(CHUNKED, block, 0) as (url, calls, said):
        assert (await contest.ask("POST", "/webhooks", "an-analyst", json=HOOK | {"url": url})).status_code == 201
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: calls, "it is called")
            contest.to("over")
            await soon(lambda: len(calls) > 1, "it is called again")
    assert said[0] < 32 << 20


async def test_a_client_that_takes_too_long_to_say_that_it_has_the_events_has_not_got_them(contest, monkeypatch):
    monkeypatch.setattr(caller, "TIMEOUT_S", 0.5)
    contest.to("running")
    async with client_that_goes_on(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05) as (url, calls, _):
        assert (await contest.ask("POST", "/webhooks", "an-analyst", json=HOOK | {"url": url})).status_code == 201
        async with calling(contest, monkeypatch):
            contest.to("frozen")
            await soon(lambda: len(calls) > 1, "it is called again")


async def test_a_webhook_that_is_deleted_when_its_caller_loses_patience_does_not_come_back(contest):
    contest._definition["webhook_patience"] = 0
    contest.to("before")
    made = [(await contest.ask("POST", "/webhooks", "a-judge", json=HOOK)).json() for _ in range(2)]
    site = contest.site
    gone, stays = site.accounts.get("a-judge").account.webhooks
    assert (await contest.ask("DELETE", f"/webhooks/{gone.id}", "a-judge")).status_code == 204
    for hook in (gone, stays, stays):
        await caller._Called(site, "a-judge", hook)._lose_patience(0)
    assert (await contest.get("/webhooks", "a-judge")).json() == [made[1] | {"active": False}]
    assert [(one.account, one.action, one.target, one.status) for one in site.accounts.entries] == [
        ("a-judge", "register webhook", gone.id, 201),
        ("a-judge", "register webhook", stays.id, 201),
        ("a-judge", "delete webhook", gone.id, 204),
        ("webhooks", "switch webhook off", stays.id, 200),
    ], "each change is in the audit, once"


async def test_an_account_that_asks_for_many_webhooks_at_once_has_as_many_as_it_may(contest):
    contest.to("before")
    register = functools.partial(contest.ask, "POST", "/webhooks", "an-analyst", json=HOOK)
    assert [(await register()).status_code for _ in range(MOST - 1)] == [201] * (MOST - 1)
    answers = await asyncio.gather(*(register() for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 403, 403, 403]
    assert {one.json()["message"] for one in answers if one.status_code == 403} == {
        "20 webhooks are the most that an account may have; delete one"
    }
    kept = [one["id"] for one in (await contest.get("/webhooks", "an-analyst")).json()]
    assert len(kept) == MOST
    heard = {key.decode().split(":")[1] for key in contest.world.redis.scan_iter("webhook:*")}
    assert heard <= {*kept}, "of those refused nothing stays"


def test_what_two_processes_write_of_an_account_at_once_stays(world):
    contest = world.contest("many-hooks")
    world.appears(contest)
    jury = (f"{contest}-jury", PASSWORD)

    def register(number):
        body = HOOK | {"contest_ids": [contest], "endpoints": ["awards"]}  # of which there is no news
        answer = httpx.post(f"{world.url(1 + number % 2)}/api/webhooks", json=body, auth=jury, timeout=60)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    with ThreadPoolExecutor() as pool:
        made = set(pool.map(register, range(4)))
    for number in (1, 2):
        assert {one["id"] for one in world.get("/api/webhooks", jury[0], number).json()} == made
    for id_ in made:
        assert httpx.delete(f"{world.url()}/api/webhooks/{id_}", auth=jury, timeout=30).status_code == 204


async def test_a_webhook_hears_of_accounts_that_change_and_of_no_others(contest, monkeypatch):
    contest.to("running")
    accounts = contest.site.accounts
    with client_that_answers([500, 204]) as (url, calls):
        wanted = {"url": url, "token": "mine", "endpoints": ["accounts"]}
        assert (await contest.ask("POST", "/webhooks", "a-judge", json=wanted)).status_code == 201
        contest.account("between", "team", "t2")
        async with calling(contest, monkeypatch):
            await soon(lambda: taken(calls), "one that came after the registration is told, again until it is taken")
            told = (await contest.get("accounts/between", "a-judge")).json()
            assert taken(calls) == [{"type": "accounts", "id": "between", "data": told}]
            contest.account("between", "analyst", None)
            await soon(lambda: len(taken(calls)) == 2, "it has changed")
            assert taken(calls)[1]["data"]["type"] == "analyst"
        accounts._drop("between")
        contest.account("of another contest", "team", "t2", "elsewhere")
        async with calling(contest, monkeypatch):  # another process goes on
            await soon(lambda: len(taken(calls)) == 3, "it is gone")
            assert taken(calls)[2] == {"type": "accounts", "id": "between", "data": None}


def test_what_one_process_was_told_of_accounts_and_webhooks_every_process_knows(world):
    contest = world.contest("hooks")
    world.appears(contest)
    jury = (f"{contest}-jury", PASSWORD)
    with client_that_answers([500]) as (url, calls), httpx.Client(base_url=f"{world.url(2)}/api", auth=jury) as http:
        wanted = {"url": url, "token": "mine", "contest_ids": [contest], "endpoints": ["clarifications", "accounts"]}
        made = http.post("/webhooks", json=wanted)
        assert made.status_code == 201, made.text
        place = made.headers["location"].removeprefix("/api")
        assert world.get(f"/api{place}", jury[0]).status_code == 200
        said = http.post(f"/contests/{contest}/clarifications", json={"text": "Hear all"}).json()
        until(lambda: taken(calls), 30, "it is told")
        assert [one["data"] for one in taken(calls)] == [said]
        with http.stream("GET", f"/contests/{contest}/event-feed", timeout=30) as feed:
            lines = (json.loads(line) for line in feed.iter_lines() if line)
            next(line for line in lines if line["type"] == "accounts")
            for number in range(5):
                world.account(f"{contest}-new-{number}", "team", Membership(contest, "t1"))
                line = next(line for line in lines if line["type"] == "accounts" and "-new-" in line["id"])
                found = world.get(f"/api/contests/{contest}/accounts/{line['id']}", jury[0])
                assert (found.status_code, found.json()) == (200, line["data"])
        until(lambda: len(taken(calls)) == 6, 30, "the webhook hears of the accounts, too")
        assert http.delete(place).status_code == 204
        assert world.get(f"/api{place}", jury[0]).status_code == 404


async def test_who_may_have_webhooks_and_what_is_wrong_with_one(contest):
    contest.to("before")
    for who, status in (("", 401), ("team-1", 403), ("somebody else", 403), ("an-analyst", 201), ("an-admin", 201)):
        assert (await contest.ask("POST", "/webhooks", who, json=HOOK)).status_code == status, who
        assert (await contest.get("/webhooks", who)).status_code == (200 if status == 201 else status)
    for wrong in (
        {"url": "ftp://x.example"},
        {"url": 7},
        {"token": None},
        {"token": "a\nb"},
        {"endpoints": ["nope"]},
        {"contest_ids": ["nope"]},
        {"id": "mine"},
        {"active": True},
    ):
        answer = await contest.ask("POST", "/webhooks", "an-admin", json=HOOK | wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, 400), wrong
    (mine,) = (await contest.get("/webhooks", "an-analyst")).json()
    assert len((await contest.get("/webhooks", "an-admin")).json()) == 2, "an admin sees all"
    path = f"/webhooks/{mine['id']}"
    assert "mine" not in (await contest.get(path, "an-analyst")).text, "the token is told to nobody"
    assert (await contest.get(path, "a-judge")).status_code == 404
    assert (await contest.ask("DELETE", path, "a-judge")).status_code == 404
    assert (await contest.ask("DELETE", path, "an-analyst")).status_code == 204
    assert (await contest.get(path, "an-analyst")).status_code == 404


async def test_one_process_of_the_site_calls(contest):
    cursors = Cursors(contest.site.view)
    assert await cursors.lead("one")
    assert await cursors.lead("one")
    assert not await cursors.lead("two")
    await cursors.retire("two")
    assert not await cursors.lead("two")
    await cursors.retire("one")
    assert await cursors.lead("two")


@pytest.mark.parametrize(
    ("host", "local", "called"),
    [
        ("10.0.0.7", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("[::1]", False, False),
        ("[::ffff:127.0.0.1]", False, False),
        ("169.254.169.254", True, False),
        ("[fe80::1]", True, False),
        ("0.0.0.0", True, False),
        ("224.0.0.1", True, False),
        # of clouds, beside 169.254.169.254
        ("[fd00:ec2::254]", False, False),
        ("[fd00:ec2::254]", True, False),
        ("[fd20:ce::254]", False, False),
        ("100.100.100.200", False, False),
        ("168.63.129.16", False, False),
        ("[::ffff:100.100.100.200]", True, False),
        ("[fd00:ec3::254]", False, True),
        ("100.100.100.201", False, True),
    ],
)
async def test_no_service_of_this_machine_is_called(host, local, called):
    try:
        assert await resolved(f"http://{host}:8123/x", local=local)
    except DataError:
        assert not called
    else:
        assert called


async def test_an_address_that_this_machine_has_in_its_network_is_as_loopback(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            route.connect(("192.0.2.1", 9))  # nothing is sent: it says which address would be the sender's
        except OSError:
            pytest.skip("this machine has no network")
        mine = route.getsockname()[0]
    for host in (mine, f"[::ffff:{mine}]"):
        with pytest.raises(DataError, match="of this machine"):
            await resolved(f"http://{host}:8123/x", local=False)
        assert await resolved(f"http://{host}:8123/x", local=True)

    def full(*_):
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(address.socket, "socket", full)
    with pytest.raises(DataError, match="of this machine"):
        await resolved("http://10.0.0.7/x", local=False)  # nobody knows whether it is


@pytest.mark.parametrize(
    "url", ["", "x", "//x", "http://", "http://a:b@x/", "http://x/#y", "http://x:0/", "http://x:99999/", "http://é/",
            "http://x/ y\n", "javascript:alert(1)", "http://x/" + "y" * 2000, "http://[x/"],
)  # fmt: skip
def test_what_is_no_url_of_a_webhook(url):
    with pytest.raises(DataError):
        check_url(url)
