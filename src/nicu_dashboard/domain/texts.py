"""Text that can be kept and shown: what a store refuses or a screen would be deceived by is known here."""

import re

# Control characters and line breaks; marks that turn the direction of what follows; halves of surrogate pairs.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_line(text: str) -> bool:
    """Return whether the text can be stored and shown on one line as it stands."""
    return _UNWRITABLE.search(text) is None


def as_line(text: str) -> str:
    """Return the text with the replacement character for everything that cannot be stored or shown on one line."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
