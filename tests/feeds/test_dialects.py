"""The same contest in every version, and every oddity of others: repaired, reported, and the same board."""

from __future__ import annotations

import copy
import json
import zipfile

import pytest

from clics.feeds import Follower, read_feed
from clics.feeds.oddities import KINDS
from clics.times import format_time
from schemas import events
from schemas.errors import DataError
from tests.contest_log import board_bytes, fold
from tests.feeds.small import (
    BOARD,
    CONFIGURATION,
    END,
    FROZEN,
    LIVE,
    START,
    VERSIONS,
    WHOLE,
    contest,
    judgement,
    kind,
    ndjson,
    problem,
    read,
    rows,
    run,
    state,
    submission,
    team,
    written,
)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_contest_has_the_same_events_in_every_version(version):
    feed, found = read(written(WHOLE, version))
    assert (feed.version, feed.contest) == (version, "tiny")
    assert rows(found) == rows(found, "public") == BOARD
    assert [one.kind for one in feed.oddities.found(version) if not one.allowed] == []
    newest = read(written(WHOLE))[1]
    labels = {e.id: e.label for e in found if isinstance(e, events.Team)}
    assert labels == {"1": "1", "2": "2", "3": "3"} if version >= "2023-06" else {"1": None, "2": None, "3": None}
    unlike = (events.Team, events.Definition) if version < "2023-06" else ()
    assert [e for e in found if not isinstance(e, unlike)] == [e for e in newest if not isinstance(e, unlike)]


@pytest.mark.parametrize(
    "odd", [{"x": "1", "y": 2, "rotation": 90}, {"x": 1, "y": 2, "rotation": 450}, {"x": 1, "y": 2}, "left", [1, 2]]
)
def test_a_location_that_is_none_of_the_apis_is_told_and_left_out(odd):
    good = {"x": 1, "y": 2.5, "rotation": 90}
    feed, found = read(written([*CONFIGURATION, team("8", location=good), team("9", location=odd)]))
    seats = {one.id: one.location for one in found if isinstance(one, events.Team) and one.id in ("8", "9")}
    assert seats == {"8": json.dumps(good, sort_keys=True), "9": None}
    assert [one.count for one in feed.oddities.found(feed.version) if one.kind == "bad value"] == [1]


def test_a_contest_time_behind_all_calendars_is_told_and_its_time_counts():
    far = submission("5", "1", "a", "0:10:00")[2] | {"contest_time": "999999999:00:00"}
    feed, found = read(written([*CONFIGURATION, ("submissions", "5", far)]))
    (one,) = [one for one in found if isinstance(one, events.Submission)]
    assert one.submitted_at == START + 600_000
    assert "bad value" in {one.kind for one in feed.oddities.found(feed.version)}


def test_events_say_who_when_and_what():
    _, found = read(written(WHOLE))
    assert [e.recorded_at for e in found] == sorted(e.recorded_at for e in found)
    definition = found[0]
    assert (definition.changes, definition.penalty_time, definition.scoreboard_freeze_duration) == (
        -1,
        1_200_000,
        3_600_000,
    )
    assert [(p.id, p.package, p.time_limit_ms) for p in definition.problems] == [("a", "", 1500), ("b", "", 1500)]
    first = [
        e for e in found if getattr(e, "submission_id", getattr(e, "id", "")) == "1" and not isinstance(e, events.Team)
    ]
    assert [type(e).__name__ for e in first] == ["Submission", "JudgingStarted", "Runs", "Judgement"]
    submitted, _, ran, judged = first
    assert (submitted.submitted_at, submitted.recorded_at) == (START + 630_500, START + 630_500)
    assert [(one.ordinal, one.judgement_type_id, one.cpu_ms) for one in ran.runs] == [(1, "AC", 250), (2, "WA", 250)]
    assert (judged.verdict, judged.started_at, judged.ended_at) == ("WA", START + 631_000, START + 634_000)
    ada = next(e for e in found if isinstance(e, events.Person))
    assert (ada.name, ada.role, ada.team_ids) == ("Ada L", "contestant", ("1",))
    question, answer = (e for e in found if isinstance(e, events.Clarification))
    assert (question.from_team_id, question.problem_id, answer.to_team_ids, answer.reply_to_id) == (
        "1",
        "a",
        ("1",),
        "c1",
    )
    assert [e.award.id for e in found if isinstance(e, events.AwardGiven)] == ["winner"]
    kinds = [(e.kind, e.planned_at - START) for e in found if isinstance(e, events.Transitioned)]
    assert kinds == [("started", 0), ("frozen", 14_400_000), ("ended", 18_000_000), ("thawed", 21_600_000)]
    assert isinstance(found[-1], events.Finalized)


def test_a_public_board_is_frozen_until_the_feed_says_that_it_was_thawed():
    told = (*CONFIGURATION, *LIVE, END[0])
    assert rows(read(written(told))[1], "public") == FROZEN
    assert rows(read(written(told))[1], "jury") == BOARD


def test_a_state_in_which_nothing_has_come_is_no_thaw():
    told = [state() if one[0] == "state" else one for one in (*CONFIGURATION, *LIVE, END[0])]
    assert rows(read(written(told))[1], "public") == FROZEN


def test_a_freeze_that_came_otherwise_than_planned():
    early = [
        state(started="0:00:00", frozen="3:59:00") if one[0] == "state" and "frozen" in one[2] else one for one in LIVE
    ]
    early.append(submission("7", "3", "a", "3:59:30"))
    early.append(judgement("17", "7", "AC", "3:59:31", "3:59:32"))
    assert rows(read(written((*CONFIGURATION, *early)))[1], "public")[2] == "3 3 0 0 a+1? b+1?"
    never = [state(started="0:00:00", ended="5:00:00") if one[0] == "state" else one for one in LIVE]
    assert rows(read(written((*CONFIGURATION, *never, END[0])))[1], "public") == BOARD


# ---- judgements -----------------------------------------------------------------------------------------------------

AGAIN = {
    "the later one counts": (
        [judgement("21", "3", "WA", "2:00:00", "2:01:00")],
        "3 1 0 0 a:2",
    ),
    "one that has not ended takes nothing away": (
        [judgement("21", "3", None, "2:00:00")],
        "2 1 1 40 a=2/20",
    ),
    "current says which": (
        [judgement("13", "3", "AC", "0:20:01", "0:20:05", current=False), judgement("21", "3", "WA", "0:19:00", "2:01:00", current=True)],
        "3 1 0 0 a:2",
    ),
    "one that was never applied": (
        [judgement("21", "3", "WA", "2:00:00", "2:01:00", current=False)],
        "2 1 1 40 a=2/20",
    ),
    "none is current": (
        [judgement("13", "3", "AC", "0:20:01", "0:20:05", current=False), judgement("21", "3", None, "2:00:00", current=True)],
        "3 1 0 0 a:1+1?",
    ),
    "a verdict that was changed in place": (
        [judgement("13", "3", "WA", "0:20:01", "0:20:05")],
        "3 1 0 0 a:2",
    ),
    "one that is gone": (
        [judgement("21", "3", "WA", "2:00:00", "2:01:00"), ("judgements", "21", None)],
        "2 1 1 40 a=2/20",
    ),
    "no longer valid": (
        [judgement("13", "3", "AC", "0:20:01", "0:20:05", valid=False), judgement("21", "3", "WA", "0:20:00", "2:01:00")],
        "3 1 0 0 a:2",
    ),
    "a simplified verdict": (
        [("judgements", "13", {k: v for k, v in judgement("13", "3", "x", "0:20:01")[2].items() if k != "judgement_type_id"} | {"simplified_judgement_type_id": "WA"})],
        "3 1 0 0 a:2",
    ),
    "a judging error": (
        [judgement("21", "3", "JE", "2:00:00", "2:01:00")],
        "3 1 0 0 a:1+1?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AGAIN)
def test_of_several_judgements(name):
    more, expected = AGAIN[name]
    told = [*CONFIGURATION, *LIVE, *more, END[0], END[1]]
    notifications = written(told)
    for found in (read(notifications)[1], followed(notifications)):
        assert expected in rows(found), rows(found)


def test_what_was_shown_before_is_in_the_log():
    told = [*CONFIGURATION, *LIVE, *AGAIN["the later one counts"][0], *END]
    _, found = read(written(told))
    (override,) = (e for e in found if isinstance(e, events.VerdictOverridden))
    assert (override.submission_id, override.verdict, override.recorded_at) == ("3", "WA", START + 7_260_000)
    before = [e for e in found if e.recorded_at < override.recorded_at]
    assert "2 1 1 40 a=2/20" in rows(before)


# ---- oddities -------------------------------------------------------------------------------------------------------


def odd(at, change):
    """The whole feed in 2026-01 with something done to it at the index of a line."""
    found = written(WHOLE)
    change(found, at)
    return found


def index(type_, id_=None, nth=0):
    """The index of the nth line about it."""
    return [n for n, (t, i, _) in enumerate(WHOLE) if t == type_ and id_ in (None, i)][nth]


def insert(value):
    return lambda found, at: found.insert(at, value)


def edit(**fields):
    return lambda found, at: found[at]["data"].update(fields)


def envelope(**fields):
    return lambda found, at: found[at].update(fields)


def drop(*names):
    def change(found, at):
        for name in names:
            found[at]["data"].pop(name, None)

    return change


def old(version, change):
    found = written(WHOLE, version)
    change(found)
    return found


def everywhere(found, at, old_id, new_id):
    for one in found:
        text = json.dumps(one).replace(f'"team_id": "{old_id}"', f'"team_id": {json.dumps(new_id)}')
        one.clear()
        one.update(json.loads(text))
    found[at]["id"] = found[at]["data"]["id"] = new_id


LATE = submission("9", "3", "a", "5:00:00")
TEAM_3, SUBMITTED, JUDGED = index("teams", "3"), index("submissions", "2"), index("judgements", "12")
SAME = BOARD
ODD = {
    "truncated line": (lambda: [*written(WHOLE), b'{"type":"state","id":nu'], len(WHOLE) + 1, SAME),
    "broken line": (lambda: odd(5, insert(b"<html>\n")), 6, SAME),
    "no data": (lambda: odd(5, insert({"type": "teams", "id": "9"})), 6, SAME),
    "unknown type": (lambda: odd(5, insert({"type": "printers", "id": "9", "data": {"id": "9"}})), 6, SAME),
    "other contest": (
        lambda: old("2021-11", lambda f: f.insert(5, {"contest_id": "other", "endpoint": "teams", "id": "9", "data": {"id": "9", "name": "x"}})),
        6,
        SAME,
    ),
    "null id": (lambda: odd(TEAM_3, envelope(id=None)), TEAM_3 + 1, SAME),
    "no id": (lambda: odd(5, insert({"type": "teams", "id": None, "data": {"name": "x"}})), 6, SAME),
    "other id": (lambda: odd(TEAM_3, envelope(id="4")), TEAM_3 + 1, SAME),
    "id of a single object": (lambda: odd(0, envelope(id="tiny")), 1, SAME),
    "number as id": (lambda: odd(TEAM_3, lambda f, at: everywhere(f, at, "3", 3)), TEAM_3 + 1, SAME),
    "not an id": (lambda: odd(TEAM_3, lambda f, at: everywhere(f, at, "3", "team three")), TEAM_3 + 1, None),
    "sent again": (lambda: [*written(WHOLE[:-1]), *written(WHOLE)], len(WHOLE), SAME),
    "created twice": (
        lambda: old("2020-03", lambda f: f.insert(TEAM_3 + 1, f[TEAM_3] | {"id": "again"})),
        TEAM_3 + 2,
        SAME,
    ),
    "update of nothing": (lambda: old("2020-03", lambda f: f[TEAM_3].update(op="update")), TEAM_3 + 1, SAME),
    "deleted nothing": (lambda: odd(5, insert({"type": "teams", "id": "9", "data": None})), 6, SAME),
    "changed afterwards": (
        lambda: odd(JUDGED + 1, insert(written([submission("1", "1", "a", "0:11:00")])[0])),
        JUDGED + 2,
        SAME,
    ),
    "refers ahead": (lambda: written([WHOLE[SUBMITTED], *WHOLE[:SUBMITTED], *WHOLE[SUBMITTED + 1 :]]), 1, SAME),
    "after the end of updates": (lambda: [*written(WHOLE), written([team("3", name="Later")])[0]], len(WHOLE) + 1, SAME),
    "bad value": (lambda: odd(SUBMITTED, edit(time="yesterday")), 0, SAME),
    "penalty in minutes": (lambda: odd(0, edit(penalty_time=20)), 1, SAME),
    "times disagree": (lambda: odd(SUBMITTED, edit(time=format_time(START + 86_400_000))), 0, SAME),
    "no time": (
        lambda: odd(5, insert(written([("submissions", "9", {"id": "9", "team_id": "1", "problem_id": "b"})])[0])),
        0,
        SAME,
    ),
    "no language": (lambda: odd(SUBMITTED, drop("language_id")), 0, SAME),
    "no start": (lambda: odd(0, drop("start_time")), 0, SAME),
    "no state": (lambda: [one for one in written(WHOLE) if one["type"] != "state"], 0, SAME),
    "no penalty time": (lambda: odd(0, drop("penalty_time")), 0, SAME),
    "refers to nothing": (
        lambda: odd(5, insert(written([judgement("99", "98", "AC", "0:01:00")])[0])),
        0,
        SAME,
    ),
    "unknown verdict": (lambda: odd(JUDGED, edit(judgement_type_id="APE")), 0, SAME),
    "two current judgements": (
        lambda: [*written(WHOLE[:-1]), written([judgement("31", "2", "AC", "0:15:02", "0:15:07", current=True)])[0]],
        0,
        SAME,
    ),
    "state disagrees": (
        lambda: [one if one["type"] != "state" or "ended" not in one["data"] else one | {"data": one["data"] | {"ended": format_time(START + 18_000_500)}} for one in written(WHOLE)],
        0,
        SAME,
    ),
    "no team": (
        lambda: odd(5, insert(written([("submissions", "9", LATE[2] | {"team_id": None, "account_id": "judge"})])[0])),
        0,
        SAME,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_every_oddity_is_repaired_and_reported_with_its_line(name):
    make, line, expected = ODD[name]
    notifications = make()
    feed, found = read(copy.deepcopy(notifications))
    (reported,) = (one for one in feed.oddities.found(feed.version) if one.kind == name)
    assert reported.count >= 1
    assert line in reported.lines
    shown = rows(found)
    assert shown == expected if expected else len(shown) == 3


def test_an_id_that_is_none_is_the_same_everywhere():
    _, found = read(ODD["not an id"][0]())
    (three,) = (e.id for e in found if isinstance(e, events.Team) and e.name == "Team 3")
    assert any(line.startswith(f"3 {three} 1 250 b=1/250") for line in rows(found))
    assert len(three) <= 36


def test_where_no_verdict_was_told_the_contest_type_of_that_class_counts():
    told = [one for one in WHOLE if one[0] != "judgement-types"] + [kind("AC", solved=True), kind("RTE", penalty=True)]
    told = [
        judgement("11", "1", "MLE", "0:10:31", "0:10:34") if one[1] == "11" and one[2].get("end_time") else one
        for one in told
    ]
    assert "2 1 1 40 a=2/20" in rows(read(written(told))[1])


def test_a_collection_replaces_what_there_was():
    teams = [one[2] for one in CONFIGURATION if one[0] == "teams"]
    some = [one for one in written(WHOLE) if one["type"] not in ("teams", "problems")]
    problems = [problem("a", 1)[2], problem("b", 2)[2]]
    collections = [
        {"type": "teams", "id": None, "data": [*teams, team("4")[2]]},
        {"type": "problems", "data": problems},
    ]
    assert rows(read([*collections, *some])[1]) == [*BOARD, "4 4 0 0"]
    without = {"type": "teams", "id": None, "data": [one for one in teams if one["id"] != "2"]}
    assert [line.split()[1] for line in rows(read([*collections, *some[:-1], without])[1])] == ["1", "3"]


def test_hidden_teams_of_each_version():
    crew = ("groups", "crew", {"id": "crew", "name": "Crew", "hidden": True})
    for version, changed in (
        ("2020-03", [crew, team("3", group_ids=["crew"])]),
        ("2023-06", [team("3", hidden=True)]),
        ("2026-01", [contest(main_scoreboard_group_id="all"), team("3", group_ids=[])]),
    ):
        found = read(written([*WHOLE[:-1], *changed], version))[1]
        assert [line.split()[1] for line in rows(found, "public")] == ["2", "1"], version


def test_a_contest_of_scores():
    told = copy.deepcopy([contest(scoreboard_type="score") if one[0] == "contest" else one for one in WHOLE])
    for _, _, one in told:
        if one is not None and "submission_id" in one and "end_time" in one:
            one["score"] = {"11": 40, "12": 60.5, "13": 100, "14": 0, "15": 12.125, "16": 7}[one["id"]]
    del told[0][2]["penalty_time"]
    _, found = read(written(told))
    assert (found[0].rule, found[0].score_scale) == ("ioi", 1000)
    scores = {e.submission_id: e.score for e in found if isinstance(e, events.Judgement)}
    assert scores == {"1": 40_000, "2": 60_500, "3": 100_000, "4": 0, "5": 12_125, "6": 7_000}
    assert [line.split()[1] for line in rows(found)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ((), "the feed says nothing of a contest: nobody knows how long it is"),
        ((("contest", "tiny", {"id": "tiny", "name": "x"}),), "contest tiny: the feed does not say how long it is"),
        ((contest(duration="long"),), "contest tiny: the feed does not say how long it is"),
    ],
)
def test_a_feed_without_a_contest_says_so(told, line):
    with pytest.raises(DataError, match=line):
        read(written(told))


# ---- feeds that are still coming ------------------------------------------------------------------------------------


def followed(notifications):
    """The events as they come, in the order of the lines."""
    follower = Follower("tiny", by="test")
    found = [event for change in read_feed(ndjson(notifications)).changes() for event in follower.take(change)]
    found += follower.finish()
    assert [e.recorded_at for e in found] == sorted(e.recorded_at for e in found)
    definitions = [n for n, e in enumerate(found) if isinstance(e, events.Definition)]
    assert [found[n].changes for n in definitions] == [-1, *definitions[:-1]]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_followed_line_by_line_it_comes_to_the_same_boards(version):
    found = followed(written(WHOLE, version))
    assert rows(found) == rows(found, "public") == BOARD
    before = followed(written([*CONFIGURATION, *LIVE, END[0]], version))
    assert rows(before, "public") == FROZEN
    assert sum(isinstance(e, events.Definition) for e in found) == 1
    assert {type(e) for e in found} == {type(e) for e in read(written(WHOLE))[1]}


def test_a_feed_that_tells_late_that_it_counts_points_has_told_them_all():
    solved = judgement("11", "1", "WA", "0:10:01", "0:10:05")
    solved[2]["score"] = 60.5
    told = [*CONFIGURATION, submission("1", "1", "a", "0:10:00"), solved, contest(scoreboard_type="score")]
    for found in (followed(written(told)), read(written(told))[1]):
        (first, *_) = json.loads(board_bytes(fold(list(enumerate(found))), "jury"))["rows"]
        assert (first["team_id"], first["score"]["score"]) == ("1", 60.5)


def test_what_changes_while_it_is_followed_becomes_an_act():
    told = [
        *CONFIGURATION,
        *LIVE,
        ("submissions", "2", None),
        contest(name="Renamed"),
        team("3", name="New"),
        team("4"),
    ]
    told += [("teams", "4", None), END[0]]
    found = followed(written(told))
    assert rows(found) == ["1 1 1 40 a=2/20", "2 3 1 250 b=1/250", "3 2 0 0 b:1"]
    assert [e.name for e in found if isinstance(e, events.Definition)] == ["Tiny", "Renamed"]
    assert [(e.id, e.removed) for e in found if isinstance(e, events.Team) and e.id == "4"] == [
        ("4", False),
        ("4", True),
    ]
    back = followed(written([*told, submission("2", "2", "a", "0:15:00")]))
    assert rows(back) == BOARD


# ---- packages -------------------------------------------------------------------------------------------------------


def package(folder, told=WHOLE):
    """The endpoints' files."""
    last = {(type_, id_): one for type_, id_, one in told}
    folder.mkdir(parents=True, exist_ok=True)
    for type_ in {type_ for type_, _ in last}:
        objects = [one for (t, _), one in last.items() if t == type_]
        data = objects[0] if type_ in ("contest", "state") else objects
        (folder / f"{type_}.json").write_text(json.dumps(data))
    return folder


def boards_of(source):
    feed = read_feed(source)
    from clics.feeds import events as events_of

    return feed, rows(list(events_of(feed.changes(), "tiny", by="test", oddities=feed.oddities)))


def test_a_package_of_endpoint_files(tmp_path):
    feed, board = boards_of(package(tmp_path / "tiny"))
    assert (feed.contest, board) == ("tiny", BOARD)


def test_a_package_with_yaml_and_with_a_feed_that_lacks_endpoints(tmp_path):
    folder = package(tmp_path / "tiny")
    (folder / "contest.json").unlink()
    (folder / "contest.yaml").write_text("id: tiny\nname: Tiny\nduration: 5:00:00\nstart_time: 2026-03-01T10:00:00+01:00\npenalty_time: 20\nscoreboard_type: pass-fail\n")  # fmt: skip
    assert boards_of(folder)[1] == BOARD
    for type_ in ("submissions", "judgements", "runs"):
        (folder / f"{type_}.json").unlink()
    lines = [one for one in written(LIVE + END) if one["type"] in ("submissions", "judgements", "runs")]
    (folder / "event-feed.ndjson").write_bytes(b"".join(ndjson(lines)))
    assert boards_of(folder)[1] == BOARD


def test_a_zip_of_a_package(tmp_path):
    folder = package(tmp_path / "tiny")
    with zipfile.ZipFile(tmp_path / "tiny.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"tiny/{file.name}")
    assert boards_of(tmp_path / "tiny.zip")[1] == BOARD


def test_a_folder_that_is_no_package(tmp_path):
    with pytest.raises(DataError, match=r"a contest package has event-feed\.ndjson, contest\.json or contest\.yaml"):
        list(read_feed(tmp_path).changes())
    (tmp_path / "contest.json").write_text("{")
    with pytest.raises(DataError, match=r"contest\.json: "):
        list(read_feed(tmp_path).changes())
    with pytest.raises(DataError, match="there is no such file or folder"):
        read_feed(tmp_path / "nothing")
    with pytest.raises(DataError, match="there is no version '2019'"):
        read_feed(tmp_path, version="2019")


def test_runs_without_a_judgement_and_double_ones_do_no_harm():
    told = [*WHOLE[:-1], run("77", 1, "AC", "0:01:00"), run("11", 1, "AC", "0:10:32")]
    assert rows(read(written(told))[1]) == BOARD
