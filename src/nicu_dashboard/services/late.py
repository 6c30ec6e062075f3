"""What an engine decided before another followed it, and what reaches the store only afterwards: history, not the
present. Readings are late readings; alarms and silences are as their engine left them, and over.
"""

from collections.abc import Sequence
from dataclasses import replace

from nicu_dashboard.ports.spool import Said
from nicu_dashboard.ports.tick import AlarmRow, Rescan, SuspensionRow, Tick
from nicu_dashboard.services.ward import RESCAN_MS

Silence = tuple[int, str, str, int]


class Late:
    """The last words of engines that were followed; `followed_at` is when the last of them was said."""

    def __init__(self, said: Sequence[Said]) -> None:
        """Take what waits of them, oldest first."""
        self.followed_at = max((one.at for one in said), default=0)
        self._alarms: dict[int, AlarmRow] = {row.alarm.id: row for one in said for row in one.alarms}
        self._silences: dict[Silence, SuspensionRow] = {}
        for row in (row for one in said for row in one.silences):
            known = self._silences.get(_key(row))
            # The end of a silence does not repeat why it began.
            over = None if known is None or row.ended_at is None else replace(known, ended_at=row.ended_at)
            self._silences[_key(row)] = row if over is None else replace(over, ended_by=row.ended_by)

    def history(self, tick: Tick) -> Tick:
        """Return the tick with the last word on each alarm and silence; its events are to be found again."""
        alarms = {row.alarm.id: self._alarms.get(row.alarm.id, row) for row in tick.alarms}
        silences = {_key(row): self._silences.get(_key(row), row) for row in tick.suspensions}
        return replace(
            tick,
            alarms=list(alarms.values()),
            suspensions=list(silences.values()),
            spells=[],
            rescans=[*tick.rescans, *_windows(tick)],
        )


def _windows(tick: Tick) -> list[Rescan]:
    """Return where events are to be looked for again: around what was measured, and where some were found."""
    spans = [(row.patient_id, row.recorded_at, row.recorded_at) for row in tick.readings]
    spans += [(row.patient_id, row.spell.started_at, row.spell.ended_at) for row in tick.spells]
    whole: dict[int, tuple[int, int]] = {}
    for patient_id, start, end in spans:
        known = whole.get(patient_id, (start, end))
        whole[patient_id] = (min(known[0], start), max(known[1], end))
    return [Rescan(baby, start - RESCAN_MS, end + RESCAN_MS) for baby, (start, end) in whole.items()]


def _key(row: SuspensionRow) -> Silence:
    return row.cot_id, row.kind, row.scope, row.began_at
