"""What the compose file does inside its containers, done here with a real server: secrets, TLS, roles, care."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.cli.conftest import program
from tests.deploy.test_linters import DEPLOY
from tests.postgres import PostgresServer

FOLDER = DEPLOY / "container"


@dataclass
class Prepared:
    """The folder after prepare.sh, and the server as start-server.sh would start it."""

    folder: Path
    server: PostgresServer

    def url(self, name: str) -> str:
        """A URL of the secrets, led to this machine; the name that the certificate must hold stays db."""
        url = (self.folder / "secrets" / name).read_text()
        here = url.replace("/run/secrets/authority", str(self.folder / "secrets" / "authority.pem"))
        return here.replace("@db/", f"@db:{self.server.port}/") + "&hostaddr=127.0.0.1"


def script(path: Path, *arguments: str, **environment: str) -> None:
    """Run a shell script of the folder."""
    done = subprocess.run(
        ["sh", path, *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A server with the compose file's certificate, database and first roles."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(FOLDER / "prepare.sh", folder)
    script(folder / "prepare.sh", "nicu.example.org")
    secrets = folder / "secrets"
    server = PostgresServer(settings={"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"})
    for source, name in (("db.pem", "server.crt"), ("db.key", "server.key")):
        shutil.copy(secrets / source, server.data / name)
        (server.data / name).chmod(0o600)
        if account := server.account:
            os.chown(server.data / name, account.pw_uid, account.pw_gid)
    try:
        server.start()
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE nicu")
        _make_roles(folder, server)
        rules = server.data / "pg_hba.conf"
        rules.write_text("hostssl all all all scram-sha-256\n")
        with psycopg.connect(server.url("nicu"), autocommit=True) as connection:
            password = (secrets / "postgres-password").read_text()
            connection.execute(f"ALTER ROLE postgres PASSWORD '{password}'".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield Prepared(folder, server)
    finally:
        server.close()


def _make_roles(folder: Path, server: PostgresServer) -> None:
    """Run roles.sh with the paths of this machine in place of the container's."""
    text = (FOLDER / "roles.sh").read_text().replace("/run/secrets", str(folder / "secrets"))
    (folder / "roles.sh").write_text(text)
    (server.data / "pg_hba.conf").write_text("host all all all trust\n")
    path = f"{server.bin_dir}:{os.environ['PATH']}"
    script(folder / "roles.sh", PGHOST="127.0.0.1", PGPORT=str(server.port), PGDATA=str(server.data), PATH=path)
    assert (server.data / "pg_hba.conf").read_text().startswith("hostssl all all all scram-sha-256")


def test_secrets_are_for_their_owner_alone_and_are_kept(prepared: Prepared) -> None:
    files = sorted((prepared.folder / "secrets").iterdir())
    before = {path.name: path.read_bytes() for path in files}
    script(prepared.folder / "prepare.sh", "nicu.example.org")
    assert {path.name: path.read_bytes() for path in files} == before
    assert [path.name for path in files if path.suffix in {".key", ""} and path.stat().st_mode & 0o077] == []


def test_the_care_service_makes_a_database_for_the_least_privilege(prepared: Prepared, tmp_path: Path) -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    (line,) = compose["services"]["care"]["command"]
    care = {"DATABASE_URL": prepared.url("care-url"), "NICU_AUDIT_KEY_FILE": str(prepared.folder / "secrets/audit.key")}
    for _ in range(2):  # it runs again at every start
        for command in line.split(" && "):
            told = program(*command.removeprefix("nicu ").split(), cwd=tmp_path, **care)
            assert told.code == 0, told.err
    keys = {f"NICU_{name}": str(prepared.folder / "secrets" / file)
            for name, file in (("AUDIT_KEY_FILE", "audit.key"), ("SECRET_KEY_FILE", "secret.key"))}  # fmt: skip
    app = {"DATABASE_URL": prepared.url("database-url"), **keys}
    told = program("cot", "add", "NICU-01", cwd=tmp_path, **app)
    assert told.code == 0, told.err
    told = program("db", "check", "--json", cwd=tmp_path, **app)
    assert told.code == 0, told.err
    assert '"inUse": true' in told.out
    assert "superuser, which" not in told.out


def test_without_tls_nobody_gets_in(prepared: Prepared, tmp_path: Path) -> None:
    plain = re.sub(r"sslmode=[a-z-]+", "sslmode=disable", prepared.url("database-url"))
    told = program("db", "check", cwd=tmp_path, DATABASE_URL=plain)
    assert told.code == 2
