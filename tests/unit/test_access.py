"""Who may see what: every rule of the CCS requirements' Access Restrictions, and podium's own, as one pure function."""

import pytest

from api.access import Scene, Viewer, may_read_source, may_see_contest, viewer_of, visible
from schemas.events import Account, Membership

START, FREEZE, NOW = 1000, 5000, 6000
FACTS = {"start": START, "end": 9000, "freeze": FREEZE, "thaw": None, "public": True}
PUBLIC, TEAM, OTHER = Viewer(), Viewer("team", "t1"), Viewer("team", "t2")
JURY, ADMIN, ANALYST = Viewer("jury"), Viewer("admin"), Viewer("analyst")
EVERYBODY = (PUBLIC, TEAM, OTHER, JURY, ADMIN, ANALYST)

JUDGEMENT = {"id": "j", "submission_id": "s", "judgement_type_id": "AC", "end_time": "…", "current": True}


def scene(now=NOW, hidden=(), **facts):
    return Scene(FACTS | facts, now, frozenset(hidden))


def about(at=2000, team="t1", **more):
    return {"hidden": False, "team": team, "problem": "a", "at": at, "visible": True, "settled": True, **more}


def account(role, *memberships, **more):
    return Account(recorded_at=0, recorded_by="t", username="u", role=role, memberships=tuple(memberships), **more)


@pytest.mark.parametrize(
    ("who", "role", "team"),
    [
        (None, "public", None),
        (account("team", Membership("c", "t1")), "team", "t1"),
        (account("team", Membership("other", "t1")), "public", None),
        (account("team", Membership("c", "t1"), disabled=True), "public", None),
        (account("jury", Membership("c", None)), "jury", None),
        (account("jury", Membership("other", None)), "public", None),
        (account("jury"), "jury", None),
        (account("admin"), "admin", None),
        (account("analyst"), "analyst", None),
        (account("analyst", Membership("c", None)), "analyst", None),
        (account("analyst", Membership("other", None)), "public", None),
        (account("judge"), "public", None),
        (account("public"), "public", None),
    ],
)
def test_an_account_is_something_in_the_contests_that_it_belongs_to(who, role, team):
    viewer = viewer_of(who, "c")
    assert (viewer.role, viewer.team) == (role, team)


def test_a_contest_that_is_not_public_exists_for_its_people_only():
    seen = [may_see_contest(viewer, FACTS | {"public": False}) for viewer in EVERYBODY]
    assert seen == [False, True, True, True, True, True]
    own, at_large = viewer_of(account("analyst", Membership("c", None)), "c"), viewer_of(account("analyst"), "c")
    assert [may_see_contest(viewer, FACTS | {"public": False}) for viewer in (own, at_large)] == [True, False]
    assert may_see_contest(at_large, FACTS)


@pytest.mark.parametrize("viewer", [PUBLIC, TEAM, ANALYST])
def test_before_the_start_there_are_no_problems(viewer):
    facts = {"hidden": False}
    assert visible(viewer, "problems", {"id": "a"}, facts, scene(now=START - 1)) is None
    assert visible(viewer, "problems", {"id": "a"}, facts, scene(now=START)) == {"id": "a"}
    assert visible(viewer, "problems", {"id": "a"}, facts, scene(start=None)) is None
    assert visible(JURY, "problems", {"id": "a"}, facts, scene(now=0)) == {"id": "a"}


def test_sources_are_their_teams_the_jurys_and_the_analysts():
    found = {"id": "s", "team_id": "t1", "entry_point": "Main", "files": ["zip"]}
    bare = {"id": "s", "team_id": "t1"}
    seen = [visible(viewer, "submissions", found, about(), scene()) for viewer in EVERYBODY]
    assert seen == [bare, found, bare, found, found, found]
    assert [may_read_source(viewer, about()) for viewer in EVERYBODY] == [False, True, False, True, True, True]
    assert not may_read_source(ANALYST, about(hidden=True))


def test_a_hidden_team_is_seen_by_itself_and_the_jury():
    for type_ in ("teams", "submissions", "judgements"):
        seen = [visible(v, type_, {"id": "x"}, about(hidden=True), scene()) is not None for v in EVERYBODY]
        assert seen == [False, True, False, True, True, False], type_


def test_what_the_freeze_withholds_is_seen_by_its_team_and_the_jury():
    frozen, before = about(at=FREEZE), about(at=FREEZE - 1)
    seen = [visible(viewer, "judgements", JUDGEMENT, frozen, scene()) is not None for viewer in EVERYBODY]
    assert seen == [False, True, False, True, True, False]
    assert all(visible(viewer, "judgements", JUDGEMENT, before, scene()) for viewer in EVERYBODY)
    assert all(visible(viewer, "judgements", JUDGEMENT, frozen, scene(thaw=9500)) for viewer in EVERYBODY)
    assert all(visible(viewer, "judgements", JUDGEMENT, frozen, scene(freeze=None)) for viewer in EVERYBODY)


def test_runs_of_other_teams_are_not_for_teams():
    seen = [visible(viewer, "runs", {"id": "r"}, about(), scene()) is not None for viewer in EVERYBODY]
    assert seen == [True, True, False, True, True, True]
    seen = [visible(viewer, "runs", {"id": "r"}, about(at=FREEZE), scene()) is not None for viewer in EVERYBODY]
    assert seen == [False, True, False, True, True, False]


def test_a_rejudging_that_was_never_applied_is_seen_by_nobody():
    for type_ in ("judgements", "runs"):
        assert not any(visible(v, type_, JUDGEMENT, about(visible=False), scene()) for v in EVERYBODY)


def test_a_verdict_that_has_to_be_verified_is_pending_for_all_but_the_jury():
    waiting = about(settled=False)
    for viewer in (PUBLIC, TEAM, OTHER, ANALYST):
        assert visible(viewer, "judgements", JUDGEMENT, waiting, scene()) == {
            "id": "j",
            "submission_id": "s",
            "current": True,
        }
        assert visible(viewer, "runs", {"id": "r"}, waiting, scene()) is None
    assert visible(JURY, "judgements", JUDGEMENT, waiting, scene()) == JUDGEMENT


def test_a_judging_error_is_pending_for_all_but_the_jury():
    failed = JUDGEMENT | {"judgement_type_id": "JE"}
    for viewer in (PUBLIC, TEAM, OTHER, ANALYST):
        assert visible(viewer, "judgements", failed, about(), scene()) == {
            "id": "j",
            "submission_id": "s",
            "current": True,
        }
    assert visible(JURY, "judgements", failed, about(), scene()) == failed


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        ({"team": None, "to_teams": (), "to_groups": ()}, [True, True, True, True, True, True]),
        ({"team": "t1", "to_teams": (), "to_groups": ()}, [False, True, False, True, True, False]),
        ({"team": None, "to_teams": ["t1"], "to_groups": ()}, [False, True, False, True, True, False]),
        ({"team": None, "to_teams": None, "to_groups": ["g"]}, [False, False, True, True, True, False]),
    ],
)
def test_messages_are_seen_by_those_who_sent_or_got_them(facts, seen):
    in_group = Viewer("team", "t2", frozenset({"g"}))
    everybody = (PUBLIC, TEAM, in_group, JURY, ADMIN, ANALYST)
    found = [visible(v, "clarifications", {"id": "c"}, {"hidden": False} | facts, scene()) for v in everybody]
    assert [one is not None for one in found] == seen


def test_awards_wait_for_the_thaw_and_do_not_name_hidden_teams():
    award = {"id": "winner", "citation": "w", "team_ids": ["t1", "t9"]}
    facts = {"hidden": False}
    assert visible(PUBLIC, "awards", award, facts, scene(now=FREEZE)) is None
    assert visible(PUBLIC, "awards", award, facts, scene(now=FREEZE - 1, hidden=["t9"]))["team_ids"] == ["t1"]
    assert visible(PUBLIC, "awards", award, facts, scene(now=FREEZE, thaw=9500))["team_ids"] == ["t1", "t9"]
    assert visible(JURY, "awards", award, facts, scene(now=FREEZE, hidden=["t9"])) == award


def test_people_have_names_and_teams_outside_the_jury():
    person = {"id": "p", "name": "N", "role": "contestant", "email": "e", "sex": "s", "team_ids": ["t1", "t9"]}
    facts = {"hidden": False}
    shown = visible(PUBLIC, "persons", person, facts, scene(hidden=["t9"]))
    assert shown == {"id": "p", "name": "N", "role": "contestant", "team_ids": ["t1"]}
    assert visible(PUBLIC, "persons", person, facts, scene(hidden=["t1", "t9"])) is None
    assert visible(TEAM, "persons", person, facts, scene(hidden=["t1", "t9"]))["team_ids"] == ["t1"]
    assert visible(JURY, "persons", person, facts, scene()) == person


def test_accounts_and_hidden_groups_are_the_jurys():
    assert [visible(v, "accounts", {"id": "a"}, {"hidden": False}, scene()) is not None for v in EVERYBODY] == [
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    assert visible(PUBLIC, "groups", {"id": "g"}, {"hidden": True}, scene()) is None
