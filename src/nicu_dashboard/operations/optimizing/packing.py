"""Indexes of partitions whose time is over, made again without the room that their growing left.

Readings of many babies arrive side by side, so an index by baby splits its pages in the middle and leaves them half
empty. Where nothing more is expected, it is made again beside the old one, full; no writer and no reader waits for it.
"""

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import partitions
from nicu_dashboard.operations.optimizing.beside import beside
from nicu_dashboard.operations.optimizing.periods import DAY_MS
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import alone, unfiltered

_PACKED = "packed"
# A clock that is wrong and a spool that is drained send what is late; a day is given to them.
_LATE_MS = DAY_MS
_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE indrelid = to_regclass('{table}') AND indisvalid AND pg_relation_size(indexrelid) > 8192
  AND obj_description(indexrelid, 'pg_class') IS DISTINCT FROM '{mark}'
ORDER BY 1
"""
# What an interrupted REINDEX CONCURRENTLY left behind.
_LEFT = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass('{table}') AND NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$'
"""


def pack(database: Database, now: int, report: Report) -> list[str]:
    """Make the indexes of past partitions again, densely, once each; return the partitions that were packed."""
    with unfiltered(database) as connection:
        if partitions.kind(connection) != "partitioned":
            return []
        past = [
            part.name
            for part in partitions.partitions(connection)
            if part.from_at is not None and part.to_at is not None and part.to_at <= now - _LATE_MS
        ]
        due = {name: loose for name in past if (loose := _names(connection, _INDEXES, name))}
    packed = []
    for table, loose in due.items():
        with alone(database) as connection:
            _pack(database, connection, table, loose, report)
        packed.append(table)
    if packed:
        report.did(f"packed the indexes of {len(packed)} past partitions, writers went on")
    return packed


def _pack(database: Database, connection: Connection, table: str, loose: list[str], report: Report) -> None:
    for left in _names(connection, _LEFT, table):
        beside(database, connection, f"DROP INDEX CONCURRENTLY IF EXISTS {left}", report)
    for name in loose:
        connection.exec_driver_sql(f"ALTER INDEX {name} SET (fillfactor = 100)")
        report.stage(f"packing {name}")
        beside(database, connection, f"REINDEX INDEX CONCURRENTLY {name}", report)
        connection.exec_driver_sql(f"COMMENT ON INDEX {name} IS '{_PACKED}'")


def _names(connection: Connection, query: str, table: str) -> list[str]:
    return list(connection.exec_driver_sql(query.format(table=table, mark=_PACKED)).scalars())
