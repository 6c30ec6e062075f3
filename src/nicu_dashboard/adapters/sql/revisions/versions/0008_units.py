"""Of which unit a screen, a key, a source and a message without a baby are."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SEEN = ("kiosks", "device_keys")
_OF = ("sources", "quarantine")
_ONE = "(SELECT count(*) FROM units) = 1"
# A policy of `nicu db roles` asks for the column; the earlier version's does not.
_FREE = """DO $free$ BEGIN
    IF EXISTS (SELECT FROM pg_policies WHERE schemaname = current_schema() AND tablename = 'quarantine'
            AND policyname = 'nicu_units') THEN
        ALTER POLICY nicu_units ON quarantine USING ((SELECT nicu_guard.sees_a_unit()));
    END IF;
END $free$"""


def upgrade() -> None:
    """What is there belongs to the only unit; where there are several already, to every one."""
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table in _SEEN:
        op.execute(f"ALTER TABLE {table} ADD COLUMN units TEXT DEFAULT '*' NOT NULL")
        op.execute(f"UPDATE {table} SET units = (SELECT CAST(min(id) AS TEXT) FROM units) WHERE {_ONE}")
    for table in _OF:
        op.execute(f"ALTER TABLE {table} ADD COLUMN unit_id {number}")
        op.execute(f"UPDATE {table} SET unit_id = (SELECT min(id) FROM units) WHERE {_ONE}")


def downgrade() -> None:
    """The earlier version lets every screen and every key into each unit."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FREE)
    for table in _SEEN:
        op.execute(f"ALTER TABLE {table} DROP COLUMN units")
    for table in _OF:
        op.execute(f"ALTER TABLE {table} DROP COLUMN unit_id")
