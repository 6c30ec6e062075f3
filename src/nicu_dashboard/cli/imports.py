"""`nicu import csv`: the history of a baby from a file."""

from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nicu_dashboard import bootstrap, settings
from nicu_dashboard.adapters.csv_replay import BadLine, CsvRecording, FileFault, Row, meant
from nicu_dashboard.cli.common import baby, checked, opened, operator, plural, refuse, short_instant, words
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG
from nicu_dashboard.services.importing import Imported, Sample, Span

SHOWN_LINES = 20
FUTURE_MS = 60_000

imports = typer.Typer(no_args_is_help=True, help="Bring history in from files.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(imports, name="import")


@imports.callback()
def group() -> None:
    """Bring history in from files."""


@imports.command("csv")
def csv_(
    file: Annotated[Path, typer.Argument(help="CSV with a column recorded_at and columns named like vital signs.")],
    mrn: Annotated[str, typer.Option(help="Whose history it is; the baby must be known.")],
    source: Annotated[str | None, typer.Option(help="Name of the source. [the name of the file]")] = None,
    report: Annotated[Path | None, typer.Option(help="Write every refused line to this file.")] = None,
) -> int:
    """Import a recording. Importing it twice changes nothing; refused lines are listed and end in exit code 1.

    Example: nicu import csv monitor.csv --mrn 1234567
    """
    found = settings.load()
    clock = bootstrap.system_clock()
    recording = CsvRecording(file)
    with opened(found) as store:
        patient = baby(store, mrn)
        _name_unknown(recording)
        span, bad = _look_through(recording, clock.now())
        name = checked(source or file.stem[:80], "--source", 80)
        with _progress("Storing", span.readings) as bar:
            task = bar.task_ids[0]
            samples = _samples(recording, clock.now())
            importing = bootstrap.importing(found, store, clock)
            done = importing.take(patient.id, name, span, samples, operator(), lambda count: bar.advance(task, count))
    _tell(done, span)
    return _tell_bad(bad, report)


def _name_unknown(recording: CsvRecording) -> None:
    for column in recording.unknown:
        words.print(f"Column {column[:40]!r} is no vital sign and is left out{meant(column)}")


def _look_through(recording: CsvRecording, at: int) -> tuple[Span, list[BadLine]]:
    """Read the whole file before anything is written; raises FileFault when there is nothing to import."""
    instants, bad = array("q"), list[BadLine]()
    with _progress("Reading", recording.size) as bar:
        for number, line in enumerate(_judged(recording, at)):
            if isinstance(line, BadLine):
                bad.append(line)
            else:
                instants.append(line.at)
            if number % 1_000 == 0:
                bar.update(bar.task_ids[0], completed=recording.passed)
    if not instants:
        raise FileFault(f"{recording.path.name}: no line can be imported ({_first_reason(bad)}); nothing was written")
    return Span.of(instants), bad


def _first_reason(bad: list[BadLine]) -> str:
    return f"line {bad[0].line}: {bad[0].reason}" if bad else "it has no readings"


def _judged(recording: CsvRecording, at: int) -> Iterator[Row | BadLine]:
    """Yield the lines, those from the future as faults: they would stay the newest for as long."""
    recording.passed = 0
    for line in recording.lines():
        if isinstance(line, Row) and line.at - at > FUTURE_MS:
            yield BadLine(line.line, "recorded_at lies in the future; look at the clock of the device")
        else:
            yield line


def _samples(recording: CsvRecording, at: int) -> Iterator[Sample]:
    return ((line.at, line.values) for line in _judged(recording, at) if isinstance(line, Row))


def _progress(what: str, total: int) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn() if what == "Storing" else TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=words,
        transient=True,
        disable=not words.is_terminal,
    )
    bar.add_task(what, total=total)
    return bar


def _tell(done: Imported, span: Span) -> None:
    words.print(
        f"{plural(done.stored, 'reading')} stored, {plural(done.duplicates, 'duplicate')}, {done.merged:,} changed,"
        f" {done.repeated:,} followed by another for the same instant (the last counts);"
        f" {short_instant(span.first_at)} to {short_instant(span.last_at)} UTC, every {span.interval_ms / 1_000:g} s"
    )
    kinds = Counter(spell.kind for spell in done.spells)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    words.print(f"A/B/D events in this time: {told}")


def _tell_bad(bad: list[BadLine], report: Path | None) -> int:
    if not bad:
        return DONE
    lines = [f"line {one.line}: {one.reason}{' (the rest of the line is kept)' if one.kept else ''}" for one in bad]
    refused = len({one.line for one in bad if not one.kept})
    words.print(f"{plural(refused, 'line')} refused, {plural(len(bad) - refused, 'value')} refused in kept lines:")
    for text in lines[:SHOWN_LINES]:
        words.print(f"  {text}")
    if report is not None:
        try:
            report.write_text("\n".join(lines) + "\n")
        except OSError as error:
            refuse(f"the import is done, but {report} cannot be written: {error.strerror}; name another --report")
        words.print(f"All of them are in {report}")
    elif len(lines) > SHOWN_LINES:
        words.print(f"  … and {len(lines) - SHOWN_LINES:,} more; --report FILE lists all")
    return FOUND_WRONG
