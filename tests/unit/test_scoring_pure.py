"""The core depends on the standard library alone, and agrees with the contract on what both of them say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from schemas import rows
from schemas.definition import BIG_5, WORLD_FINALS_TYPES
from schemas.events import LOG_EVENTS
from streams.scoring import project, verdicts
from streams.scoring.fold import FOLDED
from streams.scoring.rules import Scope, make_rule

CORE = Path(verdicts.__file__).parent
FORBIDDEN = {"time", "random", "datetime", "os", "socket", "secrets", "uuid", "asyncio", "threading"}


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_a_module_of_the_core_imports_the_standard_library_and_the_core_only(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    for name in imported:
        top = name.partition(".")[0]
        assert name.startswith("streams.scoring") or top in sys.stdlib_module_names - FORBIDDEN, name


def test_the_default_judgement_types_are_the_contracts():
    assert [(t.id, t.penalty, t.solved) for t in verdicts.DEFAULT_TYPES] == [
        (t.id, t.penalty, t.solved) for t in WORLD_FINALS_TYPES
    ]
    assert verdicts.DEFAULT_PUBLISH == BIG_5


def test_every_event_that_is_folded_is_in_the_log():
    assert {cls.__name__ for cls in LOG_EVENTS} >= FOLDED


def test_the_cores_audiences_and_cells_are_the_contracts():
    assert project.AUDIENCES == rows.AUDIENCES
    assert project.Cell.__match_args__ == rows.Cell.__match_args__


def test_a_rule_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(ValueError, match=r"no scoring rule 'golf'; there are .*icpc"):
        make_rule("golf", Scope(0, 0, 1), {})
