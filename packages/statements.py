"""Problem statements: which files, in which languages, and what the formats ask of their text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from packages.constants import undefined
from packages.files import PackageFiles
from packages.findings import Findings
from packages.kinds import is_language_code
from packages.metadata import Metadata
from packages.yaml_file import read_text

__all__ = ["STATEMENT_TYPES", "check_samples_asked_for", "check_solution", "read_statements"]

STATEMENT_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "2025-09": ("md", "pdf", "tex"),
    "legacy-icpc": ("md", "html", "pdf", "tex", "txt"),
    "legacy": ("md", "html", "pdf", "tex", "txt"),
}
"""By format, in the order in which they are preferred for showing. The legacy texts have tex and pdf alone; problemtools
reads md too, and DOMjudge html and txt."""

_ROOT_TYPES: Final = ("html", "pdf", "txt")
"""Of a `problem.*` beside problem.yaml, where DOMjudge looks in legacy packages."""

_PROBLEM_NAME: Final = re.compile(r"\\problemname\{((?:[^{}]|\{[^{}]*\})*)\}")
_PLAIN_NAME: Final = re.compile(r"^%% *plainproblemname: *(.+)$", re.MULTILINE)
_NEXT_SAMPLE: Final = {"md": re.compile(r"\{\{nextsample\}\}"), "tex": re.compile(r"\\nextsample(?![A-Za-z])")}
_COMMENT: Final = re.compile(r"(?<!\\)%.*")
_IMAGES: Final = {
    "md": re.compile(r"!\[[^\]]{0,500}\]\(\s*<?([^)\s>]+)|<img[^>]{1,500}src\s*=\s*[\"']?([^\"'\s>]+)"),
    "tex": re.compile(r"\\includegraphics\s*(?:\[[^\]]*\])?\{([^{}]+)\}|\\illustration\{[^{}]*\}\{([^{}]+)\}"),
}
_IMAGE_ENDS: Final = ("", ".png", ".jpg", ".jpeg", ".pdf", ".svg")
_SCRIPTING: Final = re.compile(r"<\s*script|\bon[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
_EXTERNAL: Final = re.compile(
    r"(?:href|src)\s*=\s*[\"'](?!#|data:image/)\s*[^\"']|url\(\s*[\"']?(?!#)[a-z]+:|@import", re.IGNORECASE
)
"""In an SVG: a reference to anything but a part of itself."""


def read_statements(
    files: PackageFiles, metadata: Metadata, findings: Findings
) -> tuple[dict[str, str], dict[str, str]]:
    """The problem's names and its statements' paths, both by language."""
    new = metadata.format == "2025-09"
    right, wrong = ("statement", "problem_statement") if new else ("problem_statement", "statement")
    if files.is_folder(wrong):
        findings.error(wrong, f"the {metadata.format} format calls it {right}")
    statements: dict[str, str] = {}
    types = STATEMENT_TYPES[metadata.format]
    for path, code in _candidates(files, right, metadata.format):
        type_ = path.rpartition(".")[2]
        if type_ not in types:
            findings.warn(path, f"is passed over: a statement is {', '.join(types)}")
            continue
        if not is_language_code(code):
            findings.error(path, f"{code!r} is no language code")
        elif code in statements and new:
            findings.error(path, f"there is {statements[code]} in the same language")
        else:
            statements.setdefault(code, path)
        if type_ != "pdf":
            _check_text(files, path, metadata, findings)
    if not statements:
        findings.error(right, f"has no statement: no problem.<language>.{{{','.join(types)}}}")
    for path in files.under(right):
        if path.endswith(".svg"):
            _check_svg(files, path, findings)
    names = dict(metadata.names)
    if new:
        for code in sorted(set(names) ^ set(statements)):
            has, lacks = ("name", "statement") if code in names else ("statement", "name")
            findings.error("problem.yaml", f"name: language {code} has a {has} and no {lacks}")
    elif not names:
        names = dict(_names_in_tex(files, statements))
    return names, statements


def _candidates(files: PackageFiles, folder: str, format_: str) -> Iterator[tuple[str, str]]:
    """What is named as a statement, and the code in its name, the preferred types first."""
    types = STATEMENT_TYPES[format_]
    found = []
    for entry in files.entries(folder):
        match = re.fullmatch(r"problem(?:\.([A-Za-z-]+))?\.(md|html|pdf|tex|txt)", entry)
        if match and (match[1] or format_ != "2025-09"):
            found.append((types.index(match[2]) if match[2] in types else -1, f"{folder}/{entry}", match[1] or "en"))
    for _, path, code in sorted(found):
        yield path, code
    if format_ != "2025-09":
        for type_ in _ROOT_TYPES:
            if f"problem.{type_}" in files:
                yield f"problem.{type_}", "en"


def _check_text(files: PackageFiles, path: str, metadata: Metadata, findings: Findings) -> None:
    source = read_text(files, path, findings)
    if source is None:
        return
    type_ = path.rpartition(".")[2]
    for name in dict.fromkeys(undefined(path, source, metadata.constants)):
        findings.warn(path, f"names {name!r}, which is no constant")
    if metadata.format == "2025-09" and type_ == "md" and re.search(r"<\s*script", source, re.IGNORECASE):
        findings.error(path, "has a script; a statement must not")
    bare = _COMMENT.sub("", source) if type_ == "tex" else source
    pattern = _IMAGES.get(type_)
    for match in pattern.finditer(bare) if pattern else ():
        name = (match[1] or match[2]).strip()
        if "://" in name:
            findings.error(path, f"shows {name}, which lies outside the package")
            continue
        beside = str(PurePosixPath(path).parent / name.removeprefix("./"))
        if not any(beside + end in files for end in _IMAGE_ENDS):
            findings.warn(path, f"shows {name}, which is not beside it")


def _check_svg(files: PackageFiles, path: str, findings: Findings) -> None:
    source = files.path(path).read_text(errors="replace")
    if _SCRIPTING.search(source):
        findings.error(path, "has scripting; an image of a statement must not")
    elif _EXTERNAL.search(source):
        findings.error(path, "refers to something outside it; an image of a statement must not")


def check_samples_asked_for(
    files: PackageFiles, statements: Mapping[str, str], samples: int, findings: Findings
) -> None:
    """A statement must not ask for a next sample where none remains."""
    for path in statements.values():
        type_ = path.rpartition(".")[2]
        if type_ in _NEXT_SAMPLE:
            source = files.path(path).read_text(errors="replace")
            asked = len(_NEXT_SAMPLE[type_].findall(_COMMENT.sub("", source) if type_ == "tex" else source))
            if asked > samples:
                findings.error(path, f"asks for {asked} next samples, and there are {samples}")


def check_solution(files: PackageFiles, findings: Findings) -> None:
    """`solution/` of 2025-09, where it exists, describes the solution in some language."""
    entries = files.entries("solution")
    if not entries:
        return
    found = [re.fullmatch(r"solution(?:\.([A-Za-z-]+))?\.(md|tex|pdf)", entry) for entry in entries]
    if not any(found):
        findings.error("solution", "has no description: no solution.<language>.{md,tex,pdf}")
    codes = [match[1] or "en" for match in found if match]
    for code in dict.fromkeys(codes):
        if not is_language_code(code):
            findings.error("solution", f"{code!r} is no language code")
        elif codes.count(code) > 1:
            findings.error("solution", f"there are {codes.count(code)} descriptions in {code}")


def _names_in_tex(files: PackageFiles, statements: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for code, path in statements.items():
        if path.endswith(".tex"):
            source = files.path(path).read_text(errors="replace")
            match = _PLAIN_NAME.search(source) or _PROBLEM_NAME.search(source)
            if match and match[1].strip():
                yield code, match[1].strip()
