"""Codes of authenticator apps (RFC 6238): six digits, 30 seconds, SHA-1, as every app has them."""

from hmac import compare_digest

import pyotp
import segno

STEP_S = 30
# A telephone's clock may be one step off either way.
_NEIGHBOURS = (0, -1, 1)


class OneTimeCodes:
    """The Codes of services/second_factors.py."""

    def new_secret(self) -> str:
        """Return a random secret of 160 bits, base32."""
        return pyotp.random_base32()

    def uri(self, secret: str, name: str, unit: str) -> str:
        """Return the address that an app takes the secret from."""
        return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=unit)

    def picture(self, uri: str) -> str:
        """Return an address as a QR code: an SVG as data URI."""
        return str(segno.make(uri, error="m").svg_data_uri(scale=5))

    def step_of(self, secret: str, code: str, at: int) -> int | None:
        """Return the 30 s step (since 1970) that a code belongs to, None when it is not one of now."""
        now = at // 1_000 // STEP_S
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            return None
        totp = pyotp.TOTP(secret)
        return next((now + off for off in _NEIGHBOURS if compare_digest(totp.at((now + off) * STEP_S), code)), None)
