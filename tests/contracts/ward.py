"""A small ward for the tests of the store, and readings in words."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select

from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.domain.vitals import Measured
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import AuditEntry, Fate, Tick, VitalsRow

NIGHT = parse_instant("2024-01-01T00:00:00.000Z")


def by_nurse(action: str = "did", subject: str = "something", at: int = NIGHT, **more: Any) -> AuditEntry:
    """What the trail says when nurse Grete acts."""
    return AuditEntry(at, "grete", "nurse", action, subject, **more)


class Ward:
    """Two cots, a baby in the first, a monitor that sends every second."""

    def __init__(self, database: Database) -> None:
        """Furnish an empty store, or find one that is furnished."""
        self.database = database
        self.journal, self.roster, self.chart = SqlJournal(database), SqlRoster(database), SqlChart(database)
        self.unit = next(iter(self.roster.units()), None) or self.roster.unit()
        if not self.roster.cots():
            for label in ("NICU-01", "NICU-02"):
                self.roster.add_cot(label, by_nurse())
            baby = self.roster.add_patient(NewPatient("MRN-ADA", "Lovelace, Ada"), by_nurse())
            self.roster.admit(baby.id, "NICU-01", NIGHT, by_nurse())
        self.cot = self.roster.cots()[0]
        self.baby = self.roster.patient_by_mrn("MRN-ADA")
        self.monitor = self.roster.source("monitor-1", "device", 1.0)

    def reading(self, at_s: float, received_s: float | None = None, **values: Measured) -> VitalsRow:
        """What the monitor says of Ada so many seconds into the night."""
        return self.reading_of(at_s, values, received_s)

    def reading_of(self, at_s: float, values: Mapping[str, Measured], received_s: float | None = None) -> VitalsRow:
        """The same, its values given together."""
        recorded = NIGHT + round(at_s * 1_000)
        received = recorded + 200 if received_s is None else NIGHT + round(received_s * 1_000)
        return VitalsRow(self.baby.id, self.monitor.id, recorded, received, values)

    def store(self, *rows: VitalsRow) -> list[Fate]:
        """Commit readings in one tick."""
        return list(self.journal.commit(Tick(readings=list(rows))))

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Every row of a table in the order of its key."""
        with self.database.reading() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            return [{str(name): value for name, value in row.items()} for row in found]
