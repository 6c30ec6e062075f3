"""The way from SQLite to production, followed word by word: each block of the page, in order, in one shell."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.contracts.ward import Ward
from tests.postgres import PostgresServer, programs_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "from-sqlite-to-production.md"
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
            "su postgres -c psql": psql,
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
    with pytest.raises(Exception, match=r"moved|closed"):
        open_store(f"sqlite:///{machine.folder / 'lib' / 'nicu.db'}")
