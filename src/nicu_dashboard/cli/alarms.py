"""`nicu alarms`: the alarm record."""

from typing import Annotated, Any, Literal

import typer

from nicu_dashboard.cli.common import baby, opened, print_json, short_instant, show, table, words
from nicu_dashboard.domain.alarms.priority import mark
from nicu_dashboard.domain.instants import SECOND_MS, format_instant
from nicu_dashboard.ports.chart import StoredAlarm

MOST = 10_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("alarms")(alarms)


def alarms(
    mrn: Annotated[str | None, typer.Option(help="Only of this baby.")] = None,
    status: Annotated[
        Literal["active", "acknowledged", "latched", "ended"] | None, typer.Option(help="Only with this status.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Only of this unit, by name or number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List alarms of the record, the newest first.

    Example: nicu alarms --status active
    """
    with opened() as store:
        patient_id = None if mrn is None else baby(store, mrn).id
        units = None if unit is None else frozenset({store.roster.unit(unit).id})
        found = store.chart.alarms(patient_id, status, limit=limit, units=units)
    if json:
        print_json([_document(one) for one in found])
        return
    if not found:
        words.print("No such alarms")
        return
    shown = table(">id", "began (UTC)", ">lasted", "cot", "status", "alarm", "seen by")
    for one in found:
        alarm = one.alarm
        text = f"{mark(one.worst, alarm.kind)} {alarm.text}"
        began = short_instant(alarm.began_at)
        shown.add_row(
            str(alarm.id), began, _lasted(one), one.cot or "unit", alarm.status, text, alarm.acknowledged_by or ""
        )
    show(shown)


def _lasted(stored: StoredAlarm) -> str:
    """Return how long the condition lasted as minutes:seconds, nothing while it does."""
    if stored.condition_ended_at is None:
        return ""
    seconds = (stored.condition_ended_at - stored.alarm.began_at) // SECOND_MS
    return f"{seconds // 60}:{seconds % 60:02d}"


def _document(stored: StoredAlarm) -> dict[str, Any]:
    alarm = stored.alarm
    return {
        "id": alarm.id,
        "mrn": stored.mrn,
        "cot": stored.cot,
        "key": alarm.key,
        "kind": alarm.kind,
        "parameter": alarm.parameter,
        "priority": alarm.priority,
        "worst_priority": stored.worst,
        "status": alarm.status,
        "presence": alarm.presence,
        "text": alarm.text,
        "value": alarm.value,
        "limit": alarm.limit,
        "delay_s": alarm.delay_s,
        "extreme": alarm.extreme,
        "began_at": format_instant(alarm.began_at),
        "announced_at": format_instant(alarm.announced_at),
        "acknowledged_at": None if alarm.acknowledged_at is None else format_instant(alarm.acknowledged_at),
        "acknowledged_by": alarm.acknowledged_by,
        "condition_ended_at": None if stored.condition_ended_at is None else format_instant(stored.condition_ended_at),
        "ended_at": None if alarm.ended_at is None else format_instant(alarm.ended_at),
    }
