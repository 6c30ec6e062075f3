"""One index of readings keeps them unique and answers the wall, where a key and a second index did.

On PostgreSQL the new one is made before the old ones go, or was made before beside the running ward (`nicu db upgrade`
does so); then it is the work of a moment. SQLite cannot drop a key: the table is written anew, every row and number
as it was.
"""

from collections.abc import Iterator

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_NAME, _KEY = "idx_vitals_dashboard", "uq_vitals_patient_id_recorded_at_source_id"
_FOUR = "heart_rate, spo2, resp_rate, temperature"
_ONE = "(patient_id, recorded_at DESC, source_id)"
# The shadow of an interrupted `nicu db optimize --partition`, its names ending so, changes with the table it mirrors.
_TABLES = {"vitals": "", "vitals_next": "_next"}
_USABLE = """
SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{index}') AND indrelid = to_regclass('{table}')
AND indisunique AND indisvalid AND pg_get_indexdef(indexrelid) LIKE '%% {key} INCLUDE ({four})%%'
"""
_PARTS = """
SELECT indexrelid::regclass::text, relname FROM pg_inherits
JOIN pg_index ON indexrelid = inhrelid JOIN pg_class ON pg_class.oid = indexrelid
WHERE inhparent = to_regclass('{index}') AND relname LIKE '%%\\_made'
"""
_ON_SQLITE = f"CONSTRAINT {_KEY} UNIQUE (patient_id, recorded_at, source_id),\n    "
_AFTER_IT = "CONSTRAINT fk_vitals_patient_id "


def upgrade() -> None:
    """Readings are unique by the index alone."""
    if _is_sqlite():
        _rewrite(_ON_SQLITE + _AFTER_IT, _AFTER_IT, f"CREATE UNIQUE INDEX {_NAME} ON vitals {_ONE}")
        return
    for table, ending in _tables():
        made = f"{_NAME}{ending}_made"
        if not _asked(_USABLE.format(index=made, table=table, key=_ONE, four=_FOUR)):
            op.execute(f"DROP INDEX IF EXISTS {made}")
            op.execute(f"CREATE UNIQUE INDEX {made} ON {table} {_ONE} INCLUDE ({_FOUR})")
        op.execute(f"DROP INDEX IF EXISTS {_NAME}{ending}")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {_KEY}{ending}")
        op.execute(f"DROP INDEX IF EXISTS {_KEY}{ending}")
        for part, name in _asked(_PARTS.format(index=made)):
            op.execute(f"ALTER INDEX {part} RENAME TO {name.removesuffix('_made')}")
        op.execute(f"ALTER INDEX {made} RENAME TO {_NAME}{ending}")


def downgrade() -> None:
    """A key and a second index again; a table of chunks keeps it as an index, which TimescaleDB can add."""
    covering = f"(patient_id, recorded_at DESC, {_FOUR})"
    if _is_sqlite():
        _rewrite(_AFTER_IT, _ON_SQLITE + _AFTER_IT, f"CREATE INDEX {_NAME} ON vitals {covering}")
        return
    for table, ending in _tables():
        key = "(patient_id, recorded_at, source_id)"
        if _has_chunks(table):
            op.execute(f"CREATE UNIQUE INDEX {_KEY}{ending} ON {table} {key}")
        else:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {_KEY}{ending} UNIQUE {key}")
        op.execute(f"DROP INDEX {_NAME}{ending}")
        op.execute(f"CREATE INDEX {_NAME}{ending} ON {table} (patient_id, recorded_at DESC) INCLUDE ({_FOUR})")


def _rewrite(old: str, new: str, index: str) -> None:
    """Write vitals of SQLite anew with this in its definition exchanged; triggers and the last number stay."""
    (made,), *_ = _asked("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'vitals'")
    kept = [row[0] for row in _asked(_KEPT_ON_SQLITE)]
    last = [row[0] for row in _asked("SELECT seq FROM sqlite_sequence WHERE name = 'vitals'")]
    if old not in made:
        raise RuntimeError("the table vitals is not as its revision says")
    text = made.replace(old, new, 1)
    op.execute("PRAGMA legacy_alter_table = ON")  # a view of vitals must neither stop the change nor follow it
    op.execute(text.replace(made[: made.index("(")], "CREATE TABLE vitals_anew ", 1))
    op.execute("INSERT INTO vitals_anew SELECT * FROM vitals ORDER BY id")
    op.execute("DROP TABLE vitals")
    op.execute("ALTER TABLE vitals_anew RENAME TO vitals")
    op.execute("PRAGMA legacy_alter_table = OFF")
    for number in last:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'vitals'")
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('vitals', {int(number)})")
    for statement in (index, *kept):
        op.get_bind().exec_driver_sql(statement)


_KEPT_ON_SQLITE = f"""
SELECT sql FROM sqlite_schema WHERE tbl_name = 'vitals' AND type IN ('index', 'trigger') AND sql IS NOT NULL
AND name <> '{_NAME}'
"""


def _tables() -> Iterator[tuple[str, str]]:
    for table, ending in _TABLES.items():
        if _asked(f"SELECT 1 WHERE to_regclass('{table}') IS NOT NULL"):
            yield table, ending


def _has_chunks(table: str) -> bool:
    if not _asked("SELECT 1 WHERE to_regclass('timescaledb_information.hypertables') IS NOT NULL"):
        return False
    return bool(_asked(f"SELECT 1 FROM timescaledb_information.hypertables WHERE hypertable_name = '{table}'"))


def _asked(query: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in op.get_bind().exec_driver_sql(query)]


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")
