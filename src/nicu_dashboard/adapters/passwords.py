"""Argon2id by the pwdlib package, with its recommended parameters."""

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError


class Argon2Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        return self._hasher.hash(password)

    def verify(self, password: str, hashed: str) -> bool:
        """Return whether the password is the one hashed; an unreadable hash verifies nothing."""
        try:
            return self._hasher.verify(password, hashed)
        except PwdlibError:
            return False
