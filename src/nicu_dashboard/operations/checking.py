"""What `nicu db check` tells of a connection: who runs the server, how it is pooled, protected and limited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.direct import SETTING, direct_address
from nicu_dashboard.adapters.sql.addresses.pools import deployment, over_limit, size_reason
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import indexes
from nicu_dashboard.operations.sessions import lies_elsewhere
from nicu_dashboard.ports.tick import StoreUnavailable

_POOLED = "a pooler in transaction mode: connections are shared after each transaction"
_MODES = {"direct": "none between: every connection is the server's own", "session": "a pooler of sessions"}
# A server has a number of its own, which its standbys share, and each database on it.
_WHICH = """
SELECT (SELECT system_identifier FROM pg_control_system()),
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SERVER = """
SELECT current_setting('server_version') AS version,
       current_setting('max_connections')::int AS most,
       current_setting('superuser_reserved_connections')::int
       + coalesce(current_setting('reserved_connections', true), '0')::int AS kept,
       (SELECT sum(numbackends)::int FROM pg_stat_database) AS used,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS role_limit,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super,
       pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS takes_no_writes,
       (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls_there,
       (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls_version
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """The connection as data, what keeps readings out, what is not as it should be, advice, and the next commands."""

    connection: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


def check_connection(database: Database, environ: Mapping[str, str], workers: int) -> Checked:
    """Look at the connection of an open store; `workers` processes are to share its server. Nothing is written."""
    address = database.address
    found = Checked(_described(address, environ), [], list(address.warnings), list(address.advice))
    if database.engine_name == "postgresql":
        with database.reading() as connection:
            _judge_server(connection, address, workers, found)
        with database.reading() as connection:
            which = _which(connection)
        _judge_way_past(address, environ, which, found)
    _judge_indexes(database, found)
    return found


def _judge_indexes(database: Database, found: Checked) -> None:
    if told := lies_elsewhere(database):
        found.faults.append(told)
        return
    missing = indexes.lacking(database)
    keepers = [index.name for index in missing if index.keeper]
    if keepers:
        found.faults.append(
            f"the index {' and '.join(keepers)}, which keeps rows unique, is missing or unusable: what it guards is not"
            " written until it is made again"
        )
    if others := [index.name for index in missing if not index.keeper]:
        found.warnings.append(f"{len(others)} indexes are missing or unusable: {', '.join(others)}")
    if missing:
        found.steps.append("make what is missing, while the ward goes on: nicu db optimize")


def _described(address: Address, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the address alone tells; no host, user or password is in it."""
    pool: dict[str, Any] = {"mode": address.pool_mode, "deployment": deployment(environ).name}
    if address.dialect == "sqlite":
        return {"provider": "sqlite", "title": address.provider_title, "pool": {**pool, "why": "one file, one writer"}}
    pooled = address.pool_mode == "transaction"
    return {
        "provider": address.provider,
        "title": address.provider_title,
        "pool": {
            **pool,
            "size": address.pool.size,
            "why": size_reason(address.pool.size, environ),
            "pooler": _POOLED if pooled else _MODES[address.pool_mode],
        },
        "tls": {"demanded": address.tls, "sslmode": address.sslmode},
        "preparedStatements": _prepared(address),
    }


def _prepared(address: Address) -> str:
    if address.prepare_threshold is None:
        because = "a pooler in transaction mode" if address.pool_mode == "transaction" else "statement_cache_size=0"
        return f"never ({because})"
    return f"after {address.prepare_threshold} uses"


def _judge_server(connection: Connection, address: Address, workers: int, found: Checked) -> None:
    row = connection.exec_driver_sql(_SERVER).one()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    found.connection["server"] = {"version": row.version.split()[0], "superuser": row.super}
    # Behind a pooler the server tells of the pooler's hop; ours is what the driver knows.
    found.connection["tls"] |= {"inUse": bool(driver.pgconn.ssl_in_use), "version": row.tls_version}
    asked = workers * address.pool.size
    found.connection["limits"] = {
        "maxConnections": row.most, "reserved": row.kept, "inUse": row.used, "workers": workers, "asked": asked,
    }  # fmt: skip
    _judge_limits(row, address, workers, found)
    if row.takes_no_writes:
        found.faults.append("it takes no writes (a standby, or default_transaction_read_only is on)")
        found.steps.append("name the primary in DATABASE_URL, or let this user's transactions write")
    if row.super:
        found.warnings.append("the program works as a superuser, which no policy or right binds")
        found.steps.append("make roles with least privilege, then use nicu_app in DATABASE_URL: nicu db roles --apply")


def _judge_limits(row: Any, address: Address, workers: int, found: Checked) -> None:
    if address.pool_mode == "transaction":
        return  # the pooler shares the server's connections among its clients
    if short := over_limit(workers, address.pool.size, row.most, row.kept):
        found.warnings.append(short)
    elif 0 <= row.role_limit < workers * address.pool.size:
        found.warnings.append(
            f"this role may hold {row.role_limit} connections and the pools may ask for"
            f" {workers * address.pool.size}; ALTER ROLE … CONNECTION LIMIT, or lower DB_POOL_SIZE"
        )


def _which(connection: Connection) -> tuple[Any, ...] | None:
    """Return what tells one database from every other, None where this user may not know."""
    try:
        with connection.begin_nested():
            return tuple(connection.exec_driver_sql(_WHICH).one())
    except DBAPIError:
        return None


def _judge_way_past(
    address: Address, environ: Mapping[str, str], which: tuple[Any, ...] | None, found: Checked
) -> None:
    """Say whether migrations and LISTEN have a way to the server itself, and to the same database."""
    try:
        direct = direct_address(address, environ, "migrations")
    except AddressFault as fault:
        found.connection["direct"] = False
        found.warnings.append(str(fault).rstrip("."))
        found.steps.append(f"set {SETTING}, for nicu db upgrade and the other care of the database")
    else:
        found.connection["direct"] = True
        if environ.get(SETTING) or environ.get(f"{SETTING}_FILE"):
            _judge_direct(direct, which, found)


def _judge_direct(direct: Address, which: tuple[Any, ...] | None, found: Checked) -> None:
    try:
        with dial(direct) as connection:
            there = connection.execute(_WHICH).fetchone()
    except psycopg.Error:  # this user may not know
        return
    except StoreUnavailable as fault:
        found.connection["direct"] = False
        found.warnings.append(f"{SETTING}: {fault}".rstrip("."))
        return
    if which is not None and there != which:
        found.faults.append(f"{SETTING} leads to another database: upgrades and copies would be that one's")
        found.steps.append(f"name the same database in DATABASE_URL and {SETTING}")
