"""The test data: cases in the order of judging, the groups they count in, and the data that proves the validators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from packages.case_files import GROUP_FILES, CaseFiles, case_files, check_display, check_lines, interaction_of, notes_of
from packages.files import PackageFiles
from packages.findings import Findings
from packages.groups import GroupKeys, read_group_keys, test_groups
from packages.legacy_groups import GradingKeys, legacy_groups, read_grading_keys
from packages.metadata import Metadata
from packages.model import DataCheck, Program, TestCase, TestGroup
from packages.settings import (
    Settings,
    case_settings,
    check_arguments,
    check_feedback,
    folder_settings,
    legacy_settings,
    validator_args,
)
from packages.yaml_file import load_yaml

__all__ = ["TestData", "read_test_data"]

_TOPS: Final = ("sample", "secret")
_KINDS: Final = ("invalid_input", "invalid_output", "valid_output")


@dataclass(frozen=True, slots=True)
class TestData:
    """What `data` holds. `interactions` are a legacy package's logs of interactions that belong to no test case."""

    __test__ = False  # pytest takes classes that begin so for its own

    cases: tuple[TestCase, ...]
    groups: tuple[TestGroup, ...]
    checks: tuple[DataCheck, ...]
    interactions: tuple[Path, ...]


def read_test_data(
    files: PackageFiles,
    metadata: Metadata,
    *,
    validators: Sequence[Program],
    input_validators: Sequence[Program],
    findings: Findings,
) -> TestData:
    """Read `data`; what is wrong goes to the findings.

    Args:
        files: the package's.
        metadata: its problem.yaml.
        validators: its output validators; none: the default one.
        input_validators: by whose names their arguments are given, and whose files a case's `.files` may not replace.
        findings: where errors and warnings go.
    """
    reader = _Reader(files, metadata, tuple(validators), tuple(input_validators), findings)
    reader.read_folders()
    cases = [case for top in _TOPS for case in reader.cases(top)]
    if all(case.sample for case in cases) and not _only_static(reader):
        findings.error("data/secret", "has no test case")
    if metadata.format == "2025-09":
        groups = test_groups(reader.group_keys, metadata, cases, findings)
        checks = [check for kind in _KINDS for check in reader.checks(kind)]
    else:
        folders = {"", *(above for case in cases for above in _above(case.name))}
        groups = legacy_groups(folders, reader.grading_keys, metadata, findings)
        checks = []
    return TestData(tuple(cases), tuple(groups), tuple(checks), tuple(reader.interactions))


def _only_static(reader: _Reader) -> bool:
    """Whether what is judged in secret are static validation test cases alone."""
    return any(name != "sample" and keys.static_score is not None for name, keys in reader.group_keys.items())


def _above(name: str) -> Iterable[str]:
    """The folders above a path, outermost first."""
    parts = name.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts)))


@dataclass(slots=True)
class _Reader:
    """Reads the folders of data: first what they say, then the cases in them."""

    files: PackageFiles
    metadata: Metadata
    validators: tuple[Program, ...]
    input_validators: tuple[Program, ...]
    findings: Findings
    settings: dict[str, Settings] = field(default_factory=dict)
    group_keys: dict[str, GroupKeys] = field(default_factory=dict)
    grading_keys: dict[str, GradingKeys] = field(default_factory=dict)
    interactions: list[Path] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)

    @property
    def modern(self) -> bool:
        """Whether the package is in the 2025-09 format."""
        return self.metadata.format == "2025-09"

    def read_folders(self) -> None:
        """What each folder says, by its path under data ("": data itself)."""
        self.paths = [path[len("data/") :] for path in self.files.under("data")]
        outside = [path for path in self.paths if ".files/" not in path]
        self.folders = {"", *(above for path in outside for above in _above(path))}
        for path in self.paths:
            if "/" not in path and path not in GROUP_FILES:
                self.findings.warn(f"data/{path}", "is passed over: test data lies in sample and secret")
        known = set(outside)
        right, wrong = GROUP_FILES if self.modern else reversed(GROUP_FILES)
        for folder in sorted(self.folders, key=lambda name: name.split("/")):
            prefix = f"{folder}/" if folder else ""
            if f"{prefix}{wrong}" in known:
                self.findings.error(f"data/{prefix}{wrong}", f"the {self.metadata.format} format calls it {right}")
            own = Settings()
            if f"{prefix}{right}" in known:
                path = f"data/{prefix}{right}"
                own = self._read_modern(folder, path) if self.modern else self._read_legacy(folder, path)
            outer = self.settings[folder.rpartition("/")[0]] if folder else Settings()
            if folder == "sample":
                outer = Settings(full_feedback=True).over(outer)
            self.settings[folder] = own.over(outer)
        if self.modern:
            self._check_beside()

    def _read_modern(self, folder: str, path: str) -> Settings:
        """test_group.yaml, where the format has one."""
        top, _, inner = folder.partition("/")
        if top in _KINDS:
            keys = load_yaml(self.files, path, self.findings, self.metadata.constants)
            settings = case_settings(keys)
            keys.done(what="is no key for data that proves the validators")
            return settings
        if top not in _TOPS:
            self.findings.error(path, "configures neither data/sample, data/secret nor a test data group")
            return Settings()
        if inner and top == "sample":
            self.findings.error(path, "there are no test data groups in data/sample")
            return Settings()
        if "/" in inner:
            self.findings.error(path, "a test data group lies directly in data/secret")
            return Settings()
        keys = load_yaml(self.files, path, self.findings, self.metadata.constants)
        settings = folder_settings(keys)
        check_feedback(keys, settings, top)
        self.group_keys[folder] = read_group_keys(keys, folder, self.metadata)
        keys.done()
        return settings

    def _read_legacy(self, folder: str, path: str) -> Settings:
        keys = load_yaml(self.files, path, self.findings)
        keys.drop_empty(texts_too=False)  # empty flags are flags: they stand instead of what is inherited
        settings = legacy_settings(keys, [program.name for program in self.validators])
        self.grading_keys[folder] = read_grading_keys(keys, folder, self.metadata)
        keys.pass_over()
        return settings

    def _check_beside(self) -> None:
        """In secret there are test data groups, or test cases in whatever folders, but not both."""
        groups = [name for name in self.group_keys if name.startswith("secret/")]
        if not groups:
            return
        beside = {path for path in self.paths if path.endswith(".in")} | self.folders.difference(groups)
        for path in sorted(path for path in beside if path.startswith("secret/") and path.count("/") == 1):
            self.findings.error(
                f"data/{path}",
                "lies beside test data groups: a secret test case is in one of them, or there are none",
            )

    def cases(self, top: str) -> list[TestCase]:
        """The cases of a folder of data in the order of judging.

        Legacy: "lexicographical order on file base name", folder by folder. 2025-09: "on test case or test data group
        name", and the name is the whole path: `a-b/1` comes before `a/1` unless they are test data groups.
        """
        found = case_files(
            (path for path in self.paths if path.startswith(f"{top}/")), modern=self.modern, findings=self.findings
        )
        cases = []
        for base in sorted(found, key=self._place):
            if base in self.folders:
                self.findings.error(f"data/{base}", "there is a folder of the same name as a test case")
            if self.modern and base.rpartition("/")[2] == "test_group":
                self.findings.error(f"data/{base}.in", "a test case must not be called test_group")
                continue
            case = self._case(base, found[base], top)
            if case is not None:
                self._check(case)
                cases.append(case)
        return cases

    def checks(self, kind: str) -> list[DataCheck]:
        """The data of one kind that proves the validators."""
        if kind != "invalid_input" and "interactive" in self.metadata.types and kind in self.folders:
            self.findings.error(f"data/{kind}", "is for problems that are not interactive")
        checks = []
        for case in self.cases(kind):
            output = f"data/{case.name}.out"
            if kind == "invalid_input":
                checks.append(DataCheck(kind, case, None))
            elif output in self.files:
                checks.append(DataCheck(kind, case, self.files.path(output)))
            else:
                self.findings.error(output, "is missing")
        return checks

    def _case(self, base: str, own: CaseFiles, top: str) -> TestCase | None:
        findings = self.findings
        if ".in" not in own.files:
            if not self.modern and set(own.files) == {".interaction"} and top == "sample":
                if interaction_of(self.files, own, self.metadata, findings) is not None:
                    self.interactions.append(self.files.path(own.files[".interaction"]))
                return None
            findings.error(own.any, f"there is no data/{base}.in")
            return None
        if ".ans" not in own.files and top != "invalid_input":
            findings.error(own.files[".in"], f"there is no data/{base}.ans")
            return None
        if top == "invalid_input" and ".ans" in own.files:
            findings.warn(own.files[".ans"], "is passed over: invalid input has no answer")
        if top in _TOPS:
            if self.modern:
                check_display(own, findings)
            for extension in (".in", ".ans"):
                check_lines(self.files, own.files[extension], findings, strict=self.modern)
        hidden = not self.modern and "interactive" in self.metadata.types
        if hidden and top == "sample" and ".interaction" not in own.files:
            findings.warn(own.files[".in"], f"there is no data/{base}.interaction, so that nothing of it is shown")
        mine = self.settings[base.rpartition("/")[0]]
        if ".yaml" in own.files:
            keys = load_yaml(self.files, own.files[".yaml"], findings)
            said = case_settings(keys)
            mine = said.over(mine)
            check_feedback(keys, said, top, full=bool(mine.full_feedback))
            keys.done()
        hint, description = notes_of(self.files, own, findings)
        at = {extension: self.files.path(path) for extension, path in own.files.items()}
        answer = at.get(".ans", at[".in"])
        shown = at.get(".out", at.get(".ans.statement", answer))
        return TestCase(
            name=base,
            input=at[".in"],
            answer=answer,
            args=mine.args or (),
            validator_args=validator_args(mine.output, self.metadata, self.validators),
            input_validator_args=mine.input or {},
            shown_input=at.get(".in.statement", at[".in"]),
            shown_answer=shown,
            hint=mine.hint or hint,
            description=mine.description or description,
            group=self._group_of(base),
            files=tuple((inner, self.files.path(path)) for inner, path in own.inputs),
            visualizer_args=mine.visualizer or (),
            full_feedback=bool(mine.full_feedback),
            interaction=interaction_of(self.files, own, self.metadata, findings),
            hidden=hidden,
            loaded_input=at.get(".in.download"),
            loaded_answer=at.get(".ans.download", at.get(".out")),
        )

    def _place(self, base: str) -> list[str]:
        """What a case is sorted by."""
        return [self._group_of(base), base] if self.modern else base.split("/")

    def _group_of(self, base: str) -> str:
        """Legacy: its folder. 2025-09: the test data group that it is in, however deep; else sample or secret."""
        folder = base.rpartition("/")[0]
        if not self.modern:
            return folder
        inner = "/".join(folder.split("/")[:2])
        return inner if inner in self.group_keys else folder.partition("/")[0]

    def _check(self, case: TestCase) -> None:
        """What a case says of the programs must fit them."""
        check_arguments(case, self.metadata, self.validators, self.input_validators, self.findings)
        for program in self.input_validators:
            taken = {file for file, _ in program.files}
            for inner, _ in case.files:
                if inner in taken:
                    self.findings.error(
                        f"data/{case.name}.files/{inner}", f"the input validator {program.name} has a file of that name"
                    )
