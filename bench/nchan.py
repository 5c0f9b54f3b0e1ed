"""nginx with nchan: what pushes messages to many clients in C, and the limit that our streams are measured against."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.site import until

__all__ = ["Nchan", "ensure_nchan", "open_nchan"]

PACKAGE = "libnginx-mod-nchan"
MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
CONNECTIONS = 16_000

CONFIG = """
load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    nchan_shared_memory_size 256M;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /pub {{ nchan_publisher; nchan_channel_id board; nchan_message_buffer_length 64; }}
        location = /sub {{
            nchan_subscriber eventsource;
            nchan_channel_id board;
            nchan_subscriber_first_message newest;
        }}
    }}
}}
"""


class Nchan:
    """A running nginx with one channel."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.address = f"127.0.0.1:{port}"
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    @property
    def pids(self) -> list[int]:
        """The process that serves: the master only waits."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def hang_up(self) -> None:
        """Close the publisher's connection; the next message opens one."""
        self._http.close()

    def publish(self, message: bytes) -> None:
        """Give the channel's clients a message."""
        self._http.request("POST", "/pub", message, {"Content-Type": "application/json"})
        answer = self._http.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"nchan answers {answer.status}")


def ensure_nchan() -> None:
    """Install Debian's package where it is missing.

    Raises:
        FileNotFoundError: where that cannot be: it says what to do.
    """
    if MODULE.exists() and _nginx() is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise FileNotFoundError(f"this measurement's baseline is nginx with nchan: as root, apt-get install {PACKAGE}")
    # in run level 1 its service is not started, which would take port 80
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (
        ("apt-get", "-q", "update"),
        ("apt-get", "-q", "install", "-y", "--no-install-recommends", PACKAGE),
    ):
        done = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise FileNotFoundError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def open_nchan(port: int) -> Iterator[Nchan]:
    """Start nginx in a folder of its own, and end it afterwards."""
    program = _nginx()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="podium-nchan-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        user = "user root;" if os.geteuid() == 0 else ""
        files = min(os.sysconf("SC_OPEN_MAX"), CONNECTIONS + 1000)
        text = CONFIG.format(module=MODULE, folder=folder, port=port, user=user, files=files, connections=CONNECTIONS)
        config = Path(folder, "nginx.conf")
        config.write_text(text)
        process = subprocess.Popen([program, "-c", str(config), "-p", folder])
        try:
            made = Nchan(process, port)
            until(lambda: _answers(made), 30, "nginx answers")
            yield made
            made.hang_up()
        finally:
            process.terminate()
            process.wait(30)


def _answers(made: Nchan) -> bool:
    try:
        made.publish(b"{}")
    except OSError:
        made.hang_up()
        return False
    return True
