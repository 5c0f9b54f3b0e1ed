"""Reading a problem package, folder or zip, in the formats 2025-09, legacy-icpc and legacy: checked whole or refused."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Final

from packages.files import PackageFiles, digest_of, unpack_zip
from packages.findings import Findings
from packages.metadata import Metadata, is_language_code, read_metadata
from packages.model import Limits, ProblemPackage, TestCase
from packages.programs import read_input_validators, read_output_validators
from packages.submissions import read_submissions
from packages.testdata import read_checks, read_test_cases
from packages.yaml_file import read_text
from schemas.errors import PackageError
from schemas.topics import TASK_LOCK_MS

__all__ = ["Limits", "ProblemPackage", "TestCase", "open_package", "read_package"]

_PROBLEM_NAME: Final = re.compile(r"\\problemname\{([^{}]*)\}")
_PLAIN_NAME: Final = re.compile(r"^%% *plainproblemname: *(.+)$", re.MULTILINE)
_STATEMENT_TYPES: Final = ("md", "pdf", "tex")
"""In the order in which they are preferred for showing."""

_REFUSED: Final = {
    "include": "files included with submissions are",
    "static_validator": "a static validator is",
    "output_visualizer": "an output visualizer is",
    "graders": "grading is",
}
_KNOWN: Final = frozenset(
    {
        *("problem.yaml", "domjudge-problem.ini", ".timelimit", "statement", "problem_statement", "attachments"),
        *("solution", "data", "generators", "submissions", "input_validators", "input_format_validators"),
        *("output_validator", "output_validators", "input_visualizer", *_REFUSED),
    }
)

_LONGEST_MS: Final = TASK_LOCK_MS * 3 // 4
"""Of all runs of a submission: a slot that holds its task for longer loses it to another."""


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
    if not re.fullmatch(r"[a-z0-9]+", short_name):
        findings.warn("", "the name of a package has lower-case letters and digits only")
    _check_top(files, findings)
    names, statements = _read_statements(files, metadata, findings)
    validators = read_output_validators(files, metadata.format, metadata.custom, findings)
    custom = bool(validators)
    test_cases = read_test_cases(files, metadata, custom=custom, findings=findings)
    longest_ms = len(test_cases) * metadata.limits.time_limit_ms
    if longest_ms > _LONGEST_MS:
        findings.error(
            "data",
            f"{len(test_cases)} test cases take up to {longest_ms // 60_000} minutes; a judge has "
            f"{_LONGEST_MS // 60_000} for a submission",
        )
    package = ProblemPackage(
        root=files.root,
        short_name=short_name,
        digest="" if findings.errors else digest_of(files),
        format=metadata.format,
        name=names.get("en") or next(iter(names.values()), short_name),
        names=names,
        uuid=metadata.uuid,
        types=frozenset({"pass-fail"}),
        limits=metadata.limits,
        test_cases=tuple(test_cases),
        validators=tuple(validators),
        input_validators=tuple(read_input_validators(files, findings)),
        submissions=tuple(read_submissions(files, metadata.format, findings)),
        statements=statements,
        statement=statements.get("en") or next(iter(statements.values()), ""),
        attachments=tuple(files.under("attachments")),
        checks=tuple(read_checks(files, metadata, custom=custom, findings=findings)),
        warnings=tuple(findings.warnings),
    )
    findings.check()
    return package


def _check_top(files: PackageFiles, findings: Findings) -> None:
    for entry in dict.fromkeys(name.split("/", 1)[0] for name in files):
        if entry in _REFUSED:
            findings.unsupported(entry, _REFUSED[entry])
        elif entry not in _KNOWN:
            findings.warn(entry, "is passed over: it is no part of the format")
    for entry in files.entries("data"):
        if files.is_folder(f"data/{entry}") and entry not in (
            *("sample", "secret", "invalid_input", "invalid_output", "valid_output"),
        ):
            findings.warn(f"data/{entry}", "is passed over: it is no part of the format")
    for entry in files.entries("attachments"):
        if files.is_folder(f"attachments/{entry}") and entry != "templates":
            findings.error(f"attachments/{entry}", "only templates may be a folder in attachments")


def _read_statements(
    files: PackageFiles, metadata: Metadata, findings: Findings
) -> tuple[dict[str, str], dict[str, str]]:
    """The problem's names and its statements' paths, both by language."""
    right, wrong = "statement", "problem_statement"
    if metadata.format != "2025-09":
        right, wrong = wrong, right
    if files.is_folder(wrong):
        findings.error(wrong, f"the {metadata.format} format calls it {right}")
    statements: dict[str, str] = {}
    for type_ in _STATEMENT_TYPES:
        for entry in files.entries(right):
            match = re.fullmatch(rf"problem(?:\.([A-Za-z-]+))?\.{type_}", entry)
            if match is None or (match[1] is None and metadata.format == "2025-09"):
                continue
            path, code = f"{right}/{entry}", match[1] or "en"
            if not is_language_code(code):
                findings.error(path, f"{code!r} is no language code")
            elif code in statements and metadata.format == "2025-09":
                findings.error(path, f"there is {statements[code]} in the same language")
            else:
                statements.setdefault(code, path)
            if type_ != "pdf":
                read_text(files, path, findings)
    if not statements:
        findings.error(right, "has no statement: no problem.<language>.md, .tex or .pdf")
    names = dict(metadata.names)
    if metadata.format == "2025-09":
        for code in sorted(set(names) ^ set(statements)):
            has, lacks = ("name", "statement") if code in names else ("statement", "name")
            findings.error("problem.yaml", f"name: language {code} has a {has} and no {lacks}")
    elif not names:
        names = _names_in_tex(files, statements)
    return names, statements


def _names_in_tex(files: PackageFiles, statements: dict[str, str]) -> dict[str, str]:
    names = {}
    for code, path in statements.items():
        if path.endswith(".tex"):
            source = files.path(path).read_text(errors="replace")
            match = _PLAIN_NAME.search(source) or _PROBLEM_NAME.search(source)
            if match:
                names[code] = match[1].strip()
    return names
