"""The PostgreSQL side: connecting, and refusing a target that cannot take the data."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import psycopg
from psycopg.conninfo import conninfo_to_dict

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.faults import SENTENCES, ConnectFault
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.migration.errors import TargetRefused
from nicu_dashboard.migration.names import POSTGRES_NAME_BYTES
from nicu_dashboard.migration.room import advice_of, refusal_of, room_for

OLDEST_SERVER = 140000
PLAIN_SESSION = """
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0;
SET idle_session_timeout = 0; SET standard_conforming_strings = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres'; SET quote_all_identifiers = off; SET default_transaction_isolation = 'read committed';
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'
"""
"""A role, database or server may set these otherwise: then a literal would mean something else, a rule would read
otherwise than it was noted, and a long stretch or a connection that waits would be cut off."""
FIRM_COMMITS = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
"""The source is closed on the word of a commit, so a crash of the server must not take one back."""
HERE = {
    "pooler refuses a setting": "a connection pooler answers there, which no move trusts; name the server itself",
    "too many connections": "it has no connection left; end others, take fewer --workers, or raise max_connections",
    "unreachable": "nothing is known of why; look at DATABASE_URL, the network and the server",
}
"""What is said otherwise where the address stands on the command line and no pool is in play."""
WRITTEN_AS = "Write it as postgresql://USER:PASSWORD@HOST/DATABASE."
POOLER_HOSTS = (".pooler.supabase.com", ".proxy-", "-pooler.")
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class TargetFacts:
    """What a look at the target has found: what speaks against it, and what could not be looked at."""

    server: str
    refusals: tuple[str, ...]
    advice: tuple[str, ...] = ()


def connect(url: str, name: str = "nicu migrate", side: str = "target") -> Connection:
    """Connect outside autocommit, with no time limit on statements; raises TargetRefused without the password.

    `side` is what the database is to the person: the target, or on the way back the source.
    """
    try:
        address = read_address(url, os.environ, side.upper())
        if address.dialect != "postgresql":
            raise TargetRefused(f"the {side} is not a PostgreSQL address.", WRITTEN_AS)
        connection = dial(replace(address, patient=True), application_name=name, prepare_threshold=None)
    except AddressFault as fault:
        said = str(fault).partition("; write sqlite:")[0].removesuffix(".")
        raise TargetRefused(f"the {side}'s address cannot be used: {said}.", WRITTEN_AS) from None
    except ConnectFault as fault:
        raise _unreachable(fault, side) from None
    try:
        connection.execute(PLAIN_SESSION)
        connection.execute(FIRM_COMMITS)
        connection.execute("SET nicu.units = '*'")  # where row level security judges by it: a move sees every row
        connection.commit()
        _refuse_pooler(connection, side)
    except TargetRefused:
        connection.close()
        raise
    except psycopg.Error as error:
        connection.close()
        raise TargetRefused(f"the {side} refuses session settings: {error.diag.message_primary}.") from None
    return connection


def _unreachable(fault: ConnectFault, side: str) -> TargetRefused:
    said = HERE.get(fault.kind, SENTENCES[fault.kind]).replace("DATABASE_URL", f"the {side}'s address")
    cause, _, remedy = said.partition("; ")
    return TargetRefused(f"the {side} cannot be used: {cause}.", f"{remedy[:1].upper()}{remedy[1:]}.")


def look_at_target(connection: Connection, schema: str, source_bytes: int, resuming: bool) -> TargetFacts:
    """Return what speaks against this target, all of it at once; changes nothing."""
    row = connection.execute(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
        " current_setting('server_encoding'), pg_is_in_recovery(),"
        " has_database_privilege(current_database(), 'CREATE'),"
        " (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = %s),"
        " format('%%I TO %%I', current_database(), current_user), format('%%I TO %%I', %s::text, current_user),"
        " current_setting('transaction_read_only')",
        (schema, schema),
    ).fetchone()
    number, version, encoding, standby, may_create, may_fill, in_database, in_schema, reads_only = row or (0,) * 9
    said = _of_schema(schema)
    if int(str(number)) < OLDEST_SERVER:
        said.append(f"PostgreSQL {version} is too old: 14 or newer is needed")
    if encoding != "UTF8":
        said.append(f"the database is encoded in {encoding}: create it with ENCODING 'UTF8'")
    if standby:
        said.append("the server is a standby that takes no writes: name the primary")
    if reads_only == "on" and not standby:
        said.append("its transactions are read-only: RESET default_transaction_read_only for the role and the database")
    if not may_create:
        said.append(f"the role may not create the schema nicu_migration: GRANT CREATE ON DATABASE {in_database}")
    if may_fill is False:
        said.append(f"the role may not create tables in the schema {schema}: GRANT CREATE ON SCHEMA {in_schema}")
    tables = [] if resuming else _tables_in(connection, schema)
    if tables:
        full = f"the schema {schema} is not empty ({len(tables)} table(s), {tables[0]} among them)"
        said.append(f"{full}: empty it, or name another with --schema")
    room = room_for(connection)
    said += refusal_of(room, source_bytes)
    connection.rollback()
    return TargetFacts(f"PostgreSQL {version}", tuple(said), tuple(advice_of(room, source_bytes)))


def _of_schema(schema: str) -> list[str]:
    """Return what speaks against the name of the schema alone."""
    if schema == "nicu_migration":
        return ["the schema nicu_migration holds the journal of the move: name another with --schema"]
    if not schema or schema.startswith("pg_") or len(schema.encode()) > POSTGRES_NAME_BYTES:
        return [f"{schema!r} can be no schema of yours in PostgreSQL: name another with --schema"]
    return []


def _refuse_pooler(connection: Connection, side: str) -> None:
    host = str(conninfo_to_dict(connection.info.dsn).get("host", ""))
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    if row != (connection.info.backend_pid,) or any(part in host for part in POOLER_HOSTS):
        raise TargetRefused(
            f"the {side}'s address is a connection pooler's, through which no move is safe.",
            "Name the server's own address, such as that in DATABASE_DIRECT_URL.",
        )


def _tables_in(connection: Connection, schema: str) -> list[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS"
        " (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1",
        (schema,),
    ).fetchall()
    return [str(name) for (name,) in rows]
