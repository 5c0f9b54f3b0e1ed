"""Inputs too large for memory: a program gets the file itself, and can do nothing to it but read."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from judge.blob import Blob
from judge.pipeline import Judge
from packages.store import FolderStore, PackageCache
from podium.cli import main
from schemas.definition import FileData
from schemas.errors import DependencyError
from tests.judge.problems import package
from tests.unit.packaging import PACKAGE, with_yaml, write

SIZE = 8_000_000_000

GROWTH_KIB = 64 << 10
"""What this process may take more of at any moment than before: clients, threads and buffers, none of the file's size."""

READER = rb"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/mman.h>
#include <unistd.h>

static void never(const char *what, int result)
{
	if (result >= 0) {
		puts(what);
		exit(0);
	}
}

int main(void)
{
	char head[4] = "", tail[4] = "";
	struct timeval times[2] = {{1, 0}, {1, 0}};
	if (lseek(0, 0, SEEK_CUR) != 0 || read(0, head, 3) != 3 || lseek(0, -3, SEEK_END) < 0 || read(0, tail, 3) != 3)
		return 1;
	if (open("/proc/self/fd/0", O_RDONLY) < 0)
		return 2;
	never("opened to be written", open("/proc/self/fd/0", O_RDWR));
	never("opened to be truncated", open("/proc/self/fd/0", O_RDONLY | O_TRUNC));
	never("written", write(0, "x", 1));
	never("truncated", ftruncate(0, 0));
	never("given a mode", fchmod(0, 0666));
	never("given times", futimes(0, times));
	never("linked", linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "mine", AT_SYMLINK_FOLLOW));
	never("mapped", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0) == MAP_FAILED ? -1 : 0);
	printf("%s%s\n", head, tail);
}
"""

VALIDATOR = r"""
import os, sys
def ends(path):
    with open(path, "rb") as file:
        head = file.read(3)
        file.seek(-3, os.SEEK_END)
        return (head + file.read()).decode().strip()
assert ends(sys.argv[1]) == ends(sys.argv[2])
said = sys.stdin.read().strip()
open(sys.argv[3] + "judgemessage.txt", "w").write(said)
sys.exit(42 if said == ends(sys.argv[1]) else 43)
"""


INPUT_VALIDATOR = """
import sys
first = sys.stdin.buffer.read(3)
while sys.stdin.buffer.read(1 << 20):
    pass
sys.exit(42 if first == b"yes" else 43)
"""


@contextmanager
def no_larger():
    """Fail where the memory of this process, judge and all, has grown with the file."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what there is now
    before = _kib("VmRSS")
    yield
    assert _kib("VmHWM") - before < GROWTH_KIB


def _kib(name):
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0])


def test_an_input_of_8_gb_is_read_in_place_by_submission_and_validator_and_not_changed(pool, tmp_path):
    large = package(tmp_path, files={"output_validator/v.py": VALIDATOR})
    secret = [case for case in large.test_cases if not case.sample]
    for case in secret:
        for path in (case.input, case.answer):
            with path.open("wb") as file:
                file.write(b"yes")
                file.seek(SIZE)
                file.write(b"no\n")
            path.chmod(0o644)
    (sample,) = (case for case in large.test_cases if case.sample)
    sample.input.write_bytes(b"yesno\n")
    sample.answer.write_bytes(b"yesno\n")
    os.utime(secret[0].input, (7, 7))
    with no_larger():
        outcome = Judge(pool).judge(0, large, (FileData("reader.c", READER),), "c")
    assert [(run.verdict, run.message) for run in outcome.runs] == [("AC", "yesno")] * 3
    assert outcome.max_memory_kib < 8192
    assert secret[0].input.stat().st_mtime == 7
    secret[0].input.chmod(0o666)
    with pytest.raises(DependencyError, match=r"but not writable, by other users \(chmod 644\)"):
        Judge(pool).judge(0, large, (FileData("reader.c", READER),), "c")


@pytest.fixture
def spacious(tmp_path):
    """A folder with room for a copy that is not sparse; it goes with the test."""
    if shutil.disk_usage(tmp_path).free < 3 * SIZE:
        pytest.skip("the judge's copy has 8 GB, and there is not three times that on this disk")
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_long_a_package_with_an_input_of_8_gb_is_verified_added_fetched_and_judged(pool, spacious, monkeypatch, capfd):
    monkeypatch.setenv("PODIUM_HOME", str(spacious / "home"))
    files = {
        "problem.yaml": with_yaml(memory=64),
        "output_validator/v.py": VALIDATOR,
        "input_validators/validate.py": INPUT_VALIDATOR,
        "submissions/accepted/sum.py": None,
        "submissions/accepted/reader.c": READER,
        **{f"data/{name}.{end}": "yesno\n" for name in ("sample/1", "secret/01", "secret/02") for end in ("in", "ans")},
    }
    root = write(spacious / "large", PACKAGE | files)
    with (root / "data/secret/02.in").open("wb") as file:
        file.write(b"yes")
        file.seek(SIZE)
        file.write(b"no\n")
    with no_larger():
        assert main(["problem", "verify", str(root), "--json", "-j", "1"]) == 0
        said = json.loads(capfd.readouterr().out)
        assert said["data"]["checked"] >= 3
        assert main(["problem", "add", str(root), "--json", "-j", "1"]) == 0
        assert json.loads(capfd.readouterr().out)["digest"] == said["digest"]
        cache = PackageCache(FolderStore(spacious / "home/packages"), spacious / "cache")
        large = cache.get(said["digest"])
        assert large.test_cases[-1].input.stat().st_size == SIZE + 3
        outcome = Judge(pool).judge(0, large, (FileData("reader.c", READER),), "c")
    assert [(run.verdict, run.message) for run in outcome.runs] == [("AC", "yesno")] * 3


@pytest.mark.parametrize(("mode", "uid"), [(0o666, 0), (0o646, 0), (0o600, 0), (0o644, 60001)])
def test_a_large_file_that_submissions_may_write_or_not_read_is_given_to_none(tmp_path, mode, uid):
    file = tmp_path / "large"
    file.touch()
    os.truncate(file, (64 << 20) + 1)
    if uid and os.geteuid():
        pytest.skip("only root can give a file to another user")
    os.chown(file, uid or os.geteuid(), -1)
    file.chmod(mode)
    with pytest.raises(PermissionError, match="chmod 644"):
        Blob.from_file(file)


def test_a_file_at_the_bound_is_copied_and_sealed_and_one_above_it_is_not(tmp_path):
    file = tmp_path / "large"
    file.touch(0o644)
    file.chmod(0o644)
    for size, copied in ((64 << 20, True), ((64 << 20) + 1, False)):
        os.truncate(file, size)
        blob = Blob.from_file(file)
        assert (blob.copied, blob.size) == (copied, size)
        with os.fdopen(blob.open(), "rb") as opened:
            assert opened.tell() == 0
            assert opened.read(1) == b"\0"
        blob.close()
