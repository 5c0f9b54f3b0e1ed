"""A write as it has arrived: its body first, who sends it then, so that a body that takes its time changes nothing of what holds."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import HTTPException
from starlette.requests import Request

from api.identity import identify, refuse_foreign_pages, shows_credentials
from api.intake import read_body
from api.site import site_of
from schemas.events import Account

__all__ = ["Arrival", "arrival_of"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A write of which all is there. `account`: whoever sends it, as they are now; `at`: when its last byte came (UTC ms)."""

    account: Account
    body: bytes
    at: int


async def arrival_of(request: Request, to: str) -> Arrival:
    """The write, read to its end and kept with the request; *to* says what one logs in for: "write", "submit".

    Whoever looks at anything else that decides on it looks after this.

    Raises:
        HTTPException: 401 for nobody, before anything is read where that can be seen; 400 for a body that breaks off, 408
            and 413 as `api/bounds.py` has it; 403 for a foreign page.
        DependencyError: when too many logins wait.
    """
    if not shows_credentials(request):
        raise HTTPException(401, f"log in to {to}")
    body = await read_body(request)
    at = site_of(request).clock.now_ms()  # however long the password's check takes
    caller = request.state.caller = await identify(request)
    if caller.account is None:
        raise HTTPException(401, "your session has ended; log in again")
    refuse_foreign_pages(request, caller)
    arrival = request.state.arrival = Arrival(caller.account, body, at)
    return arrival
