"""What has come by the log stays, whatever an act behind it is stamped: by SQL as by both folds."""

import pytest

from schemas import events as e
from tests.contest_log import problem
from tests.history.asked import scoreboard
from tests.history.contests import MINUTE, START
from tests.history.test_board import Contest, cells, folded
from tests.reference_icpc import scoreboard as reference

NO_FREEZE = {
    "changes": 0,
    "name": "No freeze",
    "start_time": START,
    "duration": 60 * MINUTE,
    "problems": (problem("a", 1), problem("b", 2)),
}
LATE = {
    "start": (e.StartMoved, {"id": "x", "start_time": START + 10 * MINUTE}, 1),
    "longer": (e.ContestExtended, {"id": "x", "by": 10 * MINUTE}, 1),
    "interval": (e.IntervalRemoved, {"id": "x", "start": START, "end": START + 10 * MINUTE}, 1),
    "definition": (e.Definition, NO_FREEZE, 1),
    "later": (e.ScoreboardFrozen, {"id": "x", "at": START + 55 * MINUTE}, 1),
    "earlier": (e.ScoreboardFrozen, {"id": "x", "at": START + 20 * MINUTE}, 0),
}
"""Acts, and how many problems the public board shows as solved behind each."""


def said(contest: Contest, cls, minute: int, /, **fields) -> None:
    event = cls(contest=contest.contest, recorded_at=START + minute * MINUTE, recorded_by="test", **fields)
    contest.log.append((len(contest.log), event))


def shown(client, contest: Contest) -> int:
    """How many problems the public board shows as solved, by SQL and by both folds."""
    contest.insert(client)
    board = scoreboard(client, contest.contest, audience="public")
    assert board == folded(contest.contest, contest.log, "public") == reference(contest.log, "public")
    return sum(row[1] for row in cells(board).values())


@pytest.mark.parametrize(("kind", "fields", "solved"), LATE.values(), ids=LATE)
def test_an_act_that_was_stamped_before_the_freeze_and_stands_behind_it_shows_nothing(client, kind, fields, solved):
    contest = Contest(f"late-{kind.__name__}-{solved}")
    contest.submit("s1", "t1", "a", 25, "AC")
    contest.submit("s2", "t1", "b", 42, "AC")
    said(contest, e.Transitioned, 40, id="frozen", kind="frozen", planned_at=START + 40 * MINUTE)
    said(contest, kind, 39, **fields)
    assert shown(client, contest) == solved


@pytest.mark.parametrize(("kind", "fields", "solved"), [LATE["later"], LATE["earlier"]], ids=["later", "earlier"])
def test_a_freeze_by_hand_that_came_at_once_is_not_put_off(client, kind, fields, solved):
    contest = Contest(f"late-at-once-{solved}")
    contest.submit("s1", "t1", "a", 25, "AC")
    said(contest, e.ScoreboardFrozen, 30, id="now", at=START + 30 * MINUTE)
    contest.submit("s2", "t1", "b", 32, "AC")
    said(contest, kind, 29, **fields)
    assert shown(client, contest) == solved
