"""Judge hosts that are hurt while they judge: no verdict is wrong, none is missing, and nothing is left running."""

from __future__ import annotations

import contextlib
import http.server
import random
import shutil
import signal
import threading
import time
from collections import Counter

import docker
import pytest
from docker.errors import APIError

from packages.read import read_package
from packages.store import FolderStore
from podium.hosts import hosts
from podium.stack.docker import judge_containers
from podium.stack.stack import Stack
from schemas.events import Judgement, JudgingFaulted, Runs
from schemas.producer import Producer
from schemas.reader import read_contest
from schemas.settings import Settings
from tests.conftest import free_port_base
from tests.judge.conftest import ROOT
from tests.judge.engine import own_engine
from tests.judge.test_hosts import SLOW, Hall
from tests.wait import until

LONG = SLOW.replace("/ 20", "/ 4")
"""Right, and a quarter of a second a test: something can happen in the middle of it."""

SOURCES = {
    "AC": SLOW,
    "WA": SLOW.replace('lld\\n", sum', 'lld\\n", sum + 1'),
    "RTE": "int main(void) { return 1; }\n",
    "TLE": "int main(void) { for (;;) {} }\n",
    "MLE": "#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }\n",
    "CE": "int main(void) { return }\n",
}

PATIENCE_S = 180.0
"""A lost task is missed after ten seconds; one that was given back comes again within thirty."""


class Ground(Hall):
    """A hall whose submissions are of every kind; *more* is the environment of its judges."""

    def __init__(self, settings, package, producer, engine=docker.from_env, **more):
        self.more, self.expected = more, {}
        super().__init__(settings, package, producer)
        self.engine = engine()

    @property
    def home(self):
        """The home of its judges."""
        return Settings(home=self.more.get("PODIUM_HOME", self.settings.home)).home

    def open(self, host, **more):
        super().open(host, **self.more | more)

    def ask(self, *verdicts, source=None):
        """Submissions that must get these."""
        for verdict in verdicts:
            self.submit(1, source or SOURCES[verdict])
            self.expected[f"s{self.sent}"] = verdict

    def kill(self, host):
        """kill -9 of the process; the caller opens it again."""
        process = self.processes[host].process
        process.kill()
        process.wait()

    def kill_container(self):
        """kill -9 of a container that is at work."""

        def killed():
            for one in judge_containers(self.engine, self.home):
                # it may end by itself in between; the runner is one process, what it compiles or runs is another
                with contextlib.suppress(APIError):
                    if len(self.engine.api.top(one)["Processes"] or ()) > 1:
                        self.engine.api.kill(one, "SIGKILL")
                        return True
            return False

        until(killed, PATIENCE_S, "a container is killed at work")

    def lacks(self, host, otherwise=lambda: None):
        """Until the host says that it lacks something, with something done *otherwise*; gives what it says."""

        def why():
            report = hosts(self.settings).get(host)
            if report is not None and report.state in ("waiting", "sick"):
                return report.why
            otherwise()
            return ""

        return until(why, PATIENCE_S, f"{host} lacks something")

    def events(self, kind):
        return [event for _, event in read_contest(self.settings, self.contest) if isinstance(event, kind)]

    def in_the_middle(self, number=1):
        """Until so many submissions have runs in the log."""
        until(lambda: len({one.submission_id for one in self.events(Runs)}) >= number, PATIENCE_S, "its tests are run")

    def settle(self):
        """Until everything is judged, and rightly."""
        until(lambda: len(set(self.said(Judgement))) >= self.sent, PATIENCE_S, "everything is judged")
        judged = self.events(Judgement)
        assert {one.submission_id: one.verdict for one in judged} == self.expected
        assert len(judged) == self.sent
        assert not [one.why for one in self.events(JudgingFaulted) if one.final]
        return judged

    def end(self):
        """End the hosts in good order, one that was opened just now when it can be told; gives how each ended."""
        for name, one in self.processes.items():
            until(lambda one=one: one.get("/livez") or one.process.poll() is not None, 60, f"{name} has begun")
        return {name: process.end(signal.SIGTERM) for name, process in self.processes.items()}

    def nothing_is_left(self):
        """No container, running or ended, and no socket."""
        assert judge_containers(self.engine, self.home, ended=True) == []
        assert list((self.home / "run" / "judge").iterdir()) == []


@contextlib.contextmanager
def opened(home, package, **how):
    """A ground on a Kafka of its own."""
    settings = Settings(home=home, port_base=free_port_base())
    stack = Stack(settings, only=frozenset({"kafka", "planner", "queue", "clock"}))
    stack.start()
    try:
        with Producer(settings) as producer:
            ground = Ground(settings, package, producer, **how)
            with contextlib.closing(ground.engine):
                try:
                    yield ground
                finally:
                    ended = ground.end()
                names = {name: ground.processes[name].name for name, code in ended.items() if code}
                logs = {name: (settings.home / f"{file}.log").read_text()[-4000:] for name, file in names.items()}
                assert set(ended.values()) == {0}, (ended, logs)
                ground.nothing_is_left()
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def apples():
    return read_package(ROOT / "problems" / "apples")


@pytest.fixture
def ground(judge_settings, tmp_path, apples):
    FolderStore(tmp_path / "store").put(apples)
    with opened(tmp_path, apples) as ground:
        yield ground


def lose(copy, zipped):
    """The package goes from the store and from a host; call what comes back to put it back."""
    away = zipped.rename(zipped.with_suffix(".away"))
    shutil.rmtree(copy)
    return lambda: away.rename(zipped)


@pytest.mark.long
def test_long_a_package_that_goes_and_a_container_that_dies_in_the_middle_change_no_verdict(ground, apples):
    copy = ground.home / "judge" / "a" / "packages" / apples.digest
    ground.ask("AC", source=LONG)
    ground.in_the_middle()
    put_back = lose(copy, ground.settings.home / "store" / f"{apples.digest}.zip")
    assert apples.digest in ground.lacks("a")
    assert not ground.said(Judgement)
    put_back()
    ground.ask("AC", source=LONG)
    until(lambda: ground.said(Judgement), PATIENCE_S, "it goes on")
    ground.kill_container()
    ground.ask("WA", "RTE", "CE", "MLE")
    assert {one.attempt for one in ground.settle()} == {1}
    assert not ground.said(JudgingFaulted)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_judges_and_containers_are_killed_at_random_moments(ground):
    seed = time.time_ns()
    print("seed", seed)
    draw, done = random.Random(seed), Counter()
    ground.open("b", PODIUM_JUDGE_SLOTS="2")
    for _ in range(10):
        ground.ask(*draw.choices(list(SOURCES), weights=(8, 1, 1, 2, 1, 1), k=6))
        before = len(ground.said(Judgement))
        until(lambda before=before: len(ground.said(Judgement)) > before, PATIENCE_S, "they judge")
        time.sleep(draw.uniform(0, 1))  # the moment is random: this is no wait for anything
        victim = draw.choice(["a", "b", "a container", "a container"])
        done[victim] += 1
        if victim == "a container":
            ground.kill_container()
        else:
            ground.kill(victim)
            ground.open(victim, PODIUM_JUDGE_SLOTS="1" if victim == "a" else "2")
    ground.settle()
    print(dict(done), Counter(one.attempt for one in ground.events(Judgement)))


@pytest.fixture
def far(judge_settings, tmp_path, apples):
    """A ground whose judges get packages over HTTP, and how the store's answers are spoilt: none, 404, half of it."""
    store, spoilt = FolderStore(tmp_path / "store"), []
    store.put(apples)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            how = spoilt[0] if spoilt else ""
            content = store.path(self.path.rpartition("/")[2]).read_bytes()
            if how == "none":
                return
            self.send_response(404 if how == "404" else 200)
            self.send_header("Content-Length", str(0 if how == "404" else len(content)))
            self.end_headers()
            if how != "404":
                self.wfile.write(content[: len(content) // 2] if how == "half" else content)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with opened(tmp_path, apples, PODIUM_STORE=url, PODIUM_JUDGE_TOKEN="of-the-judges") as ground:
            yield ground, spoilt
        server.shutdown()
        thread.join()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_a_store_far_away_that_fails_in_the_middle_of_a_judging_is_waited_for(far, apples):
    ground, spoilt = far
    for number, how in enumerate(("none", "404", "half")):
        ground.ask("AC", source=LONG)
        ground.in_the_middle(number + 1)
        spoilt[:] = [how]
        shutil.rmtree(ground.home / "judge" / "a" / "packages" / apples.digest)
        ground.lacks("a")
        assert len(ground.said(Judgement)) == number
        spoilt.clear()
        ground.settle()
        ground.kill("a")  # the next one has nothing in memory
        ground.open("a")
    ground.ask(*SOURCES)
    ground.settle()
    assert not ground.said(JudgingFaulted)


@pytest.fixture(scope="module")
def own(judge_settings, tmp_path_factory):
    """An engine of our own, on a disk of its own."""
    with own_engine(tmp_path_factory.mktemp("own")) as (engine, disk):
        yield engine, disk


@pytest.fixture
def apart(own, tmp_path, apples):
    """A ground whose judges have that engine, and their home on its disk."""
    engine, disk = own
    FolderStore(tmp_path / "store").put(apples)
    more = {"PODIUM_HOME": str(disk.root / tmp_path.name), "DOCKER_HOST": engine.url}
    with opened(tmp_path, apples, engine=engine.client, **more) as ground:
        yield ground, engine, disk


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_the_engine_is_restarted_while_they_judge(apart):
    ground, engine, _ = apart
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        ground.ask("AC", "TLE", "WA", "MLE", "CE", "RTE", "AC")
        before = len(ground.said(Judgement))
        until(lambda before=before: len(ground.said(Judgement)) > before, PATIENCE_S, "they judge")
        engine.end(how)
        if how is signal.SIGTERM:  # a killed one leaves its containers, and the judge its tasks, to the next
            assert "engine" in ground.lacks("a")
        engine.start()
    ground.settle()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_the_disk_is_full_while_they_judge(apart, apples):
    ground, _, disk = apart
    copy = ground.home / "judge" / "a" / "packages" / apples.digest
    ground.ask(*SOURCES)
    until(lambda: ground.said(Judgement), PATIENCE_S, "they judge")
    with disk.full():
        shutil.rmtree(copy)  # what this frees is taken as well

        def go_on():  # until something is needed that is not in its memory
            disk.fill()
            if len(set(ground.said(Judgement))) >= ground.sent:
                ground.ask(*SOURCES)

        ground.ask(*SOURCES)
        assert "space" in ground.lacks("a", go_on)
    ground.ask(*SOURCES)
    ground.settle()
