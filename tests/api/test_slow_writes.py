"""A write whose body takes its time: what holds when the last of it has come is what it is held to."""

import asyncio
import base64
import dataclasses
import json
import re
import time

import pytest
from fastapi import HTTPException

from api import bodies
from api.accounts import Known
from api.bodies import AT_ONCE
from api.routes import submissions
from clics.times import parse_time
from tests.api.doors import PASSWORD, Doors, submission
from tests.api.serving import serving, until
from tests.api.stages import CONTEST, FREEZE, MINUTE, START
from tests.api.test_doors import WRITES, writes_of


@pytest.fixture
async def doors(redis_server, tmp_path):
    doors = Doors(f"{redis_server.rpartition('/')[0]}/12", tmp_path, {}, {})
    yield doors
    await doors.close()


async def ask(doors, method, path, who, data, meanwhile, **headers):
    """A request of which this happens between the first half of its body and the second."""
    body = json.dumps(data).encode()

    async def halves():
        yield body[: len(body) // 2]
        meanwhile()
        yield body[len(body) // 2 :]

    headers = {"Content-Type": "application/json"} | headers
    return await doors.ask(method, path, who, content=halves(), headers=headers)


def at(doors, seconds):
    """Let so many seconds of the contest have gone by."""
    doors.contest.at(seconds / 60)


def disable(doors, username):
    accounts = doors.site.accounts
    accounts._known[username] = Known(dataclasses.replace(accounts._known[username].account, disabled=True), "1.0")


async def test_a_start_is_not_moved_within_half_a_minute_of_it(doors):
    doors.contest.to("before")
    data = {"id": CONTEST, "start_time": "2027-01-16T08:00:00Z"}
    at(doors, -45)
    answer = await ask(doors, "PATCH", ".", "an-admin", data, lambda: at(doors, -10))
    assert (answer.status_code, "within 30 seconds" in answer.text) == (403, True)
    at(doors, -45)
    assert (await ask(doors, "PATCH", ".", "an-admin", data, lambda: at(doors, -40))).status_code == 200


async def test_a_start_that_was_moved_meanwhile_is_the_one_that_counts(doors):
    doors.contest.to("paused")  # nobody knows when it starts
    data = {"id": CONTEST, "start_time": None}
    answer = await ask(doors, "PATCH", ".", "an-admin", data, lambda: doors.contest.to("running"))
    assert (answer.status_code, "has started" in answer.text) == (403, True)


async def test_what_is_said_is_said_when_all_of_it_has_come(doors):
    doors.contest.to("running")
    before, after = FREEZE * 60 - 20, FREEZE * 60 + 20
    for path, who, data in (
        ("commentary", "a-judge", {"message": "AC!", "team_ids": ["t1"]}),
        ("clarifications", "a-judge", {"text": "AC!"}),
    ):
        at(doors, before)
        answer = await ask(doors, "POST", path, who, data, lambda: at(doors, after))
        assert answer.status_code == 201, answer.text
        assert parse_time(answer.json()["time"]) == START + FREEZE * MINUTE + 20_000
        if path == "commentary":
            shown = await doors.ask("GET", f"commentary/{answer.json()['id']}")
            assert shown.status_code == 404, "what is said in the freeze is the jury's until the thaw"


async def test_nobody_has_a_body_read_by_a_claim(doors):
    doors.contest.to("running")
    read = []

    async def body():
        read.append(True)
        yield b"{}"

    for said in ({"Authorization": "Bearer x"}, {"Cookie": "podium_session=x"}, {"Authorization": "Basic eDp5"}):
        for path in ("submissions", "clarifications", "commentary", "awards"):
            answer = await doors.ask("POST", path, content=body(), headers={"Content-Type": "application/json"} | said)
            assert (answer.status_code, read) == (401, []), (said, path)


async def test_an_account_has_some_bodies_read_at_a_time_and_holds_up_no_other(doors):
    doors.contest.to("running")
    begun, go_on = [], asyncio.Event()

    async def asks(number, who):
        async def body():
            begun.append(number)
            if who == "a-judge":
                await go_on.wait()
            yield json.dumps({"text": f"this is number {number}"}).encode()

        answer = await doors.ask(
            "POST", "clarifications", who, content=body(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text

    asked = [asyncio.create_task(asks(number, "a-judge")) for number in range(AT_ONCE + 3)]
    await until(lambda: len(begun) == AT_ONCE)
    await asks(100, "an-admin")
    assert len(begun) == AT_ONCE + 1
    go_on.set()
    await asyncio.gather(*asked)
    assert len(begun) == AT_ONCE + 4


async def test_of_an_account_not_many_wait_for_their_body_to_be_read(doors, monkeypatch):
    doors.contest.to("running")
    monkeypatch.setattr(bodies, "MOST", AT_ONCE + 2)
    begun, go_on = [], asyncio.Event()

    async def body():
        begun.append(True)
        await go_on.wait()
        yield b'{"text": "one of many"}'

    def asks():
        headers = {"Content-Type": "application/json"}
        return asyncio.create_task(doors.ask("POST", "clarifications", "a-judge", content=body(), headers=headers))

    asked = [asks() for _ in range(bodies.MOST)]
    await until(lambda: len(begun) == AT_ONCE)
    refused = await doors.ask("POST", "clarifications", "a-judge", json={"text": "one more"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    go_on.set()
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {201}
    assert (await doors.ask("POST", "clarifications", "a-judge", json={"text": "one more"})).status_code == 201


async def test_a_submission_has_come_with_its_last_byte_however_long_its_password_is_checked(doors, monkeypatch):
    doors.contest.to("running")
    doors.account("slow")
    doorkeeper, checking, go_on, came = doors.site.doorkeeper, asyncio.Event(), asyncio.Event(), []
    check = doorkeeper.check

    async def gated(*args):
        checking.set()
        await go_on.wait()
        return await check(*args)

    async def submit(site, contest_id, sent):
        came.append(sent.at)
        raise HTTPException(403, "this is all that the test wants to know")

    monkeypatch.setattr(type(doorkeeper), "check", lambda _, *args: gated(*args))
    monkeypatch.setattr(submissions, "submit", submit)
    body = json.dumps(submission()).encode()
    login = base64.b64encode(f"slow:{PASSWORD}".encode()).decode()
    lines = f"POST /api/contests/{CONTEST}/submissions HTTP/1.1", "Host: x", "Content-Type: application/json"
    head = "\r\n".join([*lines, f"Authorization: Basic {login}", f"Content-Length: {len(body)}", "", ""]).encode()
    async with serving(doors.app) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + body[:-1])
        await checking.wait()
        before = now_ms()
        await until(lambda: now_ms() > before)
        writer.write(body[-1:])
        await until(lambda: not next(iter(server.server_state.connections)).cycle.more_body)
        there = now_ms()
        await until(lambda: now_ms() > there)
        go_on.set()
        assert await reader.readuntil(b" ") + await reader.readexactly(3) == b"HTTP/1.1 403"
        writer.close()
    assert before < came[0] <= there


def now_ms():
    return time.time_ns() // 1_000_000


async def test_an_account_that_is_disabled_meanwhile_writes_nothing(doors):
    doors.contest.to("running")
    accounts = doors.site.accounts
    as_it_was = dict(accounts._known)
    tried = set()
    for (method, path), data in writes_of(doors.app):
        if data is None:
            continue
        tried.add(path.partition("{")[0])
        if path == "/api/session":
            shut, who, url = doors.account(data["username"]).username, "", path
            data["password"] = PASSWORD
        elif path == "/api/webhooks":
            shut, who, url = "an-admin", "an-admin", path
        else:
            who, id_ = WRITES[method, path]
            shut, url = who, f"/api/contests/{CONTEST}{re.sub('{[a-z_]+}', id_ or '', path)}"
        before = len(doors.kept.entries)
        answer = await ask(doors, method, url, who, data, lambda shut=shut: disable(doors, shut), Origin="http://test")
        assert answer.status_code == 401, (method, path, answer.text)
        assert [one.status for one in doors.kept.entries[before:]] == [401], (method, path)
        accounts._known |= as_it_was
    assert tried >= {"/submissions", "/clarifications", "/commentary", "/awards", "", "/api/webhooks", "/api/session"}
