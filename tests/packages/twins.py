"""Packages written a second time for a peer that cannot read them: the same test cases, the same results.

Of 2025-09: `scored` makes packages of which problemtools gives verdict and score, `plain` ones of which bapctools gives the
verdict: a scored package's is that of its first test case that was not accepted, as a pass-fail one's. Answers become
programs that print them. What a static validator says has no twin: neither peer runs one. Legacy packages with something
that problemtools does not read have a twin without it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from judge.expected import big_5
from tests.packages.build import Made, legacy
from tests.packages.legacy import PACKAGES as LEGACY
from tests.packages.scoring import PACKAGES
from tests.packages.talking import GUESS
from tests.packages.talking import PACKAGES as TALKING

__all__ = ["PLAIN", "SCORED", "SPARE", "plain", "read", "scored", "types_of"]

_ROOT = "on_reject: {}\nrange: -inf +inf\ngrader_flags: always_accept ignore_sample\n"
_SAMPLE = "on_reject: break\ngrader_flags: first_error sum\n"

_POINTS = """import sys
given, answer, folder, most = sys.argv[1:5]
said = sys.stdin.read().split()
if said[:1] != open(answer).read().split():
    sys.exit(43)
open(folder + "score.txt", "w").write((said[1:] or [most])[0] + "\\n")
sys.exit(42)
"""
"""As that of the package; where a case has no score of its own, the peer must be told which it is."""

_MULTIPLES = _POINTS.replace("(said[1:] or [most])[0]", "str(float((said[1:] or ['1'])[0]) * float(most))")
"""The legacy text has no multiples: the validator multiplies by the highest score of the case itself."""

_ASKED = GUESS.replace(
    "        sys.exit(42)\n",
    "        open(sys.argv[3] + 'score.txt', 'w').write(str((1 - asked / 8) * float(sys.argv[4])))\n        sys.exit(42)\n",
)


@dataclass(frozen=True, slots=True)
class _Groups:
    """The folders of `data` as (on_reject, grader flags, accept_score); with a *validator* that is told each accept_score."""

    of: Mapping[str, tuple[str, str, int]]
    root: str = "continue"
    validator: str = ""

    def files(self) -> dict[str, str]:
        """The files, by their path in the package."""
        told = "output_validator_flags: '{}'\n" if self.validator else ""
        said = {
            f"data/{name}/testdata.yaml": (
                f"on_reject: {on_reject}\naccept_score: {score}\nrange: -inf +inf\ngrader_flags: {flags}\n"
                + told.format(score)
            )
            for name, (on_reject, flags, score) in self.of.items()
        }
        own = {"output_validators/check.py": self.validator} if self.validator else {}
        sample = {"data/sample/testdata.yaml": _SAMPLE + told.format(0)}
        return {"data/testdata.yaml": _ROOT.format(self.root)} | sample | own | said


_EACH = "always_accept sum"
"""Each case or group counts for itself: in legacy a rejected one would reject the whole."""

_GROUPS: Mapping[str, _Groups] = {
    "sums": _Groups(
        {
            "secret": ("continue", _EACH, 0),
            "secret/a": ("continue", _EACH, 10),
            "secret/b": ("continue", _EACH, 35),
        }
    ),
    # each group but the last is required by the next one: what is rejected ends it
    "subtasks": _Groups(
        {
            "secret": ("break", _EACH, 0),
            "secret/1": ("break", "min", 10),
            "secret/2": ("break", "min", 30),
            "secret/3": ("continue", _EACH, 30),
        },
        root="break",
    ),
    "least": _Groups(
        {
            "secret": ("continue", _EACH, 0),
            "secret/a": ("break", "always_accept min", 40),
            "secret/b": ("break", "always_accept min", 60),
        },
        validator=_MULTIPLES,
    ),
    "allornothing": _Groups(
        {"secret": ("break", "min", 0), "secret/a": ("break", "min", 7), "secret/b": ("break", "min", 7)}, root="break"
    ),
    "worstgroup": _Groups(
        {
            "secret": ("continue", "always_accept min", 0),
            "secret/a": ("continue", _EACH, 45),
            "secret/b": ("break", "min", 100),
        }
    ),
    "points": _Groups({"secret": ("continue", _EACH, 25)}, validator=_POINTS),
    "unbounded": _Groups(
        {
            "secret": ("continue", _EACH, 0),
            "secret/a": ("continue", _EACH, 0),
            "secret/b": ("continue", "always_accept min", 0),
            "secret/c": ("continue", _EACH, 5),
        },
        validator=_POINTS,
    ),
    "scoredguess": _Groups({"secret": ("continue", _EACH, 50)}, validator=_ASKED),
    "scoredpasses": _Groups({"secret": ("continue", _EACH, 0)}),
    "scoredanswers": _Groups({"secret": ("continue", _EACH, 50)}),
    # the format's own example, mended
    "scoring": _Groups(
        {
            "secret": ("continue", _EACH, 0),
            "secret/subtask1": ("break", "min", 30),
            "secret/subtask2": ("break", "min", 70),
        }
    ),
}


def scored(made: Made) -> Made:
    """The package in the legacy format, with its verdicts; of a scored one the scores: a legacy one has no verdict then."""
    groups = _GROUPS.get(made.name)
    programs, gets = _programs(made)
    kept = {path: text for path, text in made.files.items() if path.startswith("data/") and not path.endswith(".yaml")}
    new = {}
    for name, got in gets.items():
        folder, _, file = name.partition("/")
        verdict, _, score = got.partition(":")[0].partition(" ")
        moved = name if folder == "accepted" or not groups else f"partially_accepted/{file}"
        kept[f"submissions/{moved}"] = programs[name]
        new[moved] = f"AC {score}" if groups else verdict
    gone = {path: None for path in legacy("none").files if path.startswith(("data/", "submissions/"))}
    said = (
        f"type: {'scoring' if groups else 'pass-fail'}",
        f"validation: {_validation(made, groups)}",
    )
    twin = legacy(f"old{made.name}", *said, files=gone | kept | (groups.files() if groups else {}), gets=new)
    return _draft(made, twin) if "multi-pass" in types_of(made) else twin


def _validation(made: Made, groups: _Groups | None) -> str:
    if groups is None or not groups.validator:
        return "default"
    return "custom interactive score" if "interactive" in types_of(made) else "custom score"


def _draft(made: Made, twin: Made) -> Made:
    """The peer reads several passes in a draft of 2025-09 alone, whose groups it grades as legacy ones."""
    yaml = (
        "problem_format_version: 2023-07-draft\nuuid: 1b4e28ba-2fa1-11d2-883f-0016d3cca427\n"
        f"name: {made.name}\ntype: [{', '.join(sorted(types_of(made)))}]\n"
    )
    own = {path: text for path, text in made.files.items() if path.startswith("output_validator/")}
    files = {path: text for path, text in twin.files.items() if path != "domjudge-problem.ini"}
    return Made(twin.name, files | own | {"problem.yaml": yaml}, twin.gets)


_SCORES = re.compile(r"^(?:max_score|score_aggregation|require_pass): .*\n?", re.MULTILINE)


def plain(made: Made) -> Made:
    """The package of 2025-09 without its scores: the same verdicts, which the folders of its submissions ask for."""
    programs, gets = _programs(made)
    types = {"pass-fail"} | types_of(made) - {"scoring", "submit-answer"}
    yaml = re.sub(r"^type: .*$", f"type: [{', '.join(sorted(types))}]", made.files["problem.yaml"], flags=re.MULTILINE)
    files = {path: text for path, text in made.files.items() if not path.startswith("submissions/")}
    for path in [path for path in files if path.endswith("test_group.yaml")]:
        files[path] = _SCORES.sub("", files[path])
        if not files[path]:
            del files[path]
    new = {}
    for name, got in gets.items():
        verdict = got.partition(":")[0].split()[0]
        moved = f"{'accepted' if verdict == 'AC' else 'wrong_answer'}/{name.partition('/')[2]}"
        files[f"submissions/{moved}"] = programs[name]
        new[moved] = verdict
    return Made(f"plain{made.name}", files | {"problem.yaml": yaml}, new)


def types_of(made: Made) -> set[str]:
    """What its problem.yaml says, else the default."""
    said = re.search(r"^type: (.*)$", made.files["problem.yaml"] or "", re.MULTILINE)
    return set(re.findall(r"[a-z-]+", said[1])) if said else {"pass-fail"}


def _programs(made: Made) -> tuple[dict[str, str], dict[str, str]]:
    """The submissions, and what they get; for those that are answers a program that prints the one to each input."""
    if "submit-answer" not in types_of(made):
        return {name: made.files[f"submissions/{name}"] for name in made.gets}, dict(made.gets)
    answers: dict[str, dict[str, str]] = {}
    for path, text in made.files.items():
        if path.startswith("submissions/") and path.count("/") == 3:
            name, _, file = path.removeprefix("submissions/").rpartition("/")
            case = file.partition(".")[0].rpartition("-")[2]
            answers.setdefault(name, {})[made.files[f"data/secret/{case}.in"].strip()] = text.strip()
    programs = {f"{name}.py": f"print({said!r}.get(input(), ''))\n" for name, said in answers.items()}
    return programs, {f"{name}.py": got for name, got in made.gets.items()}


def read(root: Path, gets: Mapping[str, str]) -> Made:
    """A package that lies in a folder."""
    files = {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}
    return Made(root.name, files, gets)


_ALL = {made.name: made for made in (*PACKAGES, *TALKING) if {"scoring", "submit-answer"} & types_of(made)}

SCORED: Mapping[str, Made] = {name: scored(made) for name, made in _ALL.items() if name != "staticpoints"}
"""By the name of the package of 2025-09. `gets` has no verdicts of test cases."""

PLAIN: Mapping[str, Made] = {name: plain(made) for name, made in _ALL.items() if name != "staticpoints"}
"""The same."""

_FLAGS = "data/secret/testdata.yaml"
_CHANGED: Mapping[str, tuple[str, str, str]] = {
    "icpc": ("problem.yaml", "problem_format_version: legacy-icpc\n", ""),
    "oldtimes": ("problem.yaml", "limits: {time_limit: 0.3}\n", ""),
    "oldcustom": (_FLAGS, "input_validator_flags: {name: sum, flags: tiny}\n", "input_validator_flags: tiny\n"),
}
"""A file, and what problemtools does not read in it."""

_FOLDERS = {"AC": "accepted", "WA": "wrong_answer", "TLE": "time_limit_exceeded", "RTE": "run_time_error"}
_ENDLESS = "mixed/output.py"
"""It writes until it is stopped, and the peer would let it for seconds."""


def _spared(made: Made) -> Made:
    if made.name == "marks":
        return _in_folders(made)
    path, old, new = _CHANGED[made.name]
    text = made.files[path] or ""
    assert old in text
    return replace(made, files=dict(made.files) | {path: text.replace(old, new)})


def _in_folders(made: Made) -> Made:
    """Its submissions in the format's folders instead of DOMjudge's; those that are none of theirs are left out."""
    files = {path: text for path, text in made.files.items() if not path.startswith("submissions/mixed/")}
    gets = {name: got for name, got in made.gets.items() if not name.startswith("mixed/")}
    for name, got in made.gets.items():
        folder = _FOLDERS.get(big_5(got.partition(":")[0]))
        if folder is not None and name.startswith("mixed/") and name != _ENDLESS:
            new = name.replace("mixed", folder)
            gets[new] = got
            old = f"submissions/{name}"
            files |= {
                path.replace(old, f"submissions/{new}"): text
                for path, text in made.files.items()
                if path == old or path.startswith(f"{old}/")
            }
    return Made(made.name, files, gets)


SPARE: Mapping[str, Made] = {made.name: _spared(made) for made in LEGACY if made.name in (*_CHANGED, "marks")}
"""Legacy packages, by their names, without what problemtools does not read."""
