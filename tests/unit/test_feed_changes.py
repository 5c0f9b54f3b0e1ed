"""A source that has changed since it was read: the log comes to what it says now, and one that has not adds nothing."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter

import pytest

from clics.feeds import events, read_feed
from clics.feeds.translate import ENTRIES
from podium.cli import main
from podium.commands import import_feed
from podium.feeds import coming, shadow
from podium.feeds.append import BY, bring
from podium.feeds.http import Primary, Waits
from podium.feeds.read import read_contest_of
from schemas.errors import DependencyError
from schemas.events import AwardGiven, Submission, SubmissionIgnored, Team, VerdictOverridden
from tests.contest_log import problem as package_of
from tests.feed_server import FeedServer
from tests.feeds.small import BOARD, CONFIGURATION, END, LIVE, judgement, ndjson, rows, submission, team, written
from tests.unit.feed_log import FeedLog
from tests.unit.test_feed_import import zipped
from tests.wait import until

CUP = ("awards", "cup", {"id": "cup", "citation": "Cup", "team_ids": ["3"]})
REJUDGED = judgement("22", "2", "WA", "2:00:00", "2:00:01")
"""Submission 2 of team 2, which had been accepted, is judged again."""
RUNNING = (*CONFIGURATION, *LIVE)
WAS = (*RUNNING, REJUDGED, CUP)

WITHOUT_2 = ["1 1 1 40 a=2/20", "2 3 1 250 b=1/250", "3 2 0 0 b+1?"]
"""The jury's board of RUNNING where submission 2 does not count, or was rejected (which is one judged more)."""
WRONG_2 = [*WITHOUT_2[:2], "3 2 0 0 a:1 b+1?"]
AS_IT_RAN = ["1 2 1 15 a=1/15 b+1?", "2 1 1 40 a=2/20", "3 3 1 250 b=1/250"]


def replaced(told, type_, id_, *instead):
    """What is told, with one object told otherwise, or not at all."""
    return [*(one for one in told if one[:2] != (type_, id_)), *instead]


OLD_11 = judgement("11", "1", "WA", "0:10:31", "0:10:34")
CHANGES = {
    "a submission was deleted": (WAS, replaced(RUNNING, "submissions", "2"), WITHOUT_2),
    "one that was deleted is there again": (replaced(RUNNING, "submissions", "2"), RUNNING, AS_IT_RAN),
    "judged again": (RUNNING, [*RUNNING, REJUDGED], WRONG_2),
    "judged again, as 2026-01 tells it": (
        RUNNING,
        [*replaced(RUNNING, "judgements", "12", judgement("12", "2", "AC", "0:15:01", "0:15:05", current=False)),
         judgement("22", "2", "WA", "2:00:00", "2:00:01", current=True)],
        WRONG_2,
    ),
    "another verdict under the same id": (
        RUNNING, replaced(RUNNING, "judgements", "12", judgement("12", "2", "WA", "0:15:01", "0:15:05")), WRONG_2),
    "another judgement in its place": (RUNNING, [*replaced(RUNNING, "judgements", "12"), REJUDGED], WRONG_2),
    "judged again, and taken back": (WAS, RUNNING, AS_IT_RAN),
    "judged again, and no longer current": (
        WAS, [*RUNNING, judgement("22", "2", "WA", "2:00:00", "2:00:01", current=False)], AS_IT_RAN),
    "no judgement any more": (
        RUNNING, replaced(RUNNING, "judgements", "12"), [*WITHOUT_2[:2], "3 2 0 0 a+1? b+1?"]),
    "a team is gone": (RUNNING, replaced(replaced(RUNNING, "submissions", "5"), "teams", "3"), [*AS_IT_RAN[:2]]),
    "a team was deleted and made again": (
        replaced(replaced(RUNNING, "submissions", "5"), "teams", "3"),
        [*RUNNING, ("teams", "3", None), team("3")],
        AS_IT_RAN,
    ),
}  # fmt: skip
changes = pytest.mark.parametrize(("was", "now", "board"), CHANGES.values(), ids=CHANGES)

QUIET_S = 0.3


@pytest.fixture
def log(monkeypatch):
    return FeedLog(monkeypatch)


@pytest.fixture
def server():
    server = FeedServer()
    yield server
    server.close()


@pytest.fixture
def quick(monkeypatch, server):
    """The feed is soon quiet behind the last line that there is, and before it never: a busy machine pauses anywhere."""
    took = coming._Burst.took

    def taken(burst, line):
        took(burst, line)
        coming.QUIET_S = QUIET_S if server.lines[-1:] == [line + b"\n"] else float("inf")

    monkeypatch.setattr(coming, "IDLE_S", 0.1)
    monkeypatch.setattr(coming, "QUIET_S", float("inf"))
    monkeypatch.setattr(coming._Burst, "took", taken)


def imported(log, told):
    feed = read_feed(ndjson(written(told)))
    return bring(None, "tiny", list(events(feed.changes(), "tiny", by=BY)), log)


def followed(log, told):
    """What a run comes to that hears all of it and is ended."""
    one = shadow.Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for change in read_feed(ndjson(written(told))).changes():
        one.take(change)
    one.end()


def shown(log):
    return rows(log.of["tiny"])


# ---- imported twice -------------------------------------------------------------------------------------------------


@changes
def test_a_second_import_brings_the_log_to_what_the_source_says_now(log, was, now, board):
    imported(log, was)
    brought = imported(log, now)
    assert shown(log) == board
    assert brought.appended > 0
    assert imported(log, now).appended == 0
    imported(log, was)
    first = shown(log)
    imported(log, now)
    assert shown(log) == board != first, "there and back again"


def test_an_award_that_is_withdrawn_or_given_again(log):
    for told, removed in ((WAS, [False]), (RUNNING, [False, True]), (WAS, [False, True, False])):
        imported(log, told)
        assert imported(log, told).appended == 0
        assert [one.removed for one in log.of["tiny"] if isinstance(one, AwardGiven)] == removed
    last = [one for one in log.of["tiny"] if isinstance(one, AwardGiven)]
    assert {one.award.team_ids for one in last} == {("3",)}
    assert all(one.reason for one in last)


def test_what_makes_up_for_a_change_stands_before_the_results_are_final(log):
    imported(log, WAS)
    now = [*RUNNING, CUP, *END]
    imported(log, now)
    assert shown(log) == BOARD
    assert not imported(log, now).appended
    told = imported(log, [*now, judgement("32", "2", "WA", "2:00:00", "2:00:01")])
    assert (told.final, told.appended, told.made_up) == (True, 1, 1)
    assert shown(log) == BOARD, "nothing counts behind it, which is told"


def test_what_the_jury_did_here_to_an_imported_contest_stays(log):
    imported(log, RUNNING)
    about = {"contest": "tiny", "recorded_by": "jury", "recorded_at": 1, "submission_id": "2", "team_id": "2"}
    log.of["tiny"] += [
        VerdictOverridden(**about, problem_id="a", id="by hand", verdict="WA"),
        SubmissionIgnored(**about | {"submission_id": "4"}, problem_id="b", id="aside"),
    ]
    before = shown(log)
    assert imported(log, RUNNING).appended == 0
    assert shown(log) == before


# ---- followed, and changed while nobody did ---------------------------------------------------------------------------


@changes
def test_a_run_makes_up_for_what_changed_while_none_was(log, was, now, board):
    followed(log, was)
    followed(log, now)
    assert shown(log) == board
    held = len(log.of["tiny"])
    followed(log, now)
    assert log.kinds("tiny", held) == []
    assert log.kinds("tiny").count("Definition") == 1


@changes
def test_import_and_shadow_take_turns(log, was, now, board):
    imported(log, was)
    followed(log, now)
    assert shown(log) == board
    imported(log, was)
    imported(log, now)
    assert shown(log) == board
    held = len(log.of["tiny"])
    followed(log, now)
    assert log.kinds("tiny", held) == []


def running(log, server, packages=(), sleep=lambda _: None):
    """Follows in another thread; what it raised, if anything."""
    raised = []

    def run():
        with Primary(server.url, waits=Waits(sleep=sleep)) as primary:
            try:
                shadow.follow(primary, shadow.Shadow(
                    None, "tiny", log, packages=dict(packages), fetch=lambda _: b""))  # fmt: skip
            except BaseException as error:
                raised.append(error)

    # a daemon: where a test fails nobody ends the feed, and pytest would wait for it
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, raised


def ended(server, thread, raised):
    server.tell(*written(END))
    thread.join(30)
    assert not thread.is_alive()
    assert raised == []


@pytest.mark.usefixtures("quick")
def test_while_the_contest_runs_it_is_made_up_for_when_the_feed_has_told_all(log, server):
    followed(log, WAS)
    held = len(log.of["tiny"])
    server.tell(*written(RUNNING))
    thread, raised = running(log, server)
    until(lambda: shown(log) == AS_IT_RAN, 30, "the rejudging is taken back")
    assert Counter(log.kinds("tiny", held)) == {"VerdictOverridden": 1, "AwardGiven": 1}
    # and what comes from here on is taken as it comes, if it was on the log before
    server.tell(*written([REJUDGED]))
    until(lambda: shown(log) == WRONG_2, 30, "it is judged again")
    ended(server, thread, raised)
    assert shown(log) == ["1 1 1 40 a=2/20", "2 3 1 250 b=1/250", "3 2 0 0 a:1 b:1"]


@pytest.mark.usefixtures("quick")
def test_what_was_deleted_while_the_connection_was_away_is_gone_though_the_server_forgot(log, server):
    server.tell(*written(RUNNING))
    thread, raised = running(log, server)
    until(lambda: "tiny" in log.of and shown(log) == AS_IT_RAN, 30, "all has come")
    with server.changed:
        server.tokens, server.cut = False, len(RUNNING)
        server.lines.clear()
        server.tell(*written(replaced(RUNNING, "submissions", "2")))
    until(lambda: shown(log) == WITHOUT_2, 30, "a submission is gone")
    server.cut = 0
    server.tell(*written([submission("2", "2", "a", "0:15:00")]))
    until(lambda: shown(log) == AS_IT_RAN, 30, "and there again")
    ended(server, thread, raised)
    assert shown(log) == BOARD
    assert log.kinds("tiny").count("Submission") == 6


@pytest.mark.usefixtures("quick")
def test_a_feed_that_is_cut_again_and_again_makes_nothing_up(log, server):
    followed(log, RUNNING)
    held = len(log.of["tiny"])
    server.cut, server.tokens = len(CONFIGURATION) + 3, False
    server.tell(*written(RUNNING))
    thread, raised = running(log, server)
    until(lambda: len(server.asked) > 5, 30, "it was asked for again")
    assert log.kinds("tiny", held) == [], "what was not told yet is not gone"
    server.cut = 0
    server.tell(*written(END))
    server.finish()  # it closes connections, and tells all again to who comes back
    ended(server, thread, raised)
    assert shown(log) == BOARD
    assert log.kinds("tiny").count("Submission") == 6


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("tokens", [True, False])
def test_while_the_server_is_away_nothing_that_was_not_told_yet_is_gone(log, server, monkeypatch, tokens):
    followed(log, RUNNING)
    held, away, back, rested = len(log.of["tiny"]), threading.Event(), threading.Event(), []
    monkeypatch.setattr(shadow.Shadow, "rest", lambda _: bool(rested.append(away.is_set())))

    def wait(_):
        away.set()
        back.wait(30)

    server.cut, server.tokens = len(CONFIGURATION) + 3, tokens
    server.tell(*written(RUNNING))
    thread, raised = running(log, server, sleep=wait)
    until(lambda: rested.count(True) > 1, 30, "it is away, and what came is taken")
    coming.QUIET_S = QUIET_S
    until(lambda: rested.count(True) > 8, 30, "it is away for longer than the feed is ever quiet")
    assert log.kinds("tiny", held) == []
    server.cut = 0
    back.set()
    ended(server, thread, raised)
    assert shown(log) == BOARD
    assert log.kinds("tiny").count("Submission") == 6


def test_who_is_busy_with_a_line_has_not_waited_for_the_next():
    """Neither who fetches files for long nor who was stopped knows that the feed is quiet."""
    passed = itertools.count(0.0, 1000.0)
    lines = iter([coming.Mark.BEGINNING, *ndjson(written([*RUNNING, *END]))])
    reading = coming.Coming(lines, clock=lambda: next(passed))
    for _ in reading.lines():
        assert not reading.complete
    assert reading.count == len(RUNNING) + len(END)


def test_who_is_stopped_while_they_wait_knows_of_no_more_than_a_moment(monkeypatch):
    monkeypatch.setattr(coming, "IDLE_S", 0.01)
    passed, more, rested = itertools.count(0.0, 1000.0), threading.Event(), []
    first, second, *_ = ndjson(written(RUNNING))

    def come():
        yield coming.Mark.BEGINNING
        yield first
        more.wait(30)
        yield second

    def rest():
        rested.append(reading.complete)
        if len(rested) == 3:
            more.set()
        return True

    reading = coming.Coming(come(), clock=lambda: next(passed))
    assert list(itertools.islice(reading.lines(rest), 2)) == [first, second]
    assert not any(rested)


@pytest.mark.usefixtures("quick")
def test_a_line_that_cannot_be_read_makes_nothing_gone(log, server, tmp_path):
    lines = ndjson(written(RUNNING))
    broken = [b"{cut\n" if b'"5"' in line and b'"submissions"' in line else line for line in lines]
    (tmp_path / "feed").write_bytes(b"".join(broken))
    assert not read_contest_of(str(tmp_path / "feed"), None, None).whole
    followed(log, [*RUNNING, CUP])
    held = len(log.of["tiny"])
    with server.changed:
        server.lines += broken
    server.tell(*written([team("3", name="Renamed")]))
    thread, raised = running(log, server)
    until(lambda: "Team" in log.kinds("tiny", held), 30, "what the feed says of an entry is taken")
    ended(server, thread, raised)
    assert not {"SubmissionIgnored", "VerdictOverridden"} & set(log.kinds("tiny", held))
    assert shown(log) == BOARD


@pytest.mark.usefixtures("quick")
def test_of_a_feed_that_goes_on_the_last_line_may_be_the_broken_one(log, server, monkeypatch):
    followed(log, WAS)
    held, told = len(log.of["tiny"]), []
    whole = shadow.Shadow.whole
    monkeypatch.setattr(shadow.Shadow, "whole", lambda one: told.append(whole(one)))
    server.tell(*written(RUNNING))
    with server.changed:
        server.lines.append(b"{cut\n")
    thread, raised = running(log, server)
    until(lambda: told, 30, "the feed was quiet")
    assert log.kinds("tiny", held) == []
    ended(server, thread, raised)
    assert "VerdictOverridden" not in log.kinds("tiny", held)
    assert [one.award.id for one in log.of["tiny"][held:] if isinstance(one, AwardGiven)] == ["winner"]


def test_what_was_deleted_and_comes_again_later_shows_what_the_feed_shows(log):
    followed(log, RUNNING)
    one = shadow.Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    rejected = replaced(RUNNING, "judgements", "12", judgement("12", "2", "WA", "0:15:01", "0:15:05"))
    for change in read_feed(ndjson(written([*rejected, ("submissions", "2", None)]))).changes():
        one.take(change)
    one.whole()
    assert shown(log) == WITHOUT_2
    (again,) = read_feed(ndjson(written([submission("2", "2", "a", "0:15:00")]))).changes()
    one.take(again)
    assert shown(log) == WRONG_2


def test_a_feed_that_tells_how_things_were_before_it_tells_how_they_are_adds_nothing(log):
    renamed = team("3", name="Renamed")
    told = [*RUNNING, renamed, team("4"), ("teams", "4", None), REJUDGED, ("judgements", "22", None)]
    followed(log, told)
    held = len(log.of["tiny"])
    followed(log, told)
    assert log.kinds("tiny", held) == []
    followed(log, [*told, team("3", name="Again")])
    assert [one.name for one in log.of["tiny"][held:] if isinstance(one, Team)] == ["Again"]


@pytest.mark.parametrize("type_", ENTRIES)
def test_an_entry_that_is_deleted_and_made_again_is_there(log, type_):
    made = next(one for one in CONFIGURATION if one[0] == type_)
    told = [*RUNNING, (type_, made[1], None), made]
    followed(log, told)
    held = len(log.of["tiny"])
    imported(log, told)
    followed(log, told)
    assert log.kinds("tiny", held) == []
    one = shadow.Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for number, change in enumerate(read_feed(ndjson(written(told))).changes(), 1):
        one.take(change)
        if number == len(RUNNING):
            one.whole()
    one.end()
    assert [event.removed for event in log.of["tiny"][held:]] == [True, False]


def test_in_our_contest_it_does_not_count_either(log):
    files = {"files": [{"href": "x"}]}
    told = [*RUNNING[:-4], submission("9", "1", "b", "3:00:00", **files), submission("8", "1", "b", "3:01:00", **files)]
    packages = {"b": package_of("b", 2)}
    for now in (told, replaced(told, "submissions", "9")):
        one = shadow.Shadow(None, "tiny", log, packages=packages, fetch=lambda _: zipped())
        for change in read_feed(ndjson(written(now))).changes():
            one.take(change)
        one.end()
    ours = log.of["tiny.shadow"]
    assert [one.id for one in ours if isinstance(one, Submission)] == ["9", "8"]
    assert [(one.submission_id, one.ignored) for one in ours if isinstance(one, SubmissionIgnored)] == [("9", True)]


# ---- a feed that does not end ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("over", [True, False])
def test_an_import_ends_though_the_server_goes_on_with_the_feed(log, server, over):
    server.streams = True
    server.tell(*written([*RUNNING, *(END if over else ())]))
    read = read_contest_of(server.url, "tiny", None)
    assert read.goes_on is not over
    assert rows(list(read.events)) == (BOARD if over else AS_IT_RAN)


@pytest.mark.usefixtures("quick")
def test_the_command_says_that_a_feed_goes_on_and_what_counts_no_more(log, server, monkeypatch, capsys):
    monkeypatch.setattr(import_feed, "Producer", lambda _: contextlib.nullcontext(log))
    server.streams = True
    server.tell(*written(WAS))
    assert main(["import", server.url]) == 0
    assert "its feed goes on" in capsys.readouterr().out
    server.tell(*written([("awards", "cup", None), *END]))
    assert main(["import", server.url]) == 0
    said = capsys.readouterr().out
    assert "1 of them for what the feed has no more or shows otherwise" in said
    assert "goes on" not in said
    assert main(["import", server.url]) == 0
    assert "0 appended" in capsys.readouterr().out
    server.tell(*written([team("3", name="Too late")]))
    assert main(["import", server.url]) == 0
    assert "counts no more" in capsys.readouterr().out


def test_a_busy_feed_has_told_all_when_it_has_come_to_the_present():
    burst = coming._Burst()
    past, present = b'{"data": {"time": "2001-01-01T10:00:00Z"}}', b'{"data": {"time": "2999-01-01T10:00:00Z"}}'
    found = []
    for line in (past, past, present, *(past, present) * 40):
        burst.took(line)
        found.append(burst.over)
        burst.waited(1.0)
    assert found == [False] * 62 + [True] * (len(found) - 62)


def test_a_quiet_feed_has_told_all_unless_its_connection_is_lost():
    burst, line = coming._Burst(), b'{"data": {"time": "2999-01-01T10:00:00Z"}}'
    burst.waited(100)
    assert not burst.over, "it has not begun"
    burst.took(line)
    burst.took(b"cut")
    burst.waited(9)
    assert not burst.over
    burst.lost()
    burst.waited(100)
    assert not burst.over, "nothing could come"
    burst.back()
    burst.waited(9)
    assert not burst.over, "it is quiet anew"
    burst.waited(1)
    assert burst.over
    burst.lost()
    assert not burst.over


def test_of_a_source_that_is_cut_off_nothing_is_gone(tmp_path):
    lines = ndjson(written(RUNNING))
    (tmp_path / "cut").write_bytes(b"".join(lines)[:-20])
    (tmp_path / "whole").write_bytes(b"".join(lines))
    assert not read_contest_of(str(tmp_path / "cut"), None, None).whole
    assert read_contest_of(str(tmp_path / "whole"), None, None).whole


# ---- an import that broke off, and the clock ------------------------------------------------------------------------


def broken_off(log, told, room):
    """An import that was killed when so many records were there."""
    log.room = room
    with pytest.raises(DependencyError):
        imported(log, told)
    log.room = float("inf")
    assert log.arriving("tiny")


COMPLETING = {
    "the shadow": [followed],
    "the shadow, and another import": [followed, imported],
    "another import": [imported],
}  # fmt: skip


@pytest.mark.parametrize("completing", COMPLETING.values(), ids=COMPLETING)
def test_whoever_completes_an_import_that_broke_off_gives_the_contest_its_clock(log, completing):
    broken_off(log, RUNNING, 12)
    for read in completing:
        read(log, RUNNING)
        assert not log.arriving("tiny")
    held = len(log.of["tiny"])
    read(log, RUNNING)
    assert log.kinds("tiny", held) == [], "it is said once"


def test_an_import_that_finds_nothing_lacking_gives_the_contest_its_clock(log):
    broken_off(log, RUNNING, 12)
    before = shown(log)
    assert bring(None, "tiny", list(log.of["tiny"]), log).appended == 0
    assert not log.arriving("tiny")
    assert shown(log) == before
    imported(log, RUNNING)
    assert shown(log) == AS_IT_RAN


@pytest.mark.parametrize("room", range(0, 30, 3))
def test_a_shadow_that_is_killed_while_it_completes_an_import_leaves_that_to_the_next(log, room):
    broken_off(log, RUNNING, 12)
    log.room = room
    with contextlib.suppress(DependencyError):
        followed(log, RUNNING)
    log.room = float("inf")
    followed(log, RUNNING)
    assert not log.arriving("tiny")
    assert shown(log) == AS_IT_RAN


def test_a_shadow_is_no_import_that_has_to_be_completed(log):
    followed(log, RUNNING)
    assert not log.arriving("tiny")
    assert not log.arriving("tiny.shadow")
    assert "MarkRequested" not in log.kinds("tiny") + log.kinds("tiny.shadow")


def test_until_the_shadow_has_heard_all_that_there_was_the_import_is_still_to_come(log):
    broken_off(log, RUNNING, 12)
    one = shadow.Shadow(None, "tiny", log, packages={}, fetch=lambda _: b"")
    for change in read_feed(ndjson(written(RUNNING))).changes():
        one.take(change)
    assert log.arriving("tiny")
    one.whole()
    assert not log.arriving("tiny")
