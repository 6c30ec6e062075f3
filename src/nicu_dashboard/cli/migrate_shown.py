"""The report of a move for a person: what was found on standard output, why nothing could be done on standard error."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nicu_dashboard.cli.common import plural
from nicu_dashboard.cli.exits import COULD_NOT_RUN
from nicu_dashboard.migration.report import Report, TableReport

SHOWN = 20
PIPE_WIDTH = 400
"""Into a pipe nothing is folded."""
LEGACY_WORDS = ("kept in legacy", "kept in the schema legacy")
MEGABYTE = 1_000_000


def show(report: Report) -> None:
    """Print a report for a person."""
    console = _console(stderr=False)
    if report.command == "plan":
        _show_plan(console, report)
    elif report.tables:
        _print_rows(console, ("table", "rows", "rejected", "compared"), [
            (table.name, f"{table.rows:,}", f"{table.rejected:,}", f"{table.compared:,}") for table in report.tables
        ])  # fmt: skip
    if report.mapped:
        console.print(Text("\nIn the dashboard's own tables", style="bold"))
        _print_rows(console, ("theirs", "ours"), [(item["from"], item["to"]) for item in report.mapped])
    _print_found(console, "Rejected", report.rejects, report.reject_count)
    _print_found(console, "Different", report.differences, report.difference_count)
    in_legacy = [item for item in report.not_carried if item["why"].endswith(LEGACY_WORDS)]
    lost = [item for item in report.not_carried if item not in in_legacy]
    _print_found(console, "In the schema legacy alone", in_legacy, len(in_legacy))
    _print_found(console, "Not carried", lost, len(lost))
    _print_found(console, "Not compared", report.not_compared, len(report.not_compared))
    if report.estimate_bytes:
        console.print(f"Estimate: {report.estimate_s:,.0f} s, {_size(report.estimate_bytes)} in the target.")
    _show_outcome(_console(stderr=report.exit_code == COULD_NOT_RUN), report)


def _console(*, stderr: bool) -> Console:
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


def _show_outcome(console: Console, report: Report) -> None:
    for fault in report.faults:
        console.print(Text(f"  {fault}"), soft_wrap=True)
    for line in report.advice:
        console.print(Text(line, style="yellow"), soft_wrap=True)
    console.print(Text(report.summary, style="green" if report.exit_code == 0 else "red"), soft_wrap=True)
    if report.next_step:
        console.print(Text(report.next_step), soft_wrap=True)
    for line in [report.setting, *report.also_set] if report.setting else []:
        console.print(Text(line, style="bold"), soft_wrap=True)


def _show_plan(console: Console, report: Report) -> None:
    """Print every table with its columns; of the dashboard's own, empty ones by their name alone."""
    bare = [table.target for table in report.tables if not table.rows and _is_ours(report, table)]
    for table in report.tables:
        if table.target in bare:
            continue
        title = table.target if table.name == table.target else f"{table.name} → {table.target}"
        size = f", {_size(table.bytes)}" if table.rows else ""
        console.print(Text(f"\n{title}", style="bold"), f" {plural(table.rows, 'row')}{size}")
        _print_rows(console, ("column", "declared", "holds", "becomes", "note"), [
            (column.name, column.declared, column.holds, column.becomes, column.note) for column in table.columns
        ])  # fmt: skip
    if bare:
        console.print(Text("\nEmpty", style="bold"), Text(", ".join(bare)), soft_wrap=True)


def _is_ours(report: Report, table: TableReport) -> bool:
    return report.mapping == "own" or (report.mapping == "prisma" and table.name == table.target)


def _size(count: int) -> str:
    return "less than 1 MB" if count < MEGABYTE else f"about {count / MEGABYTE:,.0f} MB"


def _print_rows(console: Console, titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    used = [place for place, _ in enumerate(titles) if any(row[place] for row in rows)] or [0]
    table = Table(box=None, pad_edge=False)
    for place in used:
        table.add_column(titles[place], overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[place]) for place in used))
    console.print(table)


def _print_found(console: Console, title: str, found: list[dict[str, str]], count: int) -> None:
    if not found:
        return
    console.print(Text(f"\n{title}: {count}", style="bold"))
    _print_rows(console, tuple(found[0]), [tuple(item.values()) for item in found[:SHOWN]])
    if count > SHOWN:
        console.print(f"… and {count - SHOWN:,} more")
