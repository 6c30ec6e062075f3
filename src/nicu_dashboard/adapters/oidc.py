"""OpenID Connect by Authlib: the authorization code flow with PKCE, and tokens verified by the provider's own keys."""

import warnings
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from nicu_dashboard.services.single_sign_on import ProviderUnavailable, SignOnRefused

# Signed by a key pair alone: a secret that both sides know proves nothing here, and `none` even less.
ALGORITHMS = ["RS256", "PS256", "ES256", "RS512", "PS512", "ES384", "ES512", "Ed25519", "EdDSA"]
SCOPE = "openid profile email"
PATIENCE_S = 5.0
_LEEWAY_S = 60


class OidcFault(Exception):
    """The settings of the identity provider cannot be used; the message names the setting."""


class OidcProvider:
    """The IdentityProvider of services/single_sign_on.py."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, scope: str = SCOPE) -> None:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise OidcFault("NICU_OIDC_ISSUER must begin with https://")
        self.issuer = issuer.rstrip("/")
        self._client_id, self._client_secret, self._scope = client_id, client_secret, scope
        self._described: Mapping[str, Any] | None = None
        self._describing = Lock()
        _client_kind()

    def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return where the browser is sent to; raises ProviderUnavailable."""
        described = self._description()
        with self._client(redirect_uri) as client:
            where, _ = client.create_authorization_url(
                described["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(where)

    def claims(self, redirect_uri: str, code: str, verifier: str, nonce: str, now_s: int) -> Mapping[str, Any]:
        """Return what the provider says of the person; raises ProviderUnavailable, SignOnRefused."""
        described = self._description()
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(described["token_endpoint"], code=code, code_verifier=verifier)
            keys = httpx.get(described["jwks_uri"], timeout=PATIENCE_S).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnavailable(type(error).__name__) from None
        except AuthlibBaseError:
            raise SignOnRefused("denied") from None
        return self._verified(token, keys, nonce, now_s)

    def _verified(self, token: Mapping[str, Any], keys: Any, nonce: str, now_s: int) -> Mapping[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._description()["issuer"]},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            found = jwt.decode(str(token.get("id_token", "")), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
            rules.validate(found.claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise SignOnRefused("denied") from None
        audience = found.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and found.claims.get("azp") != self._client_id:
            raise SignOnRefused("denied")
        return found.claims

    def _description(self) -> Mapping[str, Any]:
        """Return what the provider says of itself, asked once; a provider that calls itself otherwise is another."""
        with self._describing:
            if self._described is None:
                where = f"{self.issuer}/.well-known/openid-configuration"
                try:
                    said = httpx.get(where, timeout=PATIENCE_S).raise_for_status().json()
                except (httpx.HTTPError, ValueError) as error:
                    raise ProviderUnavailable(type(error).__name__) from None
                if not isinstance(said, dict) or str(said.get("issuer", "")).rstrip("/") != self.issuer:
                    raise ProviderUnavailable("another issuer")
                self._described = said
            return self._described

    def _client(self, redirect_uri: str) -> Any:
        return _client_kind()(
            self._client_id,
            self._client_secret,
            scope=self._scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            timeout=PATIENCE_S,
        )


@cache
def _client_kind() -> Any:
    """Return Authlib's client; it tells everybody that it would rather use another HTTP library than ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import OAuth2Client
    return OAuth2Client
