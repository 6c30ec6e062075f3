"""What attackers know of passwords: zxcvbn's lists and patterns, and a file of breached ones where it is given."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from zxcvbn import zxcvbn

# "Somewhat guessable" ends here in zxcvbn's own words: beyond it, a slow hash protects.
WITHIN_REACH = 1e8
# zxcvbn's time grows faster than the length; what lies beyond only adds guesses.
_LOOKED_AT = 64
_HASH = 40


class BreachedFileFault(Exception):
    """The file of breached passwords cannot be used; the message names the setting and the remedy."""


class KnownPasswords:
    """The Guesser of services/password_rules.py.

    The file is the one of Have I Been Pwned in the order of its SHA-1 hashes, one `HASH:COUNT` a line. It is searched
    in place: all of its 40 GB cost nothing until a password is chosen.
    """

    def __init__(self, file: Path | None = None) -> None:
        """Raise BreachedFileFault early for a file that cannot be read."""
        self._file = file
        if file is not None:
            _is_in(file, "")

    def knows(self, password: str, words: Sequence[str]) -> bool:
        """Return whether the password is in a list of breached ones or guessed within reach; `words` are tried too."""
        if self._file is not None and _is_in(self._file, password):
            return True
        said = [part for word in words for part in (word, *word.split()) if part]
        return float(zxcvbn(password[:_LOOKED_AT], said)["guesses"]) < WITHIN_REACH


def _is_in(file: Path, password: str) -> bool:
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
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
    except OSError as error:
        raise BreachedFileFault(
            f"NICU_BREACHED_PASSWORDS cannot be read ({error.strerror}); look at the file, or unset it"
        ) from None
