"""`nicu db optimize`: what is lacking, and doing it."""

from dataclasses import dataclass

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import SchemaNewer, SchemaOlder
from nicu_dashboard.operations.optimizing import conversion, indexes, packing, partitions, timescale
from nicu_dashboard.operations.optimizing.beside import let_finish
from nicu_dashboard.operations.optimizing.indexes import Lacking
from nicu_dashboard.operations.optimizing.periods import WEEKLY, Period
from nicu_dashboard.operations.optimizing.shadow import SHADOW, Shape
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import (
    CannotCare,
    must_be_at_home,
    must_own,
    must_take_writes,
    one_at_a_time,
    only_postgresql,
    unfiltered,
)

_ROOM = "SELECT pg_total_relation_size('vitals')"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for beyond the indexes."""

    partition: Period | None = None
    timescale: bool = False


def optimize(database: Database, wishes: Wishes, now: int, report: Report, *, dry_run: bool = False) -> list[str]:
    """Bring indexes and partitions in order on a live database; return what was done, or what would be."""
    must_be_current(database)
    if wishes.partition or wishes.timescale:
        only_postgresql(database, "partitioning")
    if database.engine_name == "postgresql":
        with unfiltered(database) as connection:
            if not dry_run:
                must_take_writes(connection)
                is_read = bool(wishes.partition or wishes.timescale) and partitions.kind(connection) == "plain"
                must_own(connection, "vitals", "alarms", read=is_read)
            if wishes.timescale:
                timescale.must_be_there(connection)
    missing = indexes.lacking(database)
    planned = [_in_words(index) for index in missing]
    if database.engine_name == "postgresql":
        planned += _wanted(database, wishes)
    if not dry_run:
        with one_at_a_time(database):
            _do(database, wishes, bool(planned), now, report)
    return planned


def _do(database: Database, wishes: Wishes, planned: bool, now: int, report: Report) -> None:
    if database.engine_name == "postgresql":
        let_finish(database, report)
    missing = indexes.lacking(database)
    if missing:
        indexes.make(database, missing, report)
    if database.engine_name == "postgresql":
        _reshape(database, wishes, now, report)
    if missing or planned:
        indexes.settle_statistics(database, ["vitals", "alarms"], report)


def give_up(database: Database, report: Report) -> bool:
    """Undo a conversion that was interrupted; return whether there was one."""
    only_postgresql(database, "partitioning")
    with unfiltered(database) as connection:
        must_take_writes(connection)
        must_own(connection, "vitals")
    with one_at_a_time(database):
        done = conversion.give_up(database)
    if done:
        report.did("removed the unfinished copy; vitals is as it was")
    return done


def must_be_current(database: Database) -> None:
    """Raise StoreUnavailable unless the schema is this version's."""
    revision = revisions.current(database)
    if revision == revisions.head():
        must_be_at_home(database)
        return
    if revision is None:
        raise CannotCare("this database is empty; set it up first: nicu db upgrade")
    if revision in revisions.known():
        raise SchemaOlder("the schema is of an older version; make a copy, then run: nicu db upgrade")
    raise SchemaNewer("the schema is of a newer version; install that version of nicu-dashboard")


def _in_words(index: Lacking) -> str:
    return f"{'make again the unusable' if index.broken else 'make the'} index {index.name} on {index.table}"


def _wanted(database: Database, wishes: Wishes) -> list[str]:
    with unfiltered(database) as connection:
        kind = partitions.kind(connection)
        interrupted = connection.exec_driver_sql(f"SELECT to_regclass('{SHADOW}')").scalar() is not None
        room = connection.exec_driver_sql(_ROOM).scalar_one()
    again = "go on with an interrupted conversion: " if interrupted else ""
    room_text = f"needs about {room / 1e9:.1f} GB of room meanwhile"
    if wishes.timescale and kind == "plain":
        return [f"{again}make vitals a hypertable of TimescaleDB with compression; {room_text}"]
    if wishes.timescale and kind == "partitioned":
        raise CannotCare("vitals is partitioned already, and TimescaleDB needs a plain table; keep the partitions")
    if wishes.partition and kind == "plain":
        return [f"{again}divide vitals into {wishes.partition.name} partitions; {room_text}"]
    return []


def _reshape(database: Database, wishes: Wishes, now: int, report: Report) -> None:
    if conversion.tidy(database):
        report.did("dropped the plain table that an interrupted run had left behind")
    with unfiltered(database) as connection:
        kind = partitions.kind(connection)
    if kind == "plain" and wishes.timescale:
        with unfiltered(database) as connection:
            found = timescale.must_be_there(connection)
        timescale.install(database, found, report)
        conversion.convert(database, Shape(WEEKLY, (), hypertable=True), report)
        timescale.compress(database, report)
    elif kind == "plain" and wishes.partition:
        conversion.convert(database, _shape(database, wishes.partition, now), report)
        packing.pack(database, now, report)
    elif kind == "partitioned":
        partitions.make_ahead(database, now, report)


def _shape(database: Database, period: Period, now: int) -> Shape:
    """Return the partitions for what is stored and what will come; far older readings share the outer one."""
    with unfiltered(database) as connection:
        first = connection.exec_driver_sql(
            "SELECT (extract(epoch FROM min(recorded_at)) * 1000)::int8 FROM vitals"
        ).scalar()
    oldest = period.start(now) - period.most_back * period.length_ms
    begin = max(oldest, min(now, now if first is None else first))
    end = period.start(now) + (1 + period.ahead) * period.length_ms
    return Shape(period, tuple(period.starts(begin, end)))
