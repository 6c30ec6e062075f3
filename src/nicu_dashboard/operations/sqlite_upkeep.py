"""Upkeep of a SQLite store: statistics, the write-ahead log, damage."""

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.damage import damage
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare


def look_after(database: Database, report: Report) -> list[str]:
    """Refresh the planner's statistics, put the log into the file, look for damage; return what was found wrong."""
    report.stage("looking for damage")
    faults = damage(database)
    if faults:
        return [*faults, "restore a copy: nicu db restore"]
    report.did("looked for damage: none found")
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA optimize")
    report.did("looked at the contents of the tables, for the planner")
    raw = database.writer.raw_connection()
    try:
        cursor = raw.cursor()
        busy, pages, moved = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
    finally:
        raw.close()
    if busy:
        report.did(f"put {moved} of {pages} pages of the log into the file; the rest follows when readers are done")
    else:
        report.did("put the log into the file")
    return []


def no_retention() -> CannotCare:
    """Return what is said where readings are to be dropped from a SQLite file."""
    return CannotCare("dropping old readings needs PostgreSQL with partitions; see: nicu migrate plan")
