"""Every key of both texts of the format: where it is handled, what it comes to, and what is said of a wrong one."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from packages.model import Limits, ProblemPackage
from packages.read import read_package
from schemas.errors import PackageError
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, with_yaml, write

ROOT = Path(__file__).parents[2]
SPECS = ROOT.parent / "shared/data/specs"

Files = dict[str, str | bytes | None]
YAML, GROUP, CASE, SAMPLE = "problem.yaml", "data/secret/test_group.yaml", "data/secret/01.yaml", "data/sample/1.yaml"
SUBMISSIONS, TESTDATA = "submissions/submissions.yaml", "data/secret/testdata.yaml"
CUSTOM: Files = {"output_validator/check.py": VALIDATOR}
LEGACY_CUSTOM: Files = {"output_validators/check.py": VALIDATOR}


@dataclass(frozen=True)
class Key:
    """A key: the text's table that has it, the module that handles it, a right package and a wrong one.

    `seen` is true of the right package; `cause` is said of the wrong one, with `file`.
    """

    table: str
    name: str
    module: str
    right: Files
    seen: Callable[[ProblemPackage], Any]
    wrong: Files
    cause: str = ""
    file: str = YAML


def said(*lines: str, **limits: object) -> Files:
    """A problem.yaml of 2025-09 with these lines and limits."""
    return {YAML: with_yaml(*lines, **limits)}


def group(text: str, file: str = GROUP) -> Files:
    """A scoring package with this in a test_group.yaml."""
    return said("type: scoring") | {file: text}


def old(text: str) -> Files:
    """A legacy problem.yaml."""
    return {YAML: f"name: Sum\n{text}"}


def scored(text: str) -> Files:
    """A legacy scoring package with this in its testdata.yaml."""
    return old("type: scoring\n") | {TESTDATA: text}


def case(package: ProblemPackage) -> Any:
    """The first secret test case."""
    return next(one for one in package.test_cases if one.name == "secret/01")


def groups(package: ProblemPackage) -> Any:
    """The groups by name."""
    return {one.name: one for one in package.groups}


def requirement(package: ProblemPackage) -> Any:
    """The last requirement of the one submission."""
    return package.submissions[0].requirements[-1]


def limit(key: str, field: str, module: str = "limits") -> Key:
    """A limit that is an integer."""
    return Key(
        "Submission limits" if key in ("memory", "output", "code") else "Resource guarantees",
        key,
        module,
        said(**{key: 7}),
        lambda package: getattr(package.limits, field) == 7,
        said(**{key: "lots"}),
        f"limits.{key}: must be an integer above 0, not 'lots' (line 6)",
    )


META = "Problem metadata"
CREDITS = [
    Key(
        "Credits",
        kind,
        "credits",
        said("license: cc0", "rights_owner: me", f"credits:\n  {kind}: [A B, {{name: C, email: c@example.org}}]"),
        lambda package, kind=kind: package.origin.credits == {kind: ("A B", "C")},
        said(f"credits:\n  {kind}: [A, {{email: c}}]"),
        f"credits.{kind}: must be a person with a name",
    )
    for kind in ("authors", "contributors", "testers", "packagers", "acknowledgements")
]
GROUP_KEYS, CASE_KEYS = "Test data configuration", "Test case configuration"

KEYS_2025 = [
    Key(META, "problem_format_version", "metadata", {}, lambda p: p.format == "2025-09",
        {YAML: PACKAGE[YAML].replace("2025-09", "2025-10")}, "problem_format_version: '2025-10' is not supported (line 1)"),
    Key(META, "type", "metadata", said("type: [scoring, interactive]") | CUSTOM,
        lambda p: p.types == {"scoring", "interactive"} and p.scoring and p.interactive,
        said("type: pass-fail interactive"), "type: 'pass-fail interactive' is no type of the format"),
    Key(META, "name", "metadata",
        {YAML: PACKAGE[YAML].replace("name: Sum", "name: {en: Sum, pt-BR: Soma}"), "statement/problem.pt-BR.md": "Soma.\n"},
        lambda p: p.names == {"en": "Sum", "pt-BR": "Soma"},
        {YAML: PACKAGE[YAML].replace("name: Sum", "name: {en: 5}")}, "name: must be a string, or a map"),
    Key(META, "uuid", "metadata", {}, lambda p: p.uuid == "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        {YAML: PACKAGE[YAML].replace("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "5")}, "uuid: must be a string, not 5 (line 3)"),
    Key(META, "version", "credits", said("version: '1.2'"), lambda p: p.origin.version == "1.2", said("version: 1.2"), "version: must be a string"),
    Key(META, "credits", "credits", said("license: cc0", "credits: A <a@example.org>"),
        lambda p: p.origin.credits == {"authors": ("A <a@example.org>",)}, said("credits: [A]"),
        "credits: must be a string"),
    Key(META, "source", "credits", said("license: cc0", "source: [{name: N, url: https://example.org}, M]"),
        lambda p: p.origin.source == ("N (https://example.org)", "M") and p.origin.rights_owner == "N (https://example.org), M",
        said("source: {url: https://example.org}"), "source: must be a string, a map with the keys name and url"),
    Key(META, "license", "credits", said("license: cc by-sa", "rights_owner: me"),
        lambda p: p.origin.license == "cc by-sa", said("license: mine"),
        "license: 'mine' is none of unknown, public domain, cc0"),
    Key(META, "rights_owner", "credits", said("license: cc0", "rights_owner: me"),
        lambda p: p.origin.rights_owner == "me", said("license: cc0"),
        "rights_owner: is missing: the license is cc0"),
    Key(META, "embargo_until", "credits", said("embargo_until: 2026-02-28T12:00:00Z"),
        lambda p: p.origin.embargo_until == datetime(2026, 2, 28, 12, tzinfo=UTC),
        said("embargo_until: 2026-02-30"), "embargo_until: must be a date"),
    Key(META, "limits", "metadata", said(memory=7), lambda p: p.limits.memory_mib == 7,
        {YAML: PACKAGE[YAML].partition("limits")[0] + "limits: 5\n"}, "limits: must be a map, not 5 (line 4)"),
    Key(META, "keywords", "credits", said("keywords: [two words, graph]"),
        lambda p: p.origin.keywords == ("two words", "graph"), said("keywords: graph"),
        "keywords: must be a sequence of strings"),
    Key(META, "languages", "metadata", said("languages: [python3, cpp]"), lambda p: p.languages == {"python3", "cpp"},
        said("languages: [klingon]"), "languages: must be all, or codes of the format's table of languages"),
    Key(META, "allow_file_writing", "metadata", said("allow_file_writing: true"), lambda p: p.file_writing,
        said("allow_file_writing: 1"), "allow_file_writing: must be true or false, not 1"),
    Key(META, "constants", "constants", said("constants: {n: 5, m: {value: 10, tex: ten}}"),
        lambda p: p.constants == {"n": "5", "n.value": "5", "m": "10", "m.value": "10", "m.tex": "ten"},
        said("constants: {n: [5]}"), "constants.n: must be an integer, a float or a string"),
    *CREDITS,
    Key("Credits", "translators", "credits", said("credits:\n  translators: {da: [M], pt-BR: N}"),
        lambda p: p.origin.credits == {"translators da": ("M",), "translators pt-BR": ("N",)},
        said("credits:\n  translators: [M]"), "credits.translators: must be a map of language codes to persons"),
    Key("Submission limits", "time_limit", "limits", said(time_limit=1.5, time_resolution=0.5),
        lambda p: p.limits.time_limit_ms == 1500 and p.timing.stated == "problem.yaml: limits.time_limit",
        said(time_limit=0), "limits.time_limit: must be a number above 0, not 0"),
    Key("Submission limits", "time_resolution", "limits", said(time_resolution=0.25),
        lambda p: p.timing.resolution_ms == 250, said(time_resolution=-1), "limits.time_resolution: must be a number above 0"),
    Key("Submission limits", "time_multipliers", "limits", said(time_multipliers={"ac_to_time_limit": 3}),
        lambda p: p.timing.ac_to_time_limit == 3, said(time_multipliers=3), "limits.time_multipliers: must be a map"),
    Key("Problem timing", "ac_to_time_limit", "limits", said(time_multipliers={"ac_to_time_limit": 2.5}),
        lambda p: p.timing.ac_to_time_limit == 2.5, said(time_multipliers={"ac_to_time_limit": 0.5}),
        "ac_to_time_limit: must be at least 1"),
    Key("Problem timing", "time_limit_to_tle", "limits", said(time_multipliers={"time_limit_to_tle": 3}),
        lambda p: p.timing.time_limit_to_tle == 3, said(time_multipliers={"time_limit_to_tle": "x"}),
        "time_limit_to_tle: must be a number above 0"),
    *(limit(key, field) for key, field in (
        ("memory", "memory_mib"), ("output", "output_mib"), ("code", "code_kib"),
        ("compilation_time", "compilation_time_s"), ("compilation_memory", "compilation_memory_mib"),
        ("validation_time", "validation_time_s"), ("validation_memory", "validation_memory_mib"),
        ("validation_output", "validation_output_mib"),
    )),
    Key("Multi-pass limit", "validation_passes", "limits", said("type: multi-pass", validation_passes=3) | CUSTOM,
        lambda p: p.passes == 3, said("type: multi-pass", validation_passes=1) | CUSTOM,
        "limits.validation_passes: must be an integer from 2"),
    # test_group.yaml
    Key(GROUP_KEYS, "max_score", "groups", group("max_score: 40\n"), lambda p: groups(p)["secret"].max_score == 40,
        group("max_score: much\n"), "max_score: must", GROUP),
    Key(GROUP_KEYS, "score_aggregation", "groups", group("score_aggregation: min\n"),
        lambda p: groups(p)["secret"].aggregation == "min", group("score_aggregation: max\n"), "score_aggregation: must", GROUP),
    Key(GROUP_KEYS, "static_validation_score", "groups",
        group("static_validation_score: 5\n") | {"static_validator/check.py": VALIDATOR},
        lambda p: groups(p)["secret"].static_score == 5, group("static_validation_score: 5\n"),
        "static_validation_score: there is no static_validator", GROUP),
    Key(GROUP_KEYS, "static_validator_args", "groups",
        group("static_validation_score: 5\nstatic_validator_args: [a]\n") | {"static_validator/check.py": VALIDATOR},
        lambda p: groups(p)["secret"].static_args == ("a",),
        group("static_validation_score: 5\nstatic_validator_args: a\n"), "static_validator_args: must", GROUP),
    Key(GROUP_KEYS, "require_pass", "groups", group("require_pass: sample\n"),
        lambda p: groups(p)["secret"].require_pass == ("sample",), group("require_pass: 5\n"), "require_pass: must", GROUP),
    Key(GROUP_KEYS, "args", "settings", {GROUP: "args: [-v]\n"}, lambda p: case(p).args == ("-v",),
        {GROUP: "args: -v\n"}, "args: must be a sequence of strings", GROUP),
    Key(GROUP_KEYS, "input_validator_args", "settings", {GROUP: "input_validator_args: {validate: [a]}\n"},
        lambda p: case(p).args_of_input_validator("validate") == ("a",), {GROUP: "input_validator_args: 5\n"},
        "input_validator_args: must", GROUP),
    Key(GROUP_KEYS, "output_validator_args", "settings", {GROUP: "output_validator_args: [case_sensitive]\n"},
        lambda p: case(p).validator_args == ("case_sensitive",), {GROUP: "output_validator_args: x\n"},
        "output_validator_args: must", GROUP),
    Key(GROUP_KEYS, "input_visualizer_args", "settings", {GROUP: "input_visualizer_args: [a]\n"}, lambda p: p,
        {GROUP: "input_visualizer_args: a\n"}, "input_visualizer_args: must", GROUP),
    Key(GROUP_KEYS, "output_visualizer_args", "settings", {GROUP: "output_visualizer_args: [a]\n"},
        lambda p: case(p).visualizer_args == ("a",), {GROUP: "output_visualizer_args: a\n"}, "output_visualizer_args: must", GROUP),
    Key(GROUP_KEYS, "full_feedback", "settings", {GROUP: "full_feedback: false\n"}, lambda p: not case(p).full_feedback,
        {GROUP: "full_feedback: true\n"}, "full_feedback: true is not supported outside of data/sample", GROUP),
    # a test case's own file
    Key(CASE_KEYS, "args", "settings", {CASE: "args: [-v]\n"}, lambda p: case(p).args == ("-v",), {CASE: "args: -v\n"},
        "args: must be a sequence of strings", CASE),
    Key(CASE_KEYS, "input_validator_args", "settings", {CASE: "input_validator_args: [a]\n"},
        lambda p: case(p).args_of_input_validator("any") == ("a",), {CASE: "input_validator_args: {validate: a}\n"},
        "input_validator_args: must", CASE),
    Key(CASE_KEYS, "output_validator_args", "settings", {CASE: "output_validator_args: [float_tolerance, 1e-6]\n"},
        lambda p: case(p).validator_args == ("float_tolerance", "1e-6"), {CASE: "output_validator_args: x\n"},
        "output_validator_args: must", CASE),
    Key(CASE_KEYS, "input_visualizer_args", "settings", {CASE: "input_visualizer_args: [a]\n"}, lambda p: p,
        {CASE: "input_visualizer_args: a\n"}, "input_visualizer_args: must", CASE),
    Key(CASE_KEYS, "output_visualizer_args", "settings", {CASE: "output_visualizer_args: [a]\n"},
        lambda p: case(p).visualizer_args == ("a",), {CASE: "output_visualizer_args: a\n"}, "output_visualizer_args: must", CASE),
    Key(CASE_KEYS, "full_feedback", "settings", {SAMPLE: "full_feedback: false\n"},
        lambda p: not p.test_cases[0].full_feedback,
        {CASE: "full_feedback: true\n"}, "full_feedback: true is not supported outside of data/sample", CASE),
    Key(CASE_KEYS, "hint", "settings", {CASE: "hint: think\n"},
        lambda p: case(p).hint == "think", {SAMPLE: "hint: think\n"},
        "hint: is not supported where full_feedback is true", SAMPLE),
    Key(CASE_KEYS, "description", "settings", {CASE: "description: small\n"}, lambda p: case(p).description == "small",
        {CASE: "description: [a]\n"}, "description: must be a string", CASE),
    # submissions.yaml
    *(Key("Example submissions", key, "expectations", {SUBMISSIONS: f"accepted/*: {{{right}}}\n"}, seen,
          {SUBMISSIONS: f"accepted/*: {{{wrong}}}\n"}, cause, SUBMISSIONS)
      for key, right, seen, wrong, cause in (
        ("language", "language: python3numpy", lambda p: p.submissions[0].language == "python3numpy", "language: 5", "language: must"),
        ("entrypoint", "entrypoint: go", lambda p: p.submissions[0].program.entry_point == "go", "entrypoint: [a]", "entrypoint: must"),
        ("authors", "authors: [A, {name: B}]", lambda p: p.submissions[0].authors == ("A", "B"), "authors: 5", "authors: must"),
        ("model_solution", "model_solution: true", lambda p: p.submissions[0].model_solution, "model_solution: 1", "model_solution: must"),
        ("permitted", "permitted: [AC, WA]", lambda p: requirement(p).permitted == {"AC", "WA"}, "permitted: AC", "permitted: must"),
        ("required", "required: [AC]", lambda p: requirement(p).required == {"AC"}, "required: [XX]", "required: must"),
        ("message", "message: well", lambda p: requirement(p).message == "well", "message: 5", "message: must"),
        ("use_for_time_limit", "use_for_time_limit: lower", lambda p: requirement(p).time_limit == "lower", "use_for_time_limit: up", "use_for_time_limit: must"),
      )),
    Key("Example submissions", "score", "expectations", said("type: scoring") | {SUBMISSIONS: "accepted/*: {score: [5, 100]}\n"},
        lambda p: requirement(p).score == (Decimal(5), Decimal(100)),
        said("type: scoring") | {SUBMISSIONS: "accepted/*: {score: much}\n"}, "score: must", SUBMISSIONS),
]  # fmt: skip

KEYS_LEGACY = [
    Key(META, "problem_format_version", "metadata", old("problem_format_version: legacy-icpc\n"),
        lambda p: p.format == "legacy-icpc", old("problem_format_version: 5\n"), "problem_format_version: must be a string"),
    Key(META, "type", "metadata", old("type: scoring\n"), lambda p: p.types == {"scoring"}, old("type: interactive\n"),
        "type: must be pass-fail or scoring, not 'interactive' (line 2)"),
    Key(META, "name", "metadata", old(""), lambda p: p.name == "Sum", {YAML: "name: {en: Sum}\n"}, "name: must be a string"),
    Key(META, "uuid", "metadata", old("uuid: abc\n"), lambda p: p.uuid == "abc", old("uuid: 5\n"), "uuid: must be a string, not 5"),
    Key(META, "author", "credits", old("author: A and B\nlicense: cc0\n"), lambda p: p.origin.rights_owner == "A and B", old("author: [A]\n"), "author: must be a string"),
    Key(META, "source", "credits", old("source: S\nlicense: cc0\n"), lambda p: p.origin.source == ("S",), old("source: {name: S}\n"), "source: must be a string"),
    Key(META, "source_url", "credits", old("source: S\nsource_url: https://example.org\n"),
        lambda p: p.origin.source == ("S (https://example.org)",),
        old("source_url: https://example.org\n"), "source_url: must not be given without source"),
    Key(META, "license", "credits", old("license: educational\nauthor: A\n"), lambda p: p.origin.license == "educational", old("license: mine\n"), "license: 'mine' is none of"),
    Key(META, "rights_owner", "credits", old("license: cc0\nrights_owner: me\n"), lambda p: p.origin.rights_owner == "me",
        old("license: public domain\nrights_owner: me\n"), "rights_owner: must not be set"),
    Key(META, "limits", "metadata", old("limits: {memory: 7}\n"), lambda p: p.limits.memory_mib == 7, old("limits: 7\n"), "limits: must be a map"),
    Key(META, "validation", "metadata", old("type: scoring\nvalidation: custom interactive score\n") | LEGACY_CUSTOM,
        lambda p: p.types == {"scoring", "interactive"} and groups(p)["secret"].legacy.custom_score,
        old("validation: custom loudly\n") | LEGACY_CUSTOM, "validation: after custom there may be score and interactive"),
    Key(META, "validator_flags", "metadata", old("validator_flags: case_sensitive\n"),
        lambda p: case(p).validator_args == ("case_sensitive",), old("validator_flags: [a]\n"), "validator_flags: must be a string"),
    Key(META, "grading", "metadata", old("type: scoring\ngrading: {objective: max}\n"), lambda p: not p.warnings,
        old("grading: {objective: min}\n"), "grading: is only for scoring problems"),
    Key(META, "keywords", "credits", old("keywords: a b\n"), lambda p: p.origin.keywords == ("a", "b"), old("keywords: [a]\n"), "keywords: must be a string"),
    Key("Grading", "objective", "metadata", old("type: scoring\ngrading: {objective: max}\n"), lambda p: not p.warnings,
        old("type: scoring\ngrading: {objective: most}\n"), "grading.objective: must be max or min"),
    Key("Grading", "show_test_data_groups", "metadata", old("type: scoring\ngrading: {show_test_data_groups: true}\n"),
        lambda p: p.shows_groups, old("type: scoring\ngrading: {show_test_data_groups: 1}\n"),
        "grading.show_test_data_groups: must be true or false"),
    Key("Limits", "time_multiplier", "limits", old("limits: {time_multiplier: 3}\n"), lambda p: p.timing.ac_to_time_limit == 3,
        old("limits: {time_multiplier: x}\n"), "limits.time_multiplier: must be a number above 0"),
    Key("Limits", "time_safety_margin", "limits", old("limits: {time_safety_margin: 1.5}\n"),
        lambda p: p.timing.time_limit_to_tle == 1.5, old("limits: {time_safety_margin: -1}\n"),
        "limits.time_safety_margin: must be a number above 0"),
    *(Key("Limits", key, "limits", old(f"limits: {{{key}: 7}}\n"), lambda p, field=field: getattr(p.limits, field) == 7,
          old(f"limits: {{{key}: 1.5}}\n"), f"limits.{key}: must be an integer above 0, not 1.5 (line 2)")
      for key, field in (
        ("memory", "memory_mib"), ("output", "output_mib"), ("code", "code_kib"),
        ("compilation_time", "compilation_time_s"), ("compilation_memory", "compilation_memory_mib"),
        ("validation_time", "validation_time_s"), ("validation_memory", "validation_memory_mib"),
        ("validation_output", "validation_output_mib"),
      )),
    Key("Test data groups", "on_reject", "legacy_groups", scored("on_reject: continue\n"),
        lambda p: groups(p)["secret"].legacy.on_reject == "continue", scored("on_reject: wait\n"), "on_reject: must", TESTDATA),
    Key("Test data groups", "grading", "legacy_groups", scored("grading: custom\n") | {"graders/grade.py": VALIDATOR},
        lambda p: groups(p)["secret"].legacy.custom and p.grader.language == "python3", scored("grading: custom\n"),
        "grading: custom: there is no grader in graders", "data/secret"),
    Key("Test data groups", "grader_flags", "legacy_groups", scored("grader_flags: min first_error\n"),
        lambda p: groups(p)["secret"].legacy.flags == ("min", "first_error"), scored("grader_flags: [min]\n"),
        "grader_flags: must", TESTDATA),
    Key("Test data groups", "input_validator_flags", "settings", {TESTDATA: "input_validator_flags: {name: validate, flags: a b}\n"},
        lambda p: case(p).args_of_input_validator("validate") == ("a", "b"), {TESTDATA: "input_validator_flags: {flags: a}\n"},
        "input_validator_flags: must", TESTDATA),
    Key("Test data groups", "output_validator_flags", "settings", {TESTDATA: "output_validator_flags: case_sensitive\n"},
        lambda p: case(p).validator_args == ("case_sensitive",), {TESTDATA: "output_validator_flags: 5\n"},
        "output_validator_flags: must", TESTDATA),
    Key("Test data groups", "accept_score", "legacy_groups", scored("accept_score: 2.5\n"),
        lambda p: groups(p)["secret"].legacy.accept_score == Decimal("2.5"), {TESTDATA: "accept_score: 2\n"},
        "accept_score: is only for scoring problems", TESTDATA),
    Key("Test data groups", "reject_score", "legacy_groups", scored("reject_score: 1\n"),
        lambda p: groups(p)["secret"].legacy.reject_score == 1, scored("reject_score: bad\n"), "reject_score: must", TESTDATA),
    Key("Test data groups", "range", "legacy_groups", scored("range: 0 +inf\n"),
        lambda p: groups(p)["secret"].legacy.range == (0, None), scored("range: 5\n"), "range: must", TESTDATA),
]  # fmt: skip

BASES = [("2025-09", PACKAGE, key) for key in KEYS_2025] + [("legacy", LEGACY, key) for key in KEYS_LEGACY]
IDS = [f"{format_}-{key.table}-{key.name}" for format_, _, key in BASES]


@pytest.mark.parametrize(("base", "key"), [(base, key) for _, base, key in BASES], ids=IDS)
def test_a_key_set_rightly_is_taken(tmp_path, base, key):
    assert key.seen(read_package(write(tmp_path / "sum", base | key.right)))


@pytest.mark.parametrize(("base", "key"), [(base, key) for _, base, key in BASES], ids=IDS)
def test_a_key_set_wrongly_is_an_error_with_file_and_line(tmp_path, base, key):
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", base | key.wrong))
    lines = [line for line in str(refused.value).splitlines() if key.cause in line]
    assert lines, str(refused.value)
    assert all(line.startswith(f"sum/{key.file}: ") for line in lines)
    # what is missing stands on no line, and what another file lacks is said of the folder
    if "is missing" not in key.cause and "there is no" not in key.cause:
        assert re.search(r"\(line \d+\)$", lines[0]), lines[0]


def test_where_each_key_is_handled():
    for _, _, key in BASES:
        source = (ROOT / "packages" / f"{key.module}.py").read_text()
        assert f'"{key.name}"' in source, f"{key.name} is not handled in packages/{key.module}.py"


def keys_of(text: str) -> set[tuple[str, str]]:
    """The keys of all tables of keys of a text, each with its heading."""
    found, heading, inside = set(), "", False
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        cell = line.partition("|")[0].strip()
        if cell == "Key":
            inside = True
        elif "|" not in line:
            inside = False
        elif inside and not set(cell) <= {"-"}:
            found.add((heading, re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", cell)))
    return found


@pytest.mark.parametrize(
    ("text", "listed"), [("2025-09", KEYS_2025), ("legacy", KEYS_LEGACY), ("legacy-icpc", KEYS_LEGACY)]
)
def test_no_key_of_the_texts_is_left_out(text, listed):
    path = SPECS / f"Problem_Package.{text}.md"
    if not path.exists():
        pytest.skip("the format's texts are not on this machine")
    found = keys_of(path.read_text())
    assert len(found) > 20
    mine = {(key.table, key.name) for key in listed}
    assert found <= mine if text == "legacy-icpc" else found == mine


@pytest.mark.parametrize("text", ["2025-09", "legacy", "legacy-icpc"])
def test_a_limit_that_is_left_open_is_what_the_text_calls_typical(text):
    path = SPECS / f"Problem_Package.{text}.md"
    if not path.exists():
        pytest.skip("the format's texts are not on this machine")
    rows = re.findall(r"^`(\w+)` *\|[^|]*\| system default *\| (\d+)$", path.read_text(), re.MULTILINE)
    ours = {field.name.rpartition("_")[0]: field.default for field in dataclasses.fields(Limits)}
    assert len(rows) == 8
    assert {key: ours[key] for key, _ in rows} == {key: int(value) for key, value in rows}


MAY_BE_IGNORED = {
    "2025-09": {
        "output_visualizer, judgeimage, teamimage": "but the judge system may display or ignore these files as it sees fit",
        "teammessage": "Having the judging system support other files is optional.",
        "input_visualizer": "the visualizer would not typically be invoked by the judging system",
        "version": "This specification currently does not imply any more semantic meaning to these fields.",
        "hint without full_feedback": "provides feedback for solving a test case to, for example, somebody whose submission",
        "full_feedback of samples: stdout, stderr": "When a test case is shared after the solver failed on the test case, the"
        " following should also be displayed and available for download:",
    },
    "legacy": {
        "teammessage": "Having the judging system support other files is optional.",
        "hint": "provides feedback for solving a test case to, for example, somebody whose submission",
    },
}
"""What no team and no verdict sees anything of, and why: what the texts ask for otherwise is done, or refused."""


@pytest.mark.parametrize("text", MAY_BE_IGNORED)
def test_what_is_ignored_may_be_by_the_text(text):
    path = SPECS / f"Problem_Package.{text}.md"
    if not path.exists():
        pytest.skip("the format's texts are not on this machine")
    said = " ".join(path.read_text().split())
    assert [sentence for sentence in MAY_BE_IGNORED[text].values() if sentence not in said] == []


@pytest.mark.parametrize(("file", "value", "told"), [
    ("data/sample/1.yaml", "true", True), ("data/sample/test_group.yaml", "true", True),
    ("data/sample/1.yaml", "false", False), ("data/sample/test_group.yaml", "false", False),
])  # fmt: skip
def test_a_sample_that_asks_for_full_feedback_is_told_what_of_it_no_team_is_shown(tmp_path, file, value, told):
    package = read_package(write(tmp_path / "sum", PACKAGE | {file: f"full_feedback: {value}\n"}))
    assert [warning for warning in package.warnings if "full_feedback" in warning] == [
        f"sum/{file}: full_feedback: a team that fails a sample is not shown its output and its error messages (line 1)"
    ] * told


UNKNOWN = [
    (PACKAGE, said("mood: good"), "problem.yaml: mood: is no key of the format (line 4)"),
    (PACKAGE, said("credits:\n  cooks: me"), "problem.yaml: credits.cooks: is no key of the format (line 5)"),
    (PACKAGE, said(mood=1), "problem.yaml: limits.mood: is no key of the format (line 6)"),
    (PACKAGE, said(time_multipliers={"mood": 1}), "problem.yaml: limits.time_multipliers.mood: is no key of the format (line 6)"),
    (PACKAGE, {GROUP: "args: []\nmood: 1\n"}, "data/secret/test_group.yaml: mood: is no key of the format (line 2)"),
    (PACKAGE, {CASE: "mood: 1\n"}, "data/secret/01.yaml: mood: is no key of the format (line 1)"),
    (PACKAGE, {SUBMISSIONS: "accepted/*:\n  mood: 1\n"}, "submissions/submissions.yaml: accepted/*.mood: "),
]  # fmt: skip


@pytest.mark.parametrize(("base", "files", "cause"), UNKNOWN)
def test_unknown_keys_are_errors_in_2025_09(tmp_path, base, files, cause):
    with pytest.raises(PackageError) as refused:
        read_package(write(tmp_path / "sum", base | files))
    assert f"sum/{cause}" in str(refused.value)


def test_unknown_keys_are_warnings_in_legacy(tmp_path):
    files = old("type: scoring\nmood: 1\nlimits:\n  mood: 2\ngrading:\n  mood: 3\n") | {TESTDATA: "mood: 4\n"}
    warnings = read_package(write(tmp_path / "sum", LEGACY | files)).warnings
    assert [w for w in warnings if "mood" in w] == [
        "sum/problem.yaml: grading.mood: is passed over: it is no key of the format (line 7)",
        "sum/problem.yaml: limits.mood: is passed over: it is no key of the format (line 5)",
        "sum/problem.yaml: mood: is passed over: it is no key of the format (line 3)",
        "sum/data/secret/testdata.yaml: mood: is passed over: it is no key of the format (line 1)",
    ]
