"""One simulated baby: the parts of the body stepped together, second by second, from this baby's own random stream."""

from random import Random

from nicu_dashboard.adapters.simulator.body import Body
from nicu_dashboard.adapters.simulator.disturbances import ARTEFACT, LEAD_OFF, PROBE_OFF, SAMPLING
from nicu_dashboard.adapters.simulator.people import Case, Person
from nicu_dashboard.adapters.simulator.spells import SHOWN_FROM_S, provoked
from nicu_dashboard.domain.vitals import Measured


class SimulatedBaby:
    """An invented baby in a cot: who it is, and what its monitor shows."""

    def __init__(self, cot: str, person: Person, case: Case, starts_at: int, rng: Random, stretch: int = 0) -> None:
        self.cot = cot
        self.mrn = person.mrn
        self.name = person.name
        self.sex = person.sex
        self.ga_days = person.ga_days
        self.birth_weight_g = person.birth_weight_g
        self.born_at = starts_at - person.age_s * 1_000
        self.story = case.story
        self.case = case
        self.lag_ms = rng.randrange(400)
        self._person = person
        self._starts_at = starts_at
        self._rng = rng
        self._stretch = stretch
        self._body: Body | None = None

    @property
    def body(self) -> Body:
        """The running body; it comes to life at the ward's start unless it was begun earlier."""
        return self._body or self.begin(self._starts_at // 1_000 - 1)

    def begin(self, at_s: int) -> Body:
        """Come to life at this instant (epoch seconds), once, and return the body."""
        if self._body is None:
            self._body = Body(self._rng, self.case, self._person, self._starts_at // 1_000, at_s)
            if self._stretch:
                self._rng.seed(f"{self._rng.random()} stretch {self._stretch}")
        return self._body

    def begin_spell(self, apnea_s: int = 25, depth: float = 0.8) -> None:
        """Stop breathing now for apnea_s seconds; depth 0–1 says how far heart and oxygen fall."""
        self.body.breath.spell = provoked(apnea_s, depth)

    def probe_off(self, seconds: int) -> None:
        """Lose the oximeter's probe for this long."""
        self.body.signals.probe_off_until_s = self.body.now_s + seconds + 1

    def leads_off(self, seconds: int) -> None:
        """Lose the electrodes for this long."""
        self.body.signals.leads_off_until_s = self.body.now_s + seconds + 1

    def begin_sag(self, spo2: float = 83.0, seconds: int = 150) -> None:
        """Let SpO2 sink towards this value in % for this long, without a spell."""
        self.body.sag(spo2, seconds)

    def handle(self, seconds: int) -> None:
        """Wake and handle the baby for this long: heart rate up, more artefact."""
        self.body.handled_until_s = self.body.now_s + seconds

    def observe(self) -> dict[str, Measured]:
        """Return what the monitor shows in this second, with anything measured since the last look."""
        body = self.body
        signals, now_s = body.signals, body.now_s
        values: dict[str, Measured] = {}
        if now_s < signals.leads_off_until_s:
            values["heart_rate"] = values["resp_rate"] = LEAD_OFF
        else:
            values["heart_rate"] = max(int(body.heart.rate + 0.5), 30)
            values["resp_rate"] = max(int(body.breath.rate + 0.5), 0)
            spell = body.breath.spell
            if spell is not None and spell.apnea and spell.elapsed_s >= SHOWN_FROM_S:
                values["apnea_duration"] = spell.elapsed_s
        self._oximeter(values)
        values["temp_skin"] = body.temp_skin
        if self.case.arterial_line:
            self._arterial_line(values)
        if body.measured:
            values.update(body.measured)
            body.measured.clear()
        return values

    def _oximeter(self, values: dict[str, Measured]) -> None:
        body = self.body
        signals, now_s = body.signals, body.now_s
        if now_s < signals.probe_off_until_s:
            values["spo2"] = values["perfusion_index"] = PROBE_OFF
            return
        perfusion = body.perfusion
        if now_s < signals.artefact_until_s:
            values["spo2"] = ARTEFACT
            perfusion *= 0.4
        else:
            values["spo2"] = body.spo2_shown()
            if now_s < signals.dip_until_s:
                perfusion *= 0.35
        values["perfusion_index"] = max(round(perfusion, 2), 0.05)

    def _arterial_line(self, values: dict[str, Measured]) -> None:
        body = self.body
        if body.now_s < body.signals.line_closed_until_s:
            values["abp_systolic"] = values["abp_diastolic"] = values["abp_mean"] = SAMPLING
        else:
            values["abp_systolic"], values["abp_diastolic"], values["abp_mean"] = body.pressures()
