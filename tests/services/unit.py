"""The unit under test: the real store, ward and intake; only time is the test's own."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from nicu_dashboard import bootstrap
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.domain.vitals import Measured, NoValue, Origin, Reading
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.intake import Receipt
from nicu_dashboard.settings import Settings

NURSE = Actor("N. Okafor", "charge nurse", "127.0.0.1")
NOON = 1_767_225_600_000


class HandClock:
    """Time stands still until the test moves it."""

    def __init__(self, at: int = NOON) -> None:
        self.at = at
        self.step = 0

    def now(self) -> int:
        """Return the instant the test has set."""
        return self.at

    def wall_step_ms(self) -> int:
        """Return the step of the wall clock the test pretends."""
        return self.step

    async def sleep(self, seconds: float) -> None:
        """Move time on at once."""
        self.at += int(seconds * 1_000)


class TestUnit:
    """Speaks as the ward does: admit, seconds pass, a reading comes, what does the wall show?"""

    __test__ = False

    def __init__(self, path: Path, clock: HandClock) -> None:
        self.clock = clock
        settings = Settings.model_validate({"DATABASE_URL": f"sqlite:///{path}"})
        self.store = bootstrap.open_store(settings)
        self.station = bootstrap.build_station(settings, self.store, clock, "live")

    @classmethod
    @asynccontextmanager
    async def opened(cls, path: Path, clock: HandClock | None = None) -> AsyncIterator["TestUnit"]:
        """Start a unit on this file, as after a restart when the file exists; time is moved by the test alone."""
        unit = cls(path, clock or HandClock())
        unit.station.engine.gather_s = 0
        await unit.station.settling.start()
        unit.station.tasks.start(unit.station.engine.write_forever(), "commits")
        try:
            for label in ("NICU-01", "NICU-02"):
                if unit.station.ward.bed_by_label(label) is None:
                    await unit.station.admissions.add_cot(label, NURSE)
            yield unit
        finally:
            await unit.station.tasks.stop()
            try:
                await unit.station.engine.write()
            except StoreUnavailable:
                pass
            unit.store.close()

    async def admit(self, cot: str, mrn: str) -> int:
        """Admit a baby born at 28+3, three weeks ago; return its id."""
        born_at = self.clock.at - 20 * DAY_MS
        new = NewPatient(mrn, "Kaur, Baby of Simran", "female", born_at, 28 * 7 + 3, 940)
        return (await self.station.admissions.admit(cot, new, NURSE)).patient.id

    async def reading(
        self, at: int | None = None, cot: str = "NICU-01", source: str = "monitor", **values: float | str
    ) -> Receipt:
        """Send one reading recorded at `at` (now by default); words are reasons for no value."""
        return await self.readings([(self.clock.at if at is None else at, values)], cot, source)

    async def readings(
        self, items: Sequence[tuple[int, Mapping[str, float | str]]], cot: str = "NICU-01", source: str = "monitor"
    ) -> Receipt:
        """Send one message of several readings."""
        origin: Origin = "device"
        message = [
            (index, Reading(cot, at, {name: _measured(value) for name, value in values.items()}, source, origin))
            for index, (at, values) in enumerate(items)
        ]
        return await self.station.intake.receive(message)

    async def seconds(self, count: int, **values: float | str) -> None:
        """Let seconds pass, with a reading in each when values are given."""
        for _ in range(count):
            self.clock.at += 1_000
            if values:
                await self.readings([(self.clock.at, values)])
            self.station.ward.pass_time(self.clock.at)
        await self.station.engine.submit()

    def cot(self, label: str = "NICU-01") -> dict[str, Any]:
        """Return the cot as the live view sends it now."""
        self.station.live.publish()
        newest = self.station.broadcast.latest()
        assert newest is not None
        cots = json.loads(newest.body)["cots"]
        return next(cot for cot in cots if cot["label"] == label)

    def alarms(self, label: str = "NICU-01") -> list[str]:
        """Return the standing alarms as the tile words them, with their presence."""
        return [f"{alarm['mark']} {alarm['text']} {alarm['presence']}" for alarm in self.cot(label)["alarms"]]


@contextmanager
def slow_store() -> Iterator[None]:
    """Let every thread that all work shares wait for the store, and others queue behind."""
    over = threading.Event()
    for _ in range(64):
        asyncio.get_running_loop().run_in_executor(None, over.wait, 10)
    try:
        yield
    finally:
        over.set()


def _measured(value: float | str) -> Measured:
    return NoValue(value) if isinstance(value, str) else value
