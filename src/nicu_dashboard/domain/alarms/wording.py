"""The words of an alarm: value, comparison, limit, so that nobody has to guess what a colour means."""

from nicu_dashboard.domain.vitals import VITALS


def shown(parameter: str, value: float | None) -> str:
    """Return a value as the wall shows it, with one more decimal where rounding would move it across a limit."""
    if value is None:
        return "--"
    decimals = VITALS[parameter].decimals
    text = f"{value:.{decimals}f}"
    return text if abs(float(text) - value) < 1e-9 else f"{value:.{decimals + 1}f}"


def limit_text(parameter: str, value: float | None, comparison: str, limit: float | None) -> str:
    """Return for instance `SpO2 78 < 80`."""
    label = VITALS[parameter].label
    limit_shown = "--" if limit is None else f"{limit:g}"
    return f"{label} {shown(parameter, value)} {comparison} {limit_shown}"
