"""The demo's pictures, drawn here: marks of invented universities, faces of nobody, a banner. Pure."""

from __future__ import annotations

import hashlib
import struct
import zlib

__all__ = ["banner_svg", "mark_png", "mark_svg", "team_svg"]

_COLOURS = (
    *((0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E), (0x2C, 0xA0, 0x2C), (0xD6, 0x27, 0x28), (0x94, 0x67, 0xBD)),
    *((0x8C, 0x56, 0x4B), (0xE3, 0x77, 0xC2), (0x17, 0xBE, 0xCF), (0xBC, 0xBD, 0x22), (0x1F, 0x3A, 0x5F)),
)
_SIDE = 5
"""Fields of a mark in each direction; its right half mirrors the left one."""


def _fields(name: str) -> tuple[tuple[int, int, int], list[list[bool]]]:
    """Colour and pattern of a name's mark: the same every time, and hardly that of another name."""
    digest = hashlib.sha256(name.encode()).digest()
    half = (_SIDE + 1) // 2
    rows = [[bool(digest[1 + y * half + min(x, _SIDE - 1 - x)] & 1) for x in range(_SIDE)] for y in range(_SIDE)]
    return _COLOURS[digest[0] % len(_COLOURS)], rows


def mark_png(name: str, side: int) -> bytes:
    """The mark of a name as a PNG of *side* pixels."""
    colour, rows = _fields(name)
    margin = side // 8
    field = (side - 2 * margin) / _SIDE

    # the column of each pixel of a line, and the row of each line
    places = [int((pixel - margin) // field) for pixel in range(side)]
    white = b"\xff\xff\xff"

    def line(row: list[bool]) -> bytes:
        return b"\0" + b"".join(bytes(colour) if 0 <= x < _SIDE and row[x] else white for x in places)

    drawn, empty = [line(row) for row in rows], line([False] * _SIDE)
    return _png(side, b"".join(drawn[y] if 0 <= y < _SIDE else empty for y in places))


def _png(side: int, lines: bytes) -> bytes:
    """A square PNG of 8 bits a colour, of lines that are not filtered (PNG specification, third edition)."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def mark_svg(name: str) -> str:
    """The mark of a name as an SVG."""
    colour, rows = _fields(name)
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, filled in enumerate(row) if filled)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160" viewBox="-1 -1 {_SIDE + 2} {_SIDE + 2}">'
        f'<path d="{squares}" fill="{_hex(colour)}"/></svg>\n'
    )


def team_svg(name: str, people: int = 3) -> str:
    """A picture of a team: as many heads and shoulders, in its colours."""
    colour, _ = _fields(name)
    heads = "".join(
        f'<circle cx="{60 + 90 * n}" cy="70" r="28"/><path d="M{15 + 90 * n} 180a45 60 0 0 1 90 0z"/>'
        for n in range(people)
    )
    width = 30 + 90 * people
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="180" viewBox="0 0 {width} 180">'
        f'<rect width="{width}" height="180" fill="#eef2f6"/><g fill="{_hex(colour)}">{heads}</g></svg>\n'
    )


def banner_svg() -> str:
    """A banner, eight times as wide as high: three steps, again and again."""
    steps = "".join(f'<path d="M{120 * n} 160v-50h36v-50h36v36h36v64z"/>' for n in range(11))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="160" viewBox="0 0 1280 160">'
        f'<rect width="1280" height="160" fill="#1f3a5f"/><g fill="#f0b429">{steps}</g></svg>\n'
    )


def _hex(colour: tuple[int, int, int]) -> str:
    return "#" + bytes(colour).hex()
