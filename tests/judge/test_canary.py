"""The canary: what it takes for a host to be sick, that it says why, and that it comes back."""

from contextlib import closing, suppress
from types import SimpleNamespace

import docker
import pytest
from prometheus_client import REGISTRY

from judge import canary
from judge.again import twice
from judge.baseline import Baseline
from judge.blob import Blob
from judge.canary import AGAIN_S, EVERY_S, Canary, answer, wrong
from judge.care import HostCare
from judge.sandbox import Measured
from judge.standing import Standing
from schemas.errors import DependencyError, SandboxError
from tests.judge.programs import still_right

RIGHT = Measured(
    exit_code=0, signal=None, cpu_ms=50, wall_ms=60, memory_kib=18_000, cpu_exceeded=False, wall_exceeded=False,
    memory_exceeded=False, output_exceeded=False, stdout=Blob.output(), stderr=b"",
)  # fmt: skip


def changed(**fields):
    return SimpleNamespace(**{name: getattr(RIGHT, name) for name in Measured.__dataclass_fields__} | fields)


@pytest.mark.parametrize(
    ("measured", "output", "said"),
    [
        (RIGHT, answer(7), ""),
        (RIGHT, answer(8), "it printed"),
        (RIGHT, "", "it printed b''"),
        (changed(exit_code=None, signal=11), answer(7), "its verdict is RTE (exit code None, signal 11)"),
        (changed(cpu_exceeded=True), answer(7), "its verdict is TLE"),
        (changed(memory_kib=900), answer(7), "its memory was measured as 900 KiB; it touches 16 MiB"),
        (changed(memory_kib=90_000), answer(7), "its memory was measured as 90000 KiB"),
        (changed(cpu_ms=1), answer(7), "its CPU time was measured as 1 ms"),
    ],
)
def test_a_canary_is_wrong_in_output_verdict_or_memory(measured, output, said):
    assert wrong(measured, output.encode(), 7).startswith(said)
    assert bool(wrong(measured, output.encode(), 7)) == bool(said)


@pytest.fixture
def bird(monkeypatch, tmp_path):
    """A canary without a sandbox: `runs` are what its runs come to, and the last of them goes on."""
    found = SimpleNamespace(now=0.0, runs=[(50, "")], standing=Standing(), count=0)

    def run(_, slot):
        found.count += 1
        outcome = found.runs.pop(0) if len(found.runs) > 1 else found.runs[0]
        if slot in found.failing:
            found.failed.add(slot)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    found.failing = set()
    """Slots of which each container fails, and what was in it is done again in another one."""
    monkeypatch.setattr(Canary, "_run", run)
    found.kept = tmp_path / "host" / "canary.json"
    pool = SimpleNamespace(core=lambda slot: 4 + slot, failed=set())
    found.failed = pool.failed
    found.started = lambda of="this": Canary(pool, found.standing, Baseline(found.kept, of), now=lambda: found.now)
    found.canary = found.started()
    return found


def test_a_canary_sings_before_the_first_task_and_each_idle_minute(bird):
    bird.canary.rest(0)
    assert bird.count == canary._TIMES, "its usual CPU time is the smallest of several"
    bird.now += EVERY_S - 1
    bird.canary.rest(0)
    assert bird.count == canary._TIMES
    bird.now += 1
    bird.canary.rest(0)
    assert bird.count == canary._TIMES + 1
    assert bird.standing.told() == ("ready", "")


def test_a_canary_sings_at_the_next_idle_moment_when_a_container_of_its_slot_has_failed(bird):
    bird.canary.rest(0)
    bird.canary.rest(1)
    bird.failed.add(0)
    for count, slot in ((6, 1), (7, 0), (7, 0)):
        bird.canary.rest(slot)
        assert bird.count == count


def test_what_a_container_fails_at_is_done_again_once(bird):
    claim, tries, noted = SimpleNamespace(slot=1, pool=SimpleNamespace(note=lambda *what: noted.append(what))), [], []

    def act():
        tries.append(1)
        raise SandboxError("the runner has gone")

    with pytest.raises(SandboxError, match="the runner has gone"):
        twice(claim, "a run", act)
    assert (len(tries), noted) == (2, [(1, "work")])
    assert twice(claim, "a run", lambda: 7) == 7


def test_a_slot_whose_containers_fail_once_each_takes_the_host_out_which_tries_again_more_and_more_seldom(bird):
    bird.canary.rest(0)
    bird.failing.add(0)
    bird.failed.add(0)
    bird.canary.rest(0)
    assert bird.standing.told() == (
        "sick", "slot 0: the canary goes wrong: one of its containers failed, though its result is right"
    )  # fmt: skip
    for pause in (AGAIN_S[0], 2 * AGAIN_S[0]):
        count, bird.now = bird.count, bird.now + pause - 1
        bird.canary.rest(0)
        assert bird.count == count, "it is not tried again before its time"
        bird.now += 1
        bird.canary.rest(0)
        assert bird.count == count + 2
    bird.failing.clear()
    bird.now += AGAIN_S[1]
    bird.canary.rest(0)
    assert bird.standing.takes


def test_once_is_an_accident_and_twice_takes_the_host_out(bird):
    bird.canary.rest(0)
    bird.runs = [(50, "it printed nothing"), (50, "")]
    bird.canary.check(0)
    assert bird.standing.takes
    bird.runs = [(50, "it printed nothing")]
    bird.canary.check(0)
    assert not bird.standing.takes
    assert bird.standing.told() == ("sick", "slot 0: the canary goes wrong: it printed nothing")


def test_a_container_that_fails_twice_takes_the_host_out_and_an_engine_that_is_away_until_it_is_back(bird):
    bird.canary.rest(0)
    bird.runs = [DependencyError("the Docker engine does not answer")]
    bird.canary.check(0)
    assert bird.standing.told() == ("sick", "slot 0: the canary cannot run: the Docker engine does not answer")
    bird.now, bird.runs = AGAIN_S[0], [(50, "")]
    bird.canary.rest(0)
    assert bird.standing.takes
    bird.runs = [SandboxError("the runner has gone")]
    bird.canary.check(0)
    assert bird.standing.told() == ("sick", "slot 0: the canary goes wrong: the runner has gone")


def test_a_core_that_has_become_slow_takes_the_host_out(bird):
    bird.canary.rest(0)
    bird.runs = [(130, ""), (99, "")]
    bird.canary.check(0)
    assert bird.standing.takes, "a neighbour for a moment"
    bird.runs = [(130, "")]
    bird.canary.check(0)
    assert "130 ms of CPU time instead of 50 ms" in bird.standing.told()[1]


def test_a_first_time_on_a_noisy_host_is_put_right_by_the_next_quiet_one(bird):
    bird.runs = [(200, "")] * 3 + [(50, "")]
    bird.canary.rest(0)
    bird.canary.check(0)
    bird.runs = [(130, "")]
    bird.canary.check(0)
    assert "130 ms of CPU time instead of 50 ms: core 4 has become slow" in bird.standing.told()[1]


def test_a_core_that_becomes_slower_little_by_little_is_noticed(bird, caplog):
    bird.canary.rest(0)
    for cpu_ms in range(55, 105, 5):
        bird.runs = [(cpu_ms, "")]
        bird.canary.check(0)
        assert bird.standing.takes
    assert [record.getMessage() for record in caplog.records] == [
        "slot 0: its core becomes slow: the canary takes 85 ms, and took 50 ms"
    ]
    assert REGISTRY.get_sample_value("podium_judge_canary_slowdown", {"slot": "0"}) == 2
    bird.runs = [(105, "")]
    bird.canary.check(0)
    assert not bird.standing.takes


def test_the_best_time_of_a_core_outlives_the_process_but_not_what_it_was_measured_with(bird):
    bird.canary.rest(0)
    bird.runs = [(130, "")]
    bird.canary = bird.started()
    bird.canary.rest(1)
    assert bird.standing.takes, "another core is another matter"
    bird.canary.rest(0)
    assert "130 ms of CPU time instead of 50 ms" in bird.standing.told()[1]
    bird.canary = bird.started("another processor, or image")
    bird.canary.rest(0)
    assert bird.standing.takes


@pytest.mark.parametrize(
    "kept", [b"", b"[]", b'{"of": "this", "cpu_ms": 3}', b'{"of": "this", "cpu_ms": {"x": 3}}', b"\xff"]
)
def test_a_file_that_says_nothing_is_measured_anew_and_a_full_disk_is_no_matter(bird, kept):
    bird.canary.rest(0)
    bird.kept.write_bytes(kept)
    bird.started().rest(0)
    assert Baseline(bird.kept, "this").best(4) == 50
    bird.kept.unlink()
    bird.kept.mkdir()
    bird.started().rest(0)
    assert bird.standing.takes


def test_a_sick_host_tries_again_more_and_more_seldom_and_is_well_when_the_canary_is_right(bird):
    bird.runs = [(50, "it printed nothing")]
    bird.canary.rest(0)
    compiled = []
    care = HostCare(bird.canary, SimpleNamespace(rest=compiled.append))
    for pause in (AGAIN_S[0], 2 * AGAIN_S[0], 4 * AGAIN_S[0]):
        count = bird.count
        bird.now += pause - 1
        care.rest(0)
        assert bird.count == count
        bird.now += 1
        care.rest(0)
        assert bird.count > count
    assert not bird.standing.takes
    assert not compiled, "nothing else is tried in its containers"
    bird.runs = [(50, "")]
    bird.now += AGAIN_S[1]
    care.rest(0)
    assert bird.standing.told() == ("ready", "")
    assert compiled == [0]


def test_in_the_sandbox_it_is_right(pool, monkeypatch, tmp_path):
    standing = Standing()
    birds = Canary(pool, standing, Baseline(tmp_path / "canary.json", "here"))
    birds.rest(0)
    assert standing.told() == ("ready", "")
    with pool.claim(0) as claim:
        assert still_right(claim)
        used = claim.held
    with closing(docker.from_env()) as engine:
        for sandbox in used:
            with suppress(docker.errors.APIError):  # one that has ended by itself is as dead
                engine.api.kill(sandbox.container, "SIGKILL")
    birds.check(0)
    assert standing.told() == ("ready", ""), "containers that have died while idle are an accident the first time"
    assert not pool.failed, "and no reason for another canary"
    monkeypatch.setattr(canary, "answer", lambda _: "42 0\n")
    birds.check(0)
    assert standing.told()[0] == "sick"
