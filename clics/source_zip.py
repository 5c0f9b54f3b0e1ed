"""The files of a submission as the Contest API serves them: one zip. Pure."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from collections.abc import Iterable

from schemas.definition import FileData

__all__ = ["zip_hash", "zipped"]


def zipped(files: Iterable[FileData]) -> bytes:
    """The files at the root of a zip: the same bytes for the same files, on every machine and for ever.

    They are stored as they are: what a compressor makes of them depends on its version, and their hash stays.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            info = zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix, whatever this runs on
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, file.data)
    return out.getvalue()


def zip_hash(files: Iterable[FileData]) -> str:
    """The MD5 of that zip, hexadecimal, as file references have it."""
    return hashlib.md5(zipped(files), usedforsecurity=False).hexdigest()
