"""Second factors, kiosks, break-glass, counted attempts; roles, units, scopes and expiry; see 0002_doors/."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = Path(__file__).with_suffix("")


def upgrade() -> None:
    _run("up")


def downgrade() -> None:
    """People in a role that the earlier version does not know become disabled nurses."""
    _run("down")


def _run(way: str) -> None:
    dialect = op.get_bind().dialect.name
    for statement in (_STATEMENTS / f"{dialect}_{way}.sql").read_text("utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)
