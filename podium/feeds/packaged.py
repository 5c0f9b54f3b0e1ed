"""The problem packages with which the submissions of another system's contest are judged here."""

from __future__ import annotations

import tempfile
from pathlib import Path

from packages.files import unpack_zip
from packages.grading import steps
from packages.model import ProblemPackage
from packages.read import open_package
from packages.store import folder_store
from podium.package_facts import told_of
from schemas.definition import Problem
from schemas.errors import PackageError
from schemas.settings import Settings

__all__ = ["packages_in"]


def packages_in(settings: Settings, folder: Path) -> dict[str, Problem]:
    """The problem packages in a folder, put into the store: what they say, by the name of each folder or zip.

    Raises:
        PackageError: when there is no such folder, or one of them is damaged or says no time limit.
    """
    if not folder.is_dir():
        raise PackageError(f"{folder}: there is no such folder")
    found: dict[str, ProblemPackage] = {}
    errors = []
    with tempfile.TemporaryDirectory(prefix="podium-shadow-") as scratch:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or not (path.is_dir() or path.suffix == ".zip"):
                continue
            name = path.name if path.is_dir() else path.stem
            try:
                found[name] = _opened(path, Path(scratch, name))
            except PackageError as error:
                errors += [f"{path.name}: {line}" for line in str(error).splitlines()]
        if errors:
            raise PackageError("\n".join(errors))
        store = folder_store(settings)
        for package in found.values():
            store.put(package)
        return {name: _problem(name, package) for name, package in found.items()}


def _opened(path: Path, scratch: Path) -> ProblemPackage:
    """The package, which has the name of a problem, and not one that a package may have."""
    if not path.is_dir():
        scratch.mkdir()
        unpack_zip(path, scratch)
    package = open_package(path if path.is_dir() else scratch, "problem")
    if not package.limits.time_limit_ms:
        raise PackageError("states no time limit")
    return package


def _problem(name: str, package: ProblemPackage) -> Problem:
    return Problem(
        id=name,
        label=name,
        name=package.name,
        ordinal=0,
        package=package.digest,
        time_limit_ms=package.limits.time_limit_ms,
        memory_limit_mib=package.limits.memory_mib,
        output_limit_mib=package.limits.output_mib,
        test_data_count=len(steps(package)),
        **told_of(package, name),
    )
