"""An api process is replaced twice while programs read and write and a page watches: no request fails, no delta is missed."""

import json
import socket
import sys
import threading
from dataclasses import replace

import httpx
import pytest

from podium.cli import main
from podium.stack.stack import Stack, read_state
from schemas.errors import DependencyError, UsageError
from schemas.producer import Producer
from schemas.settings import Settings
from tests.api.world import PASSWORD, World
from tests.conftest import free_port_base
from tests.stacks import end_at_once
from tests.wait import until

CONTEST = "handed"
PARTS = frozenset({"kafka", "redis", "scorer", "live-sink", "api"})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("handover")
    stack = Stack(Settings(home=home, port_base=free_port_base(), session_timeout=6), only=PARTS)
    stack.start()
    try:
        with Producer(stack.settings) as producer:
            made = World(stack.settings, producer)
            made.stack = stack  # to be replaced in
            made.contest(CONTEST, teams=3, limits={"submissions": 10_000})
            made.appears(CONTEST)
            until(
                lambda: len(made.get(f"/api/contests/{CONTEST}/scoreboard").json()["rows"]) == 2, 30, "there is a board"
            )
            yield made
    finally:
        end_at_once(stack)


class Clients:
    """A reader that keeps its connection, one that opens a new one each time, a team that submits, a page that watches."""

    def __init__(self, world):
        self.world = world
        self.failed = []
        self.answered = dict.fromkeys(("keeps", "opens", "submits"), 0)
        self.pending = {}
        """Submissions that wait for judgement, by team, as the page shows them."""
        self.last, self.retry, self.joined = "", 0, 0
        self.submitting = threading.Event()
        self.submitting.set()
        self._stop = threading.Event()
        self._stream = None
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._keeps, self._opens, self._submits, self._watches)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self.submitting.set()
        self._stream.shutdown(socket.SHUT_RDWR)  # a heartbeat comes each 15 seconds
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)

    def _loop(self, name, ask, pause=0.02):
        while not self._stop.wait(pause):
            try:
                answer = ask(self.answered[name])
            except httpx.HTTPError as error:
                self.failed.append(f"{name}: {error!r}")
                continue
            if answer.status_code >= 400:
                self.failed.append(f"{name}: {answer.status_code} {answer.text[:200]}")
            self.answered[name] += 1

    def _keeps(self):
        with httpx.Client(base_url=self.world.url(), timeout=30) as http:
            paths = ("scoreboard", "state", "submissions", "runs")
            self._loop("keeps", lambda n: http.get(f"/api/contests/{CONTEST}/{paths[n % len(paths)]}"))

    def _opens(self):
        self._loop("opens", lambda _: httpx.get(f"{self.world.url()}/api/contests", timeout=30))

    def _submits(self):
        auth = (f"{CONTEST}-t1", PASSWORD)
        with httpx.Client(base_url=self.world.url(), timeout=30, auth=auth) as http:

            def post(n):
                self.submitting.wait()
                return http.post(
                    f"/api/contests/{CONTEST}/submissions",
                    data={"problem_id": "pa", "language_id": "cpp"},
                    files={"code": ("a.cpp", f"int main() {{ return {n}; }}")},
                )

            self._loop("submits", post, 0.25)  # below what a team may send in a minute

    def _watches(self):
        url = f"{self.world.url()}/api/contests/{CONTEST}/scoreboard/stream"
        while not self._stop.wait(self.retry / 1000):
            headers = {"Last-Event-ID": self.last} if self.last else {}
            self.joined += 1
            try:
                with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
                    if answer.status_code != 200:
                        self.failed.append(f"watches: {answer.status_code}")
                    self._stream = answer.extensions["network_stream"].get_extra_info("socket")
                    self._follow(answer.iter_lines())
            except httpx.HTTPError as error:
                if not self._stop.is_set():
                    self.failed.append(f"watches: {error!r}")

    def _follow(self, lines):
        fields = {}
        for line in lines:
            if self._stop.is_set():
                return
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            self.retry = int(fields.get("retry", self.retry))
            if fields.get("event") in ("snapshot", "delta"):
                self._take(fields["event"], fields["id"], json.loads(fields["data"]))
            elif fields.get("event") == "reset":
                self.failed.append("watches: it has to begin anew")
            fields = {}

    def _take(self, name, id_, data):
        if self.last and (name == "snapshot" or revision(id_) <= revision(self.last)):
            self.failed.append(f"watches: {name} {id_} after {self.last}")
        self.last = id_
        for row in data["rows"]:
            self.pending[row["team_id"]] = sum(cell["num_pending"] for cell in row["cells"])


def revision(id_):
    return int(id_.rpartition(":")[2])


def pid(world):
    (api,) = (one for one in read_state(world.settings)["processes"] if one["kind"] == "api")
    return api["pid"] if api["state"] == "ready" else None


def test_no_request_fails_and_no_delta_is_missed_while_the_api_is_replaced_twice(world, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(world.settings.home))
    seen = [pid(world)]
    with Clients(world) as clients:

        def busy():
            return min(clients.answered.values())

        for turn in (1, 2):
            enough = busy() + 4
            until(lambda enough=enough: busy() >= enough, 60, "all clients are answered")
            if turn == 1:
                world.stack.replace("api-1")
            else:
                assert main(["restart"]) in (None, 0)
            until(lambda: pid(world) not in (None, seen[-1]), 30, "another process is told of")
            seen.append(pid(world))
            until(lambda turn=turn: clients.joined > turn, 30, "the page has come back")
        enough = busy() + 4
        until(lambda: busy() >= enough, 60, "all clients are answered again")
        clients.submitting.clear()
        until(lambda: clients.pending.get("t1") == clients.answered["submits"], 30, "the page shows every submission")
    assert clients.failed == []
    assert len(set(seen)) == 3


def test_a_new_process_that_does_not_come_up_changes_nothing(world, monkeypatch):
    before = pid(world)
    other = world.stack.processes["api-1"].part.other
    broken = replace(other, argv=(sys.executable, "-c", "raise SystemExit(1)"))
    monkeypatch.setattr(
        world.stack.processes["api-1"], "part", replace(world.stack.processes["api-1"].part, other=broken)
    )
    with pytest.raises(DependencyError, match="api-1 was not replaced and goes on: of the new one, it ended"):
        world.stack.replace("api-1")
    assert pid(world) == before
    assert world.get("/api/contests").status_code == 200
    with pytest.raises(UsageError, match="scorer-1 cannot be replaced while it runs"):
        world.stack.replace("scorer-1")
