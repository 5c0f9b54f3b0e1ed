"""Scoring rules: small strategies behind one interface, found by name.

A rule sees no events and no clock: it is given the attempts of one cell as an audience may see them, in their order,
and makes a cell of them; then it makes a row of a team's cells. Each rule gives a row its sort key, and ranks come
from sort keys alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.scoring.rules.icpc import Icpc
from streams.scoring.rules.interface import Attempt, CellScore, RowScore, Rule, Scope, Task

__all__ = ["RULES", "Attempt", "CellScore", "RowScore", "Rule", "Scope", "Task", "make_rule"]

RULES: dict[str, Callable[[Scope, Mapping[str, str]], Rule]] = {"icpc": Icpc}


def make_rule(name: str, scope: Scope, parameters: Mapping[str, str]) -> Rule:
    """The rule of this name with these parameters. Pure.

    Raises:
        ValueError: when there is no such rule, or it has no such parameter, or the parameter no such value.
    """
    if name not in RULES:
        raise ValueError(f"there is no scoring rule {name!r}; there are {', '.join(sorted(RULES))}")
    return RULES[name](scope, parameters)
