"""The corpus and the examples through problemtools and bapctools, where these can be installed from the package index.

A legacy package goes through the whole of `verifyproblem`: metadata, statements, attachments, validators (which are given
junk as well), graders, data and submissions. What it calls an error must be explained; its warnings are advice, and are not
compared. A twin goes through its submissions alone: verdicts and scores are what twins are for.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from judge.expected import big_5
from tests.packages.build import write
from tests.packages.corpus import CORPUS
from tests.packages.differences import BAPCTOOLS, MODERN, NOBODY, PLAIN_TWINS, PROBLEMTOOLS
from tests.packages.examples import EXAMPLES, FOLDER, copied
from tests.packages.twins import PLAIN, SCORED, SPARE, plain, read, scored, types_of

SPECS = FOLDER.parent / "specs"
RELEASES = ("problemtools==1.20260907", "bapctools==2026.10.0")
PYTHON = (
    "python3:\n    name: Python 3\n    compile: 'python3 -m py_compile {files}'\n    run: 'python3 \"{mainfile}\"'\n"
)
"""For problemtools, which would have PyPy run it."""

VERIFYPROBLEM = ("verifyproblem", "-l", "info", "-p", "submissions", "--")
STATEMENT = ("verifyproblem", "-l", "info", "-p", "statement", "--")
"""By itself: its parser of LaTeX changes how all is printed that comes behind it."""
THE_REST = ("verifyproblem", "-l", "info", "-p", "config", "validators", "graders", "data", "submissions", "--")

TEX = {"lualatex": "#!/bin/sh\n", "kpsewhich": '#!/bin/sh\n[ -e "$1" ] && echo "$1"\n'}
"""Stand-ins where there is no TeX: no PDF is made then. The HTML is, by a parser of the tool's own."""

BT = ("bt", "run", "-B", "-aa", "-G", "--timeout", "10")
"""On a busy machine its own timeout, of a second of real time, would end what has used little CPU time."""

LEGACY = [name for name, made in CORPUS.items() if "problem_format_version: 2025-09" not in made.files["problem.yaml"]]
MODERN_ONES = [name for name in CORPUS if name not in LEGACY]
MENDED = {name.replace("_", ""): name for name in EXAMPLES}
PROBLEMTOOLS_SAYS = re.compile(
    r"^(?:ERROR |WARNING )?\s*(?P<name>\S+/\S+) \(.*?\) (?:OK|OK with extra time|got|was fully accepted):? (?P<got>[A-Z]+(?: \([-+.\de]+\))?)",
    re.MULTILINE,
)
PROBLEMTOOLS_ERRORS = re.compile(r"^ERROR (?!\s*\S+/\S+ \(.*?\) got )(.*)", re.MULTILINE)
"""All but those on a submission's verdict, which is compared by itself."""
COUNTED = re.compile(r"^\S+ tested: (\d+) errors?, ", re.MULTILINE)
BAPCTOOLS_SAYS = re.compile(r"^(?P<name>\S+/\S+?): +(?P<got>[A-Z]{2,3}) ?[0-9].* slowest: ", re.MULTILINE)


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> dict[str, str]:
    """The environment in which both can be called."""
    if shutil.which("c++") is None:
        pytest.skip("bapctools compiles its default validator, and there is no C++ compiler here")
    folder = tmp_path_factory.mktemp("peers")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", *RELEASES]
    installed = subprocess.run(pip, capture_output=True, text=True, timeout=600, check=False)
    if installed.returncode:
        pytest.skip(f"cannot be installed from the package index: {installed.stderr.strip()[-300:]}")
    (folder / "problemtools").mkdir()
    (folder / "problemtools/languages.yaml").write_text(PYTHON)
    (folder / "tmp").mkdir()
    for name, text in TEX.items():
        if shutil.which(name) is None:
            (folder / "venv/bin" / name).write_text(text)
            (folder / "venv/bin" / name).chmod(0o755)
    path = f"{folder / 'venv/bin'}:{os.environ['PATH']}"
    return {"PATH": path, "XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "TMPDIR": str(folder / "tmp")}


def said(command, folder, tools):
    """What a tool prints. It may fail: that is seen in what it prints."""
    return subprocess.run(
        command,
        cwd=folder,
        env=tools,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    ).stdout


def of_podium(gets):
    """What each submission gets, in the words of the tools: Big 5 and, of an accepted one, the score, rounded."""
    found = {}
    for name, result in gets.items():
        verdict, _, score = result.partition(":")[0].partition(" ")
        if verdict != "manual":
            verdict = big_5(verdict)
            found[name] = f"{verdict} {float(score):.0f}" if score and verdict == "AC" else verdict
    return found


def compared(gets, pattern, output, explained=()):
    """Fail where the tool says something else than podium, and where an explanation explains nothing."""
    theirs = {}
    for match in pattern.finditer(output):
        verdict, *score = re.sub("[()]", "", match["got"]).split()
        theirs[match["name"]] = " ".join([big_5(verdict), *score])
    ours = of_podium(gets)
    differing = {name: theirs.get(name, "") for name in ours if theirs.get(name, "") != ours[name]}
    assert [one.says for one in explained if one.says not in output] == [], output
    expected = {}
    for one in explained:
        expected |= dict.fromkeys(ours, "") if one.gets is None else one.gets
    assert differing == expected, output


def verified_whole(name, made, folder, tools):
    """Put a legacy package through all of `verifyproblem`."""
    explained = PROBLEMTOOLS.get(name, ())
    name = write(folder, made).name
    output = said([*STATEMENT, name], folder, tools) + said([*THE_REST, name], folder, tools)
    compared(made.gets, PROBLEMTOOLS_SAYS, output, explained)
    counted = sum(map(int, COUNTED.findall(output)))
    assert counted == len(re.findall("^ERROR ", output, re.MULTILINE)), output
    heads = [one.says.partition("\n")[0] for one in explained if one.says]
    errors = PROBLEMTOOLS_ERRORS.findall(output)
    assert [error for error in errors if not any(head in error for head in heads)] == [], output


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", LEGACY)
def test_long_problemtools_says_the_same(tools, tmp_path, name):
    verified_whole(name, CORPUS[name], tmp_path, tools)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SPARE)
def test_long_problemtools_says_the_same_without_what_it_does_not_read(tools, tmp_path, name):
    verified_whole("", SPARE[name], tmp_path, tools)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_long_problemtools_reads_no_package_of_2025_09(tools, tmp_path):
    names = [write(tmp_path, CORPUS[name]).name for name in MODERN_ONES]
    output = said([*VERIFYPROBLEM, *names], tmp_path, tools)
    assert len(re.findall(MODERN.says, output)) == len(names), output


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SCORED)
def test_long_problemtools_gives_the_scores_of_2025_09_to_a_twin(tools, tmp_path, name):
    root = write(tmp_path, SCORED[name])
    compared(SCORED[name].gets, PROBLEMTOOLS_SAYS, said([*VERIFYPROBLEM, root.name], tmp_path, tools))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MODERN_ONES)
def test_long_bapctools_says_the_same(tools, tmp_path, name):
    root = write(tmp_path, CORPUS[name])
    compared(CORPUS[name].gets, BAPCTOOLS_SAYS, said(BT, root, tools), BAPCTOOLS.get(name, ()))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PLAIN)
def test_long_bapctools_gives_the_verdicts_of_what_it_cannot_score_to_a_twin(tools, tmp_path, name):
    root = write(tmp_path, PLAIN[name])
    compared(PLAIN[name].gets, BAPCTOOLS_SAYS, said(BT, root, tools), PLAIN_TWINS.get(name, ()))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not FOLDER.exists(), reason="the format's example packages are not on this machine")
@pytest.mark.parametrize("name", MENDED)
def test_long_both_say_the_same_of_the_mended_examples(tools, tmp_path, name):
    example = EXAMPLES[MENDED[name]]
    root = copied(MENDED[name], tmp_path)
    example.mend(root)
    assert MODERN.says in said([*VERIFYPROBLEM, root.name], tmp_path, tools)
    compared(example.gets, BAPCTOOLS_SAYS, said(BT, root, tools), BAPCTOOLS.get(name, ()))
    if name in ("scoring", "submitanswer"):
        made = read(root, example.gets)
        theirs, bare = scored(made), plain(made)
        output = said([*VERIFYPROBLEM, write(tmp_path, theirs).name], tmp_path, tools)
        compared(theirs.gets, PROBLEMTOOLS_SAYS, output)
        compared(bare.gets, BAPCTOOLS_SAYS, said(BT, write(tmp_path, bare), tools))


@pytest.mark.skipif(not SPECS.exists(), reason="the format's texts are not on this machine")
def test_each_explanation_quotes_the_format():
    def text(name: str) -> str:
        return re.sub(r"\s+", " ", Path(SPECS / f"Problem_Package.{name}.md").read_text())

    modern, legacy = text("2025-09"), text("legacy") + text("legacy-icpc")
    of_modern = [one for several in (*BAPCTOOLS.values(), *PLAIN_TWINS.values()) for one in several]
    of_modern += [MODERN, *NOBODY.values()]
    of_legacy = [one for several in PROBLEMTOOLS.values() for one in several]
    assert [d.sentence for d in of_modern if d.sentence not in modern] == []
    assert [d.sentence for d in of_legacy if d.sentence not in legacy] == []
    assert [d for d in (*of_modern, *of_legacy) if not d.because] == []
    assert set(PROBLEMTOOLS) <= set(LEGACY)
    assert set(BAPCTOOLS) <= set(MODERN_ONES) | set(MENDED)


def test_some_peer_judges_each_package_or_a_twin_of_it():
    unread = {name for name in MODERN_ONES if any(one.says == "unrecognized value" for one in BAPCTOOLS.get(name, ()))}
    assert unread == {name for name in MODERN_ONES if {"scoring", "submit-answer"} & types_of(CORPUS[name])}
    assert set(SCORED) == set(PLAIN) == unread - set(NOBODY)
    failing = {name for name in LEGACY if any(one.gets is None for one in PROBLEMTOOLS.get(name, ()))}
    assert set(SPARE) == failing | {"marks"}
