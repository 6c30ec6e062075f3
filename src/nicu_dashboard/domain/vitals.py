"""The registry of vital signs, and readings whose every value is a number or the reason there is none."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Cadence = Literal["continuous", "intermittent"]
Colour = Literal["hr", "spo2", "rr", "temp", "bp", "fio2", "other"]


@dataclass(frozen=True, slots=True)
class Vital:
    """One vital sign: its codes, its UCUM unit and the range that is physically possible."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    mdc: tuple[int, ...] = ()
    loinc: tuple[str, ...] = ()
    decimals: int = 0
    colour: Colour = "other"
    cadence: Cadence = "continuous"

    @property
    def intermittent(self) -> bool:
        """True for values that are measured now and then (cuff pressure, weight), so that age alone is no fault."""
        return self.cadence == "intermittent"


# Codes, units and possible ranges: IEEE 11073-10101 terms as used by mdpnp (OpenICE) and the German MII ICU profiles;
# LOINC.
_ALL = (
    Vital("heart_rate", "HR", "/min", 0, 350, (147842,), ("8867-4",), colour="hr"),
    Vital("pulse_rate", "PR", "/min", 0, 350, (149530, 149514, 149538, 149546, 149522), ("8889-8",), colour="hr"),
    Vital("spo2", "SpO2", "%", 0, 100, (150456,), ("59408-5", "2708-6"), colour="spo2"),
    Vital("spo2_pre", "SpO2 pre", "%", 0, 100, (160296,), ("59407-7",), colour="spo2"),
    Vital("spo2_post", "SpO2 post", "%", 0, 100, (160300,), ("59418-4",), colour="spo2"),
    Vital("resp_rate", "RR", "/min", 0, 250, (151562, 151578, 151658), ("9279-1",), colour="rr"),
    Vital("apnea_duration", "Apnea", "s", 0, 300, (151856,), (), colour="rr"),
    Vital("temperature", "T", "Cel", 10, 45, (150344, 150364), ("8310-5",), 1, "temp"),
    Vital("temp_core", "T core", "Cel", 10, 45, (150368, 188420, 150372), ("8329-5",), 1, "temp"),
    Vital("temp_skin", "T skin", "Cel", 10, 45, (150388,), ("39106-0",), 1, "temp"),
    Vital("temp_axillary", "T ax", "Cel", 10, 45, (188452, 188496), ("8328-7",), 1, "temp", "intermittent"),
    Vital("nibp_systolic", "NIBP sys", "mm[Hg]", 0, 300, (150021, 150301), ("76534-7",), 0, "bp", "intermittent"),
    Vital("nibp_diastolic", "NIBP dia", "mm[Hg]", 0, 300, (150022, 150302), ("76535-4",), 0, "bp", "intermittent"),
    Vital("nibp_mean", "NIBP mean", "mm[Hg]", 0, 300, (150023, 150303), ("76536-2",), 0, "bp", "intermittent"),
    Vital("abp_systolic", "ABP sys", "mm[Hg]", 0, 300, (150033, 150037, 150057), ("76215-3",), 0, "bp"),
    Vital("abp_diastolic", "ABP dia", "mm[Hg]", 0, 300, (150034, 150038, 150058), ("76213-8",), 0, "bp"),
    Vital("abp_mean", "ABP mean", "mm[Hg]", 0, 300, (150035, 150039, 150059), ("76214-6",), 0, "bp"),
    Vital("fio2", "FiO2", "%", 15, 100, (152196, 153144), ("3150-0",), 0, "fio2", "intermittent"),
    Vital("etco2", "etCO2", "mm[Hg]", 0, 150, (151708, 151728), ("19891-1", "19889-5")),
    Vital("tcpco2", "tcpCO2", "mm[Hg]", 0, 200, (151756,), ("33022-5",)),
    Vital("tcpo2", "tcpO2", "mm[Hg]", 0, 400, (151760,), ()),
    Vital("perfusion_index", "PI", "%", 0, 30, (150488, 150448), ("61006-3",), 2),
    Vital("cvp_mean", "CVP", "mm[Hg]", -20, 100, (150087, 150084), ("60985-9",), 0, "bp"),
    Vital("weight", "Wt", "g", 200, 15_000, (188736,), ("29463-7", "8339-4"), 0, "other", "intermittent"),
)

VITALS: Mapping[str, Vital] = MappingProxyType({vital.name: vital for vital in _ALL})


@dataclass(frozen=True, slots=True)
class NoValue:
    """Why there is no number: probe off, lead off, artefact, sentinel, not measured, or what the device said."""

    reason: str


Measured = float | NoValue
Origin = Literal["device", "simulated", "replayed", "import", "manual"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source said about one cot at one instant (epoch ms by the device's clock)."""

    cot: str
    recorded_at: int
    values: Mapping[str, Measured]
    source: str = "unnamed"
    origin: Origin = "device"


class ValueRefused(ValueError):
    """A value that is not a physically possible number; the message names field, fault and range."""


def check_value(name: str, value: object) -> float:
    """Return the value as a float in the vital's unit; raises ValueRefused only for the physically impossible.

    An extreme value (HR 40, SpO2 45, RR 0) is an emergency and passes.
    """
    vital = VITALS[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueRefused(f"{name}: {_shown(value)} is not a number; send a JSON number or a reason under no_value")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueRefused(f"{name}: {_shown(value)} is not a finite number")
    if not vital.low <= number <= vital.high:
        raise ValueRefused(f"{name}: {_shown(value)} is outside {vital.low:g}–{vital.high:g} {vital.unit}")
    return number


def _shown(value: object) -> str:
    return repr(value)[:40]
