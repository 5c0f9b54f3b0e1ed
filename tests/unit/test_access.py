"""What an account is in a contest, and whether the contest exists for it; who sees what of it: test_who_sees_what."""

import pytest

from api.access import Viewer, may_see_contest, viewer_of
from api.routes.passwords import may_reset
from schemas.events import Account, Membership

FACTS = {"public": True}
PUBLIC, TEAM, OTHER = Viewer(), Viewer("team", "t1"), Viewer("team", "t2")
JURY, ADMIN, ANALYST = Viewer("jury"), Viewer("admin"), Viewer("analyst")
EVERYBODY = (PUBLIC, TEAM, OTHER, JURY, ADMIN, ANALYST)


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


HERE, THERE, TEAM_HERE = Membership("c", None), Membership("other", None), Membership("c", "t1")


@pytest.mark.parametrize(
    ("caller", "whose", "may"),
    [
        (account("admin"), account("admin"), True),
        (account("admin"), account("judge"), True),
        (account("jury"), account("team", TEAM_HERE, THERE), True),
        (account("jury", HERE), account("team", TEAM_HERE), True),
        (account("jury", HERE, THERE), account("team", TEAM_HERE, THERE), True),
        (account("jury", HERE), account("team", TEAM_HERE, THERE), False),
        (account("jury", THERE), account("team", TEAM_HERE), False),
        (account("jury"), account("team"), False),
        *((account("jury"), account(role, HERE), False) for role in ("admin", "jury", "analyst", "judge", "public")),
        *((account(role, HERE), account("team", TEAM_HERE), False) for role in ("team", "analyst", "judge", "public")),
    ],
)
def test_a_new_password_gets_nobody_further_than_they_were(caller, whose, may):
    assert may_reset(caller, whose) == may
