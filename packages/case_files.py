"""The files of a test case: which belong together, what is shown of a sample, and what is looked at in them."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.metadata import Metadata
from packages.yaml_file import read_text

__all__ = [
    "GROUP_FILES",
    "MOST_ENTRIES",
    "CaseFiles",
    "case_files",
    "check_display",
    "check_lines",
    "interaction_of",
    "notes_of",
]

_IMAGES: Final = (".png", ".jpg", ".jpeg", ".svg")
_SHOWN: Final = (".in.statement", ".ans.statement", ".in.download", ".ans.download", ".out")
_MODERN: Final = (*_SHOWN, ".interaction", *_IMAGES, ".in", ".ans", ".yaml")
_LEGACY: Final = (".interaction", *_IMAGES, ".in", ".ans", ".hint", ".desc")
GROUP_FILES: Final = ("test_group.yaml", "testdata.yaml")
"""What configures a folder of test data: in the 2025-09 format, and in the legacy ones."""

_FOLDER: Final = ".files"

MOST_ENTRIES: Final = 2048
"""Files and folders in one `.files` folder: as many as fit into a sandbox beside the program, and all that it makes."""

_LOOKED_AT: Final = 4 << 20
"""Bytes at the beginning of an input or answer that are searched for carriage returns, besides its last byte: whole
files can be gigabytes, and an editor or a system that writes such line ends writes them from the first line on."""

_OVERRIDES: Final = (
    ("input", (".in.statement", ".interaction"), (".in.download",)),
    ("output", (".out", ".ans.statement", ".interaction"), (".out", ".ans.download")),
)
"""What may stand for a sample's input and output, when it is shown and when it is downloaded."""


@dataclass(slots=True)
class CaseFiles:
    """The files of one test case by their extension, and `inputs`, what its `.files` folder holds, by the path inside."""

    files: dict[str, str] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def any(self) -> str:
        """One of the files."""
        return next(iter(self.files.values()), self.inputs[0][1] if self.inputs else "")


def case_files(paths: Iterable[str], *, modern: bool, findings: Findings) -> dict[str, CaseFiles]:
    """The files of each case by its name, out of paths under data; what belongs to none is told."""
    found: dict[str, CaseFiles] = {}
    for path in paths:
        whole = f"data/{path}"
        parts = path.split("/")
        folder = next((n for n, part in enumerate(parts[:-1]) if part.endswith(_FOLDER) and part != _FOLDER), None)
        if folder is not None:
            if modern:
                base = "/".join(parts[: folder + 1])[: -len(_FOLDER)]
                found.setdefault(base, CaseFiles()).inputs.append(("/".join(parts[folder + 1 :]), whole))
            else:
                findings.unsupported(whole, "input by files, which the legacy formats do not have, is")
            continue
        name = parts[-1]
        if name in GROUP_FILES:
            continue
        extension = next((e for e in (_MODERN if modern else _LEGACY) if name.endswith(e) and name != e), None)
        if extension is None:
            findings.warn(whole, "is passed over: it belongs to no test case")
            continue
        found.setdefault(path[: -len(extension)], CaseFiles()).files[extension] = whole
    for base, own in found.items():
        inner = [PurePosixPath(name) for name, _ in own.inputs]
        entries = len({*inner, *(folder for path in inner for folder in path.parents)} - {PurePosixPath()})
        if entries > MOST_ENTRIES:
            findings.error(
                f"data/{base}{_FOLDER}", f"holds {entries} files and folders; at most {MOST_ENTRIES} fit into a sandbox"
            )
        images = [own.files[e] for e in _IMAGES if e in own.files]
        if len(images) > 1:
            findings.error(images[1], f"there is {images[0]} already: a test case has one illustration at most")
    return found


def check_display(own: CaseFiles, findings: Findings) -> None:
    """Input and output are each overridden by one file at most, and for showing and downloading alike."""
    for what, shown, loaded in _OVERRIDES:
        for_showing = [own.files[e] for e in shown if e in own.files]
        for_loading = [own.files[e] for e in loaded if e in own.files]
        for several, how in ((for_showing, "shown"), (for_loading, "downloaded")):
            if len(several) > 1:
                findings.error(several[1], f"and {several[0]} both stand for the {what} that is {how}")
        if for_showing and not for_loading:
            findings.error(
                for_showing[0], f"there is no {loaded[-1]} beside it: what is shown and downloaded goes together"
            )
        if for_loading and not for_showing:
            findings.error(
                for_loading[0], f"there is no {shown[-2]} beside it: what is shown and downloaded goes together"
            )


def check_lines(files: PackageFiles, name: str, findings: Findings, *, strict: bool) -> None:
    """Test data is text with LF line ends, the last line included; of a large file its beginning and end are looked at.

    What is not UTF-8 may be no text, of which alone the formats ask that, and is told.
    """
    say = findings.error if strict else findings.warn
    with files.path(name).open("rb") as file:
        head = file.read(_LOOKED_AT)
        size = file.seek(0, os.SEEK_END)
        if head.startswith(codecs.BOM_UTF8):
            say(name, "begins with a byte-order mark")
        if b"\r" in head:
            say(name, "has carriage returns; line ends must be LF alone")
        elif size:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                say(name, "does not end with a line end")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) == size)
    except UnicodeDecodeError as error:
        findings.warn(name, f"is not UTF-8, as text must be: byte {error.start}")


def interaction_of(files: PackageFiles, own: CaseFiles, metadata: Metadata, findings: Findings) -> Path | None:
    """A sample's log of an interaction, when each of its lines is one of the judge's or of the submission's."""
    name = own.files.get(".interaction")
    if name is None:
        return None
    source = read_text(files, name, findings)
    if source is None:
        return None
    passes = "multi-pass" in metadata.types
    for number, line in enumerate(source.splitlines(), 1):
        if not line.startswith(("<", ">")) and not (passes and line == "---"):
            say = findings.error if metadata.format == "2025-09" else findings.warn
            also = ", or be --- between passes" if passes else ""
            say(name, f"line {number} must begin with < (from the judge) or > (from the submission){also}")
            break
    return files.path(name)


def notes_of(files: PackageFiles, own: CaseFiles, findings: Findings) -> tuple[str, str]:
    """Hint and description as the legacy formats have them: in files."""
    hint, description = (
        (read_text(files, own.files[extension], findings) or "").strip() if extension in own.files else ""
        for extension in (".hint", ".desc")
    )
    return hint, description
