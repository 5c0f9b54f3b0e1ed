"""A contest's api in this process, asked from wherever and as whoever, with its audit kept."""

import asyncio
import base64
import dataclasses
import hashlib
import io
import zipfile
from concurrent.futures import Future
from typing import Any, cast

import httpx

from api.accounts import Known
from api.app import make_app
from api.audit import Audit
from schemas.events import Account, AuditEntry, Membership, Token
from schemas.passwords import hash_password
from tests.api.stages import CONTEST, Stages
from tests.leaks.world import StillClock

PASSWORD = "right and long"
HASH = hash_password(PASSWORD)


class Kept:
    """A producer that keeps the audit's entries."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def send(self, _: str, __: str, entry: AuditEntry) -> Future[int]:
        self.entries.append(entry)
        done: Future[int] = Future()
        done.set_result(0)
        return done


class Doors:
    """The contest, its api with these settings, and its audit."""

    def __init__(self, url: str, home: Any, definition: dict[str, Any], settings: dict[str, Any]) -> None:
        self.contest = Stages(url, home, **definition)
        self.kept = Kept()
        site = self.contest.site
        self.site = dataclasses.replace(
            site,
            settings=site.settings.model_copy(update=settings),
            audit=Audit(cast(Any, self.kept), StillClock(), "api"),
        )
        self.app = make_app(self.site)

    async def close(self) -> None:
        await self.contest.close()

    def account(self, username: str, role: str = "team", team: str | None = "t1", **more: Any) -> Account:
        """An account that logs in with PASSWORD, from now on."""
        membership = Membership(CONTEST, team, ip=more.pop("ip", None))
        about = {"role": role, "memberships": (membership,), "password": HASH}
        account = Account(recorded_at=0, recorded_by="test", username=username, **(about | more))
        accounts = self.site.accounts
        old = accounts._known.get(username)
        accounts._known[username] = Known(account, f"0.{len(accounts._known) + id(account)}")
        accounts._index(old and old.account, account)
        self.site.hubs.account_changed(username)
        return account

    def token(self, username: str, *scopes: str) -> str:
        """A token of the account with these scopes; gives the secret."""
        account, secret = self.site.accounts._known[username].account, f"{username} {' '.join(scopes)}"
        token = Token(secret, hashlib.sha256(secret.encode()).hexdigest(), scopes, 0)
        self.account(username, account.role, account.memberships[0].team_id, tokens=(*account.tokens, token))
        return secret

    def client(self, address: str = "10.0.0.1", scheme: str = "http", **more: Any) -> httpx.AsyncClient:
        """A browser or a program at this address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://test", **more)

    async def ask(
        self, method: str, path: str, who: str = "", address: str = "10.0.0.1", **more: Any
    ) -> httpx.Response:
        """One request; *who* is a token."""
        if not path.startswith("/"):
            path = f"/api/contests/{CONTEST}/{path}".rstrip("/.")
        headers = ({"Authorization": f"Bearer {who}"} if who else {}) | more.pop("headers", {})
        async with self.client(address) as client:
            return await client.request(method, path, headers=headers, **more)

    async def login(self, username: str, password: str = PASSWORD, address: str = "10.0.0.1") -> httpx.Response:
        """Ask for a session."""
        async with self.client(address, headers={"Origin": "http://test"}) as client:
            return await client.post("/api/session", json={"username": username, "password": password})

    async def wrong(self, username: str, times: int, address: str = "10.0.0.1", start: int = 0) -> list[int]:
        """Guess so often; gives the statuses."""
        answers = await asyncio.gather(
            *(self.login(username, f"guess {n}", address) for n in range(start, start + times))
        )
        return [answer.status_code for answer in answers]


def submission(name: str = "a.cpp", data: bytes = b"int main() {}", **more: Any) -> dict[str, Any]:
    """The JSON of a submission."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    files = [{"data": base64.b64encode(packed.getvalue()).decode(), "mime": "application/zip"}]
    return {"problem_id": "pa", "language_id": "cpp", "files": files} | more
