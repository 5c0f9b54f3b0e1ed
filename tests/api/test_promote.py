"""A what-if becomes the live board, under the eyes of its viewers: with a scorer, a live sink and real streams."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from itertools import groupby
from pathlib import Path

import pytest
import redis

from podium.cli import main
from schemas.errors import DependencyError
from schemas.events import Commentary, GenerationOpened, GenerationPromoted, GenerationRetired
from schemas.live import meta_key
from schemas.reader import read_contest
from streams.replay import marks, promote, recompute
from streams.scoring.project import generations
from tests.api.events import Events, Socket
from tests.api.promotions import WHY, Contest, Watch, boards_by_the_log, boards_of, in_order
from tests.api.test_stream import board_url
from tests.api.world import now
from tests.conftest import free_port_base
from tests.history.process import HistoryProcess
from tests.wait import until


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

    url = board_url(scored, contest.id)
    with Events(url) as one, Events(board_url(scored, contest.id, 2)) as two, Socket(url) as three:
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
        new = (("t1", 20 * 60_000), ("t2", 25 * 60_000))
        for stream in (one, two, three):
            until(lambda stream=stream: new in boards_of(stream), 10, "each viewer has the new board")
            assert not stream.ended.is_set()
            seen = boards_of(stream)
            swap = seen.index(new)
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

    # somebody else changes the kind of the board meanwhile
    def of_another_kind(live, *arguments):
        if shown(live, *arguments):
            scored.define(contest.id, rule="ioi", scoreboard_type="score")
            return True
        return False

    monkeypatch.setattr(promote._Live, "_has_marks", of_another_kind)
    code, said = cli("promote", result, "--expect", "0", *WHY)
    assert (code, len(retired())) == (2, 4)
    assert "scoreboard_type is score, but the rule icpc" in said
    scored.define(contest.id)
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


def test_of_a_promotion_whose_act_is_written_nobody_says_that_it_was_not_made(scored, cli, monkeypatch):
    contest = Contest(scored, "interrupted")
    results = [contest.what_if(cli, minutes) for minutes in (0, 7)]
    scored.appears(contest.id)

    def stopped(expect: str, result: str) -> tuple[int, str, str]:
        """The exit code, what was said, and what is active then."""
        code, said = cli("promote", result, "--expect", expect, *WHY)
        log = [event for _, event in read_contest(scored.settings, contest.id)]
        assert not [event for event in log if isinstance(event, GenerationRetired)]
        assert "retiring" not in said
        assert contest.active() not in ("0", expect)
        return code, said, contest.active()

    def interrupted(*_):
        raise KeyboardInterrupt

    # while the live view is waited for
    with monkeypatch.context() as patch:
        patch.setattr(promote._Live, "_shows", interrupted)
        code, said, first = stopped("0", results[0])
    assert code == 130
    assert f"generation {first} is promoted, at position" in said
    # while the log is asked whether the act took effect
    fold_on, asked = promote.fold_on, []

    def away(*arguments, **named):
        asked.append(arguments)
        if len(asked) > 2:
            raise DependencyError("the brokers do not answer")
        return fold_on(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(promote, "fold_on", away)
        code, said, second = stopped(first, results[1])
    assert code != 0
    assert f"whether generation {second} is promoted is not known: the act is in the log, at position" in said
    # while the act is written
    append = promote._Live._append

    def unheard(live, kind, **fields):
        position = append(live, kind, **fields)
        if kind is GenerationPromoted:
            raise DependencyError("no answer")
        return position

    with monkeypatch.context() as patch:
        patch.setattr(promote._Live, "_append", unheard)
        code, said, third = stopped(second, results[0])
    assert code != 0
    assert f"whether generation {third} is promoted is not known: the act may be in the log" in said


def test_marks_that_a_scorer_writes_again_prove_no_promotion(scored, cli, monkeypatch):
    contest = Contest(scored, "again")
    scored.appears(contest.id)
    result = contest.what_if(cli, 0)
    code, said = cli("promote", result, "--expect", "0", *WHY)
    assert code == 0, said
    promoted = contest.active()
    assert cli("rollback", contest.id, "--reason", "the jury took it back")[0] == 0
    # the marks of the first promotion come once more, and a second later those that the scorer makes by itself
    monkeypatch.setattr(promote, "bounds", lambda *_: (0, 0))
    monkeypatch.setattr(promote, "ask", lambda *_, **__: None)
    contest.submit("t1", "pb", 30, "AC")  # another board than that of the old marks
    code, said = cli("promote", result, "--expect", "0", *WHY)
    assert code == 0, said
    assert f"taking generation {promoted}, which" in said
    assert contest.active() == promoted


def _other(mark):
    return dataclasses.replace(mark, digest="0" * 64)


# ---- killed at any moment -------------------------------------------------------------------------------------------

VICTIMS = ("replay run", "promote", "history-sink", "scorer", "live-sink")
RUN_S = 2.0
"""About what a run as a process of its own takes, half of it until it has begun."""


@pytest.fixture(scope="module")
def kept(scored, tmp_path_factory):
    """The scored world with a history of its own, and a sink that fills it; gives the settings that know it."""
    history = HistoryProcess(tmp_path_factory.mktemp("history") / "home", free_port_base() + 23).start()
    settings = scored.settings.model_copy(update={"clickhouse": history.url})
    scored.begin("history-sink", "history-sink", PODIUM_CLICKHOUSE=history.url)
    yield settings
    scored.stop("history-sink")
    assert history.stop() == 0


class Kills:
    """Promotes one set of rules after the other, and kills one of those that take part at a random moment."""

    def __init__(self, world, cli, settings, contest: Contest) -> None:
        self.world, self.cli, self.settings, self.contest = world, cli, settings, contest
        self.draw = random.Random(contest.id)
        self.lasts = 1.0  # seconds of a promotion that nothing disturbs
        self.runs = RUN_S
        self.killed_at: float | None = None
        self.told: list[str] = []

    def round(self, victim: str, minutes: int) -> bool:
        """Make these rules the active ones, whatever happens on the way; whether the victim was killed in the middle of it."""
        expect = self.contest.active()
        plan = os.environ["PODIUM_HOME"] + "/plan.json"
        assert self.cli("plan", "-c", self.contest.id, "--rules", self.contest.rules(minutes), "-o", plan)[0] == 0
        hit = False
        while victim == "replay run" and not hit:
            begun = time.monotonic()
            hit = self.kill(self.process("run", plan), victim, self.draw.uniform(self.runs / 2, self.runs))
            if not hit:
                self.runs = time.monotonic() - begun
        code, said = self.cli("run", plan, "--json")
        assert code == 0, said
        arguments = ("promote", json.loads(said)[0]["file"], "--expect", expect, *WHY)
        if victim == "promote":
            process = self.process(*arguments)
            process.stdout.readline()  # it has read the log, and begins
            hit = self.kill(process, victim, self.draw.uniform(0, self.lasts))
            if self.contest.active() != expect:
                return hit
            assert hit, "a promotion that ended has promoted"
        killing = threading.Timer(self.draw.uniform(0, self.lasts), self.replace, [victim])
        disturbed = victim in self.world.processes
        if disturbed:
            self.told.append(f"{victim} is killed {killing.interval:.3f} s into the promotion")
            self.killed_at = None
            killing.start()
        begun = time.monotonic()
        code, said = self.cli(*arguments)
        ended = time.monotonic()
        killing.cancel()
        assert code == 0, said
        if not disturbed:
            self.lasts = ended - begun
            return hit
        killing.join()
        return self.killed_at is not None and self.killed_at < ended

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        env = os.environ | {"PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "podium", "replay", *arguments]
        return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def kill(self, process: subprocess.Popen[str], victim: str, seconds: float) -> bool:
        """Kill it after so many seconds; whether it was not over by then."""
        self.told.append(f"{victim} is killed after {seconds:.3f} s")
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        said, _ = process.communicate(timeout=60)
        assert process.returncode in (0, -signal.SIGKILL), said
        return process.returncode != 0

    def replace(self, name: str) -> None:
        self.killed_at = time.monotonic()
        self.world.stop(name, kill=True)
        self.world.begin(name, name, PODIUM_CLICKHOUSE=self.settings.clickhouse)


@contextlib.contextmanager
def said_at_the_end(told: list[str]):
    """Print what a test did, also when it fails: what is printed before, the commands' fixture takes away."""
    try:
        yield
    finally:
        print("\n".join(told))


def killed(world, cli, settings, name: str, times: int) -> None:
    """So many kills of each; then look what everybody has seen in all that time: the boards of the log, and no other.

    One that came too late does not count: there is another round.
    """
    contest = Contest(world, name)
    kills = Kills(world, cli, settings, contest)
    world.appears(contest.id)
    board = {minutes: (("t1", (20 + minutes) * 60_000), ("t2", 25 * 60_000)) for minutes in (20, 0, 7)}
    swaps, hits = [20], dict.fromkeys(VICTIMS, 0)
    until(lambda: contest.order() == ["t2", "t1"] and contest.proven(), 60, "the board is there")
    with Watch(settings, contest.id) as watch:
        until(lambda: watch.shows(boards_by_the_log(settings, contest.id), board[20]), 60, "the history has it")
    with (
        said_at_the_end(kills.told),
        Events(board_url(world, contest.id)) as stream,
        Watch(settings, contest.id) as watch,
    ):
        while min(hits.values()) < times:
            victim = min(hits, key=lambda one: hits[one])
            assert len(swaps) <= 3 * times * len(VICTIMS), f"so many came too late: {hits}"
            contest.submit("t2", "pb", 30, "WA")  # the boards of two rounds are never the same
            swaps.append(7 if swaps[-1] == 0 else 0)
            hits[victim] += kills.round(victim, swaps[-1])
            until(lambda: boards_of(stream)[-1] == board[swaps[-1]], 30, "viewers have the new board")
        until(contest.proven, 90, "the live board is what the log says")
        allowed = boards_by_the_log(settings, contest.id)
        until(lambda: watch.shows(allowed, board[swaps[-1]]), 90, "the history has it")
        assert not stream.ended.is_set()
        assert [one for one, _ in groupby(filter(None, boards_of(stream)))] == [board[minutes] for minutes in swaps]
    for (where, audience), seen in watch.boards.items():
        assert in_order(seen, allowed[audience]), f"{where}, {audience}: a board that the log has never had"
    assert in_order(watch.rows, [board[minutes] for minutes in swaps])


def test_whatever_is_killed_while_promoting_the_board_is_the_old_or_the_new_one(scored, cli, kept):
    """Each of five once."""
    killed(scored, cli, kept, "killed", 1)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_long_whatever_is_killed_while_promoting_the_board_is_the_old_or_the_new_one(scored, cli, kept):
    """Fifty kills: each of five ten times."""
    killed(scored, cli, kept, "killed-long", 10)
