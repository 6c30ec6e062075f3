"""The default alarm limits by age: data a unit edits, never rules hidden in code."""

from dataclasses import dataclass

from nicu_dashboard.domain.limits.model import AlarmLimits, Limit, Side, Threshold

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class AgeProfile:
    """Limits for babies whose postmenstrual age in days is at least from_days and below below_days."""

    from_days: int
    below_days: int | None
    limits: AlarmLimits

    def covers(self, pma_days: int) -> bool:
        """Return whether a baby of this age belongs here."""
        return self.from_days <= pma_days and (self.below_days is None or pma_days < self.below_days)


@dataclass(frozen=True, slots=True)
class _Band:
    """One column of PMC6906083, table 6: (red, yellow) for what differs by age."""

    hr_low: tuple[float, float]
    spo2_low: tuple[float, float]
    map_low: tuple[float, float]
    map_high: tuple[float, float]


_TEMPERATURES = ("temperature", "temp_core", "temp_skin", "temp_axillary")


def _pair(
    names: tuple[str, ...], side: Side, values: tuple[float, float], delays: tuple[float, float]
) -> tuple[Limit, ...]:
    red, yellow = Threshold(values[0], delays[0]), Threshold(values[1], delays[1])
    return tuple(Limit(name, side, red, yellow) for name in names)


def _oxygen_high(name: str) -> Limit:
    return Limit(name, "high", None, Threshold(95, 15), rule="follows_fio2")


def _published(name: str, band: _Band) -> AlarmLimits:
    hearts, oxygen, pressures = (
        ("heart_rate", "pulse_rate"),
        ("spo2", "spo2_pre", "spo2_post"),
        ("abp_mean", "nibp_mean"),
    )
    limits = (
        *_pair(hearts, "low", band.hr_low, (0, 0)),
        *_pair(hearts, "high", (230, 200), (0, 0)),
        *_pair(oxygen, "low", band.spo2_low, (10, 15)),
        *(_oxygen_high(parameter) for parameter in oxygen),
        Limit("apnea_duration", "high", Threshold(20), None, inclusive=True),
        *_pair(pressures, "low", band.map_low, (0, 0)),
        *_pair(pressures, "high", band.map_high, (0, 0)),
        # Respiratory rate and temperature are outside that table: no delay was published for them, so there is none.
        Limit("resp_rate", "low", Threshold(20), Threshold(25)),
        Limit("resp_rate", "high", None, Threshold(70)),
        *_pair(_TEMPERATURES, "low", (35.5, 36.0), (0, 0)),
        *_pair(_TEMPERATURES, "high", (38.5, 38.0), (0, 0)),
    )
    return AlarmLimits(name, 1, limits)


# PMC6906083, table 6. The last cell (mean pressure, low, from 37 weeks) is printed the other way round in the source.
_UNDER_26 = _published("< 26 wk", _Band((80, 100), (80, 85), (19, 24), (55, 50)))
_FROM_26 = _published("26–36 wk", _Band((80, 100), (80, 85), (25, 30), (75, 70)))
_FROM_37 = _published("≥ 37 wk", _Band((60, 80), (80, 92), (26, 31), (75, 70)))

PROFILES: tuple[AgeProfile, ...] = (
    AgeProfile(0, 26 * WEEK_DAYS, _UNDER_26),
    AgeProfile(26 * WEEK_DAYS, 37 * WEEK_DAYS, _FROM_26),
    AgeProfile(37 * WEEK_DAYS, None, _FROM_37),
)
AGE_UNKNOWN = AlarmLimits("26–36 wk, age unknown", 1, _FROM_26.limits)


def default_profile(pma_days: int | None) -> AlarmLimits:
    """Return the published limits for a postmenstrual age in days (PMC6906083, table 6).

    A baby of unknown age is watched with the limits of 26–36 weeks, and the profile's name says so. Their red limits
    for heart rate, SpO2 and apnea are the strictest of the three columns, so no emergency is announced later than at
    any other age. The strictest of *every* cell was rejected: SpO2 92–95 and a mean pressure of 31–50 fit no baby,
    and a screen that alarms without pause is not watched.
    """
    return choose_profile(PROFILES, pma_days)


def choose_profile(
    profiles: tuple[AgeProfile, ...], pma_days: int | None, unknown: AlarmLimits = AGE_UNKNOWN
) -> AlarmLimits:
    """Return the limits of the first profile that covers this age in days, `unknown` when none does."""
    if pma_days is None:
        return unknown
    return next((profile.limits for profile in profiles if profile.covers(pma_days)), unknown)
