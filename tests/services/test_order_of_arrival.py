"""Readings held back by a gateway and sent later leave the same events as readings that came in order."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from nicu_dashboard.domain.instants import HOUR_MS
from nicu_dashboard.domain.spells import DEFINITIONS, find_spells
from tests.services.unit import NOON, NURSE, TestUnit
from tests.templates import copy_of_empty_store

CALM: dict[str, float | str] = {"heart_rate": 150, "spo2": 96, "resp_rate": 45}
LENGTH_S = 300
Recording = list[tuple[int, dict[str, float | str]]]


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Five minutes at 1 Hz with a few bradycardias and desaturations."""
    rows: Recording = [(NOON + (second + 1) * 1_000, dict(CALM)) for second in range(LENGTH_S)]
    for _ in range(draw(st.integers(1, 3))):
        name, value = draw(st.sampled_from([("heart_rate", 70), ("spo2", 62)]))
        begin, length = draw(st.integers(5, LENGTH_S - 80)), draw(st.integers(3, 60))
        for _, values in rows[begin : begin + length]:
            values[name] = value
    return rows


def _told(found: list[tuple[str, int, int]]) -> list[str]:
    return [f"{kind} {(begin - NOON) // 1_000}–{(end - NOON) // 1_000} s" for kind, begin, end in sorted(found)]


async def _record(folder: Path, rows: Recording, held: set[int], release: int, looks: set[int]) -> list[str]:
    """Return the events on record when the readings at `held` come late, all at second `release`."""
    async with TestUnit.opened(copy_of_empty_store(folder / "nicu.db")) as unit:
        baby = await unit.admit("NICU-01", "A-1")
        for second, (at, values) in enumerate(rows):
            unit.clock.at = at
            if second not in held:
                await unit.readings([(at, values)])
            if second == release:
                await unit.readings([rows[one] for one in sorted(held) if one <= second])
            if second in looks:
                await unit.station.upkeep.find_again()
        left = [rows[one] for one in sorted(held) if one > release]
        if left:
            await unit.readings(left)
        unit.clock.at += 600_000
        unit.station.ward.pass_time(unit.clock.at)
        await unit.station.engine.submit()
        await unit.station.upkeep.find_again()
        spells = [stored.spell for stored in unit.store.chart.spells(baby, 0, unit.clock.at)]
    return _told([(spell.kind, spell.started_at, spell.ended_at) for spell in spells])


@settings(max_examples=15)
@given(recordings(), st.data())
def test_what_was_held_back_leaves_the_same_events_as_what_came_in_order(rows: Recording, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, LENGTH_S - 40), "the gateway goes silent about one device")
    held = set(range(begin, begin + data.draw(st.integers(1, 30))))
    release = data.draw(st.integers(begin, LENGTH_S - 1), "it sends what it kept")
    looks = data.draw(st.sets(st.integers(0, LENGTH_S - 1), max_size=4), "events are looked for again")
    in_order = [(at, {name: float(value) for name, value in values.items()}) for at, values in rows]
    expected = find_spells(DEFINITIONS["uva"], in_order, 1_000)
    with TemporaryDirectory() as folder:
        kept = asyncio.run(_record(Path(folder), rows, held, release, looks))
    assert kept == _told([(spell.kind, spell.started_at, spell.ended_at) for spell in expected])


def test_a_long_event_with_a_late_reading_keeps_its_length(tmp_path: Path) -> None:
    rows: Recording = [(NOON + (second + 1) * 2_000, dict(CALM)) for second in range(1_000)]
    for _, values in rows[20:920]:
        values["spo2"] = 62
    kept = asyncio.run(_record(tmp_path, rows, held={18}, release=30, looks=set()))
    assert kept == ["D 42–1842 s"]


def test_an_event_whose_beginning_comes_late_and_is_looked_for_while_it_lasts_is_one_event(tmp_path: Path) -> None:
    rows: Recording = [(NOON + (second + 1) * 1_000, dict(CALM)) for second in range(LENGTH_S)]
    for _, values in rows[100:150]:
        values["spo2"] = 62
    kept = asyncio.run(_record(tmp_path, rows, held=set(range(98, 113)), release=120, looks={122}))
    assert kept == ["D 101–151 s"]


async def test_an_event_in_a_backlog_starts_the_event_free_days_anew_and_rejecting_it_gives_them_back(
    unit: TestUnit,
) -> None:
    await unit.seconds(30, **CALM)
    begin = unit.clock.at - HOUR_MS
    await unit.readings(
        [(begin + second * 1_000, CALM | ({"spo2": 62} if second < 20 else {})) for second in range(60)]
    )
    await unit.station.upkeep.find_again()
    assert unit.cot()["event_free"] == {"since": begin + 20_000, "days": 0, "needed": 7, "last_kind": "D"}
    (found,) = unit.store.chart.spells(1, 0, unit.clock.at)
    unit.store.chart.review_spell(found.id, {"review": "rejected"}, NURSE.entry(unit.clock.at, "event.review", "event"))
    unit.station.upkeep.doubt(1)
    await unit.station.upkeep.find_again()
    assert unit.cot()["event_free"]["since"] is None
