"""Roll-ups: buckets of a minute and of an hour, in the transaction of the readings they hold.

A minute grows by what is new, in arithmetic that no order can change; where a reading was corrected it is computed
again from the stored rows. An hour is the sum of its minutes, computed when one of them opens or gets a late reading.
So every hour but a baby's newest is always exact, and the newest is read from its minutes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.dialects import bucket_of as bucket_start
from nicu_dashboard.adapters.sql.measured import values_of
from nicu_dashboard.adapters.sql.tables import patients, sources, vitals, vitals_hour, vitals_minute
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS, floor_to
from nicu_dashboard.domain.trends import bucket_of
from nicu_dashboard.domain.vitals import Measured, NoValue

Place = tuple[int, int]  # patient, start of a minute
BucketRow = tuple[int, int, str, float | None, float | None, float, int, int]
_MINUTE = vitals_minute.c


@dataclass(frozen=True, slots=True)
class Given:
    """One reading as the roll-ups see it."""

    patient_id: int
    source_id: int
    recorded_at: int
    values: Mapping[str, Measured]

    @property
    def minute(self) -> Place:
        """Return whose minute it belongs to."""
        return self.patient_id, floor_to(self.recorded_at, MINUTE_MS)


def update(connection: Connection, new: Sequence[Given], corrected: Iterable[Place]) -> None:
    """Bring minutes and hours up to date with new rows of vitals and with minutes in which a row was corrected."""
    again = set(corrected)
    touched = {given.minute for given in new} | again
    if not touched:
        return
    newest = _newest_minutes(connection, {patient_id for patient_id, _ in touched})
    expected = _expected(connection)
    _recompute(connection, again, expected)
    dialects.merge_buckets(
        connection, vitals_minute, _folded((given for given in new if given.minute not in again), expected)
    )
    _recompute_hours(connection, _hours_to_sum(new, again, newest))


def _newest_minutes(connection: Connection, patient_ids: set[int]) -> dict[int, int]:
    newest = select(func.max(_MINUTE.bucket_at)).where(_MINUTE.patient_id == patients.c.id).scalar_subquery()
    rows = connection.execute(
        select(patients.c.id, newest).where(dialects.is_one_of(patients.c.id, sorted(patient_ids)))
    )
    return {patient_id: at for patient_id, at in rows if at is not None}


def _expected(connection: Connection) -> dict[int, int]:
    """Return how many readings each source gives in a minute."""
    rows = connection.execute(select(sources.c.id, sources.c.interval_s))
    return {row.id: max(1, round(MINUTE_MS / 1_000 / row.interval_s)) for row in rows}


def _folded(given: Iterable[Given], expected: Mapping[int, int]) -> list[BucketRow]:
    """Return the rows of vitals_minute that these readings make, sorted by key."""
    values: dict[tuple[int, int, str], list[Measured]] = {}
    rates: dict[tuple[int, int, str], int] = {}
    for one in given:
        patient_id, minute = one.minute
        rate = expected[one.source_id]
        for name, measured in one.values.items():
            key = (patient_id, minute, name)
            held = values.get(key)
            if held is None:
                values[key], rates[key] = [measured], rate
            else:
                held.append(measured)
                rates[key] = max(rate, rates[key])
    return [_row(key, values[key], rates[key]) for key in sorted(values)]


def _row(key: tuple[int, int, str], values: list[Measured], rate: int) -> BucketRow:
    first = values[0]
    if len(values) == 1 and not isinstance(first, NoValue):  # nearly always so in a live tick: half the time saved
        return (*key, first, first, round(first, 3), 1, rate)
    bucket = bucket_of(values, rate)
    return (*key, bucket.min, bucket.max, bucket.sum, bucket.n_valid, bucket.n_expected)


def _recompute(connection: Connection, places: set[Place], expected: Mapping[int, int]) -> None:
    for patient_id, minute in sorted(places):
        mine = vitals.c.patient_id == patient_id
        rows = connection.execute(
            select(vitals).where(mine, vitals.c.recorded_at >= minute, vitals.c.recorded_at < minute + MINUTE_MS)
        ).mappings()
        given = [Given(patient_id, row["source_id"], row["recorded_at"], values_of(row)) for row in rows]
        connection.execute(delete(vitals_minute).where(_MINUTE.patient_id == patient_id, _MINUTE.bucket_at == minute))
        dialects.merge_buckets(connection, vitals_minute, _folded(given, expected))


def _hours_to_sum(new: Sequence[Given], again: set[Place], newest: Mapping[int, int]) -> set[Place]:
    """Return the hours to compute: all that were touched, unless a baby's newest minute merely goes on."""
    instants: dict[int, set[int]] = defaultdict(set)
    for given in new:
        instants[given.patient_id].add(given.recorded_at)
    hours = {(patient_id, floor_to(minute, HOUR_MS)) for patient_id, minute in again}
    for patient_id, recorded in instants.items():
        last = newest.get(patient_id)
        if len(recorded) == 1 and floor_to(max(recorded), MINUTE_MS) == last:
            continue
        hours |= {(patient_id, floor_to(at, HOUR_MS)) for at in recorded}
        if last is not None:
            hours.add((patient_id, floor_to(last, HOUR_MS)))
    return hours


_HOUR_SUM = (
    select(
        _MINUTE.patient_id,
        bucket_start(_MINUTE.bucket_at, HOUR_MS).label("bucket_at"),
        _MINUTE.parameter,
        func.min(_MINUTE.min).label("min"),
        func.max(_MINUTE.max).label("max"),
        (func.sum(func.round(_MINUTE.sum * 1000)) / 1000.0).label("sum"),
        func.sum(_MINUTE.n_valid).label("n_valid"),
        func.sum(_MINUTE.n_expected).label("n_expected"),
    )
    .where(
        _MINUTE.patient_id == bindparam("patient"),
        _MINUTE.bucket_at >= bindparam("hour_from"),
        _MINUTE.bucket_at < bindparam("hour_to"),
    )
    .group_by(_MINUTE.patient_id, bucket_start(_MINUTE.bucket_at, HOUR_MS), _MINUTE.parameter)
)


def _recompute_hours(connection: Connection, hours: set[Place]) -> None:
    if not hours:
        return
    columns = ("patient_id", "bucket_at", "parameter", "min", "max", "sum", "n_valid", "n_expected")
    statement = dialects.insert(connection, vitals_hour).from_select(columns, _HOUR_SUM)
    statement = statement.on_conflict_do_update(
        index_elements=columns[:3], set_={name: statement.excluded[name] for name in columns[3:]}
    )
    connection.execute(
        statement,
        [{"patient": patient_id, "hour_from": hour, "hour_to": hour + HOUR_MS} for patient_id, hour in sorted(hours)],
    )
