"""What lies where in a package: files and folders that a format does not know, names that it does not allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.languages import LANGUAGE_CODES

__all__ = ["check_attachments", "check_layout"]

_COMMON: Final = ("problem.yaml", "attachments", "data", "submissions", "input_validators")
_LEGACY_ICPC: Final = (
    *_COMMON, "problem_statement", "output_validators", "input_format_validators", "domjudge-problem.ini", ".timelimit",
    "problem.html", "problem.pdf", "problem.txt",
)  # fmt: skip
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "2025-09": frozenset({
        *_COMMON, "statement", "solution", "generators", "include", "static_validator", "output_validator",
        "input_visualizer", "output_visualizer",
    }),
    "legacy": frozenset({*_LEGACY_ICPC, "include", "graders"}),
    "legacy-icpc": frozenset({*_LEGACY_ICPC, "include"}),
}  # fmt: skip
"""By format; what other formats call otherwise, and included files, are looked at where they are read."""

_ELSEWHERE: Final = ("statement", "problem_statement", "output_validator", "output_validators")
_DECIDES: Final[Mapping[str, str]] = {"graders": "legacy", "static_validator": "2025-09"}
"""What would change verdicts or scores, and the one format that has it: it is refused where it would not be used."""

_DATA: Final[Mapping[str, frozenset[str]]] = {
    "2025-09": frozenset({"sample", "secret", "invalid_input", "invalid_output", "valid_output"}),
    "legacy": frozenset({"sample", "secret"}),
    "legacy-icpc": frozenset({"sample", "secret"}),
}
_ICPC_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,253}[a-zA-Z0-9]")


def check_layout(files: PackageFiles, format_: str, short_name: str, findings: Findings) -> None:
    """Tell what is passed over, and refuse what must not be."""
    if not re.fullmatch(r"[a-z0-9]+", short_name):
        say = findings.error if format_ == "2025-09" else findings.warn
        say("", "the name of a package has lower-case letters and digits only")
    for entry in dict.fromkeys(name.split("/", 1)[0] for name in files):
        if entry in _DECIDES and _DECIDES[entry] != format_:
            findings.error(entry, f"is part of the {_DECIDES[entry]} format alone, and this package is {format_}")
        elif entry not in _KNOWN[format_] and entry not in _ELSEWHERE:
            findings.warn(entry, "is passed over: it is no part of the format")
    for entry in files.entries("data"):
        if files.is_folder(f"data/{entry}") and entry not in _DATA[format_]:
            findings.warn(f"data/{entry}", "is passed over: it is no part of the format")
    if format_ == "legacy-icpc":
        for name in files:
            if not _ICPC_NAME.fullmatch(name.rpartition("/")[2]) and name != ".timelimit":
                findings.warn(name, "the legacy-icpc format wants two letters or digits around the name of a file")


def check_attachments(files: PackageFiles, format_: str, findings: Findings) -> None:
    """Folders in `attachments/`: in 2025-09 there is one alone, of templates by the code of a language."""
    if format_ != "2025-09":
        return
    for entry in files.entries("attachments"):
        if files.is_folder(f"attachments/{entry}") and entry != "templates":
            findings.error(f"attachments/{entry}", "only templates may be a folder in attachments")
    for entry in files.entries("attachments/templates"):
        path = f"attachments/templates/{entry}"
        if not files.is_folder(path):
            findings.error(path, "lies in no folder of a language")
        elif entry != "default" and entry not in LANGUAGE_CODES:
            findings.error(path, f"{entry!r} is no code of the format's table of languages")
