"""What a replay is made of, without a log in Kafka: what-ifs, checkpoints, differences and their page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import codec
from schemas.errors import DataError, RuleError, UsageError
from schemas.events import (
    GenerationOpened,
    GenerationPromoted,
    Organization,
    PositionSkipped,
    ScoreboardFrozen,
    ScoreboardUnfrozen,
    SubmissionHacked,
    Transitioned,
)
from schemas.reader import Raw
from schemas.rows import AUDIENCES
from streams import names, refold
from streams.refold import Folded, Promotion
from streams.replay import checkpoint, plan
from streams.replay.diff import AwardChange, Diff, diff_boards
from streams.replay.html import page, rank_text
from streams.replay.plan import PlannedContest, PlannedMark, PlannedPartition, ReplayPlan
from streams.replay.promote import previous
from streams.replay.result import Result, make_result, names_for
from streams.replay.whatif import WhatIf, parse_known_at, parse_until, read_rules
from streams.scoring.canonical import digest
from tests.contest_log import HOUR, MINUTE, START, ContestLog
from tests.properties.logs import logs


def place_of(log: ContestLog, what_if: WhatIf = WhatIf(), at: tuple[int, ...] = ()):  # noqa: B008  # it is frozen
    """A plan for the log, and a replay's place at its beginning."""
    last = log.events[-1][0]
    marks = [PlannedMark("0", audience, position, "") for position in at for audience in AUDIENCES]
    planned = PlannedPartition(0, last, len(log.events), 0, (PlannedContest(log.contest, marks=marks),))
    made = ReplayPlan(1, what_if, {}, (planned,))
    return made, planned, checkpoint.begin(made, planned)


def encodable(event) -> bool:
    try:
        codec().encode(event)
    except (TypeError, ValueError):  # what no producer could write: such logs are for the fold alone
        return False
    return True


def take(place, log: ContestLog, events) -> None:
    for position, event in events:
        place.foldings[log.contest.encode()].take(position, codec().encode(event))
        place.next = position + 1


def folded_of(log: ContestLog, what_if: WhatIf = WhatIf()) -> Folded:  # noqa: B008  # it is frozen
    _, planned, place = place_of(log, what_if)
    take(place, log, log.events)
    return place.foldings[log.contest.encode()].end(planned.last)


def result_of(log: ContestLog, what_if: WhatIf = WhatIf()) -> Result:  # noqa: B008  # it is frozen
    made, planned, _ = place_of(log, what_if)
    return make_result(made.id, what_if, planned.contests[0], folded_of(log, what_if))


def rows(result: Result, audience: str = "jury") -> list[tuple]:
    return [
        (row.get("rank"), row["team_id"], row["score"]["num_solved"], row["score"]["total_time"])
        for row in result.boards[audience]["rows"]
    ]


@pytest.fixture
def log() -> ContestLog:
    """t1 has A after a rejected run, t2 has A and, in the freeze, B; thawed at six hours."""
    log = ContestLog()
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 40, "AC")
    log.submit("t2", "B", 250, "AC")
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    return log


# ---- rules ----------------------------------------------------------------------------------------------------------


def test_a_file_of_rules_says_what_is_other(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(
        "rule: icpc\nparameters: {penalty_minutes: 10, time_precision: seconds}\npenalty_time: 0:10:00\n"
        "scoreboard_freeze_duration: none\nthawed: false\nwithout_problems: [A]\nwithout_teams: [t1, 07]\n"
    )
    rules = read_rules(file)
    assert rules == WhatIf(
        rule="icpc",
        parameters={"penalty_minutes": "10", "time_precision": "seconds"},
        penalty_time=10 * MINUTE,
        freeze=0,
        thawed=False,
        without_problems=("A",),
        without_teams=("t1", "07"),
    )
    assert WhatIf.load(json.loads(json.dumps(rules.dump()))) == rules
    assert len(rules.told()) == 6
    assert len(rules.beside_rules()) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("penalty_tim: 0:10:00", "no key 'penalty_tim'; did you mean penalty_time"),
        ("xyzzy: 1", "no key 'xyzzy'; there are rule, parameters"),
        ("penalty_time: soon", "penalty_time: expected a duration"),
        ("without_teams: t1", "without_teams: expected a list"),
        ("thawed: perhaps", "thawed: expected true or false"),
        ("parameters: {a: b}", "belong to a rule"),
        ("rule: icpc\nparameters: [1]", "parameters: expected NAME: VALUE"),
        ("", "expected keys of rule"),
        ("- a", "expected keys of rule"),
        ("a: [", "while parsing"),
    ],
)
def test_a_wrong_file_of_rules_is_refused_by_name(tmp_path, text, says):
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=says) as error:
        read_rules(file)
    assert str(error.value).startswith(str(file))


def test_a_rule_or_parameter_that_does_not_exist_is_named(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("rule: golf")
    with pytest.raises(RuleError, match="golf"):
        read_rules(file)
    file.write_text("rule: icpc\nparameters: {holes: 18}")
    with pytest.raises(RuleError, match="holes"):
        read_rules(file)
    with pytest.raises(UsageError, match="No such file"):
        read_rules(tmp_path / "nowhere.yaml")


def test_until_is_a_position_a_contest_time_or_a_moment():
    assert parse_until("17") == WhatIf(until_position=17)
    assert parse_until("1:30:00") == WhatIf(until_contest_time=90 * MINUTE)
    assert parse_until("2027-01-15T08:00:00Z") == WhatIf(until_time=START)
    assert parse_known_at("2027-01-15T09:00:00+01:00") == WhatIf(known_at=START)
    with pytest.raises(UsageError, match="contest time such as"):
        parse_until("yesterday")
    with pytest.raises(UsageError, match="zone"):
        parse_known_at("2027-01-15T09:00:00")


# ---- what they do ---------------------------------------------------------------------------------------------------


def test_without_a_what_if_a_result_is_the_board(log):
    made = result_of(log)
    for audience in AUDIENCES:
        assert made.digests[audience] == digest(log.canonical(audience))
        assert made.boards[audience] == json.loads(log.canonical(audience))
    assert made.teams == {"t1": "Team t1", "t2": "Team t2"}
    assert made.awards["jury"]["winner"] == ["t2"]
    assert Result.load(json.loads(json.dumps(made.dump()))) == made


@pytest.mark.parametrize(
    ("what_if", "jury"),
    [
        (WhatIf(penalty_time=0), [(1, "t2", 2, "4:50:00"), (2, "t1", 1, "0:10:00")]),
        (WhatIf(without_problems=("B",)), [(1, "t1", 1, "0:30:00"), (2, "t2", 1, "0:40:00")]),
        (WhatIf(without_teams=("t2",)), [(1, "t1", 1, "0:30:00")]),
        (WhatIf(rule="icpc", parameters={"penalty_minutes": "7"}), [(1, "t2", 2, "4:50:00"), (2, "t1", 1, "0:17:00")]),
        (WhatIf(until_contest_time=40 * MINUTE), [(1, "t1", 1, "0:30:00"), (2, "t2", 1, "0:40:00")]),
        (WhatIf(until_time=START + 39 * MINUTE), [(1, "t1", 1, "0:30:00"), (None, "t2", 0, "0:00:00")]),
    ],
)
def test_what_if(log, what_if, jury):
    found = rows(result_of(log, what_if))
    assert [(row[1:]) for row in found] == [row[1:] for row in jury]
    assert [row[0] for row in found if row[2]] == [row[0] for row in jury if row[2]]


@pytest.mark.parametrize(
    ("what_if", "points"),
    [
        (WhatIf(), {"t1": 100, "t2": 50, "t3": 0}),
        (WhatIf(without_problems=("B",)), {"t1": 100, "t2": -50, "t3": 0}),
        (WhatIf(without_problems=("A",)), {"t1": 0, "t2": 100, "t3": 0}),
        # who was hacked has gone, the hacks of others stay
        (WhatIf(without_teams=("t3",)), {"t1": 100, "t2": 50}),
        (WhatIf(without_teams=("t1",)), {"t2": 50, "t3": 0}),
    ],
)
def test_what_if_counts_the_hacks_of_the_problems_that_are_left(what_if, points):
    log = ContestLog(teams=("t1", "t2", "t3"), rule="codeforces")
    hacked = log.submit("t3", "A", 10, "AC")
    log.on(SubmissionHacked, hacked, by_team_id="t1", successful=True)
    log.on(SubmissionHacked, hacked, by_team_id="t2", successful=False)
    log.on(SubmissionHacked, log.submit("t3", "B", 20, "AC"), by_team_id="t2", successful=True)
    board = result_of(log, what_if).boards["jury"]
    assert {row["team_id"]: row["score"]["score"] for row in board["rows"]} == points


def test_what_if_the_freeze_were_another(log):
    both = [(1, "t2", 2, "4:50:00"), (2, "t1", 1, "0:30:00")]
    frozen = [(1, "t1", 1, "0:30:00"), (2, "t2", 1, "0:40:00")]
    assert rows(result_of(log), "public") == both
    assert rows(result_of(log, WhatIf(thawed=False)), "public") == frozen
    assert rows(result_of(log, WhatIf(thawed=False, freeze=0)), "public") == both
    # the board as of then was not thawed yet
    assert rows(result_of(log, WhatIf(until_contest_time=5 * HOUR)), "public") == frozen
    log.events.pop()
    log.act(ScoreboardFrozen, at=START + 20 * MINUTE)
    assert rows(result_of(log), "public")[1][1:] == ("t2", 0, "0:00:00")
    assert rows(result_of(log, WhatIf(freeze=4 * HOUR + 19 * MINUTE)), "public") == frozen
    assert rows(result_of(log, WhatIf(thawed=True)), "public") == both


@pytest.mark.parametrize("minute", [125, 149, 150, 155, 179, 180, 195, 244, 249, 255])
def test_until_a_time_shows_the_public_what_it_showed_it_then(minute):
    """Frozen by hand from 2:00 and lifted at 2:30, from 3:00 and lifted at 3:30; the planned one of 4:00 lifted at 4:10."""
    log = ContestLog()
    seen: dict[str, list[tuple]] = {}
    for at in sorted({30, 120, 135, 150, 151, 180, 190, 210, 211, 240, 245, 250, minute}):
        log.recorded_at = START + at * MINUTE
        if at in (120, 180):
            log.act(ScoreboardFrozen, at=log.recorded_at)
        elif at in (150, 210, 250):
            log.act(ScoreboardUnfrozen)
        else:
            log.submit("t1", "ABC"[at % 3], at, "AC" if at % 2 else "WA")
        if at == minute:
            seen = {audience: rows(result_of(log), audience) for audience in AUDIENCES}
    for until in (WhatIf(until_time=START + minute * MINUTE), WhatIf(until_contest_time=minute * MINUTE)):
        found = result_of(log, until)
        assert {audience: rows(found, audience) for audience in AUDIENCES} == seen


def test_as_known_at_passes_over_what_was_recorded_later(log):
    log.recorded_at = START + 7 * HOUR
    late = log.submit("t1", "B", 20, "AC")
    assert rows(result_of(log))[0][1] == "t1"
    known = result_of(log, WhatIf(known_at=START + 6 * HOUR))
    assert rows(known) == [(1, "t2", 2, "4:50:00"), (2, "t1", 1, "0:30:00")]
    assert late not in json.dumps(known.dump())


# ---- plans ----------------------------------------------------------------------------------------------------------


class Message(NamedTuple):
    """A record of the log as the Kafka client gives it."""

    at: int
    contest: str
    data: bytes | None

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.contest.encode()

    def value(self) -> bytes | None:
        return self.data


def test_a_plan_of_all_contests_names_what_the_log_defines_and_what_it_meets(log, monkeypatch):
    other = ContestLog(contest="c2")
    records = [Message(n, "c1", codec().encode(event)) for n, (_, event) in enumerate(log.events)]
    records += [Message(50 + n, "c2", codec().encode(event)) for n, (_, event) in enumerate(other.events)]
    stray = log.make(Transitioned, kind="ended", planned_at=0)
    records += [Message(98, "nobody", codec().encode(stray)), Message(99, "c2", b"no record")]
    skip = log.make(PositionSkipped, position=3, fold_version=1)
    records.append(Message(100, "c1", codec().encode(skip)))
    monkeypatch.setattr(refold, "bounds", lambda _, __, partition: (0, 101 if partition == 4 else 0))
    monkeypatch.setattr(plan, "batches", lambda _, __, last: [[one for one in records if one.at <= last]])
    monkeypatch.setattr(plan, "read", lambda *_: [])
    told: list[tuple[int, int]] = []
    made = plan.make_plan(None, [], WhatIf(), progress=lambda *at: told.append(at))
    (part,) = made.partitions
    assert (part.partition, part.last, part.records) == (4, 100, len(records))
    assert part.bytes == sum(len(one.data) for one in records)
    first, second = part.contests
    assert (first.contest, first.records, first.last, first.skipped) == ("c1", len(log.events) + 1, 100, [3])
    assert (second.contest, second.last, second.unreadable) == ("c2", 99, [99])
    assert set(made.schemas) >= {"Definition", "Team", "Submission", "Judgement", "PositionSkipped"}
    assert told[-1] == (101, 101)
    assert ReplayPlan.load(json.loads(json.dumps(made.dump()))) == made
    records.append(Message(60, "c2", b"\xc3\x01" + b"12345678"))
    with pytest.raises(DataError, match="contest c2, position 60: schema 3132333435363738 is unknown"):
        plan.make_plan(None, [], WhatIf())


# ---- checkpoints ----------------------------------------------------------------------------------------------------


@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(logs(generations=True), st.data())
def test_a_replay_that_goes_on_from_any_checkpoint_ends_in_the_same_result(tmp_path_factory, log, data):
    path = tmp_path_factory.getbasetemp() / "a.checkpoint"
    log.events = [one for one in log.events if encodable(one[1])]
    at = (log.events[len(log.events) // 2][0], log.events[-1][0])
    made, planned, straight = place_of(log, at=at)
    take(straight, log, log.events)
    _, _, place = place_of(log, at=at)
    cut = data.draw(st.integers(0, len(log.events)))
    take(place, log, log.events[:cut])
    checkpoint.save(path, place)
    again = checkpoint.load(path, made, planned)
    assert again is not None
    assert again.next == place.next
    take(again, log, log.events[cut:])
    key = log.contest.encode()
    folded = [one.foldings[key].end(planned.last) for one in (straight, again)]
    assert folded[0].digests == folded[1].digests
    assert folded[0].promotions == folded[1].promotions
    one, other = (make_result(made.id, WhatIf(), planned.contests[0], each) for each in folded)
    assert one == other


def test_a_damaged_checkpoint_is_none(tmp_path, log):
    made, planned, place = place_of(log)
    take(place, log, log.events)
    path = tmp_path / "a.checkpoint"
    assert checkpoint.load(path, made, planned) is None
    checkpoint.save(path, place)
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:-7], b"null\n" + whole):
        path.write_bytes(damaged)
        assert checkpoint.load(path, made, planned) is None
    place.foldings[b"c1"].folded.state.contest.b = 1 << 70
    checkpoint.save(path, place)
    assert not path.exists()


def test_a_team_that_was_not_known_yet_is_left_out_without_a_word(log):
    log.recorded_at = START + 7 * HOUR
    log.team("t9")
    what_if = WhatIf(known_at=log.recorded_at - 1, without_teams=("t9", "t2"))
    assert [row[1] for row in rows(result_of(log, what_if))] == ["t1"]


# ---- differences ----------------------------------------------------------------------------------------------------


def diff_of(log: ContestLog, what_if: WhatIf) -> Diff:
    before, after = result_of(log), result_of(log, what_if)
    boards = tuple(
        diff_boards(a, before.boards[a], after.boards[a], before.awards[a], after.awards[a]) for a in AUDIENCES
    )
    teams = {**before.teams, "t1": "<b>Team & 1</b>"}
    return Diff("c1", before.position, "0", "icpc", {}, after, before.boards, teams, boards, ())


def test_a_difference_names_ranks_cells_counts_and_awards(log):
    same = diff_of(log, WhatIf(rule="icpc", parameters={}))
    assert same.equal
    assert all(board.equal for board in same.boards)
    found = diff_of(log, WhatIf(without_problems=("B",)))
    assert not found.equal
    _, jury = found.boards
    assert [(row.team_id, row.rank_before, row.rank_after) for row in jury.ranks] == [("t1", 2, 1), ("t2", 1, 2)]
    assert {(cell.team_id, cell.problem_id, cell.after) for cell in jury.cells} == {
        ("t1", "B", None),
        ("t2", "B", None),
    }
    assert [(one.problem_id, one.before.solved, one.after.solved) for one in jury.counts] == [("B", 1, 0)]
    changed = {one.award_id: (one.before, one.after) for one in jury.awards}
    assert changed["winner"] == (["t2"], ["t1"])
    assert changed["first-to-solve-B"] == (["t2"], [])
    written = json.loads(json.dumps(found.dump()))
    assert written["boards"]["jury"]["rows"][0]["team_id"] == "t1"
    assert written["after"]["what_if"] == {"without_problems": ["B"]}


def test_a_team_out_of_competition_is_compared_too():
    log = ContestLog(teams=(), main_scoreboard_group_id="main")
    log.team("t1", group_ids=("main",))
    log.team("guest", group_ids=("north",))
    log.submit("guest", "A", 10, "AC")
    found = diff_of(log, WhatIf(without_problems=("A",)))
    for board in found.boards:
        assert [(one.problem_id, one.before.solved, one.after.solved) for one in board.counts] == [("A", 1, 0)]
        assert not board.equal
        (row,) = board.rows
        assert (row.team_id, row.rank_before, row.rank_after, row.listed_after) == ("guest", 1, 1, False)
        assert {cell.team_id for cell in board.cells} == {"guest", "t1"}
    assert "(1)" in page(found)
    before = result_of(log).boards["jury"]
    log.team("guest", group_ids=("main",))
    moved = diff_boards("jury", before, result_of(log).boards["jury"], {}, {}).ranks
    assert {row.team_id: rank_text(row) for row in moved} == {"guest": "(1) → 1", "t1": "1 → 2"}, "it competes"


def test_an_organization_that_wins_is_found_in_the_log(log, monkeypatch):
    assert names_for(None, folded_of(log), WhatIf()) is None, "no award takes its name: the log is not read again"
    log = ContestLog(teams=(), awards={"given": "organization-winner"})
    log.act(Organization, id="uni", name="University")
    left_out = log.act(Organization, id="school", name="School")
    for team in ("t1", "t2"):
        log.team(team, organization_id="uni")
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "B", 20, "AC")
    log.recorded_at += HOUR
    log.team("t1", organization_id="school")
    records = [Raw(0, position, 0, log.contest.encode(), codec().encode(event)) for position, event in log.events]
    records += [Raw(0, 0, 0, b"c2", b"no record"), Raw(0, 0, 0, log.contest.encode(), b"no record")]
    monkeypatch.setattr(names, "read", lambda *_: records)

    def given(what_if: WhatIf, skipped: tuple[int, ...] = ()) -> dict[str, list[str]]:
        folded = folded_of(log)
        folded.skipped += skipped
        known = names_for(None, folded, what_if)
        made, planned, _ = place_of(log, what_if)
        return make_result(made.id, what_if, planned.contests[0], folded, known).awards["jury"]

    assert given(WhatIf()) == {"organization-winner-school": ["t1"], "organization-winner-uni": ["t2"]}
    assert given(WhatIf(), (left_out,)) == {"organization-winner-uni": ["t2"]}
    assert given(WhatIf(known_at=START)) == {"organization-winner-uni": ["t1"]}
    without = given(WhatIf(without_problems=("A",)))
    assert without == {"organization-winner-uni": ["t2"]}


def test_who_solved_first_differs_also_where_the_contest_gives_no_award_for_it():
    def told(first: str) -> ContestLog:
        log = ContestLog(awards={"given": "winner"})
        for team in ("t1", "t2"):
            log.submit(team, "A", 10, "AC", at=START + 10 * MINUTE + (team != first))
        return log

    one, other = result_of(told("t1")), result_of(told("t2"))
    assert one.boards["jury"]["rows"] == other.boards["jury"]["rows"]
    found = diff_boards("jury", one.boards["jury"], other.boards["jury"], one.awards["jury"], other.awards["jury"])
    assert not found.equal
    assert found.awards == (AwardChange("first-to-solve-A", ["t1"], ["t2"]),)


def test_the_page_is_one_file_with_a_picture_and_shows_names_as_text(log):
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.links, self.text = [], [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)
            self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]

        def handle_data(self, data):
            self.text.append(data)

    tags = Tags()
    tags.feed(page(diff_of(log, WhatIf(without_problems=("B",)))))
    assert {"svg", "line", "table"} <= set(tags.tags)
    assert "b" not in tags.tags
    assert "script" not in tags.tags
    assert tags.links == []
    assert "<b>Team & 1</b>" in tags.text
    assert "2 → 1" in tags.text
    assert "Nothing differs." in page(diff_of(log, WhatIf(rule="icpc", parameters={})))


# ---- generations ----------------------------------------------------------------------------------------------------


def test_a_rollback_goes_back_step_by_step():
    steps = [("0", "7"), ("7", "9")]
    made = [Promotion(n, *step) for n, step in enumerate(steps)]
    assert previous([]) is None
    assert previous(made) == "7"
    assert previous([*made, Promotion(3, "9", "7")]) == "0"
    assert previous([*made, Promotion(3, "9", "7"), Promotion(4, "7", "0")]) is None
    assert previous([*made, Promotion(3, "9", "7"), Promotion(4, "7", "12")]) == "7"


def test_a_fold_keeps_the_promotions_that_took_effect(log):
    opened = str(log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "0"}, fold_version=1))
    log.act(GenerationPromoted, expect="7", generation=opened)
    at = log.act(GenerationPromoted, expect="0", generation=opened)
    _, planned, place = place_of(log)
    take(place, log, log.events)
    folded: Folded = place.foldings[b"c1"].end(planned.last)
    assert folded.promotions == [Promotion(at, "0", opened)]
