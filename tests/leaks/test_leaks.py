"""Two contests that differ only in frozen verdicts look the same to the public, to another team, and to the team's own
second account, in everything that they can fetch and in all that is pushed to them.

The CCS requirements (*Access Restrictions*) keep judgements and runs of frozen submissions, and what the scoreboard and
the awards would tell of them, from the public; podium keeps them from other teams too. A team may know what became of its
own submissions at any time: that is how contests are held, and nothing in the requirements takes it away. So its second
account sees what the first one sees and no more: nothing of other teams, and on the board, in the awards, in counts and
in metrics nothing of its own either.
"""

import asyncio
import itertools
import re

import pytest

from schemas.events import Definition, Submission
from streams.scoring.rules import RULES
from tests.history.contests import random_log
from tests.leaks.story import MINE, OTHERS, OWN, Pause, Teller, Told, both, definition, entries
from tests.leaks.twins import twins, withheld_throughout
from tests.leaks.watch import GOES_ON, PUBLIC, Watcher, differences, worlds_of
from tests.leaks.world import CONTEST

LONELY = (
    "GET /api/contests/leaks/account",
    "GET /api/2023-06/contests/leaks/account",
    "GET /api/session",
    "GET /api/contests/leaks/submissions?account_id=",
)
"""What is about the account that asks."""
SENT = ("DELETE ", "PATCH ", "POST ", "PUT ")


@pytest.fixture(autouse=True)
def one_id(monkeypatch):
    """The id that a question is given is drawn at random, and says nothing."""
    monkeypatch.setattr("api.routes.clarifications.new_id", lambda: "asked")


async def look_the_same(worlds):
    """Tell both stories to just before the thaw, with everything fetched at each pause, and sent in the freeze; nothing
    differs.
    """
    pause = ""
    while pause != "over":
        pause = await worlds.advance()
        await worlds.look(pause, each=pause == "over")
        if pause == "acts":
            await worlds.write(pause)
    nothing_differs(worlds)
    went_on = {
        key[0]
        for key, value in worlds.tellings[0].seen.items()
        if key[2].endswith(GOES_ON) and key[-1] == "body" and value
    }
    assert went_on == {watcher.token for watcher in worlds.tellings[0].watchers}, "everybody had news behind a token"
    answers = {
        (key[0], value)
        for key, value in worlds.tellings[0].seen.items()
        if key[2].startswith(SENT) and key[-1] == "status"
    }
    assert answers >= {(PUBLIC, 401), ("first-of-t4", 403), *(("other-of-t1", status) for status in (201, 400, 409))}


def nothing_differs(worlds):
    found = [(key, *map(str, two)) for key, *two in differences(worlds)]
    assert not found, "\n\n".join(
        f"{key}\n  {_near(one, other)}\n  {_near(other, one)}" for key, one, other in found[:8]
    )


def shared(key, seen):
    """What a team's accounts have in common: to each is told who it is, and which submissions it sent itself."""
    if isinstance(seen, list):
        return [shared(key, one) for one in seen]
    if key[-1] == "headers":
        return [(name, value) for name, value in seen if name not in ("content-length", "etag")]
    if isinstance(seen, bytes):
        lines = (line for line in seen.splitlines() if b'"type":"accounts"' not in line)
        return re.sub(rb',"account_id":"[^"]*"', b"", b"\n".join(lines))
    return seen


def _near(text, other):
    """The part of a text where it is no longer the other one."""
    at = next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    return text[max(0, at - 300) : at + 700]


async def test_how_busy_this_machine_is_tells_nothing(urls, tmp_path):
    """Else a leak would be found now and then that is none: in one of two worlds told the same, events come later."""

    def tale():
        teller = Teller(CONTEST, frozenset(), "icpc", second=False)
        yield teller.tell(Definition, **definition("icpc"))
        yield from entries(teller)
        yield Pause("there")

    async with worlds_of(urls, tmp_path, (tale(), tale()), [Watcher(PUBLIC)]) as worlds:
        world = worlds.tellings[1].world
        quiet = world.quiet

        async def later():
            await quiet()
            for _ in range(20):
                world.redis.ping()
                await asyncio.sleep(0)  # what the push is about to ask of Redis it has asked by then

        world.quiet = later
        assert await worlds.advance() == "there"
        nothing_differs(worlds)


async def of_others_nothing_tells(urls, tmp_path, accounts):
    """Neither the public nor these accounts; two of one team see the same."""
    async with worlds_of(urls, tmp_path, both(CONTEST, OTHERS), [Watcher(PUBLIC), *map(Watcher, accounts)]) as worlds:
        await look_the_same(worlds)
        for telling in worlds.tellings if "first-of-t1" in accounts else ():
            first, other = (
                {k[1:]: shared(k, v) for k, v in telling.seen.items() if k[0] == who}
                for who in ("first-of-t1", "other-of-t1")
            )
            apart = {key for key in first | other if first.get(key) != other.get(key)}
            apart = {key: (first.get(key), other.get(key)) for key in apart if not key[1].startswith((*LONELY, *SENT))}
            assert not apart, "the second account sees what the first one sees"
        assert await worlds.advance() == "thawed"
        await worlds.look("thawed", only=["/api/contests/leaks/scoreboard", "/api/contests/leaks/judgements"])
        apart = {key[2].rpartition("/")[2] for key, *_ in differences(worlds)}
        assert apart >= {"scoreboard", "judgements", "stream"}, "there was something to hide"


async def test_nothing_tells_of_other_teams_frozen_verdicts(urls, tmp_path):
    await of_others_nothing_tells(urls, tmp_path, ("first-of-t4", "other-of-t1"))


@pytest.mark.long
async def test_long_a_second_account_sees_what_the_first_one_sees_and_an_analyst_no_more(urls, tmp_path):
    await of_others_nothing_tells(urls, tmp_path, ("first-of-t4", "the-analyst", "first-of-t1", "other-of-t1"))


async def of_its_own_only_judgements_tell(urls, tmp_path, rule):
    watchers = [Watcher(PUBLIC), Watcher("first-of-t4"), Watcher("other-of-t1", MINE)]
    async with worlds_of(urls, tmp_path, both(CONTEST, OWN, rule), watchers) as worlds:
        await look_the_same(worlds)
        assert await worlds.advance() == "thawed"
        await worlds.look("thawed", only=["/api/contests/leaks/scoreboard"])
        apart = {(key[0], key[2]) for key, *_ in differences(worlds)}
        assert ("other-of-t1", "GET /api/contests/leaks/scoreboard") in apart, "there was something to hide"


async def test_nothing_but_its_own_judgements_tells_a_team_of_its_frozen_verdicts(urls, tmp_path):
    await of_its_own_only_judgements_tell(urls, tmp_path, "codeforces")  # of what is hacked, too, and of the hacker


@pytest.mark.long
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "codeforces"])
async def test_long_a_team_learns_nothing_else_under_any_rule(urls, tmp_path, rule):
    await of_its_own_only_judgements_tell(urls, tmp_path, rule)


@pytest.mark.long
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "icpc"])
async def test_long_nothing_tells_of_other_teams_frozen_verdicts_under_any_rule(urls, tmp_path, rule):
    watchers = [Watcher(PUBLIC), Watcher("first-of-t4"), Watcher("other-of-t1")]
    async with worlds_of(urls, tmp_path, both(CONTEST, OTHERS, rule), watchers) as worlds:
        await look_the_same(worlds)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
async def test_long_random_contests_with_other_frozen_outcomes_look_the_same(urls, tmp_path, seed):
    """With everything that may happen in a contest, freezes by hand, lifted and moved ones among it."""

    def tale(steps):
        yield from (Told(step.event, step.shared, step.position) for step in steps)
        yield Pause("end")

    rules = sorted(RULES)
    for again in itertools.count(1000 * seed):
        log = random_log(again, CONTEST, rule=rules[seed % len(rules)])
        mine = {event.id for _, event in log if isinstance(event, Submission) and event.team_id == "t1"}
        first, second = twins(log, withheld_throughout(log) - mine, seed)
        if log[0][1].changes == -1 and sum(not step.shared for step in second) > 8:
            break  # the contest is there from the first event on, and there is enough to hide
    tales = tale(first), tale(second)
    async with worlds_of(urls, tmp_path, tales, [Watcher(PUBLIC), Watcher("other-of-t1")]) as worlds:
        await worlds.advance()
        await worlds.look("end", each=True)
        nothing_differs(worlds)
