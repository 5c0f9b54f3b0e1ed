"""Accounts of other contests: what they are in this one, and what its jury is told of them."""

import base64

import pytest

from clics.source_zip import zipped
from clics.times import format_time
from schemas.definition import FileData
from tests.api.strict import check
from tests.api.test_conformance import VERSIONS
from tests.leaks.world import StillClock

VISITORS = {"a-visitor": ("team", "t1"), "their-judge": ("jury", None), "their-analyst": ("analyst", None)}


@pytest.fixture
def visitors(contest):
    for token, role in VISITORS.items():
        contest.account(token, *role, contest="elsewhere")
    contest.to("running")
    return contest


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("who", VISITORS)
async def test_who_is_something_elsewhere_is_staff_here(visitors, who, version):
    alone = await visitors.get("account", who, version)
    assert alone.json() == {"id": who, "username": who, "name": who, "type": "staff"}
    check(version, "account", alone.content)
    assert (await visitors.get("accounts", who, version)).json() == [alone.json()]
    feed = (await visitors.get("event-feed?stream=false", who, version)).content.splitlines()
    (line,) = (one for one in feed if b'"accounts"' in one)
    check(version, "event-feed", line)
    assert (await visitors.get("access", who, version)).json()["capabilities"] == []
    for caller in ("a-judge", "an-admin"):
        listed = {one["id"] for one in (await visitors.get("accounts", caller, version)).json()}
        assert listed.isdisjoint(VISITORS), "of another contest's people the jury is told nothing"


async def test_a_team_whose_door_is_shut_is_one_still(contest):
    contest.account("shut", "team", "t1", disabled=True)
    contest.to("running")
    (shut,) = (one for one in (await contest.get("accounts", "a-judge")).json() if one["id"] == "shut")
    assert (shut["type"], shut["team_id"]) == ("team", "t1")


async def test_an_admin_is_one_of_every_contest_whatever_they_belong_to(contest):
    contest.account("root", "admin", None, contest="elsewhere")
    contest.to("running")
    source = base64.b64encode(zipped((FileData("a.py", b"1"),))).decode()
    sent = {"id": "proxied", "team_id": "t1", "problem_id": "pa", "language_id": "python3"}
    sent |= {"time": format_time(StillClock.now), "files": [{"mime": "application/zip", "data": source}]}
    answer = await contest.ask("PUT", "submissions/proxied", "root", json=sent)
    assert answer.status_code == 201, answer.text
    submission = (await contest.get("submissions/proxied", "a-judge")).json()
    accounts = {one["id"]: one["type"] for one in (await contest.get("accounts", "a-judge")).json()}
    assert accounts[submission["account_id"]] == "admin"
    assert (await contest.get("account", "root")).json()["type"] == "admin"
