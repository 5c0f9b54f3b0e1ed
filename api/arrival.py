"""A write as it has arrived: who sends it is asked before its body is read, which nobody else may have us hold, and once more then.

So a body that takes its time changes nothing of what holds when its last byte has come.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import HTTPException
from starlette.requests import Request

from api import bodies
from api.identity import identify, refuse_foreign_pages, shows_credentials
from api.intake import read_body
from api.protocol import ARRIVED
from api.site import site_of
from schemas.events import Account

__all__ = ["Arrival", "arrival_of"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A write of which all is there. `account`: whoever sends it, as they are now; `at`: when its last byte came (UTC ms).

    What does not fit into the 64 KiB that are taken in unasked comes when it is read, which is once its sender is known.
    """

    account: Account
    body: bytes
    at: int


async def arrival_of(request: Request, to: str) -> Arrival:
    """The write, read to its end and kept with the request; *to* says what one logs in for: "write", "submit".

    Whoever looks at anything else that decides on it looks after this.

    Raises:
        HTTPException: 401 for nobody, before anything is read, and for an account that has gone meanwhile; 403 for a foreign
            page; 400 for a body that breaks off, 408 and 413 as `api/bounds.py` has it, 429 where more of the account's wait
            than `api/bodies.py` lets.
        DependencyError: when too many logins wait.
    """
    if not shows_credentials(request):
        raise HTTPException(401, f"log in to {to}")
    sender = await _sender(request)
    site, who, told = site_of(request), sender.username, "too many of your requests come at once"
    with site.throttle.holding("bodies", who, bodies.MOST, told, bodies.RETRY_S):
        async with site.bodies.of(who):
            body = await read_body(request)
    # however long the password's check took, and the wait for other bodies
    arrived = getattr(request.state, ARRIVED, None)
    at = site.clock.now_ms() if arrived is None else site.clock.event_ms(arrived)
    arrival = request.state.arrival = Arrival(await _sender(request), body, at)
    return arrival


async def _sender(request: Request) -> Account:
    caller = request.state.caller = await identify(request)
    if caller.account is None:
        raise HTTPException(401, "your session has ended; log in again")
    refuse_foreign_pages(request, caller)
    return caller.account
