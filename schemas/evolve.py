"""`python -m schemas.evolve`: writes the Avro schemas that the dataclasses say, and keeps each in the history."""

from __future__ import annotations

import json
import sys
from typing import Any

from schemas.avro_types import schema_of
from schemas.codec import AVRO, HISTORY, RECORDS, fingerprint

__all__ = ["current", "write"]


def current() -> dict[str, dict[str, Any]]:
    """The schema of every record class, by name."""
    return {cls.__name__: schema_of(cls) for cls in RECORDS}


def write() -> list[str]:
    """Write what has changed; history is only ever added to. Idempotent. Returns the names of the changed schemas."""
    HISTORY.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, schema in current().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        path = AVRO / f"{name}.avsc"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(name)
        kept = HISTORY / f"{fingerprint(schema).hex()}.avsc"
        if not kept.exists():
            kept.write_text(text)
    return changed


if __name__ == "__main__":
    sys.stdout.write("".join(f"schemas/avro/{name}.avsc\n" for name in write()) or "nothing has changed\n")
