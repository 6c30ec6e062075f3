"""Alarm limits as immutable values: one Limit per parameter and side, with a red and a yellow threshold."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Side = Literal["low", "high"]
Level = Literal["yellow", "red"]
Rule = Literal["follows_fio2"]

# Assumed: no source was read for the off-delay (hysteresis); each limit can carry its own.
OFF_DELAY_S = 2.0

_COMPARISONS: Mapping[tuple[Side, bool], str] = MappingProxyType(
    {("low", False): "<", ("low", True): "≤", ("high", False): ">", ("high", True): "≥"}
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit's value in the vital's unit, and how many seconds it must be violated before it alarms (on-delay)."""

    value: float
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """One side of one parameter; the limit value itself violates only when the limit is inclusive (apnea of 20 s)."""

    parameter: str
    side: Side
    red: Threshold | None
    yellow: Threshold | None
    off_delay_s: float = OFF_DELAY_S
    rule: Rule | None = None
    inclusive: bool = False

    @property
    def key(self) -> str:
        """Return the name of this limit as alarms use it, such as `spo2:low`."""
        return f"{self.parameter}:{self.side}"

    @property
    def comparison(self) -> str:
        """Return the sign that a violating value bears to the threshold: < ≤ > or ≥."""
        return _COMPARISONS[self.side, self.inclusive]

    def threshold(self, level: Level) -> Threshold | None:
        """Return the threshold of a level, None when that level never alarms."""
        return self.red if level == "red" else self.yellow

    def violated_by(self, value: float) -> Level | None:
        """Return the worst level this value (vital's unit) violates, None when it lies within the limits."""
        if self.red is not None and self._beyond(value, self.red.value):
            return "red"
        if self.yellow is not None and self._beyond(value, self.yellow.value):
            return "yellow"
        return None

    def _beyond(self, value: float, limit: float) -> bool:
        if value == limit:
            return self.inclusive
        return value < limit if self.side == "low" else value > limit


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """The limits one baby is watched with: the profile they come from, its version, and each limit."""

    profile: str
    version: int
    limits: tuple[Limit, ...]
    by_key: Mapping[str, Limit] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Have each limit at hand by its key: it is asked for hundreds of times a second."""
        object.__setattr__(self, "by_key", {limit.key: limit for limit in self.limits})

    @property
    def label(self) -> str:
        """Return profile and version as alarms quote them: `26–36 wk v3`."""
        return f"{self.profile} v{self.version}"

    def get(self, parameter: str, side: Side) -> Limit | None:
        """Return the limit of this parameter and side, None when there is none."""
        return next((limit for limit in self.limits if limit.parameter == parameter and limit.side == side), None)

    def for_parameter(self, parameter: str) -> tuple[Limit, ...]:
        """Return the limits of one parameter, at most one per side."""
        return tuple(limit for limit in self.limits if limit.parameter == parameter)

    def replace(self, *limits: Limit, version: int | None = None) -> "AlarmLimits":
        """Return these limits with the given ones put in the place of (or added beside) those of the same key."""
        new = {limit.key: limit for limit in limits}
        kept = tuple(new.pop(limit.key, limit) for limit in self.limits)
        return dataclasses.replace(self, limits=kept + tuple(new.values()), version=version or self.version)
