"""The test data of a package, in the format's order: samples first, then by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packages.checked import Keys, load_yaml, strings
from packages.model import TestCase
from schemas.errors import PackageError

__all__ = ["read_data"]

_KINDS = ("sample", "secret")
_GROUP_FILE = {False: "test_group.yaml", True: "testdata.yaml"}
_REST = (
    "input_validator_args",
    "input_visualizer_args",
    "output_visualizer_args",
    "full_feedback",
    "hint",
    "description",
)
"""Keys that say nothing about a verdict."""


def read_data(root: Path, flags: tuple[str, ...], *, legacy: bool) -> tuple[TestCase, ...]:
    """Every test case below `data/sample` and `data/secret`. Reads only.

    Args:
        root: the package.
        flags: the validator's arguments for every test (legacy's `validator_flags`).
        legacy: which format.

    Raises:
        PackageError: for an input without its answer or the reverse, no secret data, or what is not supported.
    """
    cases: list[TestCase] = []
    for kind in _KINDS:
        folder = root / "data" / kind
        if folder.is_dir():
            cases += _folder(root, folder, {"validator_args": flags, "args": ()}, legacy=legacy)
    if not any(not case.sample for case in cases):
        raise PackageError("data/secret: there are no test cases")
    return tuple(cases)


def _folder(root: Path, folder: Path, inherited: dict[str, tuple[str, ...]], *, legacy: bool) -> list[TestCase]:
    name = folder.relative_to(root).as_posix()
    configuration = _configuration(root, f"{name}/{_GROUP_FILE[legacy]}", inherited, legacy=legacy)
    cases: list[tuple[str, list[TestCase]]] = []
    for path in folder.iterdir():
        if path.name.endswith(".files"):
            raise PackageError(f"{name}/{path.name}: input files beside standard input are not supported")
        if path.is_dir():
            cases.append((path.name, _folder(root, path, configuration, legacy=legacy)))
        elif path.suffix == ".in":
            cases.append((path.stem, [_case(root, path, configuration, legacy=legacy)]))
        elif path.suffix == ".ans" and not path.with_suffix(".in").exists():
            raise PackageError(f"{name}/{path.name}: there is no input {path.stem}.in")
    return [case for _, group in sorted(cases, key=lambda one: one[0]) for case in group]


def _case(root: Path, path: Path, configuration: dict[str, tuple[str, ...]], *, legacy: bool) -> TestCase:
    name = path.relative_to(root / "data").with_suffix("").as_posix()
    answer = path.with_suffix(".ans")
    if not answer.is_file():
        raise PackageError(f"data/{name}.ans is missing")
    own = configuration if legacy else _configuration(root, f"data/{name}.yaml", configuration, legacy=False)
    return TestCase(name, path, answer, own["args"], own["validator_args"])


def _configuration(
    root: Path, name: str, inherited: dict[str, tuple[str, ...]], *, legacy: bool
) -> dict[str, tuple[str, ...]]:
    found = load_yaml(root, name)
    if found is None:
        return inherited
    keys = Keys(name, found)
    if legacy:
        args = keys.take("output_validator_flags", strings, inherited["validator_args"])
        keys.drop("input_validator_flags", "on_reject", "accept_score", "reject_score", "range")
        keys.refuse("grading", "scoring problems are not supported", "default")
        keys.refuse("grader_flags", "scoring problems are not supported", "")
        return {"validator_args": tuple(args), "args": ()}
    why = "scoring problems are not supported"
    for key in ("max_score", "score_aggregation", "static_validation_score", "require_pass"):
        keys.refuse(key, why)
    keys.refuse("static_validator_args", "static validators are not supported", [])
    configuration: dict[str, Any] = {
        "validator_args": tuple(keys.take("output_validator_args", strings, inherited["validator_args"])),
        "args": tuple(keys.take("args", strings, inherited["args"])),
    }
    keys.drop(*_REST)
    if rest := keys.rest():
        raise PackageError("\n".join(rest))
    return configuration
