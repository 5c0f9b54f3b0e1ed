"""Whether the runner takes a program that waits for a disk for one at work: by what the kernel says that it has read."""

import os
import subprocess
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "judge" / "runner"
MIB = 1 << 20
LOOK_US = 40_000

MAIN = r"""
#include "runner.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	struct request request = {.fd = {open(argv[argc - 1], O_RDONLY)}, .fds = 1};
	struct disk disk;
	disk_start(&disk, &request);
	long long bytes, us;
	while (scanf("%lld %lld", &bytes, &us) == 2)
		printf("%d", disk_works(&disk, bytes, us));
	if (argc > 2)
		printf("%lld", disk_read((uid_t)atoi(argv[1])));
	return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("disk")
    (folder / "main.c").write_text(MAIN)
    warnings = ("-Wall", "-Wextra", "-Werror", f"-I{RUNNER}")
    subprocess.run(["gcc", *warnings, "-o", folder / "disk", folder / "main.c", RUNNER / "disk.c"], check=True)
    return folder / "disk"


@pytest.fixture
def works(program, tmp_path):
    """Which of the looks find a program at work that has an input of so many bytes, and reads so much between two."""

    def ask(size, reads):
        (tmp_path / "input").touch()
        os.truncate(tmp_path / "input", size)
        read, told = 0, []
        for more in reads:
            read += more
            told.append(f"{read} {LOOK_US}\n")
        run = subprocess.run(
            [program, tmp_path / "input"], input="".join(told), capture_output=True, text=True, check=True
        )
        return [found == "1" for found in run.stdout]

    return ask


def test_who_reads_a_large_input_from_a_slow_disk_works(works):
    """At 5 MB/s, in reads of any size; one look in four is enough (`BUSY_PART` of watch.c)."""
    for every in (1, 10, 50):
        reads = [5 * LOOK_US * every if n % every == 0 else 0 for n in range(400)]
        found = works(8 << 30, reads)
        for begin in range(0, 400, 100):
            assert sum(found[begin : begin + 100]) > 25, every
    assert all(works(8 << 30, [100 * LOOK_US] * 100)), "at 100 MB/s it is always at work"


def test_who_reads_nothing_sleeps_and_who_stops_reading_sleeps_soon(works):
    assert not any(works(8 << 30, [0] * 100))
    found = works(8 << 30, [4 << 30, *[0] * 100])
    assert found == [True] * 25 + [False] * 76, "a second of it counts, however much it was"


def test_who_reads_a_page_now_and_then_to_seem_at_work_is_idle(works):
    assert sum(works(8 << 30, [4096] * 1000)) < 10


def test_the_same_read_over_and_over_is_work_for_a_while_only(works):
    """A program can make the kernel forget what it read."""
    found = works(MIB, [20 * LOOK_US] * 2000)
    assert all(found[:300])
    assert not any(found[500:])
    found = works(800 * MIB, [20 * LOOK_US] * 2600)
    assert all(found[:2000]), "twice the input, and a runtime"
    assert not any(found[2500:])


def test_a_process_that_ends_takes_its_bytes_along_and_that_is_no_work(works):
    assert works(MIB, [64 * LOOK_US, -64 * LOOK_US, *[0] * 8])[5:] == [False] * 5


def test_the_kernel_tells_what_a_program_and_its_children_have_read_of_a_disk(program, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can run a program as another user")
    file, uid = tmp_path / "cold", 61_234
    file.write_bytes(os.urandom(4 * MIB))
    with file.open("rb") as cold:
        os.fsync(cold.fileno())
        os.posix_fadvise(cold.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        command = ["bash", "-c", f"cat <&{cold.fileno()}; read end"]
        ends = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "pass_fds": (cold.fileno(),)}
        with subprocess.Popen(command, **ends, user=uid, group=uid, extra_groups=()) as process:
            assert len(process.stdout.read(4 * MIB)) == 4 * MIB
            while Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text():
                pass  # the kernel adds a child's reads when it is waited for
            asked = [program, str(uid), file]
            read = int(subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout)
    if read == 0 and os.major(file.stat().st_dev) == 0:
        pytest.skip("the folder of the tests is on no disk")
    assert read >= 4 * MIB
