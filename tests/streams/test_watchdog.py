"""A process that gets nowhere ends itself with 70, and says why."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = "import logging, time; from streams._faust.watchdog import Watchdog, end_process; logging.basicConfig();"
BEATS = """
import threading
dog, seconds, counted = Watchdog(2.0), threading.Semaphore(0), threading.Semaphore(0)
dog._stopped.wait = lambda _: counted.release() or not seconds.acquire()
dog.beat()
counted.acquire()
for _ in range(32):
    seconds.release()
    counted.acquire()
    dog.beat()
assert dog.alive
"""
"""One beat in each of the seconds that it counts, however long they are: a busy machine may keep a loop from its beats."""

CASES = {
    "its loop no longer turns": "dog = Watchdog(1.0); dog.beat(); time.sleep(60)",
    "beats": BEATS,
    "stopped": "dog = Watchdog(1.0); dog.beat(); dog.stop(); time.sleep(2.5)",
    "no first beat": "dog = Watchdog(0.0); time.sleep(1.5)",
    "a bug": "\ntry: end_process('a bug')\nfinally: print('unwound')",
}


@pytest.fixture(scope="module")
def ended():
    """What became of each case: exit code, output, errors. They sleep, and so all at once."""
    running = {
        case: subprocess.Popen(
            [sys.executable, "-c", HEAD + code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for case, code in CASES.items()
    }
    try:
        told = {case: process.communicate(timeout=60) for case, process in running.items()}
    finally:
        for process in running.values():
            process.kill()
    return {case: (running[case].returncode, *told[case]) for case in CASES}


def test_a_loop_that_no_longer_turns_ends_the_process(ended):
    code, _, said = ended["its loop no longer turns"]
    assert code == 70
    assert "no sign of life" in said


def test_beats_keep_it_alive_and_a_stopped_watchdog_bites_no_more(ended):
    assert ended["beats"] == ended["stopped"] == (0, "", "")


def test_before_the_first_beat_it_waits(ended):
    assert ended["no first beat"] == (0, "", "")


def test_the_end_comes_without_unwinding(ended):
    code, printed, said = ended["a bug"]
    assert (code, printed) == (70, "")
    assert "a bug" in said
