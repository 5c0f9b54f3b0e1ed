"""A process that gets nowhere ends itself with 70, and says why."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess[str]:
    head = "import logging, time; from streams._faust.watchdog import Watchdog, end_process; logging.basicConfig();"
    return subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60)


def test_a_loop_that_no_longer_turns_ends_the_process():
    ended = run("dog = Watchdog(1.0); dog.beat(); time.sleep(60)")
    assert ended.returncode == 70
    assert "no sign of life" in ended.stderr


def test_beats_keep_it_alive_and_a_stopped_watchdog_bites_no_more():
    ended = run(
        "dog = Watchdog(2.0)\nfor _ in range(30): dog.beat(); time.sleep(0.1)\n"
        "assert dog.alive; dog.stop(); time.sleep(3.5)"
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_before_the_first_beat_it_waits():
    assert run("dog = Watchdog(0.0); time.sleep(1.5)").returncode == 0


def test_the_end_comes_without_unwinding():
    ended = run("\ntry: end_process('a bug')\nfinally: print('unwound')")
    assert (ended.returncode, ended.stdout) == (70, "")
    assert "a bug" in ended.stderr
