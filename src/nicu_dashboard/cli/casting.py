"""The demo's cast: which baby or recording plays in which cot, and the hours it has behind it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.csv_replay import CsvReplay
from nicu_dashboard.adapters.simulator import SOURCE, SimulatedWard
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS, SECOND_MS
from nicu_dashboard.domain.vitals import Reading
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import NewPatient, NotFound
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.feeding import Player, fill_gently, recall_events
from nicu_dashboard.services.ward import Ward
from nicu_dashboard.settings import Settings

DEMO = Actor("nicu demo", "system")
# The scripted scenes of the opening begin so long after the preparations did: by then somebody is looking.
LEAD_MS = 6 * SECOND_MS
# Before the curtain: the six minutes of the OxyCRG second by second, before them what the tiles' sparklines show.
CLOSE_MS, RECENT_MS = 6 * MINUTE_MS, 15 * MINUTE_MS
# Behind the curtain, gently and by pieces, the nearest first. Each is lived through from its oldest hour on, so that
# the charts have a hole meanwhile: a small one, and not for long.
EARLIER_MS = tuple(round(hours * HOUR_MS) for hours in (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 18, 24))
# Every other second, as most recordings have it: half the work, and no extreme that lasts is missed.
COARSE_STEP_S = 2
EARLIER_SOURCE = f"{SOURCE}, earlier hours"
# A large ward has a shorter past: so many readings at most before the curtain and behind it.
READY_READINGS, EARLIER_READINGS = 20_000, 500_000
# Alarm numbers set aside per baby, so that of two alarms the later one has the higher number; a day needs some hundred.
EARLIER_NUMBERS = 5_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    cots: int
    seed: int
    speed: float
    calm: bool
    recordings: tuple[Path, ...]
    from_minute: float


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in which cot; `residents` maps each occupied cot to the MRN of its baby."""

    ward: SimulatedWard
    replays: tuple[CsvReplay, ...]
    residents: dict[str, str]

    @property
    def players(self) -> Sequence[Player]:
        """Return what plays: the simulated ward but for the replayed cots, and each replay."""
        return [lambda at: list(self.simulated(self.ward.readings(at))), *(replay.readings for replay in self.replays)]

    def simulated(self, readings: Iterable[Reading]) -> Iterator[Reading]:
        """Yield the readings of cots that no recording plays in."""
        replayed = self._replayed()
        return (reading for reading in readings if reading.cot not in replayed)

    def _replayed(self) -> set[str]:
        return {replay.cot for replay in self.replays}

    def newcomers(self) -> Iterator[tuple[str, NewPatient]]:
        """Yield each cot with the baby to admit, in the order of the cots."""
        for replay in self.replays:
            mrn = self.residents[replay.cot]
            yield replay.cot, NewPatient(mrn, f"Recording {mrn[-2:]}, Baby", synthetic=True)
        for baby in self.ward.babies:
            if baby.cot not in self._replayed():
                about = (baby.name, baby.sex, baby.born_at, baby.ga_days, baby.birth_weight_g)
                yield baby.cot, NewPatient(baby.mrn, *about, synthetic=True)


def cast_for(wish: Wish, at: int) -> Cast:
    """Give the first cots to the recordings, in order, and the rest to the simulated ward; raises FileFault."""
    ward = SimulatedWard(wish.cots, wish.seed, at + LEAD_MS, wish.calm)
    pairs = zip(wish.recordings, ward.labels, strict=False)
    replays = tuple(CsvReplay(path, label, at, wish.from_minute) for path, label in pairs)
    residents = {baby.cot: baby.mrn for baby in ward.babies}
    residents |= {replay.cot: f"REPLAY-{number:02d}" for number, replay in enumerate(replays, 1)}
    return Cast(ward, replays, residents)


def admit(store: Store, cast: Cast, at: int, unit_id: int) -> bool:
    """Make the cots and admit the babies; return False when this store has seen them before (then only what lacks)."""
    known = {cot.label for cot in store.roster.cots(unit_id)}
    for label in cast.ward.labels:
        if label not in known:
            store.roster.add_cot(label, DEMO.entry(at, "cot.add", f"cot {label}"), unit_id)
    taken = {stay.cot.label: stay.patient.mrn for stay in store.roster.stays()}
    for cot, new in cast.newcomers():
        if cot not in taken and new.mrn not in taken.values():
            _admit(store, cot, new, at)
    return not taken


def _admit(store: Store, cot: str, new: NewPatient, at: int) -> None:
    try:
        patient = store.roster.patient_by_mrn(new.mrn)
    except NotFound:
        patient = store.roster.add_patient(new, DEMO.entry(at, "patient.create", "patient"))
    began_at = max(at - EARLIER_MS[-1], new.born_at or 0)
    store.roster.admit(patient.id, cot, began_at, DEMO.entry(at, "admission.admit", f"cot {cot}", patient.id))


class Rehearsal:
    """The hours before the curtain rises: the last minutes at once, the rest while the ward is being watched."""

    def __init__(self, settings: Settings, store: Store, wish: Wish, cast: Cast, clock: Clock) -> None:
        """Take the cast, and set numbers aside for the alarms of the earlier hours."""
        self._settings, self._store, self._wish, self._cast, self._clock = settings, store, wish, cast, clock
        self._began_at = clock.now()
        self._babies = max(1, len(cast.residents))
        self._numbers = store.journal.reserve_ids("alarm", len(EARLIER_MS) * EARLIER_NUMBERS * self._babies)

    def recent(self) -> None:
        """Live through the last minutes and the seconds that this took, so that the live view goes on without a gap."""
        for replay in self._cast.replays:
            self._store.roster.source(replay.source, "replayed", replay.interval_s)
            self._live_through(replay.readings(self._began_at))
        minutes_ms = min(RECENT_MS, READY_READINGS * SECOND_MS // self._babies)
        close_ms = min(CLOSE_MS, minutes_ms // 2)
        self._live_through(self._recent_readings(minutes_ms, close_ms))

    def _recent_readings(self, minutes_ms: int, close_ms: int) -> Iterator[Reading]:
        ward, simulated = self._cast.ward, self._cast.simulated
        until = self._began_at - close_ms
        yield from simulated(ward.history(until, (minutes_ms - close_ms) / HOUR_MS, COARSE_STEP_S))
        yield from simulated(ward.history(self._began_at, 0))
        yield from simulated(ward.history(self._clock.now(), 0))

    def _live_through(self, readings: Iterable[Reading]) -> None:
        for _ in bootstrap.build_past(self._settings, self._store).live_through(readings):
            pass

    async def earlier(self, ward: Ward) -> None:
        """Live through the hours before, gently, the nearest first, beside the ward that is being watched."""
        longest_ms = EARLIER_READINGS * COARSE_STEP_S * SECOND_MS // self._babies
        self._store.roster.source(EARLIER_SOURCE, "simulated", COARSE_STEP_S)
        until = self._began_at - min(RECENT_MS, READY_READINGS * SECOND_MS // self._babies)
        share = len(self._numbers) // len(EARLIER_MS)
        for place, back_ms in enumerate(EARLIER_MS):
            begins_at = self._began_at - min(back_ms, longest_ms)
            numbers = self._numbers[-share * (place + 1) :][:share]
            if begins_at < until:
                await self._live_through_gently(place + 1, begins_at, until, iter(numbers))
                await recall_events(ward, self._store.chart)
                until = begins_at

    async def _live_through_gently(self, stretch: int, begins_at: int, until: int, numbers: Iterator[int]) -> None:
        wish = self._wish
        ward = SimulatedWard(wish.cots, wish.seed, self._began_at + LEAD_MS, calm=True, stretch=stretch)
        history = ward.history(until, (until - begins_at) / HOUR_MS, COARSE_STEP_S)
        readings = (replace(reading, source=EARLIER_SOURCE) for reading in self._cast.simulated(history))
        await fill_gently(bootstrap.build_past(self._settings, self._store, numbers), readings)
