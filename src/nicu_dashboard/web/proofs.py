"""Exports and proofs: the audit trail as a file, the de-identified export, the last run of the HIPAA checks."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from nicu_dashboard.services.research import Resolution
from nicu_dashboard.web.problems import Problem
from nicu_dashboard.web.records import trail_filters
from nicu_dashboard.web.rooms import InRooms, Rooms
from nicu_dashboard.web.security import Person, require
from nicu_dashboard.web.shapes import instant
from nicu_dashboard.web.texts import ONE_LINE
from nicu_dashboard.web.windows import Whole

router = APIRouter(tags=["proofs"])
Checks = Annotated[Person, Depends(require("check compliance"))]
COLUMNS = (
    "seq",
    "at",
    "actor",
    "role",
    "action",
    "subject",
    "patient_id",
    "detail",
    "address",
    "previous_hash",
    "hash",
)
_PAGE = 1_000
# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("/api/audit/export")
def export_audit(
    found: InRooms,
    person: Annotated[Person, Depends(require("read audit"))],
    form: Literal["csv", "json"] = "csv",
    actor: Annotated[str, ONE_LINE] | None = None,
    action: Annotated[str, ONE_LINE] | None = None,
    patient_id: Whole | None = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: str | None = None,
) -> StreamingResponse:
    """Return the audit trail as a file, newest first; that it was exported is a row of it."""
    filters = trail_filters(person, actor, action, patient_id, from_, to)
    entry = person.actor.entry(found.station.clock.now(), "audit.export", "audit trail", patient_id, form=form)
    found.people.record(entry)
    rows = _all_rows(found, filters)
    if form == "csv":
        return _file(_csv(rows), "text/csv; charset=utf-8", "audit.csv")
    return _file((json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "application/x-ndjson", "audit.ndjson")


@router.get("/api/export")
def export_research(
    found: InRooms,
    person: Annotated[Person, Depends(require("export de-identified"))],
    resolution: Resolution = "minute",
) -> StreamingResponse:
    """Return babies, events and values without names, numbers, free text and true dates; one JSON object a line."""
    lines = found.research.export(resolution, person.actor, person.units)
    return _file((json.dumps(line) + "\n" for line in lines), "application/x-ndjson", "research.ndjson")


@router.get("/api/compliance")
def last_run(found: InRooms, _: Checks) -> dict[str, Any]:
    """Return the last run of the HIPAA checks, 404 where there was none."""
    report = found.compliance.last()
    if report is None:
        raise Problem(404, "nobody has run the checks yet; POST /api/compliance, or: nicu hipaa check")
    return dict(report)


@router.post("/api/compliance", status_code=201)
def run_now(found: InRooms, person: Checks) -> dict[str, Any]:
    """Run the HIPAA checks now and return what they found; the run is kept and is a row of the audit trail."""
    return dict(found.compliance.run(person.actor))


def _all_rows(found: Rooms, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    after = None
    while page := found.people.audit(after, _PAGE, filters):
        for row in page:
            yield {**row, "at": instant(row["at"])}
        after = page[-1]["seq"]


def _csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line)
    for cells in _cells(rows):
        writer.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cells(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    yield list(COLUMNS)
    for row in rows:
        yield [_cell(row[name]) for name in COLUMNS]


def _cell(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _file(parts: Iterator[str], kind: str, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse((part.encode() for part in parts), 200, headers, kind)
