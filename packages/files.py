"""A package's files: out of a folder or a zip, within bounds, nothing outside; their digest; the zip made of them."""

from __future__ import annotations

import hashlib
import lzma
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final

from packages.findings import Findings
from schemas.errors import PackageError

__all__ = ["DAMAGED", "PackageFiles", "digest_of", "unpack_zip", "write_zip"]

MAX_FILES: Final = 50_000
MAX_FILE: Final = 16 << 30
MAX_TOTAL: Final = 20_000_000_000
"""Bounds of a package: the CCS requirements ask for 20 GB of test data a problem; more is a mistake or an attack."""

DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError,
)  # fmt: skip
"""What `zipfile` raises for an archive that is none: the decompressors' errors have no common base."""

_NAME: Final = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}", re.ASCII)
_KEPT: Final = frozenset({".timelimit"})
"""The one hidden file that means something: tools write the time limit of a legacy package there."""

_CHUNK: Final = 1 << 20


class PackageFiles:
    """The files of an unpacked package by their path in it. Reads only; symbolic links inside the package are followed."""

    def __init__(self, root: Path, findings: Findings) -> None:
        """List the folder.

        Raises:
            PackageError: when a file leads out of the package or a bound is exceeded.
        """
        self.root = root
        found: dict[str, Path] = {}
        total = 0
        inside = root.resolve()
        for name, path in _walk(root, "", inside, findings):
            if path.is_symlink() and not _within(path, inside):
                findings.error(name, "is a symbolic link that leads out of the package, or nowhere")
                continue
            size = path.stat().st_size
            total += size
            if size > MAX_FILE:
                findings.error(name, f"has {size} bytes, more than {MAX_FILE}")
            found[name] = path
            if len(found) > MAX_FILES or total > MAX_TOTAL:
                raise PackageError(f"{findings.package}: has more than {MAX_FILES} files or {MAX_TOTAL} bytes")
        self._names = sorted(found)
        self._paths = {name: found[name] for name in self._names}

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def path(self, name: str) -> Path:
        """Where the file lies."""
        return self._paths[name]

    def under(self, folder: str) -> list[str]:
        """The files in a folder and its folders, in order, by their path in the package."""
        return self._names[bisect_left(self._names, f"{folder}/") : bisect_left(self._names, f"{folder}0")]

    def entries(self, folder: str) -> list[str]:
        """What lies directly in a folder, in order: names of files and folders."""
        return list(dict.fromkeys(name[len(folder) + 1 :].split("/", 1)[0] for name in self.under(folder)))

    def is_folder(self, path: str) -> bool:
        """Whether there are files under this path."""
        at = bisect_left(self._names, f"{path}/")
        return path not in self._paths and at < len(self._names) and self._names[at].startswith(f"{path}/")


def _walk(
    folder: Path, prefix: str, inside: Path, findings: Findings, *, linked: bool = False
) -> Iterator[tuple[str, Path]]:
    """The files below; *linked*: a link led here, and so that no circle is walked no link leads on to another folder."""
    with os.scandir(folder) as found:
        entries = list(found)  # who walks may stop in the middle
    for entry in entries:
        name, path = f"{prefix}{entry.name}", Path(entry.path)
        if not _NAME.fullmatch(entry.name) and name not in _KEPT:
            # the format has systems behave as if these were not there
            if prefix and not entry.name.startswith("."):
                findings.warn(name, "is passed over: its name begins with '-' or has other letters than the format's")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(path, f"{name}/", inside, findings, linked=linked)
        elif entry.is_symlink() and entry.is_dir():
            if not _within(path, inside):
                findings.error(name, "is a symbolic link that leads out of the package, or nowhere")
            elif linked or path.parent.resolve().is_relative_to(path.resolve()):
                findings.error(name, "is a symbolic link from one linked folder to another, or in a circle")
            else:
                yield from _walk(path, f"{name}/", inside, findings, linked=True)
        elif entry.is_file() or entry.is_symlink():
            yield name, path
        else:
            findings.error(name, "is neither a file nor a folder")


def _within(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def digest_of(files: PackageFiles) -> str:
    """SHA-256 of the package's content, hexadecimal: paths and bytes in order, so that folder and zip agree."""
    digest = hashlib.sha256()
    for name in sorted(files):
        path = files.path(name)
        digest.update(f"{len(name)}:{name}{path.stat().st_size}:".encode())
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
    return digest.hexdigest()


def write_zip(files: PackageFiles, target: IO[bytes]) -> None:
    """Write the package as a zip: the same bytes for the same content."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.file_size = files.path(name).stat().st_size  # from 2 GiB on a member has another head
            with files.path(name).open("rb") as source, archive.open(info, "w") as member:
                shutil.copyfileobj(source, member, _CHUNK)


def unpack_zip(source: Path, target: Path, marks: Sequence[str] = ("problem.yaml",)) -> None:
    """Unpack a package's zip into the empty folder *target*: the folder that holds one of the files *marks*.

    That is the zip's top or its one folder; what lies beside it stays out.

    Raises:
        PackageError: when it is no zip, is damaged or encrypted, exceeds a bound, or names a path outside.
    """
    what = source.name
    try:
        with zipfile.ZipFile(source) as archive:
            members = _members(archive, what, marks)
            total = 0
            for path, info in _placed(archive, members, what):
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                total += _extract(archive, info, place, what, MAX_TOTAL - total)
    except DAMAGED as error:
        if isinstance(error, (FileExistsError, IsADirectoryError, NotADirectoryError)):
            raise PackageError(f"{what}: one path is both a file and a folder: {error.filename}") from error
        raise PackageError(f"{what}: not a zip that can be read: {error}") from error


def _members(archive: zipfile.ZipFile, what: str, marks: Sequence[str]) -> dict[str, zipfile.ZipInfo]:
    """The files by their path in the package."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_FILES:
        raise PackageError(f"{what}: has more than {MAX_FILES} files")
    for info in infos:
        parts = info.filename.split("/")
        if info.filename.startswith("/") or ".." in parts or "\\" in info.filename or ":" in parts[0]:
            raise PackageError(f"{what}: {info.filename!r} leads out of the package")
        if info.flag_bits & 1:
            raise PackageError(f"{what}: {info.filename}: is encrypted")
    roots = {info.filename.rpartition("/")[0] for info in infos if PurePosixPath(info.filename).name in marks}
    shallow = sorted(root for root in roots if "/" not in root)
    if "" in shallow:
        prefix = ""
    elif len(shallow) == 1:
        prefix = f"{shallow[0]}/"
    else:
        wrong = "is there more than once" if shallow else "is missing"
        raise PackageError(f"{what}: {' or '.join(marks)}: {wrong}")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.filename.startswith(prefix):
            path = info.filename[len(prefix) :]
            if path in found:
                raise PackageError(f"{what}: {path}: is there twice")
            found[path] = info
    return found


def _placed(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], what: str
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Every file that there is to be, and the member that holds it; where links lead, as in a folder's form."""
    aims = {path: _aim(archive, path, info, what) for path, info in members.items() if _is_link(info)}
    count = 0
    for path, info in members.items():
        aim = aims.get(path)
        if aim is None or (aim in members and aim not in aims):
            found = [(path, info if aim is None else members[aim])]
        else:
            below = [name for name in members if name.startswith(f"{aim}/")]
            found = [
                (path + name[len(aim) :], members[aims.get(name, name)]) for name in below if _ends(name, members, aims)
            ]
            if not below or len(found) < len(below) or path in below:
                raise PackageError(
                    f"{what}: {path}: is a symbolic link that leads to no file and no folder of the package, or on to another"
                )
        count += len(found)
        if count > MAX_FILES:
            raise PackageError(f"{what}: has more than {MAX_FILES} files")
        yield from found


def _ends(name: str, members: dict[str, zipfile.ZipInfo], aims: dict[str, str]) -> bool:
    """Whether it is a file, or a link to one."""
    return name not in aims or (aims[name] in members and aims[name] not in aims)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)


def _aim(archive: zipfile.ZipFile, path: str, info: zipfile.ZipInfo, what: str) -> str:
    """Where in the package a symbolic link leads."""
    link = archive.read(info).decode("utf-8", "replace") if info.file_size < 4096 else ""
    if not link or link.startswith("/"):
        raise PackageError(f"{what}: {path}: is a symbolic link that leads to no file of the package")
    return os.path.normpath(PurePosixPath(path).parent / link)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path, what: str, room: int) -> int:
    """Copy one member; what counts against the bounds is what comes out, not what the zip claims."""
    size = 0
    with archive.open(info) as member, place.open("xb") as file:
        while part := member.read(_CHUNK):
            size += len(part)
            if size > min(MAX_FILE, room):
                raise PackageError(f"{what}: {info.filename}: more than {MAX_FILE} bytes, or {MAX_TOTAL} in all")
            file.write(part)
        os.fchmod(
            file.fileno(), 0o644
        )  # whatever the umask: a submission is handed a large file itself, and may read it
    return size
