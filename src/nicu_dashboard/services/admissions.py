"""Admit, transfer, discharge: first the record, then the ward's memory."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from nicu_dashboard.domain.patients import Cot, Patient, check_birth
from nicu_dashboard.ports.asking import beyond_units
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.people import EVERY_UNIT, Units
from nicu_dashboard.ports.roster import NewPatient, NotFound, Roster, RosterConflict, Stay
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.settling import Settling
from nicu_dashboard.services.stays import Stays

Given = ParamSpec("Given")
Done = TypeVar("Done")


def _knowing(act: Callable[Given, Awaitable[Done]]) -> Callable[Given, Awaitable[Done]]:
    """Let an act that the door has allowed see the whole record: a baby may come from a unit the actor does not see."""

    @wraps(act)
    async def knowing(*given: Given.args, **named: Given.kwargs) -> Done:
        with beyond_units():
            return await act(*given, **named)

    return knowing


class Admissions:
    """One change at a time; raises NotFound, RosterConflict, StoreUnavailable, and then nothing changed."""

    def __init__(self, engine: Engine, roster: Roster, settling: Settling, stays: Stays, clock: Clock) -> None:
        self._engine = engine
        self._roster = roster
        self._settling = settling
        self._stays = stays
        self._clock = clock

    @_knowing
    async def add_cot(self, label: str, actor: Actor) -> Cot:
        """Add a cot at the end of the wall."""
        entry = actor.entry(self._clock.now(), "cot.add", f"cot {label}")
        async with self._settling.one_at_a_time:
            cot = await asyncio.to_thread(self._roster.add_cot, label, entry, self._engine.ward.unit.id)
            self._engine.ward.add_cots([cot])
            await self._stays.refresh([cot.id])
        await self._engine.submit()
        return cot

    @_knowing
    async def register(self, new: NewPatient, actor: Actor) -> Patient:
        """Create a baby without a cot; raises AgeError for a birth that cannot be."""
        _check(new, self._clock.now())
        entry = actor.entry(self._clock.now(), "patient.create", "patient")
        return await asyncio.to_thread(self._roster.add_patient, new, entry)

    @_knowing
    async def change(self, patient_id: int, new: NewPatient, actor: Actor) -> Patient:
        """Change what is said of a baby; the wall follows at once. Raises AgeError."""
        _check(new, self._clock.now())
        entry = actor.entry(self._clock.now(), "patient.change", f"patient {patient_id}", patient_id)
        async with self._settling.one_at_a_time:
            patient = await asyncio.to_thread(self._roster.change_patient, patient_id, new, entry)
            bed = self._engine.ward.bed_of(patient_id)
            if bed is not None and bed.stay is not None:
                bed.stay = Stay(bed.stay.id, patient, bed.stay.cot, bed.stay.began_at)
        await self._engine.submit()
        return patient

    @_knowing
    async def admit(self, cot: str, patient: NewPatient | int, actor: Actor) -> Stay:
        """Put a baby, known by id or described, into a free cot; a known MRN is the same baby come back."""
        self._require_cot(cot)
        at = self._clock.now()
        async with self._settling.one_at_a_time:
            patient_id = patient if isinstance(patient, int) else await self._find_or_add(patient, actor)
            entry = actor.entry(at, "admission.admit", f"cot {cot}", patient_id)
            stay = await asyncio.to_thread(self._roster.admit, patient_id, cot, at, entry)
            await self._stays.refresh([stay.cot.id])
            await self._settling.settle(stay)
        await self._engine.submit()
        return stay

    @_knowing
    async def transfer(self, patient_id: int, cot: str, actor: Actor, units: Units = EVERY_UNIT) -> Stay:
        """Move a baby to another free cot; its history, limits and events go with it.

        The cot may stand in another of the `units` that the actor sees: that unit's engine takes the baby up.
        """
        other = self._engine.ward.elsewhere(cot)
        if other is None or (units is not EVERY_UNIT and other not in units):
            self._require_cot(cot)
        at = self._clock.now()
        async with self._settling.one_at_a_time:
            old = self._engine.ward.bed_of(patient_id)
            origin = None if old is None else old.cot.label
            entry = actor.entry(at, "admission.transfer", f"cot {cot}", patient_id, origin=origin)
            stay = await asyncio.to_thread(self._roster.transfer, patient_id, cot, at, entry)
            if old is not None:
                self._engine.ward.vacate(old, at, actor.name)
                await self._stays.refresh([old.cot.id])
            if other is None:
                await self._stays.refresh([stay.cot.id])
                await self._settling.settle(stay)
        await self._engine.submit()
        return stay

    @_knowing
    async def discharge(self, patient_id: int, actor: Actor) -> None:
        """End the stay; readings that still come in for the cot belong to nobody."""
        at = self._clock.now()
        async with self._settling.one_at_a_time:
            entry = actor.entry(at, "admission.discharge", f"patient {patient_id}", patient_id)
            await asyncio.to_thread(self._roster.discharge, patient_id, at, entry)
            bed = self._engine.ward.bed_of(patient_id)
            if bed is not None:
                self._engine.ward.vacate(bed, at, actor.name)
                await self._stays.refresh([bed.cot.id])
        await self._engine.submit()

    async def _find_or_add(self, new: NewPatient, actor: Actor) -> int:
        try:
            known = await asyncio.to_thread(self._roster.patient_by_mrn, new.mrn)
        except NotFound:
            return (await self.register(new, actor)).id
        _check_same_baby(known, new)
        return known.id

    def _require_cot(self, label: str) -> None:
        """Fail before anything is written when there is no such cot or a baby lies in it."""
        bed = self._engine.ward.bed_by_label(label)
        if bed is None:
            raise NotFound(f"there is no cot {label!r}; add it with: nicu cot add {label}")
        if bed.stay is not None:
            raise RosterConflict(f"cot {label} is taken; transfer or discharge the baby in it first")


def _check_same_baby(known: Patient, new: NewPatient) -> None:
    """A known MRN with another birth is another baby under a wrong number: refuse rather than guess."""
    if new.born_at is not None and known.born_at is not None and new.born_at != known.born_at:
        raise RosterConflict("this MRN belongs to a baby born at another time; check the MRN or correct the patient")


def _check(new: NewPatient, now: int) -> None:
    if new.born_at is not None:
        check_birth(new.born_at, now)
