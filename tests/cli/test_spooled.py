"""A start without its database says what waits for it."""

import subprocess
from pathlib import Path

from nicu_dashboard.adapters.spool import FolderSpool
from nicu_dashboard.ports.tick import Tick, VitalsRow
from tests.cli.conftest import NICU, clean_environment
from tests.postgres import free_port


def test_a_start_without_postgresql_is_refused_in_one_line_that_says_how_much_is_kept(tmp_path: Path) -> None:
    spool = FolderSpool(tmp_path / "spool", 1_000_000)
    spool.claim("there")
    spool.append(1, Tick(readings=[VitalsRow(1, 1, at, at, {"spo2": 94.0}) for at in range(1_200)]), 1)
    spool.close()
    url = f"postgresql://nicu@127.0.0.1:{free_port()}/nicu"
    done = subprocess.run(
        [NICU, "serve", "--port", "0"],
        cwd=tmp_path,
        env=clean_environment(DATABASE_URL=url, NICU_SPOOL_DIR=str(tmp_path / "spool")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "nicu: The PostgreSQL database: nothing answers at this host and port; start the server, or look at"
        " DATABASE_URL; 1,200 readings in the spool are kept until the database is back"
    ]
