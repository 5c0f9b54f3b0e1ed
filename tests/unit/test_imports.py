"""Imports go one way; a module that turns against the stream is named with its line."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BELOW = frozenset({"schemas", "clics", "packages", "streams.scoring"})
ALLOWED = {
    "schemas": frozenset(),
    "clics": frozenset({"schemas", "streams.scoring"}),
    "packages": frozenset({"schemas"}),
    "streams.scoring": frozenset(),
    "streams": BELOW,
    "judge": BELOW,
    "history": BELOW,
    "api": BELOW,
    "podium": BELOW | {"streams", "judge", "history", "api"},
}
"""What a part may import of podium, itself aside."""
OURS = {*ALLOWED, "bench", "scripts", "tests"}


def part_of(module: str) -> str:
    """The part that a dotted name belongs to; of a name that is not ours, its first word."""
    return "streams.scoring" if f"{module}.".startswith("streams.scoring.") else module.partition(".")[0]


def imported(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import, those inside functions too."""
    package = path.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def breaches(path: str, source: str) -> list[str]:
    """What a file imports and may not."""
    # whoever imports streams.scoring runs streams/__init__.py first
    pure = path == "streams/__init__.py" or path.startswith("streams/scoring/")
    part = "streams.scoring" if pure else path.partition("/")[0]
    found = []
    for line, name in imported(path, ast.parse(source, path)):
        target = part_of(name)
        if target in OURS and target != part and target not in ALLOWED[part]:
            allowed = ", ".join(sorted(ALLOWED[part])) or "nothing of podium"
            found.append(f"{path}:{line}: {part} imports {name}; it may import {allowed}")
        elif pure and target not in OURS and target not in sys.stdlib_module_names:
            found.append(f"{path}:{line}: streams.scoring imports {name}; it may import the standard library only")
    return found


def test_every_import_goes_in_its_direction():
    files = sorted(path for part in ALLOWED if "." not in part for path in (ROOT / part).rglob("*.py"))
    assert {path.relative_to(ROOT).parts[0] for path in files} == {part for part in ALLOWED if "." not in part}
    found = [one for path in files for one in breaches(path.relative_to(ROOT).as_posix(), path.read_text())]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source", "name"),
    [
        ("schemas/x.py", "import clics.times", "clics.times"),
        ("clics/x.py", "from packages import model", "packages.model"),
        ("packages/x.py", "from clics.times import format_time", "clics.times.format_time"),
        ("packages/x.py", "from streams.scoring import canonical", "streams.scoring.canonical"),
        ("clics/x.py", "from streams.names import names_in", "streams.names.names_in"),
        ("streams/scoring/x.py", "from clics.times import format_time", "clics.times.format_time"),
        ("judge/x.py", "def f():\n    from streams.loop import Record", "streams.loop.Record"),
        ("history/x.py", "from streams import replay", "streams.replay"),
        ("api/push/x.py", "import history", "history"),
        ("streams/x.py", "import podium.cli", "podium.cli"),
        ("podium/x.py", "from tests.wait import until", "tests.wait.until"),
        ("streams/scoring/rules/x.py", "import orjson", "orjson"),
        ("streams/scoring/x.py", "from schemas.rows import Mark", "schemas.rows.Mark"),
        ("streams/scoring/x.py", "from ..loop import Record", "streams.loop.Record"),
        ("streams/__init__.py", "import redis", "redis"),
    ],
)
def test_an_import_against_the_direction_is_named_with_its_line(path, source, name):
    (found,) = breaches(path, source)
    assert found.startswith(f"{path}:{len(source.splitlines())}: ")
    assert f" imports {name};" in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("history/x.py", "from streams.scoring.canonical import canonical"),
        ("history/x.py", "from streams import scoring"),
        ("clics/x.py", "from streams.scoring.times import ContestTimes"),
        ("judge/x.py", "import packages, numpy"),
        ("streams/scoring/x.py", "from . import fold\nimport json\nfrom .rules.icpc import Icpc"),
        ("podium/x.py", "from api.app import app\nimport judge.pool"),
    ],
)
def test_an_import_in_the_direction_is_none_of_them(path, source):
    assert breaches(path, source) == []
