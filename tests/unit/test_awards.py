"""Awards by hand: boards, and what the CCS requirements (Scoring Data Generation 6 to 8) make of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.definition import Award as GivenAward
from schemas.events import AwardGiven, Finalized, TeamDisqualified, Transitioned
from streams.scoring.award_settings import KINDS, AwardSettings
from streams.scoring.awards import Award, Names, awards, of_state, with_acts
from streams.scoring.project import Cell, First, Row, active, find
from tests.contest_log import HOUR, START, ContestLog

DEFAULT = AwardSettings()
END = START + 5 * HOUR


def rows(*solved: int | str, score: bool = False) -> list[Row]:
    """Teams p1, p2, … in the order of the board, by the problems that each solved; "=" before a number ties it."""
    found: list[Row] = []
    for place, text in enumerate(map(str, solved), 1):
        number = int(text.removeprefix("="))
        key = found[-1].sort_key if text.startswith("=") else (-number, place)
        cells = (Cell("a", 1, 0, number > 0),)
        points = number if score else None
        found.append(Row(f"p{place}", True, True, key, f"{place:03d}", number, 0, points, None, cells))
    return found


def given_to(*solved: int | str, b: int = 0, score: bool = False, **settings: str) -> dict[str, str]:
    """The teams of each award that somebody has: `p1 p2`."""
    found = awards(rows(*solved, score=score), (), AwardSettings.parse(settings), Names(), b=b)
    return {one.id: " ".join(one.team_ids) for one in found if one.team_ids}


def teams(first: int, last: int) -> str:
    return " ".join(f"p{n}" for n in range(first, last + 1))


NOTHING = (0,) * 30
TWENTY = (9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6, 6, 6, 5, 5, 4, 3, 3, 2, 0)


# ---- positions, medals and ranks ------------------------------------------------------------------------------------


def test_twelve_medals_then_ranks_by_solved_problems_down_to_the_median_then_honorable_mentions():
    # the median team is the 11th of 20: 6 solved
    assert given_to(*TWENTY) == {
        "winner": "p1",
        "gold-medal": teams(1, 4),
        "silver-medal": teams(5, 8),
        "bronze-medal": teams(9, 12),
        "rank-13": "p13",
        "highest-honors": "p13",
        "honorable-mention": teams(14, 20),
    }


def test_b_adds_bronze_medals():
    found = given_to(*TWENTY, b=2)
    assert found["bronze-medal"] == teams(9, 14)
    assert found["honorable-mention"] == teams(15, 20), "a medal for the 14th, though behind the median"
    assert "rank-13" not in found


@pytest.mark.parametrize("b", [0, 1, 3])
def test_a_tie_at_position_12_plus_b_gets_bronze_whole_and_leaves_positions_empty(b):
    places = 12 + b
    field = [*range(40, 40 - places, -1), f"={41 - places}", f"={41 - places}", 20, 20, *NOTHING]
    found = given_to(*field, b=b)
    assert found["bronze-medal"] == teams(9, places + 2)
    assert found[f"rank-{places + 3}"] == f"p{places + 3} p{places + 4}"


def test_a_tie_that_begins_before_position_12_and_goes_past_it_gets_bronze_whole():
    # positions 11, 11, 11: nobody is 12th, and the 14th is 14th
    found = given_to(*range(30, 20, -1), 15, "=15", "=15", 15, 14, 13, *NOTHING)
    assert found["bronze-medal"] == "p9 p10 p11 p12 p13"
    assert found["highest-honors"] == "p14", "as many solved as the team ranked 12 + B, which is the 11th"
    assert (found["high-honors"], found["honors"]) == ("p15", "p16")
    assert (found["rank-14"], found["rank-15"], found["rank-16"]) == ("p14", "p15", "p16")


def test_a_tie_that_begins_behind_12_plus_b_gets_none():
    found = given_to(*range(30, 18, -1), 10, "=10", "=10", 9, *NOTHING)
    assert found["bronze-medal"] == teams(9, 12)
    assert found["rank-13"] == "p13 p14 p15"
    assert found["rank-16"] == "p16"


def test_ties_fill_positions_between_medals_too():
    # the fourth position holds two: the fifth is empty, silver has three
    found = given_to(9, 9, 9, 8, "=8", 7, 7, 7, 6)
    assert found["gold-medal"] == "p1 p2 p3 p4 p5"
    assert found["silver-medal"] == "p6 p7 p8"
    assert found["bronze-medal"] == "p9"


def test_all_who_lead_win():
    assert given_to(3, "=3", 1)["winner"] == "p1 p2"


def test_nobody_wins_before_anybody_has_scored():
    found = awards(rows(0, "=0", "=0"), (), DEFAULT, Names())
    assert {one.id: one.team_ids for one in found} == {
        **dict.fromkeys(("winner", "gold-medal", "silver-medal", "bronze-medal"), ()),
        **dict.fromkeys(("highest-honors", "high-honors", "honors"), ()),
        "honorable-mention": ("p1", "p2", "p3"),
    }


def test_who_has_solved_nothing_gets_no_medal_however_few_there_are_and_no_rank_however_low_the_median():
    found = given_to(2, 1, 0, 0, 0, 0)
    assert found["gold-medal"] == "p1 p2"
    assert found["honorable-mention"] == "p3 p4 p5 p6"


def test_nobody_at_all():
    assert given_to() == {}


# ---- honors and the median ------------------------------------------------------------------------------------------

HONORS = {"gold": "1", "silver": "1", "bronze": "1"}


def test_honors_are_measured_by_the_last_medallist():
    found = given_to(9, 8, 7, 7, 6, 5, 4, 4, 3, 3, 2, 1, 0, **HONORS)
    assert found["highest-honors"] == "p4"
    assert found["high-honors"] == "p5"
    assert found["honors"] == "p6 p7 p8"  # the median team is the 7th of 13: 4 solved
    assert found["honorable-mention"] == teams(9, 13)


def test_medallists_get_honors_as_well_where_the_contest_says_so():
    found = given_to(9, 8, 7, 7, 6, 6, **HONORS, medallists_honored="yes")
    assert found["highest-honors"] == "p1 p2 p3 p4"
    assert found["bronze-medal"] == "p3"


def test_one_fewer_than_the_last_medallist_and_below_the_median_is_an_honorable_mention():
    found = given_to(7, 7, 7, 7, 7, 6, **HONORS)
    assert found["honorable-mention"] == "p6"
    assert "high-honors" not in found


def test_without_medals_all_that_are_ranked_get_honors():
    found = given_to(9, 8, 7, 1, gold="0", silver="0", bronze="0")
    assert found == {
        "winner": "p1",
        "rank-1": "p1",
        "rank-2": "p2",
        "rank-3": "p3",
        "honors": "p1 p2 p3",
        "honorable-mention": "p4",
    }


@pytest.mark.parametrize(
    ("median", "ranked", "mentioned"),
    [
        ("all", "p4 p5 p6", "p7 p8 p9"),  # 5th of 9: 5 solved, the last of them no less
        ("submitted", "p4 p5", "p6 p7 p8 p9"),  # 4th of 7
        ("solved", "p4", "p5 p6 p7 p8 p9"),  # 4th of 6: rounded, the lower of the middle two
    ],
)
def test_which_teams_count_for_the_median_is_a_setting(median, ranked, mentioned):
    field = rows(9, 8, 7, 6, 5, 5, 0, 0, 0)
    if median == "submitted":
        field = rows(9, 8, 7, 6, 6, 5, 0, 0, 0)
    if median == "solved":
        field = rows(9, 8, 7, 7, 5, 5, 0, 0, 0)
    silent = [*field[:7], *(_without_cells(row) for row in field[7:])]
    found = awards(silent, (), AwardSettings.parse({**HONORS, "median": median}), Names())
    of = {one.id: " ".join(one.team_ids) for one in found}
    assert " ".join(filter(None, (of["highest-honors"], of["high-honors"], of["honors"]))) == ranked
    assert of["honorable-mention"] == mentioned


def _without_cells(row: Row) -> Row:
    return Row(row.team_id, True, True, row.sort_key, row.tie_key, 0, 0, None, None, (Cell("a", 0, 0, False),))


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 4), st.sampled_from(["all", "submitted", "solved"]))
def test_every_team_has_exactly_one_of_a_medal_an_honor_and_an_honorable_mention(solved, b, median):
    field = sorted(solved, reverse=True)
    found = given_to(*field, b=b, median=median)
    medals = [one for kind in ("gold", "silver", "bronze") for one in found.get(f"{kind}-medal", "").split()]
    honors = [one for kind in ("highest-honors", "high-honors", "honors") for one in found.get(kind, "").split()]
    mentioned = found.get("honorable-mention", "").split()
    ranked = [one for id_, teams_ in found.items() if id_.startswith("rank-") for one in teams_.split()]
    assert Counter([*medals, *honors, *mentioned]) == Counter(f"p{n}" for n in range(1, len(field) + 1))
    assert sorted(ranked) == sorted(honors)


# ---- one award each of many -----------------------------------------------------------------------------------------


def test_first_to_solve_groups_and_organizations():
    names = Names(
        problems={"b": "B", "a": "A"},
        groups={"north": "North", "south": "South", "empty": "Nobody"},
        organizations={"uni": "University"},
        groups_of={"p1": ["north"], "p2": ["south"], "p3": ["south", "north"], "p4": []},
        organization_of={"p2": "uni", "p3": "uni"},
    )
    settings = AwardSettings.parse({"given": "first-to-solve, group-winner organization-winner"})
    found = awards(rows(5, 4, "=4", 1), [First("a", "p4"), First("b")], settings, names)
    assert found == (
        Award("first-to-solve-b", "First to solve problem B"),
        Award("first-to-solve-a", "First to solve problem A", ("p4",)),
        Award("group-winner-north", "Winner of group North", ("p1",)),
        Award("group-winner-south", "Winner of group South", ("p2", "p3")),
        Award("organization-winner-uni", "Winner of University", ("p2", "p3")),
    )


def test_a_contest_of_points_has_medals_by_rank_and_no_honors():
    assert given_to(500, 400, "=400", 300, 20, 0, score=True, **HONORS) == {
        "winner": "p1",
        "gold-medal": "p1",
        "silver-medal": "p2 p3",
    }


# ---- settings -------------------------------------------------------------------------------------------------------


def test_only_what_the_contest_gives_in_the_order_of_the_kinds():
    assert list(given_to(*TWENTY, given="bronze-medal,winner")) == ["winner", "bronze-medal"]
    assert given_to(*TWENTY, given="") == {}
    assert AwardSettings.parse({"given": " ".join(KINDS)}).given == frozenset(KINDS)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("golden", "4", "awards: there is no setting 'golden'; there are given, gold, silver, bronze, "),
        ("gold", "-1", "awards: gold is a whole number of at most six digits, not '-1'"),
        ("bronze", "1234567", "awards: bronze is a whole number"),
        ("silver", "four", "awards: silver is a whole number"),
        ("given", "gold", "awards: given: there is no award 'gold'; there are winner, gold-medal"),
        ("median", "none", "awards: median is all, submitted or solved, not 'none'"),
        ("medallists_honored", "true", "awards: medallists_honored is yes or no, not 'true'"),
    ],
)
def test_a_setting_that_is_none_is_named(key, value, text):
    with pytest.raises(ValueError, match=text.replace("(", r"\(")):
        AwardSettings.parse({key: value})


def test_a_definition_with_a_wrong_setting_is_void():
    log = ContestLog()
    before = log.state().contest.terms
    log.define(changes=log.defined, awards={"gold": "2"})
    assert log.state().contest.terms.awards == {"gold": "2"}
    assert before.awards == {}
    log.define(awards={"gold": "many"})
    with pytest.raises(ValueError, match="awards: gold"):
        log.state()


# ---- of a contest's state -------------------------------------------------------------------------------------------


def of_log(log: ContestLog, audience: str, now: int) -> dict[str, tuple[str, ...]]:
    state = log.state()
    found = of_state(state, find(state, active(state)), audience, now)
    return {one.id: one.team_ids for one in found if one.team_ids}


def test_teams_without_a_rank_win_nothing():
    log = ContestLog(teams=("t1", "t2", "t3"), awards={"given": "winner first-to-solve honorable-mention"})
    log.team("t0", hidden=True)
    for place, team in enumerate(("t0", "t1", "t2")):
        log.submit(team, "A", 10 + place, "AC")
    log.act(TeamDisqualified, team_id="t1")
    assert of_log(log, "jury", START) == {
        "winner": ("t2",),
        "first-to-solve-A": ("t2",),
        "honorable-mention": ("t3",),
    }


def test_the_public_is_told_what_the_public_board_implies_until_the_thaw():
    """B, awards by hand and what was submitted in the freeze come with the thaw."""
    given = "winner gold-medal silver-medal bronze-medal first-to-solve"
    log = ContestLog(
        teams=[f"t{n}" for n in range(6)],
        awards={"given": given, "gold": "1", "silver": "1", "bronze": "1"},
    )
    for n in range(4):
        log.submit(f"t{n}", "A", 10 + n, "AC")
    log.submit("t5", "B", 290, "AC")
    log.submit("t5", "A", 291, "AC")
    log.recorded_at = START + 4 * HOUR + 1
    log.act(AwardGiven, award=GivenAward("spirit", "Never gave up", ("t4",)))
    log.act(AwardGiven, award=GivenAward("first-to-solve-A", ""), removed=True)
    log.recorded_at = END + 1
    log.act(Finalized, b=1)
    public = {
        "winner": ("t0",),
        "gold-medal": ("t0",),
        "silver-medal": ("t1",),
        "bronze-medal": ("t2",),
        "first-to-solve-A": ("t0",),
    }
    jury = {
        "winner": ("t5",),
        "gold-medal": ("t5",),
        "silver-medal": ("t0",),
        "bronze-medal": ("t1", "t2"),
        "first-to-solve-B": ("t5",),
        "spirit": ("t4",),
    }
    assert of_log(log, "public", END + 2) == public
    assert of_log(log, "jury", END + 2) == jury
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    assert of_log(log, "public", START + 6 * HOUR) == jury


def test_before_the_freeze_has_come_awards_by_hand_are_everybodys():
    log = ContestLog(awards={"given": ""})
    log.act(AwardGiven, award=GivenAward("spirit", "Never gave up", ("t2",)))
    assert of_log(log, "public", START + HOUR) == {"spirit": ("t2",)}
    assert of_log(log, "public", START + 4 * HOUR) == {}


def test_what_the_jury_gave_stands_instead_or_beside_and_what_it_took_stays_away():
    computed = (Award("winner", "Contest winner", ("t1",)), Award("honors", "Honors", ("t2",)))
    by_hand = {"winner": Award("winner", "The jury's", ("t9",)), "best": Award("best", "Best", ()), "honors": None}
    assert with_acts(computed, by_hand) == (by_hand["winner"], by_hand["best"])


def test_group_winners_are_those_of_the_groups_own_boards():
    log = ContestLog(teams=(), awards={"given": "group-winner"})
    log.group("g")
    log.group("secret", hidden=True)
    log.team("t1", group_ids=("g",))
    log.team("t2", group_ids=("g",))
    log.team("t3", group_ids=("secret",))
    assert of_log(log, "jury", START) == {}
    log.submit("t3", "A", 1, "AC")
    log.submit("t2", "A", 2, "AC")
    assert of_log(log, "jury", START) == {"group-winner-g": ("t2",)}
