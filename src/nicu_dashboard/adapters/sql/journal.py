"""The engine's journal: one tick, one transaction."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, delete, func, insert, select

from nicu_dashboard.adapters.sql import alarm_rows, dialects, marks, readings, spell_rows
from nicu_dashboard.adapters.sql.counting import count_up
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import IndexExchanged
from nicu_dashboard.adapters.sql.fence import Fence, no_fence
from nicu_dashboard.adapters.sql.sifting import Sifter
from nicu_dashboard.adapters.sql.sight import latest_unit
from nicu_dashboard.adapters.sql.tables import quarantine, rescans
from nicu_dashboard.ports.tick import (
    AlarmRow,
    Fate,
    Mark,
    Quarantined,
    Refused,
    Rescan,
    SpellRow,
    SuspensionRow,
    Tick,
)

Written = TypeVar("Written")


class SqlJournal:
    """The port Journal on SQLite or PostgreSQL."""

    def __init__(self, database: Database, fence: Fence = no_fence) -> None:
        """Take the store, and what may refuse a transaction at its end."""
        self._database, self._fence = database, fence

    def commit(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> Sequence[Fate]:
        """Write the tick in one transaction with the roll-ups it touches; return each reading's fate in order."""
        return _twice(lambda: self._commit(tick, mark, followed_at))

    def _commit(self, tick: Tick, mark: Mark | None, followed_at: int | None) -> Sequence[Fate]:
        with self._database.ticking() as connection:
            if mark is not None:
                marks.note(connection, mark)
            fates = readings.store(connection, tick.readings)
            self._way(followed_at)(connection, tick)
            self._check(connection, followed_at)
        return fates

    def sift(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> Sequence[Fate | Refused]:
        """Write all of the tick that the store takes, and the rest into the quarantine, in one transaction."""
        return _twice(lambda: self._sift(tick, mark, followed_at))

    def _sift(self, tick: Tick, mark: Mark | None, followed_at: int | None) -> Sequence[Fate | Refused]:
        with self._database.ticking() as connection:
            if mark is not None:
                marks.note(connection, mark)
            fates = Sifter(connection, self._database.where, self._way(followed_at)).sift(tick)
            self._check(connection, followed_at)
        return fates

    def _way(self, followed_at: int | None) -> Callable[[Connection, Tick], None]:
        """Return how a tick is written: as the present, or as the history of an engine that was followed."""
        return self._write if followed_at is None else partial(self._write_late, followed_at)

    def _check(self, connection: Connection, followed_at: int | None) -> None:
        """Let only the engine that works write the present; history changes nothing that is."""
        if followed_at is None:
            self._fence(connection)

    def _write(self, connection: Connection, tick: Tick) -> None:
        """Write what a tick holds beside its readings."""
        alarm_rows.store(connection, tick.alarms)
        alarm_rows.store_suspensions(connection, tick.suspensions)
        self._write_more(connection, tick)

    def _write_late(self, followed_at: int, connection: Connection, tick: Tick) -> None:
        """Write the same where another engine has spoken since: what the store knows stays as it is."""
        alarm_rows.store_late(connection, tick.alarms, followed_at)
        alarm_rows.store_suspensions_late(connection, tick.suspensions, followed_at)
        self._write_more(connection, tick)

    def _write_more(self, connection: Connection, tick: Tick) -> None:
        alarm_rows.store_transitions(connection, tick.transitions)
        spell_rows.store(connection, tick.spells)
        _count_quarantined(connection, tick.quarantined)
        _ask_for_rescans(connection, tick.rescans)
        self._database.trail.append(connection, tick.audit)

    def last_mark(self, writer: str) -> int:
        """Return the number of the last tick of this writer that is in the store, 0 when there is none."""
        with self._database.reading() as connection:
            return marks.last(connection, writer)

    def identity(self) -> str:
        """Return the name that this store gave itself once."""
        with self._database.reading() as connection:
            known = marks.known_identity(connection)
        if known is None:
            with self._database.writing() as connection:
                marks.give_identity(connection)
                known = marks.known_identity(connection)
        assert known is not None
        return known

    def reserve_ids(self, counter: str, count: int) -> range:
        """Return `count` ids never given before under this counter."""
        with self._database.writing() as connection:
            return count_up(connection, counter, count)

    def rescans(self, unit_id: int | None = None) -> Sequence[Rescan]:
        """Return the windows still to be scanned again; those of a baby that overlap or touch are one.

        With a unit named, those of its babies and of babies that were never admitted.
        """
        ordered = select(rescans).order_by(rescans.c.patient_id, rescans.c.from_at)
        if unit_id is not None:
            of_unit = latest_unit(rescans.c.patient_id).correlate(rescans)
            ordered = ordered.where(func.coalesce(of_unit, unit_id) == unit_id)
        merged: list[Rescan] = []
        with self._database.reading() as connection:
            for row in connection.execute(ordered):
                last = merged[-1] if merged else None
                if last and last.patient_id == row.patient_id and row.from_at <= last.to_at:
                    newest = max(last.last_id or 0, row.id)
                    merged[-1] = Rescan(last.patient_id, last.from_at, max(last.to_at, row.to_at), newest)
                else:
                    merged.append(Rescan(row.patient_id, row.from_at, row.to_at, row.id))
        return merged

    def replace_spells(self, window: Rescan, spells: Sequence[SpellRow]) -> None:
        """Make the events that begin in the window exactly these and forget the rescans that lie in it.

        One that was asked for after the window was read from the store stays: its readings were not among those seen.
        """
        _twice(lambda: self._replace_spells(window, spells))

    def _replace_spells(self, window: Rescan, spells: Sequence[SpellRow]) -> None:
        known = () if window.last_id is None else (rescans.c.id <= window.last_id,)
        with self._database.writing() as connection:
            dialects.lock_patients(connection, [window.patient_id])
            spell_rows.replace(connection, window, spells)
            connection.execute(
                delete(rescans).where(
                    rescans.c.patient_id == window.patient_id,
                    rescans.c.from_at >= window.from_at,
                    rescans.c.to_at <= window.to_at,
                    *known,
                )
            )
            self._fence(connection)

    def open_alarms(self, unit_id: int) -> Sequence[AlarmRow]:
        """Return the alarms of a unit that have not ended."""
        with self._database.reading() as connection:
            return alarm_rows.open_alarms(connection, unit_id)

    def open_suspensions(self, unit_id: int) -> Sequence[SuspensionRow]:
        """Return the pauses and switched-off limits that were not ended."""
        with self._database.reading() as connection:
            return alarm_rows.open_suspensions(connection, unit_id)


def _twice(write: Callable[[], Written]) -> Written:
    """Write, and once more where that met an index being exchanged: a fault of the server that is over by now."""
    try:
        return write()
    except IndexExchanged:
        return write()


def _ask_for_rescans(connection: Connection, asked: Sequence[Rescan]) -> None:
    if asked:
        rows = [{"patient_id": one.patient_id, "from_at": one.from_at, "to_at": one.to_at} for one in asked]
        connection.execute(insert(rescans), rows)


def _count_quarantined(connection: Connection, messages: Sequence[Quarantined]) -> None:
    """Count messages of one source, cot and reason in one statement: thousands must not hold an alarm up."""
    alike: dict[tuple[str, str, str], list[Quarantined]] = {}
    for message in messages:
        alike.setdefault((message.source, message.cot, message.reason), []).append(message)
    for (source, cot, reason), some in alike.items():
        last, count = some[-1], len(some)
        statement = dialects.insert(connection, quarantine).values(
            source=source,
            cot=cot,
            reason=reason,
            count=count,
            first_at=some[0].at,
            last_at=last.at,
            raw=last.raw,
            unit_id=last.unit_id,
        )
        changed = {"count": quarantine.c.count + count, "last_at": last.at, "raw": last.raw, "unit_id": last.unit_id}
        connection.execute(statement.on_conflict_do_update(index_elements=["source", "cot", "reason"], set_=changed))
