"""The seals of the audit trail: an HMAC by a key kept outside the database; a plain hash where there is none."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from nicu_dashboard.ports.tick import StoreUnavailable

KEY, KEY_FILE = "NICU_AUDIT_KEY", "NICU_AUDIT_KEY_FILE"
SECRET, SECRET_FILE = "NICU_SECRET_KEY", "NICU_SECRET_KEY_FILE"
BESIDE = ".audit-key"
SHORTEST = 32
_LABEL = b"nicu-dashboard audit trail, version 1"


class SealKeyFault(StoreUnavailable):
    """The key of the audit trail cannot be used; the message names the setting, never the key."""


class Seals(Protocol):
    """Makes seals and knows its own again."""

    @property
    def keyed(self) -> bool:
        """Return whether a key is at hand: without one a seal finds accidents, not forgers."""
        ...

    def seal(self, content: bytes) -> str:
        """Return the seal of this content: `key:hmac`, or a bare hash without a key."""
        ...

    def knows(self, seal: str) -> bool:
        """Return whether the key that made this seal is at hand."""
        ...

    def fits(self, content: bytes, seal: str) -> bool:
        """Return whether this seal is of this content."""
        ...


def is_keyed(seal: str) -> bool:
    """Return whether a key made this seal."""
    return ":" in seal


class KeySeals:
    """Seals by secrets: the first makes new seals, the others are earlier ones, kept to know old seals again."""

    def __init__(self, given: Sequence[str]) -> None:
        """Take the secrets, the newest first; none means plain hashes."""
        keys = [hmac.digest(secret.encode(), _LABEL, "sha256") for secret in given]
        self._keys = {hashlib.sha256(_LABEL + key).hexdigest()[:8]: key for key in keys}

    @property
    def keyed(self) -> bool:
        """Return whether a key is at hand."""
        return bool(self._keys)

    def seal(self, content: bytes) -> str:
        """Return the seal of this content by the newest key."""
        return self._sealed(content, next(iter(self._keys), ""))

    def knows(self, seal: str) -> bool:
        """Return whether the key that made this seal is at hand; a plain hash needs none."""
        return not is_keyed(seal) or seal.partition(":")[0] in self._keys

    def fits(self, content: bytes, seal: str) -> bool:
        """Return whether this seal is of this content."""
        name = seal.partition(":")[0] if is_keyed(seal) else ""
        return (not name or name in self._keys) and hmac.compare_digest(
            self._sealed(content, name).encode(), seal.encode()
        )

    def _sealed(self, content: bytes, name: str) -> str:
        if not name:
            return hashlib.sha256(content).hexdigest()
        return f"{name}:{hmac.digest(self._keys[name], content, 'sha256').hex()}"


class FileSeals:
    """Seals by a key file beside a SQLite store, made with the first seal: whoever takes both files can forge."""

    def __init__(self, path: Path) -> None:
        """Take the file's place; nothing is read or written before it is needed."""
        self._path = path

    @property
    def keyed(self) -> bool:
        """Return True: a key is made where there is none."""
        return True

    @cached_property
    def _made(self) -> KeySeals:
        with suppress(FileExistsError):
            write_new_key(self._path)
        return KeySeals(read_keys(self._path))

    @property
    def _at_hand(self) -> KeySeals:
        """Knowing a seal again never makes a key."""
        return self._made if self._path.exists() else KeySeals([])

    def seal(self, content: bytes) -> str:
        """Return the seal of this content."""
        return self._made.seal(content)

    def knows(self, seal: str) -> bool:
        """Return whether the key that made this seal is at hand."""
        return self._at_hand.knows(seal)

    def fits(self, content: bytes, seal: str) -> bool:
        """Return whether this seal is of this content."""
        return self._at_hand.fits(content, seal)


def write_new_key(path: Path) -> None:
    """Write a new random key into a file that only its owner reads; raises FileExistsError, SealKeyFault."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise SealKeyFault(f"The key file {path.name} cannot be written ({_reason(error)}).") from None
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_keys(path: Path, setting: str = KEY_FILE) -> list[str]:
    """Return the secrets of a file, one a line, the newest first; raises SealKeyFault."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = _reason(error) if isinstance(error, OSError) else "not text"
        raise SealKeyFault(f"{setting}: the file {path.name} cannot be read ({reason}); look at its rights.") from None
    if not (found := _keys_in(text, setting)):
        raise SealKeyFault(f"{setting}: the file {path.name} holds no key; make one: nicu audit new-key FILE")
    return found


def _keys_in(text: str, setting: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [_long_enough(line, setting) for line in lines if line and not line.startswith("#")]


def seals_of(environ: Mapping[str, str], sqlite_file: Path | None) -> Seals:
    """Return the seals by the settings: a key file, the program's secret, for SQLite a key beside the store.

    Raises SealKeyFault.
    """
    if named := environ.get(KEY_FILE):
        return KeySeals(read_keys(Path(named).expanduser()))
    if text := environ.get(KEY, "").strip():
        return KeySeals(_keys_in(text, KEY))
    if named := environ.get(SECRET_FILE):
        return KeySeals(read_keys(Path(named).expanduser(), SECRET_FILE))
    if secret := environ.get(SECRET):
        return KeySeals([_long_enough(secret, SECRET)])
    return KeySeals([]) if sqlite_file is None else FileSeals(sqlite_file.with_name(sqlite_file.name + BESIDE))


def is_configured(environ: Mapping[str, str]) -> bool:
    """Return whether the settings name a key: without one it lies beside the store, or there is none."""
    return any(environ.get(name) for name in (KEY_FILE, KEY, SECRET_FILE, SECRET))


def _long_enough(secret: str, setting: str) -> str:
    if len(secret) < SHORTEST:
        raise SealKeyFault(f"{setting}: a key needs at least {SHORTEST} characters; make one: nicu audit new-key FILE")
    return secret


def _reason(error: OSError) -> str:
    return (error.strerror or "no reason given").lower()
