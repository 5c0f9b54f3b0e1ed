"""The Contest API's JSON schemas, strict: no property beside those that they name, ids of the whole pattern, and what the
texts have that the schemas lack. The texts have the last word."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

SCHEMAS = Path(__file__).parents[2].parent / "shared/data/clics"

ONE = {
    "judgement-types": "judgement-type",
    "commentary": "commentary",
    "contest": "contest",
    "state": "state",
    **{
        f"{name}s": name
        for name in ("language", "problem", "group", "organization", "team", "person", "submission", "judgement", "run")
    },
    **{f"{name}s": name for name in ("account", "clarification", "award")},
}
"""The schema of one object of each type."""

ID = r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,34}[A-Za-z0-9_-])?\Z"
"""The schemas' pattern has no end: `^[A-Za-z0-9_](…|)` takes any text that begins with a letter. `$` takes a newline."""

IN_THE_TEXT = {
    "2026-01": {
        "contest.json": {"main_scoreboard_group_id": "identifierornull"},
        "judgement.json": {"simplified_judgement_type_id": "judgementtypeidornull"},
        "judgement-type.json": {"simplified_judgement_type_id": "judgementtypeidornull"},
        "clarification.json": {"to_team_ids": "identifiersornull", "to_group_ids": "identifiersornull"},
        "problem.json": {"attachments": "filerefsornull"},
        "submission.json": {"account_id": "identifierornull"},
    },
    "2023-06": {"contest.json": {"scoreboard_thaw_time": "abstimeornull"}},
}


def strict(found):
    """The schema with no properties beside those that it names."""
    if isinstance(found, dict):
        found = {key: strict(value) for key, value in found.items()}
        if found.get("$comment") == "ANCHOR_TO_INSERT_REQUIRE_STRICT_PROPERTIES":
            found["additionalProperties"] = False
    elif isinstance(found, list):
        found = [strict(one) for one in found]
    return found


@cache
def validators(version: str, *, sources: bool = True):
    """By the name of a schema, its validator. Without *sources*: as for those who are given no `files` and
    `entry_point`, which the schema demands of everybody and the CCS requirements keep from the public."""
    folder = SCHEMAS / version / "json-schema"
    if not folder.is_dir():
        pytest.skip(f"the Contest API's JSON schemas are not at {folder}")
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    loaded = {path.name: strict(json.loads(path.read_text(), parse_float=Decimal)) for path in folder.glob("*.json")}
    for name, properties in IN_THE_TEXT[version].items():
        loaded[name]["properties"] |= {key: {"$ref": f"common.json#/{kind}"} for key, kind in properties.items()}
    if version != "2023-06":
        loaded["common.json"]["fileref"]["properties"]["tag"] = {"type": "array", "items": {"type": "string"}}
    loaded["common.json"]["identifier"]["pattern"] = ID
    if not sources:
        submission = loaded["submission.json"]
        submission["required"] = [name for name in submission["required"] if name != "files"]
        del submission["oneOf"]
        for name in ("files", "entry_point"):
            del submission["properties"][name]
    pairs = ((key, Resource.from_contents(one)) for name, one in loaded.items() for key in (name, one["$id"]))
    registry = Registry().with_resources(pairs)
    made = {}

    def validator(name):
        if name not in made:
            made[name] = Draft202012Validator(loaded[f"{name}.json"], registry=registry)
        return made[name]

    return validator


@cache
def check(version: str, name: str, body: bytes, *, sources: bool = True) -> None:
    """The JSON fits the schema, which the same bytes do once and for all; decimals: a multiple of 0.001 is none in binary
    floating point."""
    validators(version, sources=sources)(name).validate(json.loads(body, parse_float=Decimal))
