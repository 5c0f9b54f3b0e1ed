"""Where other tools judge a package in another way than podium, why, and the sentence of the format by which podium goes.

The tools are of the releases that test_peers.py installs: problemtools reads no 2025-09 yet, and bapctools reads no legacy
package and no scored one. What they can judge of those all the same is in twins.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BAPCTOOLS", "MODERN", "NOBODY", "PLAIN_TWINS", "PROBLEMTOOLS", "Difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one package: `because` of what the tool, in our words. `says` is in what it prints; `sentence` is the text's.

    `gets`: by submission what the tool says instead, nothing where it judges it not at all; None: it judges none of them.
    """

    sentence: str
    because: str
    says: str = ""
    gets: Mapping[str, str] | None = field(default=None)


_TYPES = (
    "the tool knows pass-fail, interactive and multi-pass, and ends at any other type; its twin in twins.py is judged"
)
_SCORING = Difference(
    "For scoring problems, submissions are given a non-negative score instead of a verdict.",
    _TYPES,
    "unrecognized value",
)
_ANSWERS = Difference(
    "A submission consists of the answers to the test cases instead of source code for a program that produces the answers.",
    _TYPES,
    "unrecognized value",
)
_STATIC = "the tool runs no static validator"
_INCLUDED = "[Included files](#included-files), if any, must be copied into the submission directory before building the submission."
_NO_INCLUDE = "the tool does nothing with `include`: what needs one of its files fails"
_LANGUAGE = "The language of a submission program is determined by the `language` key in `submissions.yaml` if present;"
_NO_PYPY = "its python3 is PyPy, which is not here; its own name of CPython, cpython3, is no code of the format's table"

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

BAPCTOOLS: Mapping[str, tuple[Difference, ...]] = {
    **dict.fromkeys((*_SCORED, "scoredpasses", "scoring"), (_SCORING,)),
    **dict.fromkeys(("answers", "scoredanswers", "submitanswer"), (_ANSWERS,)),
    "constants": (Difference(_INCLUDED, _NO_INCLUDE, gets={"accepted/sum.py": "RTE", "wrong_answer/tex.py": "RTE"}),),
    "included": (
        Difference(
            _INCLUDED,
            _NO_INCLUDE,
            gets={
                "accepted/sum.py": "RTE",
                "accepted/own": "RTE",
                "accepted/sum.cpp": "",
                "wrong_answer/words.py": "RTE",
            },
        ),
    ),
    "maximal": (
        Difference(
            _LANGUAGE, _NO_PYPY, "No language detected", {"accepted/accepted.py": "", "run_time_error/not_defined": ""}
        ),
    ),
    "expectations": (Difference(_LANGUAGE, _NO_PYPY, "No language detected", {"accepted/mixed": ""}),),
    "files": (
        Difference(
            "The `.files` directory, if it exists, contains input files available to the submission via file I/O.",
            "the tool copies no `.files`: what reads one of them fails",
            gets={"accepted/sum.py": "RTE", "accepted/sum.cpp": "WA", "wrong_answer/sum.py": "RTE"},
        ),
    ),
    "modules": (
        Difference(
            "a directory containing multiple Python 3 source files, two of which are `__init__.py` (defining a module) and "
            "`__main__.py` (which will be used as the program entry point);",
            "of several files without a `main.*` the tool begins with the first by name: `__init__.py`, which does nothing",
            gets={"accepted/sum.py": "JE", "wrong_answer/wrong.py": "JE"},
        ),
    ),
    "readonly": (
        Difference(
            "A value of `true` means submissions can read and write files, while the default value of `false` means "
            "submissions can only read from files.",
            "the tool has no sandbox: what writes may write",
            gets={"run_time_error/writes.py": "AC"},
        ),
    ),
    "scripts": (
        Difference(
            "if a program consists of several files, these must be provided in a single directory.",
            "the tool wants the one output validator's files in `output_validator` itself, and takes no directory there",
            "is not a file",
        ),
    ),
    "static": (
        Difference(
            "A static validator is a program that is given the submission files as input and can analyze the contents to "
            "accept or reject the submission.",
            _STATIC,
            "not supported by BAPCtools",
            {"wrong_answer/eval.py": "AC"},
        ),
    ),
    "validator": (
        Difference(
            "The `feedback_dir` must end with a path separator (typically '/' or '\\\\' depending on operating system), so "
            "that simply appending a filename to `feedback_dir` gives the path to a file in the feedback directory.",
            "the tool's feedback_dir has no separator at its end",
            'assert folder.endswith("/")',
            {"accepted/sum.py": "JE", "wrong_answer/wrong.py": "JE"},
        ),
    ),
}

PLAIN_TWINS: Mapping[str, tuple[Difference, ...]] = {}
"""Of bapctools and the twins without scores, by the name of the package."""

NOBODY: Mapping[str, Difference] = {
    "staticpoints": Difference(
        "Optionally, the static validator may assign a score to the submission for each validation test case.", _STATIC
    )
}
"""The scored packages of 2025-09 whose scores no peer can compute, nor those of a twin."""

MODERN = Difference(
    "If using this version of the Format, it must be the string `2025-09`.",
    "the tool reads legacy packages and a draft of 2023-07",
    "'2025-09' is not a valid FormatVersion",
)
"""Of every package of 2025-09 in problemtools: the scores of groups are compared by way of twins."""

_MARKED = ("right", "either", "none", "crash", "syntax", "loop", "memory", "output")

PROBLEMTOOLS: Mapping[str, tuple[Difference, ...]] = {
    "icpc": (
        Difference(
            "This is the `legacy-icpc` version of the Kattis problem package format.",
            "the tool reads no legacy-icpc",
            "'legacy-icpc' is not a valid",
        ),
    ),
    "marks": (
        Difference(
            "The possible subdirectories are:",
            "DOMjudge's marks and folders are none of the format's, and the tool passes over what is in other folders",
            "does not match any known submissions directory",
            {f"mixed/{name}.py": "" for name in _MARKED} | {"mixed/syntax.cpp": "", "mixed/two": ""},
        ),
    ),
    "oldcustom": (
        Difference(
            "If a map, then this is the name of the input validator as well as the arguments to pass to that input validator "
            "for this test data group.",
            "the tool takes flags of input validators as a string alone, and fails",
            "has no attribute 'split'",
        ),
    ),
    "oldmodes": (
        Difference(
            "For non-Accepted verdicts on scoring problems, the score provided by the grader will always be ignored.",
            "the tool counts the score of a rejected group in the group above",
            gets={"partially_accepted/other.py": "AC 30"},
        ),
        Difference(
            "Must only be used on the root level.",
            "the tool has `sample` inherit the flag from the root, and finds it below the root then",
            "'grader_flags: ignore_sample' is specified, but that flag is only allowed at top level",
            {},
        ),
    ),
    "oldscores": (
        Difference(
            "The first sub-result (sample) will be ignored, the second sub-result (secret) will be used, both verdict and "
            "score.",
            "in the tool a rejected sample ends the judging also where it is ignored, unless on_reject is continue",
            "'grader_flags: ignore_sample' is specified, but 'on_reject: break' may cause secret data not to be judged",
            {},
        ),
    ),
    "oldtimes": (
        Difference(
            "Time, memory, and other limits to be imposed on submissions.",
            "to the tool the key is unknown, an error by the text; podium is required to read the time limits of legacy packages"
            " where DOMjudge and bapctools have them: the contest's problems.yaml, limits.time_limit, domjudge-problem.ini,"
            " .timelimit, in this order",
            "1 validation error for MetadataLegacy\nlimits.time_limit",
        ),
    ),
}
