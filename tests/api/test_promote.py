"""A what-if becomes the live board, under the eyes of its viewers: with a scorer, a live sink and real streams."""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis

from podium.cli import main
from schemas.events import (
    Commentary,
    GenerationOpened,
    GenerationPromoted,
    GenerationRetired,
    Judgement,
    Submission,
)
from schemas.live import meta_key
from schemas.live_board import read_board
from schemas.reader import read_contest
from schemas.rows import AUDIENCES
from streams.replay import marks, promote, recompute
from streams.scoring.canonical import canonical
from streams.scoring.project import active, generations
from tests.api.events import Events
from tests.api.test_stream import board_url
from tests.api.world import HOUR, now
from tests.wait import until

WHY = ("--reason", "the jury decided")


@pytest.fixture(scope="module")
def scored(world):
    """The world, with a scorer."""
    world.begin("scorer", "scorer")
    world.ready("scorer")
    yield world
    if "scorer" in world.processes:
        world.stop("scorer")


@pytest.fixture
def cli(scored, monkeypatch, tmp_path, capsys):
    """Runs `podium replay …` here; its exit code and what it printed."""
    monkeypatch.setenv("PODIUM_KAFKA", scored.settings.kafka)
    monkeypatch.setenv("PODIUM_REDIS", scored.settings.redis)
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["replay", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


class Contest:
    """A contest with two teams whose places change with the penalty."""

    def __init__(self, world, name: str) -> None:
        self.world, self.id, self.count = world, world.contest(name), 0
        self.begin = now() - HOUR
        self.submit("t1", "pa", 20, "WA")
        self.submit("t1", "pa", 20, "AC")
        self.submit("t2", "pa", 25, "AC")

    def submit(self, team: str, problem: str, minute: int, verdict: str | None) -> None:
        self.count += 1
        about = {"team_id": team, "problem_id": problem, "language_id": "cpp"}
        at = self.begin + minute * 60_000
        id_ = f"s{self.count}"
        stamp = self.world.stamp(self.id)
        events = [Submission(**stamp, **about, id=id_, submitted_at=at, files=())]
        if verdict:
            events.append(
                Judgement(
                    **stamp, **about, submission_id=id_, submitted_at=at, judging=0, attempt=1, verdict=verdict,
                    started_at=at, ended_at=at,
                )
            )  # fmt: skip
        self.world.add(*events)

    def order(self) -> list[str]:
        """The teams with a solved problem, as the public sees them now."""
        rows = self.world.get(f"/api/contests/{self.id}/scoreboard").json().get("rows", [])
        return [row["team_id"] for row in rows if row["score"]["num_solved"]]

    def proven(self) -> bool:
        """Whether the live view's boards are what the log says."""
        truth = recompute(self.world.settings, self.id)
        for audience in AUDIENCES:
            board = read_board(self.world.settings, self.id, audience)
            if board.generation != truth.generation.id:
                return False
            if canonical(board.rows, board.firsts) != truth.boards[audience]:
                return False
        return True

    def what_if(self, cli, minutes: int) -> str:
        """A result under another penalty."""
        path = Path(os.environ["PODIUM_HOME"], "rules.yaml")
        path.write_text(f"rule: icpc\nparameters: {{penalty_minutes: {minutes}}}\n")
        code, said = cli("run", self.id, "--rules", str(path), "--json")
        assert code == 0, said
        return json.loads(said)[0]["file"]

    def active(self) -> str:
        return active(recompute(self.world.settings, self.id).state)


def boards_of(stream: Events) -> list[tuple]:
    """Each board that a client had, from its first snapshot on: what it shows of teams and their times."""
    rows: dict[str, dict] = {}
    seen = []
    while not stream._queue.empty():
        event = stream.next()
        assert event.name != "reset"
        if event.name == "snapshot":
            rows = {}
        for row in event.data.get("rows", ()):
            rows[row["team_id"]] = row
        seen.append(tuple(sorted((team, row["total_time"]) for team, row in rows.items() if row.get("num_solved"))))
    return seen


def test_viewers_see_one_swap_and_nothing_is_lost_on_the_way_there_and_back(scored, cli):
    contest = Contest(scored, "swapped")
    scored.appears(contest.id)
    until(lambda: contest.order() == ["t2", "t1"], 30, "the board is there")
    result = contest.what_if(cli, 0)
    code, said = cli("diff", result)
    assert code == 3, said
    assert cli("promote", result, "--expect", "7", *WHY)[0] == 2
    assert len(generations(recompute(scored.settings, contest.id).state)) == 1, "a wrong --expect opens nothing"
    done = threading.Event()

    def go_on():
        minute = 30
        while not done.wait(0.05):
            contest.submit("t2", "pb", minute, "WA")
            minute += 1

    with Events(board_url(scored, contest.id)) as one, Events(board_url(scored, contest.id, 2)) as two:
        going = threading.Thread(target=go_on)
        going.start()
        try:
            code, said = cli("promote", result, "--expect", "0", *WHY)
        finally:
            done.set()
            going.join()
        assert code == 0, said
        until(lambda: contest.order() == ["t1", "t2"], 10, "the new board is shown")
        until(contest.proven, 20, "what came meanwhile is on it")
        for stream in (one, two):
            assert not stream.ended.is_set()
            seen = boards_of(stream)
            swap = seen.index((("t1", 20 * 60_000), ("t2", 25 * 60_000)))
            assert {board for board in seen[:swap] if board} == {(("t1", 40 * 60_000), ("t2", 25 * 60_000))}
            assert set(seen[swap:]) == {seen[swap]}, "no board of the old rules comes behind"
    promoted = contest.active()
    assert promoted != "0"
    assert cli("promote", result, "--expect", promoted, *WHY)[0] == 2, "it is active already"
    # a lost Redis comes back with it
    client = redis.Redis.from_url(scored.settings.redis)
    client.flushall()
    until(
        lambda: client.hget(meta_key(contest.id), "active") == promoted.encode() and contest.proven(), 30, "it is back"
    )

    def settled() -> bool:
        epoch = client.hget(meta_key(contest.id), "epoch").decode()
        with Events(board_url(scored, contest.id)) as stream:
            return stream.next("snapshot").id.split(":")[1] == epoch and stream.silent(0.3)

    until(settled, 20, "the streams have the view that was made anew")
    client.close()
    with Events(board_url(scored, contest.id)) as stream:
        stream.next("snapshot")
        # what no score depends on stands last: no mark is ever there
        scored.add(Commentary(**scored.stamp(contest.id), id="c1", message="and back", said_at=now()))
        code, said = cli("rollback", contest.id, "--reason", "the jury took it back")
        assert code == 0, said
        assert {row["team_id"]: row["total_time"] for row in stream.next("snapshot").data["rows"]}["t1"] == 40 * 60_000
        assert not stream.ended.is_set()
    assert contest.active() == "0"
    assert cli("rollback", contest.id, "--reason", "the jury took it back")[0] == 2
    until(contest.proven, 20, "the old board, with what came since")
    log = [event for _, event in read_contest(scored.settings, contest.id)]
    plan = json.loads(Path(result).read_text())["plan"]
    assert [e.reason for e in log if isinstance(e, GenerationOpened)] == [f"the jury decided (replay {plan})"]
    promoted_for = [e.reason for e in log if isinstance(e, GenerationPromoted)]
    assert promoted_for == ["the jury decided", "the jury took it back"]


def test_a_promotion_that_cannot_be_proved_is_retired(scored, cli, monkeypatch):
    contest = Contest(scored, "unproved")
    result = contest.what_if(cli, 0)
    scored.appears(contest.id)
    settings = scored.settings

    def retired() -> list[str]:
        return [e.generation for _, e in read_contest(settings, contest.id) if isinstance(e, GenerationRetired)]

    # the scorer's mark is not what the log says
    told = marks.await_marks
    monkeypatch.setattr(promote, "await_marks", lambda *a: {k: _other(m) for k, m in told(*a).items()})
    code, said = cli("promote", result, "--expect", "0", *WHY)
    assert (code, len(retired())) == (2, 1)
    assert "is not what the log says" in said
    monkeypatch.setattr(promote, "await_marks", told)
    # somebody else promotes another meanwhile
    shown = promote._Live._has_marks

    def overtaken(live, *arguments):
        if shown(live, *arguments):
            generation = next(iter(arguments[1].values())).generation
            scored.add(GenerationPromoted(**scored.stamp(contest.id), expect="0", generation=generation))
            scored.add(GenerationPromoted(**scored.stamp(contest.id), expect=generation, generation="0"))
            scored.add(GenerationRetired(**scored.stamp(contest.id), generation=generation))
            return True
        return False

    monkeypatch.setattr(promote._Live, "_has_marks", overtaken)
    code, said = cli("promote", result, "--expect", "0", *WHY)
    assert code == 2
    assert "changed by somebody else" in said
    monkeypatch.setattr(promote._Live, "_has_marks", shown)
    # a scorer that is behind
    monkeypatch.setattr(marks, "ANSWER_S", 1.0)
    scored.stop("scorer")
    try:
        code, said = cli("promote", result, "--expect", "0", *WHY)
        assert (code, "has written no marks" in said) == (2, True)
    finally:
        scored.begin("scorer", "scorer")
        scored.ready("scorer")
    assert contest.active() == "0"
    assert [one.id for one in generations(recompute(settings, contest.id).state)] == ["0"]


def _other(mark):
    return dataclasses.replace(mark, digest="0" * 64)


# ---- killed at any moment -------------------------------------------------------------------------------------------

VICTIMS = ("promote", "scorer", "live-sink", "promote")
LINES = 6
"""What a promotion says on its way; it is killed, or something else is, when it has said so many."""


def promoting(scored, result: str, expect: str) -> subprocess.Popen[str]:
    settings = scored.settings
    env = os.environ | {
        "PODIUM_HOME": str(Path(result).parents[1]),
        "PODIUM_KAFKA": settings.kafka,
        "PODIUM_REDIS": settings.redis,
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "podium", "replay", "promote", result, "--expect", expect, *WHY]
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def kill_and_look(scored, contest: Contest, result: str, before: tuple, after: tuple, victim: str, draw) -> None:
    """Promote, kill the victim on the way, promote to the end: viewers see the old board, then the new one."""
    expect, kills_at = contest.active(), draw.randrange(LINES)
    with Events(board_url(scored, contest.id)) as stream:
        process = promoting(scored, result, expect)
        for _ in range(kills_at):
            process.stdout.readline()
        if victim == "promote":
            process.kill()
        else:
            scored.stop(victim, kill=True)
            scored.begin(victim, victim)
        process.stdout.read()
        process.stdout.close()
        process.wait(120)
        if contest.active() == expect:
            process = promoting(scored, result, expect)
            said, _ = process.communicate(timeout=120)
            assert process.returncode == 0, said
        until(contest.proven, 90, "the live board is what the log says")
        until(lambda: after in peek(stream), 20, "viewers have it")
        assert not stream.ended.is_set()
        seen = [board for board in boards_of(stream) if board]
        swap = seen.index(after)
        assert set(seen[:swap]) <= {before}
        assert set(seen[swap:]) == {after}


def peek(stream: Events) -> list[tuple]:
    """The boards that the client had up to now, whose events stay in its queue."""
    events = list(stream._queue.queue)
    copy = Events.__new__(Events)
    copy._queue = queue.Queue()
    for event in events:
        copy._queue.put(event)
    return boards_of(copy)


def killed(scored, cli, name: str, times: int) -> None:
    draw, contest = random.Random(name), Contest(scored, name)
    scored.appears(contest.id)
    until(lambda: contest.order() == ["t2", "t1"], 60, "the board is there")
    boards = [(("t1", (20 + minutes) * 60_000), ("t2", 25 * 60_000)) for minutes in (0, 7, 20)]
    results = [contest.what_if(cli, minutes) for minutes in (0, 7)]
    at = 2
    for n in range(times):
        to = n % 2
        kill_and_look(scored, contest, results[to], boards[at], boards[to], VICTIMS[n % len(VICTIMS)], draw)
        at = to


def test_whatever_is_killed_while_promoting_the_board_is_the_old_or_the_new_one(scored, cli):
    killed(scored, cli, "killed", 4)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_long_whatever_is_killed_while_promoting_the_board_is_the_old_or_the_new_one(scored, cli):
    killed(scored, cli, "killed-long", 40)
