"""A ward is one unit's: what another unit does in the same store neither shows nor sounds here."""

from pathlib import Path

import pytest

from nicu_dashboard import bootstrap
from nicu_dashboard.domain.patients import Unit
from nicu_dashboard.ports.roster import NewPatient, NotFound
from nicu_dashboard.settings import Settings
from tests.services.unit import NURSE, TestUnit

AUDIT = NURSE.entry(1, "did", "something")


def other_unit(unit: TestUnit) -> Unit:
    """A second unit with a baby in its only occupied cot."""
    roster = unit.store.roster
    other = roster.add_unit("Special care", AUDIT)
    for label in ("SC-01", "SC-02"):
        roster.add_cot(label, AUDIT, other.id)
    baby = roster.add_patient(NewPatient("SC-BABY"), AUDIT)
    roster.admit(baby.id, "SC-01", unit.clock.at - 60_000, AUDIT)
    return other


async def test_the_ward_shows_its_own_cots_alone(tmp_path: Path) -> None:
    async with TestUnit.opened(tmp_path / "a.db") as unit:
        other_unit(unit)
        await unit.station.upkeep._follow_roster()
        assert [bed.cot.label for bed in unit.station.ward.beds.values()] == ["NICU-01", "NICU-02"]
    settings = Settings.model_validate({"DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}", "NICU_UNIT": "Special care"})
    store = bootstrap.open_store(settings)
    try:
        station = bootstrap.build_station(settings, store, unit.clock, "live")
        await station.settling.start()
        assert [bed.cot.label for bed in station.ward.beds.values()] == ["SC-01", "SC-02"]
        bed = station.ward.bed_by_label("SC-01")
        assert bed is not None
        assert bed.stay is not None
        assert bed.stay.patient.mrn == "SC-BABY"
    finally:
        store.close()


async def test_a_reading_for_a_cot_of_another_unit_is_refused_by_name_and_not_shown(tmp_path: Path) -> None:
    async with TestUnit.opened(tmp_path / "a.db") as unit:
        other_unit(unit)
        receipt = await unit.reading(cot="SC-01", heart_rate=151)
        assert [one.reason for one in receipt.rejected] == [
            "cot 'SC-01' belongs to another unit; send to the server of that unit"
        ]
        await unit.station.engine.write()
        (kept,) = unit.store.chart.quarantine()
        assert (kept["reason"], "151" in kept["raw"]) == ("cot of another unit", False)


async def test_a_baby_goes_to_another_unit_and_comes_from_it(tmp_path: Path) -> None:
    async with TestUnit.opened(tmp_path / "a.db") as unit:
        other = other_unit(unit)
        baby = await unit.admit("NICU-01", "A-1")
        await unit.station.upkeep._follow_roster()
        with pytest.raises(NotFound, match="no cot 'SC-02'"):
            await unit.station.admissions.transfer(baby, "SC-02", NURSE, frozenset({unit.station.ward.unit.id}))
        gone = await unit.station.admissions.transfer(baby, "SC-02", NURSE, frozenset({other.id}))
        assert (gone.cot.unit_id, unit.station.ward.bed_of(baby)) == (other.id, None)
        theirs = unit.store.roster.patient_by_mrn("SC-BABY").id
        await unit.station.admissions.transfer(theirs, "NICU-01", NURSE)
        assert unit.station.ward.bed_of(theirs) is unit.station.ward.bed_by_label("NICU-01")


async def test_the_wall_follows_a_new_name_of_the_unit(tmp_path: Path) -> None:
    async with TestUnit.opened(tmp_path / "a.db") as unit:
        unit.store.roster.rename_unit(unit.station.ward.unit.id, "Level 3", AUDIT)
        await unit.station.upkeep._follow_roster()
        assert unit.station.ward.unit.name == "Level 3"
