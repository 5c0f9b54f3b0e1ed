"""Landlock: the kernel lets this process touch the history's own files and listen on its own ports, nothing else.

chdb's SQL can read files (`file('/etc/passwd')`), write them (`INTO OUTFILE`) and reach the network (`url(…)`) whatever
its user may do, so the last word is the kernel's. What is restricted is the calling thread and every thread and process
that it starts afterwards: call `confine` before the engine is imported.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from schemas.errors import ConfigError

__all__ = ["abi_version", "confine"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1

_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many file rights a version of the kernel's interface knows; later ones know 16."""

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache")
# single files only: /proc/self/environ holds passwords, and a rule for /proc/self would open it. Without auxv the engine
# looks for its contents behind the environment, which is elsewhere once a variable was set, and crashes
_PROC = tuple(f"/proc/self/{n}" for n in ("auxv", "stat", "statm", "status", "maps", "mountinfo", "mounts", "cgroup"))
_KERNEL = ("/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version")
_SYSFS = ("/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup", "/sys/kernel/mm")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_fs", ctypes.c_uint64), ("handled_net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def _syscall(number: int, *args: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(number, *args))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def abi_version() -> int:
    """The version of Landlock that this kernel speaks; 0 when it has none. Pure."""
    try:
        return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def confine(writable: Iterable[Path], readable: Iterable[Path], ports: Iterable[int]) -> bool:
    """Allow only these folders, Python and the system's libraries, and listening on these TCP ports; no connecting.

    Irrevocable for this thread and all that it starts. Returns False, and does nothing, on a kernel without Landlock;
    a container with a read-only root is the equivalent there.

    Raises:
        ConfigError: when the kernel has Landlock and refuses.
    """
    version = abi_version()
    if version == 0:
        return False
    every_fs = (1 << _FS_BITS.get(version, 16)) - 1
    ruleset = _Ruleset(every_fs, _BIND_TCP | _CONNECT_TCP if version >= 4 else 0, 0)
    # a shorter structure is an older kernel's: it refuses fields that it does not know
    size = 8 if version < 4 else 16 if version < 6 else ctypes.sizeof(_Ruleset)
    try:
        ruleset_fd = _syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0))
        try:
            for path in writable:
                _allow_path(ruleset_fd, path, every_fs)
            for path in (*readable, *_python(), *map(Path, (*_SYSTEM, *_PROC, *_KERNEL, *_SYSFS))):
                _allow_path(ruleset_fd, path, _READ & every_fs)
            for path in map(Path, _DEVICES):
                _allow_path(ruleset_fd, path, (_READ_FILE | _WRITE_FILE) & every_fs)
            for port in ports if version >= 4 else ():
                rule = _PortRule(_BIND_TCP, port)
                _syscall(_ADD_RULE, ruleset_fd, _NET_PORT, ctypes.byref(rule), ctypes.c_uint32(0))
            libc = ctypes.CDLL(None, use_errno=True)
            libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)  # the kernel asks for it before it lets anyone restrict themselves
            _syscall(_RESTRICT_SELF, ruleset_fd, ctypes.c_uint32(0))
        finally:
            os.close(ruleset_fd)
    except OSError as error:
        raise ConfigError(f"Landlock: {error.strerror}; the history does not run unconfined") from error
    return True


def _python() -> set[Path]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return {Path(folder) for folder in (*folders, sys.prefix, f"{sys.base_prefix}/lib")}


def _allow_path(ruleset_fd: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        rule = _PathRule(rights, fd)
        _syscall(_ADD_RULE, ruleset_fd, _PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(fd)
