"""Confluent framing (`00`, schema id, body) for sites that run a schema registry (`SCHEMA_REGISTRY_URL`).

Ids are resolved once, at start: registering a schema that is registered answers its id. No handler ever asks. What was
written before the site ran a registry (`C3 01`) still decodes.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.addresses import redacted
from schemas.errors import ConfigError, DecodeError, DependencyError, UnknownSchemaError

__all__ = ["ConfluentFraming", "history_schemas", "resolve_ids"]

_TIMEOUT_S = 10
"""A registry answers in milliseconds; one that does not in ten seconds is down, and the process says so."""


class ConfluentFraming:
    """The framing of Confluent's serializers, over ids that were resolved before."""

    def __init__(self, ids: Mapping[bytes, int]) -> None:
        """*ids*: the registry's id of each schema, by fingerprint."""
        self._ids = dict(ids)
        self._prints = {number: print_ for print_, number in ids.items()}

    def header(self, print_: bytes) -> bytes:
        """`00` and the schema's id, big-endian."""
        return b"\x00" + self._ids[print_].to_bytes(4, "big")

    def split(self, data: bytes) -> tuple[bytes, int]:
        """The fingerprint of the schema that the id names, or that stands in the header of an older record.

        Raises:
            DecodeError: for another first byte, or an id that was not resolved at start.
        """
        if data[:2] == b"\xc3\x01" and len(data) >= 10:
            return data[2:10], 10
        if len(data) < 5 or data[0]:
            raise DecodeError("the record does not begin with the mark of Confluent framing (00)")
        number = int.from_bytes(data[1:5], "big")
        if number not in self._prints:
            raise UnknownSchemaError(f"schema id {number} is unknown; a newer podium may have written this record")
        return self._prints[number], 5


def resolve_ids(url: str, schemas: Mapping[bytes, Mapping[str, Any]]) -> dict[bytes, int]:
    """Register every schema under the subject of its full name. Idempotent.

    Args:
        url: the registry's address.
        schemas: by fingerprint, old ones before new ones.

    Raises:
        ConfigError: when the registry refuses a schema.
        DependencyError: when it does not answer.
    """
    ids = {}
    for print_, schema in schemas.items():
        subject = f"{schema['namespace']}.{schema['name']}"
        body = json.dumps({"schemaType": "AVRO", "schema": json.dumps(schema)}).encode()
        request = urllib.request.Request(  # noqa: S310  # the setting allows http and https only
            f"{url.rstrip('/')}/subjects/{subject}/versions",
            data=body,
            headers={"Content-Type": "application/vnd.schemaregistry.v1+json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  # as above
                ids[print_] = int(json.load(answer)["id"])
        except urllib.error.HTTPError as error:
            raise ConfigError(f"SCHEMA_REGISTRY_URL: {subject} is refused: {error.read().decode()[:200]}") from error
        except (OSError, ValueError, KeyError) as error:
            raise DependencyError(f"SCHEMA_REGISTRY_URL: {redacted(url)} does not answer: {error}") from error
    return ids


def history_schemas(folder: Path) -> dict[bytes, dict[str, Any]]:
    """Every schema that was ever written, by fingerprint."""
    return {bytes.fromhex(path.stem): json.loads(path.read_text()) for path in sorted(folder.glob("*.avsc"))}
