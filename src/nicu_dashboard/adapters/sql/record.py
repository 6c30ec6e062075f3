"""The record beside the readings: alarms, events, notes, and what could not be filed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from nicu_dashboard.adapters.sql import audit_trail
from nicu_dashboard.adapters.sql.alarm_rows import alarm_of, transition_of
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.sight import seen_alarm
from nicu_dashboard.adapters.sql.spell_rows import stored_spell
from nicu_dashboard.adapters.sql.tables import (
    alarm_transitions,
    alarms,
    annotations,
    cots,
    events,
    patients,
    quarantine,
)
from nicu_dashboard.domain.alarms.alarm import Transition, condition_ended_at
from nicu_dashboard.domain.alarms.priority import rank
from nicu_dashboard.ports.chart import Annotation, StoredAlarm, StoredSpell
from nicu_dashboard.ports.roster import NotFound
from nicu_dashboard.ports.tick import AuditEntry

_REVIEW = frozenset({"review", "kind", "state", "note"})
_ALARMS = (
    select(alarms, cots.c.label.label("cot"), patients.c.mrn)
    .outerjoin(cots, cots.c.id == alarms.c.cot_id)
    .outerjoin(patients, patients.c.id == alarms.c.patient_id)
)
_SPELLS = select(events, cots.c.label.label("cot")).outerjoin(cots, cots.c.id == events.c.cot_id)


class Record:
    """Alarms, events and notes of the port Chart."""

    def __init__(self, database: Database) -> None:
        """Take the store."""
        self._database = database

    def alarms(
        self,
        patient_id: int | None = None,
        status: str | None = None,
        after: int | None = None,
        limit: int = 100,
        cot_id: int | None = None,
        units: frozenset[int] | None = None,
    ) -> Sequence[StoredAlarm]:
        """Return alarms newest first, below the id `after`, of these units only when any are named."""
        query = _ALARMS.order_by(alarms.c.id.desc()).limit(limit)
        for column, wanted in ((alarms.c.patient_id, patient_id), (alarms.c.status, status), (alarms.c.cot_id, cot_id)):
            if wanted is not None:
                query = query.where(column == wanted)
        if after is not None:
            query = query.where(alarms.c.id < after)
        if units is not None:
            query = query.where(seen_alarm(units))
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            changes = _changes(connection, [row["id"] for row in rows])
        return [_stored_alarm(row, changes.get(row["id"], [])) for row in rows]

    def alarm(self, alarm_id: int) -> tuple[StoredAlarm, Sequence[Transition]]:
        """Return an alarm with every change of it; raises NotFound."""
        with self._database.reading() as connection:
            row = connection.execute(_ALARMS.where(alarms.c.id == alarm_id)).mappings().first()
            if row is None:
                raise NotFound(f"There is no alarm {alarm_id}; look it up in the alarm log.")
            changes = _changes(connection, [alarm_id]).get(alarm_id, [])
        return _stored_alarm(row, changes), changes

    def spells(
        self, patient_id: int, from_at: int | None = None, to_at: int | None = None, definition: str | None = None
    ) -> Sequence[StoredSpell]:
        """Return a baby's events that begin in the window, newest first."""
        query = _SPELLS.where(events.c.patient_id == patient_id).order_by(
            events.c.started_at.desc(), events.c.id.desc()
        )
        if from_at is not None:
            query = query.where(events.c.started_at >= from_at)
        if to_at is not None:
            query = query.where(events.c.started_at < to_at)
        if definition is not None:
            query = query.where(events.c.definition == definition)
        with self._database.reading() as connection:
            return [stored_spell(row) for row in connection.execute(query).mappings()]

    def spell(self, spell_id: int) -> StoredSpell:
        """Return one event; raises NotFound."""
        with self._database.reading() as connection:
            return _spell(connection, spell_id)

    def review_spell(self, spell_id: int, changes: Mapping[str, Any], audit: AuditEntry) -> StoredSpell:
        """Set review, kind, state, note of an event together with its audit entry, which says by whom and when."""
        if unknown := changes.keys() - _REVIEW:
            raise KeyError(f"not a part of a review: {', '.join(sorted(unknown))}")
        with self._database.writing() as connection:
            patient_id = _spell(connection, spell_id).patient_id
            said = {**changes, "reviewed_by": audit.actor, "reviewed_at": audit.at}
            connection.execute(update(events).where(events.c.id == spell_id), said)
            self._database.trail.append(connection, [audit_trail.about(audit, patient_id)])
            return _spell(connection, spell_id)

    def annotations(self, patient_id: int, from_at: int, to_at: int) -> Sequence[Annotation]:
        """Return the notes of a window in order."""
        note = annotations.c
        query = (
            select(note.id, note.patient_id, note.at, note.kind, note.text, note.author)
            .where(note.patient_id == patient_id, note.at >= from_at, note.at < to_at)
            .order_by(note.at, note.id)
        )
        with self._database.reading() as connection:
            return [Annotation(*row) for row in connection.execute(query)]

    def annotate(self, patient_id: int, at: int, kind: str, text: str, by: str, audit: AuditEntry) -> Annotation:
        """Add a note."""
        new = {"patient_id": patient_id, "at": at, "kind": kind, "text": text, "author": by}
        with self._database.writing() as connection:
            note_id = connection.execute(insert(annotations).returning(annotations.c.id), new).scalar_one()
            self._database.trail.append(connection, [audit_trail.about(audit, patient_id)])
        return Annotation(note_id, patient_id, at, kind, text, by)

    def quarantine(self, limit: int = 200, unit_id: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return what was received for no baby (by one unit, if it is named), counted by source, cot and reason."""
        query = select(quarantine).order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc()).limit(limit)
        if unit_id is not None:
            query = query.where(func.coalesce(quarantine.c.unit_id, unit_id) == unit_id)
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _changes(connection: Connection, alarm_ids: Sequence[int]) -> Mapping[int, list[Transition]]:
    """Return every change of these alarms in the order they happened."""
    change = alarm_transitions.c
    query = select(alarm_transitions).where(change.alarm_id.in_(alarm_ids)).order_by(change.at, change.id)
    found: dict[int, list[Transition]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["alarm_id"], []).append(transition_of(row))
    return found


def _stored_alarm(row: RowMapping, changes: Sequence[Transition]) -> StoredAlarm:
    alarm = alarm_of(row)
    worst = max([alarm.priority, *(change.priority for change in changes)], key=rank)
    where = (row["cot_id"], row["cot"], row["patient_id"], row["mrn"])
    return StoredAlarm(alarm, *where, worst, condition_ended_at(changes))


def _spell(connection: Connection, spell_id: int) -> StoredSpell:
    row = connection.execute(_SPELLS.where(events.c.id == spell_id)).mappings().first()
    if row is None:
        raise NotFound(f"There is no event {spell_id}; look it up in the list of events.")
    return stored_spell(row)
