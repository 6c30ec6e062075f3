"""The upper SpO2 alarm follows the oxygen given: in room air a high saturation is no danger."""

from nicu_dashboard.domain.limits.model import Limit

# Room air is 20.9 % oxygen; an analyser shows 20.5–21, a ventilator 21. Below that the baby is given a
# hypoxic mixture on purpose, where a high saturation matters, so the alarm stays on there too.
_ROOM_AIR = (20.5, 21.0)


def effective(limit: Limit, fio2: float | None) -> Limit | None:
    """Return the limit as it holds at this FiO2 (%), None when the rule turns it off; an unknown FiO2 never does."""
    if limit.rule != "follows_fio2" or fio2 is None:
        return limit
    return None if room_air(fio2) else limit


def effective_reason(limit: Limit, fio2: float | None) -> str | None:
    """Return why the limit is on or off at this FiO2 (%), None for a limit that follows no rule."""
    if limit.rule != "follows_fio2":
        return None
    if fio2 is None:
        return "on: FiO2 is not known"
    if room_air(fio2):
        return f"off: FiO2 is {fio2:g} % (room air)"
    return f"on: FiO2 is {fio2:g} %"


def room_air(fio2: float) -> bool:
    """Return whether this FiO2 (%) is air without added oxygen."""
    return _ROOM_AIR[0] <= fio2 <= _ROOM_AIR[1]
