"""The commonest crisis as one procedure: bad test data in mid-contest, over a real Kafka, planner and queue."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from packages.read import read_package
from packages.store import FolderStore
from podium.cli import main
from podium.jury.record import read_record
from schemas.definition import Language, Problem
from schemas.events import Definition, Judgement, RejudgingApplied, RejudgingCreated, Submission, Team
from schemas.ids import new_id
from schemas.producer import Producer
from schemas.reader import read_contest
from streams.refold import fold_contest
from streams.scoring.project import active, board, find
from tests.streams.fake_judge import FakeJudge
from tests.streams.test_dispatcher import Process
from tests.wait import until

APPLES = Path(__file__).parents[2] / "problems" / "apples"
SAID = {"recorded_at": 0, "recorded_by": "test"}


@pytest.fixture
def cluster(settings, kafka, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(settings.home))
    monkeypatch.setenv("PODIUM_KAFKA", kafka)
    return settings.model_copy(update={"kafka": kafka})


@pytest.fixture
def dispatcher(cluster):
    running = [Process(cluster, kind, 1) for kind in ("planner", "queue", "clock")]
    for process in running:
        until(process.ready, 60, f"{process.name} is ready")
    yield
    for process in running:
        process.process.send_signal(signal.SIGTERM)
    assert [process.wait() for process in running] == [0, 0, 0]


class Contest:
    """A contest under way, and what its log says."""

    def __init__(self, cluster, producer, package: str) -> None:
        self.cluster, self.producer, self.id = cluster, producer, new_id()
        problems = (
            Problem("A", "A", "Apples", 0, package, 2000, 1024, 8, 3),
            Problem("B", "B", "Bees", 1, "0" * 64, 1000, 256, 8, 3),
        )
        self.start = time.time_ns() // 1_000_000 - 3_600_000
        # before what other tests have left on the log
        told = {"name": "c", "priority": 9, "start_time": self.start, "duration": 5 * 3_600_000, "problems": problems}
        self.append(Definition(**SAID, **told, contest=self.id, changes=-1, languages=(Language("c", "C", ("c",)),)))
        for team in ("t1", "t2"):
            self.append(Team(**SAID, contest=self.id, id=team, name=team))

    def append(self, event) -> int:
        return self.producer.append(event).result(30)

    def submit(self, name: str, team: str, problem: str = "A") -> None:
        about = {"team_id": team, "problem_id": problem, "language_id": "c"}
        at = self.start + 60_000 * int(name[1:])
        self.append(Submission(**SAID, contest=self.id, id=self.of(name), submitted_at=at, **about))

    def of(self, name: str) -> str:
        return f"{self.id[:20]}-{name}"

    def judgements(self) -> Counter:
        """Judgements by submission, whether of a rejudging, verdict and package."""
        found: Counter = Counter()
        for _, event in read_contest(self.cluster, self.id):
            if isinstance(event, Judgement):
                name = event.submission_id.rpartition("-")[2]
                found[name, event.judging > 0, event.verdict, event.package] += 1
        return found

    def shown(self) -> dict[str, str | None]:
        record = read_record(self.cluster, self.id)
        return {one.id.rpartition("-")[2]: record.shown(one) for one in record.state.submissions.values()}

    def solved(self) -> dict[str, int]:
        """Problems solved by each team on the public board."""
        state = fold_contest(self.cluster, self.id).state
        return {row.team_id: row.num_solved for row in board(state, find(state, active(state)), "public").rows}

    def package(self) -> str:
        return read_record(self.cluster, self.id).state.problems["A"].package


def test_bad_test_data_in_mid_contest(cluster, dispatcher, tmp_path, capfd):
    store, changed = FolderStore(cluster.home / "packages"), tmp_path / "changed"
    old = store.put(read_package(APPLES))
    shutil.copytree(APPLES, changed)
    one = min((changed / "data" / "secret").rglob("*.in"))
    for suffix in (".in", ".ans"):
        shutil.copy(one.with_suffix(suffix), changed / "data" / "secret" / f"zz{suffix}")
    judge = FakeJudge(cluster)
    judge.verdicts[old] = "WA"  # whatever anybody sends: an answer of the old package is wrong
    with Producer(cluster) as producer:
        try:
            contest = Contest(cluster, producer, old)
            _run(contest, judge, store, old, changed)
        finally:
            judge.close()
    capfd.readouterr()


def _run(contest: Contest, judge: FakeJudge, store: FolderStore, old: str, changed: Path) -> None:
    c = judge.held = contest.id
    contest.submit("s1", "t1")
    contest.submit("s2", "t2", "B")
    until(lambda: contest.judgements().total() == 2, 60, "two are judged")
    judge.gate.clear()
    contest.submit("s3", "t2")
    until(lambda: any(task.submission_id == contest.of("s3") for task in judge.taken), 60, "one is under way")

    assert main(["judge", "pause", c, "--problem", "A", "--reason", "test 7 is wrong"]) == 0
    contest.submit("s4", "t2")
    assert main(["problem", "add", str(changed), "--no-measure"]) == 0
    new = read_package(changed).digest
    assert {old, new} <= set(store.digests())
    assert contest.package() == old, "the contest is not changed by that"
    assert main(["rejudge", "create", c, "--problem", "A", "--package", new[:10], "--reason", "test 7", "--yes"]) == 0
    ((number, created),) = [(p, e) for p, e in read_contest(contest.cluster, c) if isinstance(e, RejudgingCreated)]
    assert set(created.submission_ids) == {contest.of(name) for name in ("s1", "s3", "s4")}
    judge.gate.set()
    assert main(["rejudge", "watch", c, str(number)]) == 0, "the pause does not hold it"
    until(lambda: contest.judgements().total() == 6, 60, "what was under way is judged")
    assert contest.judgements() == Counter(
        {
            ("s1", False, "WA", old): 1,
            ("s2", False, "AC", "0" * 64): 1,
            ("s3", False, "WA", old): 1,
            **{(name, True, "AC", new): 1 for name in ("s1", "s3", "s4")},
        }
    )
    assert contest.shown() == {"s1": "WA", "s2": "AC", "s3": "WA", "s4": None}, "nobody sees it before it is applied"
    assert contest.solved() == {"t1": 0, "t2": 1}
    contest.submit("s5", "t1")
    assert main(["rejudge", "preview", c, str(number)]) == 0

    assert main(["rejudge", "apply", c, str(number), "--yes"]) == 0
    ((applied, act),) = [(p, e) for p, e in read_contest(contest.cluster, c) if isinstance(e, RejudgingApplied)]
    assert act.changed == created.changed
    assert contest.package() == new
    assert contest.solved() == {"t1": 1, "t2": 2}
    assert fold_contest(contest.cluster, c, applied).position == applied, "one act has done both"

    assert main(["judge", "resume", c, "--problem", "A"]) == 0
    contest.submit("s6", "t1")
    until(lambda: contest.judgements().total() == 9, 60, "what came in meanwhile is judged, and what comes")
    assert {key for key in contest.judgements() if key[0] in ("s4", "s5", "s6") and not key[1]} == {
        (name, False, "AC", new) for name in ("s4", "s5", "s6")
    }
