"""A client of a personal stream, and the tokens that say up to where it was told."""

from __future__ import annotations

from collections.abc import Callable

from api.push.connection import Channel, Connection, Write
from api.push.marks import Mark, Outlook, Place
from api.push.notices import Standing
from api.sealed import Sealer

__all__ = ["NOWHERE", "Subscriber"]

NOWHERE: Place = (-1, 0, "")


class Subscriber(Connection):
    """A client of `team` (of the jury: empty), up to where it was told and what it knew then: see `Mark`.

    `counted`: up to where it was told of tests that were run, which nobody comes back for. `load`: of which load of its
    channel it was told last; of none (-1) where another process told it.
    """

    __slots__ = ("_open", "_seal", "counted", "had", "load", "outlook", "place", "standing", "team")

    def __init__(self, channel: Channel, write: Write, sealer: Sealer, contest: str, team: str) -> None:
        super().__init__(channel, write)
        whose = f"notifications/{contest}/{team}"
        self._seal: Callable[[bytes], str] = lambda data: sealer.seal(whose, data)
        self._open: Callable[[str], bytes | None] = lambda token: sealer.open(whose, token)
        self.team = team
        self.place, self.standing, self.outlook = NOWHERE, Standing(), Outlook()
        self.had, self.counted, self.load = 0, 0, -1

    @property
    def token(self) -> str:
        """The id of a message after which the client is where it is now."""
        return self._seal(Mark(self.place, self.standing, self.outlook, self.had).encode())

    def resume(self, token: str, held: int, now: Outlook) -> bool:
        """Be where a token says; false for what is none of this reader's and this build's, or lies behind *held*.

        *held*: the last position of the contest's log that the view holds. *now*: the outlook that its team has now.
        """
        data = self._open(token)
        mark = None if data is None else Mark.parse(data, now)
        if mark is None or mark.place[0] > held:
            return False
        self.place, self.standing, self.outlook, self.had = mark.place, mark.standing, mark.outlook, mark.had
        return True
