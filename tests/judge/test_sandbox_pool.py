"""The pool: what is reused and what is not, who is removed when, and that a dead judge leaves nothing running."""

import io
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.errors import NotFound

from judge.blob import Blob
from judge.compile import Compiled, Program, compile_program
from judge.container import Engine, Shape
from judge.execute import execute
from judge.kept import Programs
from judge.languages import LANGUAGES
from judge.pipeline import Judge
from judge.pool import Pool
from judge.probe import probe
from judge.sandbox import Limits
from judge.shapes import USUAL
from judge.uids import Core, UidBlock, free_cores
from judge.verdict import of_run
from packages import model
from schemas.definition import FileData
from schemas.errors import ConfigError, DependencyError, SandboxError
from schemas.settings import Settings
from tests.judge.conftest import ROOT
from tests.judge.programs import INPUT, LIMITS, MANY, SUM, attack, built, failed, source, still_right
from tests.wait import until

WHO = source('#include <stdio.h>\n#include <unistd.h>\nint main(void) { return printf("%d", getuid()) < 0; }')

_numbers = itertools.count()


def fresh() -> FileData:
    """A source that nobody has compiled yet."""
    return source(f"int main(void) {{ return {next(_numbers)} * 0; }}")


@pytest.fixture
def engine():
    client = docker.from_env()
    yield client
    client.close()


def used(pool, slot=0, act=still_right) -> set[str]:
    """The containers in which a submission was judged."""
    with pool.claim(slot) as claim:
        assert act(claim)
        return {sandbox.container for sandbox in claim.held}


def containers_of(engine, settings, owner) -> list[str]:
    """What is there of a pool, running or not."""
    label = f"podium.judge={owner} {settings.home.resolve()}"
    return [one.id for one in engine.containers.list(all=True, filters={"label": label}, ignore_removed=True)]


def test_a_clean_container_serves_the_next_submission_under_another_user(pool):
    users: dict[str, set[bytes]] = {}
    for _ in range(4):
        with pool.claim(0) as claim:
            user = execute(claim, built(claim, WHO), INPUT, LIMITS).stdout.bytes()
            for sandbox in claim.held:
                users.setdefault(sandbox.container, set()).add(user)
    assert len(set().union(*users.values())) == 4
    # the machine may take one away in between, for want of memory: then the two after it have another one
    assert max(map(len, users.values())) >= 2


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("sleeper.c", "ILE"), ("spinner.c", "TLE"), ("memory_bomb.c", "MLE")],
)
def test_a_container_whose_run_was_ended_is_not_used_again(pool, name, verdict):
    """One that floods its output is ended by the kernel, at the first byte too much: its container is clean, and only wiped."""
    limits = Limits(cpu_ms=300, wall_ms=300, memory_mib=64, output_bytes=1 << 20)
    with pool.claim(0) as claim:
        assert of_run(attack(claim, name, limits=limits)) == verdict
        ended = {sandbox.container for sandbox in claim.held if sandbox.suspect}
    assert ended
    assert not ended & used(pool)


@pytest.mark.parametrize("how", ["its wipe fails", "it is dead"])
def test_a_container_that_cannot_be_wiped_is_not_used_again_and_the_slots_canary_is_due(pool, engine, how):
    def fails():
        raise SandboxError("the wipe fails")

    counted = failed("wipe")
    pool.failed.clear()
    with pool.claim(0) as claim:
        assert still_right(claim)
        sandbox = claim.held[-1]
        if how == "it is dead":
            engine.api.kill(sandbox.container, "SIGKILL")
        else:
            sandbox.reset = fails
    assert (failed("wipe"), pool.failed) == (counted + 1, {0})
    assert sandbox.container not in used(pool)
    assert failed("wipe") == counted + 1, "of those that are as they should be none counts"


def test_containers_that_die_before_anything_runs_in_them_are_not_left_behind(pool, engine, monkeypatch):
    """Neither the first, nor the one that is made in its place. Of the jury's none is made ahead."""
    made, make, counted = [], pool.make, failed("idle")

    def dies(key):
        made.append(make(key))
        engine.api.kill(made[-1].container, "SIGKILL")
        return made[-1]

    monkeypatch.setattr(pool, "make", dies)
    shape = Shape.of_run(memory_mib=200, output_bytes=0, processes=1)
    with pool.claim(0) as claim, pytest.raises(SandboxError, match="the runner is gone"):
        claim.sandbox("jury", shape)
    names = {one.container for one in made}
    assert len(names) == 2
    until(
        lambda: not names & {one.id for one in engine.containers.list(all=True, ignore_removed=True)},
        30,
        "both are removed",
    )
    assert failed("idle") == counted + 1


def test_a_container_that_fails_while_it_is_made_ahead_counts_once_and_the_slots_canary_is_due(pool, monkeypatch):
    made = []

    def all_failed():
        return sum(failed("ahead", slot) for slot in (0, 1))

    def fails(sandbox, _uid):
        made.append(sandbox)
        raise SandboxError("the runner is gone")

    counted = all_failed()
    pool.failed.clear()
    monkeypatch.setattr("judge.pool.Sandbox.warm", fails)
    try:
        pool.want([("run", Shape.of_run(memory_mib=400, output_bytes=0, processes=1))])
        until(lambda: pool.failed == {0, 1}, 30, "one of each slot has failed")
        until(lambda: all_failed() == counted + len(made), 10, "each has counted, and once")
    finally:
        monkeypatch.undo()
        pool.want(USUAL)


def test_a_container_that_leaves_processes_is_not_used_again(pool):
    with pool.claim(0) as claim:
        attack(claim, "daemon.c", many=True)
        left = {sandbox.container for sandbox in claim.held if sandbox.suspect}
    assert left
    assert not left & used(pool, act=lambda claim: execute(claim, built(claim, SUM, MANY), INPUT, LIMITS))


def test_a_container_in_which_a_source_could_run_while_it_was_compiled_is_not_used_again(pool):
    """Whatever the source did: what such a language can change in a container is not for us to know."""
    language = replace(LANGUAGES["c"], compile_runs_code=True)
    with pool.claim(0) as claim:
        assert compile_program(claim, language, (fresh(),)).ok
        (first,) = [sandbox.container for sandbox in claim.held]
    with pool.claim(0) as claim:
        assert compile_program(claim, LANGUAGES["c"], (fresh(),)).ok
        assert first not in [sandbox.container for sandbox in claim.held]


def test_a_jurys_program_is_compiled_where_no_submission_is(pool, tmp_path):
    """By another user, too; what it leaves is removed, and none is made ahead."""
    files = {"build": "cp accept run", "accept": f"#!/bin/sh\n# {os.getpid()}\nexit 42\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    own = model.Program("check", "", tuple((name, tmp_path / name) for name in files), own_build=True)
    with pool.claim(0) as claim:
        assert compile_program(claim, LANGUAGES["c"], (fresh(),)).ok
        assert Judge(pool).build(claim, own)
        assert [sandbox.suspect for sandbox in claim.held] == ["", "what was compiled in it ran"]
        assert len({sandbox._uid for sandbox in claim.held}) == 2
    assert not [key for slot in pool._slots for key in slot.idle if key[1] == "jury"]


def test_what_is_wanted_is_ready_in_each_slot_and_goes_last(pool, monkeypatch):
    monkeypatch.setattr("judge.pool._IDLE_MAX", 2)
    kinds = [("run", Shape.of_run(memory_mib=memory, output_bytes=0, processes=1)) for memory in (100, 300, 500)]

    def ready():
        return [[key[1:] for key in slot.idle] for slot in pool._slots]

    pool.want(kinds[:1])
    try:
        until(lambda: all(kinds[0] in idle for idle in ready()), 30, "each slot has one")
        for role, shape in kinds[1:]:
            with pool.claim(0) as claim:
                claim.sandbox(role, shape)
        assert ready()[0] == [kinds[0], kinds[2]]
    finally:
        pool.want(USUAL)


def test_a_container_serves_twenty_five_submissions_at_most(pool, monkeypatch):
    """Also where none is there to take its place: the engine may be slow."""
    monkeypatch.setattr(pool, "_later", lambda *_: None)
    assert max(Counter(container for _ in range(60) for container in used(pool)).values()) <= 25


def test_no_submission_waits_until_a_container_is_made_that_takes_an_old_ones_place(pool, monkeypatch):
    used(pool)
    make, makers = pool.make, []
    monkeypatch.setattr(pool, "make", lambda key: makers.append(threading.current_thread()) or make(key))
    seen = set()
    for _ in range(60):
        seen |= used(pool)
        caught_up = threading.Event()
        pool._work.put(caught_up.set)
        assert caught_up.wait(
            60
        )  # a busy machine comes to it later than five submissions, which is not what is asked here
    assert len(seen) > 2
    assert makers
    assert threading.current_thread() not in makers


def test_slots_do_not_share_containers(pool):
    assert not used(pool, 0) & used(pool, 1)


def test_a_slot_does_not_share_its_weight_with_all_other_containers(pool, engine):
    info = engine.info()
    if (info["CgroupVersion"], info["CgroupDriver"]) != ("1", "cgroupfs"):
        pytest.skip("only there Docker's group is weighed against single processes of the host")
    for container in used(pool):
        pid = engine.api.inspect_container(container)["State"]["Pid"]
        groups = dict(line.split(":")[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
        assert groups["cpu"] == f"/{container}"


def test_fresh_containers_for_each_submission(judge_settings, engine):
    settings = judge_settings.model_copy(update={"judge_fresh": "always"})
    with Pool(settings, owner=f"fresh-{os.getpid()}") as pool:
        first, second = used(pool), used(pool)
    assert first
    assert not first & second


def test_a_closed_pool_leaves_no_container(judge_settings, engine):
    with Pool(judge_settings, owner=f"closed-{os.getpid()}") as pool:
        containers = used(pool)
        with pool.claim(0) as claim:  # still in somebody's hands when the pool closes
            assert still_right(claim)
            containers |= {sandbox.container for sandbox in claim.held}
            pool.close()
            with pytest.raises(
                DependencyError, match="the judge ends"
            ):  # as the engine's absence: no fault of its task
                still_right(claim)
    for container in containers:
        with pytest.raises(NotFound):
            engine.containers.get(container)


def test_a_killed_judge_leaves_nothing_running_and_its_next_start_nothing_at_all(judge_settings, engine):
    """The containers end by themselves, since their runners lose the judge; the next start removes them."""
    script = (
        "import sys; from pathlib import Path; from judge.pool import Pool; from schemas.settings import Settings\n"
        "pool = Pool(Settings(home=Path(sys.argv[1])), owner='killed'); pool.start()\n"
        "from tests.judge.programs import still_right\n"
        "claim = pool.claim(0).__enter__(); assert still_right(claim)\n"
        "print(*[sandbox.container for sandbox in claim.held], flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(judge_settings.home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as judge:
        containers = judge.stdout.readline().split()
        assert len(containers) == 2
        judge.send_signal(signal.SIGKILL)
    until(lambda: all(engine.containers.get(one).status == "exited" for one in containers), 10, "the containers end")
    with Pool(judge_settings, owner="another") as pool:
        assert not used(pool) & set(containers)
        for container in containers:
            with pytest.raises(NotFound):
                engine.containers.get(container)


def test_an_image_that_was_replaced_and_is_gone_is_found_again(judge_settings, engine, tmp_path):
    """`make setup` with a judge running: its image goes when no container of it is left."""
    name = f"podium-judge-replaced-{os.getpid()}:latest"

    def replaced(label) -> str:
        dockerfile = f"FROM {judge_settings.judge_image}\nLABEL replaced={label}\n".encode()
        return engine.images.build(fileobj=io.BytesIO(dockerfile), tag=name, rm=True)[0].id

    shape = Shape.of_run(memory_mib=32, output_bytes=0, processes=1)
    first = replaced("first")
    core = Engine(judge_settings.model_copy(update={"judge_image": name}), f"replaced-{os.getpid()}", tmp_path)
    try:
        second = replaced("second")
        engine.images.remove(first)
        assert core.known_image("extra") is None
        container, channel = core.start(shape, 0, min(os.sched_getaffinity(0)))
        channel.close()
        assert engine.containers.get(container).image.id == core.known_image("default") == second
    finally:
        core.remove_leftovers()
        core.close()
        engine.images.remove(name)


def test_without_its_image_a_judge_does_not_start(tmp_path):
    with pytest.raises(ConfigError, match=r"no image podium-none:latest; `make setup` builds it"):
        Pool(Settings(home=tmp_path, judge_image="podium-none:latest"), owner="none")


def test_a_machine_whose_sandbox_lets_something_through_does_not_judge(judge_settings, engine, monkeypatch):
    monkeypatch.setattr("judge.container._SECCOMP", '{"defaultAction": "SCMP_ACT_ALLOW"}')
    owner = f"open-{os.getpid()}"
    with pytest.raises(ConfigError, match="the sandbox does not hold on this machine: a socket of AF_INET"):
        Pool(judge_settings, owner=owner).start()
    assert containers_of(engine, judge_settings, owner) == []


def test_a_container_that_is_killed_while_the_sandbox_is_tried_out_says_nothing_of_the_machine(
    judge_settings, engine, monkeypatch
):
    tried = []

    def killed_once(sandbox):
        tried.append(sandbox)
        if len(tried) == 1:
            engine.api.kill(sandbox.container, "SIGKILL")
        probe(sandbox)

    monkeypatch.setattr("judge.pool.probe", killed_once)
    with Pool(judge_settings, owner=f"probed-{os.getpid()}") as pool, pool.claim(0) as claim:
        assert still_right(claim)
    assert len(tried) == 2


def test_two_living_judges_of_one_home_have_two_names(judge_settings, engine):
    with Pool(judge_settings, owner=f"one-{os.getpid()}") as pool:
        with pytest.raises(ConfigError, match="give each its own PODIUM_JUDGE_HOST"):
            Pool(judge_settings, owner=f"one-{os.getpid()}")
        assert used(pool)
    Pool(judge_settings, owner=f"one-{os.getpid()}").close()


def test_what_a_dead_process_left_goes_with_the_next_start_of_any(judge_settings, tmp_path):
    (judge_settings.home / "run" / "judge" / "verify-1" / "runner-x").mkdir(parents=True)
    Pool(judge_settings, owner=f"other-{os.getpid()}").close()
    assert not (judge_settings.home / "run" / "judge" / "verify-1").exists()


def test_a_judge_may_open_as_many_files_as_the_system_grants(judge_settings):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    try:
        pool = Pool(judge_settings, owner=f"files-{os.getpid()}")
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == pool.files == min(hard, 65536)
        pool.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_slots_of_all_processes_spread_over_the_cores():
    cores = [Core(sorted(os.sched_getaffinity(0))) for _ in range(2 * len(os.sched_getaffinity(0)))]
    counts = Counter(core.number for core in cores)
    first = cores[0]
    first.close()
    cores.append(Core(sorted(os.sched_getaffinity(0))))
    assert max(counts.values()) - min(counts.values()) <= 1
    assert cores[-1].number == first.number
    for core in cores:
        core.close()


def test_a_machine_that_cannot_limit_containers_does_not_judge(judge_settings, monkeypatch):
    real = docker.DockerClient.info
    monkeypatch.setattr(docker.DockerClient, "info", lambda client: real(client) | {"PidsLimit": False})
    with pytest.raises(ConfigError, match=r"the kernel cannot limit containers \(PidsLimit"):
        Pool(judge_settings, owner=f"limitless-{os.getpid()}")


@pytest.mark.parametrize(
    ("wall", "found"),
    [
        ({"pids_limit": 1000}, "any number of processes"),
        ({"pids_limit": 1}, "the sandbox does not work on this machine: .*Resource temporarily unavailable"),
        ({"mem_limit": "1g", "memswap_limit": "1g"}, "128 MiB of memory"),
    ],
)
def test_a_limit_that_does_not_hold_is_found_at_the_start(judge_settings, monkeypatch, wall, found):
    real = Engine._walls
    monkeypatch.setattr(Engine, "_walls", lambda *args: real(*args) | wall)
    with pytest.raises(ConfigError, match=found):
        Pool(judge_settings, owner=f"limitless-{os.getpid()}").start()


def test_user_ids_are_nobody_elses_until_they_are_given_back():
    first, second = UidBlock(), UidBlock()
    ids = {first.next() for _ in range(40)}
    assert len(ids) == 16
    assert not ids & {second.next() for _ in range(40)}
    first.close()
    third = UidBlock()
    assert {third.next() for _ in range(40)}
    second.close()
    third.close()


def test_slots_keep_off_the_reserved_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5})
    assert free_cores(Settings()) == [0, 1, 2, 5]
    assert free_cores(Settings(judge_reserved_cores="0,2")) == [1, 5]
    for wrong in ("7", "0-5", "0-2,5"):
        with pytest.raises(ConfigError, match=r"PODIUM_JUDGE_RESERVED_CORES=.*has the cores 0, 1, 2, 5"):
            free_cores(Settings(judge_reserved_cores=wrong))


def test_the_containers_have_the_runtime_that_the_settings_name(judge_settings, engine):
    name = next(name for name in engine.info()["Runtimes"] if name.startswith("io.containerd.runc"))
    with Pool(judge_settings.model_copy(update={"judge_runtime": name}), owner=f"runtime-{os.getpid()}") as pool:
        (container,) = list(used(pool))[:1]
        assert engine.containers.get(container).attrs["HostConfig"]["Runtime"] == name
        assert pool.facts["runtime"] == name


def test_a_runtime_that_the_engine_lacks_is_one_clear_line(judge_settings):
    settings = judge_settings.model_copy(update={"judge_runtime": "none"})
    with pytest.raises(
        ConfigError, match=r"^PODIUM_JUDGE_RUNTIME=none: the Docker engine has no such runtime; it has .*runc"
    ):
        Pool(settings, owner=f"runtime-{os.getpid()}")


def test_a_kernel_of_its_own_judges_or_says_at_the_start_what_it_lacks(judge_settings, engine):
    """gVisor, where it is installed: never does a judge go on without its walls and its measurements."""
    if "runsc" not in engine.info()["Runtimes"]:
        pytest.skip("the Docker engine has no runtime runsc (gVisor)")
    owner = f"runsc-{os.getpid()}"
    pool = Pool(judge_settings.model_copy(update={"judge_runtime": "runsc"}), owner=owner)
    refused = ""
    try:
        pool.start()
    except ConfigError as error:
        refused = str(error)
    if refused:
        assert re.match(r"the sandbox does not (hold|work) on this machine: .", refused)
        assert containers_of(engine, judge_settings, owner) == []
        return
    with closing(pool), pool.claim(0) as claim:
        assert attack(claim, "memory_bomb.c").memory_exceeded
        assert attack(claim, "spinner.c").cpu_exceeded
        assert attack(claim, "forbidden.c").stdout.bytes() == b""
        assert still_right(claim)


def test_of_kept_programs_those_unused_for_longest_go_first(monkeypatch):
    monkeypatch.setattr("judge.kept._BYTES", 2500)
    programs, one = Programs(3), Compiled(ok=True, log="x" * 1000, program=None, cpu_ms=0, wall_ms=0)
    for key in ("first", "second", "second", "third"):  # two slots may compile the same at once
        programs.remember(key, one)
    assert [programs.known(key) for key in ("first", "second", "third")] == [None, one, one]
    assert programs.known("second") == one
    programs.remember("fourth", one)
    assert [programs.known(key) for key in ("second", "third", "fourth")] == [one, None, one]
    files = tuple((name, Blob.sealed(name.encode())) for name in "abc")
    large = replace(one, log="", program=Program(LANGUAGES["c"], files, "", "large"))
    for key in ("large", "larger"):
        programs.remember(key, large)
    assert [programs.known(key) for key in ("second", "fourth", "large", "larger")] == [None, None, None, large]
