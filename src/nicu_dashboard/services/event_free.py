"""The event-free days of a tile, as the record has them."""

from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.services.bed import Bed, EventFree

# Events of this many days are looked at for the event-free days of a tile.
LOOK_BACK_MS = 60 * DAY_MS
# An event told this short a time ago may not be in the record yet.
WRITTEN_MS = 10_000


def event_free_on_record(chart: Chart, patient_id: int, at: int) -> EventFree:
    """Return since when (epoch ms) the record holds no event of this baby that nobody rejected; `at` is now."""
    counted = [one for one in chart.spells(patient_id, at - LOOK_BACK_MS, at) if one.review != "rejected"]
    newest = max(counted, key=lambda one: one.spell.started_at, default=None)
    first, _ = chart.bounds(patient_id) or (None, None)
    if newest is None:
        return EventFree(watched_from=first)
    return EventFree(newest.spell.ended_at, newest.spell.kind, first)


def take_over(bed: Bed, seen: EventFree, recorded: EventFree, at: int) -> None:
    """Let a tile count by the record, read while the bed showed `seen`, unless the ward knows of something newer."""
    told_at = bed.event_free.told_at
    if bed.event_free is seen and (told_at is None or at - told_at > WRITTEN_MS):
        recorded.watched_from = recorded.watched_from or seen.watched_from
        bed.event_free = recorded
