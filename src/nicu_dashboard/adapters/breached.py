"""What attackers know of passwords: lists of breached ones, zxcvbn's patterns, and a larger list where one is given."""

import gzip
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from zxcvbn import zxcvbn

from nicu_dashboard.ports.tick import StoreUnavailable

# "Somewhat guessable" ends here in zxcvbn's own words: beyond it, a slow hash protects.
WITHIN_REACH = 1e8
# The 10,000 most frequent of SecLists' (MIT) 10-million-password-list-top-1000000 that have 12 characters or more, in
# small letters: ASVS 5.0, 6.2.4 asks for 3,000 that the rule of length lets through.
_MOST_FREQUENT = Path(__file__).with_name("breached_top.gz")
# zxcvbn's time grows faster than the length; what lies beyond only adds guesses.
_LOOKED_AT = 64
_HASH = 40
_PREFIX = 5


class BreachedFileFault(StoreUnavailable):
    """The list of breached passwords cannot be used; the message names the setting and the remedy."""


class KnownPasswords:
    """The Guesser of services/password_rules.py.

    A larger list is one of Have I Been Pwned: a file in the order of its SHA-1 hashes, one `HASH:COUNT` a line,
    searched in place so that all of its 40 GB cost nothing until a password is chosen; or a folder of its ranges, a
    file for the first five digits (`21BD1` or `21BD1.txt`) with `REST:COUNT` a line. Nothing leaves this machine.
    """

    def __init__(self, file: Path | None = None) -> None:
        """Raise BreachedFileFault early for a list that cannot be read."""
        self._file = file
        if file is not None:
            _is_in(file, "")

    def knows(self, password: str, words: Sequence[str]) -> bool:
        """Return whether the password is in a list of breached ones or guessed within reach; `words` are tried too."""
        if password.lower() in most_frequent() or (self._file is not None and _is_in(self._file, password)):
            return True
        said = [part for word in words for part in (word, *word.split()) if part]
        return float(zxcvbn(password[:_LOOKED_AT], said)["guesses"]) < WITHIN_REACH


@cache
def most_frequent() -> frozenset[str]:
    """Return the bundled list, read once."""
    return frozenset(gzip.decompress(_MOST_FREQUENT.read_bytes()).decode().split("\n")) - {""}


def _is_in(given: Path, password: str) -> bool:
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        return _is_in_folder(given, wanted) if given.is_dir() else _is_in_file(given, wanted)
    except OSError as error:
        raise BreachedFileFault(
            f"NICU_BREACHED_PASSWORDS cannot be read ({error.strerror}); look at the file, or unset it"
        ) from None


def _is_in_folder(folder: Path, wanted: bytes) -> bool:
    """A range that is missing is a fault: it would let through what it lists."""
    prefix, rest = wanted[:_PREFIX].decode(), wanted[_PREFIX:]
    names = [folder / name for name in (prefix, f"{prefix}.txt") if (folder / name).is_file()]
    if not names:
        raise BreachedFileFault(
            f"NICU_BREACHED_PASSWORDS: the folder lacks a range ({prefix[0]}…); fetch all 1,048,576 of them"
        )
    return any(line.partition(b":")[0].strip().upper() == rest for line in names[0].read_bytes().splitlines())


def _is_in_file(file: Path, wanted: bytes) -> bool:
    with file.open("rb") as lines:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.readline()
            found = lines.readline()[:_HASH].upper()
            if found == wanted:
                return True
            if not found or found > wanted:
                high = middle
            else:
                low = middle + 1
        lines.seek(0)
        return lines.readline()[:_HASH].upper() == wanted
