"""The runner by itself, on the plain host: a process namespace of its own is all that it needs."""

import errno
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from judge.blob import Blob
from judge.channel import Channel, Listener
from schemas.errors import SandboxError
from tests.wait import until

SOURCES = sorted((Path(__file__).parents[2] / "judge" / "runner").glob("*.c"))
USER = 65111

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")


@pytest.fixture(scope="session")
def runner(tmp_path_factory) -> Path:
    program = tmp_path_factory.mktemp("runner") / "runner"
    subprocess.run(["gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", program, *SOURCES], check=True)
    return program


@pytest.fixture
def root(tmp_path) -> Path:
    """What the runner takes for /w; a submission's user can reach it."""
    root = Path("/tmp") / f"podium-runner-{os.getpid()}-{tmp_path.name}"
    root.mkdir(mode=0o755)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def connected(runner, root, tmp_path):
    """A running runner: its process and the channel to it."""
    with Listener(tmp_path) as listener:
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--ipc", "--net"]
        process = subprocess.Popen([*command, runner, listener.folder / "runner", root, "/nowhere"])
        channel = listener.accept(10)
    yield process, channel
    channel.close()
    process.wait(60)


@pytest.fixture
def channel(connected) -> Channel:
    return connected[1]


def run(channel, *command, uid=USER, cpu_ms=5000, wall_ms=10000, file_bytes=1 << 20, processes=64, folder="", fds=None):
    """What `exec` answers, its output and its errors."""
    out, err = Blob.output(), Blob.output()
    null = os.open(os.devnull, os.O_RDONLY)
    numbers = (uid, cpu_ms, wall_ms, file_bytes, 8 << 20, processes, 0)
    words = ["exec", *map(str, numbers), "-", folder, str(len(command)), *command, "PATH=/usr/bin:/bin"]
    try:
        answer = channel.ask(words, [null, out.fd, err.fd, *(fds or ())], 30)
    finally:
        os.close(null)
    return answer, out.bytes(), err.bytes()


def refused(number, act, *args, **named):
    with pytest.raises(OSError) as raised:
        act(*args, **named)
    assert raised.value.errno == number


def put(channel, path, data=b"x", mode="0444", user=0):
    content = Blob.sealed(data)
    channel.ask(["put", path, str(user), mode], [content.fd])


def get(channel, path, limit=1 << 20) -> bytes:
    blob = Blob.writable()
    channel.ask(["get", path, str(limit)], [blob.fd])
    return blob.bytes()


def test_it_is_nothing_but_the_first_process(runner, root):
    assert subprocess.run([runner, "/nowhere", root, "/nowhere"], check=False).returncode == 3


def test_files_go_in_and_come_out(channel, root):
    channel.ask(["mkdir", "box", str(USER), "0700"])
    put(channel, "box/file", b"content" * 100000, "0444")
    put(channel, "empty", b"")
    put(channel, "made/on the/way", b"deep", "0755", USER)
    assert get(channel, "box/file") == b"content" * 100000
    assert get(channel, "empty") == b""
    assert get(channel, "made/on the/way") == b"deep"
    owners = {path.stat().st_uid for path in (root / "made", *(root / "made").rglob("*"))}
    assert owners == {USER}
    there = (root / "box" / "file").stat()
    assert (there.st_mode & 0o7777, there.st_uid) == (0o444, 0)
    assert ((root / "box").stat().st_mode & 0o7777, (root / "box").stat().st_uid) == (0o700, USER)


def test_paths_stay_below_the_root(channel, root, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (root / "folder").symlink_to(tmp_path)
    (root / "link").symlink_to(secret)
    (root / "dangling").symlink_to(tmp_path / "made")
    for path in ("/etc/passwd", "../secret", "a/../../x", "", ".", "..", "a//b", "x" * 300):
        refused(errno.EINVAL if path not in {"a/../../x", "a//b"} else errno.ENOENT, get, channel, path)
    refused(errno.ELOOP, get, channel, "link")
    refused(errno.ENOTDIR, get, channel, "folder/secret")
    refused(errno.ENOTDIR, put, channel, "folder/new")
    refused(errno.EEXIST, put, channel, "dangling")
    refused(errno.EEXIST, put, channel, "link")
    refused(errno.ENOTDIR, channel.ask, ["wipe", "folder"])
    refused(errno.ENOTDIR, channel.ask, ["mkdir", "folder/x", "0", "0755"])
    refused(errno.ENOTDIR, run, channel, "/bin/true", folder="folder")
    assert secret.read_text() == "secret"
    assert not (tmp_path / "made").exists()


def test_only_a_plain_file_of_a_bounded_size_comes_out(channel, root):
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    (root / "large").write_bytes(b"x" * 101)
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(str(root / "socket"))
        refused(errno.ENXIO, get, channel, "socket")
    refused(errno.EINVAL, get, channel, "pipe")
    refused(errno.EINVAL, get, channel, "folder")
    assert get(channel, "large", 100) == b"x" * 100
    blob = Blob.writable()
    assert channel.ask(["get", "large", "100"], [blob.fd]) == ["101"]
    refused(errno.ENOENT, get, channel, "missing")
    assert len(get(channel, "large", 101)) == 101


def test_wiping_takes_everything_and_follows_nothing(channel, root, tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("kept")
    box = root / "box"
    deep = box
    for _ in range(400):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "leaf").write_text("")
    (box / "folder").symlink_to(tmp_path)
    (box / ".wipe-0").write_text("a name that wiping itself would use")
    (box / ".wipe-1").mkdir()
    (box / ".wipe-1" / "x").write_text("")
    (box / "d" / "locked").mkdir(mode=0)
    for number in range(300):
        (box / f"file-{number}").write_text("")
    channel.ask(["wipe", "box"])
    assert list(box.iterdir()) == []
    assert kept.read_text() == "kept"
    channel.ask(["wipe", ""])
    assert list(root.iterdir()) == []


def test_a_renewed_folder_has_nothing_of_the_old_one(channel, root):
    channel.ask(["mkdir", "box", str(USER), "0700"])
    script = "echo > file; mkdir deep; chmod 0 deep; chmod 707 .; touch -t 200001010000 ."
    assert run(channel, "/bin/sh", "-c", script, folder="box")[0][1] == "0"
    assert (root / "box").stat().st_mode & 0o7777 == 0o707
    assert channel.ask(["renew", "box", str(USER), "0700"]) == ["1", "0"]
    there = (root / "box").stat()
    assert list((root / "box").iterdir()) == []
    assert (there.st_mode & 0o7777, there.st_uid) == (0o700, USER)
    assert time.time() - there.st_mtime < 1000
    (root / "link").symlink_to(root / "box")
    refused(errno.ENOTDIR, channel.ask, ["renew", "link", "0", "0700"])
    channel.ask(["renew", "new", "0", "0755"])
    assert channel.ask(["remove", "new"]) == channel.ask(["remove", "new"]) == ["0", "0"]
    assert not (root / "new").exists()


def test_what_a_program_wrote_is_told_from_what_it_was_given(channel):
    channel.ask(["renew", "box", str(USER), "0700"])
    for name in ("kept", "changed", "gone", "deep/kept", "deep/changed"):
        put(channel, f"box/{name}", b"x" * 100, "0644", USER)
    script = "echo new > new; ln new second; ln -s kept link; echo more >> changed; echo >> deep/changed; rm gone; mkfifo pipe; truncate -s 1000 hole"
    assert run(channel, "/bin/sh", "-c", script, folder="box")[0][1] == "0"
    wrote = 4 + 105 + 101 + 1000
    assert channel.ask(["remove", "box"]) == [str(200 + wrote), "200"]


def test_all_files_of_a_folder_come_out_at_once(channel, root, tmp_path):
    (tmp_path / "secret").write_text("secret")
    channel.ask(["mkdir", "box", str(USER), "0700"])
    script = f"printf one > a; mkdir -p b/c; printf three > 'b/c/d e'; : > empty; ln -s {tmp_path}/secret link; ln -s {tmp_path} folder; mkfifo pipe; chmod 0 a b"
    assert run(channel, "/bin/sh", "-c", script, folder="box")[0][1] == "0"

    def gathered(files=10, size=100):
        archive = Blob.writable()
        return channel.ask(["gather", "box", str(files), str(size)], [archive.fd]), archive.bytes()

    answer, archive = gathered()
    assert answer == ["3", "8"]
    parts = sorted([b"a\x003\0one", b"b/c/d e\x005\0three", b"empty\x000\0"])
    assert len(archive) == sum(map(len, parts))
    assert all(part in archive for part in parts)
    assert gathered(files=2)[0][0] == "-1"
    assert gathered(size=7)[0][0] == "-1"
    assert gathered(size=8)[0][0] == "3"
    (root / "box" / "/".join("d" * 16)).mkdir(parents=True)
    assert gathered()[0][0] == "-1"
    into = Blob.writable()
    refused(errno.ENOTDIR, channel.ask, ["gather", "box/folder", "1", "1"], [into.fd])


def test_a_program_is_another_user_with_nothing_but_what_it_is_given(channel):
    blobs = [Blob.sealed(b"three"), Blob.sealed(b"four")]
    extra = [blob.open() for blob in blobs]
    script = (
        "id -u; id -G; cat <&3; cat <&4; echo; ls /proc/self/fd | wc -l; umask; grep NoNewPrivs /proc/self/status; env"
    )
    answer, out, err = run(channel, "/bin/sh", "-c", script, fds=extra)
    for fd in extra:
        os.close(fd)
    assert err == b""
    lines = out.decode().splitlines()
    # six: its own five, and the folder that ls has open
    assert lines[:6] == [str(USER), str(USER), "threefour", "6", "0022", "NoNewPrivs:\t1"]
    assert {line.partition("=")[0] for line in lines[6:]} <= {"PATH", "PWD"}
    assert answer[:2] == ["end", "0"]


def test_exit_codes_and_signals_are_the_programs_own(channel):
    assert run(channel, "/bin/sh", "-c", "exit 7")[0][1] == str(7 << 8)
    assert run(channel, "/bin/sh", "-c", "kill -9 $$")[0][1] == "9"
    assert run(channel, "/bin/sh", "-c", "exit 127")[0][1] == str(127 << 8)


def test_what_cannot_be_run_is_an_error_and_no_exit_code(channel, root):
    (root / "text").write_text("no program")
    (root / "text").chmod(0o755)
    refused(errno.ENOENT, run, channel, "/no/such/program")
    refused(errno.ENOEXEC, run, channel, str(root / "text"))
    refused(errno.EACCES, run, channel, "/etc/passwd")
    refused(errno.ENOENT, run, channel, "/bin/true", folder="missing")
    refused(errno.EPERM, run, channel, "/bin/true", uid=0)
    assert run(channel, "/bin/true")[0][0] == "end"


def test_nothing_is_left_of_a_run(channel):
    answer, _, _ = run(channel, "/bin/sh", "-c", "(setsid sleep 1000 &) ; (sleep 1000 &) ; exit 3")
    assert answer[1] == str(3 << 8)
    assert int(answer[8]) >= 2
    assert channel.ask(["ping"])[0] == "1"


def test_limits_end_a_run(channel):
    why, status, *_ = run(channel, "/bin/sh", "-c", "while :; do :; done", cpu_ms=200)[0]
    assert (why, status) == ("cpu", "9")
    why, status, *_ = run(channel, "/bin/sleep", "1000", wall_ms=200)[0]
    assert (why, status) == ("idle", "9")
    burn = "import time\nwhile time.process_time() < {}: pass\ntime.sleep({})"
    why, status, wall, *_ = run(channel, "/usr/bin/python3", "-c", burn.format(0.5, 0), wall_ms=100)[0]
    assert (why, status) == ("end", "0")  # at work in every stretch of 100 ms: wall time does not end it
    assert int(wall) > 500_000
    why, status, *_ = run(channel, "/usr/bin/python3", "-c", burn.format(0.3, 1000), wall_ms=200)[0]
    assert (why, status) == ("idle", "9")
    dozes = "import time\nwhile True:\n t = time.process_time()\n while time.process_time() < t + 0.002: pass\n time.sleep(0.038)"
    why, status, *_ = run(channel, "/usr/bin/python3", "-c", dozes, wall_ms=400)[0]
    assert (why, status) == ("wall", "9")
    answer, out, _ = run(channel, "/bin/sh", "-c", "exec cat /dev/zero", file_bytes=5000)
    assert len(out) == 5000
    assert answer[1] == str(25)  # SIGXFSZ
    assert b"Cannot fork" in run(channel, "/bin/sh", "-c", "/bin/true; /bin/true", processes=1)[2]


def test_the_end_of_a_pipe_shows_as_soon_as_a_program_closes_it(channel):
    """The runner keeps nothing of a run that is no side of an interaction."""
    reads, writes = os.pipe()
    words = ["exec", str(USER), "5000", "10000", "1000", "8000000", "64", "0", "-", "", "3", "/bin/sh", "-c"]
    null = os.open(os.devnull, os.O_RDWR)
    channel.send([*words, "exec >&-; read line <&3"], [null, writes, null, *(held := os.pipe())])
    os.close(writes)
    assert os.read(reads, 1) == b""
    for fd in (null, reads, *held):
        os.close(fd)
    channel.send(["stop"])
    assert channel.answer(words, 10)[:2] == ["stop", "9"]


def test_nothing_is_left_of_an_interaction_that_could_not_begin(connected):
    """Neither the page that both runners share, nor a descriptor; and the next one begins."""
    process, channel = connected
    (runner,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()

    def held() -> tuple[int, list[int]]:
        maps = Path(f"/proc/{runner}/maps").read_text().splitlines()
        return len(maps), sorted(int(path.name) for path in Path(f"/proc/{runner}/fd").iterdir())

    def begin(*given: int) -> list[str]:
        page = Blob.writable()
        os.write(page.fd, (100).to_bytes(4, sys.byteorder) + bytes(4092))  # milliseconds between two looks
        words = ["exec", str(USER), "5000", "10000", "1000", "8000000", "64", "0", "validator", "", "1", "/bin/true"]
        return channel.ask(words, [*given, page.fd], 30)

    null, none = os.open(os.devnull, os.O_RDWR), os.open("/", os.O_PATH)
    before = held()
    refused(errno.EBADF, begin, none, null, null)  # of such a descriptor nobody can change the owner
    assert held() == before
    limits = resource.prlimit(int(runner), resource.RLIMIT_NOFILE)
    resource.prlimit(int(runner), resource.RLIMIT_NOFILE, (before[1][-1] + 5, limits[1]))
    refused(errno.EMFILE, begin, null, null, null)
    assert held() == before
    resource.prlimit(int(runner), resource.RLIMIT_NOFILE, limits)
    assert begin(null, null, null)[:2] == ["end", "0"]
    assert held() == before
    os.close(null)
    os.close(none)


def test_a_program_is_stopped_by_a_word_and_only_while_it_runs(channel):
    channel.send(["stop"])
    assert run(channel, "/bin/true")[0][:2] == ["end", "0"]
    assert channel.ask(["ping"])[0] == "1"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        [],
        ["mkdir", "x"],
        ["put", "x", "0444"],
        ["get", "x"],
        ["exec"],
        ["exec", "1", "1", "1", "1", "1", "1", "1", "-", "", "99", "/bin/true"],
        ["exec", "1", "1", "1", "1", "1", "1", "1", "-", "", "-1", "/bin/true"],
        ["remove"],
        ["gather", "x", "1", "1"],
    ],
)
def test_a_request_that_makes_no_sense_is_refused(channel, words):
    with pytest.raises(OSError) as raised:
        channel.ask(words or [""])
    assert raised.value.errno in (errno.ENOSYS, errno.EINVAL)
    assert channel.ask(["ping"])[0] == "1"


def test_a_request_beyond_all_bounds_ends_it(connected):
    process, channel = connected
    with pytest.raises(SandboxError, match="gone"):
        channel.ask(["mkdir", "x" * 70000, "0", "0755"])
    assert process.wait(60) == 0


def test_words_beyond_all_bounds_are_never_dropped(connected):
    process, channel = connected
    with pytest.raises(SandboxError, match="gone"):
        run(channel, *["/bin/true"] * 600)
    assert process.wait(60) == 0


def test_it_ends_with_the_judge_even_in_the_middle_of_a_run(connected, root):
    process, channel = connected
    channel.ask(["mkdir", "box", str(USER), "0700"])
    words = [
        "exec",
        str(USER),
        "60000",
        "60000",
        "1000000",
        "8000000",
        "64",
        "0",
        "-",
        "box",
        "3",
        "/bin/sh",
        "-c",
        "echo > here; sleep 1000",
    ]
    null = os.open(os.devnull, os.O_RDWR)
    with pytest.raises(SandboxError, match="did not answer"):
        channel.ask(words, [null] * 3, 0.1)
    os.close(null)
    until((root / "box" / "here").exists, 10, "the program runs")
    assert process.poll() is None
    channel.close()
    assert process.wait(60) == 0


def test_who_reads_from_a_disk_is_at_work_and_who_only_sleeps_is_not(channel, tmp_path):
    """Past the disk's cache: it sleeps at most looks, as one does that waits for a slow disk.

    Eight MiB are granted half a second, and the wall limit is long: a busy disk may say nothing for two seconds.
    """
    large = tmp_path / "large"
    large.write_bytes(os.urandom(32 << 20))
    with large.open("rb") as file:
        os.fsync(file.fileno())
        try:
            os.close(os.open(large, os.O_RDONLY | os.O_DIRECT))
        except OSError:
            pytest.skip("the folder of the tests is on no disk")
        read = "dd if=/proc/self/fd/3 of=/dev/null bs=8M count=1 skip=$((n % 4)) iflag=direct 2>/dev/null && "
        for before, why in ((read, "end"), ("", "idle")):
            script = f"for n in $(seq 0 11); do {before} sleep 0.2 || exit 1; done"
            (said, *_), *_ = run(channel, "/bin/sh", "-c", script, wall_ms=2000, fds=(file.fileno(),))
            assert said == why
