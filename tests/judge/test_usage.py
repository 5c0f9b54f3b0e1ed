"""What the runner reads of its container's cgroup: the same of v1 as of v2, by files as the kernel writes them."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "judge" / "runner" / "usage.c"
MIB = 1 << 20

MAIN = r"""
#include "runner.h"
#include <stdio.h>
int main(int argc, char **argv)
{
	usage_start(argv[argc - 1]);
	long long full = usage_full(), mark = usage_mark(), start = usage_settle(), cpu = usage_cpu_us(), ooms = usage_ooms();
	puts("began");
	fflush(stdout);
	if (getchar() == 'w') /* work */
		while (micros(CLOCK_PROCESS_CPUTIME_ID) < 200000) {}
	printf("%lld %lld %d %lld %lld %lld\n", usage_cpu_us() - cpu, usage_ooms() - ooms, usage_filled(full, mark, usage_mark()),
		usage_memory(), usage_own(usage_memory(), start), micros(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("usage")
    (folder / "main.c").write_text(MAIN)
    command = [
        "gcc",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{SOURCE.parent}",
        "-o",
        folder / "usage",
        folder / "main.c",
        SOURCE,
    ]
    subprocess.run(command, check=True)
    return folder / "usage"


@contextlib.contextmanager
def looking(program, folder):
    """The program, which has looked once; `say` lets it look again, and gives what has come since."""
    with subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "began\n"

        def say(word):
            said, _ = process.communicate(word)
            return tuple(map(int, said.split()))

        yield process, say


def v1(*, cpu_us, killed, used, most, met, file, shared, kernel):
    """*met* shows in the most that was ever in use."""
    limit = 64 * MIB
    return {
        "cpuacct/cpuacct.usage": f"{1000 * cpu_us}\n",
        "memory/memory.oom_control": f"oom_kill_disable 0\nunder_oom 0\noom_kill {killed}\n",
        "memory/memory.limit_in_bytes": f"{limit}\n",
        "memory/memory.usage_in_bytes": f"{used}\n",
        "memory/memory.max_usage_in_bytes": f"{limit if met else most}\n",
        "memory/memory.kmem.usage_in_bytes": f"{kernel}\n",
        "memory/memory.stat": f"cache {file}\nrss {used - file}\nrss_huge 0\nshmem {shared}\nmapped_file 0\ntotal_cache {file}\n",
    }


def v2(*, cpu_us, killed, used, most, met, file, shared, kernel):
    """*met* is counted."""
    return {
        "cpu.stat": f"usage_usec {cpu_us}\nuser_usec {cpu_us}\nsystem_usec 0\nnice_usec 0\ncore_sched.force_idle_usec 0\n",
        "memory.events": f"low 0\nhigh 0\nmax {9 * met}\noom {int(met)}\noom_kill {killed}\noom_group_kill 0\n",
        "memory.max": f"{64 * MIB}\n",
        "memory.current": f"{used}\n",
        "memory.peak": f"{most}\n",
        "memory.stat": f"anon {used - file}\nfile {file}\nkernel {kernel}\nkernel_stack 0\nfile_mapped 0\nshmem {shared}\n",
    }


def older_v2(**facts):
    """A kernel before 5.18: without the most that was in use, and what the kernel has of it."""
    files = v2(**facts)
    del files["memory.peak"]
    return files | {"memory.stat": "".join(f"{k}\n" for k in files["memory.stat"].splitlines() if "kernel " not in k)}


BEFORE = {
    "cpu_us": 1_000_000, "killed": 0, "used": 8 * MIB, "most": 8 * MIB, "met": False,
    "file": 4 * MIB, "shared": 2 * MIB, "kernel": MIB,
}  # fmt: skip


@pytest.mark.parametrize("kind", [v1, v2, older_v2])
@pytest.mark.parametrize(
    ("after", "found"),
    [
        ({"cpu_us": 1_250_000}, (250_000, 0, 0, 8 * MIB, 0)),
        ({"killed": 1, "met": True, "used": 64 * MIB, "most": 64 * MIB}, (0, 1, 1, 64 * MIB, 56 * MIB)),
        ({"killed": 1, "used": 20 * MIB, "most": 20 * MIB}, (0, 1, 0, 20 * MIB, 12 * MIB)),
        ({"used": 20 * MIB, "most": 30 * MIB, "file": 10 * MIB}, (0, 0, 0, 20 * MIB, 6 * MIB)),
        ({"used": 20 * MIB, "most": 30 * MIB, "file": 14 * MIB, "shared": 12 * MIB}, (0, 0, 0, 20 * MIB, 12 * MIB)),
    ],
    ids=["time", "its own limit", "the machine's want", "files on disks", "files in memory"],
)
def test_both_versions_say_the_same(program, tmp_path, kind, after, found):
    """Time; kills, and whether its own limit was met; memory in use, and what of it is no page of a file on a disk."""

    def write(facts):
        for name, text in kind(**facts).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            with (tmp_path / name).open("r+" if (tmp_path / name).exists() else "w") as file:
                file.write(text)
                file.truncate()

    write(BEFORE)
    with looking(program, tmp_path) as (_, say):
        write(BEFORE | after)
        assert say("\n")[:5] == found


def test_without_any_figure_nothing_is_made_up(program, tmp_path):
    with looking(program, tmp_path) as (_, say):
        assert say("\n")[:4] == (0, 0, 0, -1)


def test_a_real_v2_group_counts_the_processor_time(program):
    """Where there is a hierarchy of v2 at all; beside v1 it has no controllers, and time is counted without."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    (root, *_) = [Path(where) for _, where, kind, *_ in mounts if kind == "cgroup2"] or [None]
    if root is None or not os.access(root, os.W_OK):
        pytest.skip("no cgroup v2 is mounted here, or it is not ours to write")
    group = root / f"podium-test-{os.getpid()}"
    group.mkdir()
    try:
        with looking(program, group) as (process, say):
            (group / "cgroup.procs").write_text(str(process.pid))
            counted, *_, own = say("w")
        assert own >= 200_000
        assert 0.9 * own < counted < 1.2 * own
    finally:
        group.rmdir()
