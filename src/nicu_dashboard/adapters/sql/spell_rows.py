"""A/B/D events between rows and the domain's words."""

from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import replace as replace_fields
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, case, delete, select, update

from nicu_dashboard.adapters.sql import dialects
from nicu_dashboard.adapters.sql.tables import admissions, events
from nicu_dashboard.domain.spells import Episode, Spell
from nicu_dashboard.ports.chart import StoredSpell
from nicu_dashboard.ports.tick import Rescan, SpellRow

_KEY = ("patient_id", "definition", "definition_version", "started_at")


def stored_spell(row: RowMapping) -> StoredSpell:
    """Return the event of a row that also carries the cot's label as `cot`."""
    return StoredSpell(
        id=row["id"],
        patient_id=row["patient_id"],
        cot=row["cot"],
        spell=_spell(row),
        review=row["review"],
        state=row["state"],
        note=row["note"],
        reviewed_by=row["reviewed_by"],
        reviewed_at=row["reviewed_at"],
    )


def store(connection: Connection, rows: Sequence[SpellRow]) -> None:
    """Insert events, or bring those of the same definition and start up to date; what a person said of them stays."""
    last = {_key(row): row for row in rows}
    if not last:
        return
    statement = dialects.insert(connection, events)
    found = statement.excluded
    measured = ("cot_id", "found_kind", "ended_at", "averaging_s", "apnea_s", "nadirs", "episodes")
    changed: dict[str, Any] = {name: found[name] for name in measured}
    # A kind that a person gave stands; one nobody touched follows what was found.
    changed["kind"] = case((events.c.kind == events.c.found_kind, found.kind), else_=events.c.kind)
    connection.execute(
        statement.on_conflict_do_update(index_elements=_KEY, set_=changed), [_row(row) for row in last.values()]
    )


def replace(connection: Connection, window: Rescan, rows: Sequence[SpellRow]) -> None:
    """Make the events of a baby that begin in the window exactly these, each in the cot where the baby lay then.

    One whose beginning is found to be another stays the same event, of which pages and people know the number. What a
    person said stays alone when nothing is found any more where it was: nobody's word is deleted in silence.
    """
    keep = {_key(row) for row in rows}
    inside = (
        events.c.patient_id == window.patient_id,
        events.c.started_at >= window.from_at,
        events.c.started_at < window.to_at,
    )
    columns = (events.c.id, *(events.c[name] for name in _KEY), events.c.ended_at, events.c.reviewed_at)
    there = connection.execute(select(*columns).where(*inside)).all()
    taken = {_key_of(row) for row in there}
    fresh = [row for row in rows if _key(row) not in taken]
    deleted: set[int] = set()
    for row in sorted((row for row in there if _key_of(row) not in keep), key=lambda row: row.reviewed_at is None):
        moved = next((new for new in fresh if _overlap(row, new)), None)
        if moved is not None:
            fresh.remove(moved)
            begins = update(events).where(events.c.id == row.id)
            connection.execute(begins.values(started_at=moved.spell.started_at, ended_at=moved.spell.ended_at))
        elif row.reviewed_at is None or any(_overlap(row, new) for new in rows):
            deleted.add(row.id)
    if deleted:
        connection.execute(delete(events).where(events.c.id.in_(deleted)))
    store(connection, _placed(connection, window.patient_id, rows))


def _placed(connection: Connection, patient_id: int, rows: Sequence[SpellRow]) -> list[SpellRow]:
    """Return the rows with the cot of the baby's stay; one from before any admission has none."""
    stay = admissions.c
    query = select(stay.cot_id, stay.admitted_at, stay.ended_at).where(stay.patient_id == patient_id)
    stays = connection.execute(query.order_by(stay.admitted_at)).all()

    def cot_at(at: int) -> int | None:
        there = [one.cot_id for one in stays if one.admitted_at <= at and (one.ended_at is None or at < one.ended_at)]
        return there[-1] if there else None

    return [replace_fields(row, cot_id=row.cot_id or cot_at(row.spell.started_at)) for row in rows]


def _overlap(old: Row[Any], new: SpellRow) -> bool:
    named = (new.spell.definition, new.spell.definition_version) == (old.definition, old.definition_version)
    return named and new.spell.started_at <= old.ended_at and old.started_at <= new.spell.ended_at


def _key_of(row: Row[Any]) -> tuple[int, str, int, int]:
    return row.patient_id, row.definition, row.definition_version, row.started_at


def _key(row: SpellRow) -> tuple[int, str, int, int]:
    return row.patient_id, row.spell.definition, row.spell.definition_version, row.spell.started_at


def _spell(row: RowMapping) -> Spell:
    return Spell(
        kind=row["kind"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        nadirs=row["nadirs"],
        apnea_s=row["apnea_s"],
        definition=row["definition"],
        definition_version=row["definition_version"],
        averaging_s=row["averaging_s"],
        episodes=tuple(Episode(**episode) for episode in row["episodes"]),
    )


def _row(row: SpellRow) -> dict[str, Any]:
    spell = row.spell
    return {
        "patient_id": row.patient_id,
        "cot_id": row.cot_id,
        "kind": spell.kind,
        "found_kind": spell.kind,
        "started_at": spell.started_at,
        "ended_at": spell.ended_at,
        "definition": spell.definition,
        "definition_version": spell.definition_version,
        "averaging_s": spell.averaging_s,
        "apnea_s": spell.apnea_s,
        "nadirs": dict(spell.nadirs),
        "episodes": [asdict(episode) for episode in spell.episodes],
        "review": "unreviewed",
    }
