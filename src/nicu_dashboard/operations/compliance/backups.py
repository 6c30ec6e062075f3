"""Could the data be brought back, to a moment? 164.308(a)(7)(ii)(A), (B), (D)."""

from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS
from nicu_dashboard.operations.compliance.attestations import attested
from nicu_dashboard.operations.compliance.check import Check, Finding, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene
from nicu_dashboard.operations.compliance.trail import newest_of

CLAUSE = "164.308(a)(7)(ii)(A)"
DRILL = "backup drill"
DRILL_DAYS = 92
ARCHIVED_WITHIN_MS = 24 * HOUR_MS


def wal(scene: Scene) -> Finding:
    """Can the write-ahead log be replayed on a copy?"""
    given = scene.effective("wal_level")
    return passed(f"wal_level = {given}") if given in ("replica", "logical") else failed(f"wal_level = {given}")


def archiving(scene: Scene) -> Finding:
    """Is the log kept for a recovery to a moment?"""
    given = scene.effective("archive_mode")
    return passed(f"archive_mode = {given}") if given in ("on", "always") else failed(f"archive_mode = {given}")


def archived(scene: Scene) -> Finding:
    """Did the archive take what it was given, and lately?"""
    rows = scene.ask(
        "SELECT (extract(epoch FROM last_archived_time) * 1000)::int8, last_failed_time > last_archived_time"
        " OR (last_archived_time IS NULL AND last_failed_time IS NOT NULL), failed_count FROM pg_stat_archiver"
    )
    if not rows:
        return unseen("pg_stat_archiver")
    last, failing, count = rows[0]
    if failing:
        return failed(f"the archive refuses segments ({count} failures, the last one after the last success)")
    if last is None:
        return failed("nothing was ever archived")
    hours = max(0, scene.at - last) // HOUR_MS
    told = f"last archived {hours} hours ago"
    return passed(told) if scene.at - last <= ARCHIVED_WITHIN_MS else warned(told)


def drilled(scene: Scene) -> Finding:
    """Was a restore rehearsed lately, and did every table come back the same?"""
    found = newest_of(scene.app, DRILL)
    if found is None:
        return failed("no restore was ever rehearsed")
    at, detail = found
    days = (scene.at - at) // DAY_MS
    if not detail.get("ok"):
        return failed(f"the drill of {days} days ago found differences")
    told = f"a restore was rehearsed {days} days ago and every table was the same"
    return passed(told) if days <= DRILL_DAYS else warned(told)


CHECKS = (
    Check("backup.wal", "The write-ahead log is enough for a recovery", CLAUSE,
          "ALTER SYSTEM SET wal_level = 'replica'; then restart the server", wal, "postgresql"),
    Check("backup.archiving", "The write-ahead log is archived", CLAUSE,
          "set archive_mode = on and archive_command or archive_library; see docs/how-to/back-up-and-restore.md",
          archiving, "postgresql"),
    Check("backup.archived", "The archive is up to date", CLAUSE,
          "look at the archive's disk and archive_command in the server's log", archived, "postgresql"),
    Check("backup.drill", "A restore was rehearsed in the last quarter", "164.308(a)(7)(ii)(B), (D)",
          "nicu db drill, every quarter", drilled),
    Check("backup.elsewhere", "A copy lies in another place", "164.308(a)(7)(ii)(A), 164.310(d)(2)(iv)",
          "nicu hipaa attest backup.elsewhere --until DATE --statement TEXT", attested("backup.elsewhere")),
)  # fmt: skip
