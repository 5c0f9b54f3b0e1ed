"""The corpus and the examples through problemtools and bapctools, where these can be installed from the package index."""

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
from tests.packages.differences import BAPCTOOLS, MODERN, PROBLEMTOOLS
from tests.packages.examples import EXAMPLES, FOLDER, copied
from tests.packages.twins import TWINS

SPECS = FOLDER.parent / "specs"
RELEASES = ("problemtools==1.20260907", "bapctools==2026.10.0")
PYTHON = (
    "python3:\n    name: Python 3\n    compile: 'python3 -m py_compile {files}'\n    run: 'python3 \"{mainfile}\"'\n"
)
"""For problemtools, which would have PyPy run it."""

VERIFYPROBLEM = ("verifyproblem", "-l", "info", "-p", "submissions", "--")

BT = ("bt", "run", "-B", "-aa", "-G", "--timeout", "10")
"""On a busy machine its own timeout, of a second of real time, would end what has used little CPU time."""

LEGACY = [name for name, made in CORPUS.items() if "problem_format_version: 2025-09" not in made.files["problem.yaml"]]
MENDED = {name.replace("_", ""): name for name in EXAMPLES}
PROBLEMTOOLS_SAYS = re.compile(
    r"^(?:ERROR |WARNING )?\s*(?P<name>\S+/\S+) \(.*?\) (?:OK|OK with extra time|got|was fully accepted):? (?P<got>[A-Z]+(?: \([-+.\de]+\))?)",
    re.MULTILINE,
)
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


def compared(gets, pattern, output, explained):
    """Fail where the tool says something else than podium, and where an explanation explains nothing."""
    theirs = {}
    for match in pattern.finditer(output):
        verdict, *score = re.sub("[()]", "", match["got"]).split()
        theirs[match["name"]] = " ".join([big_5(verdict), *score])
    ours = of_podium(gets)
    differing = {name: theirs.get(name, "") for name in ours if theirs.get(name, "") != ours[name]}
    if explained is None:
        assert differing == {}, output
    else:
        assert explained.says in output, output
        assert differing == (dict.fromkeys(ours, "") if explained.gets is None else explained.gets), output


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CORPUS)
def test_long_problemtools_says_the_same(tools, tmp_path, name):
    root = write(tmp_path, CORPUS[name])
    output = said([*VERIFYPROBLEM, root.name], tmp_path, tools)
    compared(CORPUS[name].gets, PROBLEMTOOLS_SAYS, output, PROBLEMTOOLS.get(name) if name in LEGACY else MODERN)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TWINS)
def test_long_problemtools_gives_the_scores_of_2025_09_to_its_legacy_twin(tools, tmp_path, name):
    root = write(tmp_path, TWINS[name])
    output = said([*VERIFYPROBLEM, root.name], tmp_path, tools)
    compared(TWINS[name].gets, PROBLEMTOOLS_SAYS, output, None)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name in CORPUS if name not in LEGACY])
def test_long_bapctools_says_the_same(tools, tmp_path, name):
    root = write(tmp_path, CORPUS[name])
    output = said(BT, root, tools)
    compared(CORPUS[name].gets, BAPCTOOLS_SAYS, output, BAPCTOOLS.get(name))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not FOLDER.exists(), reason="the format's example packages are not on this machine")
@pytest.mark.parametrize("name", MENDED)
def test_long_both_say_the_same_of_the_mended_examples(tools, tmp_path, name):
    example = EXAMPLES[MENDED[name]]
    root = copied(MENDED[name], tmp_path)
    example.mend(root)
    output = said([*VERIFYPROBLEM, root.name], tmp_path, tools)
    compared(example.gets, PROBLEMTOOLS_SAYS, output, MODERN)
    compared(example.gets, BAPCTOOLS_SAYS, said(BT, root, tools), BAPCTOOLS.get(name))


@pytest.mark.skipif(not SPECS.exists(), reason="the format's texts are not on this machine")
def test_each_explanation_quotes_the_format():
    def text(name: str) -> str:
        return re.sub(r"\s+", " ", Path(SPECS / f"Problem_Package.{name}.md").read_text())

    modern, legacy = text("2025-09"), text("legacy") + text("legacy-icpc")
    assert [d.sentence for d in (*BAPCTOOLS.values(), MODERN) if d.sentence not in modern] == []
    assert [d.sentence for d in PROBLEMTOOLS.values() if d.sentence not in legacy] == []
    assert set(PROBLEMTOOLS) <= set(LEGACY)
    assert set(BAPCTOOLS) <= set(CORPUS) - set(LEGACY) | set(MENDED)
