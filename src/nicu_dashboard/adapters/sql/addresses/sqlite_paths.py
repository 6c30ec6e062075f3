"""Addresses of SQLite files: `sqlite:///nicu.db`, `file:./nicu.db` as Prisma writes it, a plain path."""

import re
from collections.abc import Mapping

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault
from nicu_dashboard.adapters.sql.addresses.parameters import SQLITE, checked
from nicu_dashboard.adapters.sql.addresses.pools import pool_settings
from nicu_dashboard.adapters.sql.addresses.url import Pair

_FORMS = "write sqlite:///nicu.db for a file in this directory, sqlite:////var/lib/nicu/nicu.db for any other"
_PLAIN = re.compile(r"(?:/|\./|\.\./|~).*|.*\.(?:db|sqlite|sqlite3)")


def read_sqlite(text: str, environ: Mapping[str, str], setting: str) -> Address:
    """Return the address of a SQLite file; raises AddressFault where none is named."""
    path, _, query = _after_scheme(text, setting).partition("?")
    given = checked(_pairs(query, setting), SQLITE, setting)
    if not path or path in {".", "/"} or path.endswith(":memory:"):
        raise AddressFault(f"{setting} names no file; {_FORMS}.")
    advice = tuple(f"{setting}: {key} says nothing for a SQLite file; take it out." for key in given)
    return Address(dialect="sqlite", database=path, pool=pool_settings(environ), prepare_threshold=None, advice=advice)


def _after_scheme(text: str, setting: str) -> str:
    lowered = text.lower()
    if lowered.startswith("file:"):
        rest = text[len("file:") :]
        return rest.removeprefix("//") if rest.startswith("///") else _no_host(rest, setting)
    if lowered.startswith("sqlite"):
        rest = text.partition(":")[2]
        return rest[3:] if rest.startswith("///") else _no_host(rest, setting, at_once=True)
    if not _PLAIN.fullmatch(text.partition("?")[0]):
        raise AddressFault(
            f"{setting} is neither a file nor a server's address; {_FORMS}, or postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    return text


def _no_host(rest: str, setting: str, at_once: bool = False) -> str:
    if at_once or rest.startswith("//"):
        raise AddressFault(f"{setting}: the slashes do not name a file; {_FORMS}.")
    return rest


def _pairs(query: str, setting: str) -> list[Pair]:
    pairs = []
    for piece in filter(None, query.split("&")):
        key, equals, value = piece.partition("=")
        if not equals:
            raise AddressFault(f"{setting}: what follows the ? is written key=value, joined by &.")
        pairs.append((key, value))
    return pairs
