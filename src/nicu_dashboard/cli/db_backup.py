"""`nicu db backup`, `restore`, `drill`: copies, and the proof that they can be used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.journal import SqlJournal
from nicu_dashboard.cli.common import now, operator, plural, print_json, show, table, words
from nicu_dashboard.cli.db_common import bar, directly, size, tidy_when_ended
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG
from nicu_dashboard.operations.backup import api, manifest
from nicu_dashboard.ports.tick import AuditEntry, StoreUnavailable, Tick
from nicu_dashboard.settings import environment

DRILL_URL = "NICU_DRILL_URL"


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore, drill):
        group.command()(command)


def backup(where: Annotated[Path, typer.Argument(help="A new file, or a folder that is there.")]) -> None:
    """Copy the whole store while the ward goes on: a SQLite file, or a dump by pg_dump, with its checksums beside it.

    Example: nicu db backup /backups
    """
    with tidy_when_ended(), directly("data transfer") as database, bar() as report:
        copied = api.backup(database, where, now(), report)
        rows = plural(copied.manifest.rows, "row")
        _note(database, "database backed up", copied.path.name, {"bytes": copied.size, "rows": copied.manifest.rows})
    words.print(f"Copied {rows} of {len(copied.manifest.tables)} tables, {size(copied.size)}")
    words.print(
        f"Its rows and checksums are in {manifest.beside(copied.path).name}; keep both. To try it: nicu db drill"
    )
    typer.echo(copied.path)


def restore(file: Annotated[Path, typer.Argument(help="A copy made by nicu db backup.")]) -> int:
    """Fill the empty store that DATABASE_URL names from a copy, and compare every table with what was copied.

    Example: nicu db restore /backups/nicu-20240101T080000Z.db
    """
    with tidy_when_ended(), directly("data transfer") as database, bar() as report:
        found = api.restore(database, file, report)
    words.print(f"Restored {plural(found.rows, 'row')}")
    if found.expected is None:
        words.print(f"There is no {manifest.beside(file).name}: looked for damage only, compared nothing")
    elif not found.wrong:
        words.print("Every table has the rows and the checksum it had when the copy was made")
    _say_wrong(found.wrong)
    words.print("Next: nicu db upgrade" + ("" if file.suffix == ".db" else ", then nicu db roles --apply"))
    return FOUND_WRONG if found.wrong else DONE


def drill(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> int:
    """Rehearse: copy the store, restore the copy beside it, compare every table, say how long it took.

    Example: nicu db drill
    """
    with tidy_when_ended(), directly("data transfer") as database, bar() as report:
        done = api.drill(database, _scratch(), now(), report)
        seconds = {
            "backup_s": round(done.backup_s, 2),
            "restore_s": round(done.restore_s, 2),
            "verify_s": round(done.verify_s, 2),
        }
        facts = {**seconds, "bytes": done.size, "tables": done.tables, "rows": done.rows, "ok": not done.wrong}
        _note(database, "backup drill", "database", facts)
    if json:
        print_json({**facts, "wrong": list(done.wrong)})
        return FOUND_WRONG if done.wrong else DONE
    shown = table("stage", ">took")
    for stage, took in seconds.items():
        shown.add_row(stage.removesuffix("_s"), f"{took:.2f} s")
    show(shown)
    words.print(f"The copy is {size(done.size)}; it came back with {plural(done.rows, 'row')} in {done.tables} tables")
    _say_wrong(done.wrong)
    if not done.wrong:
        words.print(f"Every table was the same. A restore takes {done.total_s:.1f} s, checked")
    return FOUND_WRONG if done.wrong else DONE


def _scratch() -> Address | None:
    text = environment().get(DRILL_URL, "")
    return read_address(text, environment(), DRILL_URL) if text else None


def _note(database: Database, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Leave it in the audit trail; a user who may copy but not write leaves a line on the screen instead."""
    actor = operator()
    entry = AuditEntry(now(), actor.name, actor.role, action, subject, detail=detail)
    try:
        SqlJournal(database).commit(Tick(audit=[entry]))
    except StoreUnavailable:
        words.print("This could not be noted in the audit trail: the user may not write")


def _say_wrong(wrong: tuple[str, ...]) -> None:
    for line in wrong:
        words.print(f"Wrong: {line}")
