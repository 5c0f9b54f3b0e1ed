"""What every process has: its door for metrics and readiness, its log in JSON lines."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from podium.stack.parts import is_ready
from schemas.errors import ConfigError
from schemas.runtime import Door
from schemas.settings import Settings
from tests.conftest import free_port_base


@pytest.fixture
def settings():
    return Settings(metrics=f"127.0.0.1:{free_port_base() + 150}")


def get(settings, path):
    try:
        with urllib.request.urlopen(f"http://{settings.metrics}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_readiness_and_liveness_are_asked_at_each_request(settings):
    state = {"ready": False, "alive": True}
    with Door(settings, ready=lambda: state["ready"], alive=lambda: state["alive"]):
        assert get(settings, "/readyz") == (503, "not yet\n")
        assert not is_ready(settings.metrics)
        state["ready"] = True
        assert get(settings, "/readyz") == (200, "ok\n")
        assert is_ready(settings.metrics)
        state["alive"] = False
        assert get(settings, "/livez") == (503, "not yet\n")
        assert "python_info" in get(settings, "/metrics")[1]
        assert get(settings, "/")[0] == 404
    assert not is_ready(settings.metrics)


def test_a_taken_address_is_a_wrong_setting(settings):
    with Door(settings), pytest.raises(ConfigError, match=rf"PODIUM_METRICS: {settings.metrics}: Address already"):
        Door(settings)


def test_without_an_address_there_is_no_door():
    with Door(Settings()):
        pass


def test_logs_are_json_lines_also_of_what_nothing_catches():
    code = (
        "import logging, threading, warnings; from schemas.logs import setup; setup('scorer-1')\n"
        "logging.getLogger('a').info('zwölf %d', 12)\n"
        "warnings.warn('old')\n"
        "thread = threading.Thread(target=lambda: 1 / 0, name='sink'); thread.start(); thread.join()\n"
        "raise RuntimeError('two\\nlines')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"].splitlines()[0].rpartition(" ")[2] for line in lines[:1]] == ["12"]
    assert {line["process"] for line in lines} == {"scorer-1"}
    assert [line["level"] for line in lines] == ["info", "warning", "critical", "critical"]
    assert lines[2]["message"] == "thread sink ended: division by zero"
    assert lines[3]["message"] == "the process ends: two\nlines"
    assert "Traceback" in lines[3]["exception"]
