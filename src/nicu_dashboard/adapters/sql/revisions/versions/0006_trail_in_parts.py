"""Divide the audit trail on PostgreSQL by its numbers, the rows that are there being the first part.

Nothing is copied and no row is read: the table becomes a partition of a new one, which takes milliseconds.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = {
    "pk_audit_log": "audit_log_first_pkey",
    "idx_audit_log_patient": "audit_log_first_patient_id_seq_idx",
    "idx_audit_log_at": "audit_log_first_at_idx",
}
_KEYS = (
    "ALTER TABLE audit_log ADD CONSTRAINT pk_audit_log PRIMARY KEY (seq)",
    "CREATE INDEX idx_audit_log_patient ON audit_log (patient_id, seq)",
    "CREATE INDEX idx_audit_log_at ON audit_log (at)",
)
_TRIGGERS = (
    "CREATE TRIGGER audit_log_keeps_rows BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION audit_log_refuses()",
    "CREATE TRIGGER audit_log_keeps_all BEFORE TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuses()",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_log_keeps_rows",
    "ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_log_keeps_all",
)
# Owner, rights and row level security go with the name; the part itself keeps no right for anybody but its owner.
_CARRY = """
DO $carry$
DECLARE
    old pg_class := (SELECT c FROM pg_class AS c WHERE oid = to_regclass('{old}'));
    one record;
BEGIN
    EXECUTE format('ALTER TABLE {new} OWNER TO %I', pg_get_userbyid(old.relowner));
    FOR one IN SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
            AS who FROM aclexplode(old.relacl) WHERE grantee <> old.relowner LOOP
        EXECUTE format('GRANT %s ON {new} TO %s', one.privilege_type, one.who);
        EXECUTE format('REVOKE ALL ON {old} FROM %s', one.who);
    END LOOP;
    FOR one IN SELECT policyname FROM pg_policies WHERE schemaname = current_schema() AND tablename = '{old}' LOOP
        EXECUTE format('DROP POLICY %I ON {old}', one.policyname);
    END LOOP;
    IF old.relrowsecurity THEN
        CREATE POLICY nicu_read ON {new} FOR SELECT USING (true);
        CREATE POLICY nicu_append ON {new} FOR INSERT WITH CHECK (true);
        ALTER TABLE {new} ENABLE ROW LEVEL SECURITY;
    END IF;
    IF old.relforcerowsecurity THEN
        ALTER TABLE {new} FORCE ROW LEVEL SECURITY;
    END IF;
END $carry$
"""
_UP = (
    "DROP TRIGGER audit_log_keeps_rows ON audit_log",
    "DROP TRIGGER audit_log_keeps_all ON audit_log",
    "ALTER TABLE audit_log RENAME TO audit_log_first",
    *(f"ALTER INDEX {old} RENAME TO {new}" for old, new in _INDEXES.items()),
    "CREATE TABLE audit_log (LIKE audit_log_first) PARTITION BY RANGE (seq)",
    *_KEYS,
    *(one.format(table="audit_log") for one in _TRIGGERS),
    "ALTER TABLE audit_log ATTACH PARTITION audit_log_first FOR VALUES FROM (MINVALUE) TO (MAXVALUE)",
    *(one.format(table="audit_log_first") for one in _TRIGGERS if "keeps_all" in one),
    _CARRY.format(old="audit_log_first", new="audit_log"),
)
_DOWN = (
    "CREATE TABLE audit_log_whole (LIKE audit_log)",
    "INSERT INTO audit_log_whole SELECT * FROM audit_log",
    _CARRY.format(old="audit_log", new="audit_log_whole"),
    "DROP TABLE audit_log",
    "ALTER TABLE audit_log_whole RENAME TO audit_log",
    *_KEYS,
    *(one.format(table="audit_log") for one in _TRIGGERS),
)


def upgrade() -> None:
    """SQLite has no partitions."""
    _run(_UP)


def downgrade() -> None:
    """One table again, however many parts there were."""
    _run(_DOWN)


def _run(statements: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statements:
            op.execute(statement)
