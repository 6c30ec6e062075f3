"""Where the sample recordings lie beside the project, and clear words when they do not."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nicu_dashboard.domain.instants import parse_instant

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


def bed33_rows() -> Iterator[tuple[int, dict[str, float]]]:
    """Yield (epoch ms, values that were sent) of the two-second recording of one infant, as recorded."""
    with sample(BED33).open(newline="") as file:
        for row in csv.DictReader(file):
            values = {name: float(row[name]) for name in ("heart_rate", "spo2") if row[name]}
            yield parse_instant(row["recorded_at"]), values


def bed33_samples(parameter: str) -> list[tuple[int, float]]:
    """Return (epoch ms, value) of one parameter of that recording, as recorded."""
    return [(at, values[parameter]) for at, values in bed33_rows() if parameter in values]
