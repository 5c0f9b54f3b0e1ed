"""Who sees what, the whole table: every kind of object, at every stage of a contest, for everybody.

The rows are the CCS requirements' *Access Restrictions* and *Submission Security*, and the laws of podium beside them.
"""

import itertools

import pytest

from api.access import Scene, Viewer, audience_of, group_scores, may_see_contest, told_messages, visible

START, FREEZE, END = 1000, 5000, 9000
STAGES = {
    # what is so of the contest, and the moment
    "before": ({"thaw": None}, START - 1),
    "running": ({"thaw": None}, FREEZE - 1),
    "frozen": ({"thaw": None}, FREEZE + 10),
    "over": ({"thaw": None}, END + 10),
    "thawed": ({"thaw": END + 20}, END + 30),
    "finalised": ({"thaw": END + 20, "finalized": END + 40}, END + 50),
}
VIEWERS = {
    "public": Viewer(),
    "own": Viewer("team", "t1", account="team-1"),
    "other": Viewer("team", "t2", frozenset({"g2"}), account="team-2"),
    "jury": Viewer("jury", account="judge"),
    "analyst": Viewer("analyst", account="analyst"),
    "admin": Viewer("admin", account="root"),
}
EVERYBODY, NOBODY = frozenset(VIEWERS), frozenset()
JURY = frozenset({"jury", "admin"})
ALWAYS = dict.fromkeys(STAGES, EVERYBODY)


def stages(before, running, frozen=None, over=None, thawed=None, finalised=None):
    """Who sees it at which stage; of a later stage that is left out, as at the one before."""
    told, last = {}, before
    for stage, seen in zip(STAGES, (before, running, frozen, over, thawed, finalised), strict=True):
        last = told[stage] = last if seen is None else seen
    return told


def about(at, team="t1", **more):
    outcome = {"visible": True, "settled": True, "samples": [1], "failed": 3, "group_scores": [5, 0]}
    return {"hidden": False, "team": team, "problem": "a", "at": at, "account": "team-1", **outcome, **more}


def message(**facts):
    found = {"hidden": False, "team": None, "to_teams": (), "to_groups": (), "problem": None, "reply": None}
    return {"id": "m", "text": "?"}, found | facts


def said(at, **facts):
    told = {
        "hidden": False,
        "by": "judge",
        "at": at,
        "about": True,
        "problems": False,
        "of": {},
        "tagged": [],
        "messages": [],
    }
    return {"id": "c", "message": "!"}, told | facts


def of_board(audience, hidden=()):
    return {"hidden": False, "audience": audience, "hidden_teams": hidden}


AWARD = {"id": "w", "team_ids": []}
SUBMISSION = {"id": "s", "team_id": "t1"}
JUDGEMENT = {"id": "j", "submission_id": "s", "judgement_type_id": "WA", "end_time": "…"}
RUN = {"id": "j.2", "ordinal": 2}
PLAIN = {"hidden": False}
EARLY, LATE = 2000, FREEZE
OWN_OR_JURY = frozenset({"own"}) | JURY
NO_TEAM = EVERYBODY - {"own", "other"}

TABLE = {
    # what: type, object, facts, who sees it when
    "the contest": ("contest", {"id": "c"}, {"hidden": False, "public": True}, ALWAYS),
    "the state": ("state", {}, PLAIN, ALWAYS),
    "a judgement type": ("judgement-types", {"id": "AC"}, PLAIN, ALWAYS),
    "a language": ("languages", {"id": "cpp"}, PLAIN, ALWAYS),
    "an organization": ("organizations", {"id": "u"}, PLAIN, ALWAYS),
    "a group": ("groups", {"id": "g"}, PLAIN, ALWAYS),
    "a hidden group": ("groups", {"id": "g"}, {"hidden": True}, stages(JURY, JURY)),
    "a hidden group of a team": ("groups", {"id": "g2"}, {"hidden": True}, stages(JURY | {"other"}, JURY | {"other"})),
    "a team": ("teams", {"id": "t1"}, {"hidden": False, "team": "t1", "removed": False}, ALWAYS),
    "a hidden team": ("teams", {"id": "t1"}, {"hidden": True, "team": "t1", "removed": False}, stages(OWN_OR_JURY, OWN_OR_JURY)),
    "a removed team": ("teams", {"id": "t1"}, {"hidden": True, "team": "t1", "removed": True}, stages(NOBODY, NOBODY)),
    "a person": ("persons", {"id": "p", "name": "P"}, PLAIN, ALWAYS),
    "the team's account": ("accounts", {"id": "team-1"}, {"account": "team-1"}, stages(OWN_OR_JURY, OWN_OR_JURY)),
    # Access Restrictions: only after the contest has started
    "a problem": ("problems", {"id": "a"}, PLAIN, stages(JURY, EVERYBODY)),
    # Submission Security: nothing of other teams' submissions
    "a submission": ("submissions", SUBMISSION, about(EARLY), stages(JURY, EVERYBODY - {"other"})),
    "a frozen submission": ("submissions", SUBMISSION, about(LATE), stages(JURY, EVERYBODY - {"other"})),
    "a hidden team's submission": ("submissions", SUBMISSION, about(EARLY, hidden=True), stages(JURY, OWN_OR_JURY)),
    # Access Restrictions: none for submissions received while the scoreboard is frozen, until it is thawed
    "a judgement": ("judgements", JUDGEMENT, about(EARLY), stages(JURY, EVERYBODY - {"other"})),
    "a frozen judgement": (
        "judgements", JUDGEMENT, about(LATE),
        stages(JURY, OWN_OR_JURY, thawed=EVERYBODY - {"other"}),
    ),
    "a hidden team's judgement": ("judgements", JUDGEMENT, about(EARLY, hidden=True), stages(JURY, OWN_OR_JURY)),
    "a rejudging's judgement": ("judgements", JUDGEMENT, about(EARLY, visible=False), stages(NOBODY, NOBODY)),
    "a run": ("runs", RUN, about(EARLY), stages(JURY, NO_TEAM)),
    "a frozen run": ("runs", RUN, about(LATE), stages(JURY, JURY, thawed=NO_TEAM)),
    "a run that is not verified": ("runs", RUN, about(EARLY, settled=False), stages(JURY, JURY)),
    # Access Restrictions: to the public replies to all teams; to a team its own and the public's
    "an announcement": ("clarifications", *message(), ALWAYS),
    "an announcement about a problem": ("clarifications", *message(problem="a"), stages(JURY, EVERYBODY)),
    "a team's question": ("clarifications", *message(team="t1"), stages(OWN_OR_JURY, OWN_OR_JURY)),
    "an answer to a team": ("clarifications", *message(to_teams=["t1", "t9"]), stages(OWN_OR_JURY, OWN_OR_JURY)),
    "an answer to a group": ("clarifications", *message(to_groups=["g2"]), stages(JURY | {"other"}, JURY | {"other"})),
    # Access Restrictions: awards tell nothing of submissions received after the freeze: each audience has its own board's
    "an award of the public's board": ("awards", AWARD, of_board("public"), stages(NOBODY, EVERYBODY - JURY)),
    "an award of the jury's board": ("awards", AWARD, of_board("jury"), stages(JURY, JURY)),
    # what is said of teams in the freeze may tell what the board does not
    "a commentary": ("commentary", *said(EARLY), ALWAYS),
    "a commentary on a problem": ("commentary", *said(EARLY, problems=True), stages(JURY, EVERYBODY)),
    "a commentary in the freeze": ("commentary", *said(LATE), stages(JURY, JURY, thawed=EVERYBODY)),
    "an analyst's commentary in the freeze": ("commentary", *said(LATE, by="analyst"), stages(JURY | {"analyst"}, JURY | {"analyst"}, thawed=EVERYBODY)),
    "a commentary of who was an analyst": ("commentary", *said(LATE, by="team-1"), stages(JURY, JURY, thawed=EVERYBODY)),
    "a greeting in the freeze": ("commentary", *said(LATE, about=False), ALWAYS),
    "a commentary on a frozen submission": ("commentary", *said(EARLY, of={"s": ["t1", LATE]}), stages(JURY, JURY, thawed=EVERYBODY)),
    "a commentary whose message names a submission": ("commentary", *said(EARLY, of={"s": ["t1", EARLY]}, tagged=["s"], problems=True), stages(JURY, EVERYBODY - {"other"})),
    "a commentary that names a team's question": ("commentary", *said(EARLY, messages=[message(team="t1")[1]]), stages(OWN_OR_JURY, OWN_OR_JURY)),
    "a commentary that names an answer to a group": ("commentary", *said(EARLY, messages=[message(to_groups=["g2"])[1]]), stages(JURY | {"other"}, JURY | {"other"})),
    "a commentary that names an announcement": ("commentary", *said(EARLY, messages=[message()[1]]), ALWAYS),
}  # fmt: skip


def scene(stage, feedback="verdict", **facts):
    of_stage, now = STAGES[stage]
    contest = {"start": START, "end": END, "freeze": FREEZE, "public": True, "feedback": feedback, "finalized": None}
    return Scene(contest | of_stage | facts, now)


@pytest.mark.parametrize("what", TABLE)
def test_who_sees_what_at_every_stage(what):
    type_, found, facts, expected = TABLE[what]
    for stage in STAGES:
        seen = {
            who for who, viewer in VIEWERS.items() if visible(viewer, type_, found, facts, scene(stage)) is not None
        }
        assert seen == expected[stage], (what, stage)


def test_a_thaw_without_a_freeze_hides_nothing():
    for stage in ("running", "frozen", "over"):
        assert visible(VIEWERS["public"], "judgements", JUDGEMENT, about(LATE), scene(stage, freeze=None)) is not None


# ---- within an object -----------------------------------------------------------------------------------------------


def keys(who, type_, found, facts, stage="running", feedback="verdict"):
    shown = visible(VIEWERS[who], type_, found, facts, scene(stage, feedback))
    return None if shown is None else frozenset(shown)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "before"])
def test_sources_are_their_teams_the_analysts_and_the_jurys(stage):
    """Access Restrictions: `entry_point` and `files` for admin and analyst alone; a team knows its own."""
    found = SUBMISSION | {"language_id": "cpp", "entry_point": "Main", "files": []}
    for who in VIEWERS:
        shown = keys(who, "submissions", found, about(LATE), stage)
        if who == "public":
            assert shown == {"id", "team_id", "language_id"}
        else:
            assert shown == (None if who == "other" else frozenset(found))


def test_who_sent_a_submission_is_its_own_accounts_and_the_jurys():
    found = SUBMISSION | {"account_id": "team-1"}
    seen = {who for who in VIEWERS if "account_id" in (keys(who, "submissions", found, about(EARLY)) or ())}
    assert seen == OWN_OR_JURY
    assert keys("own", "submissions", found, about(EARLY, account="team-1-too")) == frozenset(SUBMISSION)


def test_packages_and_addresses_are_the_jurys():
    account = {"id": "team-1", "ip": "10.0.0.1"}
    for who, viewer in VIEWERS.items():
        assert ("package" in keys(who, "problems", {"id": "a", "package": []}, PLAIN)) == (who in JURY)
        shown = keys(who, "accounts", account, {"account": viewer.account})
        assert shown is None or ("ip" in shown) == (who in JURY)


@pytest.mark.parametrize("stage", STAGES)
def test_what_shows_a_team_at_work_is_nobodys_in_the_freeze_and_never_another_teams(stage):
    """Access Restrictions: `backup` for admin and analyst, `desktop` and `webcam` for the public but in the freeze."""
    of_a_machine, live = {"backup", "key_log", "tool_data"}, {"desktop", "webcam", "audio"}
    found = dict.fromkeys(("id", "photo", "video", *of_a_machine, *live))
    seen = {who: keys(who, "teams", found, {"hidden": False, "team": "t1", "removed": False}, stage) for who in VIEWERS}
    assert all(shown >= {"id", "photo", "video"} for shown in seen.values())
    assert {who for who, shown in seen.items() if shown & of_a_machine} == JURY | {"analyst"}
    frozen = stage in ("frozen", "over")
    assert {who for who, shown in seen.items() if shown & live} == EVERYBODY - {"other"} - (
        {"public"} if frozen else set()
    )


def test_an_outcome_that_is_not_told_shows_as_pending():
    bare = {"id", "submission_id"}
    for facts, verdict in ((about(EARLY, settled=False), "AC"), (about(EARLY), "JE")):
        found = JUDGEMENT | {"judgement_type_id": verdict, "max_run_time": 1, "score": 3}
        for who in ("public", "own", "analyst"):
            assert keys(who, "judgements", found, facts) == bare
        for who in JURY:
            assert keys(who, "judgements", found, facts) == frozenset(found)


def test_a_message_names_its_reader_and_nobody_else():
    found = {
        "id": "m",
        "text": "!",
        "to_team_ids": ["t1", "t2", "t9"],
        "to_group_ids": ["g2", "g3"],
        "reply_to_id": "q",
    }
    asked = {"hidden": False, "team": "t1", "to_teams": (), "to_groups": (), "problem": None}
    _, facts = message(to_teams=["t1", "t9"], to_groups=["g2", "g3"], reply=asked)
    own = visible(VIEWERS["own"], "clarifications", found, facts, scene("running"))
    assert own == {"id": "m", "text": "!", "to_team_ids": ["t1"], "reply_to_id": "q"}
    other = visible(VIEWERS["other"], "clarifications", found, facts, scene("running"))
    assert other == {"id": "m", "text": "!", "to_group_ids": ["g2"]}, "what it answers is another team's"
    assert visible(VIEWERS["jury"], "clarifications", found, facts, scene("running")) == found
    answer = {"id": "m", "text": "!", "reply_to_id": "q"}
    for reply, shown in (
        (None, False),
        (asked, False),
        (asked | {"team": None}, True),
        (asked | {"team": None, "hidden": True}, False),
    ):
        _, facts = message(reply=reply)
        assert ("reply_to_id" in visible(VIEWERS["public"], "clarifications", answer, facts, scene("running"))) == shown


def test_before_the_start_no_message_says_that_it_answers_one_about_a_problem():
    answer = {"id": "m", "text": "!", "reply_to_id": "q"}
    _, facts = message(reply=message(problem="a")[1])
    for stage in STAGES:
        seen = {who for who in VIEWERS if "reply_to_id" in keys(who, "clarifications", answer, facts, stage)}
        assert seen == (JURY if stage == "before" else EVERYBODY), stage


def test_a_commentary_names_only_submissions_that_are_seen():
    found = {"id": "c", "message": "!", "submission_ids": ["mine", "theirs", "unknown"]}
    _, facts = said(EARLY, of={"mine": ["t1", EARLY], "theirs": ["t2", EARLY]})
    named = {
        who: visible(viewer, "commentary", found, facts, scene("running")).get("submission_ids")
        for who, viewer in VIEWERS.items()
    }
    all_ = ["mine", "theirs", "unknown"]
    assert named == {
        "public": all_[:2],
        "own": all_[:1],
        "other": all_[1:2],
        "jury": all_,
        "analyst": all_[:2],
        "admin": all_,
    }


def test_of_a_commentary_whose_author_nobody_wrote_down_nobody_is_the_author():
    found, facts = said(LATE)
    del facts["by"]
    now = scene("frozen")
    assert [who for who, viewer in VIEWERS.items() if visible(viewer, "commentary", found, facts, now)] == [
        "jury",
        "admin",
    ]


@pytest.mark.parametrize(("message", "seen"), [("Hello", EVERYBODY), ("{submissions:s} it is", JURY)])
def test_of_a_commentary_whose_tags_nobody_wrote_down_the_jury_alone_reads_one_with_tags(message, seen):
    found, facts = said(EARLY, of={"s": ["t1", EARLY]})
    del facts["tagged"], facts["messages"]
    found, now = found | {"message": message}, scene("running")
    assert {who for who, viewer in VIEWERS.items() if visible(viewer, "commentary", found, facts, now)} == seen


def test_hidden_teams_are_named_nowhere_in_public():
    now, facts = scene("running"), {"hidden": False, "hidden_teams": ["t9"]}
    award = {"id": "w", "citation": "W", "team_ids": ["t1", "t9"]}
    coach = {
        "id": "p",
        "icpc_id": "7",
        "name": "P",
        "role": "coach",
        "email": "e",
        "sex": "male",
        "team_ids": ["t1", "t9"],
    }
    for who in ("public", "own", "other", "analyst"):
        assert visible(VIEWERS[who], "awards", award, of_board("public", ["t9"]), now)["team_ids"] == ["t1"]
        assert visible(VIEWERS[who], "persons", coach, facts, now) == {
            "id": "p",
            "name": "P",
            "role": "coach",
            "team_ids": ["t1"],
        }
        assert visible(VIEWERS[who], "persons", coach | {"team_ids": ["t9"]}, facts, now) is None
    mine = Viewer("team", "t9")
    assert visible(mine, "persons", coach | {"team_ids": ["t9"]}, facts, now)["team_ids"] == ["t9"]
    for who in JURY:
        assert visible(VIEWERS[who], "persons", coach, facts, now) == coach
        assert visible(VIEWERS[who], "awards", award, of_board("jury", ["t9"]), now) == award


def test_what_the_log_says_has_come_has_come_whatever_this_clock_says():
    contest = {"start": START, "freeze": FREEZE, "thaw": None, "came": START}
    assert visible(VIEWERS["public"], "problems", {"id": "a"}, PLAIN, Scene.at(contest, START - 5)) is not None
    assert Scene.at(contest, FREEZE).now == FREEZE
    assert Scene.of_log(contest).now == START
    assert visible(VIEWERS["public"], "problems", {"id": "a"}, PLAIN, Scene.of_log(contest | {"came": None})) is None


# ---- feedback -------------------------------------------------------------------------------------------------------

FEEDBACK = {
    # level: ordinals of the team's own runs that it sees, whether the scores of groups, whether the time it took and what
    # the output validator says to it
    "verdict": ([], False, False),
    "samples": ([1], False, False),
    "number": ([1, 3], False, False),
    "groups": ([1], True, False),
    "full": ([1, 2, 3, 4], True, True),
}


@pytest.mark.parametrize("level", FEEDBACK)
@pytest.mark.parametrize("stage", ["running", "frozen", "finalised"])
def test_feedback_says_what_a_team_is_told_of_its_own(level, stage):
    ordinals, of_groups, all_of_it = FEEDBACK[level]
    facts, now = about(LATE), scene(stage, level)
    runs = [{"id": f"j.{ordinal}", "ordinal": ordinal} for ordinal in (1, 2, 3, 4)]
    seen = {who: [r["ordinal"] for r in runs if visible(v, "runs", r, facts, now)] for who, v in VIEWERS.items()}
    assert seen["own"] == ordinals
    assert seen["other"] == []
    assert seen["jury"] == seen["admin"] == [1, 2, 3, 4]
    assert seen["public"] == seen["analyst"] == ([1, 2, 3, 4] if stage == "finalised" else [])
    told = {who for who, viewer in VIEWERS.items() if group_scores(viewer, facts, now) == [5, 0]}
    assert told == JURY | ({"own"} if of_groups else set())
    timed = JUDGEMENT | {"max_run_time": 1}
    assert ("max_run_time" in visible(VIEWERS["own"], "judgements", timed, facts, now)) == all_of_it
    told = {who for who, viewer in VIEWERS.items() if told_messages(viewer, facts, now)}
    assert told == JURY | ({"own"} if all_of_it else set())


# ---- the contest itself, boards -------------------------------------------------------------------------------------


def test_a_contest_that_is_not_public_exists_for_its_people():
    closed = {"public": False}
    seen = {who for who, viewer in VIEWERS.items() if may_see_contest(viewer, closed)}
    assert seen == EVERYBODY - {"public"}
    for who, stage in itertools.product(VIEWERS, STAGES):
        shown = visible(VIEWERS[who], "contest", {"id": "c"}, {"hidden": False, **closed}, scene(stage))
        assert (shown is not None) == (who in seen)


def test_only_the_jury_sees_the_jurys_board():
    assert {who for who, viewer in VIEWERS.items() if audience_of(viewer) == "jury"} == JURY
