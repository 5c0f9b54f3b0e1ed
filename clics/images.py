"""What an image's own bytes say of it: kind, width and height. Pure; nothing is decoded, so no image is a bomb."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from xml.parsers import expat  # fetches no entity from elsewhere, and bounds what others come to

from schemas.errors import DataError

__all__ = ["Image", "image_of", "styles_of"]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SVG = "http://www.w3.org/2000/svg"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame, whose head has the size: SOF0 to SOF15 (ITU T.81, table B.1)."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG's markers without a length."""

_LENGTH = re.compile(r"\s*(\d*\.?\d+(?:[eE][+-]?\d+)?)\s*(px|pt|pc|in|cm|mm|)\s*")
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
"""CSS pixels of a length (CSS Values and Units, absolute lengths)."""
_FINE = 1000
"""Of a size that is none of whole pixels, the longer side: its ratio is what matters."""


@dataclass(frozen=True, slots=True)
class Image:
    """What kind of image it is and its size in pixels, None where it says none: an SVG need not."""

    mime: str
    width: int | None
    height: int | None


def image_of(data: bytes) -> Image:
    """What these bytes are, whatever the name of their file.

    Raises:
        DataError: when they are no PNG, JPEG or SVG, or damaged before they have said their size.
    """
    if data.startswith(_PNG):
        if len(data) < 24 or data[12:16] != b"IHDR":
            raise DataError("is a PNG without a head")
        return _sized("image/png", *struct.unpack(">II", data[16:24]))
    if data.startswith(_JPEG):
        return _sized("image/jpeg", *_jpeg(data))
    return _svg(data)


def _sized(mime: str, width: int, height: int) -> Image:
    if not width or not height:
        raise DataError("has no width or no height")
    return Image(mime, width, height)


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes may stand before any marker
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    raise DataError("is a JPEG that says no size")


def _svg(data: bytes) -> Image:
    root: dict[str, str] = {}
    names: list[str] = []

    def begun(name: str, attributes: dict[str, str]) -> None:
        if not names:
            names.append(name)
            root.update(attributes)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begun
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise DataError(f"is no PNG or JPEG, and no SVG: {error}") from None
    if names != [f"{_SVG} svg"]:
        raise DataError(f"is no PNG, JPEG or SVG: an SVG's first element is svg of the namespace {_SVG}")
    width, height = _length(root.get("width")), _length(root.get("height"))
    if not (width and height):
        box = _box(root.get("viewBox"))
        if box is None:
            return Image("image/svg+xml", None, None)
        ratio = box[0] / box[1]
        if width:
            height = width / ratio
        elif height:
            width = height * ratio
        else:
            width, height = box
    assert width
    assert height
    exact = width.is_integer() and height.is_integer()
    scale = 1.0 if exact else max(1.0, _FINE / max(width, height))
    return Image("image/svg+xml", max(1, round(width * scale)), max(1, round(height * scale)))


def styles_of(data: bytes) -> frozenset[str]:
    """The texts of an SVG's style elements and attributes; none of what cannot be read."""
    found: set[str] = set()
    inside: list[str] | None = None

    def begun(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if "style" in attributes:
            found.add(attributes["style"])
        if name == f"{_SVG} style":
            inside = []

    def text(data: str) -> None:
        if inside is not None:
            inside.append(data)

    def ended(name: str) -> None:
        nonlocal inside
        if inside is not None and name == f"{_SVG} style":
            found.add("".join(inside))
            inside = None

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begun, ended, text
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return frozenset()
    return frozenset(found)


def _length(text: str | None) -> float | None:
    """CSS pixels; None for what depends on where the image is shown, as percentages do."""
    found = _LENGTH.fullmatch(text or "")
    return _UNITS[found[2]] * float(found[1]) if found else None


def _box(text: str | None) -> tuple[float, float] | None:
    try:
        _, _, width, height = (float(one) for one in re.split(r"[\s,]+", (text or "").strip()))
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e9 and 0 < height < 1e9 else None
