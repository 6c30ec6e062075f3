"""The de-identified export: no name, number, place, free text or true date; ages and intervals stay as they were."""

import hmac
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from nicu_dashboard.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, floor_to, format_instant
from nicu_dashboard.domain.patients import Patient
from nicu_dashboard.domain.vitals import VITALS, NoValue
from nicu_dashboard.ports.chart import Chart
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.people import People, Units
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.services.actor import Actor

Resolution = Literal["minute", "hour", "reading"]
RESOLUTIONS: tuple[Resolution, ...] = ("minute", "hour", "reading")
# Every date of one baby moves back by the same whole number of days, so that intervals and times of day stay.
SHIFT_DAYS = 364
_STEP_MS = {"minute": MINUTE_MS, "hour": HOUR_MS}
_BABIES_AT_ONCE = 200


class Research:
    """Streams one JSON object after the other; each export has names and dates of its own that link to no other."""

    def __init__(self, roster: Roster, chart: Chart, people: People, clock: Clock) -> None:
        self._roster = roster
        self._chart = chart
        self._people = people
        self._clock = clock

    def export(self, resolution: Resolution, actor: Actor, units: Units = None) -> Iterator[Mapping[str, Any]]:
        """Yield babies, their events and their values; the audit entry is written before the first of them."""
        babies = list(self._babies(units))
        at, whose = self._clock.now(), [baby.id for baby in babies]
        self._people.record(
            actor.entry(at, "export.deidentified", "research", None, resolution=resolution, patients=whose)
        )
        return self._lines(babies, resolution, secrets.token_bytes(32))

    def _babies(self, units: Units) -> Iterator[Patient]:
        after = 0
        while page := self._roster.patients(after, _BABIES_AT_ONCE, "", units):
            yield from page
            after = page[-1].id

    def _lines(self, babies: list[Patient], resolution: Resolution, salt: bytes) -> Iterator[Mapping[str, Any]]:
        for baby in babies:
            digest = hmac.digest(salt, str(baby.id).encode(), "sha256")
            name, shift_ms = f"B{digest[:5].hex()}", (1 + int.from_bytes(digest[5:9]) % SHIFT_DAYS) * DAY_MS
            yield _about(baby, name, shift_ms)
            for stored in reversed(self._chart.spells(baby.id)):
                spell = stored.spell
                yield {
                    "type": "event",
                    "baby": name,
                    "kind": spell.kind,
                    "started_at": format_instant(spell.started_at - shift_ms),
                    "duration_s": spell.duration_s,
                    "nadir": dict(spell.nadirs),
                    "definition": spell.definition_label,
                    "review": stored.review,
                }
            yield from self._values(baby, name, shift_ms, resolution)

    def _values(self, baby: Patient, name: str, shift_ms: int, resolution: Resolution) -> Iterator[Mapping[str, Any]]:
        first, last = self._chart.bounds(baby.id) or (0, -1)
        if resolution == "reading":
            for at, values in self._chart.readings(baby.id, first, last + 1, tuple(VITALS)):
                # Why there is no number may be a device's own words: that there is none is enough.
                plain = {vital: None if isinstance(value, NoValue) else value for vital, value in values.items()}
                yield {"type": "reading", "baby": name, "at": format_instant(at - shift_ms), **_age(baby, at), **plain}
            return
        for day in range(floor_to(first, DAY_MS), last + 1, DAY_MS):
            yield from self._buckets(baby, name, shift_ms, resolution, day)

    def _buckets(
        self, baby: Patient, name: str, shift_ms: int, resolution: Literal["minute", "hour"], day: int
    ) -> Iterator[Mapping[str, Any]]:
        step = _STEP_MS[resolution]
        found = self._chart.buckets(baby.id, day, day + DAY_MS, step, resolution, tuple(VITALS))
        rows: dict[int, dict[str, Any]] = {}
        for vital, buckets in found.items():
            for at, bucket in buckets:
                mean = None if bucket.mean is None else round(bucket.mean, 2)
                rows.setdefault(at, {})[vital] = {"min": bucket.min, "max": bucket.max, "mean": mean}
        for at in sorted(rows):
            yield {"type": resolution, "baby": name, "at": format_instant(at - shift_ms), **_age(baby, at), **rows[at]}


def _about(baby: Patient, name: str, shift_ms: int) -> dict[str, Any]:
    return {
        "type": "baby",
        "baby": name,
        "sex": baby.sex,
        "ga": None if baby.gestation is None else str(baby.gestation),
        "birth_weight_g": baby.birth_weight_g,
        "born_at": None if baby.born_at is None else format_instant(baby.born_at - shift_ms),
        "synthetic": baby.synthetic,
    }


def _age(baby: Patient, at: int) -> dict[str, Any]:
    return {} if baby.born_at is None else {"age_s": (at - baby.born_at) // 1_000}
