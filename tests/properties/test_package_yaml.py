"""Whatever stands in a package's YAML files, it is read, or refused with lines that name the file."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from packages.read import read_package
from schemas.errors import PackageError
from tests.unit.packaging import LEGACY, PACKAGE, VALIDATOR, write

KEYS = (
    *("type", "name", "uuid", "version", "credits", "source", "license", "rights_owner", "embargo_until", "keywords"),
    *(
        "languages",
        "allow_file_writing",
        "constants",
        "author",
        "source_url",
        "validation",
        "validator_flags",
        "grading",
    ),
    "limits",
)
LIMITS = ("time_multipliers", "time_limit", "time_resolution", "memory", "validation_passes", "time_multiplier")
FILES = ("data/secret/test_group.yaml", "data/testdata.yaml", "data/secret/01.yaml", "submissions/submissions.yaml")
FILE_KEYS = (
    *(
        "max_score",
        "score_aggregation",
        "static_validation_score",
        "require_pass",
        "args",
        "input_validator_args",
        "hint",
    ),
    *(
        "on_reject",
        "grading",
        "grader_flags",
        "range",
        "accept_score",
        "output_validator_flags",
        "accepted",
        "accepted/*",
    ),
)
VALUES = (
    *(
        "",
        "~",
        "5",
        "-1",
        "1e400",
        "1.5",
        ".inf",
        "true",
        "[]",
        "[a]",
        "[a, [b]]",
        "{}",
        "{a: b}",
        "{value: 5}",
        "'x y'",
    ),
    *("{a: {value: 1, tex: x}}", "[{name: a}]", "[{name: 5}]", "2026-99-99", "scoring", "custom interactive", "all"),
    *("[scoring, interactive]", "[c, cpp]", "{? [a] : b}", "{5: 6}", "!!python/name:os.system x", "&a [*a]", "*x"),
    *('"\\ud800"', '"\\0"', "|\n  x", "<<: {a: b}", "!!set {a}", "99999999999999999999"),
)

line = st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)).map(lambda pair: f"{pair[0]}: {pair[1]}\n")
limit = st.tuples(st.sampled_from(LIMITS), st.sampled_from(VALUES)).map(lambda pair: f"  {pair[0]}: {pair[1]}\n")
other = st.tuples(st.sampled_from(FILES), st.sampled_from(FILE_KEYS), st.sampled_from(VALUES))


@settings(max_examples=60)
@given(
    modern=st.booleans(),
    lines=st.lists(line, max_size=5),
    limits=st.lists(limit, max_size=3),
    others=st.lists(other, max_size=2),
    validators=st.sampled_from(["", "output_validator", "output_validators"]),
)
def test_a_package_is_read_or_refused(modern, lines, limits, others, validators):
    head = "problem_format_version: 2025-09\n" if modern else ""
    files = {
        **(PACKAGE if modern else LEGACY),
        "problem.yaml": "".join([head, *lines, *(["limits:\n", *limits] if limits else [])]),
        **{file: f"{key}: {value}\n" for file, key, value in others},
        **({f"{validators}/check.py": VALIDATOR} if validators else {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        assert all(said.startswith("sum/") for said in faults(write(Path(folder, "sum"), files)))


def faults(root: Path) -> list[str]:
    """What is said against a package; nothing of one that is read."""
    try:
        read_package(root)
    except PackageError as error:
        return str(error).splitlines()
    return []
