"""A contest of another system is followed while its server breaks off, and what was judged here is compared."""

from __future__ import annotations

import asyncio
import copy
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from types import SimpleNamespace

import pytest

from podium.cli import main
from podium.feeds.mirror import shadow_id
from schemas.codec import codec
from schemas.events import Definition, Judgement, Submission
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import read_contest
from streams._faust import Arrival
from streams.dispatcher import planner
from streams.refold import batches, log_end
from tests.feed_server import FeedServer
from tests.streams.kafka_log import KafkaLog
from tests.unit.packaging import PACKAGE, write
from tests.unit.test_feed_import import FEED
from tests.unit.test_planner import Broker
from tests.wait import until

END = {"type": "state", "id": None, "data": {
    "started": "2026-01-01T10:00:00.000Z", "frozen": "2026-01-01T14:00:00.000Z", "ended": "2026-01-01T15:00:00.000Z",
    "thawed": "2026-01-01T16:00:00.000Z", "finalized": "2026-01-01T16:00:00.000Z",
    "end_of_updates": "2026-01-01T16:00:00.000Z"}}  # fmt: skip


@pytest.fixture
def server():
    server = FeedServer()
    for n in range(1, 8):  # the files of the eighth are not there
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("src/main.cpp", f"int main() {{ return {n}; }}")
        server.files[f"/api/contests/c1/submissions/s{n}/files"] = out.getvalue()
    yield server
    server.close()


def held(settings, contest):
    return [event for _, event in read_contest(settings, contest)]


def asked_for(settings, contest):
    """What planner and queue make of the contest's log: the packages of the judgings that are outstanding, by submission."""
    broker, partition = Broker(), partition_of(contest)
    planned = planner.Planner(broker, settings)

    async def plan():
        for message in itertools.chain.from_iterable(batches(settings, partition, log_end(settings, partition) - 1)):
            event = codec().decode(message.value()) if message.key() == contest.encode() else None
            if isinstance(event, planner.WANTS):
                told = SimpleNamespace(headers=dict(message.headers() or ()))
                at = Arrival("log", partition, message.offset(), 0, message.key(), message.value(), told)
                await planned.handle(event, at)

    asyncio.run(plan())
    assert {task.contest for task in broker.queue.tasks.values()} <= {contest}
    return {task.submission_id: task.package for task in broker.queue.tasks.values()}


def judge(settings, contest, verdicts):
    """What our judges come to."""
    with Producer(settings) as producer:
        for one in held(settings, contest):
            if isinstance(one, Submission):
                about = {name: getattr(one, name) for name in ("team_id", "problem_id", "language_id", "submitted_at")}
                times = {"started_at": one.submitted_at, "ended_at": one.submitted_at + 500}
                head = {"contest": contest, "recorded_at": one.recorded_at, "recorded_by": "queue"}
                verdict = verdicts[one.id]
                producer.append(
                    Judgement(**head, **about, **times, submission_id=one.id, judging=0, attempt=1, verdict=verdict)
                ).result(30)


def test_a_contest_is_followed_through_cuts_restarts_and_kills_and_compared(
    settings, kafka, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PODIUM_PORT_BASE", str(settings.port_base))
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    write(tmp_path / "problems" / "A", PACKAGE)
    contest = f"theirs-{new_id()[:8]}"
    ours = f"{contest}.shadow"
    run = ["shadow", "run", server.url, "--contest", contest, "--packages", str(tmp_path / "problems")]

    server.cut, server.no_files = 5, [503] * 4  # the first one's files are asked for three times
    server.tell(*FEED[:13])
    following = subprocess.Popen([sys.executable, "-m", "podium", *run], env=os.environ, stderr=subprocess.DEVNULL)
    until(lambda: {"s1", "s2", "s3"} <= {getattr(e, "id", "") for e in held(settings, ours)}, 90, "three have come")
    server.stop()
    server.tell(*FEED[13:17])
    server.start()
    until(lambda: any(getattr(e, "id", "") == "s5" for e in held(settings, ours)), 90, "it goes on behind the restart")
    following.send_signal(signal.SIGKILL)
    following.wait(60)
    server.cut, server.no_files = 0, [503]
    server.tell(*FEED[17:], END)
    assert main([*run, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["not_judged"] == {"s8": "contests/c1/submissions/s8/files: 404 Not Found"}

    theirs, mine = held(settings, contest), held(settings, ours)
    for events, submissions in ((theirs, 8), (mine, 7)):
        ids = Counter(event.id for event in events if isinstance(event, Submission))
        assert (len(ids), set(ids.values())) == (submissions, {1})
    assert sum(isinstance(event, Judgement) for event in theirs) == 8
    assert not any(isinstance(event, Judgement) for event in mine)
    definitions = [event for event in mine if isinstance(event, Definition)]
    assert len(definitions) == sum(isinstance(event, Definition) for event in theirs) == 1, "none is said twice"
    assert [(p.id, len(p.package), p.time_limit_ms) for p in definitions[0].problems] == [("a", 64, 2000)]
    assert [p.package for e in theirs if isinstance(e, Definition) for p in e.problems] == [""]
    package = definitions[0].problems[0].package
    assert asked_for(settings, ours) == {f"s{n}": package for n in range(1, 8)}, "our judges get what has files"
    assert asked_for(settings, contest) == {}, "and nothing of theirs"
    sent = next(event for event in mine if isinstance(event, Submission) and event.id == "s1")
    assert [(file.name, file.data) for file in sent.files] == [("main.cpp", b"int main() { return 1; }")]
    assert main([*run, "--json"]) == 0
    assert held(settings, contest) == theirs
    capsys.readouterr()

    diff = ["shadow", "diff", contest]
    assert main([*diff, "--json"]) == 3
    assert len(json.loads(capsys.readouterr().out)["verdicts"]) == 8, "nothing is judged yet"
    judge(settings, ours, {f"s{n}": "AC" if n > 5 else "MLE" if n == 2 else "WA" for n in range(1, 9)})
    assert main([*diff, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    differing = {one["submission_id"]: (one["theirs"], one["ours"], one["here"]) for one in found["verdicts"]}
    assert differing == {"s2": ("WA", None, True), "s8": ("AC", None, False)}
    assert {cell["team_id"] for cell in found["board"]["cells"]} == {"1"}
    assert main(diff) == 3
    shown = capsys.readouterr().out
    assert "not judged here" in shown
    assert "8 submissions, 2 verdicts differ" in shown
    assert main(["shadow", "diff", ours]) == 2

    row = {"score": {"num_solved": 1}, "problems": [{"problem_id": "a", "num_pending": 0, "solved": True}]}
    rows = [copy.deepcopy(row) | {"rank": rank, "team_id": team} for rank, team in ((1, "1"), (2, "2"))]
    for one, (total, judged, time) in zip(rows, ((46, 3, 6), (67, 4, 7)), strict=True):
        one["score"]["total_time"] = total
        one["problems"][0] |= {"num_judged": judged, "time": time}
    given = {"winner": ["2"], "first-to-solve-a": ["1"], "best-costume": ["2"]}
    awards = [{"id": id_, "citation": id_, "team_ids": teams} for id_, teams in given.items()]
    server.files["/api/contests/c1/scoreboard"] = json.dumps({"rows": rows}).encode()
    server.files["/api/contests/c1/awards"] = json.dumps(awards).encode()
    assert main([*diff, "--against", server.url, "--json"]) == 3
    official = json.loads(capsys.readouterr().out)["official"]
    differing = {(d["team_id"], d["problem_id"], d["what"]): (d["first"], d["second"]) for d in official["board"]}
    assert differing == {
        ("1", None, "total_time"): ("0:46:00", "0:26:00"),
        ("1", "a", "num_judged"): ("3", "2"),
        ("1", "a", "num_pending"): ("0", "1"),
    }, "what they show themselves"
    assert official["awards"] == [{"award_id": "winner", "before": ["2"], "after": ["1"]}], "none by hand"
    assert "secret" not in official["where"]
    (tmp_path / "board.json").write_text(json.dumps({"rows": rows}))
    assert main([*diff, "--against", str(tmp_path / "board.json")]) == 3
    assert "3 values of the scoreboard differ, it tells no awards" in capsys.readouterr().out
    assert main([*diff, "--against", f"{server.url}/contests/c2"]) == 2, "there is none"


@pytest.mark.parametrize("newer", [0, 1])
def test_what_a_newer_podium_wrote_is_not_compared(settings, kafka, monkeypatch, capsys, newer):
    monkeypatch.setenv("PODIUM_KAFKA", kafka)
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    name = new_id()[:8]
    with Producer(settings) as producer:
        both = [KafkaLog(producer, contest=contest) for contest in (name, shadow_id(name))]
        assert main(["shadow", "diff", name]) == 0
        position = both[newer].newer()
    assert main(["shadow", "diff", name]) == 2
    assert f"contest {both[newer].contest}, position {position}: a newer podium wrote" in capsys.readouterr().err
