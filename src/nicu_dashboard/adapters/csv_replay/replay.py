"""A recording played again as if it were now: its own rhythm, its own gaps, its time shifted, marked as replayed."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from nicu_dashboard.adapters.csv_replay.files import CsvRecording, FileFault, Row
from nicu_dashboard.domain.instants import MINUTE_MS, SECOND_MS
from nicu_dashboard.domain.spells import sampling_interval
from nicu_dashboard.domain.vitals import Reading


class CsvReplay:
    """Plays one recording into one cot, once; when it ends the source falls silent, as a device switched off."""

    def __init__(self, path: Path, cot: str, starts_at: int, from_minute: float = 0) -> None:
        """Let minute `from_minute` of the recording be at starts_at (epoch ms); raises FileFault."""
        rows = [line for line in CsvRecording(path).lines() if isinstance(line, Row)]
        if not rows:
            raise FileFault(f"{path.name} holds no readings")
        rows.sort(key=lambda row: row.at)
        self.cot = cot
        self.source = f"replay of {path.stem[:60]}"
        self._rows: Sequence[Row] = rows
        self._instants = [row.at for row in rows]
        self._shift_ms = starts_at - rows[0].at - round(from_minute * MINUTE_MS)
        self._next = 0
        if self.ends_at <= starts_at:
            raise FileFault(f"{path.name} lasts {self.minutes:.0f} minutes; begin the replay earlier")

    @property
    def interval_s(self) -> float:
        """Return the usual spacing of the recording in seconds."""
        return sampling_interval(self._instants) / SECOND_MS

    @property
    def minutes(self) -> float:
        """Return how long the recording lasts."""
        return (self._instants[-1] - self._instants[0]) / MINUTE_MS

    @property
    def ends_at(self) -> int:
        """Return when its last row is played, epoch ms."""
        return self._instants[-1] + self._shift_ms

    def readings(self, at: int) -> list[Reading]:
        """Return the rows that have become due by this instant (epoch ms), each once."""
        until = bisect_right(self._instants, at - self._shift_ms, lo=self._next)
        due, self._next = self._rows[self._next : until], until
        return [Reading(self.cot, row.at + self._shift_ms, row.values, self.source, "replayed") for row in due]
