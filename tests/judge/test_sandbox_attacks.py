"""Hostile programs: what is measured of each, and that the slot judges rightly afterwards."""

import threading
from dataclasses import replace

import docker
import pytest

from judge.blob import Blob
from judge.channel import Channel
from judge.container import Engine
from judge.execute import execute
from judge.job import Job
from judge.languages import LANGUAGES
from judge.sandbox import Limits
from judge.verdict import of_run
from schemas.definition import FileData
from schemas.errors import SandboxError
from tests.judge.programs import (
    ATTACKS,
    INPUT,
    LIMITS,
    MANY,
    SUM,
    attack,
    attacker,
    built,
    contained,
    failed,
    serving,
    source,
    still_right,
)
from tests.wait import until


@pytest.fixture(autouse=True)
def honest_afterwards(pool):
    """After each attack the next submission in the same slot is judged rightly."""
    yield
    with pool.claim(0) as claim:
        assert still_right(claim)


IDLE = Limits(cpu_ms=300, wall_ms=400, memory_mib=64, output_bytes=1 << 20)


ATTACKED = [
    ("fork_bomb.c", False, LIMITS, "TLE"),
    ("fork_bomb.c", True, LIMITS, "TLE"),
    ("threads.c", True, LIMITS, "TLE"),
    ("spinner.c", False, LIMITS, "TLE"),
    ("hidden_cpu.c", True, LIMITS, "TLE"),
    ("sleeper.c", False, IDLE, "ILE"),
    ("stopped.c", False, IDLE, "ILE"),
    ("dozer.c", False, IDLE, "WTL"),
    ("count_children.c", True, IDLE, "ILE"),
    ("memory_bomb.c", False, LIMITS, "MLE"),
    ("memory_in_children.c", True, LIMITS, "MLE"),
    ("memory_in_files.c", False, LIMITS, "MLE"),
    ("memory_in_two.c", True, LIMITS, "MLE"),
    ("memory_in_a_file.c", False, LIMITS, "MLE"),
    ("memory_in_deleted_files.c", False, LIMITS, "MLE"),
    ("stack.c", False, LIMITS, "MLE"),
    ("output_flood.c", False, LIMITS, "OLE"),
    ("output_flood_stubborn.c", False, LIMITS, "OLE"),
    ("error_flood.c", False, LIMITS, "OLE"),
    ("disk_full.c", False, LIMITS, "OLE"),
    ("hole.c", False, LIMITS, "OLE"),
    ("litter.c", False, LIMITS, None),
    ("daemon.c", True, LIMITS, None),
    ("leave.c", True, LIMITS, None),
    ("poison_input.c", False, LIMITS, None),
    ("violation.c", False, LIMITS, "SV"),
    ("bomb.py", False, LIMITS, "MLE"),
]


@pytest.mark.parametrize(("name", "many", "limits", "verdict"), ATTACKED)
def test_an_attack_has_its_verdict_and_leaves_nothing(claim, untouched, name, many, limits, verdict):
    measured = attack(claim, name, many=many, limits=limits)
    assert of_run(measured) == verdict
    if verdict in ("ILE", "WTL"):
        assert measured.cpu_ms < 100
        assert measured.wall_ms >= limits.wall_ms
    measured.stdout.close()
    contained(claim, untouched, claim.held[-1], MANY if many else LANGUAGES["c"])


@pytest.mark.long
@pytest.mark.parametrize(("name", "many", "limits", "verdict"), ATTACKED)
def test_long_an_attack_does_not_cost_others_their_time(pool, name, many, limits, verdict):
    """The CPU time of an honest program beside it, in another slot, and after it, in the same container."""
    work = source("#include <time.h>\nint main(void) { volatile long n = 0; while (n < 100000000) n++; return 0; }")
    roomy = Limits(cpu_ms=10_000, wall_ms=60_000, memory_mib=64, output_bytes=1 << 20)
    language = MANY if many else LANGUAGES["c"]

    def times(claim, count):
        program = built(claim, work, language)
        return [execute(claim, program, INPUT, roomy, read_only=False).cpu_ms for _ in range(count)]

    with pool.claim(0) as hostile, pool.claim(1) as honest:
        attacker(hostile, name, many=many)
        built(hostile, work, language)
        shops = set(hostile.held)
        before = min(times(hostile, 5))
        beside = []
        other = threading.Thread(target=lambda: beside.extend(times(honest, 5)))
        other.start()
        while other.is_alive():
            assert of_run(attack(hostile, name, many=many, limits=limits)) == verdict
        other.join()
        (box,) = set(hostile.held) - shops
        with serving(box):
            after = min(times(hostile, 10))  # the quickest of many: others use this machine as well
        assert set(hostile.held) == {box} | shops
    assert min(beside) < 1.5 * before  # the cores share caches and memory
    assert after < 1.2 * before


def test_a_program_for_whose_memory_the_runner_is_killed_is_out_of_memory(claim, monkeypatch):
    asked = []
    real = Engine.killed_for_memory

    def look(engine, container):
        asked.append(real(engine, container))
        return asked[-1]

    monkeypatch.setattr(Engine, "killed_for_memory", look)
    monkeypatch.setattr(Job, "_held_kib", 0)  # the kernel is quicker than the runner looks
    tiny = replace(LANGUAGES["c"], flags=("-Os", "-static", "-nostdlib", "-fno-stack-protector"))
    name = "blameless_memory.c"
    program = built(claim, FileData(name, (ATTACKS / name).read_bytes()), tiny)
    measured = execute(claim, program, INPUT, LIMITS)
    assert of_run(measured) == "MLE"
    assert asked == [True]
    assert still_right(claim)


def test_a_kill_for_memory_within_the_programs_own_limits_is_no_verdict(claim, monkeypatch):
    """The kernel counts a kill for the whole machine's want of memory like one for the container's own limit."""
    real = Channel.answer

    def elsewhere(channel, words, timeout_s):
        answer = real(channel, words, timeout_s)
        return [*answer[:7], "0", *answer[8:]] if words[0] == "exec" and answer[6] != "0" else answer

    program = built(claim, FileData("memory_bomb.c", (ATTACKS / "memory_bomb.c").read_bytes()))
    monkeypatch.setattr(Channel, "answer", elsewhere)
    monkeypatch.setattr(Job, "_held_kib", 0)
    with pytest.raises(SandboxError, match="the machine has none left"):
        execute(claim, program, INPUT, LIMITS)


def test_a_slot_full_of_processes_leaves_the_others_theirs(pool):
    """The kernel counts processes by user across all containers: each slot has users of its own."""
    counted = []

    def count(slot):
        with pool.claim(slot) as claim:
            program = built(claim, FileData("count_children.c", (ATTACKS / "count_children.c").read_bytes()), MANY)
            limits = replace(LIMITS, wall_ms=2000)
            counted.append(int(execute(claim, program, INPUT, limits).stdout.bytes()))

    slots = [threading.Thread(target=count, args=(slot,)) for slot in (0, 1)]
    for slot in slots:
        slot.start()
    for slot in slots:
        slot.join()
    assert counted == [MANY.processes - 1] * 2


def test_the_cpu_time_of_children_that_nobody_waits_for_counts(claim):
    measured = attack(claim, "hidden_cpu.c", many=True)
    assert measured.cpu_ms > LIMITS.cpu_ms


def test_an_output_is_kept_up_to_its_limit(claim):
    measured = attack(claim, "output_flood.c")
    assert LIMITS.output_bytes < measured.stdout.size <= LIMITS.output_bytes + 4096
    assert len(attack(claim, "error_flood.c").stderr) == 64 << 10


def test_a_daemon_dies_with_its_run_and_writes_nothing_later(claim):
    measured = attack(claim, "daemon.c", many=True)
    assert measured.exit_code == 0
    assert measured.left_behind >= 1
    assert attack(claim, "visitor.c").stdout.bytes() == b""
    assert measured.stdout.bytes() == b"done\n"


def test_no_run_finds_what_another_left(pool):
    with pool.claim(0) as first:
        assert attack(first, "litter.c").exit_code == 0
        assert attack(first, "visitor.c").stdout.bytes() == b""
        attack(first, "litter.c")
    with pool.claim(0) as second:
        assert attack(second, "visitor.c").stdout.bytes() == b""


def test_the_input_of_a_test_cannot_be_changed(claim):
    shared = Blob.sealed(b"3 4\n")
    measured = attack(claim, "poison_input.c", stdin=shared)
    assert measured.stdout.bytes() == b""
    assert shared.bytes() == b"3 4\n"
    assert execute(claim, built(claim, SUM), shared, LIMITS).stdout.bytes() == b"7\n"


def test_nothing_forbidden_works(claim, untouched):
    """Network of every family (AF_VSOCK and AF_ALG too), the runner, the kernel's side doors: refused, or the end."""
    measured = attack(claim, "forbidden.c")
    assert measured.exit_code == 0
    assert measured.stdout.bytes().decode() == ""
    contained(claim, untouched, claim.held[-1])


def test_nothing_of_others_can_be_read_and_nothing_outside_the_box_written(claim, untouched):
    measured = attack(claim, "peek.c", limits=Limits(cpu_ms=5000, wall_ms=20000, memory_mib=64, output_bytes=1 << 20))
    assert measured.exit_code == 0
    assert measured.stdout.bytes().decode() == ""
    # the names of all that it has looked at stay with the kernel until somebody needs the room
    contained(claim, replace(untouched, kernel_kib=untouched.kernel_kib + (64 << 10)), claim.held[-1])


def test_the_answer_reaches_no_run_of_a_submission(claim):
    """Only what `execute` is given is open: no descriptor is left of a run before."""
    program = built(claim, source("#include <unistd.h>\nint main(void) { return dup(0); }"))
    assert execute(claim, program, INPUT, LIMITS, inputs=(Blob.sealed(b"answer"),)).exit_code == 4
    assert execute(claim, program, INPUT, LIMITS).exit_code == 3


@pytest.mark.parametrize(
    ("name", "cpu_ms", "memory_mib", "verdict"), [("Hoard.java", 5000, 64, "MLE"), ("Swarm.java", 1500, 512, "TLE")]
)
def test_an_attack_in_java_has_its_verdict_and_leaves_nothing(claim, untouched, name, cpu_ms, memory_mib, verdict):
    """All memory; threads and programs without end."""
    limits = Limits(cpu_ms=cpu_ms, wall_ms=20000, memory_mib=memory_mib, output_bytes=1 << 20)
    measured = attack(claim, name, limits=limits)
    assert of_run(measured) == verdict
    measured.stdout.close()
    java = LANGUAGES["java"]
    extra_mib = memory_mib + java.memory_extra_mib - LIMITS.memory_mib  # C, in a container of the same size
    there = replace(LANGUAGES["c"], processes=java.processes, memory_extra_mib=extra_mib)
    contained(claim, untouched, claim.held[-1], there)


def test_a_run_whose_container_is_killed_is_done_again(pool):
    client = docker.from_env()
    # it takes a second, and ends only when it was not killed
    slow = '#include <stdio.h>\n#include <time.h>\nint main(void) { while (clock() < CLOCKS_PER_SEC) ; return puts("whole") < 0; }'
    limits = Limits(cpu_ms=60000, wall_ms=60000, memory_mib=64, output_bytes=1 << 20)
    counted = failed("work")
    pool.failed.clear()
    with pool.claim(0) as claim:
        program = built(claim, source(slow))
        execute(claim, built(claim, SUM), INPUT, limits)
        used = claim.held

        def at_work(sandbox):
            return any(
                "/w/program" in " ".join(row) for row in client.containers.get(sandbox.container).top()["Processes"]
            )

        def kill():
            target = until(lambda: next(filter(at_work, used), None), 20, "the program runs")
            client.containers.get(target.container).kill()

        killer = threading.Thread(target=kill)
        killer.start()
        measured = execute(claim, program, None, limits)
        killer.join()
        assert measured.stdout.bytes() == b"whole\n"
        assert (failed("work"), pool.failed) == (counted + 1, {0}), "its canary is due"
        assert sum(not sandbox.alive for sandbox in used) == 1
        assert still_right(claim)
    client.close()


def test_a_container_that_died_while_idle_is_replaced(pool):
    client = docker.from_env()
    with pool.claim(0) as claim:
        assert still_right(claim)
        used = claim.held
    for sandbox in used:
        client.containers.get(sandbox.container).kill()
    counted = failed("idle")
    pool.failed.clear()
    with pool.claim(0) as claim:
        assert still_right(claim)
        assert not set(used) & set(claim.held)
    assert (failed("idle"), pool.failed) == (counted + len(used), {0}), "its canary is due"
    client.close()
