"""What people do to alarms: acknowledge, pause the sound, pause alarms, switch a limit off; each with its audit row."""

from nicu_dashboard.domain.alarms import events
from nicu_dashboard.domain.alarms.alarm import Alarm
from nicu_dashboard.domain.alarms.silences import PauseRefused
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.actor import Actor
from nicu_dashboard.services.engine import Engine
from nicu_dashboard.services.kept import Kept


class AlarmActions:
    """Acts at once on the wall, then waits until the act is durable and says where.

    Raises NotFound, PauseRefused, StoreUnavailable.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def acknowledge(self, alarm_id: int, actor: Actor) -> tuple[Alarm, Kept]:
        """Acknowledge a standing alarm and return it as it was left."""
        at = self._clock.now()
        patient_id = self._patient_of_alarm(alarm_id)
        alarm = self._engine.ward.acknowledge(alarm_id, at, actor.name)
        entry = actor.entry(at, "alarm.acknowledge", f"alarm {alarm_id}", patient_id, alarm=alarm.text)
        self._engine.ward.audit(entry)
        return alarm, await self._engine.submit()

    async def pause_audio(self, cot_id: int, seconds: int, actor: Actor) -> Kept:
        """Silence a cot for at most 120 s; 0 ends the pause."""
        at = self._clock.now()
        return await self._act(
            cot_id, events.AudioPaused(at, seconds, actor.name), actor, "audio.pause", seconds=seconds
        )

    async def pause_alarms(self, cot_id: int, seconds: int, actor: Actor) -> Kept:
        """Pause a cot's alarms for at most 10 minutes; 0 ends the pause."""
        at = self._clock.now()
        return await self._act(
            cot_id, events.AlarmsPaused(at, seconds, actor.name), actor, "alarms.pause", seconds=seconds
        )

    async def switch_off(self, cot_id: int, scope: str, reason: str, actor: Actor) -> Kept:
        """Switch one limit of a cot, or `all`, off for a reason."""
        at = self._clock.now()
        event = events.SwitchedOff(at, scope, reason, actor.name)
        return await self._act(cot_id, event, actor, "alarms.off", scope=scope, reason=reason)

    async def switch_on(self, cot_id: int, scope: str, actor: Actor) -> Kept:
        """Switch it on again."""
        at = self._clock.now()
        return await self._act(cot_id, events.SwitchedOn(at, scope, actor.name), actor, "alarms.on", scope=scope)

    async def _act(self, cot_id: int, event: events.Event, actor: Actor, action: str, **detail: str | int) -> Kept:
        ward = self._engine.ward
        bed = ward.bed(cot_id)
        if bed.stay is None:
            raise PauseRefused(f"no baby lies in cot {bed.cot.label}; silences are for one baby and end with its stay")
        ward.act(cot_id, event)
        ward.audit(actor.entry(event.at, action, f"cot {bed.cot.label}", bed.stay.patient.id, **detail))
        return await self._engine.submit()

    def _patient_of_alarm(self, alarm_id: int) -> int | None:
        for bed in self._engine.ward.beds.values():
            if bed.stay is not None and any(alarm.id == alarm_id for alarm in bed.watch.alarms):
                return bed.stay.patient.id
        return None
