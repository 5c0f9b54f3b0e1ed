"""The page for operators names every setting, with its default and what it is, and no others."""

import re
from pathlib import Path

from podium.cli import COMMANDS
from schemas.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "operators.md").read_text()


def test_every_setting_is_in_the_table_as_it_is():
    told = [match.groups() for match in re.finditer(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE)]
    expected = []
    for name, field in Settings.model_fields.items():
        default = field.default_factory({"port_base": 18000}) if field.default_factory else field.default
        text = str(default).lower() if isinstance(default, bool) else str(default)
        variable = field.validation_alias or f"PODIUM_{name.upper()}"
        expected.append((variable, f"`{text}`" if text else "–", field.description))
    assert told == expected


def test_every_variable_and_command_of_the_text_exists():
    known = {f"PODIUM_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"PODIUM_[A-Z_]+", PAGE)) <= known
    assert set(re.findall(r"`podium ([a-z]+)", PAGE)) <= set(COMMANDS)
