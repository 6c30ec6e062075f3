"""An OpenID Connect provider on a real socket: it signs real tokens, checks the code, PKCE and the client's secret."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "nicu", "the client's secret"


class Provider:
    """Who signs on next is what `person` says; `forge` may change a token's claims, `key` what signs it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signs = self.key
        self.person: dict[str, Any] = {"sub": "42", "preferred_username": "osei", "name": "M. Osei", "groups": []}
        self.forge: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.now_s = 0
        self._asked: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Go down as a provider does: nothing answers any more."""
        self._server.shutdown()
        self._server.server_close()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        if parts.path == "/.well-known/openid-configuration":
            ends = {name: f"{self.issuer}/{name}" for name in ("authorize", "token", "jwks")}
            described = {"authorization_endpoint": ends["authorize"], "token_endpoint": ends["token"]}
            _say(request, {"issuer": self.issuer, "jwks_uri": ends["jwks"], **described})
        elif parts.path == "/jwks":
            _say(request, {"keys": [self.key.as_dict(private=False)]})
        else:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
            assert asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"]
            code = secrets.token_urlsafe(8)
            self._asked[code] = asked
            request.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            request.send_header("Location", f"{asked['redirect_uri']}?{back}")
            request.end_headers()

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.rfile.read(int(request.headers["Content-Length"])).decode()
        said = {name: values[0] for name, values in parse_qs(sent).items()}
        asked = self._asked.pop(said["code"], None)
        basic = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        known = asked is not None and asked["redirect_uri"] == said["redirect_uri"]
        if asked is None or not known or basic != f"{CLIENT}:{SECRET}" or challenge != asked["code_challenge"]:
            _say(request, {"error": "invalid_grant"}, 400)
            return
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": asked["nonce"], **self.person}
        claims |= {"iat": self.now_s, "exp": self.now_s + 300}
        self.forge(claims)
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs)
        _say(request, {"access_token": "x", "token_type": "Bearer", "id_token": token})


def _say(request: BaseHTTPRequestHandler, body: object, status: int = 200) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.end_headers()
    request.wfile.write(json.dumps(body).encode())


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """Run a provider until the block ends."""
    provider = Provider()
    try:
        yield provider
    finally:
        provider.stop()
