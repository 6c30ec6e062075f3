"""Every address of accepted.toml is understood, every one of refused.toml refused in one line, no secret shown."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault
from nicu_dashboard.adapters.sql.addresses.providers import PROVIDERS
from nicu_dashboard.adapters.sql.addresses.reading import read_address

HERE = Path(__file__).parent


def table(name: str) -> list[dict[str, Any]]:
    """Return the rows of a table of addresses."""
    rows: list[dict[str, Any]] = tomllib.loads((HERE / name).read_text())["address"]
    return rows


ACCEPTED, REFUSED = table("accepted.toml"), table("refused.toml")


def seen(address: Address, name: str) -> object:
    """Return what an address says, in the words of the tables."""
    if name == "hosts":
        return [f"{host.name}:{host.port}" for host in address.hosts]
    if name in {"prepare_threshold", "prepared_max"}:
        value = getattr(address, name)
        return "none" if value is None else value
    return getattr(address.pool if hasattr(address.pool, name) else address, name)


def holds(address: Address, name: str, wanted: Any) -> bool:
    """Return whether an address is as a row of the table wants it."""
    match name:
        case "quiet":
            return not address.warnings
        case "warned":
            return any(wanted in line for line in address.warnings)
        case "advised":
            return any(wanted in line for line in address.advice)
        case "options":
            return set(wanted.items()) <= set(address.options.items())
        case _:
            return bool(seen(address, name) == wanted)


@pytest.mark.parametrize("row", ACCEPTED, ids=[row["url"].strip() for row in ACCEPTED])
def test_an_address_is_understood(row: dict[str, Any]) -> None:
    address = read_address(row["url"], row.get("environ", {}))
    for name, wanted in row["expect"].items():
        assert holds(address, name, wanted), (name, wanted, address)


@pytest.mark.parametrize("row", REFUSED, ids=[row["url"] or "(empty)" for row in REFUSED])
def test_an_address_is_refused_in_one_line(row: dict[str, Any]) -> None:
    with pytest.raises(AddressFault) as refusal:
        read_address(row["url"], row.get("environ", {}))
    line = str(refusal.value)
    assert row["says"] in line
    assert "\n" not in line
    assert not [piece for piece in row.get("hidden", ()) if piece in line]


def test_there_are_more_than_sixty_addresses() -> None:
    assert len(ACCEPTED) >= 60


def test_every_provider_is_recognised_by_some_address() -> None:
    titles = {provider.name for provider in PROVIDERS}
    assert titles == {read_address(row["url"], row.get("environ", {})).provider for row in ACCEPTED} - {"sqlite"}


def test_no_secret_is_in_the_repr_of_an_address() -> None:
    url = "postgresql://nicu:Zaubernuss@db.example.org/ward?sslpassword=Kirschbaum"
    address = read_address(url, {})
    assert address.password == "Zaubernuss"
    assert address.key_password == "Kirschbaum"
    assert "Zaubernuss" not in repr(address)
    assert "Kirschbaum" not in repr(address)


def test_the_command_that_mints_passwords_is_not_in_the_repr_either() -> None:
    address = read_address("postgresql://nicu@localhost/ward", {"DB_PASSWORD_COMMAND": "mint --key Zaubernuss"})
    assert address.password_source is not None
    assert address.password_source.command == ("mint", "--key", "Zaubernuss")
    assert "Zaubernuss" not in repr(address)


SECRET = "Q7z!k"


def read(text: str) -> tuple[Address | None, str]:
    """Return the address, or None and the line that refuses it."""
    try:
        return read_address(text, {}), ""
    except AddressFault as refusal:
        return None, str(refusal)


@given(
    some.text(alphabet="/#@?%&=: '\"\\abc1", max_size=8),
    some.text(alphabet="/#@?%&=: '\"\\abc1", max_size=8),
    some.sampled_from(["postgresql://nicu:{}@db.example.org/ward", "host=localhost dbname=ward password={}"]),
)
def test_a_password_is_taken_whole_or_refused_unseen(before: str, after: str, form: str) -> None:
    password = before + SECRET + after
    address, refusal = read(form.format(password))
    assert SECRET not in refusal
    if address is not None:
        assert SECRET in (address.password or "")
        assert SECRET not in repr(address)


STARTS = ("", "postgresql://", "postgresql://u:p@localhost/d?", "host=localhost dbname=x ", "sqlite:///", "file:")


@given(some.sampled_from(STARTS), some.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(start: str, text: str) -> None:
    address, refusal = read(start + text)
    assert (address is None) == bool(refusal)
    assert "\n" not in refusal
