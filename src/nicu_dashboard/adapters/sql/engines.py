"""Opening a store: the URL becomes engines, a connection becomes a transaction whose errors are ours."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from nicu_dashboard.adapters.sql.addresses.address import Address, Purpose
from nicu_dashboard.adapters.sql.addresses.bounded import Patience
from nicu_dashboard.adapters.sql.addresses.direct import direct_address
from nicu_dashboard.adapters.sql.addresses.engine import postgresql_engine
from nicu_dashboard.adapters.sql.addresses.faults import WHERE
from nicu_dashboard.adapters.sql.addresses.pools import IDLE_TIMEOUT_MS
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.audit_trail import Trail
from nicu_dashboard.adapters.sql.errors import DirectoryNotWritable, NotADatabase, translated
from nicu_dashboard.adapters.sql.fuse import Fuse
from nicu_dashboard.adapters.sql.peeking import first_bytes
from nicu_dashboard.adapters.sql.seals import Seals, seals_of
from nicu_dashboard.adapters.sql.store_file import StoreFile
from nicu_dashboard.adapters.sql.units import EVERY, speak_always, speak_for, units_of

_BUSY_MS = 5_000
_READERS = 8
_SQLITE_MAGIC = b"SQLite format 3\x00"
# 32 MB of log between two checkpoints: a tick of 100 cots writes about 2 MB.
_CHECKPOINT_PAGES = 8_000


# An answer to a statement of the alarm path that takes longer than this will not come; one of a person may take as
# long as the server itself lets it.
_TICK_S, _STATEMENT_S = 3.0, 65.0

# Of a server: the engines to write with, to read with, and the alarm path's own; `Patience` is for the first two.
Split = Callable[[Patience], tuple[Engine, Engine, Engine]]


class Database:
    """A store: one writing engine, one reading engine (the same on PostgreSQL), transactions with translated errors.

    On PostgreSQL the alarm path has an engine of one connection to itself, so that nobody can take it away.
    """

    def __init__(
        self,
        writer: Engine,
        reader: Engine,
        where: str,
        address: Address,
        seals: Seals,
        file: StoreFile | None = None,
        split: Split | None = None,
    ) -> None:
        """Take the engines, the store's name in words, without secrets, the address it was opened by, what seals its
        audit trail, and its file; `split` makes the engines of a server.
        """
        self.writer, self.reader, self.where, self.address = writer, reader, where, address
        self.ticker = writer
        self.trail = Trail(seals)
        self._file, self._split = file, split
        self._fuse: Fuse | None = None

    @property
    def engine_name(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.writer.dialect.name

    @property
    def is_silent(self) -> bool:
        """Return whether the server is known not to answer, since somebody asked in vain."""
        return self._fuse is not None and self._fuse.blown

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Enter a transaction that commits at the end; on any error nothing of it is kept."""
        if self._file is not None:
            self._file.check()
        with self._asking(), self._transaction(self.writer) as connection:
            yield connection

    @contextmanager
    def ticking(self) -> Iterator[Connection]:
        """Enter a transaction of the alarm path: like writing(), on its own connection, and tried in any case."""
        if self._file is not None:
            self._file.check()
        with self._watching(), self._translating(), self._transaction(self.ticker) as connection:
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        """Enter a writing transaction and tell the audit trail how it ended."""
        connection = None
        try:
            with engine.begin() as connection:
                yield connection
        except BaseException:
            if connection is not None:
                self.trail.undone(connection)
            raise
        self.trail.kept(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Enter a transaction that only reads."""
        with self._asking(), self.reader.begin() as connection:
            yield connection

    def serve(self) -> None:
        """Work from now on as a server must: one connection is the alarm path's own, and nobody waits in vain."""
        if self._split is None or self._fuse is not None:
            return
        self.writer.dispose()
        self._fuse = fuse = Fuse()
        self.writer, self.reader, self.ticker = self._split(Patience(_STATEMENT_S, lambda: fuse.blown))

    def claim(self) -> None:
        """Keep other servers away from a SQLite file until close(); raises StoreUnavailable when one is there."""
        if self._file is not None:
            self._file.claim()

    def close(self) -> None:
        """Close every connection."""
        for engine in (self.reader, self.writer, self.ticker):
            engine.dispose()
        if self._file is not None:
            self._file.release()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if self._fuse is not None:
            self._fuse.refuse()
        with self._watching(), self._translating():
            yield

    def _watching(self) -> AbstractContextManager[None]:
        return nullcontext() if self._fuse is None else self._fuse.watching()

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
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        start = first_bytes(path, len(_SQLITE_MAGIC))
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
    engine = _engine(address, units, address.pool.size, Patience())

    def split(patience: Patience) -> tuple[Engine, Engine, Engine]:
        writer = _engine(address, units, max(1, address.pool.size - 1), patience)
        return writer, _reading_only(writer), _of_program(_of_alarms(address), units)

    return Database(engine, _reading_only(engine), WHERE, address, seals, split=split)


def _engine(address: Address, units: str | None, size: int, patience: Patience) -> Engine:
    engine = postgresql_engine(address, size, patience)
    speak_for(engine, units)
    return engine


def _of_program(address: Address, units: str | None) -> Engine:
    """Return the alarm path's engine: whoever asks meanwhile, the program speaks there for itself."""
    engine = postgresql_engine(address, 1, Patience(_TICK_S))
    if units:
        speak_always(engine, units)
    return engine


def _of_alarms(address: Address) -> Address:
    """Return the address as the alarm path calls: under a name of its own, and in haste."""
    name = f"{address.options.get('application_name', 'nicu-dashboard')} alarms"
    haste = min(address.pool.connect_timeout_s, round(_TICK_S))
    # Used every second by an engine: a short DB_IDLE_TIMEOUT must not have it call anew while others take all places.
    kept = max(address.pool.idle_ms, IDLE_TIMEOUT_MS)
    pool = replace(address.pool, connect_timeout_s=haste, idle_ms=kept)
    return replace(address, options={**address.options, "application_name": name}, pool=pool, hasty=True)


def _reading_only(engine: Engine) -> Engine:
    return engine.execution_options(postgresql_readonly=True)
