"""The way past a pooler: migrations, LISTEN and data transfer need one session of the server's own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault, Purpose
from nicu_dashboard.adapters.sql.addresses.reading import read_address

SETTING = "DATABASE_DIRECT_URL"


def direct_address(main: Address, environ: Mapping[str, str], purpose: Purpose) -> Address:
    """Return the address for long work in one session: DATABASE_DIRECT_URL, or the main one where that has sessions.

    Raises AddressFault where a pooler in transaction mode leaves no way.
    """
    text = _given(environ)
    if not text:
        if main.pool_mode == "transaction":
            raise AddressFault(_missing(main, purpose))
        return replace(main, patient=True)
    direct = read_address(text, environ, SETTING)
    if direct.dialect != main.dialect:
        raise AddressFault(f"{SETTING} names {_kind(direct)} and DATABASE_URL {_kind(main)}; name the same database.")
    if direct.pool_mode == "transaction":
        raise AddressFault(f"{SETTING} leads through a pooler in transaction mode too; {_where(direct)}.")
    return replace(direct, patient=True)


def _given(environ: Mapping[str, str]) -> str:
    name = environ.get(f"{SETTING}_FILE")
    if not name:
        return environ.get(SETTING, "").strip()
    try:
        return Path(name).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "not text").lower()
        raise AddressFault(f"{SETTING}_FILE cannot be read ({reason}); look at its path and rights.") from None


def _missing(main: Address, purpose: Purpose) -> str:
    return f"DATABASE_URL leads through a pooler in transaction mode, which {purpose} cannot use; {_where(main)}."


def _where(address: Address) -> str:
    return f"set {SETTING} to {address.direct_hint or 'the server itself'}"


def _kind(address: Address) -> str:
    return "a SQLite file" if address.dialect == "sqlite" else "a PostgreSQL server"
