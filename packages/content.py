"""A package's content whatever it comes in: its files, its digest, its zip."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from schemas.errors import PackageError

__all__ = ["digest_of", "files_of", "pack", "unpack"]

_MOST_FILES = 50_000
_MOST_BYTES = 20_000_000_000
"""The CCS requirements ask for 20 GB of test data a problem; more is a mistake or an attack."""

_CHUNK = 1 << 20
_IGNORED = {".git", ".DS_Store", "__pycache__", "__MACOSX"}


def files_of(root: Path) -> Iterator[tuple[str, Path]]:
    """(name inside the package, path) of each file, sorted by name.

    Raises:
        PackageError: for anything that is neither file nor folder, or too many of them.
    """
    found = []
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if _IGNORED & set(PurePosixPath(name).parts):
            continue
        if path.is_symlink():
            raise PackageError(f"{name}: a symbolic link; put the file itself there")
        if path.is_file():
            found.append((name, path))
        elif not path.is_dir():
            raise PackageError(f"{name}: neither a file nor a folder")
    if len(found) > _MOST_FILES:
        raise PackageError(f"{root}: {len(found)} files; at most {_MOST_FILES}")
    yield from sorted(found)


def digest_of(root: Path) -> str:
    """The SHA-256 of names and bytes in order: the same for a folder and its zip. Pure but for reading."""
    total = hashlib.sha256()
    for name, path in files_of(root):
        size = path.stat().st_size
        total.update(f"{name}\0{size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
    return total.hexdigest()


def pack(root: Path, target: Path) -> None:
    """Write the package's zip: equal content gives equal bytes. Atomic: *target* is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as temporary:
        new = Path(temporary.name)
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, path in files_of(root):
                    info = zipfile.ZipInfo(name)  # a fixed date and mode
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.external_attr = (stat.S_IFREG | 0o644) << 16
                    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as entry:
                        shutil.copyfileobj(source, entry, _CHUNK)
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)


def unpack(archive: Path, target: Path) -> None:
    """Unpack a package's zip into the empty folder *target*; one folder at the top of the zip is left out.

    Raises:
        PackageError: when it is no zip, would write outside, or is too large.
    """
    try:
        with zipfile.ZipFile(archive) as found:
            entries = [info for info in found.infolist() if not info.is_dir()]
            if len(entries) > _MOST_FILES or sum(info.file_size for info in entries) > _MOST_BYTES:
                raise PackageError(f"{archive.name}: more than {_MOST_FILES} files or {_MOST_BYTES} bytes")
            names = [PurePosixPath(info.filename) for info in entries]
            tops = {name.parts[0] for name in names}
            below = len(tops) == 1 and all(len(name.parts) > 1 for name in names)
            for info, name in zip(entries, names, strict=True):
                parts = name.parts[1:] if below else name.parts
                if (
                    name.is_absolute()
                    or ".." in parts
                    or stat.S_ISLNK(info.external_attr >> 16)
                    or "\\" in info.filename
                ):
                    raise PackageError(f"{archive.name}: {info.filename}: would not stay inside the package")
                path = target.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                with found.open(info) as source, path.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise PackageError(f"{archive.name}: cannot be unpacked: {error}") from error
