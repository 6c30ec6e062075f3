"""The alarm path needs no database."""

import pytest

from nicu_dashboard.ports.tick import Fate, Journal, Mark, StoreUnavailable, Tick
from tests.services.unit import TestUnit


class Plug:
    """The cable between engine and store, pulled and put back by the test; the store behind it is real."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.pulled = False

    def commit(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> "list[Fate]":
        """Pass a commit through, unless the cable is pulled."""
        if self.pulled:
            raise StoreUnavailable("the store cannot be reached; check: nicu db check")
        return list(self._journal.commit(tick, mark))


@pytest.fixture
def plug(unit: TestUnit) -> Plug:
    cable = Plug(unit.station.engine.keeper.journal)
    unit.station.engine.keeper.journal = cable  # type: ignore[assignment]
    return cable


async def test_without_a_store_readings_are_not_acknowledged_but_alarms_go_on(unit: TestUnit, plug: Plug) -> None:
    plug.pulled = True
    with pytest.raises(StoreUnavailable):
        await unit.reading(heart_rate=40)
    assert unit.alarms() == ["*** HR 40 < 80 on"]
    unit.station.live.publish()
    newest = unit.station.broadcast.latest()
    assert newest is not None
    assert b"Store unavailable" in newest.body


async def test_when_the_store_comes_back_the_alarm_is_in_the_record_and_the_resent_reading_too(
    unit: TestUnit, plug: Plug
) -> None:
    plug.pulled = True
    with pytest.raises(StoreUnavailable):
        await unit.reading(heart_rate=40)
    plug.pulled = False
    receipt = await unit.reading(heart_rate=40)
    assert receipt.accepted == 1
    assert [one.alarm.text for one in unit.store.chart.alarms(patient_id=1)] == ["HR 40 < 80"]
    await unit.station.engine.submit()
    assert unit.station.ward.unit_watch.alarms == []
