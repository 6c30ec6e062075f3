"""While the store is away all goes on: readings wait on disk, are acknowledged, and come in once and in order."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nicu_dashboard.adapters.spool import FolderSpool
from nicu_dashboard.ports.tick import Fate, Journal, Mark, Refused, StoreUnavailable, Tick, VitalsRow
from tests.services.unit import NURSE, HandClock, TestUnit
from tests.templates import copy_of_empty_store


class Line:
    """The line between engine and store, cut by the test before or after a commit; the store behind it is real."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.cut = False
        self.answers_lost = 0

    def commit(self, tick: Tick, mark: Mark | None = None, followed_at: int | None = None) -> Sequence[Fate]:
        """Pass a commit on; an answer may get lost on its way back."""
        if self.cut:
            raise StoreUnavailable("the store cannot be reached; check: nicu db check")
        fates = self._journal.commit(tick, mark, followed_at)
        if self.answers_lost:
            self.answers_lost -= 1
            self.cut = True
            raise StoreUnavailable("the answer was lost")
        return fates

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on."""
        return getattr(self._journal, name)


class SpoolingUnit:
    """A unit with a spool whose line to the store can be cut, and which can be started again."""

    def __init__(self, unit: TestUnit, line: Line, spool: FolderSpool) -> None:
        self.unit, self.line, self.spool = unit, line, spool
        self.engine = unit.station.engine

    async def drained(self) -> None:
        """Take out all that waits, as the background task does."""
        while self.spool.state().ticks:
            assert await self.engine.keeper.drain()
        self.engine._tell_of_store()

    def stored(self, name: str = "heart_rate") -> list[float]:
        """What the record holds of the first baby, in order."""
        rows = self.unit.store.chart.readings(1, 0, self.unit.clock.at + 60_000, (name,))
        return [value for _, values in rows if isinstance(value := values[name], float)]


async def _opened(folder: Path, clock: HandClock) -> AsyncIterator[SpoolingUnit]:
    path = folder / "nicu.db"
    async with TestUnit.opened(path if path.exists() else copy_of_empty_store(path), clock) as unit:
        keeper = unit.station.engine.keeper
        line = Line(keeper.journal)
        spool = FolderSpool(folder / "spool", 10_000_000)
        keeper.journal, keeper._spool = line, spool
        await keeper.open()
        yield SpoolingUnit(unit, line, spool)
        spool.close()


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[SpoolingUnit]:
    """A spooling unit with a baby in NICU-01."""
    async for opened in _opened(tmp_path, HandClock()):
        await opened.unit.admit("NICU-01", "A-1")
        yield opened


async def test_readings_are_acknowledged_from_the_spool_alarms_go_on_and_all_is_stored_in_order(
    ward: SpoolingUnit,
) -> None:
    ward.line.cut = True
    for rate in (150, 151, 40):
        ward.unit.clock.at += 1_000
        receipt = await ward.unit.reading(heart_rate=rate)
        assert (receipt.accepted, receipt.spooled) == (1, 1)
        if rate == 150:
            assert "1 reading waits on this machine" in ward.unit.station.engine.keeper.in_words()
    assert ward.unit.alarms() == ["*** HR 40 < 80 on"]
    assert ward.stored() == []
    newest = ward.unit.station.broadcast.latest()
    assert newest is not None
    assert b"Store unavailable: 3 readings wait on this machine" in newest.body
    assert b'"spooled":3' in newest.body

    ward.line.cut = False
    await ward.drained()
    assert ward.stored() == [150, 151, 40]
    assert [one.alarm.text for one in ward.unit.store.chart.alarms(patient_id=1)] == ["HR 40 < 80"]
    await ward.engine.submit()
    assert ward.unit.station.ward.unit_watch.alarms == []
    measures = ward.unit.station.measures
    assert (measures.accepted, measures.duplicates) == (3, 0)


async def test_an_engine_that_may_have_been_followed_says_so_on_its_wall(ward: SpoolingUnit) -> None:
    ward.engine.keeper.epoch = 3
    ward.line.cut = True
    for seconds, may_be in ((1, False), (2, False), (6, True)):
        ward.unit.clock.at += seconds * 1_000
        await ward.unit.reading(heart_rate=150)
        (fault,) = [alarm.text for alarm in ward.unit.station.ward.unit_watch.alarms]
        assert fault.endswith("acknowledge there too") is may_be, fault


async def test_whoever_acts_is_told_what_is_on_record_and_what_waits_on_this_machine(ward: SpoolingUnit) -> None:
    actions = ward.unit.station.actions
    assert (await actions.pause_audio(1, 120, NURSE)).notice is None
    ward.engine.keeper.epoch = 3
    ward.line.cut = True
    kept = await actions.pause_audio(1, 0, NURSE)
    assert kept.notice == "Kept on this machine: it will be written to the record when the database is back."
    ward.unit.clock.at += 6_000
    kept = await actions.switch_off(1, "spo2:low", "weaned", NURSE)
    assert (kept.notice or "").endswith("Another engine may work meanwhile: do it there too.")
    ward.line.cut = False
    await ward.drained()
    assert (await actions.switch_on(1, "spo2:low", NURSE)).place == "record"


async def test_what_is_sent_again_is_counted_once_the_spool_is_drained(ward: SpoolingUnit) -> None:
    ward.line.cut = True
    for _ in range(3):
        await ward.unit.reading(heart_rate=150)
    ward.line.cut = False
    await ward.drained()
    assert (await ward.unit.reading(heart_rate=150)).duplicates == 1
    measures = ward.unit.station.measures
    assert (measures.accepted, measures.duplicates) == (1, 3)
    assert ward.stored() == [150]


async def test_a_commit_whose_answer_was_lost_is_not_repeated(ward: SpoolingUnit) -> None:
    await ward.unit.reading(heart_rate=40)
    (alarm,) = ward.unit.cot()["alarms"]
    before = len(ward.unit.store.people.audit())
    ward.line.answers_lost = 1
    await ward.unit.station.actions.acknowledge(alarm["id"], NURSE)
    assert ward.spool.state().ticks >= 1
    ward.line.cut = False
    await ward.drained()
    assert len(ward.unit.store.people.audit()) == before + 1


async def test_what_waits_outlives_a_kill_and_what_stood_stands_again(tmp_path: Path) -> None:
    clock = HandClock()
    async for before in _opened(tmp_path, clock):
        await before.unit.admit("NICU-01", "A-1")
        await before.unit.seconds(2, heart_rate=150.0)
        before.line.cut = True
        await before.unit.reading(clock.at + 1, heart_rate=40)
        (alarm,) = before.unit.cot()["alarms"]
    async for after in _opened(tmp_path, clock):
        assert after.spool.state().readings == 1
        await after.unit.station.settling.start()
        assert [one["id"] for one in after.unit.cot()["alarms"] if one["key"] == "heart_rate:low"] == [alarm["id"]]
        await after.drained()
        assert after.stored() == [150, 150, 40]


async def test_between_drain_and_truncation_a_kill_doubles_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    async for before in _opened(tmp_path, clock):
        await before.unit.admit("NICU-01", "A-1")
        before.line.cut = True
        await before.unit.reading(heart_rate=40)
        await before.unit.reading(clock.at + 1, heart_rate=41)
        before.line.cut = False
        before.spool.forget = lambda number: None  # type: ignore[method-assign]
        assert await before.engine.keeper.drain()
        assert before.spool.state().readings == 2
        audited = len(before.unit.store.people.audit())
    async for after in _opened(tmp_path, clock):
        await after.drained()
        assert after.stored() == [40, 41]
        assert len(after.unit.store.people.audit()) == audited


async def test_a_full_spool_acknowledges_nothing_and_keeps_the_alarm(ward: SpoolingUnit) -> None:
    ward.line.cut = True
    await ward.unit.reading(heart_rate=150)
    ward.spool.limit = ward.spool.state().size
    with pytest.raises(StoreUnavailable, match="full"):
        await ward.unit.reading(ward.unit.clock.at + 1, heart_rate=40)
    assert ward.unit.alarms() == ["*** HR 40 < 80 on"]
    assert ward.engine.unwritten() > 0
    ward.spool.limit = 10_000_000
    await ward.engine.submit()
    ward.line.cut = False
    await ward.drained()
    assert ward.stored() == [150]
    assert (await ward.unit.reading(ward.unit.clock.at + 1, heart_rate=40)).accepted == 1
    assert [one.alarm.text for one in ward.unit.store.chart.alarms(patient_id=1)] == ["HR 40 < 80"]


async def test_one_reading_that_the_store_refuses_is_refused_alone(ward: SpoolingUnit) -> None:
    """A source that the store does not know stands for any poisonous row."""
    at = ward.unit.clock.at
    poison = VitalsRow(1, 999, at, at, {"heart_rate": 150.0})
    good = [VitalsRow(1, 1, at + place, at, {"heart_rate": 150.0 + place}) for place in range(5)]
    await ward.unit.reading(at - 1, heart_rate=100)
    fates = (await ward.engine.submit([*good[:3], poison, *good[3:]])).fates
    assert [fate for fate in fates if not isinstance(fate, str)] == [
        Refused("The store refused a row: FOREIGN KEY constraint failed.")
    ]
    assert ward.stored() == [100, 150, 151, 152, 153, 154]
    assert [one["source"] for one in ward.unit.store.chart.quarantine()] == ["source 999"]


async def test_a_monitor_that_is_new_while_the_store_is_away_alarms_but_is_not_acknowledged(
    ward: SpoolingUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the store cannot be reached")

    await ward.unit.reading(heart_rate=150)
    with monkeypatch.context() as lost:
        lost.setattr(ward.unit.store.roster, "source", away)
        with pytest.raises(StoreUnavailable, match="send it again"):
            await ward.unit.reading(ward.unit.clock.at + 1, source="new monitor", heart_rate=40)
        assert ward.unit.alarms() == ["*** HR 40 < 80 on"]
    receipt = await ward.unit.reading(ward.unit.clock.at + 1, source="new monitor", heart_rate=40)
    assert receipt.accepted == 1
    assert ward.stored() == [150, 40]
