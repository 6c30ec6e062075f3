"""The way from SQLite to production, followed word by word: each block of the page, in order, in one shell."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.cli.conftest import program
from tests.conftest import program as installed
from tests.contracts.ward import Ward
from tests.deploy.test_linters import DEPLOY, passes
from tests.postgres import PostgresServer, programs_of

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGE = PAGES / "from-sqlite-to-production.md"
CONNECT = PAGES / "connect-postgresql.md"
READINGS = 300


@dataclass
class Machine:
    """A machine of its own: folders in place of the page's, a server on a free port."""

    folder: Path
    server: PostgresServer

    def here(self, text: str) -> str:
        """The page's words with this machine's places."""
        psql = f"{self.server.bin_dir}/psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p {self.server.port} -U postgres"
        places = {
            "su - postgres -c psql": psql,
            "127.0.0.1:5432": f"127.0.0.1:{self.server.port}",
            "/etc/nicu": f"{self.folder}/etc",
            "/var/lib/nicu": f"{self.folder}/lib",
            "/var/backups/nicu": f"{self.folder}/backups",
        }
        for written, place in places.items():
            text = text.replace(written, place)
        return text


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Debian's server, which asks for passwords as it does after its installation, and a trial on SQLite."""
    server = PostgresServer(programs=programs_of("oldest"))
    try:
        server.start()
        for name in ("etc", "lib", "backups"):
            (tmp_path / name).mkdir()
        trial = open_store(f"sqlite:///{tmp_path / 'lib' / 'nicu.db'}")
        ward = Ward(trial)
        ward.store(*(ward.reading(second, heart_rate=140 + second % 9, spo2=95) for second in range(READINGS)))
        trial.close()
        assert (
            program("audit", "anchor", cwd=tmp_path / "lib", DATABASE_URL=f"sqlite:///{tmp_path}/lib/nicu.db").code == 0
        )
        made = Machine(tmp_path, server)
        rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (server.data / "pg_hba.conf").write_text(rules)
        server.restart()
        yield made
    finally:
        server.close()


def test_the_page_is_followed_to_its_end(machine: Machine) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    script = "set -eu\n" + "\n".join(machine.here(block) for block in blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=machine.folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:{machine.server.bin_dir}:{os.environ['PATH']}",
            "HOME": str(machine.folder),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert said.count("works as a superuser") == 1  # as nicu_care, and not as nicu_app
    assert re.search(r"\.dump", said)
    assert len(list((machine.folder / "backups").glob("*.dump"))) == 1
    # The program's group reads all of it once `chown root:nicu` has given it to that group, and nobody else does.
    modes = {file.name: file.stat().st_mode & 0o777 for file in (machine.folder / "etc").iterdir()}
    assert set(modes.values()) == {0o640}, modes
    kept = (machine.folder / "etc" / "care.password").read_text().strip()
    assert kept not in said
    assert "1 anchor, 0 faults" in said
    with pytest.raises(Exception, match=r"moved|closed"):
        open_store(f"sqlite:///{machine.folder / 'lib' / 'nicu.db'}")


def test_a_server_on_another_machine_gets_its_certificate_and_is_verified(machine: Machine, tmp_path: Path) -> None:
    server, account = machine.server, machine.server.account
    (block,) = re.findall(r"^```sh\n(.*?)^```", CONNECT.read_text(), re.MULTILINE | re.DOTALL)
    tls = server.folder / "tls"
    here = machine.here(block)
    for written, place in {
        "-o postgres ": f"-o {account.pw_name} " if account else "",
        "chown postgres ": f"chown {account.pw_name} " if account else "true ",
        "/etc/postgresql/tls": str(tls),
        "/etc/postgresql/15/main": str(server.data),
        "10.0.0.7/32": "127.0.0.1/32",
        "systemctl restart postgresql": "",
    }.items():
        assert written in here
        here = here.replace(written, place)
    done = subprocess.run(["bash", "-euc", here], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    server.execute(sql.SQL("CREATE ROLE nicu_app LOGIN PASSWORD 'Kirsch'"))
    server.execute(sql.SQL("CREATE DATABASE nicu OWNER nicu_app"))
    rules = (server.data / "pg_hba.conf").read_text().splitlines()
    (server.data / "pg_hba.conf").write_text("\n".join([rules[0], rules[-1]]) + "\n")
    server.restart()
    way = f"postgresql://nicu_app:Kirsch@{{}}:{server.port}/nicu?sslmode=verify-full&sslrootcert={tls}/authority.pem"
    (tls / "authority.pem").rename(tmp_path / "ca.pem")
    way = way.replace(f"{tls}/authority.pem", f"{tmp_path}/ca.pem") + "&hostaddr=127.0.0.1"
    told = program("db", "check", "--json", cwd=tmp_path, DATABASE_URL=way.format("db.example.org"))
    assert (told.code, '"inUse": true' in told.out) == (0, True), told.err
    told = program("db", "check", cwd=tmp_path, DATABASE_URL=way.format("other.example.org"))
    assert (told.code, "its certificate is for another host name" in told.err) == (2, True)
    plain = way.format("db.example.org").replace("verify-full", "disable")
    told = program("db", "check", cwd=tmp_path, DATABASE_URL=plain, NICU_ALLOW_INSECURE_DATABASE="1")
    assert (told.code, "sslmode=verify-full" in told.err) == (2, True)


def test_the_proxys_file_is_made_by_the_words_of_the_page(tmp_path: Path) -> None:
    (line,) = re.findall(r"^(sed .*) > /etc/caddy/Caddyfile$", PAGE.read_text(), re.MULTILINE)
    words = line.replace("/opt/nicu/deploy", str(DEPLOY))
    made = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True).stdout
    assert "nicu.example.org {" in made
    assert "reverse_proxy 127.0.0.1:8000 {" in made
    (tmp_path / "Caddyfile").write_text(made)
    passes(installed("caddy"), "validate", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile")
