"""Ctrl-C while a call runs that does not bear it."""

import os
import signal
import threading

import pytest

from podium.interrupts import uninterrupted


def test_a_ctrl_c_comes_when_the_call_is_over():
    before, done = signal.signal(signal.SIGINT, signal.default_int_handler), []

    def call():
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("all of it")

    try:
        with pytest.raises(KeyboardInterrupt):
            call()
        assert done == ["all of it"]
        with uninterrupted():
            pass
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_is_not_asked_for_signals():
    said = []

    def run():
        with uninterrupted():
            said.append("ran")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert said == ["ran"]
