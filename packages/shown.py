"""What people may see of a package: its constants and its samples, out of a folder with no more than that needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packages.case_files import GROUP_FILES
from packages.files import PackageFiles
from packages.findings import Findings
from packages.metadata import read_metadata
from packages.model import TestCase
from packages.testdata import read_test_data

__all__ = ["Shown", "needed", "read_shown"]

_FILES: Final = ("problem.yaml", *(f"data/{name}" for name in GROUP_FILES))
_SAMPLES: Final = "data/sample/"


@dataclass(frozen=True, slots=True)
class Shown:
    """The constants by name, the samples, and logs of interactions that belong to none of them."""

    constants: Mapping[str, str]
    samples: tuple[TestCase, ...]
    interactions: tuple[Path, ...]


def needed(names: Iterable[str]) -> list[str]:
    """Which of a package's files `read_shown` reads. Pure."""
    return [name for name in names if name in _FILES or name.startswith(_SAMPLES)]


def read_shown(root: Path) -> Shown:
    """Read them. The package was checked when it was put into the store: what is wrong with the rest is not said here.

    Raises:
        PackageError: when problem.yaml is none.
        OSError: when a file cannot be read.
    """
    findings = Findings("package")
    files = PackageFiles(root, findings)
    metadata = read_metadata(files, findings)
    data = read_test_data(files, metadata, validators=(), input_validators=(), findings=findings)
    return Shown(metadata.constants, tuple(case for case in data.cases if case.sample), data.interactions)
