"""`nicu events`: apneas, bradycardias, desaturations of one baby, by a definition or by criteria of your own."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from nicu_dashboard import settings
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli.common import (
    baby,
    instant,
    opened,
    plural,
    print_json,
    refuse,
    show,
    table,
    words,
)
from nicu_dashboard.domain.instants import HOUR_MS, format_instant
from nicu_dashboard.domain.spells import (
    DEFINITIONS,
    Criterion,
    Run,
    Spell,
    find_runs,
    find_spells,
    parse_criterion,
    sampling_interval,
)
from nicu_dashboard.domain.vitals import VITALS

# What began before the window or ends after it is found whole.
MARGIN_MS = HOUR_MS // 4
Window = tuple[int, int]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("events")(events)


def events(
    mrn: Annotated[str, typer.Option(help="The baby's medical record number.")],
    from_: Annotated[str | None, typer.Option("--from", help="Events that begin at or after this instant.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Events that begin before this instant.")] = None,
    definition: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(DEFINITIONS)}. [NICU_DEFINITION, else uva]")
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(help="Parameter, comparison, threshold, seconds: 'heart_rate<100:4'; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the A/B/D events of a baby, or the runs in its readings that meet your own criteria.

    Example: nicu events --mrn 1234567 --criterion 'heart_rate<100:4' --criterion 'spo2<90:10'
    """
    if criterion and definition:
        refuse("give --definition or --criterion, not both; see: nicu events --help")
    if definition is not None and definition not in DEFINITIONS:
        refuse(f"there is no definition {definition[:40]!r}; one of: {', '.join(DEFINITIONS)}")
    wanted = [parse_criterion(text) for text in criterion or ()]
    found = settings.load()
    with opened(found) as store:
        patient = baby(store, mrn)
        window = _window(store, patient.id, instant(from_), instant(to))
        if wanted:
            rows = [_run(run) for one in wanted for run in _runs(store, patient.id, window, one)]
        elif definition in (None, found.definition):
            stored = store.chart.spells(patient.id, *window, definition=found.definition)
            rows = [{**_spell(one.spell), "review": one.review} for one in reversed(stored)]
        else:
            rows = [_spell(spell) for spell in _spells(store, patient.id, window, definition)]
    print_json(rows) if json else _print(rows, bool(wanted))


def _window(store: Store, patient_id: int, from_at: int | None, to_at: int | None) -> Window:
    """Return the window asked for; an open end is where the baby's readings end. Raises CannotRun when turned round."""
    first, last = store.chart.bounds(patient_id) or (0, 0)
    window = (first if from_at is None else from_at, last + 1 if to_at is None else to_at)
    if from_at is not None and to_at is not None and to_at <= from_at:
        refuse("--to must be later than --from")
    return window


def _runs(store: Store, patient_id: int, window: Window, criterion: Criterion) -> Sequence[Run]:
    """Return the runs that begin in the window, found in the stored readings as they would be live."""
    name = criterion.parameter
    readings = store.chart.readings(patient_id, window[0] - MARGIN_MS, window[1] + MARGIN_MS, (name,))
    samples = [(at, values[name]) for at, values in readings if name in values]
    runs = find_runs(criterion, samples, sampling_interval([at for at, _ in samples]))
    return [run for run in runs if window[0] <= run.started_at < window[1]]


def _spells(store: Store, patient_id: int, window: Window, definition: str) -> Sequence[Spell]:
    readings = list(store.chart.readings(patient_id, window[0] - MARGIN_MS, window[1] + MARGIN_MS, tuple(VITALS)))
    spells = find_spells(DEFINITIONS[definition], readings, sampling_interval([at for at, _ in readings]))
    return [spell for spell in spells if window[0] <= spell.started_at < window[1]]


def _run(run: Run) -> dict[str, Any]:
    return {"criterion": run.criterion.text, **_times(run.started_at, run.ended_at), "extreme": _plain(run.extreme)}


def _spell(spell: Spell) -> dict[str, Any]:
    return {
        "kind": spell.kind,
        **_times(spell.started_at, spell.ended_at),
        "extreme": _plain(_extreme(spell)),
        "nadir": {name: _plain(value) for name, value in spell.nadirs.items()},
        "apnea_s": _plain(spell.apnea_s),
        "definition": spell.definition_label,
    }


def _times(started_at: int, ended_at: int) -> dict[str, Any]:
    return {
        "started_at": format_instant(started_at),
        "ended_at": format_instant(ended_at),
        "duration_s": _plain((ended_at - started_at) / 1_000),
    }


def _extreme(spell: Spell) -> float | None:
    """Return the lowest saturation, else the lowest heart rate, else the seconds without breath."""
    nadirs = spell.nadirs
    for names in (("spo2", "spo2_pre", "spo2_post"), ("heart_rate", "pulse_rate")):
        found = [nadirs[name] for name in names if name in nadirs]
        if found:
            return min(found)
    return spell.apnea_s


def _plain(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value


def _print(rows: Sequence[Mapping[str, Any]], by_criterion: bool) -> None:
    if not rows:
        words.print("No events in this time")
        return
    key = "criterion" if by_criterion else "kind"
    shown = table(key, "started (UTC)", ">duration", ">extreme")
    for row in rows:
        started = row["started_at"][:19].replace("T", " ")
        shown.add_row(
            row[key], started, f"{row['duration_s']:g} s", "" if row["extreme"] is None else f"{row['extreme']:g}"
        )
    show(shown)
    words.print(plural(len(rows), "event"))
