"""Lines of NDJSON as notifications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from clics.feeds.model import Notification
from clics.feeds.oddities import Oddities

__all__ = ["notifications"]

_BOM = b"\xef\xbb\xbf"


def notifications(lines: Iterable[bytes], oddities: Oddities, file: str = "") -> Iterator[Notification]:
    """The notifications of a feed; empty lines keep a connection alive and are none.

    A line that is no JSON object is left out and noted: as cut off where it is the last one, else as broken.
    """
    loads, broken, number = orjson.loads, 0, 0
    for number, line in enumerate(lines, 1):
        if line.isspace() or not line:
            continue
        try:
            value = loads(line.removeprefix(_BOM) if number == 1 else line)
        except ValueError:
            value = None
        if type(value) is dict:
            broken = 0
            yield Notification(file, number, value)
        else:
            broken = number
            oddities.add("broken line", number)
    if broken:
        oddities.rather("truncated line", "broken line", broken)
