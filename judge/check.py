"""What makes measured times differ on this machine, looked at one by one, each with what to do: `podium judge check`."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from judge.memory import SLOT_MIB, programs_mib
from judge.noise import Noise
from judge.uids import free_cores
from schemas.settings import Settings, cores_of

__all__ = ["Finding", "disciplined", "examine", "of_noise"]

Grade = Literal["good", "fair", "bad"]

_SPREAD: Final = (0.04, 0.10)
"""Of CPU time, as a share of its median: what a busy neighbour costs (measured: up to 4 %), and what changes verdicts."""

_TAKEN: Final = (0.02, 0.20)
"""Share of a core that others had meanwhile: times stay right, wall limits and judgings a minute suffer."""

_STOLEN: Final = 0.01
"""Share that the hypervisor gave to somebody else."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what was seen, and what to do where it could be better.

    fair: judging is right, times spread more than they need to. bad: verdicts may differ from run to run.
    """

    what: str
    grade: Grade
    seen: str
    cure: str = ""


def examine(settings: Settings, root: Path = Path("/")) -> Iterator[Finding]:
    """Look at everything but the noise, which takes seconds. Changes nothing; *root* is that of /proc and /sys.

    Raises:
        ConfigError: when the reserved cores are not this machine's.
    """
    yield _slots(settings)
    yield _memory(settings, root)
    yield _governor(root)
    yield _smt(root)
    yield _thp(root)
    yield _swap(root)
    yield _aslr(root)
    yield _cgroup(root)
    yield _clock(root)
    yield _store_bypass(root)


def _read(path: Path) -> str:
    """What stands there; empty where there is no such file."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _slots(settings: Settings) -> Finding:
    cores = free_cores(settings)
    slots = settings.judge_slots or len(cores)
    seen = f"{slots} on {len(cores)} cores, {len(cores_of(settings.judge_reserved_cores)) or 'none'} reserved"
    cure = "slots of one core slow each other down: PODIUM_JUDGE_SLOTS=0 is one a core"
    return Finding("slots", "fair" if slots > len(cores) else "good", seen, cure)


def _memory(settings: Settings, root: Path) -> Finding:
    slots, have = settings.judge_slots or len(free_cores(settings)), programs_mib(root)
    fit = have // SLOT_MIB
    seen = f"{have} MiB for programs; {slots} slots may need {SLOT_MIB} MiB each under the usual limits"
    fewer = f"PODIUM_JUDGE_SLOTS={fit}, or more memory" if fit else "more memory"
    cure = f"a judging that finds none is tried again elsewhere, and is an error in the end: {fewer}"
    return Finding("memory", "good" if fit >= slots else "fair" if fit else "bad", seen, cure)


def _governor(root: Path) -> Finding:
    found = sorted({_read(p) for p in root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")})
    if not found:
        return Finding(
            "governor", "good", "the kernel does not scale the cores' frequency (usual in a virtual machine)"
        )
    cure = "cpupower frequency-set -g performance"
    return Finding("governor", "good" if found == ["performance"] else "fair", ", ".join(found), cure)


def _smt(root: Path) -> Finding:
    siblings = [_read(p) for p in root.glob("sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")]
    active = _read(root / "sys/devices/system/cpu/smt/active") == "1" or any(re.search("[,-]", s) for s in siblings)
    cure = (
        "two slots on one core slow each other down: echo off > /sys/devices/system/cpu/smt/control (or boot with nosmt), "
        "or reserve one thread of each core with PODIUM_JUDGE_RESERVED_CORES"
    )
    pairs = ", ".join(sorted({s for s in siblings if re.search("[,-]", s)}))
    return Finding("SMT", "fair" if active else "good", f"on ({pairs or 'pairs not told'})" if active else "off", cure)


def _thp(root: Path) -> Finding:
    text = _read(root / "sys/kernel/mm/transparent_hugepage/enabled")
    mode = match[1] if (match := re.search(r"\[(\w+)\]", text)) else "not in this kernel"
    cure = "memory is measured in steps of 2 MiB: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    return Finding("THP", "fair" if mode == "always" else "good", mode, cure)


def _swap(root: Path) -> Finding:
    match = re.search(r"^SwapTotal:\s+(\d+) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    kib = int(match[1]) if match else 0
    cure = "a program that is swapped out is measured slower: swapoff -a, and take it out of /etc/fstab"
    return Finding("swap", "fair" if kib else "good", f"{kib >> 10} MiB" if kib else "off", cure)


def _aslr(root: Path) -> Finding:
    mode = _read(root / "proc/sys/kernel/randomize_va_space")
    seen = {"0": "off", "1": "on, without the heap", "2": "on"}.get(mode, "not told")
    cure = (
        "times of one program differ by a percent or two with its addresses: sysctl -w kernel.randomize_va_space=0, "
        "where nothing but judging runs on this machine"
    )
    return Finding("ASLR", "good" if mode == "0" else "fair", seen, cure)


def _cgroup(root: Path) -> Finding:
    base = root / "sys/fs/cgroup"
    if (base / "cgroup.controllers").exists():
        have, wanted, seen = set(_read(base / "cgroup.controllers").split()), {"cpu", "memory", "pids", "cpuset"}, "v2"
    else:
        wanted = {"cpuacct", "memory", "pids", "cpuset"}
        have = {name for name in wanted if (base / name).is_dir()}
        seen = "v1"
    missing = sorted(wanted - have)
    if missing:
        cure = "limits cannot be kept: enable these controllers (boot with cgroup_enable=memory, or in the container's host)"
        return Finding("cgroup version", "bad", f"{seen}, without {', '.join(missing)}", cure)
    cure = (
        "podium's tests have run on hosts with v1 alone; of v2 they prove how its files are read (docs/security.md): "
        "judge your packages here with `podium problem verify` before a contest, or boot with "
        "systemd.unified_cgroup_hierarchy=0"
    )
    return Finding("cgroup version", "fair" if seen == "v2" else "good", seen, cure)


def _clock(root: Path) -> Finding:
    base = root / "sys/devices/system/clocksource/clocksource0"
    source = _read(base / "current_clocksource")
    quick = source in ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "")
    kept = disciplined()
    seen = f"{source or 'source not told'}, {'kept' if kept else 'not kept'} by a time service"
    if not quick:
        choice = [name for name in _read(base / "available_clocksource").split() if name in ("tsc", "kvm-clock")]
        better = (
            f"echo {choice[0]} > {base}/current_clocksource" if choice else "boot with tsc=reliable if the CPU has one"
        )
        return Finding("clock", "fair", seen, f"each look at this clock takes a microsecond: {better}")
    return Finding(
        "clock", "good" if kept else "fair", seen, "several hosts must agree: run chrony or systemd-timesyncd"
    )


def _store_bypass(root: Path) -> Finding:
    """How the kernel guards against speculative store bypass (its Documentation, `spec_store_bypass_disable=`)."""
    seen = _read(root / "sys/devices/system/cpu/vulnerabilities/spec_store_bypass") or "not told"
    slows = seen.startswith("Mitigation") and not seen.endswith("via prctl")
    cure = (
        "what runs under seccomp, as every submission does, may be slower by up to a half, and differently from host to "
        "host: boot with spec_store_bypass_disable=prctl, as kernels from 5.16 do by themselves"
    )
    return Finding("SSBD", "fair" if slows else "good", seen, cure)


def disciplined() -> bool:
    """Whether the kernel says that its clock is synchronised (adjtimex without STA_UNSYNC)."""
    timex = ctypes.create_string_buffer(512)  # struct timex, a little over 200 bytes; modes = 0 only reads
    status_at = 4 + 4 + 3 * 8 + 8  # modes and its padding, offset, freq, maxerror, esterror
    if ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0:
        return False
    return not int.from_bytes(timex.raw[status_at : status_at + 4], sys.byteorder) & 0x40


def of_noise(noise: Noise) -> Finding:
    """How noisy the machine was while it was measured. Pure."""
    seen = (
        f"CPU time of equal work within {noise.spread:.1%} (the worst {noise.worst:.1%}); others had {noise.taken:.1%} "
        f"of the cores, the hypervisor {noise.stolen:.1%}; {noise.seconds:.0f} s on {noise.cores} cores"
    )
    cures = []
    if noise.spread > _SPREAD[0]:
        cures.append(
            "the same program takes more and less: performance governor, SMT off, no neighbour with big caches"
        )
    if noise.taken > _TAKEN[0]:
        cures.append(
            "something else runs here: stop it (`top` names it), or reserve a core (PODIUM_JUDGE_RESERVED_CORES)"
        )
    if noise.stolen > _STOLEN:
        cures.append("the virtual machine does not get its cores: ask for dedicated ones")
    bad = noise.spread > _SPREAD[1] or noise.taken > _TAKEN[1] or noise.stolen > _TAKEN[1]
    grade: Grade = "bad" if bad else "fair" if cures else "good"
    return Finding("noise", grade, seen, "; ".join(cures))
