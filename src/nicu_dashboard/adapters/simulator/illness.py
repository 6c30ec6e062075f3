"""The course of a late sepsis: creeping for hours, at its worst, then the answer to treatment."""

_CREEPS_S = 8 * 3600
_WORST_S = 4 * 3600
_RECOVERS_S = 20 * 3600


def severity(since_onset_s: int) -> float:
    """Return 0 (well) to 1 (worst) at this many seconds after the onset; negative times are before it."""
    if since_onset_s <= 0:
        return 0.0
    if since_onset_s < _CREEPS_S:
        return since_onset_s / _CREEPS_S
    return max(0.0, min(1.0, 1.0 - (since_onset_s - _CREEPS_S - _WORST_S) / _RECOVERS_S))
