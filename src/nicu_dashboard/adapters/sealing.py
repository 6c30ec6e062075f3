"""Secrets that must be read again are sealed with a key that is not in the database."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class AesSealer:
    """AES-256-GCM under a key derived from NICU_SECRET_KEY for one purpose; `context` binds a seal to its owner."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=f"nicu-dashboard {purpose}".encode()).derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, plain: str, context: str) -> str:
        """Return the sealed text."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, plain.encode(), context.encode())).decode()

    def open(self, sealed: str, context: str) -> str | None:
        """Return the plain text, None when it was sealed with another key or for another owner."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], context.encode()).decode()
        except (InvalidTag, ValueError):
            return None
