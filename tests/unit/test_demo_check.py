"""`podium demo --once` fails for each reason that there is, and says which."""

import io
from pathlib import Path
from unittest.mock import MagicMock, Mock

import httpx
import pytest
from rich.console import Console

from podium.demo import check, run
from podium.demo.cast import TEAMS, Cast
from podium.demo.check import boards_agree, empty_endpoints
from podium.demo.run import Demo
from podium.demo.script import JurySubmission, Scene
from schemas.definition import BIG_5, FileData
from schemas.errors import DependencyError
from schemas.events import Definition, Judgement, Submission
from schemas.settings import Settings

HEAD = {"contest": "demo", "recorded_at": 1, "recorded_by": "test"}
DEFINITION = Definition(**HEAD, changes=-1, name="Demo", start_time=5, duration=10, publish=BIG_5)
JURY = [
    JurySubmission("apples", Path(f"apples/{folder}/{folder}.py"), "python3", frozenset({verdict}))
    for folder, verdict in (("accepted", "AC"), ("wrong_answer", "WA"), ("run_time_error", "RTE"))
]
SCENES = [Scene(number, TEAMS[number], one) for number, one in enumerate(JURY)]
SENT = {number: f"s{number}" for number in range(len(SCENES))}


def submitted(number):
    return Submission(
        **HEAD, id=f"s{number}", team_id=TEAMS[number].id, problem_id="apples", language_id="python3", submitted_at=6,
        files=(FileData("a.py", b"x"),),
    )  # fmt: skip


def judged(number, verdict, judging=0):
    return Judgement(
        **HEAD, submission_id=f"s{number}", team_id=TEAMS[number].id, problem_id="apples", language_id="python3",
        submitted_at=6, judging=judging, attempt=1, verdict=verdict, started_at=7, ended_at=8, host="h", package="0" * 64,
    )  # fmt: skip


LOG = [DEFINITION, *map(submitted, SENT), judged(0, "AC"), judged(1, "WA"), judged(2, "MLE")]
"""As it should be: of what the jury expects to be an RTE, the judge says more exactly that it is an MLE."""


@pytest.fixture
def verdict(monkeypatch):
    """Whether the demo was right, and what it said."""

    def checked(log=(), sent=SENT, scenes=SCENES, errors=(), boards=lambda *_: True, unsaid=(), untold=()):
        out = io.StringIO()
        monkeypatch.setattr(run, "read_contest", lambda *_: enumerate(log or LOG))
        monkeypatch.setattr(run, "jury_submissions", lambda _: JURY)
        monkeypatch.setattr(run, "boards_agree", boards)
        monkeypatch.setattr(run, "empty_endpoints", lambda *_: list(untold))
        show = Demo(Mock(settings=Settings()), Console(file=out, width=200), "demo")
        show.cast = Cast({"jury": "secret"})
        talk = Mock(errors=list(unsaid))
        return show._check(Mock(sent=sent, errors=list(errors)), talk, list(scenes)), out.getvalue()

    return checked


def test_a_demo_in_which_all_is_as_expected_was_right(verdict):
    right, said = verdict()
    assert right
    assert "3 of 3 submissions were accepted, 3 judged, 3 as expected" in said
    assert "everything was right" in said


def unreachable(*_):
    raise DependencyError("Redis is away")


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ({"boards": lambda *_: False}, "3 as expected"),
        ({"boards": unreachable}, "Redis is away"),
        ({"log": LOG[:-1]}, "1 submissions are still pending"),
        ({"log": LOG[:3] + LOG[4:6]}, "1 submissions are still pending"),
        ({"log": [*LOG, submitted(9)]}, "1 submissions are still pending"),
        ({"log": [*LOG[:-1], judged(2, "WA")]}, "apples/run_time_error/run_time_error.py: WA, expected RTE"),
        ({"log": [*LOG[:-1], judged(2, "WA"), judged(2, "RTE", 9)]}, "run_time_error.py: WA, expected RTE"),
        ({"log": [*LOG[:-1], judged(2, "JE")]}, "run_time_error.py: JE, expected RTE"),
        ({"errors": ["team01, a.py: 503"]}, "team01, a.py: 503"),
        ({"unsaid": ["jury, clarifications: 500"]}, "jury, clarifications: 500"),
        ({"untold": ["/api/contests/demo/awards: 200, nothing is there"]}, "awards: 200, nothing is there"),
        ({"sent": {0: "s0", 1: "s1"}}, "apples: run_time_error.py was not sent"),
        ({"scenes": [*SCENES, SCENES[0]]}, "3 of 4 submissions were accepted"),
    ],
)
def test_a_demo_says_what_was_wrong(verdict, case, says):
    right, said = verdict(**case)
    assert not right
    assert says in said
    assert "something was wrong" in said


@pytest.mark.parametrize(
    ("view", "audience"), [("live", "public"), ("live", "jury"), ("history", "public"), ("history", "jury"), ("", "")]
)
def test_one_board_that_differs_is_named(monkeypatch, view, audience):
    replayed = Mock(boards={"public": b"p", "jury": b"j"}, digests={"jury": "d" * 64}, position=7)
    monkeypatch.setattr(check, "recompute", lambda *_: replayed)
    monkeypatch.setattr(check, "connect", MagicMock())

    def shown(name, asked):
        return b"other" if (name, asked) == (view, audience) else replayed.boards[asked]

    monkeypatch.setattr(check, "live_scoreboard", lambda _, __, asked: shown("live", asked))
    monkeypatch.setattr(
        check, "history_scoreboards", lambda *_: {one: shown("history", one) for one in replayed.boards}
    )
    said = []
    assert boards_agree(Settings(), "demo", -1, said.append) is (view == "")
    named = {"live": "the board differs", "history": "the history differs", "": "recomputation agree at position 7"}
    (line,) = said
    assert named[view] in line
    assert line.startswith(audience)


def test_a_walk_over_the_api_finds_lists_without_objects_and_files_that_are_not_there():
    logo = {"href": "contests/demo/logo/a.png"}
    served = {
        "contests/demo/access": {
            "endpoints": [{"type": one} for one in ("contest", "teams", "awards", "runs", "state")]
        },
        "contests/demo": {"id": "demo", "logo": [logo, {"href": "contests/demo/logo/b.png"}]},
        "contests/demo/teams": [{"id": "1", "photo": [{"href": "contests/demo/teams/1/photo/x.png"}]}],
        "contests/demo/awards": [],
        "contests/demo/state": {"started": None},
        "contests/demo/logo/a.png": "",
    }

    def answer(request):
        path = request.url.path.removeprefix("/api/")
        return httpx.Response(200, json=served[path]) if path in served else httpx.Response(404, json=[])

    with httpx.Client(base_url="http://demo/api/", transport=httpx.MockTransport(answer)) as http:
        assert empty_endpoints(http, "demo") == [
            "contests/demo/teams/1/photo/x.png: 404",
            "/api/contests/demo/awards: 200, nothing is there",
            "/api/contests/demo/runs: 404, nothing is there",
        ]
