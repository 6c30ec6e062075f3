"""Storing readings: new ones in bulk, the rare second word about an instant compared with the first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from nicu_dashboard.adapters.sql import dialects, roll_ups
from nicu_dashboard.adapters.sql.measured import NAMES, numbers_of, reasons_of, values_of
from nicu_dashboard.adapters.sql.roll_ups import Given, Place
from nicu_dashboard.adapters.sql.tables import vitals, vitals_superseded
from nicu_dashboard.domain.vitals import Measured, NoValue
from nicu_dashboard.ports.tick import Fate, VitalsRow

Key = tuple[int, int, int]
_KEYS = ("patient_id", "recorded_at", "source_id")
_ALWAYS = (*_KEYS, "received_at")
_STORED = tuple(vitals.c.keys())
_CHUNK = 500


def store(connection: Connection, rows: Sequence[VitalsRow]) -> list[Fate]:
    """Store readings with their roll-ups and return each one's fate in order."""
    if not rows:
        return []
    dialects.lock_patients(connection, (row.patient_id for row in rows))
    fates: list[Fate] = ["accepted"] * len(rows)
    fresh = _insert(connection, rows)
    second = [place for place in range(len(rows)) if place not in fresh]
    corrected = _settle(connection, [(place, rows[place]) for place in second], fates) if second else set()
    given = [Given(row.patient_id, row.source_id, row.recorded_at, row.values) for row in map(rows.__getitem__, fresh)]
    roll_ups.update(connection, given, corrected)
    return fates


def _insert(connection: Connection, rows: Sequence[VitalsRow]) -> list[int]:
    """Insert the first word about each key; return the places of those that were new."""
    first: dict[Key, int] = {}
    for place, row in enumerate(rows):
        first.setdefault(_key(row), place)
    places = list(first.values())
    columns, listed = _listed([rows[place] for place in places])
    new = dialects.insert_new(connection, vitals, _KEYS, columns, listed)
    return [place for place, is_new in zip(places, new, strict=True) if is_new]


def _settle(connection: Connection, second: Sequence[tuple[int, VitalsRow]], fates: list[Fate]) -> set[Place]:
    """Compare readings with what is stored under their key and merge; return the minutes that changed."""
    stored = _stored(connection, (row for _, row in second))
    corrected: set[Place] = set()
    for place, row in second:
        old = stored[_key(row)]
        known = values_of(old)
        news = {name: value for name, value in row.values.items() if known.get(name) != value}
        if not news:
            fates[place] = "duplicate"
            continue
        fates[place] = "merged"
        if any(name in known for name in news):
            _keep_old(connection, old, row.received_at)
        stored[_key(row)] = _merge(connection, old, known | news, row.received_at)
        corrected.add(Given(row.patient_id, row.source_id, row.recorded_at, {}).minute)
    return corrected


def _stored(connection: Connection, rows: Iterable[VitalsRow]) -> dict[Key, dict[str, Any]]:
    wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in rows:
        wanted[row.patient_id, row.source_id].append(row.recorded_at)
    found: dict[Key, dict[str, Any]] = {}
    for (patient_id, source_id), instants in wanted.items():
        mine = (vitals.c.patient_id == patient_id, vitals.c.source_id == source_id)
        for start in range(0, len(instants), _CHUNK):
            chunk = instants[start : start + _CHUNK]
            query = select(vitals).where(*mine, vitals.c.recorded_at.in_(chunk))
            for stored in connection.execute(query).all():
                old = dict(zip(_STORED, stored, strict=True))
                found[patient_id, old["recorded_at"], source_id] = old
    return found


def _keep_old(connection: Connection, old: dict[str, Any], superseded_at: int) -> None:
    kept = {name: value for name, value in old.items() if name != "id"}
    connection.execute(insert(vitals_superseded), {**kept, "vitals_id": old["id"], "superseded_at": superseded_at})


def _merge(
    connection: Connection, old: dict[str, Any], values: dict[str, Measured], received_at: int
) -> dict[str, Any]:
    new = {**old, **numbers_of(values), "no_value": reasons_of(values), "received_at": received_at}
    connection.execute(
        update(vitals).where(vitals.c.id == old["id"]), {name: new[name] for name in new if name != "id"}
    )
    return new


def _key(row: VitalsRow) -> Key:
    return row.patient_id, row.recorded_at, row.source_id


def _listed(rows: Sequence[VitalsRow]) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Return the columns that this tick fills, and the rows in their order."""
    spoken_of = {name for row in rows for name in row.values}
    names = [name for name in NAMES if name in spoken_of]
    absent = any(isinstance(value, NoValue) for row in rows for value in row.values.values())
    return (*_ALWAYS, *names, *(["no_value"] if absent else [])), [_list(row, names, absent) for row in rows]


def _list(row: VitalsRow, names: Sequence[str], absent: bool) -> list[Any]:
    listed = [row.patient_id, row.recorded_at, row.source_id, row.received_at]
    measured = [row.values.get(name) for name in names]
    if not absent:
        return listed + measured
    numbers = [None if isinstance(value, NoValue) else value for value in measured]
    return [*listed, *numbers, reasons_of(row.values)]
