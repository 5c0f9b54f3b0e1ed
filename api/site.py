"""What every request needs, made once at the start of the process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from api.accounts import Accounts
from api.audit import Audit
from api.bodies import Bodies
from api.directory import Directory
from api.doorkeeper import Doorkeeper
from api.lists import Lists
from api.positions import Positions
from api.push.hub import Hubs
from api.scoreboard import Scoreboards
from api.sealed import Sealer
from api.sessions import Sessions
from api.sources import Sources
from api.statements import Statements
from api.throttle import Throttle
from api.view import View
from packages.media import MediaStore
from schemas.clock import Clock
from schemas.producer import Producer
from schemas.settings import Settings

if TYPE_CHECKING:
    from api.oidc import Provider  # its libraries take a second: loaded where a provider is set (api/server.py)

__all__ = ["Site", "site_of"]


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of an api process."""

    settings: Settings
    clock: Clock
    view: View
    directory: Directory
    positions: Positions
    scoreboards: Scoreboards
    producer: Producer
    accounts: Accounts
    doorkeeper: Doorkeeper
    sessions: Sessions
    sealer: Sealer
    audit: Audit
    throttle: Throttle
    sources: Sources
    statements: Statements
    media: MediaStore
    lists: Lists
    hubs: Hubs
    bodies: Bodies = field(default_factory=Bodies)
    provider: Provider | None = None


def site_of(connection: HTTPConnection) -> Site:
    """The parts, from any request or WebSocket."""
    return cast(Site, connection.app.state.site)
