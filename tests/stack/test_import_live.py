"""Contests of other systems through the live path: log, scorer, Redis, ClickHouse; each to the official board."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench import qualifier
from podium.cli import main
from podium.feeds.compare import differences, read_scoreboard
from podium.live_board import clics_scoreboard, live_scoreboard, named_board
from podium.stack.stack import Stack
from schemas.events import Submission, Team
from schemas.history import boards, connect, next_position
from schemas.ids import partition_of
from schemas.reader import bounds, read, read_contest, read_topic
from schemas.rows import AUDIENCES
from schemas.settings import Settings
from streams.replay import marks, recompute, request_marks
from streams.scoring.canonical import canonical
from tests.conftest import free_port_base
from tests.producers import lending
from tests.wait import until

DATA = Path(__file__).parents[3] / "shared" / "data"
PARTS = frozenset({"kafka", "redis", "history", "history-sink", "live-sink", "scorer", "planner", "clock"})
FEEDS = {"euc-2025": "euc2025", "nac-2020": "finals"}

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real contests are not on this machine")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Everything but judges and api."""
    settings = Settings(home=tmp_path_factory.mktemp("site"), port_base=free_port_base())
    stack = Stack(settings, only=PARTS)
    stack.start(300)  # eight processes on a busy machine
    with lending(stack.settings.kafka):
        yield stack.settings
    stack.stop()  # in order, which a whole stack does nowhere else


@pytest.fixture
def podium(site, monkeypatch, capsys):
    """Runs a command; gives what it says as JSON."""
    monkeypatch.setenv("PODIUM_HOME", str(site.home))
    monkeypatch.setenv("PODIUM_PORT_BASE", str(site.port_base))

    def run(*arguments, code=0):
        assert main([*map(str, arguments), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def interrupted(contest, feed, site):
    """An import that is ended by Ctrl-C somewhere in the middle; how many records it left."""
    command = [sys.executable, "-m", "podium", "import", str(feed)]
    importing = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    until(lambda: bounds(site, "log", partition_of(contest))[1] > 0, 60, "the import has begun")
    importing.send_signal(signal.SIGINT)
    assert importing.communicate(timeout=60)[1].find(b"Traceback") < 0
    assert importing.returncode in (0, 130)
    return len(list(read_contest(site, contest)))


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_comes_through_the_live_path_to_its_official_board(site, podium, name, tmp_path):
    feed, contest = DATA / f"{name}.event-feed.ndjson", FEEDS[name]
    left = interrupted(contest, feed, site)
    assert left > 0
    assert podium("import", feed)["contest"] == contest
    held = Counter(event.id for _, event in read_contest(site, contest) if isinstance(event, Submission))
    assert set(held.values()) == {1}, "nothing is appended twice"
    proven(site, contest, podium)

    shown = read_scoreboard(clics_scoreboard(named_board(site, contest, "public"), 0), "the live view")
    official = read_scoreboard(json.loads((DATA / f"{name}.scoreboard.json").read_bytes()), "official")
    assert list(differences(shown, official)) == []
    awards = [json.loads(line) for line in feed.read_bytes().splitlines() if b'"type":"awards"' in line]
    firsts = {one["id"]: one["data"]["team_ids"] for one in awards if one["id"].startswith("first-to-solve-")}
    derived = {one["id"]: one["team_ids"] for one in json.loads(live_scoreboard(site, contest, "public"))["awards"]}
    assert len(firsts) == (11 if name == "euc-2025" else 0)
    assert firsts.items() <= derived.items()

    assert not list(read(site, "judge-wanted", 0)), "nothing of it is judged here"
    assert not list(read_topic(site, "dead-letters", 12))

    # of a feed that comes again, what has changed is appended
    again = feed.read_bytes().replace(b'"name":"AGH1"', b'"name":"Renamed"')
    (tmp_path / feed.name).write_bytes(again)
    assert podium("import", tmp_path / feed.name)["appended"] == (1 if name == "euc-2025" else 0)
    names = {event.name for _, event in read_contest(site, contest) if isinstance(event, Team)}
    assert ("Renamed" in names) == (name == "euc-2025")


def test_a_part_of_the_qualifier_has_the_same_bytes_on_the_live_path_and_replayed(site, podium, tmp_path):
    """Runs of all its hours, and their teams."""
    found = [json.loads(line) for line in qualifier.feed(most=600)]
    teams = {one["data"]["team_id"] for one in found if one["type"] == "submissions"}
    lines = [json.dumps(one).encode() + b"\n" for one in found if one["type"] != "teams" or one["id"] in teams]
    assert len(teams) > 400
    same_bytes_everywhere(site, podium, tmp_path / "feed.ndjson", lines, "part-of-qualifier")


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_long_a_qualifier_of_34262_runs_has_the_same_bytes_on_the_live_path_and_replayed(
    site, podium, tmp_path, monkeypatch
):
    monkeypatch.setattr(marks, "ANSWER_S", 1800.0)  # the scorer has a hundred thousand records to read
    feed, lines = tmp_path / "feed.ndjson", list(qualifier.feed())
    assert len(lines) > 2554 + 2 * 34_262
    same_bytes_everywhere(site, podium, feed, lines, qualifier.CONTEST, wait=1800)
    assert podium("import", feed)["appended"] == 0


def same_bytes_everywhere(site, podium, feed, lines, contest, wait=60):
    """The lines come in as this contest, and are proven."""
    feed.write_bytes(b"".join(lines))
    teams, runs = (
        sum(line.startswith(b'{"type": "%b"' % kind) for line in lines) for kind in (b"teams", b"submissions")
    )
    said = podium("import", feed, "--contest", contest)
    assert said["appended"] == said["events"] > 3 * runs > 3 * 599
    proven(site, contest, podium, wait)
    rows = json.loads(live_scoreboard(site, contest, "public"))["rows"]
    assert len(rows) == teams
    assert 0 < sum(cell["num_judged"] for row in rows for cell in row["problems"]) <= runs


def proven(site, contest, podium, wait=60):
    """Redis, ClickHouse, the scorer's marks and a replay have the same bytes, for each audience."""
    request_marks(site, contest, by="test", reason="test")
    replayed = recompute(site, contest)
    assert replayed.skipped == ()
    (run,) = podium("replay", "run", contest)  # exit 3 where the scorer's marks differ
    assert run["digests"] == replayed.digests
    client = connect(site)
    try:
        for audience in AUDIENCES:
            until(
                lambda a=audience: live(site, contest, a) == replayed.boards[a], wait, f"Redis has the {audience} board"
            )
        until(lambda: next_position(client, contest) > replayed.position, wait, "the history has everything")
        for audience, found in boards(client, contest, audiences=AUDIENCES).items():
            assert canonical(found.rows, found.firsts) == replayed.boards[audience]
    finally:
        client.close()


def live(site, contest, audience):
    try:
        return live_scoreboard(site, contest, audience)
    except Exception as error:  # it has not come there yet
        return error
