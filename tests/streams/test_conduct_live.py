"""Freeze, thaw and the end of a contest by the operator's commands, through Kafka, clock, scorer and live sink."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from clics.times import format_time
from podium.cli import main
from podium.live_board import live_scoreboard, named_board
from schemas import live
from schemas.events import Clarification, PenaltyAdded, PositionSkipped, Reloaded
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from tests.contest_log import HOUR, MINUTE
from tests.streams.kafka_log import KafkaLog
from tests.wait import until

ROOT = Path(__file__).parents[2]
PROCESSES = ("streams.clock", "streams.scorer.app", "streams.live.sink")


@pytest.fixture
def cluster(settings, kafka, redis_server, monkeypatch):
    """Settings of a stack of which the contest's own processes run; the commands of this process use it, too."""
    # another database than those that the tests of the live view empty
    url = redis_server.rpartition("/")[0] + "/7"
    found = settings.model_copy(update={"kafka": kafka, "redis": url})
    env = {"PODIUM_HOME": str(found.home), "PODIUM_KAFKA": kafka, "PODIUM_REDIS": url, "PODIUM_LOG_LEVEL": "warning"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    running = []
    with (found.home / "processes.log").open("a") as output:
        for number, module in enumerate(PROCESSES):
            code = f"from schemas.settings import load; from {module} import run; run(load())"
            mine = os.environ | {"PODIUM_INSTANCE": f"conduct-{number}", "PYTHONPATH": str(ROOT)}
            running.append(subprocess.Popen([sys.executable, "-c", code], env=mine, stdout=output, stderr=output))
        yield found
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)
    with redis.Redis.from_url(url) as client:
        client.flushdb()


class Contest:
    """A contest that has run for an hour of two, without a freeze, as everybody sees it."""

    def __init__(self, settings: Settings, producer: Producer, capsys: Any) -> None:
        self.settings, self.capsys = settings, capsys
        self.end = now() + HOUR
        self.log = KafkaLog(
            producer,
            start_time=self.end - 2 * HOUR,
            duration=2 * HOUR,
            scoreboard_freeze_duration=None,
            scoreboard_thaw_time=None,
        )
        self.id = self.log.contest

    def podium(self, *arguments: str, code: int = 0) -> str:
        """What `podium contest …` says, on standard error when it refuses."""
        command, *rest = arguments
        why = [] if command in ("finalize", "awards", "show") else ["--reason", "a test"]
        assert main(["contest", command, self.id, *rest, *why]) == code, self.capsys.readouterr()
        said = self.capsys.readouterr()
        return str(said.err if code == 2 else said.out)

    def boards(self) -> tuple[list[str], list[str]]:
        """The public's and the jury's live board, once they are what the log says, in the words of ContestLog."""
        found = list(read_contest(self.settings, self.id))
        skipped = {event.position for _, event in found if isinstance(event, PositionSkipped)}
        self.log.events = [(position, event) for position, event in found if position not in skipped]
        for audience in AUDIENCES:
            expected = self.log.canonical(audience)
            until(partial(self._shows, audience, expected), 60, f"the live view shows {audience} what the log says")
        return self.log.rows("public"), self.log.rows("jury")

    def _shows(self, audience: str, expected: bytes) -> bool:
        with redis.Redis.from_url(self.settings.redis) as client:
            meta = live.parse_meta(client.hgetall(live.meta_key(self.id)))
        if meta is None or meta.log < self.log.events[-1][0] or meta.rows < 0:
            return False
        return live_scoreboard(self.settings, self.id, audience) == expected

    def awards(self) -> dict[str, list[str]]:
        """Who has which award by the command and, once the boards are what the log says, by the live view alike."""
        self.boards()
        found = {one["id"]: one["team_ids"] for one in json.loads(self.podium("awards", "--json"))}
        with redis.Redis.from_url(self.settings.redis) as client:
            stored = client.hgetall(live.objects_key(self.id, "awards")).items()
        told = {id_.decode(): live.parse_stored(value).object["team_ids"] for id_, value in stored}
        assert found == {id_: told[f"public:{id_}"] for id_ in found}
        assert len(told) == 2 * len(found)
        return found

    def blockers(self) -> list[str]:
        """What `podium contest finalize` lists; the scorer's boards are as the log says."""
        code = main(["contest", "finalize", self.id, "--check", "--json"])
        listed = json.loads(self.capsys.readouterr().out)["blockers"]
        assert code == (3 if listed else 0)
        return [one["kind"] for one in listed]

    def skipped(self) -> list[int]:
        """The positions that the scorer has skipped."""
        return [e.position for _, e in read_contest(self.settings, self.id) if isinstance(e, PositionSkipped)]

    def state(self) -> dict[str, Any]:
        return named_board(self.settings, self.id, "public").state


def now() -> int:
    return time.time_ns() // 1_000_000


def test_from_a_freeze_by_hand_to_the_end_of_updates(cluster, capsys):
    with Producer(cluster) as producer:
        c = Contest(cluster, producer, capsys)
        log, start = c.log, c.end - 2 * HOUR
        log.submit("t1", "A", 0, "AC", at=start + 10 * MINUTE)
        assert c.boards()[0] == ["1 t1 1 10 A=1/10", "2 t2 0 0"]

        # frozen by hand: what is judged now is the jury's
        assert "everybody sees it" in c.podium("freeze")
        at = now()
        log.submit("t2", "A", 0, "WA", at=at)
        log.submit("t2", "B", 0, "AC", at=at)
        first, second = "1 t1 1 10 A=1/10", f"2 t2 1 {(at - start) // MINUTE} A:1 B=1/{(at - start) // MINUTE}"
        assert c.boards() == ([first, "2 t2 0 0 A:0+1? B:0+1?"], [first, second])
        until(lambda: c.state().get("frozen"), 20, "the state is frozen")
        assert (log.firsts("public"), log.firsts("jury")) == ({"A": "t1"}, {"A": "t1", "B": "t2"})

        # lifted while it runs: what was hidden is sent
        c.podium("unfreeze")
        assert c.boards() == ([first, second], [first, second])
        assert "frozen" not in c.state()

        # frozen again, with one more for the jury and one that nobody judges yet; then it ends
        c.podium("freeze")
        log.submit("t1", "C", 0, "AC", at=now())
        waits = log.submit("t2", "C", 0, at=now())
        log.act(Clarification, id="q", from_team_id="t1", text="?", asked_at=now())
        assert c.blockers() == ["not over", "pending", "clarification"]
        c.podium("extend", f"-{(c.end - now()) // 1000 - 2}s")
        until(lambda: c.state().get("ended"), 20, "the clock writes down the end")
        hidden = [f"{first} C:0+1?", f"{second} C:0+1?"]
        public, jury = c.boards()
        assert public == hidden
        assert jury[0].startswith("1 t1 2 ")

        # a thaw is planned, cancelled, and done; then it stays
        c.podium("thaw", "--at", format_time(now() + HOUR))
        c.podium("thaw", "--cancel")
        assert c.boards()[0] == hidden
        c.podium("thaw", "--now")
        public, jury = c.boards()
        assert public == jury
        assert "that cannot be taken back" in c.podium("thaw", "--cancel", code=2)

        # what is in the way of the end goes
        log.judge(waits, "AC")
        log.act(Clarification, id="a", reply_to_id="q", text="!", asked_at=now())
        awards = c.awards()
        assert (awards["winner"], awards["first-to-solve-B"]) == (["t1"], ["t2"])

        # t2 has more penalty time than a row holds, or else less than t1: the scorer skips it, and so do all, for good
        for team, by in (("t1", 2**62), ("t2", 2**62 - 10 * HOUR), ("t2", 2**62 + 10 * HOUR)):
            beyond = log.act(PenaltyAdded, team_id=team, by=by)
        until(lambda: c.skipped() == [beyond], 60, "the scorer skips it")
        assert c.awards()["winner"] == ["t2"]
        log.act(Reloaded)
        assert c.awards()["winner"] == ["t2"]

        # a finalization with B
        assert "the results are official, with B = 1" in c.podium("finalize", "--b", "1")
        state = until(lambda: c.state() if c.state().get("end_of_updates") else None, 20, "the updates end")
        assert state["finalized"] == state["end_of_updates"] > state["thawed"]

        # and then nothing changes, whoever writes what
        final, _ = c.boards()
        for command in (("finalize",), ("penalty", "t1", "20m")):
            assert "nothing changes after its end of updates" in c.podium(*command, code=2)
        log.act(PenaltyAdded, team_id="t1", by=HOUR)
        assert c.boards() == (final, final)
