"""The record changes beside the ward: a store that fails in the middle, and two changes at once, leave no cot wrong."""

import asyncio
from collections.abc import Callable

import pytest

from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import StoreUnavailable
from tests.services.unit import NURSE, TestUnit


def _by_command(unit: TestUnit, mrn: str, cot: str) -> int:
    """A command beside the server admits a baby."""
    roster, at = unit.store.roster, unit.clock.at
    baby = roster.add_patient(NewPatient(mrn), NURSE.entry(at, "patient.create", "patient"))
    roster.admit(baby.id, cot, at, NURSE.entry(at, "admission.admit", f"cot {cot}", baby.id))
    return baby.id


def _failing_once(real: Callable[..., object]) -> Callable[..., object]:
    told: list[int] = []

    def failing(*given: object) -> object:
        if not told:
            told.append(1)
            raise StoreUnavailable("the connection broke")
        return real(*given)

    return failing


@pytest.mark.parametrize("broken", ["cots", "stays", "stay_history"])
async def test_a_store_that_fails_in_the_middle_delays_a_change_and_loses_none(
    unit: TestUnit, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    watch, roster = unit.station.upkeep._watch, unit.store.roster
    await watch.sync()
    _by_command(unit, "B-2", "NICU-02")
    roster.discharge(1, unit.clock.at, NURSE.entry(unit.clock.at, "admission.discharge", "patient"))
    monkeypatch.setattr(roster, broken, _failing_once(getattr(roster, broken)))
    with pytest.raises(StoreUnavailable):
        await watch.sync()
    await watch.sync()
    assert (await unit.reading(cot="NICU-02", spo2=95)).accepted == 1
    assert unit.cot("NICU-01")["baby"] is None
    assert unit.station.intake._stays.patient_at(1, unit.clock.at) is None


async def test_a_transfer_while_the_record_is_being_read_leaves_the_baby_where_it_was_brought(unit: TestUnit) -> None:
    watch, roster = unit.station.upkeep._watch, unit.store.roster
    await unit.seconds(12, spo2=75)
    roster.add_patient(NewPatient("B-2"), NURSE.entry(unit.clock.at, "patient.create", "patient"))
    read = roster.stays

    def slowly(*given: int) -> object:
        found = read(*given)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.3), loop).result()
        return found

    loop = asyncio.get_running_loop()
    roster.stays = slowly  # type: ignore[method-assign, assignment]
    reading = asyncio.create_task(watch.sync())
    await asyncio.sleep(0.1)
    await unit.station.admissions.transfer(1, "NICU-02", NURSE)
    await reading
    assert (unit.cot("NICU-01")["baby"], (unit.cot("NICU-02")["baby"] or {}).get("patient_id")) == (None, 1)
