"""Rows of vitals and the values they stand for: a number in its column, or a reason under no_value."""

from collections.abc import Iterable, Mapping
from typing import Any

from nicu_dashboard.domain.vitals import VITALS, Measured, NoValue

NAMES = tuple(VITALS)
_PLACES = {name: place for place, name in enumerate(NAMES)}


def values_of(row: Mapping[Any, Any], names: Iterable[str] = NAMES) -> dict[str, Measured]:
    """Return what a row of vitals says of these vitals; what it does not speak of is left out."""
    reasons = row["no_value"] or {}
    values: dict[str, Measured] = {}
    for name in names:
        number = row[name]
        if number is not None:
            values[name] = number
        elif name in reasons:
            values[name] = NoValue(reasons[name])
    return values


def columns_of(values: Mapping[str, Measured]) -> tuple[list[float | None], dict[str, str] | None]:
    """Return the value columns in the order of the registry, and the reasons for absent numbers if there are any."""
    numbers: list[float | None] = [None] * len(NAMES)
    reasons: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, NoValue):
            reasons[name] = value.reason
        else:
            numbers[_PLACES[name]] = float(value)
    return numbers, reasons or None
