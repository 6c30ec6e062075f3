"""A baby's alarm limits: read with their history, changed by a person, every version kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nicu_dashboard.domain.alarms import events
from nicu_dashboard.domain.limits import AlarmLimits, changes, faults
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.limit_book import LimitBook, LimitVersion
from nicu_dashboard.ports.roster import Roster
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.settling import OWN, Settling, is_own, limits_by_age


class LimitsRefused(ValueError):
    """The limits contradict themselves; `faults` lists every reason as a sentence."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("; ".join(found))
        self.faults = list(found)


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """What a baby is watched with now, and the profile of its age; version 0 = the profile, nobody changed anything."""

    limits: AlarmLimits
    version: int
    history: Sequence[LimitVersion]
    profile: AlarmLimits


class LimitsDesk:
    """Raises NotFound, LimitsRefused, LimitsChangedMeanwhile, StoreUnavailable."""

    def __init__(self, engine: Engine, book: LimitBook, roster: Roster, settling: Settling, clock: Clock) -> None:
        self._engine = engine
        self._book = book
        self._roster = roster
        self._settling = settling
        self._clock = clock

    def read(self, patient_id: int) -> LimitsInForce:
        """Return the limits in force with every earlier version, newest first."""
        patient = self._roster.patient(patient_id)
        profile = limits_by_age(patient, self._clock.now())
        history = self._book.history(patient_id)
        if history:
            newest = history[0]
            limits = newest.limits if is_own(newest.limits) else replace(profile, version=newest.version)
            return LimitsInForce(limits, newest.version, history, profile)
        return LimitsInForce(profile, 0, [], profile)

    async def change(
        self, patient_id: int, limits: AlarmLimits, expected_version: int, reason: str | None, actor: Actor
    ) -> LimitsInForce:
        """Put new limits in force at once; the audit names who, when, old and new."""
        found = faults(limits)
        if found:
            raise LimitsRefused(found)
        before = await asyncio.to_thread(self.read, patient_id)
        own = replace(limits, profile=limits.profile.removesuffix(OWN) + OWN)
        return await self._put(patient_id, own, before, expected_version, reason, actor)

    async def reset(self, patient_id: int, expected_version: int, actor: Actor) -> LimitsInForce:
        """Return to the profile of the baby's age."""
        before = await asyncio.to_thread(self.read, patient_id)
        return await self._put(
            patient_id, before.profile, before, expected_version, "back to the profile by age", actor
        )

    async def _put(
        self,
        patient_id: int,
        limits: AlarmLimits,
        before: LimitsInForce,
        expected_version: int,
        reason: str | None,
        actor: Actor,
    ) -> LimitsInForce:
        at = self._clock.now()
        versioned = replace(limits, version=expected_version + 1)
        told = [
            f"{change.parameter} {change.side} {change.level or ''} {change.field}: {change.old} → {change.new}"
            for change in changes(before.limits, limits)
        ]
        entry = actor.entry(at, "limits.change", f"patient {patient_id}", patient_id, changes=told, reason=reason)
        new = LimitVersion(patient_id, expected_version + 1, versioned, at, actor.name, reason)
        # A baby on its way to another cot is watched there with what the book held a moment ago.
        async with self._settling.one_at_a_time:
            await asyncio.to_thread(self._book.change, new, expected_version, entry)
            bed = self._engine.ward.bed_of(patient_id)
            if bed is not None:
                self._engine.ward.act(bed.cot.id, events.LimitsChanged(at, versioned))
        await self._engine.submit()
        return await asyncio.to_thread(self.read, patient_id)
