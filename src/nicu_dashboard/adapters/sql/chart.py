"""What was: the history of one baby, read from SQLite or PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from nicu_dashboard.adapters.sql import trend_queries
from nicu_dashboard.adapters.sql.dialects import bucket_of, has_key, is_one_of, is_postgresql, newest_rows
from nicu_dashboard.adapters.sql.measured import values_of
from nicu_dashboard.adapters.sql.record import Record
from nicu_dashboard.adapters.sql.tables import patients, sources, vitals, vitals_minute
from nicu_dashboard.domain.instants import DAY_MS, MINUTE_MS, floor_to
from nicu_dashboard.domain.trends import Bucket
from nicu_dashboard.domain.vitals import VITALS, Measured, Origin
from nicu_dashboard.ports.chart import Tier

_BATCH = 2_000
_STORED = tuple(vitals.c.keys())
_TIERS = {
    "reading": trend_queries.from_readings,
    "minute": trend_queries.from_minutes,
    "hour": trend_queries.from_hours,
}
_Latest = dict[int, tuple[int, Mapping[str, Measured]]]
_Spark = dict[int, dict[str, list[tuple[int, float]]]]


class SqlChart(Record):
    """The port Chart: readings here; alarms, events and notes in Record."""

    def readings(
        self, patient_id: int, from_at: int, to_at: int, names: Sequence[str]
    ) -> Iterator[tuple[int, Mapping[str, Measured]]]:
        """Yield stored readings in the order of their own time, only the named vitals, a batch at a time."""
        query = (
            select(vitals.c.recorded_at, vitals.c.no_value, *_columns(names))
            .where(*_window(patient_id, from_at, to_at))
            .order_by(vitals.c.recorded_at, vitals.c.source_id)
        )
        with self._database.reading() as connection:
            for row in connection.execution_options(yield_per=_BATCH).execute(query).mappings():
                values = values_of(row, names)
                if values:
                    yield row["recorded_at"], values

    def buckets(
        self, patient_id: int, from_at: int, to_at: int, step_ms: int, tier: Tier, names: Sequence[str]
    ) -> Mapping[str, Sequence[tuple[int, Bucket]]]:
        """Return per vital the buckets of step_ms that hold readings, by their start (a multiple of step_ms)."""
        _columns(names)
        if not names:
            return {}
        with self._database.reading() as connection:
            return _TIERS[tier](connection, patient_id, from_at, to_at, step_ms, names)

    def bounds(self, patient_id: int) -> tuple[int, int] | None:
        """Return the first and the last instant with a reading."""
        mine = vitals.c.patient_id == patient_id
        first, last = (select(side(vitals.c.recorded_at)).where(mine) for side in (func.min, func.max))
        with self._database.reading() as connection:
            began, ended = connection.scalar(first), connection.scalar(last)
        return None if began is None or ended is None else (began, ended)

    def latest(self, patient_ids: Sequence[int]) -> Mapping[int, tuple[int, Mapping[str, Measured]]]:
        """Return the newest stored reading of each baby.

        First within a day of the newest minute, which any reading has: a question without bounds opens every partition.
        """
        with self._database.reading() as connection:
            newest = connection.scalar(_newest_minute(), {"ids": patient_ids})
            if newest is None:
                return _latest(connection, patient_ids)
            found = _latest(connection, patient_ids, (newest - DAY_MS, newest + DAY_MS))
            missing = [patient_id for patient_id in patient_ids if patient_id not in found]
            return found | _latest(connection, missing) if missing else found

    def last_known(self, patient_id: int, since: int) -> Mapping[str, tuple[int, float]]:
        """Return each vital's newest valid value with its instant: the minute by roll-up, the value from its rows."""
        minutes = vitals_minute.c
        query = (
            select(minutes.parameter, func.max(minutes.bucket_at).label("minute"))
            .where(
                minutes.patient_id == patient_id, minutes.bucket_at >= floor_to(since, MINUTE_MS), minutes.n_valid > 0
            )
            .group_by(minutes.parameter)
        )
        with self._database.reading() as connection:
            found = {row.parameter: row.minute for row in connection.execute(query)}
            newest = {name: connection.execute(_newest(patient_id, name, at)).first() for name, at in found.items()}
        return {name: (row[0], row[1]) for name, row in newest.items() if row is not None}

    def last_source(self, patient_id: int, since: int) -> tuple[Origin, str] | None:
        """Return origin and name of the source of the baby's newest reading, as far back as `since`."""
        query = (
            select(sources.c.origin, sources.c.name)
            .join(vitals, vitals.c.source_id == sources.c.id)
            .where(vitals.c.patient_id == patient_id, vitals.c.recorded_at >= since)
            .order_by(vitals.c.recorded_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.origin, row.name)

    def spark(
        self, patient_ids: Sequence[int], from_at: int, step_ms: int
    ) -> Mapping[int, Mapping[str, Sequence[tuple[int, float]]]]:
        """Return min SpO2 and mean HR (pulse for a baby without one) per step for the tiles."""
        found: _Spark = {patient_id: {"spo2": [], "heart_rate": []} for patient_id in patient_ids}
        self._fill(found, patient_ids, from_at, step_ms, "heart_rate")
        pulse_only = [patient_id for patient_id in patient_ids if not found[patient_id]["heart_rate"]]
        self._fill(found, pulse_only, from_at, step_ms, "pulse_rate")
        return found

    def histogram(self, patient_id: int, name: str, from_at: int, to_at: int) -> Mapping[float | None, int]:
        """Return how many readings had each value (None = sent without a value)."""
        (value,) = _columns([name])
        window = _window(patient_id, from_at, to_at)
        numbers = select(value, func.count()).where(*window, value.is_not(None)).group_by(value).order_by(value)
        absent = select(func.count()).where(*window, vitals.c.no_value.is_not(None), has_key(vitals.c.no_value, name))
        with self._database.reading() as connection:
            counts: dict[float | None, int] = {row[0]: row[1] for row in connection.execute(numbers)}
            without = connection.scalar(absent) or 0
        return counts | ({None: without} if without else {})

    def _fill(self, found: _Spark, patient_ids: Sequence[int], from_at: int, step_ms: int, beat: str) -> None:
        """Add SpO2 and beat of these babies, in one query that the dashboard's index answers alone."""
        if not patient_ids:
            return
        start = bucket_of(vitals.c.recorded_at, step_ms)
        query = (
            select(vitals.c.patient_id, start, func.min(vitals.c.spo2), func.avg(vitals.c[beat]))
            .where(is_one_of(vitals.c.patient_id, patient_ids), vitals.c.recorded_at >= from_at)
            .group_by(vitals.c.patient_id, start)
            .order_by(vitals.c.patient_id, start)
        )
        for patient_id in patient_ids:
            found[patient_id]["spo2"].clear()
        with self._database.reading() as connection:
            for patient_id, at, saturation, rate in connection.execute(query):
                if saturation is not None:
                    found[patient_id]["spo2"].append((at, saturation))
                if rate is not None:
                    found[patient_id]["heart_rate"].append((at, rate))


def _columns(names: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the columns of vitals; raises KeyError for a name that is not in the registry."""
    return [vitals.c[VITALS[name].name] for name in names]


@cache
def _newest_minute() -> Select[int | None]:
    """The newest minute of any of these babies: one short descent for each, in a table without partitions."""
    minutes = vitals_minute.c
    mine = select(minutes.bucket_at).where(minutes.patient_id == patients.c.id).order_by(minutes.bucket_at.desc())
    newest = mine.limit(1).correlate(patients).scalar_subquery()
    return select(func.max(newest)).select_from(patients).where(is_one_of(patients.c.id, "ids"))


@cache
def _newest_readings(postgres: bool, windowed: bool) -> Select[Any]:
    """The newest reading of each of these babies; kept, since building it costs as much as asking it."""
    newest = newest_rows(postgres, vitals, vitals.c.patient_id, vitals.c.recorded_at, patients.c.id, windowed)
    return newest.where(is_one_of(patients.c.id, "ids"))


def _latest(connection: Connection, patient_ids: Sequence[int], window: tuple[int, int] | None = None) -> _Latest:
    given: dict[str, Any] = {"ids": patient_ids}
    if window is not None:
        given |= {"newest_from": window[0], "newest_to": window[1]}
    rows = connection.execute(_newest_readings(is_postgresql(connection), window is not None), given)
    # Plain dicts: a row of SQLAlchemy finds each of its thirty columns anew.
    named = [dict(zip(_STORED, row, strict=True)) for row in rows]
    return {row["patient_id"]: (row["recorded_at"], values_of(row)) for row in named}


def _newest(patient_id: int, name: str, minute: int) -> Select[int, float]:
    """The newest valid reading of one vital within a minute."""
    value = vitals.c[name]
    window = (*_window(patient_id, minute, minute + MINUTE_MS), value.is_not(None))
    return select(vitals.c.recorded_at, value).where(*window).order_by(vitals.c.recorded_at.desc()).limit(1)


def _window(patient_id: int, from_at: int, to_at: int) -> tuple[ColumnElement[bool], ...]:
    return vitals.c.patient_id == patient_id, vitals.c.recorded_at >= from_at, vitals.c.recorded_at < to_at
