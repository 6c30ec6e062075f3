"""A store with two units and a baby in each: whatever is said of the other unit's baby bears the same mark."""

from dataclasses import dataclass, replace

from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import AlarmRow, Quarantined, SpellRow, Tick, VitalsRow
from tests.contracts.test_journal import LOW_SPO2, RAISED, desaturation
from tests.contracts.ward import NIGHT, by_nurse

OURS, THEIRS = "NICU", "Special care"
MARK = "ZEBRA"
VALUE = 187.0


@dataclass(frozen=True)
class Two:
    """The numbers of what there is in each unit."""

    ours: int
    theirs: int
    our_baby: int
    baby: int
    cot: int
    alarm: int
    event: int


def furnish(url: str) -> Two:
    """Make both units in an empty store."""
    database = open_store(url)
    roster, journal, chart = SqlRoster(database), SqlJournal(database), SqlChart(database)
    ours, theirs = roster.unit(), roster.add_unit(THEIRS, by_nurse("unit.add", f"unit {THEIRS}"))
    for label, unit in (("NICU-01", ours), ("NICU-02", ours), (f"SC-{MARK}", theirs), (f"SD-{MARK}", theirs)):
        roster.add_cot(label, by_nurse("cot.add", f"cot {label}"), unit.id)
    here = roster.add_patient(NewPatient("MRN-ADA", "Lovelace, Ada"), by_nurse())
    there = roster.add_patient(NewPatient(f"MRN-{MARK}", f"{MARK}, Baby"), by_nurse())
    roster.admit(here.id, "NICU-01", NIGHT, by_nurse())
    stay = roster.admit(there.id, f"SC-{MARK}", NIGHT, by_nurse("admission.admit", f"cot SC-{MARK}"))
    source = roster.source(f"monitor {MARK}", "device", unit_id=theirs.id)
    alarm = replace(LOW_SPO2, id=journal.reserve_ids("alarm", 1)[0], text=f"SpO2 {MARK}")
    tick = Tick(
        readings=[VitalsRow(there.id, source.id, NIGHT + 1_000, NIGHT + 1_000, {"heart_rate": VALUE})],
        alarms=[AlarmRow(theirs.id, stay.cot.id, there.id, alarm)],
        transitions=[replace(RAISED, alarm_id=alarm.id)],
        spells=[SpellRow(there.id, stay.cot.id, desaturation(0))],
        quarantined=[Quarantined(NIGHT, f"monitor {MARK}", f"SD-{MARK}", "no baby", f"{MARK} 187", theirs.id)],
        audit=[
            by_nurse("alarms.off", f"cot SC-{MARK}", patient_id=there.id, detail={"reason": MARK}),
            by_nurse("read.wall", f"wall of unit {theirs.id}", detail={"patients": [there.id], "note": MARK}),
            by_nurse("read.list", "list", detail={"patients": [here.id, there.id], "note": MARK}),
        ],
    )
    journal.commit(tick)
    chart.annotate(there.id, NIGHT + 1, "note", f"fed {MARK}", "grete", by_nurse("annotation.add", patient_id=there.id))
    (event,) = chart.spells(there.id)
    database.close()
    return Two(ours.id, theirs.id, here.id, there.id, stay.cot.id, alarm.id, event.id)
