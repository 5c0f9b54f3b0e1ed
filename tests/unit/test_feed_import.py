"""What of a feed the log lacks, at which pace it comes, and how a feed is read over a connection that breaks."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import zipfile

import pytest
from orjson import dumps

from clics.feeds import events, read_feed
from podium.cli import main
from podium.commands import shadow as command
from podium.feeds import http, shadow
from podium.feeds.append import BY, Pace, bring
from podium.feeds.coming import Mark
from podium.feeds.http import Primary, Waits
from podium.feeds.known import Known, lacking
from podium.feeds.official import Beside, read_official
from podium.feeds.read import read_contest_of
from podium.feeds.side import Sides
from schemas.errors import ConflictError, DataError, DependencyError, UsageError
from schemas.events import Act, Definition, Judgement, PenaltyAdded, Submission, Team
from streams.replay.diff import AwardChange, BoardDiff, Counts, CountsChange
from streams.scoring.awards import Award
from tests.contest_log import problem
from tests.feed_server import FeedServer
from tests.unit.feed_log import FeedLog

START = "2026-01-01T10:00:00.000Z"
FEED = [
    {"type": "contest", "id": None, "data": {
        "id": "c1", "name": "C", "start_time": START, "duration": "5:00:00", "scoreboard_freeze_duration": "1:00:00"}},
    {"type": "judgement-types", "id": "AC", "data": {"id": "AC", "name": "yes", "penalty": False, "solved": True}},
    {"type": "judgement-types", "id": "WA", "data": {"id": "WA", "name": "no", "penalty": True, "solved": False}},
    {"type": "languages", "id": "cpp", "data": {"id": "cpp", "name": "C++", "extensions": ["cpp"]}},
    {"type": "problems", "id": "a", "data": {"id": "a", "label": "A", "name": "A", "ordinal": 1, "test_data_count": 1}},
    *({"type": "teams", "id": t, "data": {"id": t, "name": f"Team {t}", "label": t}} for t in "12"),
    *itertools.chain.from_iterable(
        (
            {"type": "submissions", "id": f"s{n}", "data": {
                "id": f"s{n}", "team_id": "12"[n % 2], "problem_id": "a", "language_id": "cpp",
                "time": f"2026-01-01T10:{n:02}:00.000Z", "contest_time": f"0:{n:02}:00.000",
                "files": [{"href": f"contests/c1/submissions/s{n}/files", "mime": "application/zip"}]}},
            {"type": "judgements", "id": f"j{n}", "data": {
                "id": f"j{n}", "submission_id": f"s{n}", "judgement_type_id": "AC" if n > 5 else "WA",
                "start_time": f"2026-01-01T10:{n:02}:01.000Z", "start_contest_time": f"0:{n:02}:01.000",
                "end_time": f"2026-01-01T10:{n:02}:02.000Z", "end_contest_time": f"0:{n:02}:02.000"}},
        )
        for n in range(1, 9)
    ),
]  # fmt: skip


@pytest.fixture
def server():
    server = FeedServer()
    yield server
    server.close()


def of_feed():
    return list(events(read_feed(dumps(one) for one in FEED).changes(), "c1", by=BY))


def after(held):
    """What the log has, and the first of its definitions."""
    known = Known(BY)
    for event in held:
        known.take(event)
    known.definition = next((event for event in held if isinstance(event, Definition)), None)
    return known


def test_whatever_prefix_is_there_the_rest_is_lacking_and_nothing_else():
    wanted = of_feed()
    for cut in range(0, len(wanted) + 1, 3):
        found = lacking(after(wanted[:cut]), wanted, whole=True)
        assert found.events == tuple(wanted[cut:])
        assert found.unchanged == ()


def test_what_has_changed_is_an_update_and_what_is_gone_is_removed():
    wanted = of_feed()
    jury = Team(contest="c1", recorded_at=1, recorded_by="jury", id="9", name="Guests")
    penalty = PenaltyAdded(contest="c1", recorded_at=1, recorded_by="jury", id="p", team_id="1", by=1)
    held = [*wanted, jury, penalty]
    teams = [event for event in wanted if isinstance(event, Team)]
    renamed = dataclasses.replace(teams[0], name="Renamed", recorded_at=99)
    longer = dataclasses.replace(wanted[0], duration=6 * 3_600_000, recorded_at=99)
    judged = next(event for event in wanted if isinstance(event, Judgement))
    later = [
        dataclasses.replace(event, verdict="AC") if event is judged else event
        for event in (longer, renamed, *wanted[1:])
        if event not in teams
    ]
    later += [dataclasses.replace(later.pop(), max_cpu_ms=7)]
    found = lacking(after(held), later, whole=True)
    *said, verdict = found.events
    assert said == [longer, renamed, dataclasses.replace(teams[1], removed=True)]
    assert (verdict.submission_id, verdict.verdict, found.made_up) == (judged.submission_id, "AC", 2)
    assert found.unchanged == (f"Judgement {later[-1].submission_id}/0",)
    assert lacking(after([*held, *found.events]), later, whole=True).events == (longer,), (
        "no definition is in force twice"
    )
    assert lacking(after(held), [renamed], whole=False).events == (renamed,)


def test_another_precision_than_that_of_the_scores_that_are_there_is_not_taken(monkeypatch):
    log, wanted = FeedLog(monkeypatch), of_feed()
    rescaled = [dataclasses.replace(one, score_scale=10) if isinstance(one, Definition) else one for one in wanted]
    before = next(n for n, one in enumerate(wanted) if isinstance(one, Submission))
    bring(None, "early", wanted[:before], log)
    assert bring(None, "early", rescaled, log).appended == 1 + len(wanted) - before, "nothing was submitted yet"
    bring(None, "c1", wanted, log)
    held = list(log.of["c1"])
    with pytest.raises(
        ConflictError, match=r"units of 1/1000, .* says score_scale: 10; take another id with --contest"
    ):
        bring(None, "c1", rescaled, log)
    assert log.of["c1"] == held


def test_every_act_of_a_feed_says_why():
    gone = {"type": "submissions", "id": "s1", "data": None}
    award = {"type": "awards", "id": "cup", "data": {"id": "cup", "citation": "Cup", "team_ids": ["1"]}}
    taken = {"type": "awards", "id": "cup", "data": None}
    times = {"started": "10", "frozen": "13", "ended": "15", "thawed": "16", "finalized": "16"}
    state = {"type": "state", "id": None, "data": {k: f"2026-01-01T{v}:30:00.000Z" for k, v in times.items()}}
    told = set()
    for feed in ([*FEED, gone, award, taken, FEED[7], state], FEED):
        found = read_feed(iter([dumps(one) + b"\n" for one in feed]))
        acts = [one for one in events(list(found.changes()), "c1", by=BY) if isinstance(one, Act)]
        assert all(one.reason for one in acts)
        told |= {(type(one).__name__, one.reason) for one in acts}
    assert {("Finalized", "the feed's state"), ("ScoreboardFrozen", "the feed's state")} <= told


def test_moments_pass_as_many_times_as_fast_as_they_did():
    passed, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        passed[0] += seconds

    pace = Pace(60, 1_000_000, lambda: passed[0], sleep)
    for moment in (0, 999_999, 1_030_000, 1_030_000, 1_090_000):
        pace.wait(moment)
    passed[0] += 10  # the log was slow: what is late is not waited for
    pace.wait(1_150_000)
    assert slept == [1.0]


def waits(slept):
    return Waits(slept.append, lambda: 0.5)


def taken(primary, lines):
    """So many lines of a feed that never ends."""
    with contextlib.closing(primary.follow()) as feed:
        return list(itertools.islice((one for one in feed if isinstance(one, bytes)), lines))


def followed(server, slept, lines):
    with Primary(server.url, waits=waits(slept)) as primary:
        return taken(primary, lines)


def test_a_feed_that_breaks_off_is_gone_on_with_behind_its_last_whole_line(server):
    server.tell(*FEED)
    server.cut = 4
    slept: list[float] = []
    lines = followed(server, slept, len(FEED))
    assert lines == [line.strip() for line in server.lines]
    assert [query.get("since_token") for query in server.asked[:3]] == [None, ["t3"], ["t7"]]
    assert set(slept) == {0.75}, "each time something came, so each wait is the first"
    with Primary(server.url, waits=waits([])) as primary, contextlib.closing(primary.follow()) as feed:
        marks = [one for one in itertools.islice(feed, len(FEED)) if not isinstance(one, bytes)]
    assert marks[:5] == [Mark.BEGINNING, Mark.LOST, Mark.BACK, Mark.LOST, Mark.BACK]


def test_a_server_without_tokens_sends_all_again_and_an_old_one_goes_on_behind_an_id():
    for options, since in (({"tokens": False}, [{}, {}]), ({"ids": True}, [{}, {"since_id": ["e3"]}])):
        server = FeedServer(**options)
        server.tell(*FEED)
        server.cut = 4
        lines = followed(server, [], 8)
        assert server.asked[:2] == since
        assert (lines[4:] == lines[:4]) == (options == {"tokens": False})
        server.close()


def test_a_server_that_is_away_or_forgets_is_asked_again_less_and_less_often(server):
    server.tell(*FEED)
    server.refusals = [503, 500, 429]
    slept: list[float] = []
    assert len(followed(server, slept, 2)) == 2
    assert slept == [0.75, 1.5, 3.0]
    server.cut, server.tokens = 2, False  # it knows no token any more, which its lines still have
    told: list[str] = []
    with Primary(server.url, waits=waits([]), told=told.append) as primary:
        lines = taken(primary, 4)
    assert lines[:2] == lines[2:]
    assert any("from the beginning" in line for line in told)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_server_that_refuses_once_it_has_answered_is_asked_again(server, status):
    """A proxy whose backend restarts says that there is no contest, and a login service that nobody may read it."""
    server.tell(*FEED)
    server.cut, slept, told = 4, [], []
    with (
        Primary(server.url, waits=waits(slept), told=told.append) as primary,
        contextlib.closing(primary.follow()) as feed,
    ):
        lines = [next(feed) for _ in range(5)][1:]
        rest = [next(feed)]  # the server has cut the answer: only now is it told not to any more
        server.cut, server.refusals = 0, [status, status]
        rest += itertools.islice(feed, len(FEED) - 1)
    marks = [one for one in rest if not isinstance(one, bytes)]
    lines += [one for one in rest if isinstance(one, bytes)]
    if status == 400:  # the first of them says that the token is forgotten
        assert marks == [Mark.LOST, Mark.LOST, Mark.BEGINNING]
        assert lines[4:8] == lines[:4]
    else:
        assert marks == [Mark.LOST, Mark.LOST, Mark.LOST, Mark.BACK]
        assert lines == [line.strip() for line in server.lines[: len(lines)]]
    assert slept == [0.75, 1.5, 3.0][: marks.count(Mark.LOST)]
    (refused,) = {line.partition("; again in")[0] for line in told if f"{status} " in line}
    assert "the login is wrong" in refused
    assert "secret" not in refused


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_server_that_refuses_at_first_is_not_asked_again(server, status):
    server.tell(*FEED)
    server.refusals, slept = [status], []
    with pytest.raises(UsageError, match=str(status)):
        followed(server, slept, 1)
    assert slept == []


def test_what_can_never_be_read_is_an_error_that_tells_no_password(server):
    with pytest.raises(UsageError, match=r"expected http"):
        Primary("ftp://x")
    wrong = server.url.replace("secret", "wrong-password")
    with Primary(f"{wrong}/contests/c1") as primary, pytest.raises(UsageError, match="401") as refused:
        next(primary.follow())
    with pytest.raises(DependencyError, match="401") as away:
        Primary(wrong)
    for error in (refused, away):
        assert "wrong-password" not in str(error.value)
    server.contests = ["c1", "c2"]
    with pytest.raises(UsageError, match="c1, c2"):
        Primary(server.url)
    with Primary(f"{server.url}/contests/c1/event-feed?x=1") as primary:
        assert primary.contest == "c1"
        with pytest.raises(DataError, match="another server"):
            primary.file({"href": "http://127.0.0.1:1/files"})
        with pytest.raises(UsageError, match="404"):
            primary.file({"href": "contests/c1/submissions/none/files"})
        server.files["/api/contests/c1/submissions/s1/files"] = b"zip"
        for href in ("", "/", "/api/", f"{server.url}/"):
            assert primary.file({"href": f"{href}contests/c1/submissions/s1/files"}) == b"zip"


def test_a_feed_is_read_from_a_url_as_from_a_file(server, tmp_path):
    server.tell(*FEED)
    (tmp_path / "feed.ndjson").write_bytes(b"".join(server.lines))
    over, file = read_contest_of(server.url, None, None), read_contest_of(str(tmp_path / "feed.ndjson"), None, None)
    assert over.events == file.events
    assert server.asked == [{"stream": ["false"]}]
    assert read_contest_of(server.url, "mine", None).events[0].contest == "mine"
    with pytest.raises(UsageError, match="--contest"):
        read_contest_of(server.url, "a b", None)


# ---- shadow ---------------------------------------------------------------------------------------------------------


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.cpp", "int main() {}")
    return out.getvalue()


def test_files_that_cannot_be_had_just_now_are_asked_for_again(server, monkeypatch):
    log = FeedLog(monkeypatch)
    monkeypatch.setattr(http, "_FIRST_WAIT_S", 0.0)
    owed = [503] * 4  # each of three, and the first one once more
    server.files = {f"/api/contests/c1/submissions/s{n}/files": zipped() for n in (1, 2)}
    with Primary(server.url) as primary:
        following = shadow.Shadow(None, "c1", log, packages={"a": problem("a", 1)}, fetch=primary.file)
        changes = list(read_feed(dumps(one) for one in FEED[:13]).changes())
        server.no_files = owed
        for change in changes:
            following.take(change)
        assert following.rest(), "files are owed"
        server.no_files = [429]
        following.end()
    ours = [event for event in log.of["c1.shadow"] if isinstance(event, Submission)]
    assert {event.id for event in ours} == {"s1", "s2"}
    assert all(event.files for event in ours)
    assert following.told.not_judged == {"s3": "contests/c1/submissions/s3/files: 404 Not Found"}


def following(server, log, refused):
    """A shadow of a beginning of the feed, whose first files may be had, and the next ones get these answers."""
    server.files = {f"/api/contests/c1/submissions/s{n}/files": zipped() for n in (1, 2)}
    with Primary(server.url) as primary:
        one = shadow.Shadow(None, "c1", log, packages={"a": problem("a", 1)}, fetch=primary.file)
        for change in read_feed(dumps(one) for one in FEED[:11]).changes():
            if change.id == refused:
                server.no_files = [403, 401, 404]
            one.take(change)
        server.no_files += [404]
        while one.rest():
            pass
    return one.told.not_judged, {event.id for event in log.of["c1.shadow"] if isinstance(event, Submission)}


def test_files_that_are_refused_once_others_were_given_are_asked_for_again(server, monkeypatch):
    monkeypatch.setattr(http, "_FIRST_WAIT_S", 0.0)
    assert following(server, FeedLog(monkeypatch), "s2") == ({}, {"s1", "s2"})


def test_who_reads_a_contest_that_is_over_does_not_wait_for_files_that_are_not_there(server, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(shadow.time, "sleep", slept.append)
    server.files = {"/api/contests/c1/submissions/s1/files": zipped()}
    with Primary(server.url) as primary:
        one = shadow.Shadow(None, "c1", FeedLog(monkeypatch), packages={"a": problem("a", 1)}, fetch=primary.file)
        for change in read_feed(dumps(one) for one in FEED[:11]).changes():
            one.take(change)
        one.end()
    assert one.told.not_judged == {"s2": "contests/c1/submissions/s2/files: 404 Not Found"}
    assert slept == []


def test_files_of_which_none_was_ever_given_are_asked_for_once(server, monkeypatch):
    monkeypatch.setattr(http, "_FIRST_WAIT_S", 0.0)
    why = {
        f"s{n}": f"contests/c1/submissions/s{n}/files: {said}"
        for n, said in ((1, "404 Not Found"), (2, "401 Unauthorized"))
    }
    assert following(server, FeedLog(monkeypatch), "s1") == (why, set())


def test_a_difference_that_is_in_awards_and_counts_alone_is_shown(monkeypatch, capsys):
    counts = (CountsChange("a", Counts(tried=1), Counts(tried=2)),)
    board = BoardDiff("jury", (), (), counts, (AwardChange("first-to-solve-a", ["t1"], []),), order=True)
    monkeypatch.setattr(command, "sides", lambda _, contest, *__: Sides(contest, (), board))
    assert main(["shadow", "diff", "c1"]) == 3
    shown = capsys.readouterr().out
    for said in ("1 → 2", "first-to-solve-a", "t1", "nobody", "another order", "counts of 1 problems and 1 awards"):
        assert said in shown


def test_what_another_system_shows_itself_is_compared_by_what_follows_from_boards(tmp_path):
    cell = {"problem_id": "a", "num_judged": 1, "num_pending": 0, "solved": True, "time": "0:06:00"}
    row = {"team_id": "1", "score": {"num_solved": 1, "total_time": "0:06:00", "time": "0:06:00"}, "problems": [cell]}
    mine = {"rows": [row | {"rank": 1}, {"team_id": "hidden", "score": row["score"], "problems": []}]}
    minutes = row | {"rank": 1, "score": {"num_solved": 1, "total_time": 6}, "problems": [cell | {"time": 6}]}
    theirs = {"rows": [minutes, minutes | {"team_id": "hidden", "rank": 2, "problems": []}]}
    told = {"winner": ["1"], "rank-2": ["3", "2"], "cup": ["9"]}
    awards = [{"id": id_, "citation": "", "team_ids": teams} for id_, teams in told.items()]
    (tmp_path / "scoreboard.json").write_bytes(dumps(theirs))
    (tmp_path / "awards.json").write_bytes(dumps([*awards, {"id": "gold-medal", "citation": "", "team_ids": []}]))
    given = [Award("winner", "", ("1",)), Award("rank-2", "", ("2", "3")), Award("gold-medal", "", ("1",))]
    assert Beside.of(read_official(str(tmp_path), None), mine, given).equal, "medals and cups are not compared"
    given[1] = Award("rank-3", "", ("2", "3"))
    found = Beside.of(read_official(str(tmp_path), None), mine, given)
    assert found.awards == (AwardChange("rank-2", ["3", "2"], []), AwardChange("rank-3", [], ["2", "3"]))
    (tmp_path / "awards.json").write_text("[7]")
    with pytest.raises(DataError, match="no awards"):
        read_official(str(tmp_path), None)
    (tmp_path / "scoreboard.json").write_text("{}")
    with pytest.raises(DataError, match="no scoreboard"):
        Beside.of(read_official(str(tmp_path / "scoreboard.json"), None), mine, given)
    with pytest.raises(UsageError, match="none"):
        read_official(str(tmp_path / "none"), None)
