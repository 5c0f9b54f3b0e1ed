"""Logging in with a browser: sessions, who may use them, and how they end."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from schemas.events import Membership, Token
from schemas.passwords import hash_password
from tests.api.events import Events
from tests.api.world import PASSWORD
from tests.wait import until


@pytest.fixture(scope="module")
def c(world):
    contest = world.contest("sessions")
    world.appears(contest)
    return contest


def browser(world, number=1, **headers):
    return httpx.Client(base_url=world.url(number), headers={"Origin": world.url(number)} | headers, timeout=30)


def login(client, username, password=PASSWORD):
    return client.post("/api/session", json={"username": username, "password": password})


def whoami(client):
    account = client.get("/api/session").json()["account"]
    return account and account["username"]


def whose(world, cookie, number=1):
    """Whom a cookie belongs to, asked by a browser that has nothing else."""
    with browser(world, number, Cookie=f"podium_session={cookie}") as client:
        return whoami(client)


def test_a_session_begins_and_ends(world, c):
    with browser(world) as client:
        assert whoami(client) is None
        answer = login(client, "sessions-t1")
        assert answer.status_code == 200
        assert answer.json()["account"]["contests"] == {c: "t1"}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert whoami(client) == "sessions-t1"
        posted = client.post(
            f"/api/contests/{c}/submissions",
            data={"problem_id": "pa", "language_id": "cpp"},
            files={"code": ("a.cpp", b"int main(){}")},
        )
        assert posted.status_code == 201
        # another process knows the session too
        value = client.cookies["podium_session"]
        assert whose(world, value, 2) == "sessions-t1"
        assert client.delete("/api/session").status_code == 204
        assert whoami(client) is None


def test_wrong_logins_are_refused(world, c):
    with browser(world) as client:
        assert login(client, "sessions-t1", "wrong").status_code == 401
        assert login(client, "nobody").status_code == 401
        assert login(client, "sessions-t1", "x" * 5000).status_code == 401
        assert client.post("/api/session", content=b"{").status_code == 400
        assert client.post("/api/session", json={"username": 1, "password": []}).status_code == 400
        assert client.post("/api/session", content=b"x" * 20_000).status_code == 413


def test_pages_of_other_sites_cannot_write(world, c):
    with browser(world) as client:
        login(client, "sessions-t1")
        value = client.cookies["podium_session"]
    form = {"data": {"problem_id": "pa", "language_id": "cpp"}, "files": {"code": ("a.cpp", b"int main(){}")}}
    url = f"{world.url()}/api/contests/{c}/submissions"
    cookie = {"Cookie": f"podium_session={value}"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(url, headers=cookie | headers, **form)
        assert answer.status_code == 403, headers
    foreign = {"Origin": "https://evil.example"}
    assert httpx.post(url, headers=foreign, auth=("sessions-t1", PASSWORD), **form).status_code == 403
    with browser(world, **foreign) as client:
        assert login(client, "sessions-t1").status_code == 403
    assert httpx.delete(f"{world.url()}/api/session", headers=cookie | foreign).status_code == 403


def test_a_cookie_that_was_changed_is_nobodys(world, c):
    with browser(world) as client:
        login(client, "sessions-t1")
        value = client.cookies["podium_session"]
    for forged in (value[:-2] + "xx", "x" + value, "", "a.b.c"):
        assert whose(world, forged) is None


def test_another_session_number_or_a_disabled_account_ends_all_sessions(world, c):
    mine = Membership(c, "t1")
    world.account("changing", "team", mine)
    until(lambda: world.get("/api/session", "changing").status_code == 200, 10, "the account is known")
    with browser(world) as client:
        login(client, "changing")
        world.account("changing", "team", mine, session=1)
        until(lambda: whoami(client) is None, 10, "the session has ended")
        login(client, "changing")
        world.account("changing", "team", mine, session=1, disabled=True)
        until(lambda: whoami(client) is None, 10, "the session has ended")
        assert login(client, "changing").status_code == 401
        assert world.get("/api/session", "changing").status_code == 401


def test_a_new_password_holds_at_once_though_the_old_one_was_remembered(world, c):
    world.account("renewed", "jury")
    until(lambda: world.get("/api/session", "renewed").status_code == 200, 10, "the account is known")
    world.account("renewed", "jury", password=hash_password("another"))
    until(lambda: world.get("/api/session", "renewed").status_code == 401, 10, "the old password is refused")
    assert httpx.get(f"{world.url()}/api/session", auth=("renewed", "another")).status_code == 200


def test_a_new_password_by_the_jury_ends_all_that_its_account_had_at_every_process(world, c):
    tool = Token("tool", hashlib.sha256(b"a tool's").hexdigest(), ("read",), 1)
    world.account("forgetful", "team", Membership(c, "t1"), tokens=(tool,))
    until(lambda: world.get("/api/session", "forgetful", 2).status_code == 200, 10, "the account is known")
    with browser(world) as client:
        login(client, "forgetful")
        cookie = client.cookies["podium_session"]
    own = f"{world.url(2)}/api/contests/{c}"

    def by_token():
        return httpx.get(f"{own}/account", headers={"Authorization": "Bearer a tool's"}, timeout=30).status_code

    assert (whose(world, cookie, 2), by_token()) == ("forgetful", 200)
    with Events(f"{own}/notifications", ("forgetful", PASSWORD)) as stream:
        stream.next("snapshot")
        path = f"/api/contests/{c}/accounts/forgetful/password"
        answer = httpx.post(f"{world.url()}{path}", auth=("sessions-jury", PASSWORD), timeout=60)
        assert answer.status_code == 200, answer.text
        until(stream.ended.is_set, 10, "the stream ends")
    (username, password), old = answer.json().values(), world.get("/api/session", "forgetful")
    assert (username, old.status_code, whose(world, cookie)) == ("forgetful", 401, None)
    assert httpx.get(f"{world.url()}/api/session", auth=(username, password), timeout=30).status_code == 200
    assert (whose(world, cookie, 2), by_token()) == (None, 401), "whose stream has ended there"
    assert password not in world.log("api-1") + world.log("api-2")


def test_a_hall_of_teams_is_given_new_passwords_at_once_by_one_process(world, c):
    teams = [f"hall-{n}" for n in range(10)]  # more than a process has threads for what blocks
    for team in teams:
        world.account(team, "team", Membership(c, "t1"))
    until(lambda: world.get("/api/session", teams[-1]).status_code == 200, 10, "the accounts are known")

    def renew(team):
        path = f"{world.url()}/api/contests/{c}/accounts/{team}/password"
        return httpx.post(path, auth=("sessions-jury", PASSWORD), timeout=60)

    with ThreadPoolExecutor(len(teams)) as pool:
        answers = list(pool.map(renew, teams))
    assert [one.status_code for one in answers] == [200] * len(teams), [one.text for one in answers]
    for one in answers[::4]:
        shown = (one.json()["username"], one.json()["password"])
        assert httpx.get(f"{world.url(2)}/api/session", auth=shown, timeout=30).status_code == 200


def test_who_guesses_is_held_back_and_nobody_else(world, c):
    with browser(world) as client:
        statuses = [login(client, "sessions-t2", f"guess {n}").status_code for n in range(45)]
        assert statuses[0] == 401
        assert 429 in statuses
        assert login(client, "sessions-t1").status_code == 200


def test_a_hundred_guesses_at_once_are_not_all_checked(world, c):
    def checks():
        text = world.get("/metrics").text
        return float(
            next(line for line in text.splitlines() if line.startswith("podium_api_password_checks_total"))[32:]
        )

    def guess(number):
        answer = httpx.get(f"{world.url()}/api/session", auth=("sessions-t3", f"guess {number}"), timeout=60)
        return answer.status_code

    before = checks()  # at the first process: what it refuses fills its share of the audit for a minute
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(guess, range(100)))
    assert set(found) == {401, 429}
    assert checks() - before <= 40, "twenty a minute, and a minute may end in between"


def test_a_script_of_the_page_is_refused_without_a_browsers_password_window(world, c):
    url = f"{world.url()}/api/contests/{c}/submissions"
    assert "www-authenticate" in httpx.post(url).headers
    assert "www-authenticate" not in httpx.post(url, headers={"Sec-Fetch-Mode": "cors"}).headers
