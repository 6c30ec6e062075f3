"""The parts of the audit trail on PostgreSQL: which there are, closing a year's, dropping the oldest.

The trail is divided by its numbers, and the last part takes every number to come: no row is ever refused for want of a
part, numbers stay unique over all of them, and dropping the oldest leaves a chain without a hole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.audit_trail import COUNTER
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables.guards import partition_guards
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.operations.optimizing.partitions import own_as_parent
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import in_a_quiet_moment, unfiltered

TRAIL = "audit_log"
_LISTED = f"""
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
WHERE inhparent = to_regclass('{TRAIL}')
"""
_BOUND = re.compile(r"FROM \('?(\w+)'?\) TO \('?(\w+)'?\)")
# Whoever appends takes the counter first and then the table; so do we, and nobody waits for the other in a circle.
_COUNTED = f"SELECT value FROM counters WHERE name = '{COUNTER}' FOR UPDATE"
# The trail's policy lets whoever may read it read all of it, so its owner need not be above policies.
_AS_OWNER = "SET LOCAL row_security = on"
_SECURED = f"SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass('{TRAIL}')"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: numbers from `first` to below `end`; a bound that is None is open."""

    name: str
    first: int | None
    end: int | None


def parts(connection: Connection) -> list[Part]:
    """Return the parts, the oldest first; [] where the trail is one table."""
    found = []
    for name, bound in connection.exec_driver_sql(_LISTED).all():
        edges = _BOUND.search(bound)
        if edges is not None:
            found.append(Part(name, _edge(edges[1]), _edge(edges[2])))
    return sorted(found, key=lambda part: (part.first is not None, part.first or 0))


def close_year(database: Database, now: int, report: Report) -> str | None:
    """Close the part that holds rows of an earlier year and open the next; return the new one's name, if there is one.

    Its rows are read once while appending waits: half a second for a million rows on two busy cores.
    """
    with unfiltered(database) as connection:
        connection.exec_driver_sql(_AS_OWNER)
        if not is_due(connection, now):
            return None
    name = in_a_quiet_moment(database, lambda connection: _close(connection, now))
    if name is not None:
        report.did(f"closed the audit trail's last year; rows go into {name} from now on")
    return name


def is_due(connection: Connection, now: int) -> bool:
    """Return whether the open part begins in a year before this instant's."""
    found, year = parts(connection), format_instant(now)[:4]
    if not found or found[-1].end is not None:
        return False
    oldest = f"SELECT at < timestamptz '{year}-01-01 00:00:00+00' FROM {TRAIL} WHERE seq >= {found[-1].first or 0}"
    return bool(connection.exec_driver_sql(f"{oldest} ORDER BY seq LIMIT 1").scalar())


def drop(connection: Connection, gone: Sequence[Part]) -> None:
    """Drop whole parts, in the caller's transaction."""
    for part in gone:
        connection.exec_driver_sql(f"DROP TABLE {part.name}")


def _close(connection: Connection, now: int) -> str | None:
    connection.exec_driver_sql(_AS_OWNER)
    number = connection.exec_driver_sql(_COUNTED).scalar()
    if number is None or not is_due(connection, now):
        return None
    last = parts(connection)[-1]
    name, end = _new_name(connection, format_instant(now)[:4], number), number + 1
    low = "MINVALUE" if last.first is None else str(last.first)
    for statement in (
        f"ALTER TABLE {TRAIL} DETACH PARTITION {last.name}",
        f"ALTER TABLE {TRAIL} ATTACH PARTITION {last.name} FOR VALUES FROM ({low}) TO ({end})",
        f"CREATE TABLE {name} PARTITION OF {TRAIL} FOR VALUES FROM ({end}) TO (MAXVALUE)",
        *partition_guards(name),
        f"REVOKE ALL ON {name} FROM PUBLIC",
        *_security(connection, name),
    ):
        connection.exec_driver_sql(statement)
    own_as_parent(connection, TRAIL)
    return name


def _new_name(connection: Connection, year: str, number: int) -> str:
    name = f"{TRAIL}_{year}"
    taken = connection.exec_driver_sql(f"SELECT to_regclass('{name}')").scalar()
    return name if taken is None else f"{name}_{number}"


def _security(connection: Connection, name: str) -> list[str]:
    """Return what gives a part its parent's row level security; it has no policy, so nobody works past the parent."""
    secured, forced = connection.exec_driver_sql(_SECURED).one()
    on = [f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"] if secured else []
    return [*on, *([f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"] if forced else [])]


def _edge(text: str) -> int | None:
    return None if text in {"MINVALUE", "MAXVALUE"} else int(text)
