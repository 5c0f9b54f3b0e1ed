"""`include/`: files that are put beside each submission before it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.languages import LANGUAGE_CODES
from packages.metadata import Metadata

__all__ = ["read_include"]

_FOLDER: Final = "include"
_DEFAULT: Final = "default"


def read_include(
    files: PackageFiles, metadata: Metadata, findings: Findings
) -> Mapping[str, tuple[tuple[str, Path], ...]]:
    """The files by the code of the language, or `default`, which the legacy formats do not have."""
    found = {}
    for entry in files.entries(_FOLDER):
        path = f"{_FOLDER}/{entry}"
        if not files.is_folder(path):
            findings.error(path, "lies in no folder of a language")
        elif metadata.format == "legacy-icpc":
            findings.error(path, "the legacy-icpc format has no included files")
        elif entry == _DEFAULT:
            if metadata.format != "2025-09":
                findings.error(path, f"the {metadata.format} format has folders of languages alone")
        elif entry not in LANGUAGE_CODES:
            findings.error(path, f"{entry!r} is no code of the format's table of languages")
        elif metadata.languages is not None and entry not in metadata.languages:
            findings.error(path, f"problem.yaml: languages: does not allow {entry}")
        found[entry] = tuple((name[len(path) + 1 :], files.path(name)) for name in files.under(path))
    return found
