"""Where the engine is reached, and a snapshot that waits for no disk; see 0005_one_engine/."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = Path(__file__).with_suffix("")


def upgrade() -> None:
    """An engine that runs takes its lease anew."""
    _run("up")


def downgrade() -> None:
    """What the earlier version does not know of the lease is forgotten."""
    _run("down")


def _run(way: str) -> None:
    dialect = op.get_bind().dialect.name
    for statement in (_STATEMENTS / f"{dialect}_{way}.sql").read_text("utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)
