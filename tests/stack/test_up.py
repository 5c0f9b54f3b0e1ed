"""`podium up`, `status` and `down` as an operator uses them, with the two parts that need no process of ours."""

import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest
import redis

from podium.cli import main
from podium.commands import status
from podium.stack.parts import KINDS
from podium.stack.stack import read_state
from schemas.live import meta_key
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.stack.test_stack import gone
from tests.wait import until

NOTHING_ELSE = ",".join(f"{kind}=0" for kind in KINDS if kind != "history")


@pytest.fixture
def podium(tmp_path):
    base = free_port_base()
    env = os.environ | {
        "PODIUM_HOME": str(tmp_path / "home"),
        "PODIUM_PORT_BASE": str(base),
        "PODIUM_CLICKHOUSE": "http://127.0.0.1:1",  # named, and so not started
    }

    def run(*arguments, **more):
        return subprocess.run(
            [sys.executable, "-m", "podium", *arguments], env=env | more, capture_output=True, text=True, timeout=120
        )

    run.env = env
    yield run
    if read_state(Settings(home=tmp_path / "home")) is not None:
        run("down")


def test_a_stack_from_its_start_to_its_end(podium, tmp_path):
    def processes():
        return {p["name"]: p for p in read_state(Settings(home=tmp_path / "home"))["processes"]}

    up = podium("up", "--detach", "--scale", NOTHING_ELSE)
    assert (up.returncode, up.stderr) == (0, "")
    assert "the board is at http://127.0.0.1:" in up.stdout

    shown = podium("status")
    assert shown.returncode == 0
    assert "kafka" in shown.stdout
    assert "redis" in shown.stdout

    second = podium("up", "--scale", NOTHING_ELSE)
    assert second.returncode == 1
    assert "a stack runs already" in second.stderr
    assert "podium down" in second.stderr
    assert second.stderr.count("\n") == 1

    before = processes()
    os.kill(before["redis"]["pid"], signal.SIGKILL)
    after = until(
        lambda: (now := processes())["redis"]["state"] == "ready" and now["redis"]["restarts"] == 1 and now,
        30,
        "redis was started again",
    )
    assert json.loads(podium("status", "--json").stdout)["processes"] == list(after.values())
    assert after["redis"]["pid"] != before["redis"]["pid"]
    assert after["kafka"]["pid"] == before["kafka"]["pid"]

    down = podium("down")
    assert (down.returncode, down.stdout) == (0, "the stack has ended\n")
    assert all(gone(p["pid"]) for p in after.values())
    assert json.loads(podium("status", "--json").stdout)["running"] is False
    assert podium("down").stdout.startswith("no stack runs in")


def test_an_up_whose_output_nobody_reads_any_more_goes_on(podium, tmp_path):
    """As `podium up | head -1`."""

    def redis_ready(restarts):
        (found,) = (read_state(Settings(home=tmp_path / "home")) or {}).get("processes") or [None]
        return found if found and (found["state"], found["restarts"]) == ("ready", restarts) else None

    up = subprocess.Popen(
        [sys.executable, "-m", "podium", "up", "--scale", NOTHING_ELSE],
        env=podium.env | {"PODIUM_KAFKA": "127.0.0.1:1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with up:
        try:
            up.stdout.readline()
            up.stdout.close()
            os.kill(until(lambda: redis_ready(0), 30, "redis is ready")["pid"], signal.SIGKILL)
            until(lambda: redis_ready(1), 30, "redis was started again")
            up.terminate()
            assert (up.wait(60), up.stderr.read()) == (0, "")
        finally:
            up.kill()


def test_status_without_a_stack_shows_what_the_parts_say_that_others_run(tmp_path, redis_server, monkeypatch, capsys):
    monkeypatch.setattr(status, "_KAFKA_MS", 300)
    for name, value in (("HOME", tmp_path), ("REDIS", redis_server), ("KAFKA", "127.0.0.1:1")):
        monkeypatch.setenv(f"PODIUM_{name}", str(value))
    monkeypatch.setenv("PODIUM_CLICKHOUSE", "http://127.0.0.1:1")
    with redis.Redis.from_url(redis_server) as client:
        client.hset(meta_key("elsewhere"), mapping={"log": 12, "rows": 7})
    try:
        assert main(["status"]) == 1
    finally:
        with redis.Redis.from_url(redis_server) as client:
            client.delete(meta_key("elsewhere"))
    shown = capsys.readouterr().out
    assert shown.startswith("no stack runs in")
    assert "contest  elsewhere: in partition" in shown
    assert "Kafka at 127.0.0.1:1" in shown


def test_a_demo_that_runs_is_named_where_no_stack_of_ones_own_does(podium, tmp_path):
    demo = tmp_path / "home" / "demo"
    (demo / "run").mkdir(parents=True)
    with (demo / "run" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in ("status", "down"):
            assert f"one runs in {demo}: say PODIUM_HOME={demo}" in podium(command).stdout


def test_a_stack_without_the_judge_image_does_not_start(podium):
    up = podium("up", PODIUM_JUDGE_IMAGE="podium-judge:nobody-built-this")
    assert up.returncode == 2
    assert up.stderr.count("\n") == 1
    assert "no image podium-judge:nobody-built-this; `make setup` builds it" in up.stderr


def test_a_supervisor_that_is_killed_leaves_nothing_behind_and_nothing_in_the_way(podium):
    no_kafka = {"PODIUM_KAFKA": "127.0.0.1:1"}
    assert podium("up", "--detach", "--scale", NOTHING_ELSE, **no_kafka).returncode == 0
    state = json.loads(podium("status", "--json").stdout)
    os.kill(state["pid"], signal.SIGKILL)
    until(lambda: gone(state["processes"][0]["pid"]), 10, "redis has died with its supervisor")
    again = podium("up", "--detach", "--scale", NOTHING_ELSE, **no_kafka)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_stack_that_cannot_start_says_why_and_leaves_nothing(podium, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "redis").write_text("in the way of the folder")
    up = podium("up", "--detach", "--scale", NOTHING_ELSE, PODIUM_KAFKA="127.0.0.1:1")
    assert up.returncode == 2
    assert "podium: " in up.stderr
    assert "redis" in up.stderr
    assert "Traceback" not in up.stderr
    assert json.loads(podium("status", "--json").stdout)["running"] is False
