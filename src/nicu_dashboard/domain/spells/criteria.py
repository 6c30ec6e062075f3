"""A criterion: a parameter beyond a threshold for a number of seconds, written `heart_rate<100:4`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from nicu_dashboard.domain.errors import CriterionError
from nicu_dashboard.domain.vitals import VITALS

Comparison = Literal["<", "<=", ">", ">="]

OPERATORS: Mapping[Comparison, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
_SIGNS: Mapping[str, Comparison] = MappingProxyType(
    {"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">="}  # both ways of writing them
)
_FORM = re.compile(r"([a-z_0-9]+)\s*(<=|>=|≤|≥|<|>)\s*(-?\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)", re.ASCII)
_MAX_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Criterion:
    """A run counts when the parameter lies beyond the threshold (vital's unit) for at least `seconds`."""

    parameter: str
    comparison: Comparison
    threshold: float
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """Return the criterion as `parse_criterion` reads it."""
        return f"{self.parameter}{self.comparison}{self.threshold:g}:{self.seconds:g}"

    @property
    def downward(self) -> bool:
        """Return whether low values violate, so that the extreme of a run is its nadir."""
        return self.comparison in ("<", "<=")

    def holds(self, value: float) -> bool:
        """Return whether one value (vital's unit) violates."""
        return OPERATORS[self.comparison](value, self.threshold)


def parse_criterion(text: str) -> Criterion:
    """Return the criterion of text such as `spo2<80:10` (seconds last); raises CriterionError naming what is wrong."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise CriterionError(
            f"{text[:60]!r} is not a criterion; write parameter, comparison, threshold, seconds: heart_rate<100:4"
        )
    parameter, sign, threshold, seconds = match.groups()
    return _checked(Criterion(parameter, _SIGNS[sign], float(threshold), float(seconds)))


def _checked(criterion: Criterion) -> Criterion:
    vital = VITALS.get(criterion.parameter)
    if vital is None:
        raise CriterionError(f"{criterion.parameter[:40]!r} is not a vital sign we know; one of: {', '.join(VITALS)}")
    if not vital.low <= criterion.threshold <= vital.high:
        raise CriterionError(
            f"{criterion.parameter}: {criterion.threshold:g} is outside the possible"
            f" {vital.low:g}–{vital.high:g} {vital.unit}"
        )
    if criterion.seconds > _MAX_SECONDS:
        raise CriterionError(f"{criterion.text}: a run can be asked to last {_MAX_SECONDS:g} s at most")
    return criterion
