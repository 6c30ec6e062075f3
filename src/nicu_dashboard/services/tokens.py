"""Random tokens: whoever holds one is known by it; the store keeps hashes only."""

import hashlib


def token_hash(token: str) -> str:
    """Return the SHA-256 of a random token; tokens carry 120 or more random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
