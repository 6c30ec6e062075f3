"""Opening a store: the URL becomes engines, a connection becomes a transaction whose errors are ours."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from nicu_dashboard.adapters.sql.addresses.address import Address, Purpose
from nicu_dashboard.adapters.sql.addresses.direct import direct_address
from nicu_dashboard.adapters.sql.addresses.engine import postgresql_engine
from nicu_dashboard.adapters.sql.addresses.faults import WHERE
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.audit_trail import Trail
from nicu_dashboard.adapters.sql.errors import DirectoryNotWritable, NotADatabase, translated
from nicu_dashboard.adapters.sql.seals import Seals, seals_of
from nicu_dashboard.adapters.sql.store_file import StoreFile
from nicu_dashboard.adapters.sql.units import EVERY, speak_for, units_of

_BUSY_MS = 5_000
_READERS = 8
_SQLITE_MAGIC = b"SQLite format 3\x00"
# 32 MB of log between two checkpoints: a tick of 100 cots writes about 2 MB.
_CHECKPOINT_PAGES = 8_000


class Database:
    """A store: one writing engine, one reading engine (the same on PostgreSQL), transactions with translated errors."""

    def __init__(
        self, writer: Engine, reader: Engine, where: str, address: Address, seals: Seals, file: StoreFile | None = None
    ) -> None:
        """Take the engines, the store's name in words, without secrets, the address it was opened by, what seals its
        audit trail, and its file.
        """
        self.writer, self.reader, self.where, self.address = writer, reader, where, address
        self.trail = Trail(seals)
        self._file = file

    @property
    def engine_name(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.writer.dialect.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Enter a transaction that commits at the end; on any error nothing of it is kept."""
        if self._file is not None:
            self._file.check()
        connection = None
        try:
            with self._translating(), self.writer.begin() as connection:
                yield connection
        except BaseException:
            if connection is not None:
                self.trail.undone(connection)
            raise
        self.trail.kept(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Enter a transaction that only reads."""
        with self._translating(), self.reader.begin() as connection:
            yield connection

    def claim(self) -> None:
        """Keep other servers away from a SQLite file until close(); raises StoreUnavailable when one is there."""
        if self._file is not None:
            self._file.claim()

    def close(self) -> None:
        """Close every connection."""
        self.reader.dispose()
        self.writer.dispose()
        if self._file is not None:
            self._file.release()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
            raise translated(error, self.where) from None


def connect(
    url: str,
    pool_size: int | None = None,
    connect_timeout_ms: int | None = None,
    idle_timeout_ms: int | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    purpose: Purpose | None = None,
) -> Database:
    """Return the store at a URL (`sqlite:///nicu.db`, `file:./nicu.db`, `postgresql://…`), its schema not looked at.

    What is not given is read from `environ`. Work with a `purpose` goes past a pooler, to DATABASE_DIRECT_URL. Raises
    StoreUnavailable (the message says what to do) when the URL or a SQLite file cannot be used; PostgreSQL is reached
    on first use.
    """
    given = {"DB_POOL_SIZE": pool_size, "DB_CONNECT_TIMEOUT": connect_timeout_ms, "DB_IDLE_TIMEOUT": idle_timeout_ms}
    settings = {**environ, **{name: str(value) for name, value in given.items() if value is not None}}
    address = read_address(url, settings)
    if purpose is not None:
        address = direct_address(address, settings, purpose)
    if address.dialect == "sqlite":
        path = Path(address.database).expanduser()
        return _sqlite(address, path, seals_of(environ, path))
    return _postgresql(address, units_of(environ) or (EVERY if purpose else None), seals_of(environ, None))


def _sqlite(address: Address, path: Path, seals: Seals) -> Database:
    _make_private(path)
    file_url = URL.create("sqlite", database=str(path))
    # One writing connection: writers of this process queue in the pool, and no two transactions ever race.
    writer = _sqlite_engine(file_url, "BEGIN IMMEDIATE", pool_size=1, query_only=False)
    reader = _sqlite_engine(file_url, "BEGIN", pool_size=_READERS, query_only=True)
    database = Database(writer, reader, f"The database {path.name}", address, seals, StoreFile(path))
    with database._translating(), writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA schema_version")
    return database


def _make_private(path: Path) -> None:
    """Make the file readable by its owner alone, and refuse early what is no database."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise DirectoryNotWritable(
            f"The database {path} cannot be written ({reason}); make its directory writable, or look at DATABASE_URL."
        ) from None
    if start and start != _SQLITE_MAGIC:
        raise NotADatabase(f"The file {path} is not a SQLite database; look at DATABASE_URL.")


def _sqlite_engine(url: URL, begin: str, pool_size: int, query_only: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_BUSY_MS / 1_000,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1_000, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in _pragmas(query_only):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _pragmas(query_only: bool) -> tuple[str, ...]:
    if query_only:
        return (f"busy_timeout = {_BUSY_MS}", "query_only = ON", "cache_size = -32768", "mmap_size = 1073741824")
    return (
        f"busy_timeout = {_BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # WAL with NORMAL can lose committed transactions at power loss
        "foreign_keys = ON",
        "cache_size = -65536",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        "journal_size_limit = 67108864",
    )


def _postgresql(address: Address, units: str | None, seals: Seals) -> Database:
    engine = postgresql_engine(address)
    if units:
        speak_for(engine, units)
    return Database(engine, engine.execution_options(postgresql_readonly=True), WHERE, address, seals)
