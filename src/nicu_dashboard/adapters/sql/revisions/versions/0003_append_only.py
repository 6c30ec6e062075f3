"""Have the database refuse every change of the audit trail: triggers, on PostgreSQL for replicas' sessions too."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UP = {
    "sqlite": (
        "CREATE TRIGGER audit_log_keeps_content BEFORE UPDATE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END",
        "CREATE TRIGGER audit_log_keeps_rows BEFORE DELETE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is only appended to'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_log_refuses() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit trail is only appended to'"
        " USING ERRCODE = 'insufficient_privilege'; END $$",
        "CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE OR DELETE ON audit_log"
        " FOR EACH ROW EXECUTE FUNCTION audit_log_refuses()",
        "CREATE TRIGGER audit_log_keeps_all BEFORE TRUNCATE ON audit_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuses()",
        "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_keeps_rows",
        "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_keeps_all",
    ),
}
_DOWN = {
    "sqlite": ("DROP TRIGGER audit_log_keeps_content", "DROP TRIGGER audit_log_keeps_rows"),
    "postgresql": (
        "DROP TRIGGER audit_log_keeps_rows ON audit_log",
        "DROP TRIGGER audit_log_keeps_all ON audit_log",
        "DROP FUNCTION audit_log_refuses()",
    ),
}


def upgrade() -> None:
    _run(_UP)


def downgrade() -> None:
    _run(_DOWN)


def _run(statements: dict[str, tuple[str, ...]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)
