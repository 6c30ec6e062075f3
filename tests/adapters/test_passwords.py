"""How passwords are hashed in use; the other tests hash at the least cost."""

import pytest
from pwdlib import PasswordHash

from nicu_dashboard.adapters.passwords import Argon2Passwords
from tests.conftest import RECOMMENDED_PASSWORDS

PASSWORD = "correct horse battery"


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> Argon2Passwords:
    """The hasher as the program has it."""
    monkeypatch.setattr(PasswordHash, "recommended", RECOMMENDED_PASSWORDS)
    return Argon2Passwords()


def test_a_hash_costs_whoever_guesses_64_mb_and_three_passes(passwords: Argon2Passwords) -> None:
    hashed = passwords.hash(PASSWORD)
    kind, version, cost = hashed.split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    assert cost == "m=65536,t=3,p=4"
    assert passwords.verify(PASSWORD, hashed)
    assert not passwords.verify(f"{PASSWORD} ", hashed)


def test_the_same_password_has_another_hash_each_time(passwords: Argon2Passwords) -> None:
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


@pytest.mark.parametrize("unreadable", ["", "!", "$2b$12$abc", "$argon2id$v=19$m=65536"])
def test_an_unreadable_hash_verifies_nothing(passwords: Argon2Passwords, unreadable: str) -> None:
    assert not passwords.verify(PASSWORD, unreadable)
