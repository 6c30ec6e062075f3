"""The words of an alarm: value, comparison, limit, so that nobody has to guess what a colour means."""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

from nicu_dashboard.domain.vitals import VITALS

_HOLDS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": operator.lt, "≤": operator.le, ">": operator.gt, "≥": operator.ge}
)
# No device sends more decimals than this beyond those the wall shows.
_MORE_DECIMALS = 4


def shown(parameter: str, value: float | None, comparison: str, limit: float | None) -> str:
    """Return a value as the wall shows it, with as many more decimals as rounding would need to cross the limit."""
    if value is None:
        return "--"
    decimals = VITALS[parameter].decimals
    plain = f"{value:.{decimals}f}"
    if limit is None or not _HOLDS[comparison](value, limit):
        return plain
    texts = (f"{value:.{decimals + more}f}" for more in range(_MORE_DECIMALS + 1))
    return next((text for text in texts if _HOLDS[comparison](float(text), limit)), repr(value))


def limit_text(parameter: str, value: float | None, comparison: str, limit: float | None) -> str:
    """Return for instance `SpO2 78 < 80`."""
    limit_shown = "--" if limit is None else f"{limit:g}"
    return f"{VITALS[parameter].label} {shown(parameter, value, comparison, limit)} {comparison} {limit_shown}"
