"""The supervisor starts, restarts and ends processes, and leaves nothing behind."""

import errno
import fcntl
import os
import signal
import subprocess
from contextlib import suppress
from itertools import cycle

import pytest
import redis

from podium.stack import kafka as kafka_module
from podium.stack import stack as stack_module
from podium.stack import supervised
from podium.stack.docker import remove_containers
from podium.stack.stack import Stack, read_state
from podium.stack.supervised import State
from schemas.errors import ConfigError, DependencyError, UsageError
from schemas.settings import Settings
from schemas.topics import TOPICS, apply_topics, check_topics
from tests.conftest import free_port_base
from tests.wait import until


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def another_is_ready(process, pid):
    # when its end is seen it has none, and is still ready for a moment
    return process.state is State.READY and process.pid not in (None, pid)


def test_topics_are_made_once_and_checked(kafka, settings):
    assert apply_topics(settings) == []
    check_topics(settings, frozenset(TOPICS))


def test_the_storage_of_a_broker_is_formatted_once_a_checkout(tmp_path, monkeypatch):
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "libs").symlink_to(kafka_module.libs())
    monkeypatch.setattr(kafka_module, "libs", lambda: tmp_path / "kafka" / "libs")
    homes = [Settings(home=tmp_path / name) for name in ("first", "second")]
    kafka_module.prepare(homes[0])
    monkeypatch.setattr(kafka_module, "_format", lambda *_: pytest.fail("it is formatted again"))
    for home in (homes[1], homes[1]):
        kafka_module.prepare(home)
    first, second = ({f.name: f.read_bytes() for f in (h.home / "kafka" / "data").iterdir()} for h in homes)
    assert first == second
    assert {"meta.properties", "bootstrap.checkpoint"} <= first.keys()


@pytest.fixture
def said():
    return []


@pytest.fixture
def stack(settings, said):
    apart = Settings(home=settings.home, port_base=free_port_base())
    stack = Stack(apart, only=frozenset({"redis"}), say=lambda *line: said.append(line))
    yield stack
    stack.stop()


def test_a_killed_process_is_started_again(stack, said):
    stack.start()
    pid = stack.processes["redis"].pid
    stack.kill("redis")
    until(lambda: another_is_ready(stack.processes["redis"], pid), 30, "redis is back")
    assert redis.Redis.from_url(stack.settings.redis).ping()
    assert any("killed by SIGKILL" in detail for _, _, detail in said)


def test_a_second_start_in_the_same_home_says_so_and_harms_nothing(stack):
    stack.start()
    assert read_state(stack.settings)["processes"][0]["name"] == "redis"
    with pytest.raises(UsageError, match="a stack runs already"):
        Stack(stack.settings, only=frozenset({"redis"})).start()
    assert stack.processes["redis"].state is State.READY


def test_a_state_that_cannot_be_written_ends_nothing_and_is_written_later(stack, said):
    stack.start()
    blocked = stack.settings.home / "run" / "stack.new"

    def block():
        with suppress(FileExistsError):  # it is being written
            blocked.mkdir()
        return blocked.is_dir()

    until(block, 10, "as with a full disk, nothing can be written there")
    pid = stack.processes["redis"].pid
    stack.kill("redis")
    until(lambda: another_is_ready(stack.processes["redis"], pid), 30, "redis is back")
    blocked.rmdir()
    until(
        lambda: read_state(stack.settings)["processes"][0]["pid"] == stack.processes["redis"].pid, 10, "it is written"
    )


def test_a_terminal_that_is_gone_and_a_disk_that_is_full_end_nothing(settings):
    # what rich does where nobody reads a pipe any more, what a plain print does, and what a log file does
    lost = cycle([SystemExit(1), BrokenPipeError(), OSError(errno.ENOSPC, "no space left")])

    def say(*_):
        raise next(lost)

    stack = Stack(Settings(home=settings.home, port_base=free_port_base()), only=frozenset({"redis"}), say=say)
    try:
        stack.start()
        pid = stack.processes["redis"].pid
        stack.kill("redis")
        until(lambda: another_is_ready(stack.processes["redis"], pid), 30, "redis is back")
    finally:
        stack.stop()


def test_a_supervisor_that_fails_ends_its_processes_in_order_and_tells_whoever_waits(stack, said, monkeypatch):
    stack.start()
    pid = stack.processes["redis"].pid

    def fails():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(stack.processes["redis"], "tick", fails)
    with pytest.raises(
        DependencyError, match="the supervisor has failed and ends every process: ZeroDivisionError: a bug"
    ):
        until(stack.check, 10, "it is told")
    with pytest.raises(DependencyError, match="the supervisor has failed"):
        stack.hold("redis")
    stack.stop()
    assert gone(pid)
    assert [state for _, state, _ in said][-2:] == ["stopping", "stopped"]


def test_a_log_that_cannot_be_read_ends_nothing(stack):
    stack.start()
    process = stack.processes["redis"]
    process._log.unlink()
    assert process._last_words() == ""


def test_stopping_leaves_nothing_running(stack):
    stack.start()
    pid = stack.processes["redis"].pid
    stack.stop()
    assert gone(pid)
    assert read_state(stack.settings) is None


def test_a_process_that_is_held_down_stays_down_until_it_is_released(stack):
    stack.start()
    stack.hold("redis")
    assert stack.processes["redis"].state is State.HELD
    stack.release("redis")
    until(lambda: stack.processes["redis"].state is State.READY, 30, "redis is back")


def test_a_taken_port_ends_the_start_at_once_and_names_who_holds_it(stack, monkeypatch):
    monkeypatch.setattr(stack_module, "_PORTS_S", 0.2)
    stack.start()
    beside = Settings(home=stack.settings.home / "beside", port_base=stack.settings.port_base)
    second = Stack(beside, only=frozenset({"redis"}))
    with pytest.raises(ConfigError, match=r"\(redis\) is held by `redis-server.* \(pid \d+\); .*PODIUM_PORT_BASE"):
        second.start()
    assert second.processes["redis"].pid is None
    assert read_state(beside) is None


def test_a_process_that_says_it_cannot_run_ends_the_start_at_once_with_its_reason(settings, said):
    apart = Settings(home=settings.home, port_base=free_port_base())
    stack = Stack(apart, only=frozenset({"history"}), say=lambda *line: said.append(line))
    (settings.home / "history" / "data").mkdir(parents=True)
    with (settings.home / "history" / "data" / "status").open("wb") as status:
        fcntl.flock(status, fcntl.LOCK_EX)  # as an engine that has the store open holds it
        with pytest.raises(ConfigError, match=r"^history cannot run: history store is in use"):
            stack.start()
    assert stack.processes["history"].restarts == 0


def test_a_process_that_hangs_is_not_ready_and_is_killed_when_it_does_not_come_back(settings, kafka, said, monkeypatch):
    monkeypatch.setattr(supervised, "_ASK_AGAIN_S", 0.1)
    monkeypatch.setattr(supervised, "_HUNG_S", 1.0)
    apart = Settings(home=settings.home, port_base=free_port_base(), kafka=kafka)
    stack = Stack(apart, only=frozenset({"clock"}), say=lambda *line: said.append(line))
    try:
        stack.start()
        process = stack.processes["clock-1"]
        pid = process.pid
        stack.kill("clock-1", signal.SIGSTOP)
        until(lambda: ("clock-1", "not ready") in [line[:2] for line in said], 30, "it is said not to be ready")
        until(lambda: another_is_ready(process, pid), 60, "another one is ready")
        assert any("no progress" in detail for _, _, detail in said)
    finally:
        stack.stop()


def test_a_log_that_grows_too_large_is_put_aside_while_its_process_writes(stack, monkeypatch):
    monkeypatch.setattr(supervised, "_ASK_AGAIN_S", 0.1)
    monkeypatch.setattr(supervised, "_LOG_BYTES", 1000)
    log = stack.settings.home / "logs" / "redis.log"
    stack.start()
    with log.open("a") as out:
        out.write("x" * 2000)
    aside = log.with_suffix(".log.1")
    until(lambda: aside.exists() and log.stat().st_size < 1000, 30, "the log begins anew")
    assert "x" * 2000 in aside.read_text()


def test_what_a_killed_judge_leaves_is_removed_with_the_stack(tmp_path):
    names = [f"podium-test-{place}-{os.getpid()}" for place in ("here", "elsewhere")]
    for name, home in zip(names, (tmp_path, tmp_path / "other"), strict=True):
        label = f"podium.judge=host {home}"
        subprocess.run(
            ["docker", "create", "--name", name, "--label", label, "podium-judge:latest", "true"],
            check=True,
            capture_output=True,
        )
    try:
        assert remove_containers(tmp_path) == 1
        left = subprocess.run(["docker", "ps", "-a", "--format", "{{.Names}}"], capture_output=True, text=True).stdout
        assert [name in left.split() for name in names] == [False, True]
    finally:
        subprocess.run(["docker", "rm", "-f", *names], capture_output=True)


def test_an_unknown_process_cannot_be_scaled(settings):
    with pytest.raises(UsageError, match="--scale scorrer: there is no such process"):
        Stack(settings, scale={"scorrer": 2})
