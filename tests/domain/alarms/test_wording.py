"""What an alarm says is true as it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nicu_dashboard.domain.alarms.wording import limit_text


@pytest.mark.parametrize(
    ("parameter", "value", "comparison", "limit", "text"),
    [
        ("spo2", 78.0, "<", 80.0, "SpO2 78 < 80"),
        ("spo2", 78.4, "<", 80.0, "SpO2 78 < 80"),
        ("spo2", 79.6, "<", 80.0, "SpO2 79.6 < 80"),
        ("spo2", 79.96, "<", 80.0, "SpO2 79.96 < 80"),
        ("temp_skin", 35.96, "<", 36.0, "T skin 35.96 < 36"),
        ("temp_skin", 35.2, "<", 35.5, "T skin 35.2 < 35.5"),
        ("heart_rate", 230.2, ">", 230.0, "HR 230.2 > 230"),
        ("apnea_duration", 20.0, "≥", 20.0, "Apnea 20 ≥ 20"),
        ("spo2", None, "<", 80.0, "SpO2 -- < 80"),
        ("spo2", 92.0, "<", 80.0, "SpO2 92 < 80"),
        ("spo2", 79.9999999, "<", 80.0, "SpO2 79.9999999 < 80"),
    ],
)
def test_value_comparison_and_limit(
    parameter: str, value: float | None, comparison: str, limit: float, text: str
) -> None:
    assert limit_text(parameter, value, comparison, limit) == text


@given(st.floats(0, 100), st.integers(1, 100))
def test_rounding_never_makes_a_violating_value_look_within_its_limit(value: float, limit: int) -> None:
    if value < limit:
        _, written, _, bound = limit_text("spo2", value, "<", float(limit)).split()
        assert float(written) < float(bound)
