"""What the jury selects, what is refused, and what a preview says would change."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from clics.state import Submitted
from podium.commands.submission import unverified
from podium.jury.difference import difference
from podium.jury.looked_at import looked_at
from podium.jury.record import Record
from podium.jury.rejudgings import (
    not_on_package,
    overlaps,
    package_without,
    refuse_apply,
    refuse_cancel,
    refuse_extend,
    refuse_overlap,
    refuse_revert,
    set_of,
)
from podium.jury.report import lists, rejudging_json, shown, summary, whole
from podium.jury.selection import PENDING, REJECTED, Selection, counts, judgeable, select
from podium.jury.times import moment
from schemas.definition import ChangedPackage
from schemas.errors import ConflictError, UsageError
from schemas.events import (
    Finalized,
    Judgement,
    JudgingFaulted,
    JudgingStarted,
    Organization,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Run,
    Runs,
    SubmissionVerified,
    Transitioned,
)
from tests.contest_log import HOUR, MINUTE, START, ContestLog, problem


class Jury(ContestLog):
    """A log with rejudgings, and the record that the jury has of it."""

    def rejudge(self, *ids: str, **fields) -> int:
        return self.act(RejudgingCreated, submission_ids=ids, **fields)

    def rejudged(self, number: int, **verdicts: str) -> None:
        for id_, verdict in verdicts.items():
            self.judge(id_, verdict, number)

    def judged_by(self, id_: str, host: str, package: str) -> None:
        """The judgement that was added last is by this host, on this package."""
        position, event = self.events[-1]
        assert isinstance(event, Judgement)
        assert event.submission_id == id_
        self.events[-1] = position, dataclasses.replace(event, host=host, package=package)

    def record(self) -> Record:
        record = Record.of(self.contest)
        for position, event in self.events:
            record.take(position, event)
        return record

    def difference(self, number: int, kind=RejudgingApplied):
        record = self.record()
        act = self.make(kind, id="hypothetical", rejudging=number)
        return difference(record, self.state(), record.rejudging(number), act, START + HOUR)


@pytest.fixture
def log():
    log = Jury(teams=("t1", "t2", "t3"))
    for id_, team, problem_id, minute, verdict, host, package in (
        ("a", "t1", "A", 10, "AC", "h1", "old"),
        ("b", "t2", "A", 20, "WA", "h2", "old"),
        ("c", "t2", "B", 30, "AC", "h1", "bees"),
        ("d", "t3", "A", 270, "WA", "h2", "old"),  # the board is frozen
    ):
        log.submit(team, problem_id, minute, verdict, id_=id_)
        log.judged_by(id_, host, package)
    log.submit("t3", "C", 40, id_="e")
    return log


def chosen(log, **sets):
    wanted = {name: frozenset(value) if isinstance(value, tuple) else value for name, value in sets.items()}
    return "".join(one.id for one in select(log.record(), Selection(**wanted)))


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ({}, "abcde"),
        ({"problems": ("A",)}, "abd"),
        ({"problems": ("A", "C")}, "abde"),
        ({"problems": ("A",), "teams": ("t2", "t3")}, "bd"),
        ({"languages": ("cpp",)}, "abcde"),
        ({"hosts": ("h1",)}, "ac"),
        ({"hosts": ("h1", "h2"), "verdicts": ("WA",)}, "bd"),
        ({"verdicts": (PENDING,)}, "e"),
        ({"verdicts": ("AC", PENDING)}, "ace"),
        ({"verdicts": (REJECTED,)}, "bd"),
        ({"verdicts": (REJECTED, PENDING), "problems": ("A", "C")}, "bde"),
        ({"ids": ("a", "5")}, "ae"),
        ({"packages": ("ol",)}, "abd"),
        ({"since": START + 20 * MINUTE, "before": START + 40 * MINUTE}, "bc"),
        ({"problems": ("B",), "teams": ("t1",)}, ""),
    ],
)
def test_sets_are_joined_by_or_and_their_kinds_by_and(log, sets, expected):
    assert chosen(log, **sets) == expected


def test_a_problem_is_called_by_its_label_too(log):
    b, c = (
        dataclasses.replace(problem(id_, ordinal), label=label)
        for id_, ordinal, label in (("B", 2, "A"), ("C", 3, "X"))
    )
    log.define(problems=(problem("A", 1), b, c))
    assert (chosen(log, problems=("X",)), chosen(log, problems=("A",))) == ("e", "abd")


def test_what_shows_decides_which_verdict_host_and_package_a_submission_has(log):
    number = log.rejudge("a", "b")
    log.judge("a", "TLE", number)
    log.judged_by("a", "h9", "new")
    assert (chosen(log, hosts=("h9",)), chosen(log, verdicts=("AC",))) == ("", "ac"), "nobody applied it"
    log.act(RejudgingApplied, rejudging=number)
    assert (chosen(log, hosts=("h9",)), chosen(log, verdicts=("TLE",)), chosen(log, packages=("old",))) == (
        "a",
        "a",
        "d",
    )
    log.override("a", "RTE")
    assert (chosen(log, verdicts=("RTE",)), chosen(log, hosts=("h9",))) == ("a", "a")
    told = counts(log.record(), select(log.record(), Selection(problems=frozenset("A"))))
    assert (told.total, told.by_hand, dict(told.verdicts)) == (3, 1, {"RTE": 1, "WA": 1, PENDING: 1})
    assert chosen(log, verdicts=(REJECTED,)) == "ad", "a verdict by hand is one"


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"problems": ("Z",)}, "no problem 'Z'; it has A, B, C"),
        ({"teams": ("t9",)}, "no team 't9'; it has t1, t2, t3"),
        ({"languages": ("cobol",)}, "no language 'cobol'; it has cpp"),
        ({"hosts": ("h7",)}, "no host that judged 'h7'; it has h1, h2"),
        ({"verdicts": ("TLE",)}, "no verdict among its submissions 'TLE'; it has AC, WA, pending, rejected"),
        ({"packages": ("new",)}, "nothing was judged with a package 'new'; it has bees, old"),
        ({"ids": ("6",)}, "no submission '6'; it has 5"),
    ],
)
def test_a_word_that_the_contest_has_nothing_of_is_refused(log, sets, said):
    with pytest.raises(UsageError, match=said):
        chosen(log, **sets)


def test_a_time_is_of_a_zone_or_of_the_contest(log):
    state = log.record().state
    assert moment(state, "1:30:00", "--from") == START + 90 * MINUTE
    assert moment(state, "2027-01-15T09:00:00+01:00", "--from") == START
    with pytest.raises(UsageError, match="--from noon: expected a time"):
        moment(state, "noon", "--from")


def test_what_is_of_a_problem_that_has_left_the_contest_cannot_be_judged(log):
    assert [len(part) for part in judgeable(log.record(), select(log.record(), Selection()))] == [5, 0]
    log.define(problems=tuple(problem(id_, place) for place, id_ in enumerate("AC", 1)))
    there, gone = judgeable(log.record(), select(log.record(), Selection()))
    assert ([one.id for one in there], [one.id for one in gone]) == (["a", "b", "d", "e"], ["c"])


# ---- what may be done -----------------------------------------------------------------------------------------------


def test_overlapping_open_rejudgings_are_refused_by_name(log):
    first = log.rejudge("a", "b")
    record = log.record()
    assert overlaps(record, ["b", "c"]) == {first: ["b"]}
    with pytest.raises(ConflictError, match=f"rejudging {first} is open and has 1 of these submissions: number 2;"):
        refuse_overlap(record, ["b", "c"])
    second = log.rejudge("c")
    repeat = log.rejudge("a", "b", repeats=first)
    record = log.record()
    assert overlaps(record, ["a"], set_=first) == {}, "the repeats of a set do not stand in each other's way"
    assert [one.number for one in set_of(record, record.rejudging(repeat))] == [first, repeat]
    assert [one.number for one in set_of(record, record.rejudging(second))] == [second]
    log.act(RejudgingCancelled, rejudging=first)
    log.act(RejudgingCancelled, rejudging=repeat)
    refuse_overlap(log.record(), ["a", "b"])


def test_the_later_one_of_two_that_overlap_is_not_applied_while_the_earlier_is_open(log):
    first, second = log.rejudge("a"), log.rejudge("a")
    log.rejudged(first, a="WA")
    log.rejudged(second, a="WA")
    refuse_apply(log.record(), log.record().rejudging(first))
    with pytest.raises(ConflictError, match=f"rejudging {first} is open"):
        refuse_apply(log.record(), log.record().rejudging(second))
    log.act(RejudgingCancelled, rejudging=first)
    refuse_apply(log.record(), log.record().rejudging(second))


def test_what_is_not_judged_whole_is_not_applied(log):
    number = log.rejudge("a", "b", chunks=2)
    log.rejudged(number, a="WA")

    def refusal():
        with pytest.raises(ConflictError) as refused:
            refuse_apply(log.record(), log.record().rejudging(number))
        return str(refused.value)

    assert "lacks 1 of 2 parts of its list" in refusal()
    log.rejudge("d", rejudging=number, chunk=1, chunks=2)
    log.act(JudgingFaulted, submission_id="d", judging=number, attempt=3, host="h", why="x", final=True)
    assert refusal().endswith(
        "no judgement yet of 2 of its 3 submissions, 1 of them by a judging error (number 4): number 2, 4"
    )
    assert rejudging_json(log.record(), log.record().rejudging(number))["errors"] == 1
    log.rejudged(number, b="WA", d="WA")
    refuse_apply(log.record(), log.record().rejudging(number))


def test_each_act_has_its_time(log):
    number = log.rejudge("a")
    log.rejudged(number, a="WA")

    def refused(check):
        with pytest.raises(ConflictError) as refusal:
            check(log.record(), log.record().rejudging(number))
        return str(refusal.value)

    assert refused(refuse_revert) == f"rejudging {number} is created, not applied: there is nothing to revert"
    with pytest.raises(UsageError, match="judges on the package in force"):
        refuse_extend(log.record(), log.record().rejudging(number))
    log.act(RejudgingApplied, rejudging=number)
    assert refused(refuse_apply) == f"rejudging {number} is applied already"
    assert "`podium rejudge revert` takes it back" in refused(refuse_cancel)
    assert refused(refuse_extend) == f"rejudging {number} is applied: nothing can be added to it"
    log.act(RejudgingReverted, rejudging=number)
    refuse_apply(log.record(), log.record().rejudging(number))
    log.act(RejudgingCancelled, rejudging=number)
    assert "was cancelled: it is never applied" in refused(refuse_apply)
    assert refused(refuse_cancel) == f"rejudging {number} is cancelled already"
    with pytest.raises(UsageError, match=f"has no rejudging 7; it has {number}"):
        log.record().rejudging(7)


def test_nothing_is_applied_or_reverted_behind_the_end_of_updates(log):
    applied, ready = log.rejudge("a"), log.rejudge("b")
    log.rejudged(applied, a="WA")
    log.rejudged(ready, b="AC")
    log.act(RejudgingApplied, rejudging=applied)
    log.recorded_at = START + 6 * HOUR
    for kind, planned in (("started", START), ("frozen", START + 4 * HOUR), ("ended", START + 5 * HOUR)):
        log.act(Transitioned, kind=kind, planned_at=planned)
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    log.act(Finalized)
    log.rejudge("c")
    assert list(log.record().rejudgings) == [applied, ready], "nothing that comes behind it counts"
    for check, number in ((refuse_apply, ready), (refuse_revert, applied), (refuse_cancel, ready)):
        with pytest.raises(ConflictError, match="had its end of updates at 2027-01-15T14:00:00"):
            check(log.record(), log.record().rejudging(number))


def test_a_package_is_applied_when_no_verdict_of_another_one_is_left_on_its_problem(log):
    new = ChangedPackage("A", "new", 1000, 1024, 8, 4)
    number = log.rejudge("a", "b", changed=new)
    for id_ in "ab":
        log.judge(id_, "AC", number)
        log.judged_by(id_, "h1", "new")
    record = log.record()
    assert [one.id for one in not_on_package(record, record.rejudging(number), new)] == ["d"]
    with pytest.raises(ConflictError, match=r"1 submissions to problem A were judged on another package .* number 4"):
        refuse_apply(record, record.rejudging(number))
    assert refuse_extend(record, record.rejudging(number)) == new
    log.rejudge("d", rejudging=number, chunk=1, changed=new)
    log.judge("d", "WA", number)
    refuse_apply(log.record(), log.record().rejudging(number))
    log.submit("t1", "A", 200, id_="waits")  # it has no verdict yet: the queue judges it on the new package
    refuse_apply(log.record(), log.record().rejudging(number))


def test_a_package_that_the_files_have_too_is_not_taken_back_before_they_have_the_earlier_one(log):
    new = ChangedPackage("A", "new", 1000, 1024, 8, 4)
    number = log.rejudge("a", "b", "d", changed=new)
    for id_ in "abd":
        log.judge(id_, "AC", number)
        log.judged_by(id_, "h1", "new")
    log.define(problems=tuple(problem(id_, place, package="new") for place, id_ in enumerate("ABC", 1)))
    log.act(RejudgingApplied, rejudging=number, changed=new)
    with pytest.raises(
        ConflictError, match=f"the contest's files have package new for problem A: .* rejudging {number} has"
    ):
        refuse_revert(log.record(), log.record().rejudging(number))
    log.define(problems=tuple(problem(id_, place, package="old") for place, id_ in enumerate("ABC", 1)))
    record = log.record()
    assert record.state.problems["A"].package == "new"
    refuse_revert(record, record.rejudging(number))
    assert package_without(record, record.rejudging(number)) == "old"


# ---- what would change ----------------------------------------------------------------------------------------------


def test_a_preview_says_which_verdicts_ranks_and_awards_change_on_which_board(log):
    number = log.rejudge("a", "b", "d")
    log.rejudged(number, a="WA", b="AC", d="AC")
    before = log.canonical()
    found = log.difference(number)
    assert dict(found.matrix) == {("AC", "WA"): 1, ("WA", "AC"): 2}
    assert [(one.number, one.before, one.after, one.by_hand) for one in found.changes] == [
        (1, "AC", "WA", False),
        (2, "WA", "AC", False),
        (4, "WA", "AC", False),
    ]
    public, jury = found.boards
    assert {move.team_id: (move.before[:2], move.after[:2]) for move in public.ranks} == {
        "t1": ((1, 1), (2, 0)),
        "t2": ((2, 1), (1, 2)),
        "t3": ((3, 0), (2, 0)),
    }, "what the freeze hides changes nothing for the public"
    assert {move.team_id: (move.before[0], move.after[0]) for move in jury.ranks} == {
        "t1": (1, 3),
        "t2": (2, 1),
        "t3": (3, 2),
    }
    assert jury.firsts == {"A": ("t1", "t2")}
    assert jury.awards["winner"] == (("t1",), ("t2",))
    assert log.canonical() == before
    assert found.to_json()["boards"]["jury"]["first_to_solve"] == {"A": ["t1", "t2"]}
    assert list(summary(found))
    assert list(lists(found))


def test_a_preview_tells_of_guests_and_of_organizations_that_win():
    log = Jury(teams=(), main_scoreboard_group_id="main", awards={"given": "winner organization-winner"})
    log.act(Organization, id="uni", name="University")
    for team, group in (("t1", "main"), ("guest", "north"), ("t2", "main")):
        log.group(group)
        log.team(team, group_ids=(group,), organization_id="uni")
    log.submit("t1", "A", 10, "AC", id_="a")
    log.submit("t2", "A", 20, "WA", id_="b")
    log.submit("guest", "A", 15, "WA", id_="g")
    number = log.rejudge("a", "b", "g")
    log.rejudged(number, a="WA", b="AC", g="AC")
    found = log.difference(number)
    jury = found.boards[1]
    moves = {move.team_id: (move.before[0], move.after[0], move.listed) for move in jury.ranks}
    assert moves == {"t1": (1, 2, True), "t2": (2, 1, True), "guest": (2, 1, False)}
    assert jury.awards == {"winner": (("t1",), ("t2",)), "organization-winner-uni": (("t1",), ("t2",))}
    console = Console(file=io.StringIO(), width=100)
    console.print(*lists(found))
    (told,) = [line for line in console.file.getvalue().splitlines() if "guest" in line and "→" in line and "(" in line]
    assert "(2) → (1)" in told


def printed(parts) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(*parts, sep="\n")
    return out.getvalue()


def test_a_preview_names_the_verdicts_of_a_package_that_is_no_longer_in_force():
    log = Jury(problems=(problem("A", 1, package="old"), problem("B", 2, package="old")))
    for id_, at in (("a", "A"), ("b", "A"), ("c", "B")):
        log.submit("t1", at, 10, id_=id_)
    number = log.rejudge("a", "c")
    for id_ in "ac":
        log.judge(id_, "WA", number, package="old")
    log.define(problems=(problem("A", 1, package="new"), problem("B", 2, package="old")))
    for id_, package in (("a", "new"), ("b", "old"), ("c", "old")):
        log.judge(id_, "AC", package=package)
    found = log.difference(number)
    assert (found.strayed, found.to_json()["strayed"]) == ((1,), [1])
    said = printed(summary(found))
    assert "of a package that is no longer in force: 1 of these verdicts (number 1)" in said
    log.act(RejudgingApplied, rejudging=number)
    found = log.difference(number, RejudgingReverted)
    assert (found.strayed, "no longer in force" in printed(summary(found))) == ((), False)


def test_a_preview_of_a_revert_says_what_shows_again(log):
    number = log.rejudge("a")
    log.rejudged(number, a="WA")
    log.act(RejudgingApplied, rejudging=number)
    found = log.difference(number, RejudgingReverted)
    assert dict(found.matrix) == {("WA", "AC"): 1}


def test_a_preview_tells_that_a_verdict_by_hand_would_be_replaced(log):
    number = log.rejudge("a", "c")
    log.rejudged(number, a="AC", c="AC")
    log.override("a", "AC")
    (change,) = log.difference(number).changes
    assert (change.submission_id, change.before, change.after, change.by_hand) == ("a", "AC", "AC", True)


def test_where_the_contest_verifies_a_rejudgings_verdicts_count_once_they_are_looked_at():
    log = Jury(teams=("t1",), verification=True)
    log.submit("t1", "A", 10, "WA", id_="a")
    log.act(SubmissionVerified, submission_id="a", team_id="t1", problem_id="A", judging=0)
    number = log.rejudge("a")
    log.rejudged(number, a="AC")
    found = log.difference(number)
    assert (found.unverified, dict(found.matrix)) == (1, {("WA", "AC"): 1})
    assert found.boards[1].ranks == (), "the board waits for it"
    log.act(SubmissionVerified, submission_id="a", team_id="t1", problem_id="A", judging=number)
    found = log.difference(number)
    assert (found.unverified, [move.after[:2] for move in found.boards[1].ranks]) == (0, [(1, 1)])


def test_repeats_are_compared(log):
    first = log.rejudge("a", "b")
    second = log.rejudge("a", "b", repeats=first)
    log.rejudged(first, a="AC", b="WA")
    log.rejudged(second, a="TLE", b="WA")
    record = log.record()
    told = whole(record, record.rejudging(second))
    assert told["set"] == [first, second]
    assert [one["verdicts"] for one in told["ids"]] == [
        {str(first): "AC", str(second): "TLE"},
        {str(first): "WA", str(second): "WA"},
    ]
    *_, differ, _ = map(str, shown(record, record.rejudging(first)))
    assert differ == "2 rejudgings of the same submissions: 1 have verdicts that differ among them"


# ---- verification ---------------------------------------------------------------------------------------------------


def test_what_nobody_has_looked_at_waits_in_the_order_of_the_log(log):
    assert [one["number"] for one in unverified(log.record())] == [1, 2, 3, 4]
    log.act(SubmissionVerified, submission_id="b", team_id="t2", problem_id="A", judging=0)
    log.override("c", "WA")
    log.ignore("d")
    number = log.rejudge("b")
    log.rejudged(number, b="AC")
    assert [one["submission_id"] for one in unverified(log.record())] == ["a"]
    log.act(RejudgingApplied, rejudging=number)
    found = unverified(log.record())
    assert [(one["submission_id"], one["judging"], one["verdict"]) for one in found] == [
        ("a", 0, "AC"),
        ("b", number, "AC"),
    ]


def test_of_the_attempts_at_a_judging_the_one_that_ended_is_shown_with_its_last_runs():
    head = {"contest": "c", "recorded_at": 1, "recorded_by": "h", "submission_id": "a"}

    def ran(ordinal, message, *, judging=0, attempt=2):
        runs = (Run(ordinal, "WA", 1, 1, 1, START, message=message, test=f"secret/{ordinal}"),)
        return Runs(**head, judging=judging, attempt=attempt, runs=runs)

    def began(attempt):
        return JudgingStarted(**head, judging=0, attempt=attempt, host="h", started_at=START)

    about = {"team_id": "t1", "problem_id": "A", "language_id": "cpp", "submitted_at": START}
    times = {"started_at": START, "ended_at": START}
    ended = Judgement(**head, **about, **times, judging=0, attempt=2, verdict="WA", compiler_output="x\n" * 30)
    events = [
        began(1), ran(1, "given up", attempt=1), began(2), ran(1, "killed"), ran(2, "killed too"), began(2),
        ran(1, "kept"), ran(7, "another judging", judging=9), ended, ran(3, "late"),
    ]  # fmt: skip
    shown_ = looked_at(0, 2, events)
    assert ([run.message for run in shown_.runs], shown_.judgement) == (["kept"], ended)
    assert looked_at(0, 2, events[:5]).judgement is None
    found = Submitted("a", 1, 0, "t1", "A", "cpp", START, None, None, "")
    lines = list(shown_.lines(found))
    assert lines[-2:] == ["  judgemessage.txt:", "    kept"]
    assert "    … 10 lines more: --json" in lines
    assert shown_.json(found)["compiler_output"] == "x\n" * 30
