"""`podium rejudge`, `verdict`, `submission` and `audit` on a real log; the judge's part is written by hand."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import threading
from pathlib import Path

import pytest

from clics.blockers import blockers
from packages.read import read_package
from packages.store import FolderStore
from podium.cli import main
from podium.commands import rejudge
from podium.jury import acting, watching
from podium.jury.package import changed_package
from podium.jury.record import read_record
from schemas.definition import FileData, Language, Problem
from schemas.errors import ConflictError, UsageError
from schemas.events import (
    Account,
    AuditEntry,
    Definition,
    Judgement,
    JudgingStarted,
    Membership,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCreated,
    RejudgingReverted,
    Run,
    Runs,
    Submission,
    SubmissionHacked,
    SubmissionIgnored,
    SubmissionVerified,
    Team,
    VerdictOverridden,
)
from schemas.ids import new_id, partition_of
from schemas.passwords import hash_password
from schemas.producer import Producer
from schemas.reader import read_contest
from tests.contest_log import HOUR, MINUTE, START

APPLES = Path(__file__).parents[2] / "problems" / "apples"


@pytest.fixture
def podium(settings, kafka, monkeypatch, capfd):
    """Runs `podium …`; gives its exit code and what it said."""
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    monkeypatch.setenv("PODIUM_KAFKA", kafka)

    def run(*words, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*map(str, words)])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def producer(settings, kafka):
    with Producer(settings) as producer:
        yield producer


class Hall:
    """A contest of two teams and two problems with submissions a to d, and what is written to its log."""

    def __init__(self, settings, producer, package="0" * 64):
        self.settings, self.producer, self.id = settings, producer, new_id()
        self._submissions, self._defined = {}, -1
        self.define(package)
        for team in ("t1", "t2"):
            self.append(Team, id=team, name=team)
        for place, (id_, team, problem) in enumerate(
            (("a", "t1", "A"), ("b", "t2", "A"), ("c", "t1", "B"), ("d", "t2", "B"))
        ):
            self.submit(id_, team, problem, 10 * (place + 1))
            self.judge(id_, "AC" if id_ in "ac" else "WA", package=package)

    def define(self, package):
        """What the contest's files say: all problems are on this package."""
        limits = (package, 1000, 1024, 8, 3)
        problems = tuple(Problem(p, p, f"Problem {p}", n, *limits) for n, p in enumerate("AB", 1))
        more = {"languages": (Language("cpp", "C++", ("cpp",)),), "start_time": START, "duration": 5 * HOUR}
        self._defined = self.append(Definition, changes=self._defined, name="Hall", problems=problems, **more)

    def append(self, kind, **fields):
        head = {"contest": self.id, "recorded_at": 2, "recorded_by": "x"}
        return self.producer.append(kind(**head, **fields)).result()

    def submit(self, id_, team, problem, minute):
        about = {"team_id": team, "problem_id": problem, "language_id": "cpp", "submitted_at": START + minute * MINUTE}
        self._submissions[id_] = about
        self.append(Submission, id=f"{self.id[:20]}-{id_}", **about)

    def judge(self, id_, verdict, judging=0, package=""):
        times = {"attempt": 1, "started_at": START, "ended_at": START + 1, "host": "h1", "package": package}
        about = self._submissions[id_]
        self.append(
            Judgement, submission_id=f"{self.id[:20]}-{id_}", judging=judging, verdict=verdict, **times, **about
        )

    def events(self, *kinds):
        return [
            (position, event) for position, event in read_contest(self.settings, self.id) if isinstance(event, kinds)
        ]


@pytest.fixture
def hall(settings, producer):
    return Hall(settings, producer)


def test_a_rejudging_from_its_selection_to_its_revert(podium, hall, monkeypatch):
    c = hall.id
    assert podium("rejudge", "create", c, "--reason", "why")[1].startswith("podium: name what is to be judged again")
    assert "it has A, B" in podium("rejudge", "create", c, "--problem", "Z", "--reason", "why")[1]
    assert podium("rejudge", "create", c, "--problem", "A", "--yes") == (2, "podium: say why: --reason TEXT\n")
    code, said = podium("rejudge", "create", c, "--problem", "A", "--problem", "B", "--team", "t2", "--reason", "why")
    assert (code, "2 submissions" in said, "--yes says yes" in said) == (2, True, True), said
    assert not hall.events(RejudgingCreated), "it was only asked"

    monkeypatch.setattr(acting, "CHUNK", 1)
    code, said = podium("rejudge", "create", c, "--problem", "A", "--reason", "a slow host", "--yes")
    (number, first), (_, second) = hall.events(RejudgingCreated)
    assert (code, f"rejudging {number} of 2 submissions" in said) == (0, True), said
    assert (first.chunks, second.chunk, second.rejudging, first.reason) == (2, 1, number, "a slow host")
    code, said = podium("rejudge", "create", c, "--all", "--reason", "again", "--yes")
    assert (code, f"rejudging {number} is open and has 2 of these submissions: number 1, 2" in said) == (2, True)
    assert "has no judgement yet of 2 of its 2 submissions" in podium("rejudge", "apply", c, number, "--yes")[1]

    hall.judge("a", "WA", number)
    judges = threading.Thread(target=hall.judge, args=("b", "AC", number))
    judges.start()
    assert podium("rejudge", "watch", c, number)[0] == 0
    judges.join()
    code, said = podium("rejudge", "preview", c, number, "--json")
    told = json.loads(said)
    assert [(one["number"], one["before"], one["after"]) for one in told["changes"]] == [
        (1, "AC", "WA"),
        (2, "WA", "AC"),
    ]
    assert told["boards"]["public"]["first_to_solve"] == {"A": ["t1", "t2"]}
    assert not told["incomplete"]
    code, said = podium("rejudge", "preview", c, number)
    assert (code, "2 verdicts, 2 of them change" in said, "winner" in said) == (0, True, True), said

    code, said = podium("rejudge", "apply", c, number)
    assert (code, "2 rows change" in said, hall.events(RejudgingApplied)) == (2, True, []), (
        "what changes is shown first"
    )
    assert podium("rejudge", "apply", c, number, "--yes")[0] == 0
    ((_, applied),) = hall.events(RejudgingApplied)
    assert (applied.rejudging, applied.changed, applied.reason) == (number, None, "a slow host")
    assert podium("rejudge", "apply", c, number, "--yes")[1] == f"podium: rejudging {number} is applied already\n"
    assert podium("rejudge", "cancel", c, number, "--reason", "x", "--yes")[0] == 2
    assert podium("rejudge", "revert", c, number, "--reason", "it was right before", "--yes")[0] == 0
    assert hall.events(RejudgingReverted)[0][1].reason == "it was right before"
    assert podium("rejudge", "cancel", c, number, "--reason", "enough", "--yes")[0] == 0
    code, said = podium("rejudge", "list", c, "--json")
    assert [(one["rejudging"], one["status"], one["judged"]) for one in json.loads(said)] == [(number, "cancelled", 2)]
    assert "cancelled" in podium("rejudge", "list", c)[1]


def test_repeats_stand_beside_each_other_and_one_of_them_is_applied(podium, hall, monkeypatch):
    c = hall.id
    code, _ = podium(
        "rejudge", "create", c, "--id", 1, "--reason", "is it stable?", "--repeat", 3, "--priority", "live", "--yes"
    )
    made = hall.events(RejudgingCreated)
    first, second, third = [number for number, _ in made]
    assert (code, [event.repeats for _, event in made], made[0][1].lane) == (0, [0, first, first], "live")
    for number in (first, second, third):
        hall.judge("a", "TLE" if number == second else "AC", number)
    assert "1 have verdicts that differ" in podium("rejudge", "show", c, third)[1]
    assert podium("rejudge", "apply", c, second, "--yes")[0] == 0
    assert [event.rejudging for _, event in hall.events(RejudgingCancelled)] == [first, third]

    def interrupted(*_, **__):
        raise KeyboardInterrupt
        yield

    podium("rejudge", "create", c, "--id", 2, "--reason", "why", "--yes")
    number = hall.events(RejudgingCreated)[-1][0]
    monkeypatch.setattr(watching, "read_contest", interrupted)
    code, said = podium("rejudge", "watch", c, number)
    assert (code, f"come back with `podium rejudge watch {c} {number}`" in said) == (130, True)
    assert read_record(hall.settings, c).status(number) == "created"


@pytest.mark.parametrize("meanwhile", ["ask", "append"])
def test_what_somebody_applies_meanwhile_is_not_said_to_be_cancelled(podium, hall, monkeypatch, meanwhile):
    c = hall.id
    podium("rejudge", "create", c, "--id", 1, "--reason", "why", "--yes")
    ((number, _),) = hall.events(RejudgingCreated)
    hall.judge("a", "WA", number)
    usual = getattr(rejudge, meanwhile)

    def applied_before(*words, **options):
        hall.append(RejudgingApplied, id=new_id(), rejudging=number)
        return usual(*words, **options)

    monkeypatch.setattr(rejudge, meanwhile, applied_before)
    code, said = podium("rejudge", "cancel", c, number, "--reason", "enough", "--yes")
    assert (code, f"rejudging {number} is applied" in said, "is cancelled" in said) == (2, True, False), said
    assert len(hall.events(RejudgingCancelled)) == (meanwhile == "append"), "what is known to be applied is left alone"
    assert read_record(hall.settings, c).status(number) == "applied"


def test_of_two_that_are_created_at_once_the_later_one_goes(hall):
    mine, theirs = (read_record(hall.settings, hall.id) for _ in range(2))
    ids = list(mine.state.submissions)
    (number,) = acting.create(hall.settings, theirs, ids[:2], reason="theirs", lane="bulk")
    with pytest.raises(ConflictError, match=f"rejudging {number} is open and has 1 of these submissions: number 2"):
        acting.create(hall.settings, mine, ids[1:], reason="mine", lane="bulk")
    record = read_record(hall.settings, hall.id)
    assert [record.status(one) for one in record.rejudgings] == ["created", "cancelled"]


@pytest.fixture
def packages(settings, tmp_path):
    """Digests of apples, and of apples with a test more."""
    store = FolderStore(settings.home / "packages")
    changed = tmp_path / "changed"
    shutil.copytree(APPLES, changed)
    secret = changed / "data" / "secret"
    one = min(secret.rglob("*.in"))
    for suffix in (".in", ".ans"):
        shutil.copy(one.with_suffix(suffix), secret / f"zz{suffix}")
    return [store.put(read_package(path)) for path in (APPLES, changed)]


def test_another_package_comes_into_force_with_the_judgements_of_it(podium, settings, producer, packages):
    old, new = packages
    hall = Hall(settings, producer, old)
    c = hall.id
    refused = podium("rejudge", "create", c, "--all", "--package", new[:8], "--reason", "why", "--yes")
    assert refused == (2, "podium: --package is of one problem; these submissions are of A, B\n")
    words = ("rejudge", "create", c, "--problem", "A", "--judged-with", old[:12], "--reason", "a wrong answer", "--yes")
    assert "the store has no package" in podium(*words, "--package", "abcdef")[1]
    assert f"problem A is on package {old[:12]} already" in podium(*words, "--package", old)[1]
    code, said = podium(*words, "--package", new[:8])
    ((number, event),) = hall.events(RejudgingCreated)
    assert (code, f"judged on package {new}" in said.replace("\n", "")) == (0, True), said
    tests = read_record(settings, c).state.problems["A"].test_data_count
    assert (event.changed.package, event.changed.problem_id, event.changed.test_data_count > tests) == (new, "A", True)
    hall.submit("e", "t1", "A", 100)
    hall.judge("e", "AC", package=old)  # nobody paused the judging of A
    for id_ in "ab":
        hall.judge(id_, "AC", number, package=new)
    code, said = podium("rejudge", "apply", c, number, "--yes")
    assert (code, "1 submissions to problem A were judged on another package" in said) == (2, True)
    assert podium("rejudge", "extend", c, number)[0] == 0
    hall.judge("e", "WA", number, package=new)
    assert podium("rejudge", "apply", c, number, "--yes")[0] == 0
    ((_, applied),) = hall.events(RejudgingApplied)
    assert applied.changed == event.changed
    assert read_record(settings, c).state.problems["A"].package == new
    assert podium("rejudge", "extend", c, number)[0] == 2

    taken_back = ("rejudge", "revert", c, number, "--reason", "the old one was right", "--yes")
    code, said = podium(*taken_back)
    assert (code, "judged on the package that is taken back" in said) == (0, False), said
    assert podium("rejudge", "apply", c, number, "--yes")[0] == 0
    hall.submit("f", "t2", "A", 110)
    hall.submit("g", "t2", "B", 120)
    hall.submit("h", "t1", "A", 130)
    for id_, package in ("f", new), ("g", old):
        hall.judge(id_, "WA", package=package)
    code, said = podium(*taken_back)
    assert (code, read_record(settings, c).state.problems["A"].package) == (1, old), said
    assert "judged on the package that is taken back: 1 submissions" in said
    assert f"`podium rejudge create {c} --id 6`" in said
    hall.judge("h", "AC", package=old)
    assert podium("rejudge", "create", c, "--id", 6, "--reason", "as the others", "--yes")[0] == 0
    again = hall.events(RejudgingCreated)[-1][0]
    hall.judge("f", "AC", again, package=old)
    assert podium("rejudge", "apply", c, again, "--yes")[0] == 0
    record = read_record(settings, c)
    shown = [record.judged[one.id, record.judging(one)] for one in record.state.submissions.values()]
    assert {one.package for one in shown} == {old}


def test_verdicts_of_a_package_that_the_files_have_replaced_are_named_when_they_are_applied(podium, hall):
    c, old, new = hall.id, "0" * 64, "1" * 64
    hall.submit("e", "t1", "A", 100)
    assert podium("rejudge", "create", c, "--problem", "A", "--reason", "a slow host", "--yes")[0] == 0
    ((number, _),) = hall.events(RejudgingCreated)
    hall.judge("e", "WA", number, package=old)
    hall.define(new)
    hall.judge("e", "AC", package=new)
    for id_ in "ab":
        hall.judge(id_, "AC", number, package=new)
    named = "of a package that is no longer in force: 1 of these verdicts (number 5)"
    assert named in podium("rejudge", "preview", c, number)[1]
    code, said = podium("rejudge", "apply", c, number)
    assert (code, named in said, hall.events(RejudgingApplied)) == (2, True, [])
    code, said = podium("rejudge", "apply", c, number, "--yes")
    assert (code, f"rejudging {number} is applied" in said) == (1, True), said
    assert "judged on a package that is no longer in force: 1 submissions" in said
    assert f"`podium rejudge create {c} --id 5` judges them on the one in force" in said
    in_the_way = blockers(read_record(hall.settings, c).state, 0)
    assert f"podium rejudge create {c} --id 5" in str([one for one in in_the_way if one.kind == "another package"])


def test_a_package_that_the_files_have_too_is_taken_back_when_they_have_the_earlier_one(
    podium, settings, producer, packages
):
    old, new = packages
    hall = Hall(settings, producer, old)
    c = hall.id
    assert podium("rejudge", "create", c, "--problem", "A", "--package", new, "--reason", "test 7", "--yes")[0] == 0
    ((number, _),) = hall.events(RejudgingCreated)
    for id_ in "ab":
        hall.judge(id_, "WA", number, package=new)
    assert podium("rejudge", "apply", c, number, "--yes")[0] == 0
    hall.define(new)
    taken_back = ("rejudge", "revert", c, number, "--reason", "the old one was right", "--yes")
    code, said = podium(*taken_back)
    assert (code, hall.events(RejudgingReverted)) == (2, [])
    assert f"the contest's files have package {new[:12]} for problem A" in said
    hall.define(old)
    assert read_record(settings, c).state.problems["A"].package == new
    code, said = podium(*taken_back)
    assert (code, f"new submissions to problem A are judged on package {old}" in said.replace("\n", "")) == (0, True)
    assert read_record(settings, c).state.problems["A"].package == old


def test_a_problem_that_is_solved_or_not_goes_on_another_package_where_points_count(settings, packages):
    old, new = packages
    store = FolderStore(settings.home / "packages")
    head = {"contest": "c", "recorded_at": 1, "recorded_by": "x", "changes": -1, "name": "c", "duration": 1}
    definition = Definition(**head, scoreboard_type="score", score_scale=100)
    problem = Problem("A", "A", "Apples", 1, old, 1000, 1024, 8, 3, max_score=100)
    assert changed_package(store, definition, problem, new).package == new
    other = dataclasses.replace(problem, max_score=200)
    with pytest.raises(UsageError, match="scores up to 100 units, problem A of the contest up to 200 units"):
        changed_package(store, definition, other, new)


def test_a_verdict_by_hand_is_given_by_an_account_of_the_jury_with_its_password(podium, hall):
    c, before = hall.id, len(hall.events(Judgement))
    accounts = {
        f"j-{c[:8]}": ("jury", (Membership(c, None),)),
        f"k-{c[:8]}": ("jury", (Membership("another", None),)),
        f"t-{c[:8]}": ("team", (Membership(c, "t1"),)),
    }
    hashed = hash_password("secret")
    for name, (role, of) in accounts.items():
        told = {"recorded_at": 1, "recorded_by": "x", "username": name, "role": role, "memberships": of}
        hall.producer.send("accounts", name, Account(**told, password=hashed)).result()
    jury, other, team = accounts
    words = ("verdict", "set", c, "2", "AC", "--reason", "the checker is wrong", "--as")
    for name, password in ((jury, "wrong"), (other, "secret"), (team, "secret"), ("nobody", "secret")):
        code, said = podium(*words, name, typed=f"{password}\n")
        assert (code, f"{name} is no account of contest" in said) == (2, True), said
    assert podium("verdict", "set", c, "2", "XX", "--reason", "r", "--as", jury)[1].endswith(
        "it has AC, WA, TLE, RTE, CE\n"
    )
    assert not hall.events(VerdictOverridden)
    code, said = podium(*words, jury, typed="secret\n")
    assert (code, "is AC by hand; it was WA" in said) == (0, True), said
    ((_, given),) = hall.events(VerdictOverridden)
    assert (given.recorded_by, given.verdict, given.team_id, given.reason) == (jury, "AC", "t2", "the checker is wrong")
    assert podium("verdict", "clear", c, "2", "--reason", "it was right", "--as", jury, typed="secret\n")[0] == 0
    assert hall.events(VerdictOverridden)[1][1].verdict is None
    assert (
        "has no verdict by hand"
        in podium("verdict", "clear", c, "2", "--reason", "x", "--as", jury, typed="secret\n")[1]
    )
    code, said = podium("audit", c, "--type", "verdict set", "--json")
    assert [json.loads(line)["by"] for line in said.splitlines()] == [jury, other, team, "nobody"]
    assert len(hall.events(Judgement)) == before


def test_a_submission_is_shown_with_what_the_validator_says_to_the_jury(podium, hall):
    c, head = hall.id, {"submission_id": f"{hall.id[:20]}-b", "attempt": 1}
    assert "judging 0: WA, by h1" in podium("submission", "show", c, "2")[1]
    number = hall.append(RejudgingCreated, id="look", submission_ids=(head["submission_id"],), reason="why")
    hall.append(JudgingStarted, **head, judging=number, host="h2", started_at=START)
    left = (FileData("why.txt", b"3 for 4\n\x1b[2Jline\n"), FileData("a.png", b"\x89PNG"))
    runs = (
        Run(1, "AC", 1, 2, 3, START, test="sample/1"),
        Run(2, "WA", 1, 2, 3, START, test="secret/1", message="not \x1b[2J four", team_message="hm", feedback=left),
    )
    hall.append(Runs, **head, judging=number, runs=runs)
    assert "no verdict yet" in podium("submission", "show", c, "2", "--judging", number)[1]
    hall.judge("b", "WA", number)
    code, said = podium("submission", "show", c, "2", "--judging", number)
    assert code == 0
    assert said.splitlines()[1:] == [
        f"judging {number}: WA, by h1",
        "run 1 sample/1: AC, CPU 1 ms, wall 2 ms, 3 KiB",
        "run 2 secret/1: WA, CPU 1 ms, wall 2 ms, 3 KiB",
        "  judgemessage.txt:", "    not [2J four",
        "  teammessage.txt:", "    hm",
        "  why.txt (17 bytes):", "    3 for 4", "    [2Jline",
        "  a.png (4 bytes):", "    \\x89PNG",
    ]  # fmt: skip
    told = json.loads(podium("submission", "show", c, "2", "--judging", number, "--json")[1])
    assert (told["verdict"], told["judging"], told["runs"][0]["judge_message"]) == ("WA", number, "")
    assert (told["runs"][1]["judge_message"], told["runs"][1]["message"]) == ("not \x1b[2J four", "hm")
    assert told["runs"][1]["feedback"][1] == {"name": "a.png", "size": 4, "data": "iVBORw=="}
    assert f"has no judging 7; it has 0, {number}" in podium("submission", "show", c, "2", "--judging", 7)[1]


def test_submissions_are_ignored_restored_verified_and_all_of_it_is_in_the_audit(podium, hall):
    c = hall.id
    assert podium("submission", "ignore", c, "3") == (2, "podium: say why: --reason TEXT\n")
    assert podium("submission", "ignore", c, "3", "--reason", "sent twice")[0] == 0
    assert podium("submission", "ignore", c, "3", "--reason", "x")[1].endswith("is ignored already\n")
    assert podium("submission", "restore", c, f"{c[:20]}-c", "--reason", "it was not")[0] == 0
    assert [event.ignored for _, event in hall.events(SubmissionIgnored)] == [True, False]
    assert "no submission '9'; it has 4" in podium("submission", "verify", c, "9")[1]
    code, said = podium("submission", "unverified", c, "--json")
    assert [one["number"] for one in json.loads(said)] == [1, 2, 3, 4]
    assert podium("submission", "verify", c, "1")[1].endswith("is AC, verified\n")
    assert "is verified already" in podium("submission", "verify", c, "1")[1]
    assert "has no verdict of judging 7" in podium("submission", "verify", c, "2", "--judging", "7")[1]
    ((_, verified),) = hall.events(SubmissionVerified)
    assert (verified.judging, verified.team_id, verified.reason) == (0, "t1", "looked at")
    assert "3 verdicts wait" in podium("submission", "unverified", c)[1]

    def hack(number, by, *options, reason="n = 0"):
        return podium("submission", "hack", c, number, "--by", by, "--reason", reason, *options)[1]

    assert "say why: --reason" in hack("1", "t2", reason=" ")
    assert "has no team 't9'" in hack("1", "t9")
    assert "is WA: only accepted ones are hacked" in hack("2", "t1")
    assert hack("1", "t2", "--failed", reason="n = 1").endswith("has stood a hack by t2\n")
    assert hack("1", "t2").endswith("is hacked by t2\n")
    assert "was hacked already" in hack("1", "t2", "--failed")
    hacks = [(e.team_id, e.by_team_id, e.successful, e.reason) for _, e in hall.events(SubmissionHacked)]
    assert hacks == [("t1", "t2", False, "n = 1"), ("t1", "t2", True, "n = 0")]

    entry = {"account": "t1", "address": "10.0.0.1", "action": "POST refused", "status": 403, "detail": "too late"}
    target = f"/api/contests/{c}/submissions"
    hall.producer.send("audit", "t1", AuditEntry(recorded_at=1, recorded_by="api", target=target, **entry)).result()
    code, said = podium("audit", c, "--json")
    found = [json.loads(line) for line in said.splitlines()]
    assert [one["what"] for one in found] == [
        "POST refused",
        "Definition",
        "SubmissionIgnored",
        "SubmissionIgnored",
        "SubmissionVerified",
        "SubmissionHacked",
        "SubmissionHacked",
    ]
    assert (found[0]["by"], found[0]["why"], "403 from 10.0.0.1" in found[0]["details"]) == ("t1", "too late", True)
    assert (found[2]["why"], found[2]["contest"], found[2]["position"]) == (
        "sent twice",
        c,
        hall.events(SubmissionIgnored)[0][0],
    )
    code, said = podium("audit", c, "--by", "t1", "--type", "POST refused")
    assert (code, "too late" in said, "sent twice" in said) == (0, True, False)
    assert podium("audit", c, "--since", "2099-01-01T00:00:00Z")[1] == "nothing of that kind was done\n"
    assert podium("audit", "--since", "noon")[0] == 2
    assert podium("audit", "nowhere") == (2, "podium: the log holds nothing of a contest 'nowhere'\n")

    unheard_of, partition = b"\xc3\x01nothing that was ever written", partition_of(c)
    position = hall.producer.send("log", c, unheard_of, partition=partition).result()
    code, said = podium("audit", c, "--type", "TeamStarted")
    nothing, missed = said.splitlines()
    assert (code, nothing) == (0, "nothing of that kind was done")
    assert missed.startswith(
        f"podium: 1 records cannot be read and are not among these: log-{partition} at {position}: "
    )
    code, said = podium("audit", c, "--json")
    *_, last, told = said.splitlines()
    assert json.loads(last).items() >= {"topic": "log", "partition": partition, "position": position}.items()
    assert told == missed
