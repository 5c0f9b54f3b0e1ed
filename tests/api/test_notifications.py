"""The personal stream on real parts: its own and nothing else, by both ways, and what was missed on return."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import redis

from schemas.events import (
    Clarification,
    ContestExtended,
    Judgement,
    JudgingStarted,
    Run,
    Runs,
    ScoreboardFrozen,
    ThawScheduled,
    Transitioned,
)
from schemas.reader import read_contest
from tests.api.events import Events, Socket
from tests.api.world import HOUR, PASSWORD, now
from tests.wait import until


def url(world, contest, number=1):
    return f"{world.url(number)}/api/contests/{contest}/notifications"


def brief(event):
    """What an event says, in a word or two."""
    data = event.data
    match event.name:
        case "judgement":
            return data.get("judgement_type_id", "begun")
        case "clarification":
            return data["text"]
        case "notice":
            return data["kind"] + (f" {data['by'] // 60_000}" if "by" in data else "")
        case "progress":
            return f"{data['judged']}/{data['tests']}"
    return event.name


def told(stream, last):
    """All that was told up to and with an event, but for states."""
    found = []
    while not found or brief(found[-1]) != last:
        found.append(stream.next())
    return [brief(event) for event in found if event.name != "state"]


def runs(world, contest, submission):
    about = {"submission_id": submission["id"], "judging": 0, "attempt": 1}
    tests = tuple(
        Run(ordinal=n, test=f"secret/{n}", judgement_type_id="AC", cpu_ms=1, wall_ms=1, memory_kib=1, ended_at=now())
        for n in (1, 2)
    )
    world.add(
        JudgingStarted(**world.stamp(contest), **about, host="h", started_at=now()),
        Runs(**world.stamp(contest), **about, runs=tests),
    )


def judge(world, contest, submission):
    about = {name: submission[name] for name in ("team_id", "problem_id", "language_id")}
    times = {"submitted_at": 0, "started_at": now(), "ended_at": now()}
    judged = Judgement(
        **world.stamp(contest), submission_id=submission["id"], **about, judging=0, attempt=1, verdict="WA", **times
    )
    world.add(judged)


def test_each_is_told_of_its_own_and_of_what_it_missed(world, redis_server):
    contest = world.contest("told", teams=4, feedback="full")
    world.appears(contest)
    facts = world.get(f"/api/contests/{contest}/times").json()["times"]
    auth = {who: (f"told-{who}", PASSWORD) for who in ("t1", "t2", "jury")}
    stamp = world.stamp(contest)
    with ExitStack() as streams:
        one, other = (streams.enter_context(Events(url(world, contest, n), auth["t1"])) for n in (1, 2))
        socket = streams.enter_context(Socket(url(world, contest), auth["t1"]))
        two, jury = (streams.enter_context(Events(url(world, contest), auth[who])) for who in ("t2", "jury"))
        first = {stream: stream.next("snapshot") for stream in (one, other, socket, two, jury)}
        assert 1000 <= one.retry <= 5000

        # a verdict, and how far it has come; by both ways, and from both processes
        submission = world.post(contest, "told-t1").json()
        runs(world, contest, submission)
        until(lambda: world.get(f"/api/contests/{contest}/runs", "told-t1").json(), 10, "the runs are there")
        for stream in (one, other, socket, jury):
            # the verdict comes behind it: who reads both at once tells of the verdict alone
            assert told(stream, "2/3") == ["submission", "begun", "2/3"]
        judge(world, contest, submission)
        for stream in (one, other, socket, jury):
            assert told(stream, "WA") == ["WA"]

        # messages to a team, a group, all; the request of a team is its own
        asked, *refused = (
            httpx.post(
                f"{world.url()}/api/contests/{contest}/clarifications?category={category}", auth=auth[who], json=body
            )
            for category, who, body in (
                ("sysops", "t2", {"text": "Why?"}),
                ("hall", "t2", {"text": "?"}),
                ("sysops", "jury", {"text": "?"}),
            )
        )
        assert [answer.status_code for answer in (asked, *refused)] == [201, 400, 400]
        assert "expected General, SysOps, Operations" in refused[0].json()["message"]
        written = [one for _, one in read_contest(world.settings, contest) if isinstance(one, Clarification)]
        assert [(one.category, one.recorded_by) for one in written] == [("SysOps", "told-t2")]
        asked = asked.json()
        world.add(
            Clarification(**stamp, id="a", to_team_ids=("t2",), reply_to_id=asked["id"], text="So.", asked_at=now()),
            Clarification(**stamp, id="g", to_group_ids=("g1",), text="To g1", asked_at=now()),
            Clarification(**stamp, id="n", reply_to_id=asked["id"], text="To all", asked_at=now()),
        )
        assert told(jury, "To all") == ["Why?", "So.", "To g1", "To all"]
        assert told(two, "To all") == ["Why?", "So.", "To all"]
        for stream in (one, socket, other):
            assert brief(stream.next("clarification")) == "To g1"
            assert "reply_to_id" not in stream.next("clarification").data, "t1 cannot see what this answers"

        # how the contest goes on
        end = facts["start"] + 5 * HOUR + 600_000
        world.add(
            ContestExtended(**stamp, id="x", by=600_000),
            ScoreboardFrozen(**stamp, id="f", at=facts["start"] + 1000),
            Transitioned(**stamp, id="s", kind="started", planned_at=facts["start"]),
            Transitioned(**stamp, id="e", kind="ended", planned_at=end),
            ThawScheduled(**stamp, id="ts", thaw_time=end),
            Transitioned(**stamp, id="t", kind="thawed", planned_at=end),
        )
        for stream in (one, other, socket, two, jury):  # also the other process's: it is asked for them below
            notices = told(stream, "thawed")
            assert sorted(notices) == sorted(["extended 10", "started", "frozen", "ended", "thawed"])

    # what was missed is told on return, from the other process too, after all of the view was lost
    with Events(url(world, contest, 2), auth["t1"], last_id=first[one].id) as back:
        missed = told(back, "To all")
        assert sorted(missed[:5]) == sorted(["extended 10", "started", "frozen", "ended", "thawed"])
        assert missed[5:] == ["submission", "WA", "To g1", "To all"], "each as it is now, in its order"
        head = back.last_id
        client = redis.Redis.from_url(redis_server)
        client.flushall()
        client.close()
        until(lambda: world.get(f"/api/contests/{contest}", "told-jury").status_code == 200, 30, "the view is back")
        world.add(Clarification(**stamp, id="m", text="More", asked_at=now()))
        assert told(back, "More") == ["More"]
        assert not back.ended.is_set()
    with Events(url(world, contest), auth["t1"], last_id=head) as back:
        assert told(back, "More") == ["More"]
    for token, who in ((head, "t2"), ("garbage", "t1"), ("", "t1")):
        with Events(url(world, contest), auth[who], last_id=token) as anew:
            assert anew.next().name == "state"
            assert anew.next().name == "snapshot"
