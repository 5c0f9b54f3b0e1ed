"""Real parts for the tests, each started once a session when the first test asks for it, on ports of their own."""

import fcntl
import functools
import os
import socket
import tempfile
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from podium.stack.stack import Stack
from schemas import passwords
from schemas.settings import Settings
from tests.producers import lending
from tests.stacks import end_at_once
from tests.wait import LEAST_S

for _name in [n for n in os.environ if n.startswith("PODIUM_")]:
    del os.environ[_name]  # what a developer's shell says is not the tests' business

# the tests' brokers live for minutes: what Java's second compiler costs, they never earn back
os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"
# hundreds of accounts are made and log in, and their passwords are no secrets
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# each request outside a client reads a hundred authorities' certificates anew, for longer than it takes, and speaks no TLS
httpx._transports.default.create_ssl_context = functools.cache(httpx.create_ssl_context)
# nor does one give up after five seconds, as by default: two cores may have ten processes to run
for _part in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, _part, LEAST_S)

_taken = []


def free_port_base() -> int:
    """A base port whose next 200 ports are this test run's alone, below those that the kernel gives to clients.

    Other runs on this machine are kept off by a lock on a file, which ends with this process.
    """
    for base in range(20_000, 32_600, 200):
        lock = os.open(Path(tempfile.gettempdir(), f"podium-ports-{base}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for offset in (0, 23, 79, 80, 81, 92, 93, 100, 108, 180):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            os.close(lock)
            continue
        _taken.append(lock)
        return base
    raise RuntimeError("no free ports")


@pytest.fixture(scope="session")
def stack_settings() -> Settings:
    """Settings of this session's own parts: own ports, own home."""
    with tempfile.TemporaryDirectory(prefix="podium-test-", ignore_cleanup_errors=True) as home:
        yield Settings(home=Path(home), port_base=free_port_base())


@pytest.fixture(scope="session")
def kafka(stack_settings):
    """A running Kafka with podium's topics; gives its address."""
    stack = Stack(stack_settings.model_copy(update={"home": stack_settings.home / "k"}), only=frozenset({"kafka"}))
    stack.start()
    with lending(stack.settings.kafka):
        yield stack.settings.kafka
    end_at_once(stack)


@pytest.fixture(scope="session")
def redis_server(stack_settings):
    """A running Redis; gives its URL."""
    from podium.stack import redis as embedded
    from podium.stack.parts import environment, parts
    from podium.stack.supervised import Supervised
    from tests.wait import until

    settings = stack_settings.model_copy(update={"home": stack_settings.home / "r"})
    (part,) = parts(settings, {}, frozenset({"redis"}))
    process = Supervised(part, environment(settings, "redis"), settings.home / "logs", lambda *_: None)
    process.start()
    until(lambda: embedded.answers(settings), 30, "redis answers")
    yield settings.redis
    process.stop()
    process.wait(float("inf"))


@pytest.fixture(scope="session")
def history_server(tmp_path_factory):
    """A running history; see `HistoryProcess` for its address and clients."""
    from tests.history.process import HistoryProcess

    server = HistoryProcess(tmp_path_factory.mktemp("history") / "home", free_port_base() + 23).start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def settings(stack_settings, tmp_path) -> Settings:
    """Settings with a home of the test's own; ask for `kafka` or `redis_server` beside it where the test needs them."""
    return stack_settings.model_copy(update={"home": tmp_path})
