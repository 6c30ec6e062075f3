"""The shadow table of a conversion: how it is made like `vitals`, kept the same, and put in its place."""

import re
import time
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.operations.optimizing import partitions
from nicu_dashboard.operations.optimizing.periods import Period
from nicu_dashboard.operations.sessions import CannotCare

SHADOW, BEFORE = "vitals_next", "vitals_before"
_SEQUENCE = "vitals_id_seq"
# What has a name of its own in the schema: pk_vitals becomes pk_vitals_next on the shadow, pk_vitals_before later.
_CONSTRAINTS = """
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = to_regclass('{table}') AND contype IN ('p', 'u', 'f') ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid
WHERE indrelid = to_regclass('{table}')
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid AND contype <> 'f')
ORDER BY 1
"""
_STRANGERS = """
SELECT 'the trigger ' || tgname FROM pg_trigger
WHERE tgrelid = to_regclass('vitals') AND NOT tgisinternal AND tgname NOT LIKE 'nicu_mirror_%'
UNION ALL SELECT 'the rule ' || rulename FROM pg_rewrite WHERE ev_class = to_regclass('vitals')
UNION ALL SELECT 'the foreign key ' || conname FROM pg_constraint WHERE confrelid = to_regclass('vitals')
UNION ALL SELECT DISTINCT 'the view ' || ev_class::regclass::text FROM pg_depend
JOIN pg_rewrite ON pg_rewrite.oid = objid
WHERE classid = 'pg_rewrite'::regclass AND refobjid = to_regclass('vitals') AND ev_class <> to_regclass('vitals')
  AND ev_class NOT IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('nicu_migration'))
UNION ALL SELECT 'the publication ' || pubname FROM pg_publication_rel
JOIN pg_publication ON pg_publication.oid = prpubid
WHERE prrelid = to_regclass('vitals')
UNION ALL SELECT 'the table ' || inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass('vitals')
"""
# What a move left to know later what it had moved: it follows the table.
_VIEWS_OF_A_MOVE = """
SELECT DISTINCT c.oid::regclass::text, pg_get_viewdef(c.oid), c.oid FROM pg_depend
JOIN pg_rewrite ON pg_rewrite.oid = objid JOIN pg_class AS c ON c.oid = ev_class
WHERE classid = 'pg_rewrite'::regclass AND refobjid = to_regclass('vitals')
  AND c.relnamespace = to_regnamespace('nicu_migration') ORDER BY c.oid
"""
_MIRRORS = {
    "insert": (
        "INSERT",
        "REFERENCING NEW TABLE AS fresh",
        f"INSERT INTO {SHADOW} ({{columns}}) SELECT {{columns}} FROM fresh;",
    ),
    "update": (
        "UPDATE",
        "REFERENCING OLD TABLE AS stale NEW TABLE AS fresh",
        f"DELETE FROM {SHADOW} USING stale WHERE {SHADOW}.id = stale.id AND {SHADOW}.recorded_at = stale.recorded_at;"
        f" INSERT INTO {SHADOW} ({{columns}}) SELECT {{columns}} FROM fresh;",
    ),
    "delete": (
        "DELETE",
        "REFERENCING OLD TABLE AS stale",
        f"DELETE FROM {SHADOW} USING stale WHERE {SHADOW}.id = stale.id AND {SHADOW}.recorded_at = stale.recorded_at;",
    ),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What `vitals` is to become: partitions of a period, or (hypertable) chunks that TimescaleDB makes itself."""

    period: Period
    starts: tuple[int, ...]
    hypertable: bool = False


def must_be_ours_alone(connection: Connection) -> None:
    """Raise CannotCare where something of somebody else hangs on `vitals`, which a swap would leave behind."""
    found = connection.exec_driver_sql(_STRANGERS).scalars().all()
    if found:
        raise CannotCare(f"{found[0]} depends on the table vitals; drop it first and make it again afterwards")


def prepare(connection: Connection, shape: Shape) -> None:
    """Make the empty shadow with its partitions, indexes, owner and rights; nothing of the ward's is locked."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {SHADOW}")
    _create(connection, shape)
    _like_vitals(connection)


def tie(connection: Connection) -> None:
    """Give the shadow the foreign keys of `vitals`; the tables they name take no writes for this moment."""
    for name, kind, definition in connection.exec_driver_sql(_CONSTRAINTS.format(table="vitals")).all():
        if kind == "f":
            text = definition.replace(" NOT VALID", "")
            connection.exec_driver_sql(f"ALTER TABLE {SHADOW} ADD CONSTRAINT {name}_next {text}")


def mirror(connection: Connection) -> int:
    """Begin to mirror every change of `vitals`; return the last id to copy."""
    connection.exec_driver_sql("LOCK TABLE vitals IN SHARE ROW EXCLUSIVE MODE")
    listed = columns(connection)
    for name, (event, tables, body) in _MIRRORS.items():
        connection.exec_driver_sql(
            f"CREATE FUNCTION nicu_mirror_{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            f" SET search_path FROM CURRENT AS $$ BEGIN {body.format(columns=listed)} RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER nicu_mirror_{name} AFTER {event} ON vitals {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION nicu_mirror_{name}()"
        )
    last = int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM vitals").scalar_one())
    connection.exec_driver_sql(note(0, last))
    return last


def note(done: int, last: int) -> str:
    """Return the statement that notes on the shadow how far copying is."""
    return f"COMMENT ON TABLE {SHADOW} IS 'copied up to id {done} of {last}'"


def columns(connection: Connection) -> str:
    """Return the columns of `vitals`, in their order, as a list in SQL."""
    return str(
        connection.exec_driver_sql(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = to_regclass('vitals') AND attnum > 0 AND NOT attisdropped"
        ).scalar_one()
    )


def swap(connection: Connection) -> float:
    """Put the shadow in the place of `vitals`; return for how many milliseconds the table was held."""
    connection.exec_driver_sql("LOCK TABLE vitals IN ACCESS EXCLUSIVE MODE")
    began = time.perf_counter()
    following = connection.exec_driver_sql(
        f"SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {_sequence(connection)}"
    ).scalar_one()
    _stop_mirroring(connection)
    views = connection.exec_driver_sql(_VIEWS_OF_A_MOVE).all()
    for name, _, _ in reversed(views):
        connection.exec_driver_sql(f"DROP VIEW {name}")
    _rename_parts(connection, "vitals", "", "_before")
    _rename_parts(connection, SHADOW, "_next", "")
    for statement in (
        f"ALTER TABLE vitals RENAME TO {BEFORE}",
        f"ALTER TABLE {SHADOW} RENAME TO vitals",
        "COMMENT ON TABLE vitals IS NULL",
        f"ALTER TABLE vitals ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH {following})",
        *(f"CREATE VIEW {name} AS {definition}" for name, definition, _ in views),
    ):
        connection.exec_driver_sql(statement)
    return (time.perf_counter() - began) * 1_000


def drop_before(connection: Connection) -> None:
    """Drop the table that was `vitals`, and give its sequence's name to the new one."""
    connection.exec_driver_sql(f"DROP TABLE {BEFORE}")
    name = _sequence(connection)
    if not name.endswith(_SEQUENCE):
        connection.exec_driver_sql(f"ALTER SEQUENCE {name} RENAME TO {_SEQUENCE}")


def remove(connection: Connection) -> None:
    """Stop mirroring and drop the shadow."""
    connection.exec_driver_sql("LOCK TABLE vitals IN SHARE ROW EXCLUSIVE MODE")
    _stop_mirroring(connection)
    connection.exec_driver_sql(f"DROP TABLE {SHADOW}")


def _create(connection: Connection, shape: Shape) -> None:
    like = "LIKE vitals INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING CONSTRAINTS INCLUDING COMMENTS"
    ranged = "" if shape.hypertable else " PARTITION BY RANGE (recorded_at)"
    connection.exec_driver_sql(f"CREATE TABLE {SHADOW} ({like}){ranged}")
    if shape.hypertable:
        step = f"interval '{shape.period.length_ms} milliseconds'"
        connection.exec_driver_sql(
            f"SELECT create_hypertable('{SHADOW}', 'recorded_at', chunk_time_interval => {step},"
            " create_default_indexes => false)"
        )
        return
    for statement in partitions.create_statements(SHADOW, list(shape.starts), shape.period):
        connection.exec_driver_sql(statement)


def _like_vitals(connection: Connection) -> None:
    """Give the shadow the keys, indexes, owner, rights and policies of `vitals`."""
    for name, kind, definition in connection.exec_driver_sql(_CONSTRAINTS.format(table="vitals")).all():
        if kind == "f":
            continue
        text = "PRIMARY KEY (id, recorded_at)" if kind == "p" else definition
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW} ADD CONSTRAINT {name}_next {text}")
    for name, definition in connection.exec_driver_sql(_INDEXES.format(table="vitals")).all():
        text = re.sub(r"INDEX \S+ ON (ONLY )?\S+", f"INDEX {name}_next ON {SHADOW}", definition, count=1)
        connection.exec_driver_sql(text)
    _same_rights(connection)
    partitions.own_as_parent(connection, SHADOW)


def _same_rights(connection: Connection) -> None:
    owner, secured, forced = connection.exec_driver_sql(
        "SELECT quote_ident(pg_get_userbyid(relowner)), relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE oid = to_regclass('vitals')"
    ).one()
    connection.exec_driver_sql(f"ALTER TABLE {SHADOW} OWNER TO {owner}")
    granted = (
        "SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END"
        " FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = to_regclass('vitals') AND grantee <> relowner"
    )
    for privilege, grantee in connection.exec_driver_sql(granted).all():
        connection.exec_driver_sql(f"GRANT {privilege} ON {SHADOW} TO {grantee}")
    policies = (
        "SELECT policyname, permissive, array_to_string(roles, ', '), cmd, qual, with_check FROM pg_policies"
        " WHERE schemaname = current_schema() AND tablename = 'vitals'"
    )
    for name, permissive, roles, command, using, check in connection.exec_driver_sql(policies).all():
        rule = f"CREATE POLICY {name} ON {SHADOW} AS {permissive} FOR {command} TO {roles}"
        rule += f" USING ({using})" if using else ""
        connection.exec_driver_sql(rule + (f" WITH CHECK ({check})" if check else ""))
    if secured:
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW} ENABLE ROW LEVEL SECURITY")
    if forced:
        connection.exec_driver_sql(f"ALTER TABLE {SHADOW} FORCE ROW LEVEL SECURITY")


def _rename_parts(connection: Connection, table: str, old: str, new: str) -> None:
    """Exchange the ending of the names of a table's keys and indexes."""
    named = [row[0] for row in connection.exec_driver_sql(_CONSTRAINTS.format(table=table)).all()]
    for name in named:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {name.removesuffix(old)}{new}")
    for row in connection.exec_driver_sql(_INDEXES.format(table=table)).all():
        connection.exec_driver_sql(f"ALTER INDEX {row[0]} RENAME TO {row[0].removesuffix(old)}{new}")


def _stop_mirroring(connection: Connection) -> None:
    for name in _MIRRORS:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS nicu_mirror_{name} ON vitals")
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS nicu_mirror_{name}()")


def _sequence(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT pg_get_serial_sequence('vitals', 'id')").scalar_one())
