"""Recordings kept as CSV: read with every fault told, or played again as if they were now."""

from nicu_dashboard.adapters.csv_replay.files import BadLine, CsvRecording, FileFault, Row, meant
from nicu_dashboard.adapters.csv_replay.replay import CsvReplay

__all__ = ["BadLine", "CsvRecording", "CsvReplay", "FileFault", "Row", "meant"]
