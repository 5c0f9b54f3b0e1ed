"""Scored packages of 2025-09 written a second time as legacy ones, for a peer that reads no other: the same scores.

What the legacy formats cannot say has no twin: scores as multiples, scores of static validators and of passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.packages.build import Made, legacy
from tests.packages.scoring import PACKAGES

__all__ = ["TWINS"]

_ROOT = "on_reject: {}\nrange: -inf +inf\ngrader_flags: always_accept ignore_sample\n"
_SAMPLE = "on_reject: break\ngrader_flags: first_error sum\n"

_SCORES = """import sys
given, answer, folder, score = sys.argv[1:5]
said = sys.stdin.read().split()
if said[:1] != open(answer).read().split():
    sys.exit(43)
open(folder + "score.txt", "w").write((said[1:] or [score])[0] + "\\n")
sys.exit(42)
"""
"""As that of the package; where a case has no score of its own, the peer must be told which it is."""


@dataclass(frozen=True, slots=True)
class _Groups:
    """The folders of `data` as (on_reject, grader flags, accept_score); *scores*: the validator gives a case its score."""

    of: Mapping[str, tuple[str, str, int]]
    root: str = "continue"
    scores: bool = False

    def files(self) -> dict[str, str]:
        """The files, by their path in the package."""
        said = {
            f"data/{name}/testdata.yaml": (
                f"on_reject: {on_reject}\naccept_score: {score}\nrange: -inf +inf\ngrader_flags: {flags}\n"
                + (f"output_validator_flags: '{score}'\n" if self.scores else "")
            )
            for name, (on_reject, flags, score) in self.of.items()
        }
        own = {"output_validators/check.py": _SCORES} if self.scores else {}
        sample = _SAMPLE + ("output_validator_flags: '0'\n" if self.scores else "")
        return {"data/testdata.yaml": _ROOT.format(self.root), "data/sample/testdata.yaml": sample} | own | said


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
    "points": _Groups({"secret": ("continue", _EACH, 25)}, scores=True),
    "unbounded": _Groups(
        {
            "secret": ("continue", _EACH, 0),
            "secret/a": ("continue", _EACH, 0),
            "secret/b": ("continue", "always_accept min", 0),
            "secret/c": ("continue", _EACH, 5),
        },
        scores=True,
    ),
}


def _twin(made: Made, groups: _Groups) -> Made:
    """The same test cases and submissions, whose scores are those of the package; a verdict is none of a scored legacy one."""
    kept = {path: text for path, text in made.files.items() if path.startswith("data/") and not path.endswith(".yaml")}
    gone = {
        f"data/secret/{n}.{end}": None for n in (1, 2) for end in ("in", "ans") if f"data/secret/{n}.{end}" not in kept
    }
    gets = {}
    for name, got in made.gets.items():
        folder, _, file = name.partition("/")
        new = name if folder == "accepted" else f"partially_accepted/{file}"
        kept[f"submissions/{new}"] = made.files[f"submissions/{name}"]
        gets[new] = f"AC {got.partition(':')[0].split()[1]}"
    said = ("type: scoring", f"validation: {'custom score' if groups.scores else 'default'}")
    return legacy(f"old{made.name}", *said, files=gone | kept | groups.files(), gets=gets)


TWINS: Mapping[str, Made] = {made.name: _twin(made, _GROUPS[made.name]) for made in PACKAGES if made.name in _GROUPS}
"""By the name of the package of 2025-09. `gets` has no verdicts of test cases."""
