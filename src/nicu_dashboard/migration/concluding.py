"""What a finished run or verification came to, put into its report; and the crew for a file of its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration.comparing import MOST_DIFFERENCES, Difference
from nicu_dashboard.migration.crew import Crew
from nicu_dashboard.migration.journal import Journal, Run
from nicu_dashboard.migration.options import Options
from nicu_dashboard.migration.report import Report
from nicu_dashboard.migration.target import Connection

SMALL_BYTES = 4_000_000


def crew_for(source: Path, options: Options) -> Crew:
    """Return the worker processes that a file of this size is worth: none for a small one."""
    size = source.stat().st_size if source.exists() else 0
    return Crew(options.workers if size > SMALL_BYTES else 0, options.lane)


def counted(found: Sequence[Difference]) -> str:
    """Return how many differences there are; of a stretch no more than MOST_DIFFERENCES are told apart."""
    tables = [item.table for item in found]
    more = "at least " if any(tables.count(name) >= MOST_DIFFERENCES for name in set(tables)) else ""
    return f"{more}{len(found)} difference(s)"


def is_verified(journal: Journal, run: Run) -> bool:
    """Return whether every stretch of a finished run was compared; a table without row ids is compared as one."""
    whole = {table.source for table in run.plan.tables if table.alias is None}
    chunks = journal.chunks(run.id).items()
    return all(item.verified for (table, number), item in chunks if number == 0 or table not in whole)


def conclude(
    connection: Connection, run_now: Run, found: Sequence[Difference], options: Options, report: Report
) -> None:
    """Put rejects, differences, refused rules and the last word into the report."""
    journal = Journal(connection)
    with connection.transaction():
        rejects = journal.rejects(run_now.id)
        failures = _first({name: why for name, why in journal.steps(run_now.id).items() if why})
    report.add_rejects(rejects, options.show_values)
    report.add_differences(found, options.show_values)
    report.not_carried += [{"what": "rule", "name": name, "why": why} for name, why in failures.items()]
    broken = [step.name for step in run_now.plan.steps if step.name in failures and not step.optional]
    counts = Counter(report.shown_names.get(item.table, item.table) for item in rejects)
    by_table = {table.name: counts[table.name] for table in report.tables}
    report.tables = [
        replace(table, rejected=by_table[table.name], compared=table.rows if options.verify else 0)
        for table in report.tables
    ]
    rows = sum(table.rows for table in report.tables)
    if found:
        report.exit_code, report.summary = 1, f"{counted(found)} between source and target."
        report.next_step = "Look at them with --show-values; the target must not be used yet."
    elif rejects:
        report.exit_code, report.summary = (
            1,
            f"{rows - sum(by_table.values()):,} rows arrived; {len(rejects)} are in the rejects.",
        )
        report.next_step = "Look at nicu_migration.rejects, mend the rows, and insert them by hand."
    elif broken:
        report.exit_code, report.summary = (
            1,
            f"every row arrived, but PostgreSQL refuses the rule(s) {', '.join(broken)}.",
        )
        report.next_step = "See why under what is not carried; mend the data or the rule, and add it by hand."
    else:
        checked = "every value verified" if options.verify else "not verified"
        report.summary = f"{rows:,} rows in {len(report.tables)} table(s) arrived, {checked}."


def _first(failures: dict[str, str]) -> dict[str, str]:
    """Return the failures without those of a key whose index, or of a check whose key, has failed itself."""
    follows = (" key", " valid")
    return {
        name: why
        for name, why in failures.items()
        if not any(name.endswith(end) and name.removesuffix(end) in failures for end in follows)
    }


def how_to_mend(report: Report) -> str:
    """Return what a person does about rejected rows."""
    again = " and --restart" if report.command == "run" else ""
    choose = f"choose a type with --type{again}, " if report.mapping == "as-is" else ""
    return f"Mend them, {choose}or run with --on-reject quarantine, which keeps them whole in nicu_migration.rejects."
