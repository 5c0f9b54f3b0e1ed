"""Names of a feed's lines: where a line stands in the log, sealed for the feed that it belongs to."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from api.access import Viewer
from api.sealed import Sealer

__all__ = ["Place", "Tokens"]

_FORMAT = struct.Struct(">QI")


class Place(NamedTuple):
    """A line: its position in the log, and which line of that position it is, from 1."""

    position: int
    line: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one feed: of a contest, a version, and an audience; an account of a team or an analyst is one by itself."""

    sealer: Sealer
    whose: str

    @classmethod
    def of(cls, sealer: Sealer, contest: str, version: str, viewer: Viewer) -> Tokens:
        """The tokens of a viewer's feed. Pure."""
        audience = "jury" if viewer.sees_all else viewer.role
        own = (viewer.team or "", viewer.account) if viewer.role in ("team", "analyst") else ("", "")
        return cls(sealer, "\0".join(("event-feed", contest, version, audience, *own)))

    def name(self, position: int, line: int) -> str:
        """A line's token: the same each time. They are all of one length: that of a position would tell."""
        return self.sealer.seal(self.whose, _FORMAT.pack(position, line))

    def place(self, token: str) -> Place | None:
        """The line that a token names; None for one that is none of this feed's."""
        data = self.sealer.open(self.whose, token)
        return Place(*_FORMAT.unpack(data)) if data is not None and len(data) == _FORMAT.size else None
