"""The way past a pooler: migrations, LISTEN and data transfer need one session of the server's own."""

from collections.abc import Mapping

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault, Purpose
from nicu_dashboard.adapters.sql.addresses.reading import read_address

SETTING = "DATABASE_DIRECT_URL"


def direct_address(main: Address, environ: Mapping[str, str], purpose: Purpose) -> Address:
    """Return the address for work that needs a session: DATABASE_DIRECT_URL, or the main one where that has sessions.

    Raises AddressFault where a pooler in transaction mode leaves no way.
    """
    text = environ.get(SETTING, "").strip()
    if not text:
        if main.pool_mode == "transaction":
            raise AddressFault(_missing(main, purpose))
        return main
    direct = read_address(text, environ, SETTING)
    if direct.dialect != main.dialect:
        raise AddressFault(f"{SETTING} names {_kind(direct)} and DATABASE_URL {_kind(main)}; name the same database.")
    if direct.pool_mode == "transaction":
        raise AddressFault(f"{SETTING} leads through a pooler in transaction mode too; {_where(direct)}.")
    return direct


def _missing(main: Address, purpose: Purpose) -> str:
    return f"DATABASE_URL leads through a pooler in transaction mode, which {purpose} cannot use; {_where(main)}."


def _where(address: Address) -> str:
    return f"set {SETTING} to {address.direct_hint or 'the server itself'}"


def _kind(address: Address) -> str:
    return "a SQLite file" if address.dialect == "sqlite" else "a PostgreSQL server"
