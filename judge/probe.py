"""What a sandbox must keep away from a program, tried out from inside before the first submission."""

from __future__ import annotations

import os
from typing import Final

from judge.blob import Blob
from judge.sandbox import Sandbox
from schemas.errors import ConfigError

__all__ = ["probe"]

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

_MS: Final = 5000
"""The probe takes some 30 ms."""


def probe(sandbox: Sandbox) -> None:
    """Run the probe in a prepared run container.

    Raises:
        ConfigError: naming what the sandbox lets through: this machine must not judge.
        SandboxError: when the probe itself could not be run or measured.
    """
    out = Blob.output()
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        ran = sandbox.run(
            ["/usr/bin/python3", "-I", "-S", "-c", _PROBE],
            (null, out.fd, out.fd),
            cpu_ms=_MS,
            wall_ms=_MS,
            file_bytes=1 << 16,
            stack_bytes=64 << 20,
            processes=1,
        )
    finally:
        os.close(null)
    found = out.bytes().decode(errors="replace").strip()
    if found or ran.exit_code != 0:
        raise ConfigError(f"the sandbox does not hold on this machine: {found or f'the probe ended with {ran.status}'}")
