"""Queries that turn readings or roll-ups into buckets; the arithmetic is the database's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, Table, func, select

from nicu_dashboard.adapters.sql.dialects import bucket_of
from nicu_dashboard.adapters.sql.tables import vitals, vitals_hour, vitals_minute
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS, floor_to
from nicu_dashboard.domain.trends import Bucket, merged

Series = dict[str, list[tuple[int, Bucket]]]


def from_readings(
    connection: Connection, patient_id: int, from_at: int, to_at: int, step_ms: int, names: Sequence[str]
) -> Series:
    """Return buckets of single readings; a vital's bucket is there when its source spoke of it in that minute."""
    expected = _expected(connection, patient_id, from_at, to_at, step_ms, names)
    start = bucket_of(vitals.c.recorded_at, step_ms)
    columns: list[ColumnElement[Any]] = []
    for name in names:
        value = vitals.c[name]
        columns += [func.min(value), func.max(value), func.sum(value), func.count(value)]
    query = (
        select(start, *columns)
        .where(vitals.c.patient_id == patient_id, vitals.c.recorded_at >= from_at, vitals.c.recorded_at < to_at)
        .group_by(start)
        .order_by(start)
    )
    series: Series = {name: [] for name in names}
    for at, *numbers in connection.execute(query).all():
        for place, name in enumerate(names):
            if (name, at) in expected:
                lowest, highest, total, count = numbers[4 * place : 4 * place + 4]
                total = 0.0 if total is None else round(total, 3)
                series[name].append((at, Bucket(lowest, highest, total, count, expected[name, at])))
    return series


def from_minutes(
    connection: Connection, patient_id: int, from_at: int, to_at: int, step_ms: int, names: Sequence[str]
) -> Series:
    """Return buckets of whole minutes; the first one is the minute that holds from_at."""
    rows = _rows(vitals_minute, patient_id, floor_to(from_at, MINUTE_MS), to_at, names).subquery()
    return _series(connection, _steps(rows, step_ms), names)


def from_hours(
    connection: Connection, patient_id: int, from_at: int, to_at: int, step_ms: int, names: Sequence[str]
) -> Series:
    """Return buckets of whole hours; a baby's newest hour is read from its minutes, which are always complete."""
    newest = connection.scalar(
        select(func.max(vitals_minute.c.bucket_at)).where(vitals_minute.c.patient_id == patient_id)
    )
    if newest is None:
        return {name: [] for name in names}
    first, open_hour = floor_to(from_at, HOUR_MS), floor_to(newest, HOUR_MS)
    closed = _rows(vitals_hour, patient_id, first, min(to_at, open_hour), names)
    growing = _rows(vitals_minute, patient_id, max(first, open_hour), to_at, names)
    series, newer = (_series(connection, _steps(rows.subquery(), step_ms), names) for rows in (closed, growing))
    for name in names:
        _append(series[name], newer[name])
    return series


def _append(older: list[tuple[int, Bucket]], newer: list[tuple[int, Bucket]]) -> None:
    """Put newer buckets behind older ones; a bucket that both hold a part of becomes one."""
    if older and newer and older[-1][0] == newer[0][0]:
        at, part = older.pop()
        newer = [(at, merged([part, newer[0][1]])), *newer[1:]]
    older += newer


def _rows(table: Table, patient_id: int, from_at: int, to_at: int, names: Sequence[str]) -> Select[Any]:
    return select(table).where(
        table.c.patient_id == patient_id,
        table.c.bucket_at >= from_at,
        table.c.bucket_at < to_at,
        table.c.parameter.in_(names),
    )


def _steps(rows: Subquery, step_ms: int) -> Select[Any]:
    start = bucket_of(rows.c.bucket_at, step_ms).label("at")
    return (
        select(
            start,
            rows.c.parameter,
            func.min(rows.c.min),
            func.max(rows.c.max),
            # Sums are whole thousandths; added as integers they equal the sum over the readings.
            func.sum(func.round(rows.c.sum * 1000)) / 1000.0,
            func.sum(rows.c.n_valid),
            func.sum(rows.c.n_expected),
        )
        .group_by(start, rows.c.parameter)
        .order_by(start)
    )


def _series(connection: Connection, query: Select[Any], names: Sequence[str]) -> Series:
    series: Series = {name: [] for name in names}
    for at, name, lowest, highest, total, n_valid, n_expected in connection.execute(query).all():
        series[name].append((at, Bucket(lowest, highest, total, n_valid, n_expected)))
    return series


def _expected(
    connection: Connection, patient_id: int, from_at: int, to_at: int, step_ms: int, names: Sequence[str]
) -> Mapping[tuple[str, int], int]:
    """Return how many readings of a vital belong into each step that lies in a minute in which it was spoken of."""
    minute = vitals_minute.c
    query = _rows(vitals_minute, patient_id, floor_to(from_at, MINUTE_MS), to_at, names)
    expected: dict[tuple[str, int], int] = defaultdict(int)
    for at, name, count in connection.execute(
        query.with_only_columns(minute.bucket_at, minute.parameter, minute.n_expected)
    ):
        if step_ms >= MINUTE_MS:
            expected[name, floor_to(at, step_ms)] += count
            continue
        share = max(1, round(count * step_ms / MINUTE_MS))
        for start in range(floor_to(at, step_ms), at + MINUTE_MS, step_ms):
            expected[name, start] = max(share, expected[name, start])
    return expected
