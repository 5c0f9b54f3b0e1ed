"""`podium scoreboard`: the board of the live view as a table and as the Contest API has it."""

import json

import pytest
import redis

from clics.times import parse_reltime, parse_time
from podium.cli import main
from schemas import events
from tests.streams import live_events as make
from tests.streams.live_driver import CONTESTS, Partition, Sink
from tests.streams.live_events import HOUR, MINUTE, START, act
from tests.unit.test_clics_objects import validators

CONTEST = CONTESTS[0]
NAMES = ("[/x]", "Foo [bar]", "\x1b[2JGone")


@pytest.fixture
def shown(redis_server, monkeypatch, capsys):
    """What `podium scoreboard CONTEST …` prints of a log and rows."""
    url = redis_server.rpartition("/")[0] + "/9"
    monkeypatch.setenv("PODIUM_REDIS", url)
    monkeypatch.setenv("COLUMNS", "120")
    with redis.Redis.from_url(url) as client:
        client.flushdb()

        def run(log, rows, *options):
            Sink(url, Partition(log, rows)).finish()
            assert main(["scoreboard", CONTEST, *options]) == 0
            return capsys.readouterr().out

        yield run
        client.flushdb()


def log(*acts, **definition):
    teams = [make.make(events.Team, CONTEST, id=f"t{n}", name=name) for n, name in enumerate(NAMES)]
    return [make.definition(CONTEST, **definition), *teams, *acts]


def board():
    return [make.row(f"t{n}", 5 + n, CONTEST, solved=n == 0) for n in range(3)]


def test_json_is_the_contest_apis_scoreboard(shown):
    found = json.loads(shown(log(), board(), "--json"))
    assert parse_reltime(found["contest_time"]) == parse_time(found["time"]) - START
    assert [row["team_id"] for row in found["rows"]] == ["t0", "t1", "t2"]
    assert "ended" in found["state"]
    validators()("scoreboard").validate(found)


def test_names_are_text(shown):
    out = shown(log(), board())
    assert "[/x]" in out
    assert "Foo [bar]" in out
    assert "[2JGone" in out
    assert "\x1b[2J" not in out


@pytest.mark.parametrize("planned", [None, HOUR])
def test_a_board_that_was_frozen_by_hand_says_when(shown, planned):
    at = 5 * HOUR - 90 * MINUTE
    frozen = act(events.ScoreboardFrozen, "f", CONTEST, at, at=START + at)
    begun = act(events.Transitioned, "s", CONTEST, kind="started", planned_at=START)
    out = " ".join(shown(log(begun, frozen, scoreboard_freeze_duration=planned), board()).split())
    assert "frozen with 90 minutes remaining - submissions in the last 90 minutes" in out


def test_a_contest_that_is_not_there_is_one_line(shown, capsys):
    shown(log(), board())
    assert main(["scoreboard", "nowhere"]) == 2
    assert capsys.readouterr().err == "podium: there is no contest 'nowhere' in the live view\n"
