"""SpO2 histogram and time in target, counted in seconds that were really measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nicu_dashboard.domain.instants import SECOND_MS
from nicu_dashboard.domain.spells.runs import GAP_MS, INTERVAL_MS, signal
from nicu_dashboard.domain.vitals import Measured

BIN_WIDTH = 5
TOP = 100
ROOM_AIR = 21.0
# Assumed: the steps of FiO2 (%) in which time in target is shown, each up to and including its figure.
FIO2_STEPS: tuple[float, ...] = (ROOM_AIR, 30, 40, 60, 100)


class Span(NamedTuple):
    """What was measured, and for how long (ms) it stood: until the next sample, never across a gap."""

    at: int
    measured: Measured
    held_ms: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Seconds with low ≤ SpO2 < high (the last bin holds 100 too), and their share of the valid time in %."""

    low: int
    high: int
    seconds: float
    percent: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """SpO2 over a window: shares of the valid time in %, and the shares of the window that were valid or artefact."""

    bins: tuple[Bin, ...]
    valid_s: float
    in_target_percent: float | None
    below_percent: float | None
    above_percent: float | None
    valid_percent: float
    artefact_percent: float


def spans(
    samples: Iterable[tuple[int, Measured]], to_at: int, interval_ms: int = INTERVAL_MS, gap_ms: int = GAP_MS
) -> Iterator[Span]:
    """Yield how long each sample stood, before a gap for one interval; of one instant the last sample counts."""
    last: tuple[int, Measured] | None = None
    for at, measured in samples:
        if last is not None and at > last[0]:
            yield Span(last[0], last[1], at - last[0] if at - last[0] <= gap_ms else interval_ms)
        last = at, measured
    if last is not None and to_at > last[0]:
        yield Span(*last, min(interval_ms, to_at - last[0]))


def spo2_histogram(
    found: Iterable[Span], from_at: int, to_at: int, target: tuple[float, float] = (90, 95), parameter: str = "spo2"
) -> Histogram:
    """Return the histogram of spans within from_at–to_at (epoch ms); both ends of the target (%) belong to it."""
    held_ms = [0] * (TOP // BIN_WIDTH)
    below_ms = above_ms = artefact_ms = 0
    for span in found:
        at, measured, stood_ms = span
        if at < from_at or at + stood_ms > to_at:
            stood_ms = max(0, min(at + stood_ms, to_at) - max(at, from_at))
        value = signal(parameter, measured)
        if value is None:
            artefact_ms += stood_ms
            continue
        held_ms[-1 if value >= TOP else int(value) // BIN_WIDTH] += stood_ms
        if value < target[0]:
            below_ms += stood_ms
        elif value > target[1]:
            above_ms += stood_ms
    valid_ms, window_ms = sum(held_ms), to_at - from_at
    return Histogram(
        tuple(_bin(index, held, valid_ms) for index, held in enumerate(held_ms)),
        valid_ms / SECOND_MS,
        _share(valid_ms - below_ms - above_ms, valid_ms),
        _share(below_ms, valid_ms),
        _share(above_ms, valid_ms),
        _share(valid_ms, window_ms) or 0.0,
        _share(artefact_ms, window_ms) or 0.0,
    )


def share_in_target(counts: Mapping[float | None, int], low: float, high: float) -> float | None:
    """Return the share of valid readings within low–high in %, from how often each value was read (None = no value)."""
    valid = sum(count for value, count in counts.items() if value)
    within = sum(count for value, count in counts.items() if value and low <= value <= high)
    return _share(within, valid)


def by_fio2(found: Iterable[Span], fio2: Sequence[tuple[int, float]]) -> Mapping[float | None, list[Span]]:
    """Return the spans by FiO2 step (its upper figure), given ascending (epoch ms, %); None until one is known."""
    parted: dict[float | None, list[Span]] = {}
    known: float | None = None
    index = 0
    for span in found:
        while index < len(fio2) and fio2[index][0] <= span.at:
            known = next((step for step in FIO2_STEPS if fio2[index][1] <= step), FIO2_STEPS[-1])
            index += 1
        parted.setdefault(known, []).append(span)
    return parted


def _bin(index: int, held_ms: int, valid_ms: int) -> Bin:
    return Bin(index * BIN_WIDTH, (index + 1) * BIN_WIDTH, held_ms / SECOND_MS, _share(held_ms, valid_ms) or 0.0)


def _share(part_ms: int, whole_ms: int) -> float | None:
    return 100 * part_ms / whole_ms if whole_ms > 0 else None
