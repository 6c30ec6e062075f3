"""Plain `vitals` becomes partitioned while the ward writes: a shadow is filled, mirrored, compared, swapped in.

The old table stays the truth until the swap: nothing is refused, an interrupted run loses nothing and the next one goes
on where it stopped. Triggers mirror every change into the shadow from its first moment; older rows are copied in small
batches that hold a share lock on what they copy, so no change slips between copy and mirror. Before the swap every row
of both tables is compared in one snapshot. Only the swap itself needs the table alone, for milliseconds.
docs/decisions tells why the other ways were left.
"""

import re
import time
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.optimizing import shadow
from nicu_dashboard.operations.optimizing.shadow import BEFORE, SHADOW, Shape
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare, in_a_quiet_moment, unfiltered

_MARK = re.compile(r"copied up to id (\d+) of (\d+)")
_BATCH_GOAL_S = 0.25
_FIRST_BATCH, _LARGEST_BATCH = 2_000, 50_000
# What is copied passed these foreign keys when it was stored and still does; for a superuser they are not judged again,
# which takes two thirds of the time.
_NO_SECOND_LOOK = (
    "SELECT set_config('session_replication_role', 'replica', true)"
    " FROM pg_roles WHERE rolname = current_user AND rolsuper"
)
_DIGEST = """
SELECT '{table}', date_bin('7 days', recorded_at, timestamptz '1970-01-05 00:00:00+00') AS week, count(*),
       sum(hashtextextended({table}::text, 0)::numeric)
FROM {table} GROUP BY 2
"""


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion came to: rows compared, seconds in all, milliseconds the swap held the table."""

    rows: int
    took_s: float
    held_ms: float


def convert(database: Database, shape: Shape, report: Report) -> Converted:
    """Convert `vitals` to this shape, or go on with a conversion that was interrupted."""
    began = time.perf_counter()
    if _mark(database) is None:
        with unfiltered(database) as connection:
            shadow.must_be_ours_alone(connection)
        in_a_quiet_moment(database, lambda connection: shadow.prepare(connection, shape))
        in_a_quiet_moment(database, shadow.tie)
        last = in_a_quiet_moment(database, shadow.mirror)
        report.did(f"made the shadow table; every change is mirrored from now on, {last:,} rows to copy at most")
    else:
        report.did("an earlier conversion was interrupted; going on with it")
    _copy(database, report)
    rows = _compare(database, report)
    report.did(f"compared every row: {rows:,}, all the same")
    report.stage("swapping the tables")
    held_ms = in_a_quiet_moment(database, shadow.swap)
    report.did(f"swapped the tables; writers waited {held_ms:.0f} ms")
    tidy(database)
    return Converted(rows, time.perf_counter() - began, held_ms)


def tidy(database: Database) -> bool:
    """Drop the plain table that a swap left; return whether there was one."""
    with unfiltered(database) as connection:
        left = connection.exec_driver_sql(f"SELECT to_regclass('{BEFORE}')").scalar() is not None
    if left:
        in_a_quiet_moment(database, shadow.drop_before)
    return left


def give_up(database: Database) -> bool:
    """Remove a conversion that was interrupted; return whether there was one. No reading is touched."""
    with unfiltered(database) as connection:
        there = connection.exec_driver_sql(f"SELECT to_regclass('{SHADOW}')").scalar() is not None
    if there:
        in_a_quiet_moment(database, shadow.remove)
    return there


def _mark(database: Database) -> tuple[int, int] | None:
    """Return up to which id rows were copied and the last id to copy; None where no conversion was begun."""
    with unfiltered(database) as connection:
        text = connection.exec_driver_sql(f"SELECT obj_description(to_regclass('{SHADOW}'), 'pg_class')").scalar()
    found = _MARK.fullmatch(text or "")
    return (int(found[1]), int(found[2])) if found else None


def _copy(database: Database, report: Report) -> None:
    mark = _mark(database)
    assert mark is not None
    done, last = mark
    report.stage("copying readings", last)
    batch = _FIRST_BATCH
    while done < last:
        upto = min(last, done + batch)
        began = time.perf_counter()
        in_a_quiet_moment(database, partial(_batch, start=done, end=upto, last=last))
        took = time.perf_counter() - began
        batch = max(_FIRST_BATCH, min(_LARGEST_BATCH, int(batch * _BATCH_GOAL_S / max(took, 0.01))))
        done = upto
        report.at(done)


def _batch(connection: Connection, start: int, end: int, last: int) -> None:
    """Copy the rows of these ids and note it in the same transaction."""
    columns = shadow.columns(connection)
    connection.exec_driver_sql(_NO_SECOND_LOOK)
    connection.exec_driver_sql(
        f"INSERT INTO {SHADOW} ({columns}) SELECT {columns} FROM vitals WHERE id > {start} AND id <= {end}"
        " FOR SHARE ON CONFLICT DO NOTHING"
    )
    connection.exec_driver_sql(shadow.note(end, last))


def _compare(database: Database, report: Report) -> int:
    """Return how many rows both tables hold; raises CannotCare where they differ, and then nothing was swapped."""
    report.stage("comparing every row")
    # One statement is one snapshot: what is written meanwhile is in neither table or in both.
    both = " UNION ALL ".join(_DIGEST.format(table=table) for table in ("vitals", SHADOW))
    there: dict[str, tuple[int, str]] = {}
    here: dict[str, tuple[int, str]] = {}
    with unfiltered(database) as connection:
        for table, week, count, total in connection.exec_driver_sql(both):
            (there if table == "vitals" else here)[str(week)] = (count, str(total))
    wrong = {week for week in there.keys() | here.keys() if there.get(week) != here.get(week)}
    if wrong:
        raise CannotCare(
            f"the copy differs from the readings in {len(wrong)} weeks; nothing was changed. Run: nicu db optimize"
            " --give-up, then try again"
        )
    return sum(count for count, _ in there.values())
