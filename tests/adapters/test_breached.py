"""What attackers know of passwords is refused, from the bundled list, a file and a folder of ranges."""

import hashlib
from pathlib import Path

import pytest

from nicu_dashboard.adapters.breached import BreachedFileFault, KnownPasswords, most_frequent
from nicu_dashboard.services.password_rules import MAX_PASSWORD, MIN_PASSWORD

UNKNOWN = "unrelated trout lantern"


def digest(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def test_the_bundled_list_has_what_level_two_asks_for() -> None:
    listed = most_frequent()
    assert len([one for one in listed if MIN_PASSWORD <= len(one) <= MAX_PASSWORD]) == len(listed) == 10_000
    known = KnownPasswords()
    assert all(known.knows(one, []) for one in ("1qaz2wsx3edc", "Mailcreated5240", "MAILCREATED5240"))
    assert not known.knows(UNKNOWN, [])


def test_a_folder_of_ranges_is_searched(tmp_path: Path) -> None:
    for one, name in ((UNKNOWN, "{}.txt"), ("", "{}")):
        prefix, rest = digest(one)[:5], digest(one)[5:]
        (tmp_path / name.format(prefix)).write_bytes(f"{'0' * 35}:1\r\n{rest.lower()}:3\r\n".encode())
    known = KnownPasswords(tmp_path)
    assert known.knows(UNKNOWN, [])
    with pytest.raises(BreachedFileFault, match="lacks a range"):
        known.knows("another unrelated lantern", [])


def test_a_folder_without_ranges_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(BreachedFileFault, match="1,048,576 of them"):
        KnownPasswords(tmp_path)
