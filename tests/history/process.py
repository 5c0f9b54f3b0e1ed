"""The history as a process of its own, for tests to start, to kill and to ask."""

import os
import subprocess
import sys
from pathlib import Path

import clickhouse_connect
import httpx

from tests.wait import until

_MAIN = """
from history.server import run
from schemas.errors import PodiumError
from schemas.settings import load
try:
    run(load())
except PodiumError as error:
    raise SystemExit(str(error))
"""


class HistoryProcess:
    """`podium run history` on a port and a home."""

    def __init__(self, home: Path, port: int, **env: str) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._env = {
            **os.environ,
            "PODIUM_HOME": str(home),
            "PODIUM_CLICKHOUSE": self.url,
            **env,
        }
        self._log = home.parent / f"{home.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "HistoryProcess":
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", _MAIN], env=self._env, stderr=log)
        try:
            until(self._answers, 120, "the history answers")  # a busy machine was seen to take over 30 s
        except AssertionError:
            self.kill()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()[-2000:]
        try:
            return httpx.get(f"{self.url}/ping", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def refusal(self) -> str:
        """What a process says that cannot start."""
        done = subprocess.run([sys.executable, "-c", _MAIN], env=self._env, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0
        return done.stderr

    def client(self, user: str = "default", **options):
        options.setdefault("database", "podium_public" if user == "analyst" else "podium")
        return clickhouse_connect.get_client(host="127.0.0.1", port=self.port, username=user, **options)
