"""A/B/D events: apnea, bradycardia, desaturation, found by named and versioned definitions."""

from nicu_dashboard.domain.spells.countdown import NEEDED_DAYS, Countdown, countdown
from nicu_dashboard.domain.spells.criteria import Comparison, Criterion, parse_criterion
from nicu_dashboard.domain.spells.definitions import (
    DEFAULT_DEFINITION,
    DEFINITIONS,
    ApneaRule,
    Definition,
    definition_from_json,
    definition_to_json,
)
from nicu_dashboard.domain.spells.detector import SpellDetector, find_spells
from nicu_dashboard.domain.spells.episodes import Episode, EpisodeKind, Spell, SpellKind
from nicu_dashboard.domain.spells.runs import INTERVAL_MS, Run, RunDetector, find_runs, sampling_interval

__all__ = [
    "DEFAULT_DEFINITION",
    "DEFINITIONS",
    "INTERVAL_MS",
    "NEEDED_DAYS",
    "ApneaRule",
    "Comparison",
    "Countdown",
    "Criterion",
    "Definition",
    "Episode",
    "EpisodeKind",
    "Run",
    "RunDetector",
    "Spell",
    "SpellDetector",
    "SpellKind",
    "countdown",
    "definition_from_json",
    "definition_to_json",
    "find_runs",
    "find_spells",
    "parse_criterion",
    "sampling_interval",
]
