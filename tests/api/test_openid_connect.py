"""Logging in at an OpenID provider: one of ours, small and strict, that can also lie."""

import base64
import dataclasses
import hashlib
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.app import make_app
from api.oidc import Provider

CLIENT, SECRET = "podium-here", "known-to-both-of-them-and-long"
SITE = "http://test"


class Issuer(ThreadingHTTPServer):
    """A provider whose user is always logged in. `says` changes the claims of the ID token, `signs` how it is signed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = ECKey.generate_key("P-256", {"kid": "1", "use": "sig", "alg": "ES256"}, private=True)
        self.signs = {"key": self.key, "header": {"alg": "ES256", "kid": "1"}, "algorithms": None}
        self.says: dict = {}
        self.info: dict = {"sub": "u-1"}
        self.asked: dict[str, dict[str, str]] = {}
        self.used = 0

    def claims(self, asked: dict[str, str]) -> dict:
        now = int(time.time())
        about = {"iss": self.url, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        return {key: value for key, value in (about | self.says).items() if value is not None}


class Handler(BaseHTTPRequestHandler):
    server: Issuer

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        issuer, parts = self.server, urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            about = {f"{name}_endpoint": f"{issuer.url}/{path}" for name, path in places.items()}
            more = {"id_token_signing_alg_values_supported": ["ES256", "HS256", "none"]}
            self.say({"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"} | about | more)
        elif parts.path == "/keys":
            self.say({"keys": [issuer.key.as_dict(private=False)]})
        elif parts.path == "/userinfo":
            assert self.headers["authorization"] == "Bearer at"
            self.say(issuer.info)
        elif parts.path == "/authorize":
            asked = {key: value[0] for key, value in parse_qs(parts.query).items()}
            assert asked["code_challenge_method"] == "S256"
            assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
            code = f"code-{len(issuer.asked)}"
            issuer.asked[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

    def do_POST(self) -> None:
        issuer = self.server
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        sent = {key: value[0] for key, value in parse_qs(body).items()}
        asked = issuer.asked.pop(sent["code"], None)
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        hashed = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        if (
            asked is None
            or self.headers["authorization"] != f"Basic {known}"
            or proof != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            self.say({"error": "invalid_grant"}, 400)
            return
        issuer.used += 1
        how, claims = issuer.signs, issuer.claims(asked)
        if how is None:
            parts = (orjson.dumps({"alg": "none", "typ": "JWT"}), orjson.dumps(claims), b"")
            token = ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts)
        else:
            token = jwt.encode(how["header"], claims, how["key"], algorithms=how["algorithms"])
        self.say({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def say(self, data: dict, status: int = 200) -> None:
        body = orjson.dumps(data)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def issuer(caplog):
    caplog.set_level(logging.INFO)
    made = Issuer()
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
    assert SECRET not in caplog.text


async def _tells_no_secret(answer):
    await answer.aread()
    assert SECRET not in f"{answer.headers}{answer.text}"


def browser(contest, issuer, url=SITE, **settings):
    """A browser at a site that has this provider."""
    about = {"url": url, "oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    chosen = contest.site.settings.model_copy(update=about | settings)
    site = dataclasses.replace(contest.site, settings=chosen, provider=Provider(chosen, "secret"))
    hooks = {"response": [_tells_no_secret]}
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_app(site)), base_url=url, event_hooks=hooks)


async def back(client):
    """Begin the login; gives the address to which the provider sends the browser back."""
    begun = await client.get("/api/session/oidc")
    assert begun.status_code == 302, begun.text
    async with httpx.AsyncClient() as other:
        return (await other.get(begun.headers["location"])).headers["location"]


async def test_a_login_at_the_provider_begins_a_session(contest, issuer):
    issuer.says = {"preferred_username": "team-1"}
    async with browser(contest, issuer) as client:
        assert (await client.get("/api/session")).json()["openid_connect"] == "/api/session/oidc"
        answer = await client.get(await back(client))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookies = answer.headers.get_list("set-cookie")
        session = next(one for one in cookies if one.startswith("podium_session=")).lower()
        assert "httponly" in session
        assert "samesite=strict" in session
        assert (await client.get("/api/session")).json()["account"]["username"] == "team-1"
        assert "podium_oidc" not in client.cookies


async def test_behind_tls_its_cookies_are_secure(contest, issuer):
    issuer.says = {"preferred_username": "team-1"}
    async with browser(contest, issuer, "https://test") as client:
        begun = await client.get("/api/session/oidc")
        assert "secure" in begun.headers["set-cookie"].lower()
        assert "samesite=lax" in begun.headers["set-cookie"].lower()
        answer = await client.get(await back(client))
        assert all("secure" in one.lower() for one in answer.headers.get_list("set-cookie") if "session" in one[:20])


async def test_the_claim_that_is_the_login_is_the_sites_choice_and_may_come_later(contest, issuer):
    issuer.says = {"preferred_username": "team-2"}
    issuer.info = {"sub": "u-1", "nick": "team-1", "email": "an-admin", "email_verified": False}
    async with browser(contest, issuer, oidc_claim="nick") as client:
        assert (await client.get(await back(client))).status_code == 303
        assert (await client.get("/api/session")).json()["account"]["username"] == "team-1"
    async with browser(contest, issuer, oidc_claim="email") as client:
        assert "not verified" in (await client.get(await back(client))).json()["message"]
    issuer.info["sub"] = "another"
    async with browser(contest, issuer, oidc_claim="nick") as client:
        assert "does not say your nick" in (await client.get(await back(client))).json()["message"]


LIES = {
    "another's nonce": {"nonce": "stolen"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://elsewhere.example"},
    "another site's": {"aud": "another-site"},
    "another site's with our name as the party": {"aud": "another-site", "azp": CLIENT},
    "too old": {"exp": 1_700_000_000, "iat": 1_600_000_000},
    "without an end": {"exp": None},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_id_token_that_is_not_for_this_login_begins_nothing(contest, issuer, lie):
    issuer.says = {"preferred_username": "an-admin"} | LIES[lie]
    async with browser(contest, issuer) as client:
        answer = await client.get(await back(client))
        assert answer.status_code == 403, answer.text
        assert "podium_session" not in client.cookies


@pytest.mark.parametrize("how", ["unsigned", "with our own secret", "with another key"])
async def test_an_id_token_that_the_provider_has_not_signed_begins_nothing(contest, issuer, how):
    issuer.says = {"preferred_username": "an-admin"}
    issuer.signs = {
        "unsigned": None,
        "with our own secret": {
            "key": OctKey.import_key(SECRET),
            "header": {"alg": "HS256", "kid": "1"},
            "algorithms": ["HS256"],
        },
        "with another key": {
            "key": ECKey.generate_key("P-256", private=True),
            "header": {"alg": "ES256", "kid": "1"},
            "algorithms": None,
        },
    }[how]
    async with browser(contest, issuer) as client:
        answer = await client.get(await back(client))
        assert answer.status_code == 403, answer.text
        assert "podium_session" not in client.cookies


async def test_only_the_browser_that_began_a_login_ends_it_and_once(contest, issuer):
    issuer.says = {"preferred_username": "team-1"}
    async with browser(contest, issuer) as attacker, browser(contest, issuer) as victim:
        address = await back(attacker)  # a link that would log the victim in as the attacker
        assert (await victim.get(address)).status_code == 403
        await victim.get("/api/session/oidc")
        assert (await victim.get(address)).status_code == 403, "begun in that browser, but another login"
        assert issuer.used == 0
        assert (await attacker.get(address)).status_code == 303
        assert (await attacker.get(address)).status_code == 403, "a second time"
        refused = await attacker.get("/api/session/oidc/callback?error=access_denied&error_description=%3Cb%3E")
        assert refused.status_code == 403
        assert "<b>" not in refused.text
    async with browser(contest, issuer) as client:
        issuer.says = {"preferred_username": "a stranger"}
        told = await client.get(await back(client))
        assert (told.status_code, "no such account" in told.json()["message"]) == (403, True)
        assert "www-authenticate" not in told.headers


async def test_a_provider_that_is_away_is_a_503_and_a_site_without_one_a_404(contest, issuer):
    async with browser(contest, issuer, oidc_issuer="http://127.0.0.1:1") as client:
        assert (await client.get("/api/session/oidc")).status_code == 503
    assert (await contest.client.get("/api/session/oidc")).status_code == 404
    assert (await contest.client.get("/api/session/oidc/callback?code=1&state=2")).status_code == 404
