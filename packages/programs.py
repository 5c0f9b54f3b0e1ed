"""The programs of a package: which files, in which language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.model import Program

__all__ = ["language_of", "program_at", "read_input_validators", "read_output_validators"]

_EXTENSIONS: Final[Mapping[str, str]] = {
    "c": "c",
    **dict.fromkeys(("cc", "cpp", "cxx", "c++", "C"), "cpp"),
    "java": "java",
    **dict.fromkeys(("py", "py3"), "python3"),
    "py2": "python2",
    "kt": "kotlin",
    "rs": "rust",
    "go": "go",
    "cs": "csharp",
    "js": "javascript",
    "ts": "typescript",
    "hs": "haskell",
    "rb": "ruby",
    "pas": "pascal",
    "scala": "scala",
    "swift": "swift",
    "php": "php",
    "m": "objectivec",
    "pl": "prolog",
    "lisp": "lisp",
    "ml": "ocaml",
    "jl": "julia",
}
"""The languages of the format by extension; which of them a judge can run is the judge's business."""

VALIDATOR_LANGUAGES: Final = frozenset({"c", "cpp", "java", "python3"})

_GRAMMARS: Final = (".ctd", ".viva")
_PYTHON_2: Final = re.compile(rb"^#!.*python2")


def language_of(paths: Sequence[tuple[str, Path]]) -> str:
    """The language of these (name, path) by their extensions; empty where it is not a single one."""
    found = set()
    for name, path in paths:
        language = _EXTENSIONS.get(PurePosixPath(name).suffix[1:])
        if language == "python3" and path.stat().st_size < 1 << 20 and _PYTHON_2.match(path.read_bytes()):
            language = "python2"
        if language:
            found.add(language)
    return found.pop() if len(found) == 1 else ""


def program_at(files: PackageFiles, path: str, findings: Findings) -> Program:
    """The program that is this file or this folder, by its path in the package."""
    names = files.under(path) if files.is_folder(path) else [path]
    base = path if files.is_folder(path) else path.rpartition("/")[0]
    members = []
    for name in names:
        inner = name[len(base) + 1 :]
        if "/" in inner:
            findings.unsupported(name, "a folder inside a program is")
        members.append((inner, files.path(name)))
    language = language_of(members)
    own_build = {"build", "run"} & {name for name, _ in members}
    entry = "__main__.py" if any(name == "__main__.py" for name, _ in members) else None
    return Program(PurePosixPath(path).stem, "" if own_build else language, tuple(members), entry)


def read_output_validators(files: PackageFiles, format_: str, custom: bool | None, findings: Findings) -> list[Program]:
    """The custom output validators; none means the default one."""
    right, wrong = ("output_validator", "output_validators")
    if format_ != "2025-09":
        right, wrong = wrong, right
    if files.is_folder(wrong):
        findings.error(wrong, f"the {format_} format calls it {right}")
    entries = files.entries(right)
    if custom is False and entries:
        findings.warn(right, "is not used: problem.yaml says validation: default")
        return []
    if custom and not entries:
        findings.error(right, "is missing: problem.yaml says validation: custom")
    if format_ == "2025-09":
        paths = _only_program(files, right, entries, findings)
    else:
        paths = [f"{right}/{entry}" for entry in entries]
    validators = [program_at(files, path, findings) for path in paths]
    for path, validator in zip(paths, validators, strict=True):
        if validator.language not in VALIDATOR_LANGUAGES:
            what = f"a validator in {validator.language}" if validator.language else "a program of no known language"
            own_build = {"build", "run"} & {name for name, _ in validator.files}
            findings.unsupported(path, ("a program with a build or run script" if own_build else what) + " is")
    return validators


def _only_program(files: PackageFiles, folder: str, entries: list[str], findings: Findings) -> list[str]:
    """The one program in a folder: its one entry, or the folder itself where it holds several files."""
    folders = [entry for entry in entries if files.is_folder(f"{folder}/{entry}")]
    if not entries:
        return []
    if len(entries) == 1:
        return [f"{folder}/{entries[0]}"]
    if folders:
        findings.error(f"{folder}/{folders[0]}", f"{folder} holds one program: a file, a folder, or files")
    return [folder]


def read_input_validators(files: PackageFiles, findings: Findings) -> list[Program]:
    """The input validators, those included that podium cannot run: judging does not need them."""
    folder = "input_validators"
    if not files.is_folder(folder):
        folder = "input_format_validators"
    programs = []
    for entry in files.entries(folder):
        path = f"{folder}/{entry}"
        program = program_at(files, path, findings)
        if entry.endswith(_GRAMMARS):
            findings.warn(path, "is not run: podium knows no grammar files")
        elif program.language not in VALIDATOR_LANGUAGES:
            findings.warn(path, "is not run: podium knows no such program")
        programs.append(program)
    if not programs:
        findings.warn("input_validators", "is missing: the test data cannot be checked")
    return programs
