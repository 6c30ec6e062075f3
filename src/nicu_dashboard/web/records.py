"""The unit and what a charge nurse or auditor looks up: audit, sources, quarantine."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from nicu_dashboard.domain.alarms.priority import CONDUCT
from nicu_dashboard.domain.spells import DEFINITIONS
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.services.history import TARGET
from nicu_dashboard.version import VERSION
from nicu_dashboard.web.cookies import KIOSK, KIOSK_S, cookie_of, set_cookie
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import MayEnter, Person, SeesSources, in_emergency, require, share
from nicu_dashboard.web.sessions import now_acting
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole, moment

router = APIRouter(tags=["records"])
DISCLAIMER = (
    "Not a medical device. The bedside monitor is the primary alarm; "
    "do not rely on this display as the sole source of alarms."
)


@router.get("/api/unit")
def unit(request: Request, answer: Response, found: InRooms, person: MayEnter) -> dict[str, Any]:
    """Return the unit, its vital signs, who is logged in and what the role may do."""
    station = found.station
    if (token := cookie_of(request, KIOSK)) is not None and person.role == "kiosk":
        set_cookie(request, answer, KIOSK, token, KIOSK_S)
    return {
        "name": station.ward.unit.name,
        "targets": {"spo2": list(TARGET)},
        "version": VERSION,
        "mode": station.mode,
        "user": now_acting(person, request),
        "granted": share(person.units, frozenset({station.ward.unit.id})) or in_emergency(person, request) is not None,
        "disclaimer": DISCLAIMER,
        "vitals": [
            {
                "name": vital.name,
                "label": vital.label,
                "unit": vital.unit,
                "decimals": vital.decimals,
                "colour": vital.colour,
                "low": vital.low,
                "high": vital.high,
                "intermittent": vital.intermittent,
            }
            for vital in VITALS.values()
        ],
        "definition": station.definition,
        "definitions": list(DEFINITIONS),
        "priorities": {
            name: {"mark": one.mark, "flash_hz": one.flash_hz, "pulses": one.pulses, "repeat_s": one.repeat_s}
            for name, one in CONDUCT.items()
        },
    }


@router.get("/api/audit")
def audit(
    found: InRooms,
    person: Annotated[Person, Depends(require("read audit"))],
    after: Whole | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    actor: Annotated[str, ONE_LINE] | None = None,
    action: Annotated[str, ONE_LINE] | None = None,
    patient_id: Whole | None = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
) -> dict[str, Any]:
    """Return who did what, newest first."""
    rows = found.people.audit(after, limit + 1, trail_filters(person, actor, action, patient_id, from_, to))
    more = len(rows) > limit
    return {"items": [_iso(row) for row in rows[:limit]], "next": rows[limit - 1]["seq"] if more else None}


def trail_filters(
    person: Person, actor: str | None, action: str | None, patient_id: int | None, from_: str | None, to: str | None
) -> dict[str, Any]:
    """Return the filters that were asked for; raises InstantError."""
    filters = {
        "actor": actor,
        "action": action,
        "patient_id": patient_id,
        "from_at": None if from_ is None else moment(from_, 0),
        "to_at": None if to is None else moment(to, 0),
        "units": person.units,
    }
    return {name: value for name, value in filters.items() if value is not None}


@router.get("/api/sources")
def sources(found: InRooms, _: SeesSources) -> dict[str, Any]:
    """Return where this unit's readings come from and when each was last heard."""
    items = [
        {
            "id": one.id,
            "name": one.name,
            "origin": one.origin,
            "interval_s": one.interval_s,
            "last_received_at": instant(found.station.intake.heard(one.id)),
            "offset_ms": found.station.intake.offset_ms(one.id),
        }
        for one in found.roster.sources()
        if one.unit_id in (None, found.station.ward.unit.id) or found.station.intake.heard(one.id)
    ]
    return {"items": items, "next": None}


@router.get("/api/quarantine")
def quarantine(found: InRooms, person: SeesSources) -> dict[str, Any]:
    """Return what was received for no baby, counted by source, cot and reason; its values only to who sees babies."""
    hidden = {} if "see" in person.acts else {"raw": None}
    return {
        "items": [_iso({**row, **hidden}) for row in found.chart.quarantine(unit_id=found.station.ward.unit.id)],
        "next": None,
    }


def _iso(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: instant(value) if name == "at" or name.endswith("_at") else value for name, value in row.items()}
