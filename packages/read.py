"""Reading a problem package, folder or zip, in the formats 2025-09, legacy-icpc and legacy: checked whole or refused."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

from packages.files import PackageFiles, digest_of, unpack_zip
from packages.findings import Findings
from packages.include import read_include
from packages.layout import check_attachments, check_layout
from packages.metadata import read_metadata
from packages.model import Limits, ProblemPackage, Program, TestCase, TestGroup
from packages.programs import (
    read_grader,
    read_input_validators,
    read_output_validators,
    read_output_visualizer,
    read_static_validator,
)
from packages.statements import check_samples_asked_for, check_solution, read_statements
from packages.submissions import read_submissions
from packages.testdata import read_test_data
from packages.timing import too_long
from schemas.errors import PackageError

__all__ = ["Limits", "ProblemPackage", "TestCase", "open_package", "read_package"]


def read_package(path: Path) -> ProblemPackage:
    """Read and check a package whole. A zip is unpacked to a temporary folder that goes with the package.

    Raises:
        PackageError: with one line for each thing that is wrong or not supported, each naming its file.
    """
    if path.is_dir():
        return open_package(path, path.resolve().name)
    if not path.exists():
        raise PackageError(f"{path}: there is no such folder or file")
    folder = Path(tempfile.mkdtemp(prefix="podium-package-"))
    try:
        unpack_zip(path, folder)
        package = open_package(folder, path.stem)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(package, shutil.rmtree, folder, ignore_errors=True)
    return package


def open_package(root: Path, short_name: str) -> ProblemPackage:
    """Read and check the unpacked package in this folder, which must stay as long as the package is used.

    Raises:
        PackageError: as `read_package`.
    """
    findings = Findings(short_name)
    try:
        files = PackageFiles(root, findings)
        findings.check()
        return _read(files, short_name, findings)
    except OSError as error:
        raise PackageError(f"{short_name}: cannot be read: {error}") from error


def _read(files: PackageFiles, short_name: str, findings: Findings) -> ProblemPackage:
    metadata = read_metadata(files, findings)
    check_layout(files, metadata.format, short_name, findings)
    check_attachments(files, metadata.format, findings)
    if metadata.format == "2025-09":
        check_solution(files, findings)
    names, statements = read_statements(files, metadata, findings)
    validators = read_output_validators(files, metadata, findings)
    static_validator = read_static_validator(files, metadata, findings)
    grader = read_grader(files, metadata, findings)
    input_validators = read_input_validators(files, metadata, findings)
    data = read_test_data(files, metadata, validators=validators, input_validators=input_validators, findings=findings)
    test_cases, groups = data.cases, data.groups
    _check_groups(groups, static_validator, grader, findings)
    check_samples_asked_for(files, statements, sum(case.sample for case in test_cases), findings)
    if why := too_long(len(test_cases), metadata.passes, metadata.limits.time_limit_ms):
        findings.warn("data", why)
    submissions = read_submissions(files, metadata, cases=test_cases, groups=groups, findings=findings)
    package = ProblemPackage(
        root=files.root,
        short_name=short_name,
        digest="" if findings.errors else digest_of(files),
        format=metadata.format,
        name=names.get("en") or next(iter(names.values()), short_name),
        names=names,
        uuid=metadata.uuid,
        types=metadata.types,
        limits=metadata.limits,
        test_cases=test_cases,
        validators=tuple(validators),
        input_validators=tuple(input_validators),
        submissions=tuple(submissions),
        statements=statements,
        statement=statements.get("en") or next(iter(statements.values()), ""),
        attachments=tuple(files.under("attachments")),
        checks=data.checks,
        interactions=data.interactions,
        timing=metadata.timing,
        origin=metadata.origin,
        shows_groups=metadata.shows_groups,
        groups=groups,
        static_validator=static_validator,
        output_visualizer=read_output_visualizer(files, metadata, findings),
        grader=grader,
        include=read_include(files, metadata, findings),
        constants=metadata.constants,
        languages=metadata.languages,
        file_writing=metadata.file_writing,
        passes=metadata.passes,
        warnings=tuple(findings.warnings),
    )
    findings.check()
    return package


def _check_groups(
    groups: Sequence[TestGroup], static_validator: Program | None, grader: Program | None, findings: Findings
) -> None:
    """What the groups ask for must be there, and what is there is for something."""
    static = [group.name for group in groups if group.static_score is not None]
    for name in static:
        if static_validator is None:
            findings.error(f"data/{name}/test_group.yaml", "static_validation_score: there is no static_validator")
    if static_validator is not None and not static:
        findings.warn("static_validator", "is not used: no test_group.yaml has static_validation_score")
    for group in groups:
        if group.legacy is not None and group.legacy.custom and grader is None:
            findings.error(f"data/{group.name}".rstrip("/"), "grading: custom: there is no grader in graders")
