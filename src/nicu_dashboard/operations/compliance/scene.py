"""What the checks look at: the store as the program uses it, the same through an auditor's eyes, the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from nicu_dashboard.adapters.sql.addresses.tls import is_local
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.ports.tick import StoreUnavailable


@dataclass(frozen=True)
class Hop:
    """One way between two machines: whether it is encrypted, how, and whether it stays on one machine."""

    encrypted: bool
    how: str
    local: bool


@dataclass(frozen=True)
class Scene:
    """Settings that a role changes are read as the program (`app`); catalogues as whoever may see more (`auditor`)."""

    app: Database
    auditor: Database
    environ: Mapping[str, str]
    at: int
    host: str = "127.0.0.1"
    # Judge as if the server were reached over the network, though it is on this machine.
    remote: bool = False

    @property
    def sqlite(self) -> bool:
        """Return whether the store is a SQLite file."""
        return self.app.engine_name == "sqlite"

    @property
    def local(self) -> bool:
        """Return whether the way to the server stays on this machine."""
        address = self.app.address
        return not self.remote and all(is_local(host, address.options.get("hostaddr")) for host in address.hosts)

    @property
    def by_socket(self) -> bool:
        """Return whether the server is reached by a Unix socket, which TLS does not know."""
        return all(host.is_socket for host in self.app.address.hosts)

    def effective(self, name: str) -> str | None:
        """Return a setting as it holds on the program's own connection, None where it is unknown or hidden."""
        return _setting(self.app, name)

    def setting(self, name: str) -> str | None:
        """Return a setting of the server, None where it is unknown or hidden."""
        return _setting(self.auditor, name) or _setting(self.app, name)

    def ask(self, statement: str) -> Sequence[Any] | None:
        """Return the rows of a statement, as the auditor, else as the program; None where neither may."""
        for database in dict.fromkeys((self.auditor, self.app)):
            rows = _ask(database, statement)
            if rows is not None:
                return rows
        return None

    def ask_as_app(self, statement: str) -> Sequence[Any] | None:
        """Return the rows of a statement as the program sees them."""
        return _ask(self.app, statement)

    @cached_property
    def first_hop(self) -> Hop:
        """Return the way from the program to the server, or to the pooler before it, by the client's own word."""
        with self.app.reading() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            encrypted = driver.pgconn.ssl_in_use
        return Hop(encrypted, "TLS" if encrypted else "not encrypted", self.local)

    @cached_property
    def last_hop(self) -> Hop:
        """Return the way into the server, by the server's word: behind a pooler it is the pooler's."""
        rows = self.ask_as_app(
            "SELECT coalesce(s.ssl, false), s.version, s.cipher,"
            " inet_client_addr() IS NULL OR inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1'"
            " FROM pg_stat_ssl AS s WHERE pid = pg_backend_pid()"
        )
        if not rows:
            return Hop(False, "unknown", False)
        encrypted, version, cipher, local = rows[0]
        return Hop(encrypted, f"{version}, {cipher}" if encrypted else "not encrypted", local and not self.remote)


def _setting(database: Database, name: str) -> str | None:
    rows = _ask(database, f"SELECT current_setting('{name}', true)")
    return None if not rows or rows[0][0] is None else str(rows[0][0])


def _ask(database: Database, statement: str) -> Sequence[Any] | None:
    try:
        with database.reading() as connection:
            connection.execution_options(no_parameters=True)
            return connection.exec_driver_sql(statement).all()
    except (StoreUnavailable, SQLAlchemyError, psycopg.Error):
        return None
