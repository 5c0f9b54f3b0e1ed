"""The schemas on disk are the dataclasses', the history only grows, and old bytes still decode."""

import json
import subprocess
from pathlib import Path

import fastavro
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from schemas import evolve
from schemas.codec import AVRO, HISTORY, RECORDS, fingerprint

SCHEMAS = evolve.current()
OLD = {path.stem: json.loads(path.read_text()) for path in sorted(HISTORY.glob("*.avsc"))}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_on_disk_is_what_the_dataclass_says(name):
    assert json.loads((AVRO / f"{name}.avsc").read_text()) == SCHEMAS[name], "run python -m schemas.evolve"


@pytest.mark.parametrize("name", SCHEMAS)
def test_current_schema_is_in_the_history(name):
    assert fingerprint(SCHEMAS[name]).hex() in OLD


@pytest.mark.parametrize("print_", OLD)
def test_history_is_filed_under_its_fingerprint(print_):
    assert fingerprint(OLD[print_]).hex() == print_


@pytest.mark.parametrize("print_", OLD)
def test_every_schema_ever_written_can_be_read_and_can_read_what_is_written_now(print_):
    old, now = parse(json.dumps(OLD[print_])), parse(json.dumps(SCHEMAS[OLD[print_]["name"]]))
    for reader, writer in ((now, old), (old, now)):
        found = ReaderWriterCompatibilityChecker().get_compatibility(reader, writer)
        assert found.compatibility is SchemaCompatibilityType.compatible, found.messages


def test_history_that_is_committed_does_not_change():
    root = Path(__file__).parents[2]
    listed = subprocess.run(
        ["git", "diff", "--name-status", "--diff-filter=DM", "HEAD", "--", "schemas/avro/history"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not in a git checkout")
    assert not listed.stdout


def test_names_are_unique():
    assert len({cls.__name__ for cls in RECORDS}) == len(RECORDS)


def test_every_schema_is_valid_avro():
    for schema in SCHEMAS.values():
        fastavro.parse_schema(schema)
