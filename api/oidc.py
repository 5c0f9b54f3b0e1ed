"""Logging in by OpenID Connect: the authorization code flow with PKCE, state and nonce, by Authlib."""

from __future__ import annotations

import logging
from typing import Any, cast

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from fastapi import HTTPException
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from api.sessions import OIDC_COOKIE, OIDC_PATH
from schemas.errors import DependencyError
from schemas.settings import Settings

__all__ = ["Provider"]

logger = logging.getLogger(__name__)

LASTS_S = 600
"""How long a login at the provider may take."""
TIMEOUT_S = 5.0
"""For each question to the provider: somebody waits before a blank page."""
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with the provider's own key: none, and no secret that we have as well."""


class Provider:
    """The site's OpenID provider. What a login needs until it comes back is in a signed cookie of the browser's."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._settings = settings
        self._signer = URLSafeTimedSerializer(secret, salt=OIDC_COOKIE)
        self._client = OAuth().register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": settings.oidc_scope, "code_challenge_method": "S256", "timeout": TIMEOUT_S},
        )

    async def begin(self, request: Request, *, secure: bool) -> Response:
        """Send the browser to the provider.

        Raises:
            DependencyError: when the provider does not answer.
        """
        request.scope["session"] = {}
        try:
            await self._metadata()
            answer = await self._client.authorize_redirect(request, f"{self._settings.url}{OIDC_PATH}/callback")
        except (httpx2.HTTPError, OAuthError, JoseError, ValueError, RuntimeError) as error:
            raise _away(error) from error
        answer.set_cookie(
            OIDC_COOKIE,
            str(self._signer.dumps(request.session)),
            max_age=LASTS_S,
            path=OIDC_PATH,
            httponly=True,
            samesite="lax",  # the provider's page sends the browser back
            secure=secure,
        )
        answer.headers["Cache-Control"] = "no-store"
        return cast(Response, answer)

    async def finish(self, request: Request) -> str:
        """Whom the provider says it has logged in, when it has sent the browser back: the login's claim.

        Raises:
            HTTPException: 403 when it did not, or when it is not this browser that asked for it.
            DependencyError: when the provider does not answer.
        """
        try:
            request.scope["session"] = self._signer.loads(request.cookies.get(OIDC_COOKIE, ""), max_age=LASTS_S)
        except BadSignature:
            raise HTTPException(
                403, "this login was not begun in this browser, or too long ago; begin it again"
            ) from None
        issuer, client = self._settings.oidc_issuer, self._settings.oidc_client_id
        wanted = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client}}
        try:
            await self._metadata()
            token = await self._client.authorize_access_token(request, claims_options=wanted)
            return await self._login(token)
        except (OAuthError, JoseError, ValueError, KeyError) as error:
            logger.warning("openid connect: a login was refused: %s", error)
            raise HTTPException(403, "the provider's answer does not log you in; begin the login again") from None
        except (httpx2.HTTPError, RuntimeError) as error:
            raise _away(error) from error

    async def _login(self, token: dict[str, Any]) -> str:
        told: dict[str, Any] = dict(token.get("userinfo") or {})
        claim = self._settings.oidc_claim
        if not told.get("sub"):
            raise HTTPException(403, "the provider has sent no ID token")
        if claim not in told:
            more = await self._client.userinfo(token=token)
            told |= more if more.get("sub") == told["sub"] else {}
        value = told.get(claim)
        if not isinstance(value, str) or not value:
            raise HTTPException(403, f"the provider does not say your {claim}, which is your login here")
        if claim == "email" and told.get("email_verified") is not True:
            raise HTTPException(403, "the provider has not verified your address")
        return value

    async def _metadata(self) -> None:
        """Read the provider's description once; only signatures by its own key are taken."""
        found = await self._client.load_server_metadata()
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [one for one in offered if one in _SIGNED] or ["RS256"]


def _away(error: Exception) -> DependencyError:
    logger.warning("openid connect: %s", error)
    return DependencyError("the OpenID provider does not answer as it should; try again")
