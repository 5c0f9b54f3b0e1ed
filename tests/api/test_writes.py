"""The Contest API's writes: who may do what, what comes of it at once, and what is refused and why; in both versions."""

import asyncio
import base64
import functools
import io
import json
import zipfile
from concurrent.futures import Future

import pytest

from clics.times import format_time, parse_time
from schemas.events import ScoreboardFrozen
from tests.api.stages import END, MINUTE, START, THAW
from tests.api.strict import check

VERSIONS = ("2026-01", "2023-06")


def time(minute):
    return format_time(int(START + minute * MINUTE))


async def refused(contest, method, path, who, data, status, says, version="2026-01"):
    answer = await contest.ask(method, path, who, version, json=data)
    assert answer.status_code == status, (data, answer.text)
    assert answer.json()["code"] == status
    assert says in answer.json()["message"], (data, answer.text)


def reasons(contest):
    """Why the latest acts are in the log, by their writers."""
    return [(one.recorded_by, one.reason) for one in contest.world.log.values() if getattr(one, "reason", "")]


# ---- contest_start, contest_thaw, the freeze by hand ----------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_admin_moves_the_start_until_half_a_minute_before_it(contest, version):
    contest.to("before")
    for to in (time(5), None, time(7)):
        moved = {"json": {"id": "conf", "start_time": to}, "params": {"reason": f"to {to}"}}
        answer = await contest.ask("PATCH", ".", "an-admin", version, **moved)
        assert reasons(contest)[-1] == ("an-admin", f"to {to}")
        assert (answer.status_code, answer.json()["start_time"]) == (200, to)
        check(version, "contest", answer.content)
        assert (await contest.get(".", "", version)).json() == answer.json()
    paused = {"id": "conf", "start_time": None, "countdown_pause_time": "0:03:38.749"}
    answer = await contest.ask("PATCH", ".", "an-admin", version, json=paused)
    assert answer.json()["countdown_pause_time"] == "0:03:38.749"
    for data, status, says in (
        ({"start_time": None}, 400, "id"),
        ({"id": "other", "start_time": None}, 409, "id"),
        ({"id": "conf"}, 400, "start_time"),
        ({"id": "conf", "countdown_pause_time": "0:01:00"}, 400, "start_time"),
        ({"id": "conf", "start_time": time(9), "countdown_pause_time": "0:01:00"}, 400, "countdown_pause_time"),
        ({"id": "conf", "start_time": None, "countdown_pause_time": "-0:01:00"}, 400, "countdown_pause_time"),
        ({"id": "conf", "start_time": None, "countdown_pause_time": "1" * 20 + ":00:00"}, 400, "countdown_pause_time"),
        ({"id": "conf", "start_time": "tomorrow"}, 400, "start_time"),
        ({"id": "conf", "start_time": "3000-01-01T00:00:00Z"}, 400, "start_time"),
        ({"id": "conf", "start_time": "2027-W02-5T08:00:00Z"}, 400, "start_time"),
        ({"id": "conf", "start_time": "2027-01-15 08:00:00Z"}, 400, "start_time"),
        ({"id": "conf", "start_time": time(9), "name": "x"}, 400, "name"),
        ({"id": "conf", "start_time": time(9), "scoreboard_thaw_time": time(900)}, 400, "either"),
        ({"id": "conf", "start_time": time(-61)}, 403, "past"),
        ({"id": "conf", "start_time": time(-59.6)}, 403, "30 seconds"),
    ):
        await refused(contest, "PATCH", ".", "an-admin", data, status, says, version)
    for who in ("team-1", "a-judge", "an-analyst", "somebody else"):
        await refused(contest, "PATCH", ".", who, {"id": "conf", "start_time": time(9)}, 403, "contest_start", version)
    answer = await contest.ask("PATCH", ".", "an-admin", version, json={"id": "conf", "start_time": time(0)})
    assert answer.status_code == 200
    contest.at(-0.51)
    assert (
        await contest.ask("PATCH", ".", "an-admin", version, json={"id": "conf", "start_time": time(1)})
    ).status_code == 200
    contest.at(0.5)
    await refused(contest, "PATCH", ".", "an-admin", {"id": "conf", "start_time": time(9)}, 403, "30 seconds", version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_admin_plans_the_thaw_and_has_it_now(contest, version):
    contest.to("frozen")
    planned = {"id": "conf", "scoreboard_thaw_time": time(THAW)}
    await refused(
        contest, "PATCH", ".", "an-admin", {"id": "conf", "scoreboard_thaw_time": time(END - 1)}, 403, "end", version
    )
    await refused(contest, "PATCH", ".", "an-admin", {"id": "conf", "scoreboard_thaw_time": None}, 400, "null", version)
    await refused(contest, "PATCH", ".", "a-judge", planned, 403, "contest_thaw", version)
    answer = await contest.ask("PATCH", ".", "an-admin", version, json=planned)
    assert (answer.status_code, answer.content) == (204, b"")
    for told in VERSIONS:
        assert (await contest.get(".", "", told)).json()["scoreboard_thaw_time"] == time(THAW)
    contest.to("over")
    answer = await contest.ask(
        "PATCH", ".", "an-admin", version, json={"id": "conf", "scoreboard_thaw_time": time(END)}
    )
    assert answer.status_code == 200
    check(version, "contest", answer.content)
    assert (await contest.get(".")).json()["scoreboard_thaw_time"] == time(contest.minute), "now is when it is thawed"
    contest.to("thawed")
    await refused(contest, "PATCH", ".", "an-admin", planned, 403, "already", version)
    contest.to("finalised")
    await refused(contest, "PATCH", ".", "an-admin", planned, 403, "end of updates", version)


async def test_an_admin_freezes_by_hand_and_lifts_it(contest):
    contest.to("running")
    await refused(contest, "PUT", "freeze", "team-1", {}, 403, "contest_thaw")
    await refused(contest, "DELETE", "freeze", "an-admin", None, 403, "not frozen")
    contest.tell(ScoreboardFrozen, id="later", at=START + (contest.minute + 5) * MINUTE)  # planned by hand: to come
    await refused(contest, "DELETE", "freeze", "an-admin", None, 403, "not frozen")
    assert (await contest.ask("PUT", "freeze?reason=the%20screen%20fell", "an-admin")).status_code == 200
    assert reasons(contest)[-1] == ("an-admin", "the screen fell")
    assert (await contest.get("times")).json()["times"]["freeze"] == START + contest.minute * MINUTE
    await refused(contest, "PUT", "freeze", "an-admin", None, 403, "already")
    contest.at(contest.minute + 1)
    assert (await contest.ask("DELETE", "freeze?reason=%20", "an-admin")).status_code == 200
    assert reasons(contest)[-1] == ("an-admin", "by the Contest API from an-admin"), "none was given"
    assert (await contest.get("times")).json()["times"]["freeze"] > START + contest.minute * MINUTE


# ---- clarifications -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_team_asks_and_the_jury_answers(contest, version):
    contest.to("running")
    asked = await contest.ask("POST", "clarifications", "team-2", version, json={"text": "Round?", "problem_id": "pb"})
    assert asked.status_code == 201, asked.text
    check(version, "clarification", asked.content)
    one = asked.json()
    assert (one["from_team_id"], one["problem_id"], one["text"]) == ("t2", "pb", "Round?")
    assert parse_time(one["time"]) == START + contest.minute * MINUTE
    path = f"clarifications/{one['id']}"
    assert asked.headers["location"].endswith(path)
    seen = {who: (await contest.get(path, who, version)).status_code for who in ("team-2", "team-1", "", "a-judge")}
    assert seen == {"team-2": 200, "team-1": 404, "": 404, "a-judge": 200}
    answer = {"text": "Yes", "reply_to_id": one["id"], "problem_id": "pb"}
    if version == "2026-01":
        told = await contest.ask("POST", "clarifications", "a-judge", json=answer | {"to_team_ids": ["t2"]})
    else:
        more = {"to_team_id": "t2", "time": time(contest.minute)}
        told = await contest.ask("POST", "clarifications", "an-admin", version, json=answer | more)
    assert told.status_code == 201, told.text
    check(version, "clarification", told.content)
    own = (await contest.get(f"clarifications/{told.json()['id']}", "team-2", version)).json()
    assert own == told.json()
    assert (await contest.get(f"clarifications/{told.json()['id']}", "team-1", version)).status_code == 404
    await refused(contest, "POST", "clarifications", "an-analyst", {"text": "?"}, 403, "post_clar", version)
    await refused(contest, "POST", "clarifications", "somebody else", {"text": "?"}, 403, "post_clar", version)


async def test_before_there_were_lists_a_message_to_several_teams_is_one_each_and_each_is_answered(contest):
    contest.to("running")
    of = [one for one in (await contest.get("clarifications", "an-admin", "2023-06")).json() if "to_team_id" in one]
    assert [one["to_team_id"] for one in of] == ["t1", "t2", "h1"]
    assert len({one["id"] for one in of}) == 3
    for one in of:
        data = {"text": "So?", "from_team_id": "t1", "reply_to_id": one["id"]}
        answer = await contest.ask("POST", "clarifications", "an-admin", "2023-06", json=data)
        assert (answer.status_code, answer.json()["reply_to_id"]) == (201, "a1"), answer.text
    for data in ({"text": "Hear!"}, {"text": "Hear!", "to_team_id": "t2"}):
        await refused(contest, "POST", "clarifications", "an-admin", data, 400, "has a time", "2023-06")


async def test_what_is_wrong_with_a_message_is_said(contest):
    contest.to("before")
    await refused(contest, "POST", "clarifications", "team-1", {"text": "?", "problem_id": "pa"}, 400, "problem_id")
    contest.to("running")
    for data, status, says in (
        ({}, 400, "text is missing"),
        ({"text": None}, 400, "text"),
        ({"text": 5}, 400, "text"),
        ({"text": "  "}, 400, "text"),
        ({"text": "x" * 10_001}, 400, "10000"),
        ({"text": "x" * 100_001}, 413, "100000"),
        ({"text": "?", "id": "mine"}, 400, "id"),
        ({"text": "?", "time": time(1)}, 400, "time"),
        ({"text": "?", "contest_time": "0:01:00"}, 400, "contest_time"),
        ({"text": "?", "problem_id": "nope"}, 400, "problem_id"),
        ({"text": "?", "reply_to_id": "qh"}, 400, "reply_to_id"),
        ({"text": "?", "from_team_id": "t2"}, 403, "from_team_id"),
        ({"text": "?", "to_team_ids": ["t2"]}, 400, "to_team_ids"),
        ({"text": "?", "to_team_ids": []}, 400, "to_team_ids"),
        ({"text": "?", "to_group_ids": []}, 400, "to_group_ids"),
        ({"text": "?", "surprise": 1}, 400, "surprise"),
        ([], 400, "object"),
    ):
        await refused(contest, "POST", "clarifications", "team-1", data, status, says)
    for data, says in (
        ({"text": "!", "to_team_ids": ["nope"]}, "to_team_ids"),
        ({"text": "!", "to_team_ids": "t1"}, "to_team_ids"),
        ({"text": "!", "to_group_ids": ["nope"]}, "to_group_ids"),
        ({"text": "!", "from_team_id": "t1"}, "from_team_id"),
    ):
        await refused(contest, "POST", "clarifications", "a-judge", data, 400, says)
    plain = await contest.ask(
        "POST", "clarifications", "team-1", content=b"text=1", headers={"content-type": "text/plain"}
    )
    assert plain.status_code == 415
    broken = await contest.ask(
        "POST", "clarifications", "team-1", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code == 400
    contest.to("finalised")
    await refused(contest, "POST", "clarifications", "team-1", {"text": "?"}, 403, "end of updates")


async def test_a_message_to_nobody_is_refused_and_one_that_names_no_recipients_is_to_all(contest):
    contest.to("running")
    said, nobody = {"text": "Round", "reply_to_id": "q1"}, "nobody would get it"
    for to in ({"to_team_ids": []}, {"to_group_ids": []}, {"to_team_ids": [], "to_group_ids": []}):
        await refused(contest, "POST", "clarifications", "a-judge", said | to, 400, nobody)
        await refused(contest, "POST", "clarifications", "an-admin", said | to | {"time": time(3)}, 400, nobody)
    proxied = said | {"from_team_id": "t1", "to_team_ids": []}
    await refused(contest, "POST", "clarifications", "an-admin", proxied, 400, "a team writes to the jury alone")
    for to, readers in (
        ({"to_team_ids": None, "to_group_ids": None}, ["", "team-1", "team-2"]),
        ({"to_team_ids": ["t1"], "to_group_ids": []}, ["team-1"]),
    ):
        answer = await contest.ask("POST", "clarifications", "a-judge", json=said | to)
        assert answer.status_code == 201, answer.text
        path = f"clarifications/{answer.json()['id']}"
        seen = [who for who in ("", "team-1", "team-2") if (await contest.get(path, who)).status_code == 200]
        assert seen == readers
    null = {"text": "?", "to_team_ids": None, "to_group_ids": None}
    assert (await contest.ask("POST", "clarifications", "team-1", json=null)).status_code == 201, "null is left out"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_answer_says_what_it_answers_from_when_on_that_can_be_read(contest, version):
    contest.to("before")
    answer = await contest.ask("POST", "clarifications", "a-judge", json={"text": "Is it?", "reply_to_id": "early"})
    assert (answer.status_code, answer.json()["reply_to_id"]) == (201, "early"), answer.text
    id_ = answer.json()["id"]

    async def told(who):
        """What the list, the message itself, and the latest line of the feed say that it answers."""
        (of_list,) = [one for one in (await contest.get("clarifications", who, version)).json() if one["id"] == id_]
        one = (await contest.get(f"clarifications/{id_}", who, version)).json()
        lines = (await contest.get("event-feed?stream=false", who, version)).text.splitlines()
        of_feed = [line["data"] for line in map(json.loads, lines) if line["id"] == id_][-1]
        return {shown.get("reply_to_id") for shown in (of_list, one, of_feed)}

    readers = {who: who in ("a-judge", "an-admin") for who in ("", "team-1", "an-analyst", "a-judge", "an-admin")}
    assert (await contest.get("clarifications/early")).status_code == 404
    assert {who: await told(who) for who in readers} == {
        who: {"early" if may else None} for who, may in readers.items()
    }
    contest.to("running")
    assert (await contest.get("clarifications/early")).status_code == 200
    assert [await told(who) for who in readers] == [{"early"}] * 5


async def test_too_many_messages_of_a_team_wait(contest):
    contest.to("running")
    statuses = [
        (await contest.ask("POST", "clarifications", "team-1", json={"text": f"{n}?"})).status_code for n in range(13)
    ]
    # where a minute of the clock ends on the way, the window that slides lets one more through
    assert statuses[:10] == [201] * 10
    assert statuses[11:] == [429] * 2
    assert (await contest.ask("POST", "clarifications", "team-2", json={"text": "?"})).status_code == 201
    told = [
        (await contest.ask("POST", "clarifications", "a-judge", json={"text": f"{n}!"})).status_code for n in range(12)
    ]
    assert told == [201] * 12, "the jury answers as fast as it can"


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_admin_puts_messages_with_their_ids_and_times(contest, version):
    contest.to("running")
    data = {"id": "elsewhere-1", "text": "Hm?", "from_team_id": "t1", "time": time(3)}
    for _ in range(2):
        answer = await contest.ask("PUT", "clarifications/elsewhere-1", "an-admin", version, json=data)
        assert (answer.status_code, answer.json()["contest_time"]) == (200, "0:03:00"), answer.text
        check(version, "clarification", answer.content)
    there = (await contest.get("clarifications", "an-admin", version)).json()
    assert {"q1", "a4", "elsewhere-1"} <= {one["id"] for one in there}
    for one in there:
        copy = one | {"id": f"copy-of-{one['id']}"}
        answer = await contest.ask("PUT", f"clarifications/{copy['id']}", "an-admin", version, json=copy)
        assert (answer.status_code, answer.json()) == (200, copy), "what a GET gives"
    timed = {"text": "Hm?", "from_team_id": "t1", "time": time(3), "contest_time": "0:03:00"}
    posted = await contest.ask("POST", "clarifications", "an-admin", version, json=timed)
    assert (posted.status_code, posted.json()["contest_time"]) == (201, "0:03:00"), posted.text
    late = timed | {"time": None}
    await refused(contest, "POST", "clarifications", "an-admin", late, 400, "contest_time: it follows", version)
    for change, status, says in (
        ({"text": "Other"}, 409, "another content"),
        ({"id": "elsewhere-2"}, 409, "URL"),
        ({"id": None}, 400, "id"),
        ({"time": None}, 400, "time"),
        ({"time": "0001-01-01T00:00:00Z"}, 400, "time"),
        ({"contest_time": "soon"}, 400, "contest_time"),
        ({"contest_time": "1" * 5000 + ":00:00"}, 400, "contest_time"),
    ):
        await refused(contest, "PUT", "clarifications/elsewhere-1", "an-admin", data | change, status, says, version)
    for who in ("team-1", "a-judge"):
        await refused(contest, "PUT", "clarifications/elsewhere-1", who, data, 403, "admin_clar", version)
    proxied = await contest.ask("POST", "clarifications", "an-admin", version, json={"text": "?", "from_team_id": "t2"})
    assert (proxied.status_code, proxied.json()["from_team_id"]) == (201, "t2")


async def test_of_two_messages_that_are_put_under_one_id_at_once_the_second_is_refused(contest, monkeypatch):
    contest.to("running")
    producer, both = contest.site.producer, asyncio.Barrier(2)
    append = producer.append_async

    async def when_both_have_looked(event):
        await both.wait()
        return await append(event)

    monkeypatch.setattr(producer, "append_async", when_both_have_looked)
    entries = []
    monkeypatch.setattr(contest.site.audit._producer, "send", lambda *sent: entries.append(sent[-1]) or Future())
    one, other = ({"id": "twice", "text": text, "from_team_id": "t1", "time": time(3)} for text in ("One", "Other"))
    put = functools.partial(contest.ask, "PUT", "clarifications/twice", "an-admin")
    answers = await asyncio.gather(put(json=one), put(json=other))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (shown,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await contest.get("clarifications/twice", "an-admin")).json() == shown
    assert {answer.status_code: json.loads(answer.request.content)["text"] for answer in answers}[200] == shown["text"]
    told = sorted((one.account, one.status, one.action) for one in entries)
    assert told == [("an-admin", 200, "clarification"), ("an-admin", 409, "PUT refused")], "both are in the audit"
    answers = await asyncio.gather(put(json=one | {"text": shown["text"]}), put(json=one | {"text": shown["text"]}))
    assert [answer.json() for answer in answers] == [shown] * 2, "the same content is the same message"


# ---- submissions as JSON --------------------------------------------------------------------------------------------


def zipped(name="main.cpp", data=b"int main() {}"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return [{"data": base64.b64encode(out.getvalue()).decode()}]


@pytest.mark.parametrize("version", VERSIONS)
async def test_teams_proxies_and_admins_submit(contest, version):
    contest.to("running")
    plain = {"problem_id": "pa", "language_id": "cpp", "files": zipped()}
    mine = await contest.ask("POST", "submissions", "team-1", version, json=plain)
    assert mine.status_code == 201, mine.text
    check(version, "submission", mine.content)
    base = "/api" if version == "2026-01" else "/api/2023-06"
    assert mine.headers["location"] == f"{base}/contests/conf/submissions/{mine.json()['id']}"
    proxied = await contest.ask("POST", "submissions", "an-admin", version, json=plain | {"team_id": "t2"})
    assert (proxied.status_code, proxied.json()["team_id"]) == (201, "t2")
    assert parse_time(proxied.json()["time"]) == START + contest.minute * MINUTE, "the server's time"
    timed = plain | {"team_id": "t2", "time": time(4)}
    posted = await contest.ask("POST", "submissions", "an-admin", version, json=timed)
    assert (posted.status_code, posted.json()["contest_time"]) == (201, "0:04:00")
    put = await contest.ask("PUT", "submissions/x-1", "an-admin", version, json=timed | {"id": "x-1"})
    assert (put.status_code, put.json()["id"]) == (201, "x-1")
    again = await contest.ask("PUT", "submissions/x-1", "an-admin", version, json=timed | {"id": "x-1"})
    assert (again.status_code, again.json()) == (200, put.json())
    again = (await contest.get("submissions/x-1", "an-admin", version)).json()
    copy = again | {"id": "x-9", "files": zipped(), "account_id": "team-2"}
    passed_on = await contest.ask("PUT", "submissions/x-9", "an-admin", version, json=copy)
    assert passed_on.status_code == 201, "what a GET gives, with its files"
    copied = (await contest.get("submissions/x-9", "an-admin")).json()
    assert (copied["account_id"], copied["contest_time"]) == ("team-2", "0:04:00")
    for who, method, path, change, status, says in (
        ("an-admin", "POST", "submissions", {"team_id": "t1", "contest_time": "0:04:00"}, 400, "contest_time"),
        ("an-admin", "POST", "submissions", {"team_id": "t1", "account_id": "nobody"}, 400, "account_id"),
        ("team-1", "POST", "submissions", {"account_id": "team-2"}, 403, "account_id"),
        ("team-1", "POST", "submissions", {"time": time(4)}, 400, "time"),
        ("team-1", "POST", "submissions", {"id": "x"}, 400, "id"),
        ("team-1", "POST", "submissions", {"contest_time": "0:04:00"}, 400, "contest_time"),
        ("team-1", "POST", "submissions", {"contest_time": "1" * 5000 + ":00:00"}, 400, "duration"),
        ("team-1", "POST", "submissions", {"team_id": "t2"}, 403, "team_id"),
        ("team-1", "PUT", "submissions/x-2", {"id": "x-2"}, 403, "admin"),
        ("a-judge", "POST", "submissions", {}, 403, "team"),
        ("an-admin", "POST", "submissions", {}, 400, "team_id"),
        ("an-admin", "POST", "submissions", {"team_id": "t1", "id": "x"}, 400, "id"),
        ("an-admin", "PUT", "submissions/x-2", {"team_id": "t1", "id": "x-2"}, 400, "time"),
        ("an-admin", "PUT", "submissions/x-2", {"team_id": "t1", "id": "x-3", "time": time(4)}, 409, "id"),
        (
            "an-admin",
            "PUT",
            "submissions/x-2",
            {"team_id": "t1", "id": "x-2", "time": "0001-01-01T00:00:00Z"},
            400,
            "years",
        ),
    ):
        await refused(contest, method, path, who, plain | change, status, says, version)


async def test_a_proxy_is_held_to_the_contests_time(contest):
    contest.to("before")
    plain = {"problem_id": "pa", "language_id": "cpp", "files": zipped(), "team_id": "t1"}
    await refused(contest, "POST", "submissions", "an-admin", plain, 403, "not started")


# ---- awards ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_admin_gives_changes_and_takes_awards(contest, version):
    contest.to("running")
    posted = await contest.ask(
        "POST",
        "awards",
        "an-admin",
        version,
        json={"citation": "Best costumes", "team_ids": ["t1"]},
        params={"reason": "die Trachten, ¡qué bonitas!"},
    )
    assert reasons(contest)[-1] == ("an-admin", "die Trachten, ¡qué bonitas!")
    assert posted.status_code == 201, posted.text
    check(version, "award", posted.content)
    path = f"awards/{posted.json()['id']}"
    assert posted.headers["location"].endswith(path)
    assert (await contest.get(path, "", version)).json() == posted.json()
    put = {"id": "winner", "citation": "By hand", "team_ids": ["t2"]}
    for _ in range(2):
        answer = await contest.ask("PUT", "awards/winner", "an-admin", version, json=put)
        assert (answer.status_code, answer.json()) == (200, put)
    assert (await contest.get("awards/winner", "", version)).json() == put
    patched = await contest.ask("PATCH", "awards/winner", "an-admin", version, json={"team_ids": ["t1", "t2"]})
    assert patched.json() == put | {"team_ids": ["t1", "t2"]}
    patched = await contest.ask("PATCH", "awards/winner", "an-admin", version, json={"citation": "Both"})
    assert patched.json() == put | {"team_ids": ["t1", "t2"], "citation": "Both"}
    told = reasons(contest)
    gone = await contest.ask("DELETE", "awards/winner?reason=a%20mistake", "an-admin", version)
    assert reasons(contest) == [*told, ("an-admin", "a mistake")]
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await contest.get("awards/winner", "", version)).status_code == 404
    assert (await contest.ask("DELETE", "awards/winner", "an-admin", version)).status_code == 404
    for method, path, data, status, says in (
        ("POST", "awards", {"id": "x", "citation": "X", "team_ids": []}, 400, "id"),
        ("POST", "awards", {"team_ids": []}, 400, "citation"),
        ("POST", "awards", {"citation": "X"}, 400, "team_ids"),
        ("POST", "awards", {"citation": "X", "team_ids": ["nope"]}, 400, "nope"),
        ("PUT", "awards/x", {"id": "y", "citation": "X", "team_ids": []}, 409, "id"),
        ("PUT", "awards/x", {"citation": "X", "team_ids": []}, 400, "id"),
        ("PUT", "awards/x", {"id": "x", "citation": "X"}, 400, "team_ids"),
        ("PATCH", "awards/nope", {"citation": "X"}, 404, "nope"),
        ("PATCH", "awards/gold-medal", {"citation": "Gold!"}, 400, "team_ids"),
        ("PATCH", "awards/gold-medal", {"citation": None}, 400, "citation"),
        ("PATCH", "awards/gold-medal", {"team_ids": None}, 400, "team_ids"),
        ("PATCH", "awards/gold-medal", {"id": "other"}, 409, "id"),
        ("PATCH", "awards/gold-medal", {"team_ids": [], "surprise": 1}, 400, "surprise"),
    ):
        await refused(contest, method, path, "an-admin", data, status, says, version)
    await refused(contest, "PUT", f"awards/winner?reason={501 * 'x'}", "an-admin", put, 400, "reason", version)
    for who in ("team-1", "a-judge"):
        await refused(contest, "PUT", "awards/winner", who, put, 403, "admin", version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_award_of_a_hidden_group_is_the_jurys_though_it_is_given_by_hand(contest, version):
    contest.to("running")
    given = {"id": "group-winner-gh", "citation": "Winner of Guests", "team_ids": ["t1"]}
    said = {"message": "see {awards:group-winner-gh}"}
    remark = await contest.ask("POST", "commentary", "a-judge", json=said)
    assert remark.status_code == 201, remark.text

    async def who_hears():
        """Who sees the award, has it in the list, hears of it in the feed, and reads what names it."""
        heard = []
        for who in ("", "team-1", "team-hidden", "an-analyst", "a-judge", "an-admin"):
            one = await contest.get("awards/group-winner-gh", who, version)
            listed = [award["id"] for award in (await contest.get("awards", who, version)).json()]
            feed = await contest.get("event-feed?stream=false", who, version)
            remarked = await contest.get(f"commentary/{remark.json()['id']}", who)
            by_feed = "group-winner-gh" in feed.text
            heard += [who] * sum([one.is_success, "group-winner-gh" in listed, by_feed, remarked.is_success])
        return heard

    jury = ["a-judge"] * 4 + ["an-admin"] * 4
    assert await who_hears() == jury, "their board has it"
    answer = await contest.ask("PUT", "awards/group-winner-gh", "an-admin", version, json=given)
    assert (answer.status_code, answer.json()) == (200, given)
    assert await who_hears() == jury
    await refused(contest, "POST", "commentary", "an-analyst", said, 400, "there is no 'group-winner-gh'")


# ---- commentary -----------------------------------------------------------------------------------------------------


async def test_analysts_judges_and_admins_comment(contest):
    contest.to("running")
    said = {
        "message": "{teams:t1} leads",
        "tags": ["accepted"],
        "team_ids": ["t1"],
        "problem_ids": ["pa"],
        "submission_ids": ["s3"],
    }
    for who in ("an-analyst", "a-judge", "an-admin"):
        answer = await contest.ask("POST", "commentary", who, json=said)
        assert answer.status_code == 201, answer.text
        check("2026-01", "commentary", answer.content)
        assert {name: answer.json()[name] for name in said} == said
        assert (await contest.get(f"commentary/{answer.json()['id']}")).json() == answer.json()
    for change, says in (
        ({"message": None}, "message"),
        ({"id": "x"}, "id"),
        ({"time": time(1)}, "time"),
        ({"source_id": "chief"}, "source_id"),
        ({"team_ids": ["nope"]}, "team_ids"),
        ({"problem_ids": ["nope"]}, "problem_ids"),
        ({"submission_ids": ["nope"]}, "submission_ids"),
        ({"tags": [5]}, "tags"),
    ):
        await refused(contest, "POST", "commentary", "a-judge", said | change, 400, says)
    await refused(contest, "POST", "commentary", "an-analyst", said | {"team_ids": ["h1"]}, 400, "h1")
    for who, version in (("team-1", "2026-01"), ("somebody else", "2026-01"), ("a-judge", "2023-06")):
        await refused(contest, "POST", "commentary", who, said, 403, "post_comment", version)
    contest.to("frozen")
    contest.at(contest.minute + 1)
    secret = await contest.ask("POST", "commentary", "a-judge", json={"message": "AC!", "team_ids": ["t1"]})
    assert secret.status_code == 201
    path = f"commentary/{secret.json()['id']}"
    seen = [(await contest.get(path, who)).status_code for who in ("", "team-1", "a-judge")]
    assert seen == [404, 404, 200], "what is said in the freeze is the jury's until the thaw"


async def test_an_analyst_reads_in_the_freeze_what_they_have_said_there_and_nobody_else_but_the_jury(contest):
    contest.account("other-analyst", "analyst", None)
    contest.to("frozen")
    contest.at(contest.minute + 1)
    said = {"message": "{teams:t1} may have it", "team_ids": ["t1"], "submission_ids": ["f1"]}
    answer = await contest.ask("POST", "commentary", "an-analyst", json=said)
    assert answer.status_code == 201, answer.text
    path = answer.headers["location"].removeprefix("/api")
    told = (await contest.get(path, "an-analyst")).json()
    assert told == answer.json()
    assert told["submission_ids"] == ["f1"]

    async def who_hears():
        everybody = ("", "team-1", "an-analyst", "other-analyst", "a-judge")
        feeds = {who: (await contest.get("event-feed?stream=false", who)).text for who in everybody}
        lists = {who: (await contest.get("commentary", who)).json() for who in everybody}
        shown = {who for who in everybody if told in lists[who]}
        assert {who for who in everybody if (await contest.get(path, who)).status_code == 200} == shown
        assert {who for who in everybody if told["id"] in feeds[who]} == shown
        return shown, feeds

    shown, feeds = await who_hears()
    assert shown == {"an-analyst", "a-judge"}
    token = json.loads(feeds["an-analyst"].splitlines()[-1])["token"]
    path_of_rest = f"event-feed?stream=false&since_token={token}"
    assert (await contest.get(path_of_rest, "an-analyst")).status_code == 200
    assert (await contest.get(path_of_rest, "other-analyst")).status_code == 400, (
        "it may name a line that they never had"
    )
    contest.to("thawed")
    assert len((await who_hears())[0]) == 5


async def test_a_message_names_only_what_its_author_sees(contest):
    contest.to("before")
    said = "In {problems:pa} there is a trap"
    await refused(contest, "POST", "commentary", "an-analyst", {"message": said}, 400, "before the start")
    assert (await contest.ask("POST", "commentary", "a-judge", json={"message": said})).status_code == 201
    contest.to("running")
    judgement = (await contest.get("judgements")).json()[0]["id"]
    theirs = ("teams:h1", "t:h1", "submissions:sh", "groups:gh", "persons:guest", "clarifications:qh")
    for named in theirs:
        said, id_ = {"message": f"Look at {{{named}}}!"}, named.partition(":")[2]
        await refused(contest, "POST", "commentary", "an-analyst", said, 400, f"message: there is no '{id_}'")
        assert (await contest.ask("POST", "commentary", "a-judge", json=said)).status_code == 201
    for type_ in ("teams", "p", "submissions", "groups", "persons", "clarifications", "judgements", "runs", "awards"):
        said = {"message": f"Look at {{{type_}:nope}}!"}
        await refused(contest, "POST", "commentary", "a-judge", said, 400, "message: there is no 'nope'")
    literal = {"message": r"literal \{teams:nope} here, \{teams:h1} too"}
    answer = await contest.ask("POST", "commentary", "an-analyst", json=literal)
    assert (answer.status_code, answer.json().get("message")) == (201, literal["message"])
    assert (await contest.get(f"commentary/{answer.json()['id']}")).json() == answer.json()
    for named in (f"judgements:{judgement}", f"runs:{judgement}.1", "accounts:team-1"):
        said = {"message": f"Look at {{{named}}}!"}
        await refused(contest, "POST", "commentary", "an-analyst", said, 400, "message: only the jury")
        answer = await contest.ask("POST", "commentary", "a-judge", json=said)
        assert answer.status_code == 201, answer.text
        assert [
            (await contest.get("commentary/" + answer.json()["id"], who)).status_code for who in ("", "a-judge")
        ] == [404, 200]
    seen = "{t:t1} leads in {p:pa} by {submissions:s3}, says {persons:chief}: {awards:winner} in {contest:other}, {state:state}, and {what:ever} else"
    answer = await contest.ask("POST", "commentary", "an-analyst", json={"message": seen})
    assert answer.status_code == 201, answer.text
    assert (await contest.get(f"commentary/{answer.json()['id']}")).json() == answer.json()
