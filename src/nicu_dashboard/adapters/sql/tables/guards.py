"""What the database itself does to keep the audit trail as it was written: triggers that refuse every change.

On PostgreSQL the trail is divided by its numbers, so that retention drops whole partitions and never deletes a row.
"""

from collections.abc import Sequence

from sqlalchemy import DDL, Table, event

REFUSAL = "the audit trail is only appended to"
TRIGGERS = ("audit_log_keeps_rows", "audit_log_keeps_all")
FIRST_PARTITION = "audit_log_first"
SQLITE = (
    f"CREATE TRIGGER audit_log_keeps_content BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER audit_log_keeps_rows BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
)


def partition_guards(name: str) -> tuple[str, ...]:
    """Return what a new partition lacks: it has its parent's triggers for rows, but none against TRUNCATE."""
    return (
        f"CREATE TRIGGER audit_log_keeps_all BEFORE TRUNCATE ON {name}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuses()",
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER audit_log_keeps_all",
    )


# ALWAYS: also in sessions that call themselves replicas (session_replication_role). Said of the parent before there is
# a partition: partitions take over how their parent's triggers fire when they come.
POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_log_refuses() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege'; END $$",
    "CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE OR DELETE ON audit_log"
    " FOR EACH ROW EXECUTE FUNCTION audit_log_refuses()",
    "CREATE TRIGGER audit_log_keeps_all BEFORE TRUNCATE ON audit_log"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuses()",
    *(f"ALTER TABLE audit_log ENABLE ALWAYS TRIGGER {name}" for name in TRIGGERS),
    f"CREATE TABLE {FIRST_PARTITION} PARTITION OF audit_log FOR VALUES FROM (MINVALUE) TO (MAXVALUE)",
    *partition_guards(FIRST_PARTITION),
)


def guard(table: Table) -> None:
    """Have the triggers made and dropped with the table."""
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        _after(table, "after_create", dialect, statements)
    _after(table, "after_drop", "postgresql", ["DROP FUNCTION IF EXISTS audit_log_refuses()"])


def _after(table: Table, moment: str, dialect: str, statements: Sequence[str]) -> None:
    for statement in statements:
        made = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(table, moment, made.execute_if(dialect=dialect))
