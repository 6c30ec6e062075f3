"""A move onto a disk that others fill up meanwhile: `python -m tests.migration.full_disk SOURCE FOLDER`.

Runs in a mount namespace and prints the report of each start as a line of JSON. The disk holds the server's tables and
its write-ahead log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from psycopg import sql

from nicu_dashboard.migration import api
from nicu_dashboard.migration.progress import Silent
from tests.postgres import PostgresServer

OPTIONS = api.Options(as_is=True, workers=2, chunk_rows=2_000, lane="plain")
LEFT_BYTES = 20_000_000


class SomebodyElse(Silent):
    """Fills the disk but for LEFT_BYTES when the rows begin to come."""

    def __init__(self, ballast: Path) -> None:
        self.ballast = ballast

    def start(self, stage: str, total: int, unit: str) -> None:
        """Write the ballast."""
        if stage == "copy":
            fill(self.ballast, LEFT_BYTES)


def main(source: str, folder: str) -> None:
    """Refuse a small disk; fill a large one, make room, go on, verify; then look at tablespaces on other disks."""
    mount(folder, "80m")
    ballast = Path(folder) / "ballast"
    server = PostgresServer(folder=Path(folder) / "server")
    server.start()
    try:
        with server.database() as url:
            tell(api.run(source, url, OPTIONS).to_dict())
            subprocess.run(["mount", "-o", "remount,size=400m", folder], check=True)
            broken = api.run(source, url, OPTIONS, SomebodyElse(ballast))
            tell(broken.to_dict() | {"really": "No space left on device" in server.log.read_text()})
            ballast.unlink()
            server.restart()
            tell(api.run(source, url, OPTIONS).to_dict())
            tell(api.verify(source, url, api.Options(as_is=True, thorough=True)).to_dict())
        make_tablespaces(server, Path(folder))
        fill(ballast, 5 * LEFT_BYTES)
        for where in ("SET TABLESPACE roomy", "SET default_tablespace = roomy"):
            tell(planned(server, source, where))
        subprocess.run(["mount", "-o", "remount,size=800m", folder], check=True)
        for where in ("SET TABLESPACE narrow", "SET default_tablespace = narrow"):
            tell(planned(server, source, where))
    finally:
        server.stop()


def fill(ballast: Path, left_bytes: int) -> None:
    """Fill a disk but for what is left."""
    disk = os.statvfs(ballast.parent)
    ballast.write_bytes(bytes(disk.f_bavail * disk.f_frsize - left_bytes))


def make_tablespaces(server: PostgresServer, folder: Path) -> None:
    """Make a tablespace with room for the source on a disk of its own, and one without."""
    for name, size in (("roomy", "400m"), ("narrow", "40m")):
        (folder / name).mkdir()
        mount(str(folder / name), size)
        place = folder / name / "server"
        if server.account:
            os.chown(place, server.account.pw_uid, server.account.pw_gid)
        server.execute(sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(name), str(place)))


def planned(server: PostgresServer, source: str, where: str) -> dict[str, object]:
    """Return the plan for a new database whose tables go where this says."""
    with server.database() as url:
        server.execute(sql.SQL("ALTER DATABASE {} {}").format(sql.Identifier(url.rpartition("/")[2]), sql.SQL(where)))
        return api.plan(source, url, OPTIONS).to_dict()


def mount(folder: str, size: str) -> None:
    """Make a disk of this size in a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", folder], check=True)
    (Path(folder) / "server").mkdir()


def tell(report: object) -> None:
    """Print a line for the test."""
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
