"""An address becomes SQLAlchemy's engine: its pool, its connections, the settings of its transactions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from nicu_dashboard.adapters.sql.addresses import dialling
from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.arguments import transaction_settings
from nicu_dashboard.adapters.sql.addresses.bounded import Patience
from nicu_dashboard.adapters.sql.addresses.idle import IdlingPool


def postgresql_engine(address: Address, size: int | None = None, patience: Patience | None = None) -> Engine:
    """Return the engine of a PostgreSQL address with so many connections; nothing is reached before its first use."""
    engine = create_engine(
        # The address is handed over at each connection, so that no secret is in the engine's URL or repr.
        "postgresql+psycopg://",
        use_native_hstore=False,
        poolclass=IdlingPool,
        pool_size=size or address.pool.size,
        max_overflow=0,
        pool_timeout=address.pool.wait_ms / 1_000,
        pool_recycle=address.pool.lifetime_s or -1,
        pool_use_lifo=True,  # what is not needed grows old and is closed, instead of taking turns
        pool_pre_ping=True,
        hide_parameters=True,
    )
    assert isinstance(engine.pool, IdlingPool)
    engine.pool.idle_s = address.pool.idle_ms / 1_000

    @event.listens_for(engine, "do_connect")
    def dial(_: Dialect, __: ConnectionPoolEntry, ___: list[Any], arguments: dict[str, Any]) -> dialling.Connection:
        return dialling.dial(address, patience, **arguments)

    @event.listens_for(engine, "checkout")
    def forget_reading(connection: dialling.Connection, *_: object) -> None:
        # SQLAlchemy leaves READ WRITE behind a reader, which would write where a server's keeper has forbidden it.
        if connection.read_only is not None:
            connection.read_only = None

    if settings := transaction_settings(address):
        set_local = _set_local(settings)

        @event.listens_for(engine, "begin")
        def prepare(connection: Connection) -> None:
            connection.execute(set_local)

    return engine


def _set_local(settings: Mapping[str, str]) -> TextClause:
    """Return one statement that makes all settings of a transaction, gone with it (as SET LOCAL)."""
    calls = (f"set_config('{name}', :{name}, true)" for name in settings)
    return text(f"SELECT {', '.join(calls)}").bindparams(**settings)
