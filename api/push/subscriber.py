"""A client of a personal stream, and the tokens that say up to where it was told."""

from __future__ import annotations

from collections.abc import Callable

from api.push.connection import Channel, Connection, Write
from api.push.notices import Place, Standing, marked, read_mark
from api.sealed import Sealer

__all__ = ["NOWHERE", "Subscriber"]

NOWHERE: Place = (-1, 0, "")


class Subscriber(Connection):
    """A client of `team` (of the jury: empty). `place`: up to where it was told, `standing`: how the contest stood then.

    `counted`: up to where it was told of tests that were run, which nobody comes back for.
    """

    __slots__ = ("_open", "_seal", "counted", "place", "standing", "team")

    def __init__(self, channel: Channel, write: Write, sealer: Sealer, contest: str, team: str) -> None:
        super().__init__(channel, write)
        whose = f"notifications/{contest}/{team}"
        self._seal: Callable[[bytes], str] = lambda data: sealer.seal(whose, data)
        self._open: Callable[[str], bytes | None] = lambda token: sealer.open(whose, token)
        self.team = team
        self.place, self.standing, self.counted = NOWHERE, Standing(), 0

    @property
    def token(self) -> str:
        """The id of a message after which the client is where it is now."""
        return self._seal(marked(self.place, self.standing))

    def resume(self, token: str, held: int) -> bool:
        """Be where a token says; false for what is none of this reader's, or of a log that has not come to *held* yet."""
        data = self._open(token)
        if data is None:
            return False
        place, known = read_mark(data)
        if place[0] > held:
            return False
        self.place, self.standing = place, known
        return True
