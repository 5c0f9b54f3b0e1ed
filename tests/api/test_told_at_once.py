"""Acts of the organizers on real parts: who watches hears of each at once, and who comes then is shown the contest as it is."""

from __future__ import annotations

from contextlib import ExitStack

from schemas.events import IntervalRemoved, JudgingStarted, Run, Runs, Team, TeamTimeExtended
from streams.scoring.clock import PAUSE_MS
from tests.api.events import Events, Socket
from tests.api.world import PASSWORD, now
from tests.wait import until


def test_pauses_extra_time_hidden_teams_feedback_and_an_end_to_the_public_are_told(world):
    contest = world.contest("acts", feedback="full")
    world.appears(contest)
    stamp = world.stamp(contest)
    board, own = (f"{world.url()}/api/contests/{contest}/{path}" for path in ("scoreboard/stream", "notifications"))
    t1 = ("acts-t1", PASSWORD)

    def snapshot():
        with Events(board, t1) as new:
            return new.next("snapshot").data

    with ExitStack() as streams:
        public, mine, teams, socket = (
            streams.enter_context(one) for one in (Events(board), Events(own, t1), Events(board, t1), Socket(board))
        )
        for stream in (public, mine, teams, socket):
            stream.next("snapshot")

        begin = now()
        world.add(IntervalRemoved(**stamp, id="p", start=begin, end=begin + PAUSE_MS, reason="fire"))
        for stream in (public, mine, socket):
            assert stream.next("state").data["times"]["removed"] == [[begin, begin + PAUSE_MS]]
        assert mine.next("notice").data == {"kind": "paused"}
        assert snapshot()["times"]["removed"] == [[begin, begin + PAUSE_MS]]

        end = now()
        world.add(
            IntervalRemoved(
                **stamp, id="r", start=begin, end=begin + PAUSE_MS, restored=True, reason="it has been put out"
            ),
            IntervalRemoved(**stamp, id="q", start=begin, end=end, reason="fire"),
        )
        assert mine.next("notice").data == {"kind": "resumed"}
        public.until(lambda event: event.name == "state" and event.data["times"]["removed"] == [[begin, end]])
        assert snapshot()["times"]["removed"] == [[begin, end]]

        world.add(TeamTimeExtended(**stamp, id="x", team_id="t1", by=600_000, reason="a broken screen"))
        assert mine.next("notice").data == {"kind": "extended", "by": 600_000}

        world.add(Team(**stamp, id="t2", name="Team 2", organization_id="u2", hidden=True))
        assert set(public.next("teams").data["teams"]) == {"t1"}
        assert set(snapshot()["teams"]) == {"t1"}

        submission = world.post(contest, "acts-t1").json()
        about = {"submission_id": submission["id"], "judging": 0, "attempt": 1}

        def run(number):
            tested = Run(number, "AC", 1, 1, 1, now(), test=f"secret/{number}")
            world.add(Runs(**stamp, **about, runs=(tested,)))

        world.add(JudgingStarted(**stamp, **about, host="h", started_at=now()))
        mine.next("judgement")
        run(1)
        assert mine.next("progress").data["judged"] == 1
        world.define(contest, feedback="verdict")
        run(2)
        world.judge(contest, submission, "WA")
        assert "progress" not in up_to_the_verdict(mine)

        world.define(contest, feedback="verdict", public=False)
        until(lambda: public.ended.is_set() and socket.ended.is_set(), 10, "the streams of nobody in particular end")
        assert not teams.ended.is_set()
        assert not mine.ended.is_set()
        with Events(board) as refused:
            assert refused.response.status_code == 404


def up_to_the_verdict(stream):
    """The names of all that is told."""
    names = []
    while True:
        event = stream.next()
        names.append(event.name)
        if event.name == "judgement" and "judgement_type_id" in event.data:
            return names
