"""Inputs too large for memory: a program gets the file itself, and can do nothing to it but read."""

import os

import pytest

from judge.blob import Blob
from judge.pipeline import Judge
from schemas.definition import FileData
from schemas.errors import DependencyError
from tests.judge.problems import package

SIZE = 8_000_000_000

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
    outcome = Judge(pool).judge(0, large, (FileData("reader.c", READER),), "c")
    assert [(run.verdict, run.message) for run in outcome.runs] == [("AC", "yesno")] * 3
    assert outcome.max_memory_kib < 8192
    assert secret[0].input.stat().st_mtime == 7
    secret[0].input.chmod(0o666)
    with pytest.raises(DependencyError, match=r"but not writable, by other users \(chmod 644\)"):
        Judge(pool).judge(0, large, (FileData("reader.c", READER),), "c")


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
