"""A PostgreSQL server as it should be, with TLS and roles in order, that a test may spoil in one place."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.compliance.check import Finding
from nicu_dashboard.operations.compliance.run import CHECKS
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from nicu_dashboard.services.actor import Actor
from tests.adapters.addresses.authority import Authority, Certificate
from tests.postgres import PostgresServer

PASSWORD = "Kirsche"
KEY = "the key of the audit trail, kept away from it"
AT = int(time.time() * 1_000)
ADMIN = Actor("command line", "operator")
# What a test may change and have read again is here; the command line would win over it.
GOOD = {
    "ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl_min_protocol_version": "TLSv1.2",
    "log_connections": "on", "log_disconnections": "on", "log_line_prefix": "%m [%p] %u@%d %r ",
    "wal_level": "replica", "archive_mode": "on", "archive_command": "/bin/true",
    "password_encryption": "scram-sha-256", "log_statement": "none", "session_preload_libraries": "",
}  # fmt: skip
RULES = ("hostssl all all 127.0.0.1/32 scram-sha-256",)


@dataclass
class Clinic:
    """The server and its database; `superuser`, `app` and `audit` are the eyes to look with."""

    server: PostgresServer
    authority: Authority
    opened: list[Database] = field(default_factory=list)

    def url(self, user: str, tls: str = "verify-full") -> str:
        root = f"&sslrootcert={self.authority.certificate}" if tls == "verify-full" else ""
        return f"postgresql://{user}:{PASSWORD}@localhost:{self.server.port}/ward?sslmode={tls}{root}"

    def open(self, user: str, tls: str = "verify-full") -> Database:
        database = connect(self.url(user, tls), 2, environ={"NICU_AUDIT_KEY_FILE": str(self.key_file)})
        self.opened.append(database)
        return database

    @property
    def key_file(self) -> Path:
        return self.authority.folder / "audit.key"

    @property
    def anchor_file(self) -> Path:
        return self.authority.folder / "anchors"

    def environ(self, **more: str) -> dict[str, str]:
        own = {"NICU_AUDIT_KEY_FILE": str(self.key_file), "NICU_AUDIT_ANCHOR_FILE": str(self.anchor_file)}
        return {**own, **more}

    def scene(self, app: str = "nicu_app", auditor: str = "postgres", tls: str = "verify-full", **more: str) -> Scene:
        return Scene(self.open(app, tls), self.open(auditor), self.environ(**more), AT, remote=True)

    def look(self, check: str, scene: Scene | None = None) -> Finding:
        return CHECKS[check].look(scene or self.scene())

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def set(self, name: str, value: str | None) -> None:
        """Change a setting of the server, or put it back, and wait until it holds."""
        if value is None:
            self.run(f"ALTER SYSTEM SET {name} = '{GOOD[name]}'" if name in GOOD else f"ALTER SYSTEM RESET {name}")
        else:
            self.run(f"ALTER SYSTEM SET {name} = '{value}'")
        self.reload()

    def rules(self, *lines: str) -> None:
        (self.server.data / "pg_hba.conf").write_text("\n".join(lines or RULES) + "\n")
        self.reload()

    def show(self, certificate: Certificate) -> None:
        place(self.server, certificate)
        self.reload()

    def reload(self) -> None:
        with psycopg.connect(self.url("postgres", "require"), autocommit=True) as connection:
            before = connection.execute("SELECT pg_conf_load_time()").fetchone()
            connection.execute("SELECT pg_reload_conf()")
            for _ in range(200):
                with psycopg.connect(self.url("postgres", "require")) as other:
                    if other.execute("SELECT pg_conf_load_time()").fetchone() != before:
                        return
                time.sleep(0.02)
        pytest.fail("the server did not read its files again")

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()


def place(server: PostgresServer, certificate: Certificate) -> None:
    """Give the server its certificate and key."""
    for source, name in ((certificate.certificate, "server.crt"), (certificate.key, "server.key")):
        target = server.data / name
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)
        if server.account:
            os.chown(target, server.account.pw_uid, server.account.pw_gid)


def as_account(server: PostgresServer, program: str, *arguments: str) -> None:
    """Run one of the server's programs on its stopped data."""
    account = server.account
    done = subprocess.run(
        [str(server.bin_dir / program), *arguments], capture_output=True, text=True, cwd="/",
        user=account.pw_uid if account else None, group=account.pw_gid if account else None,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def furnish(url: str) -> None:
    """Set a store up with its roles, each with the one password."""
    store = open_store(url)
    roles.apply(store, "nicu", Report())
    store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("postgres", "nicu_app", "nicu_audit"):
            connection.execute(f"ALTER ROLE {name} PASSWORD '{PASSWORD}'".encode())


@pytest.fixture(scope="session")
def _clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    authority = Authority(tmp_path_factory.mktemp("clinic")).found()
    server = PostgresServer(settings={"listen_addresses": "127.0.0.1"})
    as_account(server, "pg_checksums", "--enable", "-D", str(server.data))
    with (server.data / "postgresql.auto.conf").open("a") as settings:
        settings.writelines(f"{name} = '{value}'\n" for name, value in GOOD.items())
    place(server, authority.sign("localhost", "server", days=300))
    clinic = Clinic(server, authority)
    clinic.key_file.write_text(KEY + "\n")
    clinic.key_file.chmod(0o600)
    try:
        server.start()
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE ward")
        furnish(server.url("ward"))
        (server.data / "pg_hba.conf").write_text("\n".join(RULES) + "\n")
        clinic.reload()
        clinic.run("SELECT pg_switch_wal()")
        people = SqlPeople(clinic.open("nicu_app"))
        people.record(ADMIN.entry(AT, "backup drill", "database", ok=True))
        yield clinic
    finally:
        clinic.close()
        server.close()


@pytest.fixture
def clinic(_clinic: Clinic) -> Iterator[Clinic]:
    """The server as it should be."""
    yield _clinic
    _clinic.close()


def later(scene: Scene, days: int) -> Scene:
    """The same scene so many days from now."""
    return replace(scene, at=scene.at + days * 86_400_000)
