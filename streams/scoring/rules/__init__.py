"""Scoring rules: small strategies behind one interface, found by name.

A rule sees no events and no clock: it is given the attempts of one cell as an audience may see them, in their order,
and makes a cell of them; then it makes a row of a team's cells. Each rule gives a row its sort key, and ranks come
from sort keys alone.

**A rule is one file.** Every module of this package that has a `RULE` is one, by the module's name with hyphens:
`extended_icpc.py` is the rule `extended-icpc`. docs/rules/writing-a-rule.md tells how to write one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module

from streams.scoring.rules.interface import NO_HACKS, Attempt, CellScore, Hacks, RowScore, Rule, Scope, Task

__all__ = [
    "NO_HACKS",
    "RULES",
    "Attempt",
    "CellScore",
    "Hacks",
    "RowScore",
    "Rule",
    "Scope",
    "Task",
    "find_rules",
    "make_rule",
    "scoreboard_type",
]

MakeRule = Callable[[Scope, Mapping[str, str]], Rule]
"""A rule's class: makes the rule for a contest's scope and parameters, or raises ValueError for a parameter."""


def find_rules(package: str, path: Iterable[str]) -> dict[str, MakeRule]:
    """The rules of a package whose modules lie at this path, by name, in the order of their names."""
    modules = sorted(found.name for found in pkgutil.iter_modules(path))
    made = {name.replace("_", "-"): import_module(f"{package}.{name}") for name in modules}
    return {name: module.RULE for name, module in made.items() if hasattr(module, "RULE")}


RULES: Mapping[str, MakeRule] = find_rules(__name__, __path__)


def make_rule(name: str, scope: Scope, parameters: Mapping[str, str]) -> Rule:
    """The rule of this name with these parameters. Pure.

    Raises:
        ValueError: when there is no such rule, or it has no such parameter, or the parameter no such value.
    """
    if name not in RULES:
        raise ValueError(f"there is no scoring rule {name!r}; there are {', '.join(sorted(RULES))}")
    return RULES[name](scope, parameters)


def scoreboard_type(rule: Rule) -> str:
    """What the Contest API calls the rule's boards: `score` where rows have points, else `pass-fail`. Pure."""
    return "pass-fail" if rule.row((), 0).score is None else "score"
