"""The programs of a package: which files, in which language, and what the formats ask of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from packages import checktestdata
from packages.checktestdata.commands import parse
from packages.checktestdata.values import GRAMMAR, GrammarError
from packages.files import PackageFiles
from packages.findings import Findings
from packages.languages import language_of
from packages.metadata import Metadata
from packages.model import Program, with_constants
from schemas.languages import LANGUAGE_FILES

__all__ = [
    "program_at",
    "read_grader",
    "read_input_validators",
    "read_output_validators",
    "read_output_visualizer",
    "read_static_validator",
]

_CHECKTESTDATA: Final = Path(checktestdata.__file__).parent
"""The program that runs a grammar of Checktestdata, which lies in its folder then."""

_START: Final = "start.py"
_BESIDE: Final = "$checktestdata"
"""The folder of both in a validator's working directory: no file of a package can have such a name."""

_SCRIPTS: Final = frozenset({"build", "run"})
_SOURCE_BYTES: Final = 1 << 20
"""Of a source that are looked at: a longer one is no text that somebody wrote."""

_PORTABLE: Final = frozenset({"c", "cpp", "python3"})
"""What a validator of 2025-09 without scripts may be written in."""


def program_at(
    files: PackageFiles,
    path: str,
    findings: Findings,
    *,
    scripts: bool = False,
    constants: Mapping[str, str] | None = None,
    shebang: bool = True,
) -> Program:
    """The program that is this file or this folder, by its path in the package. Folders inside it keep their paths.

    *scripts*: `build` and `run` are what they are called, as in every program but a submission.
    """
    is_folder = files.is_folder(path)
    names = files.under(path) if is_folder else [path]
    base = path if is_folder else path.rpartition("/")[0]
    members = tuple((name[len(base) + 1 :], files.path(name)) for name in names)
    top = {name for name, _ in members}
    own_build = scripts and is_folder and bool(_SCRIPTS & top)
    for name, place in zip(names, members, strict=True):
        if language_of([place], shebang=False) or (own_build and place[0] in _SCRIPTS):
            _check_source(name, place[1], findings)
    return Program(
        name=PurePosixPath(path).name if is_folder else PurePosixPath(path).stem,
        language="" if own_build else language_of(members, shebang=shebang),
        files=members,
        entry_point="__main__.py" if "__main__.py" in top and not own_build else None,
        own_build=own_build,
        constants=constants or {},
    )


def _check_source(name: str, path: Path, findings: Findings) -> None:
    """Sources are text files as the format wants them; compilers take others as well."""
    with path.open("rb") as file:
        data = file.read(_SOURCE_BYTES)
    if data.startswith(b"\xef\xbb\xbf"):
        findings.warn(name, "begins with a byte-order mark")
    if b"\r" in data:
        findings.warn(name, "has carriage returns; line ends should be LF alone")


def read_output_validators(files: PackageFiles, metadata: Metadata, findings: Findings) -> list[Program]:
    """The custom output validators; none means the default one."""
    new = metadata.format == "2025-09"
    right, wrong = ("output_validator", "output_validators") if new else ("output_validators", "output_validator")
    if files.is_folder(wrong):
        findings.error(wrong, f"the {metadata.format} format calls it {right}")
    entries = files.entries(right)
    if metadata.custom is False and entries:
        findings.warn(right, "is not used: problem.yaml says validation: default")
        return []
    if metadata.custom and not entries:
        findings.error(right, "is missing: problem.yaml says validation: custom")
    paths = _only_program(files, right, findings) if new else [f"{right}/{entry}" for entry in entries]
    found = [_checked(files, path, metadata, findings) for path in paths]
    _told_apart(right, found, metadata, findings)
    if "interactive" in metadata.types and len(paths) != 1:
        findings.error(right, f"an interactive problem has one output validator of its own, and this one {len(paths)}")
    if "multi-pass" in metadata.types and not paths:
        findings.error(right, "is missing: only an output validator of its own can ask for another pass")
    return found


def read_static_validator(files: PackageFiles, metadata: Metadata, findings: Findings) -> Program | None:
    """The program in `static_validator/`, of 2025-09 alone: there no constant is replaced."""
    folder = "static_validator"
    if metadata.format != "2025-09" or not files.is_folder(folder):
        return None
    if "submit-answer" in metadata.types:
        findings.error(folder, "a submit-answer problem has no static validator")
    paths = _only_program(files, folder, findings)
    return _checked(files, paths[0], metadata, findings, constants={})


def read_output_visualizer(files: PackageFiles, metadata: Metadata, findings: Findings) -> Program | None:
    """The program in `output_visualizer/`, of 2025-09 alone, which is not run.

    "The judge system may display or ignore these files as it sees fit", says the text of the images that it makes, and
    "compile or run-time errors in the visualizer are not judge errors".
    """
    folder = "output_visualizer"
    if metadata.format != "2025-09" or not files.is_folder(folder):
        return None
    findings.warn(folder, "is not run: podium shows no images of outputs")
    return program_at(files, _only_program(files, folder, findings)[0], findings, scripts=True, shebang=False)


def read_grader(files: PackageFiles, metadata: Metadata, findings: Findings) -> Program | None:
    """The program in `graders/` of a legacy scoring problem."""
    entries = files.entries("graders")
    if metadata.format != "legacy" or not entries:
        return None
    if not metadata.scoring:
        findings.error("graders", "are only for scoring problems")
    if len(entries) > 1:
        findings.error("graders", f"there may be one grader, and there are {', '.join(entries)}")
    return _checked(files, f"graders/{entries[0]}", metadata, findings)


def read_input_validators(files: PackageFiles, metadata: Metadata, findings: Findings) -> list[Program]:
    """The input validators, and what lies beside them and is no program, which is told: such as a note."""
    folder = "input_validators"
    if metadata.format != "2025-09" and not files.is_folder(folder):
        folder = "input_format_validators"
    programs = []
    for entry in files.entries(folder):
        path = f"{folder}/{entry}"
        if entry.endswith(".viva"):
            findings.unsupported(path, "a grammar of VIVA is")
        elif entry.endswith(".ctd") and path in files:
            programs.append(_grammar(files, path, metadata, findings))
        else:
            programs.append(_checked(files, path, metadata, findings, no_program=findings.warn))
    if not any(one.language or one.own_build for one in programs):
        say = findings.error if metadata.format == "2025-09" else findings.warn
        say("input_validators", "is missing: the test data cannot be checked")
    _told_apart(folder, programs, metadata, findings)
    return programs


def _grammar(files: PackageFiles, path: str, metadata: Metadata, findings: Findings) -> Program:
    """A grammar of Checktestdata, and beside it what runs it."""
    place = files.path(path)
    if place.stat().st_size > _SOURCE_BYTES:
        findings.error(path, f"is longer than {_SOURCE_BYTES} bytes")
    else:
        try:
            parse(with_constants(place.read_bytes(), metadata.constants).decode("latin-1"))
        except (GrammarError, RecursionError) as error:
            findings.error(path, f"is no grammar of Checktestdata: {error}")
    inner = f"{_BESIDE}/{_CHECKTESTDATA.name}"
    runs = tuple((f"{inner}/{one.name}", one) for one in sorted(_CHECKTESTDATA.glob("*.py")) if one.name != _START)
    return Program(
        name=PurePosixPath(path).stem,
        language="python3",
        files=((f"{_BESIDE}/{_START}", _CHECKTESTDATA / _START), *runs, (f"{inner}/{GRAMMAR}", place)),
        entry_point=f"{_BESIDE}/{_START}",
        constants=metadata.constants,
    )


def _only_program(files: PackageFiles, folder: str, findings: Findings) -> list[str]:
    """The one program in a folder: its one entry, or the folder itself where it holds several files. None without any."""
    entries = files.entries(folder)
    if not entries:
        return []
    if len(entries) == 1 and entries[0] not in _SCRIPTS:
        return [f"{folder}/{entries[0]}"]
    if all(files.is_folder(f"{folder}/{entry}") for entry in entries):
        findings.error(folder, f"holds one program, and there are {', '.join(entries)}")
    return [folder]


def _checked(
    files: PackageFiles,
    path: str,
    metadata: Metadata,
    findings: Findings,
    *,
    constants: Mapping[str, str] | None = None,
    no_program: Callable[[str, str], None] | None = None,
) -> Program:
    """A validator or grader, in a language of the judge's; *no_program* is told, instead of an error, when it is none."""
    new = metadata.format == "2025-09"
    program = program_at(
        files,
        path,
        findings,
        scripts=True,
        constants=metadata.constants if constants is None else constants,
        shebang=not new,
    )
    if program.own_build:
        return program
    names = [name for name, _ in program.files]
    if not program.language:
        say = no_program or findings.error
        say(path, "is no program: its files are not in one language, and there is no build or run script")
    elif program.language not in LANGUAGE_FILES:
        findings.unsupported(path, f"a program of the jury's in {program.language} is")
    elif new and program.language not in _PORTABLE:
        findings.warn(path, f"is in {program.language}: the format has Python 3, C, C++, and others by build and run")
    elif new and program.language == "python3" and sum(name.endswith((".py", ".py3")) for name in names) > 1:
        if "__main__.py" not in names:
            findings.error(path, "has several Python files, and no __main__.py to begin with")
        elif "__init__.py" not in names:
            findings.warn(path, "has no __init__.py, which the format wants beside __main__.py")
    return program


def _told_apart(folder: str, programs: list[Program], metadata: Metadata, findings: Findings) -> None:
    say = findings.error if metadata.format == "2025-09" else findings.warn
    names = [one.name for one in programs]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        say(folder, f"two programs are called {name}")
