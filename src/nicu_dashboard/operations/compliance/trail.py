"""What the audit trail says of things that people did: the newest row of an action, with a seal that fits."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from nicu_dashboard.adapters.sql.audit_trail import sealed_content
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import audit_log


def newest_of(database: Database, action: str, subject: str | None = None) -> tuple[int, Mapping[str, Any]] | None:
    """Return when it was done last and the facts, None when never, or when the row's seal does not fit."""
    query = select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.seq.desc()).limit(1)
    if subject is not None:
        query = query.where(audit_log.c.subject == subject)
    with database.reading() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    plain = {str(name): value for name, value in row.items()}
    if not database.trail.seals.fits(sealed_content(plain), plain["hash"]):
        return None
    return plain["at"], dict(plain["detail"])
