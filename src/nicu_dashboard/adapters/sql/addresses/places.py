"""Which servers, which database: the part of an address that says where."""

import re
from collections.abc import Mapping, Sequence

from nicu_dashboard.adapters.sql.addresses.address import AddressFault, Host
from nicu_dashboard.adapters.sql.addresses.tls import is_local


def read_hosts(given: Mapping[str, str], environ: Mapping[str, str], setting: str) -> tuple[Host, ...]:
    """Return the servers in their order; PGHOST and PGPORT fill in what is not given."""
    address = given.get("hostaddr", "")
    names = given.get("host", address or environ.get("PGHOST", "")).split(",")
    ports = given.get("port", environ.get("PGPORT") or "5432").split(",")
    if len(ports) not in {1, len(names)}:
        raise AddressFault(f"{setting}: {len(names)} hosts, {len(ports)} ports; give one port, or one for each host.")
    if len(names) > 1 and not all(names):
        raise AddressFault(f"{setting}: a host's name is missing between two commas.")
    numbers = [_port(port, setting) for port in ports] * (len(names) if len(ports) == 1 else 1)
    return tuple(Host(name, port) for name, port in zip(names, numbers, strict=True))


def _port(text: str, setting: str) -> int:
    port = int(text or 5432) if re.fullmatch(r"[0-9]{0,5}", text) else 0
    if not 1 <= port <= 65_535:
        raise AddressFault(f"{setting}: a port is a whole number from 1 to 65535.")
    return port


def read_database(given: Mapping[str, str], setting: str) -> str:
    """Return the database's name, the user's where none is given, as libpq does."""
    database = given.get("dbname") or given.get("user", "")
    if not database:
        raise AddressFault(f"{setting}: the database's name is missing; write it after the host: …@HOST/DATABASE.")
    if "/" in database:
        raise AddressFault(f"{setting}: the database's name has a /; a / in a password is written %2F.")
    return database


def all_local(hosts: Sequence[Host], address: str | None, setting: str) -> bool:
    """Return whether the way to every host stays on this machine; `address` is libpq's hostaddr list."""
    addresses = address.split(",") if address else [None] * len(hosts)
    if len(addresses) != len(hosts):
        raise AddressFault(f"{setting}: host and hostaddr name different numbers of servers; give one for each.")
    return all(is_local(host, numeric or None) for host, numeric in zip(hosts, addresses, strict=True))
