"""Which waiting ticks are the engine's own, and what becomes of the words of engines that were followed."""

import pytest

from nicu_dashboard.ports.spool import Said
from nicu_dashboard.ports.tick import Rescan, SuspensionRow, Tick, VitalsRow
from nicu_dashboard.services.keeper import _ours
from nicu_dashboard.services.late import Late
from nicu_dashboard.services.ward import RESCAN_MS

NIGHT = 1_704_067_200_000


@pytest.mark.parametrize(
    ("waiting", "epoch", "ours"),
    [
        ([], 5, {5}),
        ([4], 5, {5, 4}),  # nobody worked in between: the ward goes on from there
        ([3, 4, 4], 5, {5, 4, 3}),
        ([3], 5, {5}),  # an engine of another machine worked under 4
        ([3, 3, 4, 5], 7, {7}),
        ([2, 4], 5, {5, 4}),
        ([0, 0], 5, {5, 0}),  # of a version that noted no epochs
        ([0, 3], 5, {5}),
    ],
)
def test_ticks_are_our_own_as_far_as_no_other_engine_worked_in_between(
    waiting: list[int], epoch: int, ours: set[int]
) -> None:
    assert _ours([Said(one, NIGHT, [], []) for one in waiting], epoch) == ours


def test_a_silence_keeps_its_reason_and_events_are_found_again() -> None:
    began = SuspensionRow(2, 3, "off", "spo2:high", NIGHT, None, "room air", "grete")
    ended = SuspensionRow(2, 3, "off", "spo2:high", NIGHT, None, None, "grete", NIGHT + 9, "grete")
    late = Late([Said(1, NIGHT, [], [began]), Said(1, NIGHT + 9, [], [ended])])
    readings = [VitalsRow(3, 1, NIGHT + at, NIGHT + at, {"spo2": 94.0}) for at in (5_000, 0, 9_000)]
    history = late.history(Tick(readings=readings, suspensions=[began]))
    (said,) = history.suspensions
    assert (said.reason, said.ended_at, said.ended_by) == ("room air", NIGHT + 9, "grete")
    assert history.rescans == [Rescan(3, NIGHT - RESCAN_MS, NIGHT + 9_000 + RESCAN_MS)]
    assert (history.readings, late.followed_at) == (readings, NIGHT + 9)
