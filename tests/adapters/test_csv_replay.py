"""Recordings as CSV: read as they are, played at their own pace."""

from pathlib import Path

import pytest

from nicu_dashboard.adapters.csv_replay import BadLine, CsvRecording, CsvReplay, FileFault, Row

START = 1_000_000_000_000


def written(path: Path, *rows: str, heading: str = "recorded_at,heart_rate,spo2", encoding: str = "utf-8") -> Path:
    """A file of these rows."""
    path.write_text("\n".join([heading, *rows]) + "\n", encoding=encoding)
    return path


def test_an_empty_cell_is_not_sent_and_a_blank_line_is_nothing(tmp_path: Path) -> None:
    file = written(
        tmp_path / "r.csv", "2024-01-01T00:00:00Z,,95", "", "2024-01-01T00:00:02Z,150,", "2024-01-01T00:00:04Z,,"
    )
    assert [(line.line, dict(line.values)) for line in CsvRecording(file).lines() if isinstance(line, Row)] == [
        (2, {"spo2": 95}),
        (4, {"heart_rate": 150}),
    ]


def test_extreme_values_are_kept_and_impossible_ones_refused_alone(tmp_path: Path) -> None:
    file = written(tmp_path / "r.csv", "2024-01-01T00:00:00Z,40,45", "2024-01-01T00:00:02Z,-5,94")
    lines = list(CsvRecording(file).lines())
    assert lines[0] == Row(2, 1_704_067_200_000, {"heart_rate": 40, "spo2": 45})
    assert isinstance(lines[1], BadLine)
    assert (lines[1].kept, "-5.0 is outside 0–350" in lines[1].reason) == (True, True)
    assert lines[2] == Row(3, 1_704_067_202_000, {"spo2": 94})


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_the_heading(tmp_path: Path) -> None:
    file = written(tmp_path / "r.csv", "2024-01-01T00:00:00Z,150,95", encoding="utf-8-sig")
    assert CsvRecording(file).vitals == ("heart_rate", "spo2")


def test_a_replay_keeps_rhythm_and_gaps_and_is_marked(tmp_path: Path) -> None:
    rows = [f"2024-01-01T00:00:{second:02d}Z,{100 + second},95" for second in (0, 2, 4, 30, 32)]
    replay = CsvReplay(written(tmp_path / "bed.csv", *rows), "NICU-01", START)
    played = {at: [reading.values["heart_rate"] for reading in replay.readings(START + at * 1_000)] for at in range(40)}
    assert {at: values for at, values in played.items() if values} == {
        0: [100],
        2: [102],
        4: [104],
        30: [130],
        32: [132],
    }
    assert (replay.interval_s, replay.ends_at) == (2.0, START + 32_000)


def test_each_row_is_played_once_with_its_time_shifted(tmp_path: Path) -> None:
    rows = [f"2024-01-01T00:00:{second:02d}Z,150,95" for second in range(0, 10, 2)]
    replay = CsvReplay(written(tmp_path / "bed.csv", *rows), "NICU-01", START)
    late = replay.readings(START + 5_000)
    assert [(one.recorded_at - START, one.origin, one.cot) for one in late] == [
        (0, "replayed", "NICU-01"),
        (2_000, "replayed", "NICU-01"),
        (4_000, "replayed", "NICU-01"),
    ]
    assert [one.recorded_at - START for one in replay.readings(START + 99_000)] == [6_000, 8_000]
    assert replay.readings(START + 999_000) == []


def test_what_lies_before_the_beginning_of_a_replay_is_its_past(tmp_path: Path) -> None:
    rows = [f"2024-01-01T00:0{minute}:00Z,{100 + minute},95" for minute in range(6)]
    replay = CsvReplay(written(tmp_path / "bed.csv", *rows), "NICU-01", START, from_minute=3)
    assert [one.recorded_at - START for one in replay.readings(START)] == [-180_000, -120_000, -60_000, 0]
    with pytest.raises(FileFault, match="lasts 5 minutes; begin the replay earlier"):
        CsvReplay(tmp_path / "bed.csv", "NICU-01", START, from_minute=5)


def test_a_recording_without_readings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="holds no readings"):
        CsvReplay(written(tmp_path / "bed.csv"), "NICU-01", START)
