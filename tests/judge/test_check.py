"""`podium judge check`: what it sees on machines of all kinds, and that it says what to do."""

import json
import os

import pytest

from judge import check
from judge.check import examine, of_noise
from judge.memory import SLOT_MIB
from judge.noise import Noise, measure, of_samples
from podium.cli import main
from schemas.settings import Settings

CPU = "sys/devices/system/cpu"
SOURCE = "sys/devices/system/clocksource/clocksource0"
SSBD = "Mitigation: Speculative Store Bypass disabled"
BEST = {
    f"{CPU}/cpu0/cpufreq/scaling_governor": "performance",
    f"{CPU}/cpu0/topology/thread_siblings_list": "0",
    f"{CPU}/smt/active": "0",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "proc/meminfo": "MemTotal:   999999999 kB\nSwapTotal:       0 kB",
    "proc/sys/kernel/randomize_va_space": "0",
    "sys/fs/cgroup/cgroup.controllers": None,
    f"{SOURCE}/current_clocksource": "tsc",
    f"{SOURCE}/available_clocksource": "tsc hpet",
    f"{CPU}/vulnerabilities/spec_store_bypass": f"{SSBD} via prctl",
}


@pytest.fixture
def seen(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "disciplined", lambda: True)
    for name in ("cpuacct", "memory", "pids", "cpuset"):
        (tmp_path / "sys/fs/cgroup" / name).mkdir(parents=True)

    def look(settings=None, **changes):
        named = {name.rpartition("/")[2]: name for name in BEST}
        for name, text in (BEST | {named[short]: text for short, text in changes.items()}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(f"{text}\n")
        return {one.what: one for one in examine(settings or Settings(), tmp_path)}

    return look


def test_on_a_machine_as_it_should_be_everything_is_good(seen):
    found = seen()
    assert {one.what for one in found.values() if one.grade != "good"} == set()
    assert ", ".join(found) == "slots, memory, governor, SMT, THP, swap, ASLR, cgroup version, clock, SSBD"


@pytest.mark.parametrize(
    ("what", "grade", "words", "cure", "changes"),
    [
        ("governor", "fair", "powersave", "performance", {"scaling_governor": "powersave"}),
        ("governor", "good", "virtual machine", "", {"scaling_governor": None}),
        ("SMT", "fair", "on (0,4)", "nosmt", {"active": "1", "thread_siblings_list": "0,4"}),
        ("SMT", "fair", "on (0-1)", "RESERVED_CORES", {"active": None, "thread_siblings_list": "0-1"}),
        ("THP", "fair", "always", "echo madvise", {"enabled": "[always] madvise never"}),
        ("THP", "good", "not in this kernel", "", {"enabled": None}),
        ("swap", "fair", "2 MiB", "swapoff -a", {"meminfo": "SwapTotal:    2048 kB"}),
        ("ASLR", "fair", "on", "randomize_va_space=0", {"randomize_va_space": "2"}),
        ("cgroup version", "good", "v1", "", {"cgroup.controllers": None}),
        ("cgroup version", "fair", "v2", "problem verify", {"cgroup.controllers": "cpuset cpu io memory pids"}),
        ("cgroup version", "bad", "v2, without cpuset", "enable", {"cgroup.controllers": "cpu memory pids"}),
        ("clock", "fair", "hpet", "echo tsc >", {"current_clocksource": "hpet"}),
        ("SSBD", "fair", "seccomp", "bypass_disable=prctl", {"spec_store_bypass": f"{SSBD} via prctl and seccomp"}),
        ("SSBD", "fair", "disabled", "by up to a half", {"spec_store_bypass": SSBD}),
        ("SSBD", "good", "Vulnerable", "", {"spec_store_bypass": "Vulnerable"}),
        ("SSBD", "good", "not told", "", {"spec_store_bypass": None}),
        ("clock", "fair", "acpi_pm", "tsc=reliable", {"current_clocksource": "acpi_pm", "available_clocksource": ""}),
    ],
)
def test_what_could_be_better_is_told_with_what_to_do(seen, what, grade, words, cure, changes):
    found = seen(**changes)[what]
    assert (found.grade, words in found.seen, cure in found.cure) == (grade, True, True), found


def test_more_slots_than_cores_are_told(seen):
    assert seen(Settings(judge_slots=200))["slots"].grade == "fair"


@pytest.mark.parametrize(
    ("enough", "grade", "cure"), [(4, "good", ""), (2, "fair", "PODIUM_JUDGE_SLOTS=2,"), (0, "bad", "more memory")]
)
def test_a_machine_with_little_memory_says_for_how_many_slots_it_is_enough(seen, enough, grade, cure):
    """Beside 1.5 GiB for the judge and the system."""
    kib = enough * SLOT_MIB + 1600 << 10
    found = seen(Settings(judge_slots=4), meminfo=f"MemTotal: {kib} kB\nSwapTotal: 0 kB")["memory"]
    assert (found.grade, cure in found.cure) == (grade, True), found


def test_noise_is_told_by_what_causes_it():
    quiet = of_samples({0: [(0.01, 0.01)] * 50, 1: [(0.02, 0.02)] * 50}, 3.0, 0.0)
    assert (quiet.spread, quiet.worst, quiet.taken) == (0, 0, 0)
    assert of_noise(quiet).grade == "good", "cores may differ; each is compared with itself"
    shared = of_noise(of_samples({0: [(0.01, 0.02)] * 50}, 3.0, 0.0))
    assert (shared.grade, "something else runs here" in shared.cure) == ("bad", True)
    uneven = of_noise(of_samples({0: [(0.01, 0.01), (0.011, 0.011)] * 25}, 3.0, 0.0))
    assert (uneven.grade, "takes more and less" in uneven.cure) == ("fair", True)
    stolen = of_noise(Noise(cores=1, seconds=3, spread=0, worst=0, taken=0.01, stolen=0.05))
    assert (stolen.grade, "dedicated" in stolen.cure) == ("fair", True)


def test_noise_is_measured_on_each_core_and_this_thread_stays_where_it_was():
    before = os.sched_getaffinity(0)
    noise = measure(sorted(before), 0.05)
    assert noise.cores == len(before)
    assert os.sched_getaffinity(0) == before


def test_the_command_tells_all_of_it(capsys):
    code = main(["judge", "check", "--seconds", "0.05", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [one["what"] for one in found][-1] == "noise"
    assert code == (1 if any(one["grade"] == "bad" for one in found) else 0)
    main(["judge", "check", "--seconds", "0"])
    assert "governor" in capsys.readouterr().out
