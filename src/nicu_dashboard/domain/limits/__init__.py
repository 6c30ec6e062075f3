"""Alarm limits: profiles by age, their validation, and the rule that ties SpO2 to FiO2."""

from nicu_dashboard.domain.limits.documents import profile_from_json, profile_to_json
from nicu_dashboard.domain.limits.model import AlarmLimits, Level, Limit, Rule, Side, Threshold
from nicu_dashboard.domain.limits.oxygen import effective, effective_reason, room_air
from nicu_dashboard.domain.limits.profiles import AGE_UNKNOWN, PROFILES, AgeProfile, choose_profile, default_profile
from nicu_dashboard.domain.limits.validation import ESSENTIAL, MAX_DELAY_S, Change, changes, faults

__all__ = [
    "AGE_UNKNOWN",
    "ESSENTIAL",
    "MAX_DELAY_S",
    "PROFILES",
    "AgeProfile",
    "AlarmLimits",
    "Change",
    "Level",
    "Limit",
    "Rule",
    "Side",
    "Threshold",
    "changes",
    "choose_profile",
    "default_profile",
    "effective",
    "effective_reason",
    "faults",
    "profile_from_json",
    "profile_to_json",
    "room_air",
]
