"""Recordings as people really have them."""

from pathlib import Path

import pytest

from nicu_dashboard.adapters.csv_replay.files import BadLine, CsvRecording, FileFault


def test_a_number_is_what_people_call_a_number(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("recorded_at,heart_rate\n2024-01-01T00:00:00Z,1_50\n")
    assert list(CsvRecording(file).lines()) == [BadLine(2, "heart_rate: '1_50' is not a number")]


@pytest.mark.parametrize("start", ["recorded_at,heart_rate\n", ""])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path, start: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(start + "x" * 3_000_000)
    with pytest.raises(FileFault):
        list(CsvRecording(file).lines())
