"""Who comes in, with what, and how often: tokens, guesses, limits, addresses; every write and refused door is told."""

import asyncio
import json
import re
import threading

import pytest

from api import audit, bounds, doorkeeper, identity
from api.routes import contests
from api.throttle import Throttle
from api.view import View, connect
from schemas.events import Membership, Token
from schemas.passwords import hash_password
from tests.api.doors import PASSWORD, Doors, submission
from tests.api.serving import until
from tests.api.stages import CONTEST

ORIGIN = {"Origin": "http://test"}


@pytest.fixture
async def opened(redis_server, tmp_path):
    """Makes the doors of a running contest, with these settings and a definition of these fields."""
    made = []

    def make(stage="running", *, definition=None, **settings):
        doors = Doors(f"{redis_server.rpartition('/')[0]}/12", tmp_path, definition or {}, settings)
        made.append(doors)
        doors.contest.to(stage)
        return doors

    yield make
    for doors in made:
        await doors.close()


def told(doors):
    return [(one.account, one.action, one.target, one.status) for one in doors.kept.entries]


# ---- tokens -----------------------------------------------------------------------------------------------------------


async def test_a_token_may_do_what_it_is_for_and_no_more(opened):
    doors = opened()
    doors.account("robot")
    tokens = {scope: doors.token("robot", scope) for scope in ("read", "submit", "clarify", "comment", "manage")}
    tries = {
        "read": ("GET", "submissions", None, 200),
        "submit": ("POST", "submissions", submission(), 201),
        "clarify": ("POST", "clarifications", {"text": "?"}, 201),
        "comment": ("POST", "commentary", {"message": "x"}, 403),  # a team's account may not
        "manage": ("PATCH", ".", {"id": CONTEST, "start_time": None}, 403),
    }
    for needed, (method, path, data, status) in tries.items():
        for scope, token in tokens.items():
            answer = await doors.ask(method, path, token, json=data)
            assert answer.status_code == (status if scope == needed else 403), (needed, scope, answer.text)
            assert ("and this takes" in answer.text) == (scope != needed)
    assert ("robot", "POST refused", f"/api/contests/{CONTEST}/submissions", 403) in told(doors)
    doors.account("robot")  # without tokens: they are revoked
    assert {(await doors.ask("GET", "submissions", token)).status_code for token in tokens.values()} == {401}
    doors.account("host", "judge", None)
    reads, writes = doors.token("host", "read"), doors.token("host", "submit")
    assert (await doors.ask("GET", f"/packages/{'e' * 64}", reads)).status_code == 404
    assert (await doors.ask("GET", f"/packages/{'e' * 64}", writes)).status_code == 401


# ---- guessing ---------------------------------------------------------------------------------------------------------


async def test_who_guesses_is_held_back_with_the_time_to_wait_and_the_team_is_not(opened):
    doors = opened()
    doors.account("first")
    statuses = await doors.wrong("first", identity.PASSWORDS + 10)
    assert statuses.count(401) == identity.PASSWORDS
    refused = await doors.login("first", "once more")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["retry-after"] in refused.json()["message"]
    assert (await doors.login("first", address="10.0.0.2")).status_code == 200
    assert (await doors.login("first", "wrong", "::ffff:10.0.0.1")).status_code == 429, "the same address"


async def test_many_machines_that_guess_one_login_leave_everybody_some_tries(opened):
    doors = opened()
    doors.account("first")
    wrong = 0
    for number in range(1, 8):
        wrong += (await doors.wrong("first", identity.PASSWORDS, f"2001:db8:0:{number}::1")).count(401)
    assert wrong <= identity.WRONG_OF_LOGIN + identity.PASSWORDS + 7 * identity.SLOWED
    # other addresses of one site's network are no other machines
    assert (await doors.wrong("first", 5, "2001:db8:0:1::2")).count(401) == identity.SLOWED
    assert 401 not in await doors.wrong("first", 5, "2001:db8:0:1::3")
    late = await doors.wrong("first", identity.SLOWED - 1, "10.9.9.9")
    assert late == [401] * (identity.SLOWED - 1)
    assert (await doors.login("first", address="10.9.9.9")).status_code == 200, "the team's own first tries"


async def test_one_machine_that_guesses_many_logins_locks_nobody_out_who_shares_its_address(opened):
    doors = opened()
    doors.account("first")
    statuses = []
    for number in range(0, identity.WRONG_OF_NETWORK + 60, 60):
        statuses += await asyncio.gather(*(doors.wrong(f"nobody {n}", 1) for n in range(number, number + 60)))
    assert (await doors.wrong("somebody", identity.SLOWED + 4)).count(401) == identity.SLOWED
    assert (await doors.login("first")).status_code == 200


class Held:
    """Checks of passwords that wait until they may go on, one at a time."""

    def __init__(self, monkeypatch, waiting):
        self.begun, self.gate, self._real = threading.Event(), threading.Event(), doorkeeper.verify_password
        monkeypatch.setattr(doorkeeper, "verify_password", self._check)
        monkeypatch.setattr(doorkeeper, "MOST_WAITING", waiting)
        monkeypatch.setattr(doorkeeper, "TURNS", 1)
        monkeypatch.setattr(doorkeeper.os, "cpu_count", lambda: 1)

    def _check(self, hashed, password):
        self.begun.set()
        self.gate.wait(60)
        return self._real(hashed, password)

    async def one(self, doors, address="10.0.0.1"):
        """A wrong login that is being checked: all others wait."""
        task = asyncio.create_task(doors.login("nobody", "guess", address))
        await asyncio.to_thread(self.begun.wait, 60)
        return task


async def test_a_flood_of_logins_from_one_address_keeps_nobody_out(opened, monkeypatch):
    waiting, more = 20, 20
    held = Held(monkeypatch, waiting)
    doors = opened()
    doors.account("first")
    doors.account("second", team="t2")
    try:
        flood = [await held.one(doors)]
        flood += [asyncio.create_task(doors.login(f"nobody {n}", "guess")) for n in range(waiting + more)]
        refused = iter(asyncio.as_completed(flood))
        for _ in range(more):
            assert (await next(refused)).status_code == 503, "of its own kind there are too many"
        teams = [asyncio.create_task(doors.login(*who)) for who in (("first", PASSWORD, "10.0.0.2"), ("second",))]
        for _ in teams:
            assert (await next(refused)).status_code == 503, "they give way to a team elsewhere, and to one beside them"
    finally:
        held.gate.set()
    assert [one.status_code for one in await asyncio.gather(*teams)] == [200, 200]
    statuses = [one.status_code for one in await asyncio.gather(*flood)]
    assert statuses.count(401) == 1 + waiting - len(teams)


async def test_who_has_to_give_way_in_line_has_lost_no_try(opened, monkeypatch):
    others = identity.PASSWORDS // 2
    held = Held(monkeypatch, identity.PASSWORDS)
    doors = opened()
    doors.account("first")
    try:
        waiting = [await held.one(doors, "10.0.1.0")]
        guesses = [asyncio.create_task(doors.login("first", f"guess {n}")) for n in range(identity.PASSWORDS)]
        await until(lambda: len(doors.site.doorkeeper._line) == identity.PASSWORDS)
        refused = iter(asyncio.as_completed(guesses))
        for n in range(1, others + 1):
            waiting.append(asyncio.create_task(doors.login("nobody", "guess", f"10.0.1.{n}")))
            assert (await next(refused)).status_code == 503
    finally:
        held.gate.set()
    assert {one.status_code for one in await asyncio.gather(*waiting)} == {401}
    assert [one.status_code for one in await asyncio.gather(*guesses)].count(401) == identity.PASSWORDS - others
    assert (await doors.wrong("first", identity.PASSWORDS, start=100)).count(401) == others


async def test_a_password_that_was_right_stays_right_however_many_guess(opened, monkeypatch):
    doors = opened()
    doors.account("first")
    assert (await doors.login("first")).status_code == 200
    await doors.wrong("first", identity.PASSWORDS + 5)
    assert (await doors.login("first", "one more")).status_code == 429
    monkeypatch.setattr("api.doorkeeper.REMEMBERED_S", 0.0)
    doors.site.doorkeeper._verified = dict.fromkeys(doors.site.doorkeeper._verified, 0.0)  # ten minutes later
    assert (await doors.login("first")).status_code == 200, "from the address that guesses"


async def test_a_password_in_the_place_of_a_login_is_written_nowhere(opened):
    doors = opened()
    doors.account("first")
    await doors.login(PASSWORD, "first")
    await doors.login("first", "wrong")
    assert [one.account for one in doors.kept.entries] == ["", "first"]
    assert PASSWORD not in str(doors.kept.entries)
    assert all(PASSWORD.encode() not in key for key in doors.contest.world.redis.keys())  # noqa: SIM118  # Redis's


async def test_without_redis_a_process_counts_by_itself():
    redis = connect("redis://127.0.0.1:1/0")
    throttle = Throttle(View(redis))
    assert [await throttle.take("login", "a", 2) == 0 for _ in range(4)] == [True, True, False, False]
    assert await throttle.full("login", "a", 2)
    assert not await throttle.full("login", "b", 2)
    await redis.aclose()


# ---- the contest's limits ---------------------------------------------------------------------------------------------


async def test_a_contest_says_how_much_a_team_may_send(opened):
    limits = {"submissions": 2, "bytes": 5000, "clarifications": 1, "streams": 1}
    doors = opened(definition={"limits": limits})
    key = {"Idempotency-Key": "the same"}
    answers = [await doors.ask("POST", "submissions", "team-1", json=submission(), headers=key) for _ in range(4)]
    assert [one.status_code for one in answers] == [201] * 4, "one submission, sent four times"
    answers = [await doors.ask("POST", "submissions", "team-1", json=submission()) for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert ("team-1", "POST refused", f"/api/contests/{CONTEST}/submissions", 429) in told(doors)
    sent = {"json": submission(data=b"x" * 3000)}
    answers = [await doors.ask("POST", "submissions", "team-2", **sent) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 429], "of another team, by its bytes"
    assert (await doors.ask("POST", "submissions", "an-admin", json=submission(team_id="t1"))).status_code == 429
    asked = [await doors.ask("POST", "clarifications", "team-1", json={"text": "?"}) for _ in range(2)]
    assert [one.status_code for one in asked] == [201, 429]
    assert int(asked[-1].headers["retry-after"]) >= 1
    answered = [await doors.ask("POST", "clarifications", "a-judge", json={"text": "!"}) for _ in range(3)]
    assert [one.status_code for one in answered] == [201] * 3, "the jury's answers are not counted"


async def test_an_address_has_so_many_live_streams(opened):
    doors = opened(definition={"limits": {"streams": 1}})
    path = f"/api/contests/{CONTEST}/scoreboard/stream"
    async with doors.site.throttle.stream(CONTEST, "10.0.0.1", 1):
        refused = await doors.ask("GET", path)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/json")
        assert int(refused.headers["retry-after"]) >= 1
        async with doors.site.throttle.stream(CONTEST, "10.0.0.2", 1):
            pass
    for _ in range(3):
        async with doors.site.throttle.stream(CONTEST, "10.0.0.1", 1):
            pass
    assert (await doors.ask("GET", path)).status_code == 429, "too many in this minute, though none is open"
    assert ("", "GET refused", path, 429) in told(doors)


async def test_an_address_has_few_lists_of_all_runs_made_at_a_time_whatever_fits_them(opened, monkeypatch):
    doors, begun, go_on, made = opened(), asyncio.Event(), asyncio.Event(), contests.runs

    async def slow(look, ids):
        if not begun.is_set():
            begun.set()
            await go_on.wait()
        async for some in made(look, ids):
            yield some

    monkeypatch.setattr(contests, "runs", slow)
    monkeypatch.setattr(contests, "WHOLE", 1, raising=False)
    one = (await doors.ask("GET", "judgements")).json()[0]["id"]
    first = asyncio.create_task(doors.ask("GET", "runs?judgement_type_id=nope"))
    await begun.wait()
    for path in ("runs", "runs?judgement_type_id=nope"):
        refused = await doors.ask("GET", path)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/json")
        assert int(refused.headers["retry-after"]) >= 1
    assert (await doors.ask("GET", "runs", address="10.0.0.2")).json()
    assert (await doors.ask("GET", f"runs?judgement_id={one}")).json(), "few are no burden"
    go_on.set()
    assert ((await first).status_code, (await first).json()) == (200, [])
    assert (await doors.ask("GET", "runs")).json(), "its place is free again"


async def test_a_list_of_runs_that_is_not_taken_in_time_ends_and_its_place_is_free(opened, monkeypatch):
    doors, sent = opened(), []
    monkeypatch.setattr(contests, "LASTS_S", 0.05)
    monkeypatch.setattr(contests, "AT_ONCE", 0)
    never = asyncio.Event()

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body":
            await never.wait()

    path, asgi = f"/api/contests/{CONTEST}/runs", {"version": "3.0", "spec_version": "2.3"}
    about = {"method": "GET", "scheme": "http", "query_string": b"", "root_path": "", "headers": [], "asgi": asgi}
    scope = {"type": "http", "path": path, "client": ("10.0.0.1", 1), "server": ("test", 80), **about}
    await doors.app(scope, never.wait, send)
    assert [one.get("status", one.get("more_body")) for one in sent] == [200, True], "an answer that never ends"
    monkeypatch.setattr(contests, "WHOLE", 1)
    monkeypatch.setattr(contests, "LASTS_S", 60)
    assert (await doors.ask("GET", "runs")).json()


async def test_a_filter_of_the_public_is_of_the_list_that_was_made_for_all(opened, monkeypatch):
    doors, made, listed = opened(), [], contests.listed

    def counted(look, type_):
        made.append(type_)
        return listed(look, type_)

    monkeypatch.setattr(contests, "listed", counted)
    for type_, name in (("submissions", "team_id"), ("judgements", "submission_id")):
        whole = (await doors.ask("GET", type_)).json()
        for value in {one[name] for one in whole} | {"nope"}:
            found = await doors.ask("GET", f"{type_}?{name}={value}")
            assert found.json() == [one for one in whole if one[name] == value]
            again = await doors.ask("GET", f"{type_}?{name}={value}", headers={"If-None-Match": found.headers["etag"]})
            assert again.status_code == 304
    assert made == ["submissions", "judgements"]


# ---- what comes before anything is read -------------------------------------------------------------------------------


async def test_a_request_that_is_too_large_or_too_slow_is_read_no_further(opened, monkeypatch):
    doors = opened()
    monkeypatch.setattr(bounds, "BODY_S", 0.05)
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            yield b"x" * 10_000

    async def dripping():
        yield b"{"
        await asyncio.Event().wait()

    json = {"Content-Type": "application/json"}
    for path, most in (("submissions", 2_000_000), ("clarifications", 100_000), ("/api/session", 10_000)):
        length = {"Content-Length": str(most + 1)} | json | ORIGIN
        declared = await doors.ask("POST", path, "team-1", content=b"{}", headers=length)
        assert (declared.status_code, declared.headers["connection"]) == (413, "close")
        read = 0
        told_nothing = await doors.ask("POST", path, "team-1", content=endless(), headers=json | ORIGIN)
        assert (told_nothing.status_code, told_nothing.json()["code"]) == (413, 413)
        assert read <= most // 10_000 + 1
        slow = await doors.ask("POST", path, "team-1", content=dripping(), headers=json | ORIGIN)
        assert (slow.status_code, slow.headers["connection"]) == (408, "close"), slow.text
        assert slow.headers["content-security-policy"]
    assert (await doors.ask("GET", f"/api/contests?x={'y' * 9000}")).status_code == 414
    odd = await doors.ask("POST", "submissions", "team-1", content=b"", headers={"Content-Length": "1e3"})
    assert odd.status_code == 400
    statuses = [one.status for one in doors.kept.entries]
    assert [statuses.count(one) for one in (413, 408, 400)] == [6, 3, 1], "each is told"


# ---- what surrounds an answer -----------------------------------------------------------------------------------------


async def test_every_answer_has_the_headers_that_bind_a_browser(opened):
    doors = opened()
    for path in ("/", "/docs", "/login", "/static/main.js", "/api", "/nowhere", "/api/session", "/openapi.json"):
        headers = (await doors.ask("GET", path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
    async with doors.client(scheme="https") as client:
        assert "max-age=" in (await client.get("/")).headers["strict-transport-security"]


async def test_a_proxy_is_believed_where_it_is_trusted(opened):
    doors = opened(trusted_proxies="10.1.0.0/16")
    doors.account("first")
    says = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6, 203.0.113.9", "Origin": "http://test"}
    login = {"json": {"username": "first", "password": PASSWORD}}
    for proxy, client, secure in (("10.1.2.3", "203.0.113.9", True), ("10.2.0.1", "10.2.0.1", False)):
        async with doors.client(proxy, headers=says) as browser:
            answer = await browser.post("/api/session", **login)
        assert ("secure" in answer.headers["set-cookie"].lower()) == secure
        assert ("strict-transport-security" in answer.headers) == secure
        assert doors.kept.entries[-1].address == client
    odd = says | {"X-Forwarded-For": "<script>, not an address"}
    async with doors.client("10.1.2.3", headers=odd) as browser:
        assert (await browser.post("/api/session", **login)).status_code == 200
    assert doors.kept.entries[-1].address == ""


# ---- logging in by an address -----------------------------------------------------------------------------------------


async def by_address(doors, address, **headers):
    """Whether the page would log in by itself, and what comes of it."""
    async with doors.client(address, headers=headers) as browser:
        offered = (await browser.get("/api/session")).json()["address"]
        answer = await browser.post("/api/session/address", headers={"Origin": "http://test"} | headers)
        account = (await browser.get("/api/session")).json()["account"]
    assert (answer.status_code == 200) == (account is not None)
    assert not offered or account is not None or "Origin" in headers
    return account and account["username"]


async def test_an_address_logs_in_where_the_contest_allows_it_and_nowhere_else(opened):
    doors = opened(definition={"address_login": True}, trusted_proxies="10.1.0.1", url="http://test")
    doors.account("desk-1", ip="10.0.7.1")
    doors.account("desk-2", team="t2", ip="10.0.7.2")
    doors.account("the-other-of-desk-2", team="t2", ip="10.0.7.2")
    doors.account("desk-6", ip="2001:db8::7")
    assert await by_address(doors, "10.0.7.1") == "desk-1"
    assert ("desk-1", "login", "session", 200) in told(doors)
    assert await by_address(doors, "2001:db8:0:0::7") == "desk-6"
    assert await by_address(doors, "10.0.7.2") is None, "two accounts: nobody knows who sits there"
    assert await by_address(doors, "10.0.7.3") is None
    assert await by_address(doors, "10.1.0.1", **{"X-Forwarded-For": "10.0.7.1"}) == "desk-1"
    assert await by_address(doors, "10.0.0.9", **{"X-Forwarded-For": "10.0.7.1"}) is None, "anybody may say that"
    assert await by_address(doors, "10.1.0.1", **{"X-Forwarded-For": "10.0.7.1, 6.6.6.6"}) is None
    assert await by_address(doors, "10.0.7.1", Via="1.1 cache") is None, "a proxy stands there, not the team"
    assert await by_address(doors, "10.0.7.1", Origin="https://evil.example") is None
    rebound = {"Origin": "http://evil.example", "Host": "evil.example"}  # a name of theirs for this server
    assert await by_address(doors, "10.0.7.1", **rebound) is None
    async with doors.client("10.0.7.1") as browser:
        assert (await browser.post("/api/session/address")).status_code == 403, "no page says so"
    doors.account("desk-1", ip="10.0.7.1", disabled=True)
    assert await by_address(doors, "10.0.7.1") is None
    doors.account("renamed", ip="10.0.7.1")
    assert await by_address(doors, "10.0.7.1") == "renamed", "one that is disabled sits nowhere"
    doors.account("desk-1", ip="10.0.7.1")
    assert await by_address(doors, "10.0.7.1") is None, "it is no longer disabled"
    doors.account("renamed", ip="10.0.7.5")
    doors.account("desk-1", ip="10.0.7.4")
    assert await by_address(doors, "10.0.7.1") is None
    assert await by_address(doors, "10.0.7.4") == "desk-1"


async def test_an_address_alone_is_nothing_in_a_contest_that_does_not_allow_it(opened):
    doors = opened()
    doors.account("desk-1", ip="10.0.7.1")
    assert await by_address(doors, "10.0.7.1") is None


# ---- what ends at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"disabled": True},
        {"password": ""},
        {"role": "jury", "team": None},
        {"session": 1},
        {"team": "t2"},
        {"ip": "10.0.7.1"},
        {"memberships": (Membership(CONTEST, "t1"), Membership("another", "t1"))},
    ],
    ids=str,
)
async def test_a_session_ends_with_what_its_account_was(opened, change):
    doors = opened()
    doors.account("first")
    async with doors.client(headers=ORIGIN) as browser:
        await browser.post("/api/session", json={"username": "first", "password": PASSWORD})
        assert (await browser.get("/api/session")).json()["account"]["username"] == "first"
        doors.account("first", name="Renamed")
        assert (await browser.get("/api/session")).json()["account"]["name"] == "Renamed", "that ends nothing"
        doors.account("first", **change)
        assert (await browser.get("/api/session")).json()["account"] is None


# ---- new passwords ----------------------------------------------------------------------------------------------------


async def test_the_jury_gives_teams_new_passwords_and_nobody_gets_further_by_one(opened):
    doors = opened()
    doors.account("forgot", tokens=(Token("tool", "0" * 64, ("read",), 0),), session=4)
    doors.account("abroad", memberships=(Membership(CONTEST, "t1"), Membership("another", "t1")))
    doors.account("shut", disabled=True)
    path = f"/api/contests/{CONTEST}/accounts/{{}}/password".format
    refused = {
        "": ("forgot", 401),
        "team-1": ("team-1", 403),
        "an-analyst": ("forgot", 403),
        "somebody else": ("forgot", 403),
    }
    theirs = [("an-admin", 403), ("a-judge", 403), ("an-analyst", 403), ("abroad", 403), ("shut", 409), ("nobody", 404)]
    for who, (whose, status) in [*refused.items(), *(("a-judge", one) for one in theirs)]:
        before, known = len(doors.kept.entries), doors.site.accounts._known.get(whose)
        answer = await doors.ask("POST", path(whose), who)
        assert (answer.status_code, answer.json()["code"]) == (status, status), (who, whose, answer.text)
        assert told(doors)[before:] == [(who, "POST refused", path(whose), status)]
        assert doors.site.accounts._known.get(whose) == known
    assert doors.site.accounts.entries == []
    async with doors.client(headers=ORIGIN) as browser:
        await browser.post("/api/session", json={"username": "forgot", "password": PASSWORD})
        answer = await doors.ask("POST", path("forgot"), "a-judge")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (await browser.get("/api/session")).json()["account"] is None, "the session has ended"
    shown = answer.json()
    assert shown.keys() == {"username", "password"}
    assert [(await doors.login("forgot", one)).status_code for one in (PASSWORD, shown["password"])] == [401, 200]
    account = doors.site.accounts.get("forgot").account
    assert (account.role, account.tokens, account.session, account.recorded_by) == ("team", (), 5, "a-judge")
    for whose in ("an-admin", "abroad", "forgot"):
        assert (await doors.ask("POST", path(whose), "an-admin")).status_code == 200, whose
        if whose == "an-admin":  # whose own token has ended with the old password
            doors.contest.account("an-admin", "admin", None)
    entries = doors.site.accounts.entries
    assert [(one.account, one.action, one.target, one.status) for one in entries] == [
        (who, "reset password", f"{CONTEST}/accounts/{whose}", 200)
        for who, whose in (("a-judge", "forgot"), *(("an-admin", one) for one in ("an-admin", "abroad", "forgot")))
    ]
    assert shown["password"] not in f"{entries} {doors.kept.entries} {doors.site.accounts._known}"


# ---- the audit --------------------------------------------------------------------------------------------------------

WRITES = {
    ("POST", "/submissions"): ("team-1", None),
    ("PUT", "/submissions/{submission_id}"): ("an-admin", "site-2-17"),
    ("POST", "/clarifications"): ("team-1", None),
    ("PUT", "/clarifications/{clarification_id}"): ("an-admin", "site-2-17"),
    ("POST", "/commentary"): ("an-admin", None),
    ("POST", "/awards"): ("an-admin", None),
    ("PUT", "/awards/{award_id}"): ("an-admin", "best-costumes"),
    ("PATCH", "/awards/{award_id}"): ("an-admin", "best-costumes"),
    ("DELETE", "/awards/{award_id}"): ("an-admin", "best-costumes"),
    ("PATCH", ""): ("an-admin", None),
    ("PUT", "/freeze"): ("an-admin", None),
    ("DELETE", "/freeze"): ("an-admin", None),
    ("POST", "/start"): ("team-1", None),
}
"""Every write below a contest, in an order in which all succeed as the documentation's examples have them: by whom, and
of which object."""
ELSEWHERE = {
    *(("POST", "/api/session"), ("DELETE", "/api/session"), ("POST", "/api/session/address")),
    *(("POST", "/api/webhooks"), ("DELETE", "/api/webhooks/{webhook_id}")),
    ("POST", "/accounts/{object_id}/password"),
}
"""Writes that are tried where sessions, webhooks and new passwords are."""


IN_THE_DEMO = (('"demo"', f'"{CONTEST}"'), ('"01"', '"t1"'), (":01}", ":t1}"), ('"apples"', '"pa"'))
"""What the documentation's examples name, and what is in its place here."""


def writes_of(app):
    """Every route of the newest version that writes: method and path below the contest's, and the example of its body."""
    base = "/api/contests/{contest_id}"
    for path, methods in app.openapi()["paths"].items():
        for method, one in methods.items():
            if method.upper() not in ("GET", "HEAD", "OPTIONS") and "/2023-06" not in path:
                body = one.get("requestBody", {"content": {"application/json": {"example": None}}})
                example = json.dumps(body["content"]["application/json"]["example"])
                for there, here in IN_THE_DEMO:
                    example = example.replace(there, here)
                yield (method.upper(), path.removeprefix(base) if path.startswith(base) else path), json.loads(example)


@pytest.mark.parametrize("begin", [False, True], ids=["all but the own start", "the own start"])
async def test_every_write_as_its_example_has_it_is_in_the_audit_and_every_one_that_is_refused(opened, begin):
    doors = opened(definition={"window": 3_600_000 if begin else None})
    examples = dict(writes_of(doors.app))
    assert examples.keys() - ELSEWHERE == WRITES.keys()
    for (method, path), (who, id_) in WRITES.items():
        if (path == "/start") != begin:
            continue
        url = f"/api/contests/{CONTEST}{re.sub('{[a-z_]+}', id_ or '', path)}"
        data = examples[method, path]
        before = len(doors.kept.entries)
        refused = await doors.ask(method, url, "", json=data)
        assert refused.status_code == 401
        assert told(doors)[before:] == [("", f"{method} refused", url, 401)]
        answer = await doors.ask(method, url, who, json=data)
        assert answer.status_code < 300, (method, path, answer.text)
        (entry,) = doors.kept.entries[before + 1 :]
        assert (entry.account, entry.status // 100, entry.address) == (who, 2, "10.0.0.1")
        assert entry.target.startswith(f"{CONTEST}/")
    hook = examples["POST", "/api/webhooks"]
    assert (await doors.ask("POST", "/api/webhooks", "an-admin", json=hook)).status_code == 201
    person = examples["POST", "/api/session"]
    doors.account(person["username"], password=hash_password(person["password"]))
    assert (await doors.login(**person)).status_code == 200


async def test_what_is_too_much_for_the_audit_is_counted(opened, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(audit.time, "monotonic", lambda: now)
    doors = opened()
    for _ in range(audit.REFUSALS + 7):
        doors.site.audit.refused("", "6.6.6.6", "login", "/", 401, "no")
    now += 61
    doors.site.audit.refused("", "6.6.6.6", "login", "/", 401, "no")
    assert [one.detail for one in doors.kept.entries[-2:]] == ["7 more were refused within a minute", "no"]
