"""Each of these is a build that leaks, by one thing in one place: the comparison of the two worlds finds every one.

Most leak what became of other teams' submissions; those of `SECOND`, to a team's second account what became of its own.
"""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from fastapi.responses import FileResponse

from api import collections, scoreboard
from api.feed import feed, lines
from api.feed.tokens import Tokens
from api.push import reader
from api.push.frames import message
from api.push.openings import personal_opening
from api.routes import pages
from api.routes import scoreboard as scoreboard_routes
from api.view import View
from clics import fold
from clics.state import State
from schemas.ids import judgement_id
from streams.live import awards as live_awards
from streams.live.store import Store
from streams.scoring import view
from streams.scoring.times import ContestTimes
from tests.leaks.story import MINE, OTHERS, OWN, both
from tests.leaks.watch import PUBLIC, STREAMS, Watcher, differences, worlds_of
from tests.leaks.world import CONTEST, TOKENS

SECOND = "other-of-t1"

SEEDS = {}
"""By what leaks: the path or stream on which it must be found, as which part, and what makes it leak."""
CASES = []
"""Their names; of leaks that are found alike, one is sown always, and the others in the long tests."""


def seed(where: str, part: str, *, who: str = PUBLIC, long: bool = False):
    def keep(leak):
        name = leak.__name__.replace("_", " ")
        SEEDS[name] = (who, where, part, leak)
        CASES.append(pytest.param(name, marks=pytest.mark.long) if long else name)
        return leak

    return keep


@seed("GET /api/contests/leaks/judgements", "body")
def rest_shows_judgements_behind_the_freeze(monkeypatch):
    monkeypatch.setattr("api.access.withheld", lambda *_: False)


@seed("sse notifications", "", who="first-of-t4")
def the_private_stream_is_everybodys(monkeypatch):
    def leak(look, *_, whole):
        return personal_opening(look.site.sealer, "", "", look.held, whole=whole)

    monkeypatch.setattr(scoreboard_routes, "_personal", leak)


@seed("ws scoreboard/stream", "")
def the_public_hears_something_when_the_jurys_board_moves(monkeypatch):
    take = reader.ContestReader._take

    def leak(self, board, entries):
        if board.audience == "jury" and entries:
            for connection in self.boards["public"].connections:
                connection.push(message("clock", {}))
        return take(self, board, entries)

    monkeypatch.setattr(reader.ContestReader, "_take", leak)


@seed("sse scoreboard/stream", "", long=True)
def ids_of_events_count_rows_that_did_not_change(monkeypatch):
    made = Store.__init__

    def leak(self, url):
        made(self, url)
        same = "same = same + 1\n    return false"
        assert same in self._sources["rows"]
        self._sources["rows"] = self._sources["rows"].replace(same, same.replace("false", "true"))

    monkeypatch.setattr(Store, "__init__", leak)


@seed("sse scoreboard/stream", "")
def ids_of_events_name_a_generation_by_its_position(monkeypatch):
    shown, asked = View._board, reader.ContestReader._ask

    async def named(self, *of, **how):
        found = await shown(self, *of, **how)
        return replace(found, base=replace(found.base, promotions=int(found.generation)))

    async def followed(self):
        generation, base = await asked(self)
        return generation, replace(base, promotions=int(generation))

    monkeypatch.setattr(View, "_board", named)
    monkeypatch.setattr(reader.ContestReader, "_ask", followed)


@seed("GET /api/contests/leaks/scoreboard", "headers")
def the_boards_tag_is_made_of_a_position(monkeypatch):
    made = scoreboard.Scoreboards.rows

    async def leak(self, contest, *how):
        token, found = await made(self, contest, *how)
        return f"{token}:{await self._view.held(contest)}", found

    monkeypatch.setattr(scoreboard.Scoreboards, "rows", leak)


@seed("GET /api/contests/leaks/scoreboard", "body", long=True)
def the_boards_time_is_that_of_a_submission_whose_judgement_is_hidden(monkeypatch):
    """The tag is made of it, too."""
    time_in = scoreboard._time_in
    monkeypatch.setattr(scoreboard, "_time_in", lambda entry, *how: time_in(replace(entry, was=None), *how))


@seed("GET /api/contests/leaks/judgements", "body", long=True)
def a_rejudgings_judgements_are_named_by_its_number(monkeypatch):
    monkeypatch.setattr(State, "judgement_id", lambda _, submission, judging: judgement_id(submission, str(judging)))


@seed("GET /api/contests/leaks/submissions/11", "body")
def numbers_count_what_hidden_teams_submit(monkeypatch):
    submission = fold._submission

    def leak(state, position, event):
        parts = submission(state, position, event)
        state.submissions[event.id].number = len(state.submissions)
        return parts

    monkeypatch.setattr(fold, "_submission", leak)


@seed("GET /api/contests/leaks/commentary", "body", long=True)
def a_message_names_what_is_of_a_hidden_team(monkeypatch):
    whose = State.whose
    monkeypatch.setattr(State, "whose", lambda self, key: whose(self, key) if key[0] == "teams" else frozenset())


@seed("GET /api/contests/leaks/submissions", "body")
def submissions_are_listed_as_they_were_judged(monkeypatch):
    monkeypatch.setattr(collections, "_place", lambda _, id_, stored: (stored.position, "", id_))


@seed("GET /api/contests/leaks/scoreboard", "body", long=True)
def the_board_does_not_count_what_the_jury_ignores(monkeypatch):
    counts = view.View.counts
    monkeypatch.setattr(view.View, "counts", lambda self, one, times: not one.ignored and counts(self, one, times))


@seed("GET /api/contests/leaks/scoreboard", "body")
def the_board_is_not_frozen(monkeypatch):
    monkeypatch.setattr(view.View, "_hides", lambda *_: False)


@seed("GET /api/contests/leaks/scoreboard", "body", long=True)
def a_second_freeze_takes_the_place_of_the_first(monkeypatch):
    monkeypatch.setattr(ContestTimes, "freeze_by_hand", lambda self, *act: self.by_hand.append([*act, False]))


@seed("sse event-feed", "", long=True)
def a_freeze_that_moves_to_an_earlier_moment_comes_once_more(monkeypatch):
    monkeypatch.setattr(ContestTimes, "has_frozen", property(lambda self: self.freeze == self.noted))


@seed("sse scoreboard/stream", "", long=True)
def what_has_come_before_an_act_is_what_its_stamp_says(monkeypatch):
    monkeypatch.setattr(ContestTimes, "_say", ContestTimes._change)


@seed("GET /api/contests/leaks/scoreboard", "body")
def a_verdict_by_hand_is_not_frozen(monkeypatch):
    shown = view.View._shown

    def leak(self, one):
        return one.override[1] if one.override and self._hides(one) else shown(self, one)

    monkeypatch.setattr(view.View, "_shown", leak)


@seed("GET /api/contests/leaks/awards/first-to-solve-pd", "body")
def the_first_to_solve_is_the_jurys(monkeypatch):
    first = live_awards.decided_first
    monkeypatch.setattr(
        live_awards, "decided_first", lambda state, generation, _, problem: first(state, generation, "jury", problem)
    )


@seed("GET /api/contests/leaks/awards", "body", long=True)
def awards_by_hand_show_at_once(monkeypatch):
    monkeypatch.setattr(ContestTimes, "has_frozen", property(lambda _: False))


@seed("sse event-feed", "")
def a_feed_tells_that_something_has_happened(monkeypatch):
    def again(_, ground, entry, __):
        return [lines.Line(entry.type, one.get("id"), one) for one in ground.told(entry.type, entry.now)]

    monkeypatch.setattr(feed, "lines", again)


@seed("sse event-feed", "", long=True)
def a_feeds_tokens_are_as_long_as_if_they_were_sealed(monkeypatch):
    def name(_, position, line):
        return base64.urlsafe_b64encode(b"%020d%08d" % (position, line)).rstrip(b"=").decode()

    monkeypatch.setattr(Tokens, "name", name)


@seed("until", "", who="/metrics")
def the_open_door_counts_what_goes_to_the_jury(monkeypatch):
    take = reader.ContestReader._take

    def leak(self, board, entries):
        if board.audience == "jury":
            reader.DELTAS.inc(len(entries))
        return take(self, board, entries)

    monkeypatch.setattr(reader.ContestReader, "_take", leak)


@seed("GET /login", "headers")
def a_page_says_when_something_last_happened(monkeypatch):
    class Dated(FileResponse):
        async def __call__(self, scope, receive, send):
            self.headers["last-modified"] = str(len(scope["app"].state.site.sources._log))
            await super().__call__(scope, receive, send)

    monkeypatch.setattr(pages, "FileResponse", Dated)


@seed("GET /api/contests/leaks/scoreboard", "body", who=SECOND)
def a_teams_own_row_is_not_frozen_for_it(monkeypatch):
    chosen, made = scoreboard_routes._audience, scoreboard.Scoreboards.rows
    asking = [None]

    def noted(look, audience):
        asking[0] = look.viewer.team
        return chosen(look, audience)

    async def leak(self, contest, audience, *how):
        token, found = await made(self, contest, audience, *how)
        _, real = await made(self, contest, "jury", *how)
        own = {row["team_id"]: row for row in real if row["team_id"] == asking[0]}
        return token, [own.get(row["team_id"], row) for row in found]

    monkeypatch.setattr(scoreboard_routes, "_audience", noted)
    monkeypatch.setattr(scoreboard.Scoreboards, "rows", leak)


@seed("GET /api/contests/leaks/awards/winner", "body", who=SECOND)
def a_team_is_told_the_awards_of_the_jurys_board(monkeypatch):
    for module in ("api.access", "api.collections"):
        monkeypatch.setattr(f"{module}.audience_of", lambda viewer: "jury" if viewer.team else "public")


@pytest.mark.parametrize("what", CASES)
async def test_a_build_that_leaks_is_found(urls, tmp_path, monkeypatch, what):
    who, where, part, leak = SEEDS[what]
    leak(monkeypatch)
    # of the streams only that on which it shows; what the process counts, it counts while somebody listens
    hears = (where,) if where in STREAMS else () if where.startswith("GET ") else STREAMS[:1]
    changed, watcher = OTHERS, Watcher(who if who in TOKENS else PUBLIC, hears=hears)
    if who == SECOND:
        changed, watcher = OWN, Watcher(SECOND, MINE, hears)
    async with worlds_of(urls, tmp_path, both(CONTEST, changed), [watcher]) as worlds:
        pause = ""
        while pause != "over":
            pause = await worlds.advance()
            if where.startswith("GET ") and pause in ("frozen", "over"):
                await worlds.look(pause, each=True, only=[where.removeprefix("GET ")])
        found = [key for key, *_ in differences(worlds)]
    assert any(key[0] == who and where in key and part in (*key, "") for key in found), found[:20]
