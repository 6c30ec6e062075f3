"""The body of one simulated baby: fast parts every second, slow parts and the people around it every ten."""

import math
from collections.abc import Mapping
from random import Random

from nicu_dashboard.adapters.simulator import spells
from nicu_dashboard.adapters.simulator.breath import Breath
from nicu_dashboard.adapters.simulator.care import ACTIVE_SLEEP, Activity, Sleep, Timetable
from nicu_dashboard.adapters.simulator.disturbances import CHECK_S, Signals
from nicu_dashboard.adapters.simulator.heart import Heart
from nicu_dashboard.adapters.simulator.illness import severity
from nicu_dashboard.adapters.simulator.lungs import Lungs
from nicu_dashboard.adapters.simulator.nurse import Nurse
from nicu_dashboard.adapters.simulator.people import DAY_S, Case, Person
from nicu_dashboard.adapters.simulator.physiology import TARGET_PO2, Wander, baseline, po2_at, weight_now
from nicu_dashboard.domain.vitals import Measured

ONSET_BEFORE_S = 2 * 3600  # the ill baby fell ill this long before the ward's start: it deepens while one watches
_FIO2_EVERY_S = 60
_AXILLARY_EVERY_S = 4 * 3600
_STRAIN: Mapping[Activity, float] = {"handling": 0.05, "feeding": 0.02, "kangaroo": -0.02, "rest": 0.0}
_SPELLS: Mapping[Activity, float] = {"handling": 0.6, "feeding": 1.6, "kangaroo": 0.6, "rest": 1.0}


class Body:
    """The state of one baby at `now_s` (epoch seconds); `measured` holds intermittent values not yet looked at."""

    def __init__(self, rng: Random, case: Case, person: Person, ward_starts_s: int, at_s: int) -> None:
        self._rng = rng
        self._case = case
        self._person = person
        self._ward_starts_s = ward_starts_s
        self.now_s = at_s
        self._pma_weeks = (person.ga_days + (at_s - ward_starts_s + person.age_s) / DAY_S) / 7.0
        self._base = base = baseline(rng, self._pma_weeks)
        self._lively = min(max(0.01 + 0.0015 * (self._pma_weeks - 26.0), 0.005), 0.03)  # accelerations, per check
        self._need = rng.uniform(*case.need)
        self._need_slow = Wander(rng, 0.1 * case.fragile, 1500.0, CHECK_S)
        self._need_quick = Wander(rng, 0.06 * case.fragile, 90.0, CHECK_S)
        self._heart_slow = Wander(rng, 3.0, 900.0, CHECK_S)
        self._breath_slow = Wander(rng, 3.5, 400.0, CHECK_S)
        self._warmth = Wander(rng, 0.1, 2400.0, CHECK_S)
        self.temp_skin = round(base.temp_skin, 1)
        self._pressure_slow = Wander(rng, 2.2, 700.0, CHECK_S)
        self._pressure_quick = Wander(rng, 0.9, 6.0)
        self._perfusion_slow = Wander(rng, 0.25, 600.0, CHECK_S)
        self._steadiness = Wander(rng, 0.7, 5400.0, CHECK_S)  # spells come in clusters
        oxygen = case.support != "room air"
        cuff_s = 0 if case.arterial_line else case.cuff_every_min * 60
        self.nurse = Nurse(rng, at_s, oxygen, self._need, cuff_s)
        self.timetable = Timetable(rng, case.kangaroo)
        self.sleep = Sleep(self._pma_weeks)
        self._state = ACTIVE_SLEEP
        self.activity: Activity = "rest"
        self.signals = Signals()
        self.breath = Breath(base.resp_rate + case.breath_shift)
        self.heart = Heart(rng, base.beat_wander, base.heart_rate + case.heart_shift)
        self.lungs = Lungs(TARGET_PO2 * self.nurse.fio2 / self._need, base.drain_s, rng.randint(8, 14))
        self.handled_until_s = 0
        self._sag_until_s = 0
        self._sag_po2 = 0.0
        self._strained_until_s = 0
        self._extra_strain = 0.0
        self._check_at = rng.randrange(CHECK_S)
        self._round_at = rng.randrange(_AXILLARY_EVERY_S)
        self.measured: dict[str, Measured] = {"fio2": self.nurse.fio2, "weight": self._weight()}
        self._around()

    def step(self) -> None:
        """Live one second."""
        self.now_s = now_s = self.now_s + 1
        rng = self._rng
        if now_s % CHECK_S == self._check_at:
            self._around()
        breath = self.breath
        spell = breath.spell
        if breath.step(rng, now_s, self._usual_breath) and spell is not None:
            self._after(spell)
        slows_by, speed = 0.0, 1.0
        if spell is not None:
            speed = spell.drain_speed
            if spell.slows_after_s <= spell.elapsed_s <= spell.length_s:
                slows_by = spell.slows_by
        settled = self._settled if now_s >= self._sag_until_s else self._sag_po2 * (1.0 - 0.3 * self._need_quick.value)
        self.lungs.step(settled, breath.flow, speed)
        self.heart.step(rng, self._resting_heart, self._variability, slows_by)
        if self._case.arterial_line:
            self._pressure_quick.step(rng)

    def sag(self, spo2: float, seconds: int) -> None:
        """Hold the oxygen down to this SpO2 in % for this long."""
        self._sag_po2 = po2_at(spo2)
        self._sag_until_s = self.now_s + seconds

    def spo2_shown(self) -> int:
        """Return SpO2 in whole %, with the false fall of a moving limb if there is one."""
        shown = self.lungs.shown - self.signals.false_fall(self.now_s)
        return min(max(int(shown + 0.5), 20), 100)

    def pressures(self) -> tuple[int, int, int]:
        """Return systolic, diastolic and mean blood pressure in whole mmHg."""
        mean = self._pressure + self._pressure_quick.value
        pulse = 0.42 * mean
        return round(mean + 0.6 * pulse), round(mean - 0.4 * pulse), round(mean)

    def _around(self) -> None:
        """Everything that need not move every second: illness, sleep, care, wander, the nurse, new disturbances."""
        rng, now_s, case, base = self._rng, self.now_s, self._case, self._base
        ill = severity(now_s - self._ward_starts_s + ONSET_BEFORE_S) if case.sepsis else 0.0
        activity = "handling" if now_s < self.handled_until_s else self.timetable.at(now_s)
        self.activity = activity
        state = self._state = self.sleep.step(rng, now_s, activity == "handling")
        day_curve = math.cos((now_s % DAY_S) * (2.0 * math.pi / DAY_S) - 4.4)  # highest in the late afternoon
        if activity == "handling" or (state.movement > 2.0 and rng.random() < 0.06 * case.restless):
            self.heart.arousal += rng.uniform(0.0, 3.4)
        elif rng.random() < self._lively * (1.0 - ill):
            self.heart.arousal += rng.uniform(3.0, 14.0)
        self._resting_heart = (
            base.heart_rate + case.heart_shift + state.heart + self._heart_slow.step(rng) + 2.0 * day_curve + 24.0 * ill
            - (3.0 if activity == "kangaroo" else 0.0)
        )  # fmt: skip
        self._variability = state.variability * (1.0 - 0.65 * ill)
        self._usual_breath = base.resp_rate + case.breath_shift + state.breath + self._breath_slow.step(rng) + 8.0 * ill
        warm = self._warmth.step(rng) * (1.0 + 4.0 * ill) + 0.08 * day_curve
        warm += 0.15 * (activity == "kangaroo") - 0.12 * (activity == "handling") + 0.8 * ill
        if abs(base.temp_skin + warm - self.temp_skin) > 0.08:  # a thermistor is slow: the last digit does not flicker
            self.temp_skin = round(base.temp_skin + warm, 1)
        self._pressure = base.map + self._pressure_slow.step(rng) - 6.0 * ill + 0.15 * self.heart.arousal
        self.perfusion = base.perfusion * math.exp(self._perfusion_slow.step(rng) - 0.9 * ill)
        self._oxygen(ill)
        self._disturb(ill)
        self._people()

    def _oxygen(self, ill: float) -> None:
        rng, now_s = self._rng, self.now_s
        strain = self._need_slow.step(rng) + self._need_quick.step(rng) + 0.3 * ill
        strain += _STRAIN[self.activity] * self._case.fragile
        if now_s < self._strained_until_s:
            strain += self._extra_strain
        elif self._case.sags and rng.random() < self._case.sags * CHECK_S / DAY_S:
            self._strained_until_s = now_s + rng.randint(30, 170)
            self._extra_strain = rng.uniform(0.2, 0.5)
        self._settled = TARGET_PO2 * self.nurse.fio2 / (self._need * math.exp(strain))

    def _disturb(self, ill: float) -> None:
        rng, case, now_s, breath = self._rng, self._case, self.now_s, self.breath
        steadiness = math.exp(self._steadiness.step(rng) - 0.25)
        now_likely = steadiness * self._state.spells * _SPELLS[self.activity] * (1.0 + 4.0 * ill)
        daily = spells.spells_per_day(self._pma_weeks) * case.spells * now_likely
        if breath.spell is None:
            if rng.random() < daily * CHECK_S / DAY_S:
                breath.spell = spells.drawn(rng, self._pma_weeks, case.support == "ventilator")
            elif case.feeds_by_mouth and self.activity == "feeding" and rng.random() < 0.006 * case.fragile:
                breath.spell = spells.at_feed(rng)
            elif self._breathes_periodically() and rng.random() < 0.012:
                breath.periodic_until_s = now_s + rng.randint(90, 480)
        moves = self._state.movement * case.restless
        self.signals.check(rng, now_s, moves * (2.0 if self.activity == "handling" else 1.0))
        if case.arterial_line and rng.random() < 5.0 * CHECK_S / DAY_S:
            self.signals.close_line(rng, now_s)

    def _breathes_periodically(self) -> bool:
        asleep, breathes_alone = self._state.movement < 2.0, self._case.support != "ventilator"
        return asleep and breathes_alone and self._pma_weeks < 37.0 and self.now_s > self.breath.periodic_until_s

    def _people(self) -> None:
        rng, now_s = self._rng, self.now_s
        hidden = now_s < max(self.signals.probe_off_until_s, self.signals.artefact_until_s)
        spo2 = None if hidden else self.lungs.shown
        changed = self.nurse.watch(rng, now_s, spo2, CHECK_S)
        if changed or (now_s - self._check_at) % _FIO2_EVERY_S < CHECK_S:
            self.measured["fio2"] = self.nurse.fio2
        if self.nurse.cuff_due(now_s, self.activity == "handling"):
            mean = self._pressure + rng.gauss(0.0, 2.0)
            pulse = mean * rng.uniform(0.38, 0.5)
            self.measured["nibp_systolic"] = round(mean + 0.6 * pulse)
            self.measured["nibp_diastolic"] = round(mean - 0.4 * pulse)
            self.measured["nibp_mean"] = round(mean)
        if (now_s - self._round_at) % _AXILLARY_EVERY_S < CHECK_S:
            self.measured["temp_axillary"] = round(self.temp_skin + rng.uniform(0.0, 0.3), 1)
        if (now_s - self._round_at) % DAY_S < CHECK_S:
            self.measured["weight"] = self._weight()

    def _after(self, spell: spells.Spell) -> None:
        if spell.apnea and spell.length_s >= spells.SHOWN_FROM_S and self.now_s >= self.signals.leads_off_until_s:
            self.measured["apnea_duration"] = 0  # breathing again: the count is over
        self.heart.arousal += 14.0 if spell.stimulated else 5.0

    def _weight(self) -> int:
        age_s = self.now_s - self._ward_starts_s + self._person.age_s
        return weight_now(self._person.birth_weight_g, age_s / DAY_S)
