"""The programs of a package: the jury's submissions with what is expected of each, and its output validator."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packages.checked import Keys, load_yaml, strings, text
from packages.model import JurySubmission, Program
from schemas.errors import PackageError

__all__ = ["LANGUAGES", "language_of", "read_program", "read_submissions"]

LANGUAGES: dict[str, tuple[str, ...]] = {
    "c": (".c",),
    "cpp": (".cc", ".cpp", ".cxx", ".c++", ".C"),
    "java": (".java",),
    "python3": (".py", ".py3"),
}
"""The format's language codes that podium judges, by the endings of their files."""

_ALL = frozenset({"AC", "WA", "TLE", "RTE"})
_FOLDERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "accepted": (frozenset({"AC"}), _ALL),
    "rejected": (_ALL, frozenset({"WA", "TLE", "RTE"})),
    "wrong_answer": (frozenset({"AC", "WA"}), frozenset({"WA"})),
    "time_limit_exceeded": (frozenset({"AC", "TLE"}), frozenset({"TLE"})),
    "run_time_error": (frozenset({"AC", "RTE"}), frozenset({"RTE"})),
    "brute_force": (frozenset({"AC", "RTE", "TLE"}), frozenset({"RTE", "TLE"})),
}
"""(permitted, required) of the format's default folders."""

_MARK = re.compile(r"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_, \t-]+)")
_MARKS = {
    "CORRECT": "AC",
    "ACCEPTED": "AC",
    "WRONG-ANSWER": "WA",
    "NO-OUTPUT": "WA",
    "OUTPUT-LIMIT": "WA",
    "TIMELIMIT": "TLE",
    "TIME-LIMIT-EXCEEDED": "TLE",
    "RUN-ERROR": "RTE",
    "RUN-TIME-ERROR": "RTE",
    "COMPILER-ERROR": "CE",
}
"""DOMjudge's names in its mark @EXPECTED_RESULTS@."""


def language_of(names: Iterable[str]) -> str | None:
    """The language of files by their endings; None when it is unclear or none that podium judges."""
    found = {code for name in names for code, endings in LANGUAGES.items() if Path(name).suffix in endings}
    return found.pop() if len(found) == 1 else None


def read_program(root: Path, folder: str, *, folder_is_program: bool) -> Program | None:
    """The output validator: the folder itself (2025-09), or the one program in it (legacy). None when there is none.

    Raises:
        PackageError: for several, for `build` or `run` scripts, or for a language that podium does not judge.
    """
    place = root / folder
    programs = [place] if folder_is_program else sorted(place.iterdir()) if place.is_dir() else []
    if not place.is_dir() or not programs or not any(place.iterdir()):
        return None
    if len(programs) > 1:
        raise PackageError(f"{folder}: {len(programs)} validators; podium runs one")
    files = _files(programs[0])
    if {"build", "run"} & {name for name, _ in files}:
        raise PackageError(f"{folder}: build and run scripts are not supported")
    language = language_of(name for name, _ in files)
    if language is None:
        raise PackageError(f"{folder}: written in none, or more than one, of {', '.join(LANGUAGES)}")
    return Program(programs[0].relative_to(root).as_posix(), files, language)


def _files(path: Path) -> tuple[tuple[str, Path], ...]:
    if path.is_file():
        return ((path.name, path),)
    return tuple((p.relative_to(path).as_posix(), p) for p in sorted(path.rglob("*")) if p.is_file())


def read_submissions(root: Path, *, legacy: bool) -> tuple[JurySubmission, ...]:
    """The jury's submissions in the order of their names.

    Raises:
        PackageError: when none is accepted, a folder says nothing of what is expected, or `submissions.yaml` is wrong.
    """
    place = root / "submissions"
    rules = {} if legacy else dict(_rules(root))
    folders = sorted(p for p in place.iterdir() if p.is_dir()) if place.is_dir() else []
    found = [_submission(place, folder.name, path, rules) for folder in folders for path in sorted(folder.iterdir())]
    if not any(s.expected == {"AC"} for s in found):
        raise PackageError("submissions/accepted: at least one accepted submission is required")
    return tuple(found)


def _rules(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    where = "submissions/submissions.yaml"
    for pattern, value in (load_yaml(root, where) or {}).items():
        if not isinstance(value, dict):
            raise PackageError(f"{where}: {pattern}: expected keys with values, got {value!r}")
        keys = Keys(f"{where}: {pattern}", {str(k): v for k, v in value.items()})
        rule = {
            "language": keys.take("language", text),
            "entry_point": keys.take("entrypoint", text),
            "permitted": keys.take("permitted", _verdicts),
            "required": keys.take("required", _verdicts),
        }
        keys.refuse("score", "scoring problems are not supported")
        keys.refuse("message", "expected judge messages are not supported")
        keys.drop("authors", "model_solution", "use_for_time_limit")
        if rest := keys.rest():
            raise PackageError(f"{rest[0]}; expectations of single groups or test cases are not supported")
        yield str(pattern), rule


def _verdicts(value: Any) -> frozenset[str]:
    found = frozenset(strings(value))
    if not found or found - _ALL:
        raise ValueError(f"expected some of {', '.join(sorted(_ALL))}, got {value!r}")
    return found


def _submission(place: Path, folder: str, path: Path, rules: dict[str, dict[str, Any]]) -> JurySubmission:
    name = path.relative_to(place).as_posix()
    files = _files(path)
    matching = [rule for pattern, rule in rules.items() if _matches(pattern, folder, name)]
    marked = _marked(files)
    base = dict(rules.get(folder, {}))
    permitted, required = _FOLDERS.get(folder, (_ALL, _ALL))
    permitted, required = base.get("permitted") or permitted, base.get("required") or required
    for rule in matching:
        permitted &= rule["permitted"] or _ALL
        required &= rule["required"] or _ALL
    if folder not in _FOLDERS and not marked and not any(r["permitted"] or r["required"] for r in matching):
        raise PackageError(
            f"submissions/{folder}: none of {', '.join(_FOLDERS)}; say in submissions.yaml what is expected, "
            f"or in {path.name} with @EXPECTED_RESULTS@"
        )
    expected = frozenset({"AC"}) if permitted == {"AC"} else required - {"AC"} if required != _ALL else permitted
    language = next((r["language"] for r in matching if r["language"]), None)
    return JurySubmission(
        name=name,
        path=path,
        files=files,
        language=language if language in LANGUAGES else language_of(n for n, _ in files) if language is None else None,
        entry_point=next((r["entry_point"] for r in matching if r["entry_point"]), None),
        permitted=(marked & _ALL) | {"AC"} if marked else permitted,
        required=(marked & _ALL) or _ALL if marked else required,
        expected=marked or expected,
    )


def _marked(files: tuple[tuple[str, Path], ...]) -> frozenset[str]:
    """What a source says of itself in DOMjudge's way."""
    for name, path in files:
        found = _MARK.search(path.read_text(errors="replace"))
        if found:
            words = [w.strip().upper().replace("_", "-") for w in found[1].split(",")]
            unknown = [w for w in words if w not in _MARKS]
            if unknown:
                raise PackageError(
                    f"submissions: {name}: @EXPECTED_RESULTS@: {unknown[0]!r}: {', '.join(_MARKS)} are known"
                )
            return frozenset(_MARKS[w] for w in words)
    return frozenset()


def _matches(pattern: str, folder: str, name: str) -> bool:
    """Whether a glob of `submissions.yaml` names the submission or its folder; `*` stays within a name."""
    for one in _braces(pattern):
        parts = one.split("/")
        for candidate in (folder, name):
            pieces = candidate.split("/")
            if len(parts) == len(pieces) and all(map(fnmatch.fnmatchcase, pieces, parts)):
                return True
    return False


def _braces(pattern: str) -> list[str]:
    found = re.search(r"\{([^{}]*)\}", pattern)
    if not found:
        return [pattern]
    return [
        p for option in found[1].split(",") for p in _braces(pattern[: found.start()] + option + pattern[found.end() :])
    ]
