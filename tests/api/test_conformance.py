"""Every endpoint of both versions, with the strict schemas, for everybody, at every stage of a contest."""

import hashlib
import itertools
import json
import re

import pytest

from api.feed import source
from api.properties import ID_PROPERTIES, PROPERTIES
from api.routes import contests
from schemas.events import RejudgingCreated
from tests.api.stages import CONTEST, POINTS, ROLES, STAGES
from tests.api.strict import ONE, check
from tests.leaks.world import StillClock

VERSIONS = ("2026-01", "2023-06")
LISTS = tuple(type_ for type_ in PROPERTIES["2026-01"] if type_ not in ("contest", "state"))

TEAMS = ("team-1", "team-2", "team-hidden")
CAPABILITIES = {
    "2026-01": {
        **{team: ["team_submit", "post_clar"] for team in TEAMS},
        "a-judge": ["post_clar", "post_comment"],
        "an-analyst": ["post_comment"],
        "an-admin": [
            *("contest_start", "contest_thaw", "proxy_submit", "admin_submit"),
            *("post_clar", "proxy_clar", "admin_clar", "post_comment"),
        ],
    },
    "2023-06": {
        **{team: ["team_submit", "team_clar"] for team in TEAMS},
        "an-admin": ["contest_start", "contest_thaw", "proxy_submit", "admin_submit", "proxy_clar", "admin_clar"],
    },
}

REFERENCES = {
    "language_id": "languages",
    "problem_id": "problems",
    "problem_ids": "problems",
    "team_id": "teams",
    "team_ids": "teams",
    "from_team_id": "teams",
    "to_team_id": "teams",
    "to_team_ids": "teams",
    "group_ids": "groups",
    "to_group_ids": "groups",
    "main_scoreboard_group_id": "groups",
    "organization_id": "organizations",
    "submission_id": "submissions",
    "submission_ids": "submissions",
    "judgement_id": "judgements",
    "judgement_type_id": "judgement-types",
    "simplified_judgement_type_id": "judgement-types",
    "reply_to_id": "clarifications",
    "source_id": "persons",
    "person_id": "persons",
    "account_id": "accounts",
}
"""What each property refers to: every other one that ends so is new here, and has to be told."""


def flat(found):
    """The properties of an object, those of commands within it by their paths."""
    for name, value in found.items():
        if name in ("compiler", "runner"):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


FILES_AT = ("running", "frozen", "finalised")
"""Stages at which every file is fetched: what is served of them changes with the start, the freeze and the thaw."""


CLOSELY = ("frozen", "finalised")
"""Stages at which every object is fetched alone, and every tag sent back: at the others, what is new or has changed."""


async def everything(contest, version, who, access, alike, *, closely):
    """All objects of all types that somebody is given, each valid, the same alone as in its list, told of in access.

    *alike*: each object as they were given it alone last.
    """
    sources = "files" in access.get("submissions", ())
    found = {}
    for type_ in LISTS:
        answer = await contest.get(type_, who, version)
        assert answer.status_code == 200, (type_, answer.text)
        listed = found[type_] = answer.json()
        ids = [one["id"] for one in listed]
        assert len(ids) == len(set(ids))
        for one in listed:
            if alike.get((type_, one["id"])) == one and not closely:
                continue
            alone = await contest.get(f"{type_}/{one['id']}", who, version)
            assert (alone.status_code, alone.json()) == (200, one), (type_, one)
            check(version, ONE[type_], alone.content, sources=sources)
            assert set(flat(one)) <= set(access.get(type_, ())), (type_, one)
            alike[type_, one["id"]] = one
        if not closely:
            continue
        assert (await contest.get(f"{type_}/nope", who, version)).status_code == 404
        again = await contest.get(type_, who, version, **{"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    return found


def references(found, contest_object):
    """All file references, each with the type and the property that it is of."""
    for type_, one in [("contest", contest_object), *((t, one) for t, of in found.items() for one in of)]:
        for name, value in one.items():
            if isinstance(value, list):
                yield from ((type_, name, file) for file in value if isinstance(file, dict))


async def files_are_served(contest, version, who, found, contest_object):
    """What an object refers to is there, with its type and its hash, and is sent once; nobody runs what is in it."""
    for type_, name, file in references(found, contest_object):
        if file["href"].startswith("https://"):
            assert name in ("desktop", "webcam", "audio")
            continue
        answer = await contest.get(f"/{file['href']}", who, version)
        assert answer.status_code == 200, (type_, name, file, answer.text)
        assert answer.headers["content-type"].partition(";")[0] == file["mime"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if "hash" in file:
            assert hashlib.md5(answer.content).hexdigest() == file["hash"]
        else:
            assert name in ("statement", "package"), "a page is made anew, and a zip for each who keeps it"
        if file["mime"] not in ("application/pdf", "application/zip") and name != "statement":
            assert "sandbox" in answer.headers["content-security-policy"]
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
            assert "script-src" not in answer.headers["content-security-policy"]
        again = await contest.get(f"/{file['href']}", who, version, **{"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), (type_, name)


async def single(contest, version, who, access):
    """What there is one of."""
    about = await contest.get("", who, version)
    check(version, "api_information", about.content)
    one = await contest.get(".", who, version)
    check(version, "contest", one.content)
    assert set(one.json()) <= set(access["contest"])
    assert one.json() in (await contest.get("/contests", who, version)).json()
    if version == "2026-01":
        for group, listed in (("g1", [one.json()]), ("g2", []), ("", [])):
            assert (await contest.get(f"/contests?main_scoreboard_group_id={group}", who)).json() == listed
    state = await contest.get("state", who, version)
    check(version, "state", state.content)
    board = await contest.get("scoreboard", who, version)
    check(version, "scoreboard", board.content)
    assert board.json()["state"] == state.json()
    freezes = "scoreboard_freeze_duration" in one.json()
    assert [name in state.json() for name in ("frozen", "thawed")] == [freezes, freezes], "which the schema cannot say"
    mine = await contest.get("account", who, version)
    if who:
        check(version, "account", mine.content)
        assert mine.json() in (await contest.get("accounts", who, version)).json()
    else:
        assert mine.status_code == 404
    return one.json(), board.json()


def refer_to_what_is_there(found, contest_object, board, untold):
    """*untold*: messages that the version has no word for; words that name one stay."""
    ids = {type_: {one["id"] for one in of} for type_, of in found.items()}
    for type_, one in [("contest", contest_object), *((t, one) for t, of in found.items() for one in of)]:
        for name, value in one.items():
            if not name.endswith(("_id", "_ids")) or name == "icpc_id":
                continue
            named = value if isinstance(value, list) else [] if value is None else [value]
            assert set(named) <= ids[REFERENCES[name]], (type_, one, name)
    for one in found["commentary"]:
        for type_, id_ in re.findall(r"\{([a-z-]+):([^}]*)\}", one["message"]):
            assert id_ in ids[type_] or (type_ == "clarifications" and id_ in untold), one
    for row in board["rows"]:
        assert row["team_id"] in ids["teams"]
        assert {cell["problem_id"] for cell in row["problems"]} <= ids["problems"]


async def filters_hold(contest, version, who, found):
    """Every property that is an id, null as an empty text, two of them AND-ed."""
    for type_, listed in found.items():
        by_value = {}
        for name in sorted(ID_PROPERTIES[version][type_]):
            values = {one.get(name) for one in listed}
            for value in values | {None}:
                query = f"{name}={value or ''}"
                fits = by_value[name, value] = [one for one in listed if one.get(name) == value]
                assert (await contest.get(f"{type_}?{query}", who, version)).json() == fits, (type_, query)
        for (first, one), (second, other) in itertools.combinations(by_value, 2):
            if first == second or one is None or other is None:
                continue
            both = [o for o in by_value[first, one] if o in by_value[second, other]]
            answer = await contest.get(f"{type_}?{first}={one}&{second}={other}", who, version)
            assert answer.json() == both


async def feed_agrees(contest, version, who, found, state, contest_object, *, sources):
    """The feed comes to the objects that are listed; each line fits the schemas, and nothing is told that is not listed."""
    answer = await contest.get("event-feed?stream=false", who, version)
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = {}
    for line in answer.content.splitlines():
        one = json.loads(line)
        check(version, "event-feed", line, sources=sources)
        if one["data"] is not None:
            check(version, ONE[one["type"]], json.dumps(one["data"]).encode(), sources=sources)
        told[one["type"], one["id"]] = one["data"]
    listed = {(type_, one["id"]): one for type_, of in found.items() for one in of}
    listed |= {("contest", None): contest_object, ("state", None): state}
    assert {key: data for key, data in told.items() if data is not None} == listed


async def walk(contest, version, stages, roles):
    """Every endpoint at these stages for these roles; what their accesses say."""
    accesses, alike = {}, {who: {} for who in roles}
    for stage in stages:
        contest.to(stage)
        for who in roles:
            answer = await contest.get("access", who, version)
            check(version, "access", answer.content)
            assert accesses.setdefault(who, answer.json()) == answer.json(), "it does not change during the contest"
            access = {one["type"]: one["properties"] for one in answer.json()["endpoints"]}
            found = await everything(contest, version, who, access, alike[who], closely=stage in CLOSELY)
            contest_object, board = await single(contest, version, who, access)
            untold = {"a2"} if version == "2023-06" and who in ("a-judge", "an-admin") else set()
            refer_to_what_is_there(found, contest_object, board, untold)
            sources = "files" in access["submissions"]
            await feed_agrees(contest, version, who, found, board["state"], contest_object, sources=sources)
            if stage in FILES_AT:
                await files_are_served(contest, version, who, found, contest_object)
            if stage == "frozen":
                await filters_hold(contest, version, who, found)
            if stage == "finalised" and who == "an-admin":
                assert [type_ for type_, of in found.items() if not of] == [], "there is one of everything"
                shown = {type_: set().union(*map(flat, of)) for type_, of in found.items()}
                told = {type_: set(names) for type_, names in access.items() if type_ in shown}
                assert {t: told[t] - shown[t] for t in told if told[t] - shown[t]} == {}, "all that is told is served"
    return accesses


@pytest.mark.parametrize(
    ("version", "stages"),
    [
        pytest.param("2026-01", STAGES, id="2026-01"),
        pytest.param("2023-06", ("frozen", "finalised"), id="2023-06"),
        pytest.param("2023-06", STAGES, marks=pytest.mark.long, id="long-2023-06"),
    ],
)
async def test_every_endpoint_for_everybody_at_every_stage(contest, version, stages):
    accesses = await walk(contest, version, stages, ROLES)
    for who, told in accesses.items():
        assert told["capabilities"] == CAPABILITIES[version].get(who, []), who


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_contest_that_counts_points_has_scores_and_no_penalties(contest, version):
    contest._definition |= POINTS
    accesses = await walk(contest, version, ("frozen", "finalised"), ("", "team-1", "an-analyst", "an-admin"))
    for told in accesses.values():
        names = {(one["type"], name) for one in told["endpoints"] for name in one["properties"]}
        assert {("problems", "max_score"), ("judgements", "score")} <= names
        assert names.isdisjoint({("contest", "penalty_time"), ("judgement-types", "penalty")})
    problems = (await contest.get("problems", "", version)).json()
    assert [one["max_score"] for one in problems] == [100, 100]
    judgements = (await contest.get("judgements", "an-admin", version)).json()
    scores = {one["submission_id"]: one.get("score") for one in judgements if one.get("current", True)}
    assert scores == {"s1": 0, "s2": 0, "s3": 100, "s4": 0, "sh": 100, "f1": 100, "f2": 40.25}
    rows = (await contest.get("scoreboard", "", version)).json()["rows"]
    assert [(row["team_id"], row["score"]["score"]) for row in rows] == [("t1", 200), ("t2", 40.25)]


async def test_a_file_is_whose_object_one_sees_with_it(contest):
    contest.to("frozen")
    backup, film = "teams/t1/backup/backup.zip", "teams/t1/video/video.mp4"
    seen = {who: (await contest.get(backup, who)).status_code for who in ROLES}
    assert {who for who, status in seen.items() if status == 200} == {"an-analyst", "a-judge", "an-admin"}
    assert (await contest.get(film)).content == b"film of t1"
    part = await contest.get(film, range="bytes=5-6")
    assert (part.status_code, part.content) == (206, b"of")
    for path in ("teams/h1/photo/photo.png", "teams/t1/photo/video.mp4", "teams/t1/nope/photo.png", "logo/nope.png"):
        assert (await contest.get(path)).status_code == 404, path
    for who, status in (("", 403), ("team-1", 403), ("an-analyst", 403), ("a-judge", 200)):
        assert (await contest.get("problems/pa/package", who)).status_code == status
    shown = {who: (await contest.get("teams/t1", who)).json().keys() for who in ("", "team-1", "team-2", "an-analyst")}
    assert {who for who, keys in shown.items() if "desktop" in keys} == {"team-1", "an-analyst"}
    contest.to("thawed")
    shown = {who: (await contest.get("teams/t1", who)).json().keys() for who in ("", "team-1", "team-2", "an-analyst")}
    assert {who for who, keys in shown.items() if "desktop" in keys} == {"", "team-1", "an-analyst"}


async def test_a_tag_tells_nothing_of_what_one_may_not_see(contest, monkeypatch):
    contest.to("frozen")
    before = {who: await contest.get("runs", who) for who in ROLES}
    contest.submit("secret", "t2", "pb", "WA")
    for who in ROLES:
        found = await contest.get("runs", who, **{"if-none-match": before[who].headers["etag"]})
        assert (found.status_code == 304) == (who not in ("a-judge", "an-admin")), who
    monkeypatch.setattr(contests, "AT_ONCE", 0)  # as they are read, where there are many
    for who in ROLES:
        found = await contest.get("runs", who)
        if who in ("a-judge", "an-admin"):
            assert found.headers["etag"].startswith("W/")
        else:
            assert found.json() == before[who].json()
            assert "etag" not in found.headers, "to make one all would be read"


async def test_the_mark_of_the_provider_is_there(contest):
    contest.to("before")
    for version in VERSIONS:
        (logo,) = (await contest.get("", "", version)).json()["provider"]["logo"]
        answer = await contest.get(f"/{logo['href']}", "", version)
        assert hashlib.md5(answer.content).hexdigest() == logo["hash"]
        assert answer.headers["content-type"] == logo["mime"]


async def last_told(contest, who):
    """The time in the last line of somebody's feed that bears on the board, with the time of the contest."""
    found = None
    for line in (await contest.get("event-feed?stream=false", who)).content.splitlines():
        type_, data = (one := json.loads(line))["type"], one["data"]
        if type_ == "submissions" and data:
            found = data["time"], data["contest_time"]
        if type_ == "judgements" and data and "end_time" in data:
            found = data["end_time"], data["end_contest_time"]
        if type_ == "state" and (came := [at for at in data.values() if at]):
            found = max(came), None
    return found


async def test_the_time_of_a_board_is_that_of_the_last_event_that_its_reader_was_told_of(contest, monkeypatch):
    boards = {}

    async def board(who):
        answer = await contest.get("scoreboard", who)
        found = answer.json()
        assert boards.setdefault(answer.headers["etag"], answer.content) == answer.content, "a strong tag"
        again = await contest.get("scoreboard", who, **{"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
        return found["time"], found["contest_time"]

    monkeypatch.setattr(source, "SLICE", 2)
    contest.to("before")
    start = (await contest.get(".")).json()["start_time"]
    assert [await board(who) for who in ("", "a-judge")] == [(start, "0:00:00")] * 2, "nothing has come"
    for stage in STAGES[STAGES.index("running") :]:
        contest.to(stage)
        for who in ("", "a-judge"):
            time, of_contest = await last_told(contest, who)
            told = await board(who)
            assert told == (time, of_contest or told[1])
            contest.at(contest.minute + 0.1)
            assert await board(who) == told, "the time goes on, and nothing has happened"
        if stage == "frozen":
            contest.submit("f3", "t2", "pb", None)
            before, about = await board(""), {"team_id": "t2", "problem_id": "pb", "language_id": "cpp"}
            contest.at(contest.minute + 0.1)
            contest.judge("f3", "AC", about, StillClock.now)
            assert await board("") == before, "of a verdict in the freeze nobody hears"
            assert (await board("a-judge"))[0] == (await last_told(contest, "a-judge"))[0] > before[0]
            tags = {who: (await contest.get("scoreboard", who)).headers["etag"] for who in ("", "a-judge")}
            again = contest.tell(RejudgingCreated, id="silent", submission_ids=("s1", "s3"))
            for id_ in ("s1", "s3"):
                about = {"team_id": "t1", "problem_id": "pa", "language_id": "cpp"}
                contest.judge(id_, "TLE", about, StillClock.now, judging=again)
            for who, tag in tags.items():
                assert (await contest.get("scoreboard", who, **{"if-none-match": tag})).status_code == 304, (
                    "not applied"
                )


@pytest.mark.parametrize("feedback", ["full", "groups"])
async def test_what_a_validator_says_is_told_the_team_where_all_is_told_and_the_jury_always(contest, feedback):
    contest._definition["feedback"] = feedback
    contest.to("running")
    judgements = (await contest.get("judgements", "team-1")).json()
    one = next(one["id"] for one in judgements if (one["submission_id"], one["judgement_type_id"]) == ("s1", "WA"))
    path = f"/contests/{CONTEST}/judgements/{one}/messages"
    left = [{"name": "why.txt", "size": 8, "text": "3 for 4\n"}, {"name": "a.png", "size": 4, "data": "iVBORw=="}]
    told = [
        {"ordinal": 1, "message": "see 1", "judge_message": "jury 1", "feedback": []},
        {"ordinal": 2, "message": "see 2", "judge_message": "jury 2", "feedback": left},
    ]
    team = 200 if feedback == "full" else 403
    for who, status in (("", 403), ("team-1", team), ("team-2", 404), ("an-analyst", 403)):
        answer = await contest.get(path, who)
        assert answer.status_code == status, who
        assert not [secret for secret in ("jury 1", "why.txt", "3 for 4", "iVBOR") if secret in answer.text], who
        if status == 200:
            assert answer.json() == [{"ordinal": n, "message": f"see {n}"} for n in (1, 2)]
    for who in ("a-judge", "an-admin"):
        assert (await contest.get(path, who)).json() == told
    contest.to("finalised")
    for who, status in (("", 403), ("an-analyst", 403), ("team-1", team), ("a-judge", 200)):
        answer = await contest.get(path, who)
        assert (answer.status_code, "jury 1" in answer.text) == (status, who == "a-judge")


@pytest.mark.parametrize("definition", [{}, POINTS], ids=["passing", "points"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_group_has_a_board_of_its_own(contest, version, definition):
    contest._definition |= definition
    for stage in STAGES:
        contest.to(stage)
        for who in ("", "team-2", "an-analyst", "a-judge"):
            main = (await contest.get("scoreboard", who, version)).json()["rows"]
            for group, teams in (("g1", {"t1", "t2"}), ("g2", {"t2", "v1"})):
                answer = await contest.get(f"scoreboard?group_id={group}", who, version)
                check(version, "scoreboard", answer.content)
                rows = answer.json()["rows"]
                assert {row["team_id"] for row in rows} == teams
                assert rows[0]["rank"] == 1, "ranks are of the group"
                shown = [row | {"rank": None} for row in rows]
                assert [row for row in shown if row["team_id"] in {one["team_id"] for one in main}] == [
                    row | {"rank": None} for row in main if row["team_id"] in teams
                ]
            answers = [await contest.get(f"scoreboard?group_id={group}", who, version) for group in ("gh", "nope")]
            assert [answer.status_code for answer in answers] == [200 if who == "a-judge" else 400, 400]


async def test_a_head_is_that_of_a_get_and_of_what_is_endless_too(contest):
    contest.to("running")
    asked = [*LISTS, ".", "state", "scoreboard", "teams/t1", "teams/t1/video/video.mp4", "nope", "account"]
    for path in asked:
        head, got = await contest.ask("HEAD", path), await contest.get(path)
        assert (head.status_code, head.headers, head.content) == (got.status_code, got.headers, b""), path
    for path in ("event-feed", "scoreboard/stream"):
        head = await contest.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b""), path
    tag = (await contest.get("teams")).headers["etag"]
    assert (await contest.ask("HEAD", "teams", headers={"if-none-match": tag})).status_code == 304


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_is_not_there_and_what_may_not_be_done_says_so_in_json(contest, version):
    contest.to("running")
    asked = [
        ("GET", "nope", 404),
        ("DELETE", ".", 405),
        ("PATCH", "submissions", 405),
        ("POST", "scoreboard", 405),
        ("DELETE", "runs", 405),
        *(("POST", type_, 401) for type_ in ("submissions", "clarifications", "awards", "commentary")),
        ("PATCH", ".", 401),
        *((method, "awards/winner", 401) for method in ("PUT", "PATCH", "DELETE")),
        *(("PUT", f"{type_}/x", 401) for type_ in ("submissions", "clarifications")),
    ]
    for method, path, status in asked:
        answer = await contest.ask(method, path, "", version)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.json().keys() == {"code", "message"}
        assert answer.json()["code"] == status
    allowed = {path: (await contest.ask("DELETE", path, "", version)).headers["allow"] for path in (".", "submissions")}
    assert allowed == {".": "GET, HEAD, PATCH", "submissions": "GET, HEAD, POST"}
    for who in ("nobody knows this token",):
        assert (await contest.get("teams", who, version)).status_code == 401
    assert (await contest.get(f"/contests/{CONTEST}/teams", "", version)).headers["access-control-allow-origin"] == "*"
