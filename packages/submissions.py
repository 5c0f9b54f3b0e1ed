"""The jury's own submissions: in which language, and which verdicts they must get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from packages.files import PackageFiles
from packages.findings import Findings
from packages.model import JurySubmission, Program, Requirement
from packages.programs import program_at
from packages.yaml_file import Keys, flag, load_yaml, text

__all__ = ["matches", "read_submissions"]

_ALL: Final = frozenset({"AC", "WA", "TLE", "RTE"})

_DEFAULTS_2025: Final = {
    "accepted": (frozenset({"AC"}), _ALL),
    "rejected": (_ALL, _ALL - {"AC"}),
    "wrong_answer": (frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": (frozenset({"AC", "TLE"}), frozenset({"TLE"})),
    "run_time_error": (frozenset({"AC", "RTE"}), frozenset({"RTE"})),
    "brute_force": (frozenset({"AC", "RTE", "TLE"}), frozenset({"RTE", "TLE"})),
}
_DEFAULTS_LEGACY: Final = {
    "accepted": (frozenset({"AC"}), _ALL),
    "wrong_answer": (frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": (frozenset({"AC", "WA", "TLE"}), frozenset({"TLE"})),
    "run_time_error": (_ALL, frozenset({"RTE"})),
}

_TAG: Final = re.compile(rb"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_\-, \t]+)")
_TAG_BYTES: Final = 8192
"""Where the tag is looked for: the head of a source."""

_TAGS: Final = {
    **dict.fromkeys(("CORRECT", "ACCEPTED"), "AC"),
    **dict.fromkeys(("WRONG-ANSWER", "NO-OUTPUT", "OUTPUT-LIMIT"), "WA"),
    **dict.fromkeys(("TIMELIMIT", "TIME-LIMIT-EXCEEDED"), "TLE"),
    **dict.fromkeys(("RUN-ERROR", "RUN-TIME-ERROR", "MEMORY-LIMIT"), "RTE"),
    **dict.fromkeys(("COMPILER-ERROR", "COMPILE-ERROR"), "CE"),
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What submissions.yaml says of the submissions that a pattern matches."""

    pattern: str
    requirements: tuple[Requirement, ...]
    language: str
    entry_point: str | None


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern matches the path or one of its folders; `*` stays within a name, `{a,b}` is either. Pure."""
    parts = path.split("/")
    return any(
        re.fullmatch(one, "/".join(parts[:length]))
        for one in map(_expression, _expand(pattern.rstrip("/")))
        for length in range(1, len(parts) + 1)
    )


def _expand(pattern: str) -> list[str]:
    inner = re.search(r"\{([^{}]*)\}", pattern)
    if inner is None:
        return [pattern]
    before, after = pattern[: inner.start()], pattern[inner.end() :]
    return [each for one in inner[1].split(",") for each in _expand(before + one + after)]


def _expression(pattern: str) -> str:
    return "".join("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", pattern))


def read_submissions(files: PackageFiles, format_: str, findings: Findings) -> list[JurySubmission]:
    """All of them, by folder and name."""
    defaults = _DEFAULTS_2025 if format_ == "2025-09" else _DEFAULTS_LEGACY
    overridden, rules = _read_rules(files, defaults, findings) if format_ == "2025-09" else ({}, [])
    folders = {
        name: overridden.get(name, (Requirement(name, permitted, required),))
        for name, (permitted, required) in defaults.items()
    } | overridden
    found = []
    for folder in files.entries("submissions"):
        path = f"submissions/{folder}"
        if path in files:
            if folder != "submissions.yaml":
                findings.error(path, "lies in no folder of submissions")
            continue
        if folder == "partially_accepted":
            findings.unsupported(path, "scoring is")
            continue
        found += [
            _submission(files, f"{folder}/{entry}", folders.get(folder), rules, findings)
            for entry in files.entries(path)
        ]
    for rule in rules:
        if not any(matches(rule.pattern, s.name) for s in found):
            findings.warn("submissions/submissions.yaml", f"{rule.pattern}: matches no submission")
    if not any(submission.name.startswith("accepted/") for submission in found):
        findings.error("submissions/accepted", "has no submission")
    return found


def _submission(
    files: PackageFiles,
    name: str,
    of_folder: tuple[Requirement, ...] | None,
    rules: list[_Rule],
    findings: Findings,
) -> JurySubmission:
    path = f"submissions/{name}"
    program = program_at(files, path, findings)
    mine = [rule for rule in rules if matches(rule.pattern, name)]
    language = next((r.language for r in reversed(mine) if r.language), program.language)
    entry = next((r.entry_point for r in reversed(mine) if r.entry_point), program.entry_point)
    if not language:
        findings.error(path, "has no single language by the extensions of its files")
    requirements = (*(of_folder or ()), *(r for rule in mine for r in rule.requirements))
    tag = _tag(program, path, findings)
    if of_folder is None and not mine and tag is None:
        folder = name.partition("/")[0]
        findings.error(
            path,
            f"{folder} is no folder of the format, and neither submissions.yaml nor @EXPECTED_RESULTS@ says what it must get",
        )
    expected = _expected(requirements)
    if tag is not None:
        # a compile error is never a test case's verdict: only the tag can name it, where no folder says otherwise
        expected = tag & (expected | ({"CE"} if of_folder in (None, ()) else frozenset()))
    if not expected:
        findings.error(path, "no verdict satisfies all that is required of it")
    return JurySubmission(
        name=name,
        path=files.root / path,
        program=Program(program.name, language, program.files, entry),
        requirements=requirements,
        expected=frozenset(expected),
    )


def _expected(requirements: Iterable[Requirement]) -> frozenset[str]:
    """The verdicts that a submission may get as a whole, which is the first of its test cases that is not AC."""
    everywhere = [r for r in requirements if not r.tests]
    permitted = frozenset.intersection(_ALL, *(r.permitted for r in everywhere))
    if any(not r.required & permitted for r in everywhere):
        return frozenset()
    failing = permitted - {"AC"}
    accepted = permitted & {"AC"} if all("AC" in r.required for r in everywhere) else frozenset()
    return failing | accepted


def _tag(program: Program, path: str, findings: Findings) -> frozenset[str] | None:
    for _, file in program.files:
        with file.open("rb") as source:
            match = _TAG.search(source.read(_TAG_BYTES))
        if match is None:
            continue
        words = [w.strip().upper().replace("_", "-") for w in match[1].decode().split(",")]
        unknown = [w for w in words if w not in _TAGS]
        if unknown:
            findings.error(path, f"@EXPECTED_RESULTS@: {unknown[0]!r} is no result that podium knows")
        return frozenset(_TAGS[w] for w in words if w in _TAGS) or None
    return None


def _read_rules(
    files: PackageFiles, defaults: dict[str, tuple[frozenset[str], frozenset[str]]], findings: Findings
) -> tuple[dict[str, tuple[Requirement, ...]], list[_Rule]]:
    """What is said of whole folders by their name, which replaces the default, and of patterns, which adds to it."""
    name = "submissions/submissions.yaml"
    if name not in files:
        return {}, []
    folders: dict[str, tuple[Requirement, ...]] = {}
    rules = []
    for pattern, keys in load_yaml(files, name, findings).maps():
        if "**" in pattern or "[" in pattern:
            findings.error(name, f"{pattern}: ** and [] are not part of the format")
            continue
        language = keys.take("language", text, "")
        entry = keys.take("entrypoint", text, "")
        is_folder = files.is_folder(f"submissions/{pattern}") and "/" not in pattern
        base = defaults.get(pattern, (_ALL, _ALL)) if is_folder else (_ALL, _ALL)
        requirements = tuple(_requirements(keys, pattern, base, findings))
        if is_folder:
            folders[pattern] = requirements
            requirements = ()
        rules.append(_Rule(pattern, requirements, language, entry or None))
    return folders, rules


def _requirements(
    keys: Keys, source: str, base: tuple[frozenset[str], frozenset[str]], findings: Findings, tests: str = ""
) -> Iterator[Requirement]:
    permitted = keys.take("permitted", _verdicts, base[0])
    required = keys.take("required", _verdicts, base[1])
    message = keys.take("message", text, "")
    keys.take("use_for_time_limit", _use, default=True)
    if "score" in keys:
        keys.raw("score")
        keys.error("score", "is only for scoring problems")
    if not tests:
        keys.raw("authors")
        keys.take("model_solution", flag, default=False)
    if not permitted & required:
        keys.error("required", "and permitted have no verdict in common")
    if (permitted, required, message) != (_ALL, _ALL, ""):
        yield Requirement(f"{source}: {tests}" if tests else source, permitted, required, tests, message)
    for group, inner in keys.maps() if not tests else ():
        if not group.startswith(("sample", "secret")):
            keys.error(group, "is no key of the format")
            continue
        yield from _requirements(inner, source, (_ALL, _ALL), findings, group)
    if tests:
        keys.done()


def _verdicts(value: Any) -> frozenset[str]:
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value) and set(value) <= _ALL:
        return frozenset(value)
    raise ValueError("must be a sequence of AC, WA, TLE and RTE")


def _use(value: Any) -> bool:
    if value in (True, False, "lower", "upper"):
        return bool(value)
    raise ValueError("must be true, false, lower or upper")
