"""What the earlier dashboard's values mean: functions for SQLite, each exact or silent; nothing is guessed."""

from __future__ import annotations

import re
import sqlite3

from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.migration import dates
from nicu_dashboard.migration.errors import Unfit
from nicu_dashboard.migration.kinds import Kind, SqliteValue, codec

SEXES = {
    "f": "female",
    "female": "female",
    "girl": "female",
    "m": "male",
    "male": "male",
    "boy": "male",
    "u": "unknown",
    "unknown": "unknown",
    "other": "unknown",
}
PRIORITIES = {
    "high": "high",
    "critical": "high",
    "medium": "medium",
    "warning": "medium",
    "low": "low",
    "info": "low",
    "advisory": "low",
}
STATUSES = {
    "active": "active",
    "open": "active",
    "triggered": "active",
    "acknowledged": "acknowledged",
    "resolved": "ended",
    "cleared": "ended",
    "ended": "ended",
    "closed": "ended",
}
ROLES = {
    "nurse": "nurse",
    "rn": "nurse",
    "charge_nurse": "charge nurse",
    "head_nurse": "charge nurse",
    "doctor": "physician",
    "physician": "physician",
    "neonatologist": "physician",
    "admin": "administrator",
    "administrator": "administrator",
}
CONDITIONS = {
    "bradycardia": "heart_rate:low",
    "tachycardia": "heart_rate:high",
    "desaturation": "spo2:low",
    "tachypnea": "resp_rate:high",
    "hypothermia": "temperature:low",
    "hyperthermia": "temperature:high",
    "fever": "temperature:high",
    "hypoxia": "spo2:low",
}
PARAMETERS = {
    "hr": "heart_rate",
    "heart_rate": "heart_rate",
    "spo2": "spo2",
    "rr": "resp_rate",
    "resp_rate": "resp_rate",
    "respiratory_rate": "resp_rate",
    "temp": "temperature",
    "temperature": "temperature",
    "fio2": "fio2",
    "etco2": "etco2",
}
_MIXED = codec(Kind("timestamptz", "mixed/epoch_ms"))[0]


def instant(value: SqliteValue) -> int | None:
    """Return epoch ms of epoch integers of any unit, ISO text (UTC without a zone) or a Julian day; None for others."""
    try:
        us = int.from_bytes(_MIXED(value), signed=True)
    except Unfit:
        return None
    return (us + dates.POSTGRES_EPOCH_US) // 1_000


def number(name: str, value: SqliteValue) -> float | None:
    """Return a physically possible value of a vital sign, in its unit; None for anything else."""
    vital = VITALS[name]
    if isinstance(value, int | float) and vital.low <= value <= vital.high:
        return float(value)
    return None


def word(kind: str, value: SqliteValue) -> str | None:
    """Return our word for one of theirs: of a sex, priority, status or role; None where there is none."""
    words = {"sex": SEXES, "priority": PRIORITIES, "status": STATUSES, "role": ROLES}[kind]
    return words.get(re.sub(r"[^a-z0-9]+", "_", value.strip().lower())) if isinstance(value, str) else None


def condition(value: SqliteValue) -> str | None:
    """Return the key of an alarm (`spo2:low`) from their type (`LOW_SPO2`, `SPO2_LOW`, `BRADYCARDIA`)."""
    if not isinstance(value, str):
        return None
    apart = value if value.isupper() else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value)
    spelled = re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
    spelled = "_".join(part for part in spelled.split("_") if part not in ("critical", "warning", "alarm", "alert"))
    if spelled in CONDITIONS:
        return CONDITIONS[spelled]
    for side in ("low", "high"):
        for name in (spelled.removeprefix(f"{side}_"), spelled.removesuffix(f"_{side}")):
            if name != spelled and name in PARAMETERS:
                return f"{PARAMETERS[name]}:{side}"
    return None


def is_ours(value: SqliteValue) -> int:
    """Return whether a password hash is one that the dashboard can check."""
    return int(isinstance(value, str) and value.startswith("$argon2id$"))


def whole(value: SqliteValue, low: int, high: int) -> int | None:
    """Return a whole number within bounds; None for anything else."""
    return int(value) if isinstance(value, int | float) and int(value) == value and low <= value <= high else None


def teach(connection: sqlite3.Connection) -> None:
    """Let a connection use these functions."""
    for name, count, made in (
        ("nicu_instant", 1, instant),
        ("nicu_number", 2, number),
        ("nicu_word", 2, word),
        ("nicu_condition", 1, condition),
        ("nicu_hash", 1, is_ours),
        ("nicu_whole", 3, whole),
    ):
        connection.create_function(name, count, made, deterministic=True)
