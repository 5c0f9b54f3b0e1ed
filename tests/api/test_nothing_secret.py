"""What a whole world of processes wrote holds nothing that opens a door: logs, metrics, topics, Redis, answers, feeds."""

import base64
import hashlib

import httpx
import pytest
import redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from schemas.accounts import SCOPES
from schemas.events import Membership, Token
from schemas.ids import CONTEST_PARTITIONS
from schemas.passwords import hash_password
from schemas.reader import read_topic
from tests.api.world import HASH, PASSWORD
from tests.wait import until

MINE, GUESS, TYPED, TOKEN, NO_TOKEN = "a-password-of-mine", "a-guess-of-theirs", "typed-as-login", "t0ken-1", "t0ken-2"
HOOK = "t0ken-of-a-webhook"


def of_redis(url):
    """Every key and value."""
    client = redis.Redis.from_url(url)
    for key in client.scan_iter(count=1000):
        yield key
        match client.type(key):
            case b"string":
                yield client.get(key)
            case b"hash":
                for pair in client.hgetall(key).items():
                    yield from pair
            case b"zset":
                yield from client.zrange(key, 0, -1)
            case b"stream":
                for _, fields in client.xrange(key):
                    yield from fields.values()
            case b"list":
                yield from client.lrange(key, 0, -1)
    client.close()


@pytest.fixture
def answers():
    """Keeps the bodies and headers of answers, cookies aside."""
    kept = []

    def keep(answer):
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie")
        kept.append(headers.encode() + answer.content)
        return answer

    keep.kept = kept
    return keep


def test_nothing_that_a_world_wrote_opens_a_door(world, answers):
    c = world.contest("secretive")
    hashed = hash_password(MINE)
    token = Token("tool", hashlib.sha256(TOKEN.encode()).hexdigest(), SCOPES, 0)
    world.account("secretive-own", "team", Membership(c, "t1"), password=hashed, tokens=(token,))
    world.appears(c)
    base, api = world.url(), f"{world.url()}/api/contests/{c}"
    until(
        lambda: httpx.get(f"{api}/account", auth=("secretive-own", MINE)).status_code == 200, 20, "the account is known"
    )
    with httpx.Client(base_url=base, headers={"Origin": base}) as browser:
        login = browser.post("/api/session", json={"username": "secretive-own", "password": MINE})
        cookie = browser.cookies["podium_session"]
        answers(login)
        answers(browser.get("/api/session"))
        answers(browser.post("/api/session", json={"username": "secretive-own", "password": GUESS}))
        answers(browser.post("/api/session", json={"username": TYPED, "password": "secretive-own"}))
        answers(browser.post("/api/session", content=f'{{"username": "secretive-own", "password": "{MINE}'.encode()))
        answers(browser.post("/api/session", json={"username": "secretive-own", "password": [MINE]}))
        form = {"problem_id": "pa", "language_id": "cpp"}
        answers(browser.post(f"{api}/submissions", data=form, files={"code": ("a.cpp", b"int main() {}")}))
    for auth in (("secretive-own", MINE), ("secretive-own", GUESS), (TYPED, GUESS)):
        answers(httpx.get(f"{api}/submissions", auth=auth))
        answers(httpx.post(f"{api}/clarifications", auth=auth, json={"text": "?"}))
    for bearer in (TOKEN, NO_TOKEN, "of-the-judges"):
        header = {"Authorization": f"Bearer {bearer}"}
        answers(httpx.get(f"{api}/submissions", headers=header))
        answers(httpx.post(f"{api}/clarifications", headers=header, json={"text": "?"}))
        answers(httpx.get(f"{base}/packages/{'0' * 64}", headers=header))
        with pytest.raises(InvalidStatus):
            connect(f"{api.replace('http', 'ws')}/nowhere", additional_headers=header)
    answers(httpx.get(api, headers={"Authorization": f"Basic {MINE}"}))
    answers(httpx.get(api, headers={"Authorization": f"{GUESS} x"}))
    answers(httpx.get(f"{base}/metrics"))
    answers(httpx.get(f"{base}/openapi.json"))
    jury = (f"{c}-jury", PASSWORD)
    for kind in ("account", "accounts", "teams", "submissions", "clarifications", "scoreboard", "state"):
        answers(httpx.get(f"{api}/{kind}", auth=jury))
    hook = {"url": "https://balloons.example/x", "token": HOOK}
    made = answers(httpx.post(f"{base}/api/webhooks", auth=jury, json=hook))
    where = f"{base}/api/webhooks/{made.json()['id']}"
    for how in ("GET", "DELETE"):
        answers(httpx.request(how, where, auth=jury))

    names = [name for name in world.processes if name != "scorer"]
    written = {f"metrics of {name}": httpx.get(f"http://{world.metrics(name)}/metrics").content for name in names}
    written |= {f"log {path.name}": path.read_bytes() for path in (world.settings.home / "logs").iterdir()}
    written["answers"] = b"\n".join(answers.kept)
    written["Redis"] = b"\n".join(of_redis(world.settings.redis))
    for topic in ("log", "audit", "dead-letters", "scoreboard-rows"):
        raws = read_topic(world.settings, topic, CONTEST_PARTITIONS)
        written[topic] = b"\n".join((raw.key or b"") + (raw.value or b"") for raw in raws)
    site = (world.settings.home / "secret").read_bytes()
    basic = base64.b64encode(f"secretive-own:{MINE}".encode())
    secrets = [MINE, GUESS, TYPED, TOKEN, NO_TOKEN, PASSWORD, cookie.rpartition(".")[2], "of-the-judges"]
    hidden = [hashed, HASH, token.digest, HOOK]  # what they are checked by, or we by them; these stay with the accounts
    for where, bytes_ in written.items():
        for secret in [*(one.encode() for one in (*secrets, *hidden)), site, basic]:
            assert secret not in bytes_, f"{secret!r} is in {where}"
    accounts = b"\n".join(raw.value or b"" for raw in read_topic(world.settings, "accounts", CONTEST_PARTITIONS))
    for secret in [*(one.encode() for one in secrets), site]:
        assert secret not in accounts
    assert b"secretive-own" in written["audit"], "the audit was looked at"
