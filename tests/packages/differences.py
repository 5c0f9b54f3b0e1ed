"""Where other tools judge a package in another way than podium, and the sentence of the format by which podium goes.

The tools are of the releases that test_peers.py installs: problemtools reads no 2025-09 yet, and bapctools says itself
which types it does not support.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BAPCTOOLS", "PROBLEMTOOLS", "Difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one package. `says` is in what the tool prints; `sentence` is the text's.

    `gets`: by submission what the tool says instead, nothing where it judges it not at all; None: it judges none of them.
    """

    sentence: str
    says: str = ""
    gets: Mapping[str, str] | None = field(default=None)


_SCORING = Difference(
    "An accepted submission is additionally given a score, which is a non-negative numeric value (and the goal is to "
    "maximize this value).",
    "unrecognized value",
)
_ANSWERS = Difference(
    "A submission consists of the answers to the test cases instead of source code for a program that produces the answers.",
    "unrecognized value",
)
_INCLUDED = "[Included files](#included-files), if any, must be copied into the submission directory before building the submission."
_LANGUAGE = "The language of a submission program is determined by the `language` key in `submissions.yaml` if present;"
"""Its own name of Python is cpython3, which is no code of the format's table, and python3 it does not find."""

_SCORED = (
    "sums",
    "subtasks",
    "least",
    "points",
    "unbounded",
    "allornothing",
    "worstgroup",
    "staticpoints",
    "scoredguess",
)

BAPCTOOLS: Mapping[str, Difference] = {
    **dict.fromkeys((*_SCORED, "scoredpasses", "scoring"), _SCORING),
    **dict.fromkeys(("answers", "scoredanswers", "submitanswer"), _ANSWERS),
    "constants": Difference(_INCLUDED, gets={"accepted/sum.py": "RTE", "wrong_answer/tex.py": "RTE"}),
    "included": Difference(
        _INCLUDED,
        gets={"accepted/sum.py": "RTE", "accepted/own": "RTE", "accepted/sum.cpp": "", "wrong_answer/words.py": "RTE"},
    ),
    "maximal": Difference(
        _LANGUAGE, "No language detected", {"accepted/accepted.py": "", "run_time_error/not_defined": ""}
    ),
    "expectations": Difference(_LANGUAGE, "No language detected", {"accepted/mixed": ""}),
    "files": Difference(
        "The `.files` directory, if it exists, contains input files available to the submission via file I/O.",
        gets={"accepted/sum.py": "RTE", "accepted/sum.cpp": "WA", "wrong_answer/sum.py": "RTE"},
    ),
    "modules": Difference(
        "a directory containing multiple Python 3 source files, two of which are `__init__.py` (defining a module) and "
        "`__main__.py` (which will be used as the program entry point);",
        gets={"accepted/sum.py": "JE", "wrong_answer/wrong.py": "JE"},
    ),
    "readonly": Difference(
        "A value of `true` means submissions can read and write files, while the default value of `false` means submissions "
        "can only read from files.",
        gets={"run_time_error/writes.py": "AC"},
    ),
    "scripts": Difference(
        "if a program consists of several files, these must be provided in a single directory.", "is not a file"
    ),
    "static": Difference(
        "A static validator is a program that is given the submission files as input and can analyze the contents to accept "
        "or reject the submission.",
        "not supported by BAPCtools",
        {"wrong_answer/eval.py": "AC"},
    ),
    "validator": Difference(
        "The `feedback_dir` must end with a path separator (typically '/' or '\\\\' depending on operating system), so that "
        "simply appending a filename to `feedback_dir` gives the path to a file in the feedback directory.",
        'assert folder.endswith("/")',
        {"accepted/sum.py": "JE", "wrong_answer/wrong.py": "JE"},
    ),
}

MODERN = Difference(
    "If using this version of the Format, it must be the string `2025-09`.", "'2025-09' is not a valid FormatVersion"
)
"""Of every package of that format in problemtools: the scores of groups are compared by way of legacy twins (twins.py)."""

_MARKED = ("right", "either", "none", "crash", "syntax", "loop", "memory", "output")

PROBLEMTOOLS: Mapping[str, Difference] = {
    "icpc": Difference(
        "This is the `legacy-icpc` version of the Kattis problem package format.", "'legacy-icpc' is not a valid"
    ),
    # DOMjudge's marks and folders are none of the format's
    "marks": Difference(
        "The possible subdirectories are:",
        "does not match any known submissions directory",
        {f"mixed/{name}.py": "" for name in _MARKED} | {"mixed/syntax.cpp": "", "mixed/two": ""},
    ),
    "oldcustom": Difference(
        "If a map, then this is the name of the input validator as well as the arguments to pass to that input validator for "
        "this test data group.",
        "has no attribute 'split'",
    ),
    "oldmodes": Difference(
        "For non-Accepted verdicts on scoring problems, the score provided by the grader will always be ignored.",
        gets={"partially_accepted/other.py": "AC 30"},
    ),
    # the key is DOMjudge's and BAPCtools' in legacy packages; "Any unknown keys should be treated as an error."
    "oldtimes": Difference("Any unknown keys should be treated as an error.", "limits.time_limit"),
}
