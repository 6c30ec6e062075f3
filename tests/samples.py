"""Where the sample recordings lie beside the project, and clear words when they do not."""

import csv
import os
from functools import cache
from pathlib import Path

import pytest

from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.domain.vitals import Measured

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
BED33 = Path("clinical") / "bed33_first19h.csv"


def sample(name: str | Path) -> Path:
    """Return the path of a sample; where it is absent, CI fails and a computer without the samples skips."""
    path = SAMPLES / name
    if not path.exists():
        words = f"the sample {name} is not at ../shared/samples: this test proved nothing"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return path


@cache
def bed33_rows() -> tuple[tuple[int, dict[str, Measured]], ...]:
    """Return (epoch ms, values that were sent) of the two-second recording of one infant, as recorded."""
    with sample(BED33).open(newline="") as file:
        return tuple((parse_instant(row["recorded_at"]), _values(row)) for row in csv.DictReader(file))


def _values(row: dict[str, str]) -> dict[str, Measured]:
    return {name: float(row[name]) for name in ("heart_rate", "spo2") if row[name]}


def bed33_samples(parameter: str) -> list[tuple[int, Measured]]:
    """Return (epoch ms, value) of one parameter of that recording, as recorded."""
    return [(at, values[parameter]) for at, values in bed33_rows() if parameter in values]
