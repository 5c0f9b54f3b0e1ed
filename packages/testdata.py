"""The test data: cases in the order of judging, what a team is shown of them, and the arguments of validators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.flags import Flags
from packages.metadata import Metadata
from packages.model import DataCheck, TestCase
from packages.yaml_file import Keys, flag, load_yaml, text, texts, word_list

__all__ = ["read_checks", "read_test_cases"]

_SHOWN: Final = (".in.statement", ".ans.statement", ".in.download", ".ans.download", ".interaction", ".out")
_NOTES: Final = (".png", ".jpg", ".jpeg", ".svg", ".hint", ".desc")
_EXTENSIONS: Final = (*_SHOWN, *_NOTES, ".in", ".ans", ".yaml")

_GROUP_FILES: Final = ("test_group.yaml", "testdata.yaml")
_CHUNK: Final = 1 << 20

InputArgs = Mapping[str, tuple[str, ...]]
_NO_ARGS: Final[InputArgs] = {}


@dataclass(frozen=True, slots=True)
class _Settings:
    """What a folder says of the cases in it, and a case of itself: None where it says nothing."""

    output: tuple[str, ...] | None = None
    input: InputArgs | None = None
    args: tuple[str, ...] | None = None
    hint: str = ""

    def over(self, outer: _Settings) -> _Settings:
        return _Settings(
            outer.output if self.output is None else self.output,
            outer.input if self.input is None else self.input,
            outer.args if self.args is None else self.args,
            self.hint,
        )


def read_test_cases(files: PackageFiles, metadata: Metadata, *, custom: bool, findings: Findings) -> list[TestCase]:
    """The cases of `data/sample`, then those of `data/secret`, each in the order of their names."""
    cases = []
    for top in ("sample", "secret"):
        cases += _read_cases(files, f"data/{top}", metadata, custom=custom, findings=findings)
    if not any(not case.sample for case in cases):
        findings.error("data/secret", "has no test case")
    if metadata.format == "2025-09":
        _check_groups(files, findings)
    return cases


def read_checks(files: PackageFiles, metadata: Metadata, *, custom: bool, findings: Findings) -> list[DataCheck]:
    """The data that proves the validators, in the 2025-09 format."""
    if metadata.format != "2025-09":
        return []
    checks = []
    for kind in ("invalid_input", "invalid_output", "valid_output"):
        folder = f"data/{kind}"
        for case in _read_cases(files, folder, metadata, custom=custom, findings=findings, kind=kind):
            output = f"data/{case.name}.out"
            if kind != "invalid_input" and output not in files:
                findings.error(output, "is missing")
                continue
            checks.append(DataCheck(kind, case, files.path(output) if kind != "invalid_input" else None))
    return checks


def _read_cases(
    files: PackageFiles, folder: str, metadata: Metadata, *, custom: bool, findings: Findings, kind: str = ""
) -> list[TestCase]:
    found: dict[str, dict[str, str]] = {}
    for path in files.under(folder):
        name = path.rpartition("/")[2]
        if name in _GROUP_FILES:
            continue
        if ".files/" in path:
            findings.unsupported(path, "input by files is")
            continue
        extension = next((e for e in _EXTENSIONS if name.endswith(e) and name != e), None)
        if extension is None:
            findings.warn(path, "is passed over: it belongs to no test case")
            continue
        base = path[len("data/") : -len(extension)]
        if files.is_folder(f"data/{base}"):
            findings.error(path, "there is a folder of the same name")
        found.setdefault(base, {})[extension] = path
    settings = _folder_settings(files, folder, metadata, findings)
    cases = []
    for base in sorted(found, key=lambda b: b.split("/")):
        case = _case(files, base, found[base], settings=settings, metadata=metadata, findings=findings, kind=kind)
        if case is not None:
            if not custom and kind != "invalid_input":
                _check_args(case, metadata, findings)
            cases.append(case)
    return cases


def _case(
    files: PackageFiles,
    base: str,
    own: dict[str, str],
    *,
    settings: dict[str, _Settings],
    metadata: Metadata,
    findings: Findings,
    kind: str,
) -> TestCase | None:
    if ".in" not in own:
        findings.error(next(iter(own.values())), f"there is no data/{base}.in")
        return None
    if ".ans" not in own and kind != "invalid_input":
        findings.error(own[".in"], f"there is no data/{base}.ans")
        return None
    if ".interaction" in own:
        findings.unsupported(own[".interaction"], "an interaction for display is")
    if not kind:
        _check_display(own, findings)
    for extension in (".in", ".ans") if not kind else ():
        _check_lines(files, own[extension], findings, strict=metadata.format == "2025-09")
    mine = settings[base.rpartition("/")[0]]
    if ".yaml" in own:
        mine = _case_settings(files, own[".yaml"], findings).over(mine)
    input_ = files.path(own[".in"])
    answer = files.path(own[".ans"]) if ".ans" in own else input_
    shown_answer = next((files.path(own[e]) for e in (".out", ".ans.statement") if e in own), answer)
    return TestCase(
        name=base,
        input=input_,
        answer=answer,
        args=mine.args or (),
        validator_args=mine.output or (),
        input_validator_args=mine.input or {},
        shown_input=files.path(own[".in.statement"]) if ".in.statement" in own else input_,
        shown_answer=shown_answer,
        hint=mine.hint,
    )


def _check_display(own: Mapping[str, str], findings: Findings) -> None:
    """What is shown and what is downloaded are overridden together, and each only once."""
    for shown, loaded in ((".in.statement", ".in.download"), (".ans.statement", ".ans.download")):
        for one, other in ((shown, loaded), (loaded, shown)):
            if one in own and other not in own:
                findings.error(own[one], f"there is no {other} beside it")
            if one.startswith(".ans") and one in own and ".out" in own:
                findings.error(own[".out"], f"and {own[one]} override the same")


def _check_lines(files: PackageFiles, name: str, findings: Findings, *, strict: bool) -> None:
    """Test data is text with LF line ends, the last line included."""
    say = findings.error if strict else findings.warn
    with files.path(name).open("rb") as file:
        last = b"\n"
        while part := file.read(_CHUNK):
            if b"\r" in part:
                say(name, "has carriage returns; line ends must be LF alone")
                return
            last = part[-1:]
    if last != b"\n":
        say(name, "does not end with a line end")


def _folder_settings(files: PackageFiles, folder: str, metadata: Metadata, findings: Findings) -> dict[str, _Settings]:
    """What holds for the cases in each folder: by its own file, else by the nearest folder above that says it."""
    top = folder[len("data/") :]
    outer = _Settings(output=metadata.validator_flags)
    if metadata.format != "2025-09":
        outer = _group_settings(files, "data", metadata, findings).over(outer)
    settings = {top: _group_settings(files, folder, metadata, findings).over(outer)}
    inner = {path[len("data/") :].rpartition("/")[0] for path in files.under(folder)}
    for name in sorted({"/".join(i.split("/")[:n]) for i in inner for n in range(2, i.count("/") + 2)}):
        above = settings[name.rpartition("/")[0]]
        settings[name] = _group_settings(files, f"data/{name}", metadata, findings).over(above)
    return settings


def _group_settings(files: PackageFiles, folder: str, metadata: Metadata, findings: Findings) -> _Settings:
    right, wrong = _GROUP_FILES if metadata.format == "2025-09" else reversed(_GROUP_FILES)
    if f"{folder}/{wrong}" in files:
        findings.error(f"{folder}/{wrong}", f"the {metadata.format} format calls it {right}")
    if f"{folder}/{right}" not in files:
        return _Settings()
    keys = load_yaml(files, f"{folder}/{right}", findings)
    if metadata.format == "2025-09":
        for key in ("max_score", "score_aggregation", "require_pass"):
            if key in keys:
                keys.raw(key)
                keys.error(key, "is only for scoring problems")
        for key in ("static_validation_score", "static_validator_args"):
            if key in keys:
                keys.raw(key)
                keys.unsupported(key, "static validation is")
        return _case_keys(keys)
    return _legacy_keys(keys)


def _case_settings(files: PackageFiles, name: str, findings: Findings) -> _Settings:
    return _case_keys(load_yaml(files, name, findings))


def _case_keys(keys: Keys) -> _Settings:
    args = keys.take("args", texts, ()) if "args" in keys else None
    output = keys.take("output_validator_args", texts, ()) if "output_validator_args" in keys else None
    input_ = keys.take("input_validator_args", _input_args, _NO_ARGS) if "input_validator_args" in keys else None
    for key in ("input_visualizer_args", "output_visualizer_args"):
        keys.take(key, texts, ())
    keys.take("full_feedback", flag, default=False)
    keys.take("description", text, "")
    hint = keys.take("hint", text, "")
    keys.done()
    return _Settings(output, input_, args, hint)


def _legacy_keys(keys: Keys) -> _Settings:
    """testdata.yaml: in a pass-fail problem nothing but flags can matter, and no other grading is known."""
    if keys.take("on_reject", text, "break") != "break":
        keys.unsupported("on_reject", "going on after a rejected case is")
    if keys.take("grading", text, "default") != "default":
        keys.unsupported("grading", "custom grading is")
    if keys.raw("grader_flags"):
        keys.unsupported("grader_flags", "grading by flags is")
    for key in ("accept_score", "reject_score", "range"):
        if key in keys:
            keys.raw(key)
            keys.error(key, "is only for scoring problems")
    output = keys.take("output_validator_flags", word_list, ()) if "output_validator_flags" in keys else None
    input_ = (
        keys.take("input_validator_flags", _legacy_input_args, _NO_ARGS) if "input_validator_flags" in keys else None
    )
    keys.done()
    return _Settings(output, input_)


def _input_args(value: Any) -> InputArgs:
    if isinstance(value, dict):
        return {str(name): texts(args) for name, args in value.items()}
    return {"": texts(value)}


def _legacy_input_args(value: Any) -> InputArgs:
    if isinstance(value, dict):
        return {text(value.get("name")): word_list(value.get("flags", ""))}
    return {"": word_list(value)}


def _check_args(case: TestCase, metadata: Metadata, findings: Findings) -> None:
    try:
        Flags.parse(case.validator_args)
    except ValueError as error:
        where = "problem.yaml" if case.validator_args == metadata.validator_flags else f"data/{case.name}"
        findings.error(where, f"arguments of the output validator: {error}")


def _check_groups(files: PackageFiles, findings: Findings) -> None:
    """Either cases or groups in data/secret, no group in a group, none in data/sample."""
    marked = [p.rpartition("/")[0] for p in files.under("data/secret") if p.endswith("/test_group.yaml")]
    groups = [p for p in marked if p != "data/secret"]
    for group in groups:
        if group.count("/") != 2:
            findings.error(f"{group}/test_group.yaml", "a test data group lies directly in data/secret")
        elif not any(p.endswith(".in") for p in files.under(group)):
            findings.error(group, "is a test data group without a test case")
    for path in files.under("data/sample"):
        if path.endswith("/test_group.yaml") and path != "data/sample/test_group.yaml":
            findings.error(path, "there are no test data groups in data/sample")
    if groups:
        for entry in files.entries("data/secret"):
            path = f"data/secret/{entry}"
            if path.endswith(".in") or (files.is_folder(path) and path not in groups):
                findings.error(
                    path, "lies beside test data groups: a secret test case is in one of them, or there are none"
                )
