"""Compiled programs that are kept: a jury's validators, and what is judged again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from judge.compile import Compiled

__all__ = ["Programs"]

_BYTES: Final = 256 << 20


class Programs:
    """What came of compilations, by their keys, as far as bytes and *files* allow. Thread-safe."""

    def __init__(self, files: int) -> None:
        self._most_files = files
        self._lock = threading.Lock()
        self._compiled: OrderedDict[str, Compiled] = OrderedDict()
        self._files = self._bytes = 0
        """Of all of them; they are sealed, so what each has never changes."""

    def known(self, key: str) -> Compiled | None:
        """What came of a compilation before, by its key."""
        with self._lock:
            compiled = self._compiled.get(key)
            if compiled is not None:
                self._compiled.move_to_end(key)
            return compiled

    def remember(self, key: str, compiled: Compiled) -> None:
        """Keep a program; those unused for longest go when there are too many bytes, or files, of them."""
        with self._lock:
            before = self._compiled.pop(key, None)
            if before is not None:  # another slot has compiled the same meanwhile
                self._count(before, -1)
            self._compiled[key] = compiled
            self._count(compiled, 1)
            while (self._bytes > _BYTES or self._files > self._most_files) and len(self._compiled) > 1:
                _, gone = self._compiled.popitem(last=False)
                self._count(gone, -1)

    def _count(self, compiled: Compiled, sign: Literal[1, -1]) -> None:
        files, size = _sizes(compiled)
        self._files += sign * files
        self._bytes += sign * size


def _sizes(compiled: Compiled) -> tuple[int, int]:
    """Files of its program, and bytes in them and in what the compiler said."""
    program = compiled.program
    blobs = {content for _, content in (*program.files, *program.folder)} if program else set()
    return len(blobs), len(compiled.log) + sum(content.size for content in blobs)
