"""Where anchors are kept, by the settings: a file, a syslog; for SQLite a file beside the store where none is named."""

from collections.abc import Mapping
from pathlib import Path

from nicu_dashboard.adapters.anchor_sinks import FileSink, SyslogSink
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.ports.anchors import AnchorSink

FILE, SYSLOG = "NICU_AUDIT_ANCHOR_FILE", "NICU_AUDIT_ANCHOR_SYSLOG"
BESIDE = ".anchors"


def anchor_file(environ: Mapping[str, str], database: Database) -> Path | None:
    """Return the file that anchors are kept in and read from, None where there is none."""
    if named := environ.get(FILE):
        return Path(named).expanduser()
    if database.engine_name == "sqlite":
        path = Path(database.address.database).expanduser()
        return path.with_name(path.name + BESIDE)
    return None


def is_outside(environ: Mapping[str, str]) -> bool:
    """Return whether anchors go to a place of their own, not beside the store."""
    return bool(environ.get(FILE) or environ.get(SYSLOG))


def sinks(environ: Mapping[str, str], database: Database) -> list[AnchorSink]:
    """Return every place for anchors; raises AnchorRefused for a syslog's address that cannot be read."""
    file, syslog = anchor_file(environ, database), environ.get(SYSLOG)
    return [*([] if file is None else [FileSink(file)]), *([SyslogSink(syslog)] if syslog else [])]
