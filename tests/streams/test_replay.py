"""The recomputation from a real log, and the operator's verbs over it: plan, run, diff, gc."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clics.times import format_time
from podium.cli import main
from schemas.errors import DependencyError, UsageError
from schemas.events import (
    Finalized,
    GenerationOpened,
    GenerationPromoted,
    JudgingStarted,
    MarkRequested,
    PositionSkipped,
    Transitioned,
)
from schemas.ids import new_id, partition_of
from schemas.producer import Producer
from schemas.reader import bounds, read_contest
from schemas.rows import AUDIENCES, Mark
from schemas.settings import Settings
from streams.refold import fold_contest, fold_on
from streams.replay import marks, recompute, request_marks
from streams.replay.fold import Pace, StoppedError, fold_partition
from streams.replay.plan import make_plan, write_plan
from streams.replay.run import run_plan, running
from streams.replay.whatif import WhatIf
from streams.scoring.canonical import digest
from streams.scoring.project import generations
from tests.contest_log import HOUR, START, ContestLog
from tests.streams.kafka_log import KafkaLog
from tests.wait import until


@pytest.fixture
def cluster(settings, kafka) -> Settings:
    return settings.model_copy(update={"kafka": kafka})


@pytest.fixture
def producer(cluster):
    with Producer(cluster) as made:
        yield made


@pytest.fixture
def log(producer) -> KafkaLog:
    """Two teams, one of them frozen."""
    log = KafkaLog(producer)
    log.submit("t1", "A", 5, "WA")
    log.submit("t1", "A", 10, "AC")
    log.submit("t2", "A", 250, "AC")
    return log


def mark(log: KafkaLog, position: int, audience: str, digest_: str) -> None:
    record = Mark(
        contest=log.contest,
        recorded_at=START,
        recorded_by="test",
        generation="0",
        audience=audience,
        position=position,
        digest=digest_,
        fold_version=1,
    )
    key = f"{log.contest}|0|{audience}|!mark"
    log.producer.send("scoreboard-rows", key, record, partition=partition_of(log.contest)).result(30)


def test_a_contest_comes_back_from_the_log_at_every_position(cluster, log):
    expected = []
    events, log.events = log.events, []
    for position, event in events:
        log.events.append((position, event))
        expected.append((position, {audience: log.canonical(audience) for audience in AUDIENCES}))
    told: list[tuple[int, int]] = []
    for position, boards in expected[:1] + expected[4:]:
        replayed = recompute(cluster, log.contest, until_position=position, progress=lambda *at: told.append(at))
        assert replayed.boards == boards
        assert replayed.digests == {audience: digest(board) for audience, board in boards.items()}
        assert replayed.position == position
        assert told[-1] == (position + 1, position + 1)
    whole = recompute(cluster, log.contest, at=[position for position, _ in expected])
    assert whole.events == len(expected)
    for position, boards in expected:
        for audience in AUDIENCES:
            assert whole.folded.digests[position, "0", audience] == digest(boards[audience])


def test_what_scores_do_not_depend_on_and_what_does_not_decode_is_passed_over(cluster, log):
    started = {"submission_id": "x", "judging": 0, "attempt": 1, "host": "h", "started_at": START}
    log.act(JudgingStarted, **started)
    partition = partition_of(log.contest)
    bad = [log.producer.send("log", log.contest, raw, partition=partition).result(30) for raw in (b"no record", None)]
    log.producer.send(
        "log", f"other-{new_id()}", log.make(Transitioned, kind="ended", planned_at=0), partition=partition
    )
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    replayed = recompute(cluster, log.contest)
    assert replayed.boards["public"] == log.canonical("jury")
    assert replayed.folded.unreadable == bad
    assert replayed.skipped == ()


def test_a_position_that_a_scorer_skipped_is_left_out_before_the_act_that_says_so_as_well(cluster, log):
    skipped = log.events[-1][0]  # the verdict of t2: say that its rows could not be made
    after = log.submit("t1", "B", 20, "AC")
    for version in (1, 2):
        log.act(PositionSkipped, position=skipped if version == 1 else log.events[-2][0], fold_version=version)
    log.events = [one for one in log.events if one[0] != skipped]
    replayed = recompute(cluster, log.contest)
    assert replayed.skipped == (skipped,)
    assert replayed.boards["jury"] == log.canonical("jury")
    judged = next(position for position, event in log.events if getattr(event, "submission_id", "") == after)
    log.events = [one for one in log.events if one[0] <= judged]
    earlier = recompute(cluster, log.contest, until_position=judged)
    assert earlier.boards["jury"] == log.canonical("jury")
    # a fold that is gone on with meets the act behind what it has
    gone_on = fold_on(cluster, fold_contest(cluster, log.contest, skipped), judged, at=[judged])
    assert gone_on.digests == {(judged, "0", audience): digest(log.canonical(audience)) for audience in AUDIENCES}


def test_a_record_under_a_key_that_is_not_its_contest_counts_nowhere(cluster, log):
    foreign = log.make(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    other = dataclasses.replace(foreign, contest=f"other-{new_id()}")
    partition = partition_of(log.contest)
    bad = log.producer.send("log", log.contest, other, partition=partition).result(30)
    log.producer.send("log", "another", foreign, partition=partition).result(30)
    replayed = recompute(cluster, log.contest)
    assert replayed.boards["public"] == log.canonical("public")
    assert replayed.folded.unreadable == [bad]
    assert [event for _, event in read_contest(cluster, log.contest)] == [event for _, event in log.events]


def test_a_generation_of_another_fold_version_is_refused(cluster, log, cli):
    opened = log.act(GenerationOpened, rule="golf", fold_version=2)
    assert recompute(cluster, log.contest).boards["jury"] == log.canonical("jury")
    log.act(GenerationPromoted, expect="0", generation=str(opened))
    with pytest.raises(UsageError, match="fold version 2"):
        recompute(cluster, log.contest)
    assert cli("run", log.contest) == (2, "")


def test_a_contest_that_the_log_does_not_know_is_an_error(cluster, cli):
    with pytest.raises(UsageError, match="nothing of a contest 'nowhere'"):
        recompute(cluster, "nowhere")
    for arguments in (
        ("run", "nowhere"),
        ("plan", "-c", "nowhere"),
        ("rollback", "nowhere", "--reason", "x"),
        ("gc", "-c", "nowhere"),
        ("diff", "nowhere.json"),
        ("run", "nowhere.json"),
    ):
        assert cli(*arguments) == (2, "")


# ---- the operator's verbs -------------------------------------------------------------------------------------------


@pytest.fixture
def cli(cluster, monkeypatch, capsys):
    """Runs `podium replay …` here; its exit code and what it printed."""
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["replay", *arguments])
        return code, capsys.readouterr().out

    return run


def rules(cluster: Settings, text: str) -> str:
    path = cluster.home / "rules.yaml"
    path.write_text(text)
    return str(path)


def test_from_a_plan_over_its_results_to_the_difference(cluster, producer, log, cli):
    other = KafkaLog(producer)
    other.submit("t1", "A", 7, "AC")
    for audience in AUDIENCES:
        mark(log, log.events[2][0], audience, "of an earlier position")
        mark(log, log.events[-1][0], audience, digest(log.canonical(audience)))
    file = cluster.home / "plan.json"
    code, said = cli("plan", "-c", log.contest, "-c", other.contest, "-o", str(file))
    assert code == 0
    assert log.contest in said
    parts = {
        one["contest"]: (one, part["last"])
        for part in json.loads(file.read_text())["partitions"]
        for one in part["contests"]
    }
    planned = {contest: one for contest, (one, _) in parts.items()}
    assert planned.keys() == {log.contest, other.contest}
    assert planned[log.contest]["records"] == len(log.events)
    assert planned[log.contest]["last"] == log.events[-1][0]
    assert {one["audience"] for one in planned[log.contest]["marks"]} == set(AUDIENCES)
    log.submit("t2", "C", 30, "AC")  # behind the plan
    code, said = cli("run", str(file), "--json")
    assert code == 0
    results = {one["contest"]: one["file"] for one in json.loads(said)}
    written = json.loads(Path(results[log.contest]).read_text())
    assert written["position"] == parts[log.contest][1], "to the end of the plan, and no further"
    assert written["digests"] == written_digests(log, written["position"])
    assert [one["scorer"] == one["replay"] for one in written["marks"]] == [True, True]
    code, said = cli("diff", results[log.contest])
    assert code == 0
    assert "jury: nothing differs" in said
    assert cli("diff", results[other.contest])[0] == 0


def written_digests(log: KafkaLog, position: int) -> dict[str, str]:
    events, log.events = log.events, [one for one in log.events if one[0] <= position]
    found = {audience: digest(log.canonical(audience)) for audience in AUDIENCES}
    log.events = events
    return found


def test_a_what_if_is_compared_and_shown(cluster, log, cli):
    file = rules(cluster, "penalty_time: 0:05:00\nwithout_problems: [C]")
    code, said = cli("run", log.contest, "--rules", file, "--json")
    assert code == 0
    ((result,),) = (tuple(json.loads(said)),)
    html = cluster.home / "diff.html"
    code, said = cli("diff", result["file"], "--html", str(html))
    assert code == 3
    assert "0:30:00" in said
    assert "0:15:00" in said
    assert "<svg" in html.read_text()
    code, said = cli("diff", result["file"], "--json")
    assert code == 3
    found = json.loads(said)
    assert found["boards"]["jury"]["rows"][-1]["score_after"]["total_time"] == "0:15:00"
    assert found["position"] == json.loads(Path(result["file"]).read_text())["position"]
    # all of this was read from the log; nothing was written to it
    assert [event for _, event in read_contest(cluster, log.contest)] == [event for _, event in log.events]
    assert cli("promote", result["file"], "--expect", "0", "--reason", "x") == (2, "")


def test_a_rule_of_another_kind_of_board_is_compared_and_never_promoted(cluster, log, cli, capsys):
    code, said = cli("run", log.contest, "--rules", rules(cluster, "rule: ioi"), "--json")
    assert code == 0
    file = json.loads(said)[0]["file"]
    assert cli("diff", file)[0] == 3
    # another writer does not ask
    points = str(log.act(GenerationOpened, rule="ioi", fold_version=1))
    solved = str(log.act(GenerationOpened, rule="icpc", parameters={"penalty_minutes": "0"}, fold_version=1))
    for before, after in (("0", points), (points, solved)):
        log.act(GenerationPromoted, expect=before, generation=after)
    for arguments in (("promote", file, "--expect", solved), ("rollback", log.contest)):
        assert main(["replay", *arguments, "--reason", "x"]) == 2
        says = f"contest {log.contest}: scoreboard_type is pass-fail, but the rule ioi is score: `podium contest apply`"
        assert says in capsys.readouterr().err
    assert [event for _, event in read_contest(cluster, log.contest)] == [event for _, event in log.events]


def test_until_a_position_or_a_time_and_as_known_at(cluster, log, cli):
    first = log.events[4][0]

    def board(*options: str) -> dict:
        code, said = cli("run", log.contest, "--json", *options)
        assert code == 0
        return json.loads(Path(json.loads(said)[0]["file"]).read_text())

    earlier = board("--until", str(first))
    assert (earlier["position"], earlier["digests"]) == (first, written_digests(log, first))
    assert [row["score"]["num_solved"] for row in board("--until", "0:09:00")["boards"]["jury"]["rows"]] == [0, 0]
    log.recorded_at = START + HOUR
    log.submit("t1", "B", 20, "AC")
    known = board("--as-known-at", format_time(START))
    assert known["boards"] == board("--until", str(log.events[-3][0]))["boards"]


def test_what_cannot_be_replayed_is_refused_by_name(cluster, log, cli, capsys):
    before = log.producer.send("log", log.contest, b"no record", partition=partition_of(log.contest)).result(30)
    made = make_plan(cluster, [log.contest], WhatIf())
    assert made.contests[0].unreadable == [before]
    wrong = (
        (("run", log.contest, "--rules", rules(cluster, "without_teams: [t3]")), "no team 't3'; did you mean t"),
        (("run", log.contest, "--until", "x"), "--until x"),
        (("plan", "--until", "5"), "name one contest"),
    )
    for arguments, says in wrong:
        assert main(["replay", *arguments]) == 2
        assert says in capsys.readouterr().err
    assert main(["replay", "run", log.contest, "--until", "9999999"]) == 2
    assert f"of the log ends at position {before}" in capsys.readouterr().err
    position = log.newer()
    assert main(["replay", "run", log.contest]) == 2
    assert f"position {position}: schema 0102030405060708 is unknown; a newer podium" in capsys.readouterr().err
    assert cli("run", log.contest, "--until", str(position - 1))[0] == 0


def test_a_difference_is_refused_where_a_replay_is(cluster, log, cli, capsys):
    file = Path(json.loads(cli("run", log.contest, "--json")[1])[0]["file"])
    assert cli("diff", str(file))[0] == 0
    older = cluster.home / "older.json"
    older.write_text(json.dumps(json.loads(file.read_text()) | {"fold_version": 0}))
    for arguments in (("diff", str(older)), ("promote", str(older), "--expect", "0", "--reason", "x")):
        assert main(["replay", *arguments]) == 2
        assert (
            "older.json: the result is of fold version 0, and this podium folds by version 1" in capsys.readouterr().err
        )
    position = log.newer()
    log.submit("t1", "B", 20, "AC")
    # as the podium that knows the record has written it
    file.write_text(json.dumps(json.loads(file.read_text()) | {"position": log.events[-1][0]}))
    for arguments in (("diff", str(file)), ("promote", str(file), "--expect", "0", "--reason", "x")):
        assert main(["replay", *arguments]) == 2
        assert f"position {position}: a newer podium wrote this record; use that one" in capsys.readouterr().err


def test_the_command_exits_with_3_when_the_scorer_had_another_board(log, cli):
    code, said = cli("run", log.contest)
    assert code == 0
    assert "nothing to compare with" in said
    mark(log, log.events[-1][0], "jury", digest(log.canonical("jury")))
    code, said = cli("run", log.contest)
    assert code == 0
    assert "as the scorer had it" in said
    mark(log, log.events[-1][0], "public", "0" * 64)
    code, said = cli("run", log.contest)
    assert code == 3
    assert f"DIFFERENT: the scorer had {'0' * 64}" in said
    assert cli("run", log.contest, "--until", str(log.events[0][0]))[0] == 0


def test_what_is_over_is_not_promoted(log, cli, capsys):
    file = Path(json.loads(cli("run", log.contest, "--json")[1])[0]["file"])
    log.recorded_at = START + 7 * HOUR
    log.act(GenerationOpened, rule="icpc", fold_version=1)
    log.act(Transitioned, kind="ended", planned_at=START + 5 * HOUR)
    log.act(Transitioned, kind="thawed", planned_at=START + 6 * HOUR)
    log.act(Finalized)
    for arguments in (["promote", str(file), "--expect", "0"], ["rollback", log.contest]):
        assert main(["replay", *arguments]) == 2
        assert "say why: --reason" in capsys.readouterr().err
        assert main(["replay", *arguments, "--reason", "x"]) == 2
        assert "its end of updates: nothing changes any more" in capsys.readouterr().err
    assert cli("gc", "-c", log.contest)[1] == "nothing to do\n"


# ---- stopped, killed, on several cores ------------------------------------------------------------------------------


def big(producer: Producer, contest: str | None = None) -> KafkaLog:
    """A contest of some hundred events, appended at once."""
    fields = {} if contest is None else {"contest": contest}
    log = KafkaLog(producer, teams=[f"t{n}" for n in range(8)], **fields)
    draw = random.Random(log.contest)
    memory = ContestLog(teams=(), contest=log.contest)
    memory.events.clear()
    for n in range(150):
        memory.submit(f"t{n % 8}", draw.choice("ABC"), n, draw.choice(("AC", "WA", "TLE")))
    producer.append_all([event for _, event in memory.events])
    return log


class Stop:
    """Says stop at the n-th look."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_run_that_is_stopped_goes_on_where_it_was_to_the_same_bytes(cluster, producer):
    log = big(producer)
    made = make_plan(cluster, [log.contest], WhatIf())
    (part,) = made.partitions
    (path,) = run_plan(cluster, made, report=lambda *_: None)
    straight = path.read_bytes()
    path.unlink()
    begun: list[int] = []
    for looks in (2, 3, 10**6):
        told: list[int] = []
        try:
            fold_partition(cluster, made, part, report=told.append, stop=Stop(looks), pace=Pace(0, 0, 40))
        except StoppedError:
            assert not path.exists()
        begun.append(told[0])
    assert path.read_bytes() == straight
    assert begun[0] == 0 < begun[1] < begun[2]
    assert run_plan(cluster, made, report=lambda *_: None) == [path]
    assert path.read_bytes() == straight
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


CHILD = """
import sys, time
from pathlib import Path
from schemas.settings import load
from streams.replay.fold import Pace, fold_partition
from streams.replay.plan import read_plan
plan = read_plan(Path(sys.argv[1]))
def report(position):
    print(position, flush=True)
fold_partition(load(), plan, plan.partitions[0], report=report, stop=lambda: False, pace=Pace(0, 0, 15))
"""


def kill_runs(cluster: Settings, producer: Producer, times: int) -> None:
    """Kill a run at random places, so many times, until it is through: its bytes are those of one that was not killed."""
    log, draw = big(producer), random.Random(5)
    made = make_plan(cluster, [log.contest], WhatIf())
    (path,) = run_plan(cluster, made, report=lambda *_: None)
    straight, file = path.read_bytes(), cluster.home / "plan.json"
    write_plan(made, file)
    env = os.environ | {"PODIUM_HOME": str(cluster.home), "PODIUM_KAFKA": cluster.kafka}
    for n in range(times):
        path.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", CHILD, str(file)], env=env, stdout=subprocess.PIPE)
        for _ in range(draw.randrange(1, 12)):
            process.stdout.readline()
        process.kill()
        process.stdout.close()
        process.wait(60)
        if n % 5 == 4 or n == times - 1:
            assert run_plan(cluster, made, report=lambda *_: None) == [path]
            assert path.read_bytes() == straight
            assert not [one for one in path.parent.iterdir() if one.suffix == ".checkpoint"]


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(cluster, producer):
    kill_runs(cluster, producer, 1)


@pytest.mark.long
def test_long_a_run_that_is_killed_goes_on_to_the_same_bytes(cluster, producer):
    kill_runs(cluster, producer, 10)


def test_several_partitions_run_in_processes_and_give_the_same(cluster, producer):
    names = [
        next(name for n in range(1000) if partition_of(name := f"par{new_id()[:8]}{n}") == partition)
        for partition in (3, 8, 3, 8)
    ]
    logs = [big(producer, name) for name in names]
    made = make_plan(cluster, names, WhatIf())
    assert len(made.partitions) == 2
    told: list[tuple[int, int]] = []
    paths = run_plan(cluster, made, report=lambda *at: told.append(at), workers=2)
    several = {path.name: path.read_bytes() for path in paths}
    assert told[-1][0] == told[-1][1]
    for path in paths:
        path.unlink()
    alone = run_plan(cluster, made, report=lambda *_: None, workers=1)
    assert {path.name: path.read_bytes() for path in alone} == several
    for log in logs:
        found = json.loads(next(path for path in paths if path.name.startswith(log.contest)).read_text())
        assert found["digests"] == recompute(cluster, log.contest).digests


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_was_done_and_the_same_plan_goes_on(cluster, producer, workers):
    names = [next(name for n in range(100) if partition_of(name := f"int{new_id()[:8]}{n}") == part) for part in (1, 2)]
    for name in names:
        big(producer, name)
    made = make_plan(cluster, names, WhatIf())

    def interrupt(read: int, _: int) -> None:
        if read > 100:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_plan(cluster, made, report=interrupt, workers=workers, pace=Pace(1000, 0, 40))
    left = {path.suffix for path in (cluster.home / "replays").iterdir()}
    assert ".checkpoint" in left
    assert left <= {".checkpoint", ".json"}
    told: list[int] = []
    paths = run_plan(cluster, made, report=lambda read, _: told.append(read), workers=workers)
    assert max(told[:2]) > 40, "one of them goes on where it was"
    for name, path in zip(names, paths, strict=True):
        assert json.loads(path.read_text())["digests"] == recompute(cluster, name).digests
    assert not list((cluster.home / "replays").glob("*.checkpoint"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_partition_that_is_done_is_not_done_again_after_ctrl_c(cluster, producer, workers):
    # the third partition is begun when another is done
    names = [
        next(name for n in range(200) if partition_of(name := f"fin{new_id()[:8]}{n}") == part) for part in (1, 2, 3)
    ]
    for name in names:
        big(producer, name)
    made = make_plan(cluster, names, WhatIf())
    results = cluster.home / "replays"

    def interrupt(_: int, __: int) -> None:
        if list(results.glob("*.json")):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_plan(cluster, made, report=interrupt, workers=workers, pace=Pace(1000, 0, 5))
    done = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in results.glob("*.json")}
    assert done
    told: list[int] = []
    paths = run_plan(cluster, made, report=lambda read, _: told.append(read), workers=workers)
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in done} == done
    if workers == 1:
        assert told[0] == made.partitions[0].last + 1
    assert told[-1] == sum(part.last + 1 for part in made.partitions)
    for name, path in zip(names, paths, strict=True):
        assert json.loads(path.read_text())["digests"] == recompute(cluster, name).digests
    assert sorted(results.iterdir()) == sorted(paths)


def test_a_result_that_is_gone_or_was_changed_is_made_anew(cluster, log):
    made = make_plan(cluster, [log.contest], WhatIf())
    (part,) = made.partitions

    def fold() -> Path:
        (path,) = fold_partition(cluster, made, part, report=lambda _: None, stop=lambda: False, pace=Pace())
        return path

    path = fold()
    whole = path.read_bytes()
    for spoil in (path.unlink, lambda: path.write_bytes(whole.replace(b"t1", b"t2"))):
        spoil()
        assert fold() == path
        assert path.read_bytes() == whole


def test_a_plan_is_run_on_its_own_log_by_one_process_at_a_time(cluster, log):
    made = make_plan(cluster, [log.contest], WhatIf())
    longer = [dataclasses.replace(part, last=part.last + 10**6) for part in made.partitions]
    with pytest.raises(UsageError, match="it is of another log"):
        run_plan(cluster, dataclasses.replace(made, partitions=tuple(longer)), report=lambda *_: None)
    with running(cluster, made.id), pytest.raises(UsageError, match="another process"):
        run_plan(cluster, made, report=lambda *_: None)


def test_gc_deletes_what_is_old_and_retires_what_is_idle(cluster, log, cli):
    opened = [str(log.act(GenerationOpened, rule="icpc", fold_version=1)) for _ in range(2)]
    log.act(GenerationPromoted, expect="0", generation=opened[0])
    assert cli("run", log.contest)[0] == 0
    files = len(list((cluster.home / "replays").iterdir()))
    assert files >= 2
    code, said = cli("gc", "-c", log.contest, "--dry-run", "--days", "0")
    assert code == 0
    assert said.count("would delete") == files
    assert f"would retire generation {opened[1]} of contest {log.contest}\n" in said
    assert f"would retire generation 0 of contest {log.contest}: there is no rollback to it any more" in said
    assert len(list((cluster.home / "replays").iterdir())) == files
    assert cli("gc", "-c", log.contest, "--days", "1")[0] == 0
    assert len(list((cluster.home / "replays").iterdir())) == files
    assert [one.id for one in generations(recompute(cluster, log.contest).state)] == [opened[0]]
    assert cli("gc", "-c", log.contest, "--days", "0")[0] == 0
    assert not list((cluster.home / "replays").iterdir())
    assert cli("gc", "-c", log.contest)[1] == "nothing to do\n"


def test_no_mark_is_asked_for_of_a_contest_that_is_not_defined(cluster, producer, monkeypatch):
    monkeypatch.setenv("PODIUM_KAFKA", cluster.kafka)
    monkeypatch.setenv("PODIUM_HOME", str(cluster.home))
    typo = f"typo-{new_id()}"
    before = bounds(cluster, "log", partition_of(typo))
    assert main(["replay", "run", typo, "--mark"]) == 2
    assert bounds(cluster, "log", partition_of(typo)) == before


def test_marks_from_before_what_the_contest_holds_are_no_answer(cluster, log, monkeypatch):
    monkeypatch.setattr(marks, "ANSWER_S", 3.0)
    held = log.events[-1][0]

    def asked():
        acts = [event for _, event in read_contest(cluster, log.contest) if isinstance(event, MarkRequested)]
        return [(one.recorded_by, one.reason) for one in acts] == [("jane", "a proof")]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request_marks, cluster, log.contest, by="jane", reason="a proof")
        until(asked, 30, "the act is in the log")
        for audience in AUDIENCES:
            mark(log, held - 1, audience, "of an earlier position")
        with pytest.raises(DependencyError, match=f"at or past position {held} "):
            waiting.result(30)
