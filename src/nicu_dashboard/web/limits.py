"""A baby's alarm limits: read, change, return to the profile of its age."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from nicu_dashboard.domain.limits import changes
from nicu_dashboard.ports.limit_book import LimitVersion
from nicu_dashboard.services.limits_desk import LimitsInForce
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import MaySee, Person, require
from nicu_dashboard.web.shapes import instant, limit_shape, limits_from
from nicu_dashboard.web.texts import PROSE
from nicu_dashboard.web.windows import Whole

router = APIRouter(prefix="/api/patients", tags=["limits"])
DISTRIBUTED = ("spo2", "heart_rate", "resp_rate", "temp_skin", "temperature", "abp_mean", "nibp_mean")
Number = Annotated[float, Field(allow_inf_nan=False)]


class LimitRow(BaseModel):
    """One limit; a field left out keeps what stands, null removes the threshold."""

    parameter: str
    side: Literal["low", "high"]
    red: Number | None = None
    yellow: Number | None = None
    red_delay_s: Number | None = None
    yellow_delay_s: Number | None = None
    off_delay_s: Number | None = None


class LimitsBody(BaseModel):
    """New limits with the version they were read at, or a return to the profile by age."""

    expected_version: Whole
    limits: Annotated[list[LimitRow], Field(max_length=100)] = []
    reason: Annotated[str | None, Field(max_length=500), PROSE] = None
    reset: bool = False


@router.get("/{patient_id}/limits")
def limits(patient_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return the limits in force, every earlier version, and this baby's own distribution."""
    return _shape(found.station.limits.read(patient_id), patient_id, found)


@router.put("/{patient_id}/limits")
async def change_limits(
    patient_id: Whole, body: LimitsBody, found: InRooms, person: Annotated[Person, Depends(require("change limits"))]
) -> dict[str, Any]:
    """Put new limits in force at once; 409 when somebody changed them meanwhile, 422 with every fault."""
    desk = found.station.limits
    if body.reset:
        new = await desk.reset(patient_id, body.expected_version, person.actor)
    else:
        if not body.limits:
            raise Problem(422, "limits: name at least one limit, or send reset: true")
        before = await run_in_threadpool(desk.read, patient_id)
        rows = [row.model_dump(exclude_unset=True) for row in body.limits]
        wanted = limits_from(rows, before.limits)
        new = await desk.change(patient_id, wanted, body.expected_version, body.reason, person.actor)
    return await run_in_threadpool(_shape, new, patient_id, found)


def _shape(current: LimitsInForce, patient_id: int, found: Rooms) -> dict[str, Any]:
    bed = found.station.ward.bed_of(patient_id)
    fio2 = None if bed is None or "fio2" not in bed.latest else bed.latest["fio2"].value
    newest = current.history[0] if current.history else None
    return {
        "profile": current.limits.profile,
        "version": current.version,
        "changed_at": None if newest is None else instant(newest.changed_at),
        "changed_by": None if newest is None else newest.changed_by,
        "limits": [limit_shape(limit, fio2) for limit in current.limits.limits],
        "history": [_version(current, place) for place in range(len(current.history))],
        "distribution": found.history.distribution(patient_id, DISTRIBUTED),
    }


def _version(current: LimitsInForce, place: int) -> dict[str, Any]:
    """Return one version with what it changed against the one before, the first against the profile by age."""
    version: LimitVersion = current.history[place]
    older = current.history[place + 1].limits if place + 1 < len(current.history) else current.profile
    return {
        "version": version.version,
        "at": instant(version.changed_at),
        "by": version.changed_by,
        "reason": version.reason,
        "profile": version.limits.profile,
        "changes": [
            {
                "parameter": one.parameter,
                "side": one.side,
                "level": one.level,
                "field": one.field,
                "old": one.old,
                "new": one.new,
            }
            for one in changes(older, version.limits)
        ],
    }
