"""Answers: JSON with its tag, and refusals as the Contest API words them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["TAGGED", "has", "json", "refusal", "tagged", "tagged_bytes", "unchanged"]

TAGGED = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
"""What is shown depends on who asks, and is asked again each time: the tag makes that cheap."""


def json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Data as JSON, not to be kept."""
    return Response(orjson.dumps(data), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def tagged(request: Request, data: Any, tag: str | None = None) -> Response:
    """Data as JSON with an ETag, 304 for a client that has it; *tag* names it where its bytes do not."""
    # a board is not encoded for a client that has it
    return tagged_bytes(request, b"" if tag and has(request, f'"{tag}"') else orjson.dumps(data), tag)


def tagged_bytes(
    request: Request, body: bytes, tag: str | None = None, *, media_type: str = "application/json"
) -> Response:
    """As `tagged`, of bytes."""
    name = f'"{tag or hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    if has(request, name):
        return unchanged(name)
    return Response(body, 200, TAGGED | {"ETag": name}, media_type)


def unchanged(name: str) -> Response:
    """304: the client has what this tag names."""
    return Response(None, 304, TAGGED | {"ETag": name})


def has(request: Request, name: str) -> bool:
    """Whether the client says that it has what this tag names."""
    known = request.headers.get("if-none-match", "").split(",")
    return name in [one.strip().removeprefix("W/") for one in known]


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """What was wrong, as the Contest API has it: the code and a sentence."""
    return json({"code": status, "message": message}, status, headers)
