"""What a sandbox must keep away from a program, tried out from inside before the first submission."""

from __future__ import annotations

import os
from typing import Final

from judge.blob import Blob
from judge.container import Shape
from judge.sandbox import Ran, Sandbox
from schemas.errors import ConfigError

__all__ = ["PROBED", "probe"]

PROBED: Final = Shape(memory_mib=64, processes=32, disk_mib=16)
"""The container that is probed: a small one is filled fast."""

_PROBE: Final = """
import os, socket
def refused(name, act):
    try:
        act()
    except OSError:
        return
    print(name)
def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
for family, kind in (("AF_INET", 1), ("AF_INET6", 1), ("AF_NETLINK", 3), ("AF_VSOCK", 1), ("AF_ALG", 5), ("AF_PACKET", 3)):
    refused(f"a socket of {family}", lambda: socket.socket(getattr(socket, family), kind))
for folder in ("/", "/w", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run", "/judge", "/run/judge", "/etc"):
    refused(f"a file in {folder}", lambda: write(os.path.join(folder, "probe")))
for path in ("/etc/shadow", "/proc/1/environ", "/proc/1/maps", "/proc/1/fd", "/run/judge"):
    refused(f"reading {path}", lambda: os.listdir(path) if os.path.isdir(path) else open(path))
refused("a signal to the runner", lambda: os.kill(1, 0))
refused("becoming root", lambda: os.setuid(0))
refused("a child process", os.fork)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for name, wanted in (("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapEff", "0" * 16), ("CapPrm", "0" * 16)):
    if status.get(name, "").strip() != wanted:
        print(name, status.get(name, "missing").strip())
"""

_PROCESSES: Final = f"""
import os, time
for number in range({2 * PROBED.processes}):
    try:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    except OSError:
        break
else:
    print("any number of processes")
"""

_MEMORY: Final = f"print(len(bytes({2 * PROBED.memory_mib} << 20).replace(bytes(1), b'x')))"

_MS: Final = 5000
"""The probes take some 30 ms each."""


def probe(sandbox: Sandbox) -> None:
    """Run the probes in a prepared container of the shape PROBED; it is of no use afterwards.

    Raises:
        ConfigError: naming what the sandbox lets through: this machine must not judge.
        SandboxError: when the probe itself could not be run or measured.
    """
    for script, processes in ((_PROBE, 1), (_PROCESSES, 10 * PROBED.processes)):
        ran, found = _run(sandbox, script, processes)
        if found or ran.exit_code != 0:
            raise ConfigError(
                f"the sandbox does not hold on this machine: {found or f'the probe ended with {ran.status}'}"
            )
    ran, found = _run(sandbox, _MEMORY, 1)
    if not ran.ooms:
        raise ConfigError(f"the sandbox does not hold on this machine: {2 * PROBED.memory_mib} MiB of memory in it")


def _run(sandbox: Sandbox, script: str, processes: int) -> tuple[Ran, str]:
    """How the script ended, and what it said."""
    out = Blob.output()
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        ran = sandbox.run(
            ["/usr/bin/python3", "-I", "-S", "-c", script],
            (null, out.fd, out.fd),
            cpu_ms=_MS,
            wall_ms=_MS,
            file_bytes=1 << 16,
            stack_bytes=64 << 20,
            processes=processes,
        )
    finally:
        os.close(null)
    return ran, out.bytes().decode(errors="replace").strip()
