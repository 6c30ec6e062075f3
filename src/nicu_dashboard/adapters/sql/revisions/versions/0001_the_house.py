"""Set up every table of the first version, as written down in 0001_the_house/."""

from pathlib import Path

from alembic import op

from nicu_dashboard.domain.errors import Told

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = Path(__file__).with_suffix("")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in (_STATEMENTS / f"{dialect}.sql").read_text("utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise Told("before the first version there is nothing; delete the database instead")
