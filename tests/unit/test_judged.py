"""What a contest's new files may not change once something was judged, and which verdicts they leave behind."""

from __future__ import annotations

import dataclasses
import shlex

from podium.judged import concerns, faults, left_behind
from podium.jury.record import Record
from podium.jury.selection import Selection, select
from schemas.definition import ChangedPackage
from schemas.events import (
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    RejudgingApplied,
    RejudgingCreated,
    StartMoved,
    TeamTimeExtended,
    Transitioned,
)
from tests.contest_log import HOUR, MINUTE, START, ContestLog, problem

OLD, NEW, OTHER = ("1" * 64, "2" * 64, "3" * 64)


def record_of(log: ContestLog) -> Record:
    record = Record.of(log.contest)
    for position, event in log.events:
        record.take(position, event)
    return record


def contest(**fields) -> ContestLog:
    return ContestLog(problems=(problem("A", 1, package=OLD), problem("B", 2, package=OLD)), **fields)


def after(log: ContestLog, **fields):
    """The log's record, and the definition that would follow."""
    record = record_of(log)
    return record, dataclasses.replace(record.state.definition, **fields)


def on(package: str, **fields):
    """The problems, A on this package."""
    return (problem("A", 1, package=package, **fields), problem("B", 2, package=OLD))


# ---- what may not change --------------------------------------------------------------------------------------------


def test_the_precision_changes_while_nothing_was_submitted_and_no_longer():
    log = contest(score_scale=10)
    assert faults(*after(log, score_scale=100)) == []
    log.submit("t1", "A", 5)
    record, wanted = after(log, score_scale=100)
    assert concerns(record.state.definition, wanted)
    (said,) = faults(record, wanted)
    assert said == (
        "podium.yaml: score_scale: cannot change from 10 to 100: the contest has submissions (1), and their scores are kept "
        "in units of 1/10; keep score_scale: 10, or hold the contest anew, under another id"
    )
    record, wanted = after(log, name="Renamed")
    assert not concerns(record.state.definition, wanted)
    assert faults(record, wanted) == []


def test_the_kind_of_board_changes_with_the_rule_of_the_files_alone():
    log = contest()
    early = START - MINUTE
    assert faults(*after(log, recorded_at=early, rule="ioi", scoreboard_type="score")) == []
    opened = str(log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "0"}, fold_version=1))
    log.act(GenerationPromoted, expect="0", generation=opened)
    record, wanted = after(log, recorded_at=early, rule="ioi", scoreboard_type="score")
    assert concerns(record.state.definition, wanted)
    (said,) = faults(record, wanted)
    assert said == (
        f"contest: scoreboard_type: cannot change from pass-fail to score: generation {opened} is active, with a rule of its "
        "own; `podium replay rollback` brings back that of the files, generation 0"
    )
    log.act(GenerationPromoted, expect=opened, generation="0")
    assert faults(*after(log, recorded_at=early, rule="ioi", scoreboard_type="score")) == []


def test_what_decides_who_sees_what_stays_from_the_start_until_nobody_has_time_left():
    log = contest()
    log.act(TeamTimeExtended, team_id="t1", by=30 * MINUTE)
    end = START + 5 * HOUR + 30 * MINUTE
    changed = {"feedback": "full", "rule": "ioi", "scoreboard_type": "score"}
    for at, running in ((START - 1, False), (START, True), (START + 5 * HOUR, True), (end - 1, True), (end, False)):
        record, wanted = after(log, recorded_at=at, **changed)
        assert concerns(record.state.definition, wanted)
        why = "while the contest runs: what its clients were told that they may see stays until nobody has time left; keep"
        kept = "scoreboard_type: pass-fail until 2027-01-15 13:30:00Z"
        said = [
            f"podium.yaml: feedback: cannot change from verdict to full {why} feedback: verdict until 2027-01-15 13:30:00Z",
            f"contest: scoreboard_type: cannot change from pass-fail to score {why} {kept}",
        ]
        assert faults(record, wanted) == (said if running else [])
    log.act(StartMoved, start_time=None)
    assert faults(*after(log, **changed)) == [], "it has not begun any more"


def passes(log: ContestLog, kind: str, at: int) -> None:
    log.recorded_at = at
    log.act(Transitioned, kind=kind, planned_at=at)


def test_no_length_and_no_start_of_the_files_moves_the_end_behind_the_thaw():
    log = contest()
    for kind, hours in (("started", 0), ("frozen", 4), ("ended", 5)):
        passes(log, kind, START + hours * HOUR)
    longer = {"duration": 7 * HOUR}
    assert faults(*after(log, **longer)) == [], "it was not thawed yet"
    passes(log, "thawed", START + 6 * HOUR)
    told = "contest c1 was thawed at 2027-01-15 14:00:00Z: nobody's time can end behind that"
    for fields, key in (
        (longer, "duration"),
        ({"start_time": START + 2 * HOUR}, "start_time"),
        ({"start_time": None}, "start_time"),
        ({"start_time": START + HOUR, "duration": 6 * HOUR}, "start_time and duration"),
    ):
        record, wanted = after(log, **fields)
        assert concerns(record.state.definition, wanted)
        assert faults(record, wanted) == [f"contest: {key}: {told}"]
        assert record.state.last_end == START + 5 * HOUR, "the record stays as it was"
    for fields in ({"duration": 6 * HOUR}, {"duration": 4 * HOUR}, {"start_time": START + HOUR}, {"name": "Renamed"}):
        assert faults(*after(log, **fields)) == []
    log.act(TeamTimeExtended, team_id="t1", by=HOUR)
    assert faults(*after(log, duration=5 * HOUR + MINUTE)) == [f"contest: duration: {told}"], "t1 ends an hour later"


def test_the_times_that_a_contest_was_finalized_behind_stay_whatever_files_say():
    log = contest()
    for kind, hours in (("started", 0), ("frozen", 4), ("ended", 5)):
        passes(log, kind, START + hours * HOUR)
    log.act(Finalized, b=0)
    for hours in (4, 6):
        assert faults(*after(log, duration=hours * HOUR)) == [
            "contest: duration: contest c1 is finalized: its length stays"
        ]
    assert faults(*after(log, name="Renamed")) == []


def test_a_start_of_the_files_that_an_act_holds_against_moves_no_end():
    log = contest()
    log.act(StartMoved, start_time=START)
    for kind, hours in (("started", 0), ("frozen", 4), ("ended", 5), ("thawed", 6)):
        passes(log, kind, START + hours * HOUR)
    log.act(Finalized, b=0)
    assert faults(*after(log, start_time=START + 3 * HOUR)) == []


# ---- what is left behind --------------------------------------------------------------------------------------------


def test_verdicts_of_another_package_are_counted_with_the_command_that_selects_them():
    log = contest()
    for id_, name, package in (("a", "A", OLD), ("b", "A", OTHER), ("c", "A", OLD), ("d", "B", OLD), ("e", "A", NEW)):
        log.submit("t1", name, 5, id_=id_)
        log.judge(id_, "WA", package=package)
    log.submit("t2", "A", 9, id_="waits")
    log.submit("t2", "A", 9, id_="told")
    log.judge("told", "WA")  # as a feed tells it, on no package
    record, wanted = after(log, problems=on(NEW))
    assert concerns(record.state.definition, wanted)
    (found,) = left_behind(record, wanted)
    assert found.told == (
        f"problem A goes on package {NEW[:12]}, and 3 verdicts are left on {OLD[:12]} and {OTHER[:12]}: `podium rejudge "
        f'create c1 --problem A --judged-with {OLD[:12]} --judged-with {OTHER[:12]} --reason "package {NEW[:12]}"` has them '
        "judged again"
    )
    _, _, _, _, *options = shlex.split(found.command)
    asked = dict(zip(options[::2], options[1::2], strict=True))
    packages = {value for name, value in zip(options[::2], options[1::2], strict=True) if name == "--judged-with"}
    chosen = select(record, Selection(problems=frozenset({asked["--problem"]}), packages=frozenset(packages)))
    assert [one.id for one in chosen] == ["a", "b", "c"]


def test_nothing_is_left_behind_where_the_problem_stays_on_its_package_or_its_verdicts_are_of_the_new_one():
    log = contest()
    log.submit("t1", "A", 5, id_="a")
    log.judge("a", "WA", package=OLD)
    assert list(left_behind(*after(log, problems=on(OLD, time_limit_ms=5)))) == []
    assert list(left_behind(*after(log, problems=on(NEW, withdrawn=True)))) == []
    changed = ChangedPackage("A", NEW, 1000, 1024, 8, 3)
    number = log.act(RejudgingCreated, submission_ids=("a",), changed=changed)
    log.judge("a", "AC", number, package=NEW)
    assert len(list(left_behind(*after(log, problems=on(NEW))))) == 1, "it is not applied yet"
    log.act(RejudgingApplied, rejudging=number, changed=changed)
    assert list(left_behind(*after(log, problems=on(NEW)))) == [], "the act has done it"
    assert list(left_behind(*after(log, problems=on(OTHER)))) == [], "the act holds against the files"


def test_a_verdict_by_hand_and_an_ignored_submission_are_not_left_behind():
    log = contest()
    log.submit("t1", "A", 5, id_="by-hand")
    log.judge("by-hand", "WA", package=OLD)
    log.override("by-hand", "AC")
    log.submit("t1", "A", 6, id_="ignored")
    log.judge("ignored", "WA", package=OLD)
    log.ignore("ignored")
    assert list(left_behind(*after(log, problems=on(NEW)))) == []
    log.submit("t2", "A", 7, id_="shown")
    log.judge("shown", "WA", package=OLD)
    (found,) = left_behind(*after(log, problems=on(NEW)))
    assert (found.verdicts, found.by_hand) == (1, 1)
    assert f"1 verdict is left on {OLD[:12]}: " in found.told
    assert found.told.endswith(
        " has them judged again, and 1 that shows a verdict by hand, which applying it would replace"
    )
    log.override("by-hand", None)
    (found,) = left_behind(*after(log, problems=on(NEW)))
    assert (found.verdicts, found.by_hand) == (2, 0)
    assert found.told.endswith(" has them judged again")
