"""PgBouncer in transaction mode before a test's server."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import program
from tests.postgres import PostgresServer, free_port


@contextmanager
def pgbouncer(server: PostgresServer, size: int, mode: str = "transaction", user: str = "postgres") -> Iterator[int]:
    """Yield the port of a PgBouncer that shares `size` connections to the server among all its clients."""
    binary = program("pgbouncer")
    folder, port = Path(tempfile.mkdtemp(prefix="nicu-pgbouncer-")), free_port()
    settings = {
        "listen_addr": "127.0.0.1", "listen_port": port, "unix_socket_dir": "", "auth_type": "any",
        "pool_mode": mode, "default_pool_size": size, "max_client_conn": 200, "server_round_robin": 1,
        "server_login_retry": 1,
        "logfile": folder / "log",
    }  # fmt: skip
    lines = [
        "[databases]", f"* = host=127.0.0.1 port={server.port} user={user}", "[pgbouncer]",
        *(f"{key} = {value}" for key, value in settings.items()),
    ]  # fmt: skip
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n")
    account = server.account
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    process = subprocess.Popen(
        [binary, "-q", folder / "pgbouncer.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        user=account.pw_uid if account else None, group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("PgBouncer did not start")
