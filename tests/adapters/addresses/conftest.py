"""A server with TLS and passwords, whose certificate and rules a test may change."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from tests.adapters.addresses.authority import Authority, Certificate
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]

PASSWORD = "Kirsch/baum#1"
ESCAPED = "Kirsch%2Fbaum%231"
RULES = (
    "host all postgres 127.0.0.1/32 trust",
    "hostssl all certified 127.0.0.1/32 cert",
    "hostnossl all tls_only 127.0.0.1/32 reject",
    "host all banned 127.0.0.1/32 reject",
    "host all all 127.0.0.1/32 scram-sha-256",
)
ROLES = f"""
    CREATE ROLE nicu LOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE tls_only LOGIN PASSWORD '{PASSWORD}';
    CREATE ROLE certified LOGIN;
    CREATE ROLE banned LOGIN;
    CREATE ROLE crowded LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 1;
    CREATE ROLE minted LOGIN PASSWORD 'first';
    CREATE DATABASE ward OWNER nicu;
    CREATE DATABASE private_ward;
    REVOKE CONNECT ON DATABASE private_ward FROM PUBLIC;
    CREATE DATABASE standby;
    CREATE DATABASE ascii_ward TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
    ALTER DATABASE standby SET default_transaction_read_only = on;
"""


def fault(url: str, environ: dict[str, str] | None = None) -> str:
    """Return the kind of fault that dialling a URL ends with; its message must be one line without host or password."""
    with pytest.raises(ConnectFault) as refused:
        dial(read_address(url, environ or {}))
    line = str(refused.value)
    assert "\n" not in line
    assert not [secret for secret in ("Kirsch", "localhost", "127.0.0.1") if secret in line]
    return refused.value.kind


@dataclass
class GuardedServer:
    """A running server that takes TLS, with the authority that signed its certificate."""

    server: PostgresServer
    authority: Authority

    def url(self, user: str = f"nicu:{ESCAPED}", database: str = "ward", query: str = "") -> str:
        """Return a URL that asks for verify-full with the authority, unless the query says sslmode."""
        tls = "" if "sslmode" in query else f"sslmode=verify-full&sslrootcert={self.authority.certificate}"
        return f"postgresql://{user}@localhost:{self.server.port}/{database}?{'&'.join(filter(None, (tls, query)))}"

    def show(self, certificate: Certificate) -> None:
        """Let the server use a certificate from now on."""
        self._place(certificate.certificate, "server.crt")
        self._place(certificate.key, "server.key")
        self.reload()

    def reload(self) -> None:
        """Make the server read its files again and wait until it has."""
        assert self.server.process is not None
        with psycopg.connect(self.server.url("postgres")) as connection:
            before = connection.execute("SELECT pg_conf_load_time()").fetchone()
        self.server.process.send_signal(signal.SIGHUP)
        for _ in range(200):
            with psycopg.connect(self.server.url("postgres")) as connection:
                if connection.execute("SELECT pg_conf_load_time()").fetchone() != before:
                    return
            time.sleep(0.02)
        pytest.fail("the server did not read its files again")

    def execute(self, statement: str) -> None:
        """Run statements as the superuser."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            for part in filter(None, map(str.strip, statement.split(";"))):
                connection.execute(part.encode())

    def _place(self, source: Path, name: str) -> None:
        target = self.server.data / name
        shutil.copy(source, target)
        target.chmod(0o600)
        if account := self.server.account:
            os.chown(target, account.pw_uid, account.pw_gid)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the clients trust."""
    return Authority(tmp_path_factory.mktemp("authority")).found()


@pytest.fixture(scope="session")
def own_certificate(authority: Authority) -> Certificate:
    """The server's certificate as it should be."""
    return authority.sign("localhost", "server")


@pytest.fixture(scope="session")
def _guarded(authority: Authority, own_certificate: Certificate) -> Iterator[GuardedServer]:
    files = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl_ca_file": "ca.crt"}
    server = PostgresServer(settings={"ssl": "on", **files})
    guarded = GuardedServer(server, authority)
    try:
        guarded._place(own_certificate.certificate, "server.crt")
        guarded._place(own_certificate.key, "server.key")
        guarded._place(authority.certificate, "ca.crt")
        (server.data / "pg_hba.conf").write_text("\n".join(RULES) + "\n")
        server.start()
        guarded.execute(ROLES)
        yield guarded
    finally:
        server.close()


@pytest.fixture
def guarded(_guarded: GuardedServer, own_certificate: Certificate) -> Iterator[GuardedServer]:
    """The guarded server, with its proper certificate before and after the test."""
    yield _guarded
    if (_guarded.server.data / "server.crt").read_bytes() != own_certificate.certificate.read_bytes():
        _guarded.show(own_certificate)
