"""`podium demo` as `make demo` runs it: one that people look round in, and a second one in the same place as good as the first."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.versions import BASES
from podium.stack.stack import read_state
from schemas.settings import Settings
from tests.api.archiver import archive
from tests.api.spec_client import SpecClient
from tests.conftest import free_port_base
from tests.wait import until

_DEMO_S = 1800
"""Four minutes on a machine at rest; a demo gives up by itself when its judges are silent for two."""
CONTEST = "demo"


@pytest.mark.long
@pytest.mark.timeout(2 * _DEMO_S + 100)
def test_long_the_demo_is_right_and_others_download_it_and_a_second_one_in_the_same_place_is_as_good(tmp_path):
    home = tmp_path / "home"
    env = os.environ | {"PODIUM_HOME": str(home), "PODIUM_PORT_BASE": str(free_port_base())}
    with looked_round_in(env) as (url, jury, where):
        finalize = [sys.executable, "-m", "podium", "contest", "finalize", CONTEST]
        done = subprocess.run(finalize, env=env | where, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        for version, base in BASES.items():
            follow(url + base, jury, Path(where["PODIUM_HOME"]))
            lists = archive(url + base, CONTEST, jury, tmp_path / version)
            assert [type_ for type_, listed in lists.items() if not listed] == [], "the demo has one of everything"
            assert (tmp_path / version / "event-feed.ndjson").stat().st_size > 100_000
    demo = subprocess.run(
        [sys.executable, "-m", "podium", "demo", "--once"], env=env, capture_output=True, text=True, timeout=_DEMO_S
    )
    assert (demo.returncode, demo.stderr) == (0, ""), demo.stdout[-3000:]
    right(demo.stdout)
    left = subprocess.run(
        ["docker", "ps", "-a", "--filter", "label=podium.judge", "--format", '{{.Label "podium.judge"}}'],
        capture_output=True,
        text=True,
    ).stdout
    assert str(home) not in left


def right(said: str) -> None:
    assert "submissions of 24 teams; the board moves at" in said
    assert "board, history and recomputation agree at position" in said
    ending = [line for line in said.splitlines() if "ready" not in line and "stop" not in line]
    assert "everything was right" in ending


@contextlib.contextmanager
def looked_round_in(env):
    """A demo that was held and stays up: its address, the jury's login, and what commands are told; Ctrl-C ends it."""
    command = [sys.executable, "-m", "podium", "demo"]
    demo = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(demo.stdout), daemon=True)
    reader.start()
    try:
        until(lambda: any("scoreboard" in one for one in said[-3:]) or demo.poll() is not None, _DEMO_S, "it is held")
        text = "".join(said)
        right(text)
        (url,) = re.findall(r"The stack stays up at (\S+)/", text)
        (password,) = re.findall(r"^  jury +(\S+)$", text, re.MULTILINE)
        (line,) = re.findall(r"^  (PODIUM_.*) \S+/podium status", text, re.MULTILINE)
        yield url, ("jury", password), dict(one.split("=") for one in line.split())
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(120)
        reader.join()
        demo.stdout.close()
    assert demo.returncode == 0


def follow(base: str, jury: tuple[str, str], home: Path) -> None:
    """A client written from the specification alone ends with the objects that the API lists, after three cuts and a restart."""
    client = SpecClient(base, [base], CONTEST, jury)
    try:
        client.start(disconnects=3)
        until(lambda: client.has_connected(4), 60, "it has cut three times")
        (killed,) = api_pids(home)
        os.kill(killed, signal.SIGKILL)
        client.finish(300)
        assert client.connections > 4, "the demo was told to the end before its api was killed"
        assert killed not in api_pids(home)
        assert client.objects == client.listed()
    finally:
        client.close()


def api_pids(home: Path) -> list[int]:
    """The api processes of the stack that runs there."""
    state = read_state(Settings(home=home))
    return [one["pid"] for one in state["processes"] if one["kind"] == "api"]
