"""`python -m podium.stack.classes`: keep Kafka's classes as Java has them in memory, so that a start need not load them.

What set-up calls. With the file (50 MB) a broker answers in half the time and takes 40 MB less memory; without it, or where the
file is of other jars or another Java, it starts all the same.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from podium.stack import kafka
from schemas.errors import DependencyError, PodiumError
from schemas.settings import Settings
from schemas.topics import apply_topics

__all__ = ["keep"]

_START_S = 120.0
"""A broker that starts on a laptop while the judge image is built."""
_END_S = 120.0
"""It writes the file at its end, in five seconds on a machine at rest."""


def keep() -> str:
    """Run a broker until it has made podium's topics, and keep its classes. Says how large the file is.

    Raises:
        ConfigError: when Kafka's jars are missing.
        DependencyError: when the broker does not start, or leaves no file.
    """
    kept = kafka.classes()
    with tempfile.TemporaryDirectory(dir=kept.parent, ignore_cleanup_errors=True) as home:
        settings = Settings(home=Path(home), kafka=_address())
        fresh = Path(home) / "fresh.jsa"
        kafka.prepare(settings)
        java, *options = kafka.command(settings, kept=False)
        log = Path(home) / "kafka.log"
        with log.open("wb") as out:
            broker = subprocess.Popen(
                [java, f"-XX:ArchiveClassesAtExit={fresh}", *options], stdout=out, stderr=subprocess.STDOUT
            )
        try:
            _wait(settings, broker)
            apply_topics(settings)
            broker.terminate()
            broker.wait(_END_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                broker.kill()
            broker.wait()
        if not fresh.exists():
            raise DependencyError(f"Java kept no classes of Kafka: {log.read_text(errors='replace')[-500:]}")
        fresh.replace(kept)
    return f"{kept.stat().st_size >> 20} MiB"


def _address() -> str:
    """An address of two free ports, the broker's and, beside it, its controller's."""
    while True:
        with socket.socket() as broker, socket.socket() as controller:
            broker.bind(("127.0.0.1", 0))
            port = broker.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                controller.bind(("127.0.0.1", port + 1))
                return f"127.0.0.1:{port}"


def _wait(settings: Settings, broker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while not kafka.answers(settings):
        if broker.poll() is not None or time.monotonic() > deadline:
            raise DependencyError("a Kafka that was started to keep its classes does not answer")
        time.sleep(0.1)


def main() -> int:
    """Say what was kept, or why nothing was."""
    try:
        print(keep())
    except PodiumError as error:
        print(f"podium: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
