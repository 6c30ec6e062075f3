"""A/B/D events: one event, its snippet, a person's review."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.web.disclosing import showing
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.rooms import InRooms
from nicu_dashboard.web.security import MaySee, Person, require
from nicu_dashboard.web.shapes import spell_shape
from nicu_dashboard.web.texts import ONE_LINE, PROSE
from nicu_dashboard.web.windows import Whole, moment

router = APIRouter(prefix="/api/events", tags=["events"])
# These may be taken back by sending null; the others always say something.
_FREE = ("state", "note")


class ReviewBody(BaseModel):
    """What a person says of an event; fields left out stay."""

    review: Literal["unreviewed", "confirmed", "rejected"] | None = None
    kind: Literal["A", "B", "D", "AB", "AD", "BD", "ABD"] | None = None
    state: Literal["asleep", "feeding", "handling", "crying", "stimulated"] | None = None
    note: Annotated[str | None, Field(max_length=500), PROSE] = None


@router.get("")
def events(
    request: Request,
    found: InRooms,
    _: MaySee,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
    definition: Annotated[str, ONE_LINE] | None = None,
) -> dict[str, Any]:
    """Return the A/B/D events of every baby in a cot, newest first, the last 24 h when no window is named."""
    to_at = moment(to, found.station.clock.now())
    from_at = moment(from_, to_at - DAY_MS)
    babies = [bed.stay.patient.id for bed in list(found.station.ward.beds.values()) if bed.stay is not None]
    showing(request, babies)
    listed = [one for baby in babies for one in found.chart.spells(baby, from_at, to_at, definition)]
    listed.sort(key=lambda one: one.spell.started_at, reverse=True)
    return {"items": [spell_shape(one) for one in listed], "next": None}


@router.get("/{event_id}")
def event(event_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return one event."""
    return spell_shape(found.chart.spell(event_id))


@router.patch("/{event_id}")
def review(
    event_id: Whole, body: ReviewBody, found: InRooms, person: Annotated[Person, Depends(require("review events"))]
) -> dict[str, Any]:
    """Confirm, reject or reclassify an event."""
    said = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value or name in _FREE}
    if not said:
        raise Problem(422, "say at least one of review, kind, state, note")
    now = found.station.clock.now()
    before = found.chart.spell(event_id)
    entry = person.actor.entry(now, "event.review", f"event {event_id}", before.patient_id, **body.model_dump())
    reviewed = found.chart.review_spell(event_id, said, entry)
    found.station.upkeep.doubt(before.patient_id)
    return spell_shape(reviewed)


@router.get("/{event_id}/snippet")
def snippet(event_id: Whole, found: InRooms, _: MaySee) -> dict[str, Any]:
    """Return every reading from 3 minutes before the event to 1 minute after it."""
    stored = found.chart.spell(event_id)
    return dict(found.history.snippet(stored.patient_id, stored.spell.started_at, stored.spell.ended_at))
