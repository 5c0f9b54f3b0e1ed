"""The threat model names files and tests that are there, and every program that attacks has a test that runs it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()


def test_every_test_and_file_that_is_named_exists():
    named = re.findall(r"`(\w+/test_\w+\.py)::(\w+)`", PAGE)
    assert len(named) > 80
    assert len(named) == PAGE.count("::") - 1, "all but the one that tells how they are named"
    for file, test in named:
        text = (ROOT / "tests" / file).read_text()
        assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), f"{file}::{test}"
    for path in re.findall(r"`((?:api|judge|schemas|podium)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists() or (ROOT / "tests" / path).exists(), path


def test_every_attack_has_a_test():
    attacks = 0
    for table in re.split(r"^\| attack \|.*$", PAGE, flags=re.MULTILINE)[1:]:
        for row in table.split("\n\n")[0].splitlines():
            if not row.startswith("|---"):
                attacks += bool(row)
                assert not row or "::" in row or row.endswith(("| the same |", "the same; |")), row
    assert attacks > 60


def test_every_program_that_attacks_is_run_by_a_test():
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "judge").glob("*.py"))
    for program in (ROOT / "tests" / "judge" / "attacks").iterdir():
        words = rf"\b{program.stem}\b" if program.suffix in (".c", ".java", ".py") else "attacks"
        assert re.search(words, tests), program.name
