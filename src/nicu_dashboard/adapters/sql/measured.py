"""Rows of vitals and the values they stand for: a number in its column, or a reason under no_value."""

from collections.abc import Iterable, Mapping
from typing import Any

from nicu_dashboard.domain.vitals import VITALS, Measured, NoValue

NAMES = tuple(VITALS)


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


def numbers_of(values: Mapping[str, Measured]) -> dict[str, float | None]:
    """Return every value column, empty where there is no number."""
    measured = ((name, values.get(name)) for name in NAMES)
    return {name: None if isinstance(value, NoValue) else value for name, value in measured}


def reasons_of(values: Mapping[str, Measured]) -> dict[str, str] | None:
    """Return the reasons for absent numbers, None when there is none."""
    return {name: value.reason for name, value in values.items() if isinstance(value, NoValue)} or None
