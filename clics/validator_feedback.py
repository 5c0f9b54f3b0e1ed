"""What the output validator left of a run, for the jury: both messages, and its other files as far as they are kept."""

from __future__ import annotations

import base64
from typing import Any

from schemas.definition import FileData
from schemas.events import Run

__all__ = ["told_jury"]


def told_jury(run: Run) -> dict[str, Any] | None:
    """The run's `message` to the team, `judge_message` and `feedback` files, never for a team; None: there is none. Pure.

    A file has its `name`, its `size` in bytes, and `text`; or, where it is no UTF-8, `data` in base64. The judge has kept
    at most 64 KiB of a judging, so nothing is cut here.
    """
    if not (run.message or run.team_message or run.feedback):
        return None
    return {
        "ordinal": run.ordinal,
        "message": run.team_message,
        "judge_message": run.message,
        "feedback": [_file(file) for file in run.feedback],
    }


def _file(file: FileData) -> dict[str, Any]:
    found: dict[str, Any] = {"name": file.name, "size": len(file.data)}
    try:
        return found | {"text": file.data.decode()}
    except UnicodeDecodeError:
        return found | {"data": base64.b64encode(file.data).decode()}
