"""`nicu audit …`: is the trail whole, how far does it go, with which key is it sealed?"""

from pathlib import Path
from typing import Annotated

import typer

from nicu_dashboard import bootstrap
from nicu_dashboard.adapters.sql.seals import write_new_key
from nicu_dashboard.cli.common import instant, now, opened, operator, plural, print_json, words
from nicu_dashboard.cli.db_common import directly
from nicu_dashboard.cli.exits import DONE, FOUND_WRONG, CannotRun
from nicu_dashboard.operations.audit.expiry import Order
from nicu_dashboard.operations.audit.verify import LEAST_MS, Verdict
from nicu_dashboard.operations.optimizing.api import must_be_current

SHOWN = 20

trail = typer.Typer(no_args_is_help=True, help="The audit trail.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(trail, name="audit")


@trail.callback()
def group() -> None:
    """The audit trail."""


AnchorFile = Annotated[
    Path | None, typer.Option(help="The file of anchors. [NICU_AUDIT_ANCHOR_FILE, for SQLite beside the file]")
]
BareUntil = Annotated[
    int, typer.Option(min=0, help="Rows up to this one were written before this installation had a key.")
]


@trail.command("verify")
def verify(
    anchors: AnchorFile = None,
    bare_until: BareUntil = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Check every row's seal, its link to the row before, that no number is missing, and what the anchors saw.

    Names the first bad row. Exit code 1 when anything is wrong.

    Example: nicu audit verify
    """
    with opened() as store:
        verdict = bootstrap.verify_trail(store, anchors, bare_until)
    if json:
        print_json(_document(verdict))
    else:
        _say(verdict)
    return FOUND_WRONG if verdict.faults else DONE


@trail.command("anchor")
def anchor() -> int:
    """Take an anchor now: sign how far the trail goes and keep that outside the database.

    A running server does it every hour.

    Example: nicu audit anchor
    """
    with opened() as store:
        state = bootstrap.anchoring(store, bootstrap.system_clock()).anchor()
    if not state.places:
        raise CannotRun("no place for anchors is set; name one in NICU_AUDIT_ANCHOR_FILE or NICU_AUDIT_ANCHOR_SYSLOG")
    if state.reason is not None:
        raise CannotRun(state.reason)
    words.print(f"The trail is anchored up to row {state.seq}" if state.seq else "The trail is empty")
    return DONE


@trail.command("expire")
def expire(
    before: Annotated[str, typer.Option(help="The day before which rows may go: six years ago or earlier.")],
    export: Annotated[
        Path | None, typer.Option(help="Write the rows that go into this new file first, one JSON a line.")
    ] = None,
    anchors: AnchorFile = None,
    bare_until: BareUntil = 0,
) -> int:
    """Remove rows older than six years, as the owner of the tables; the trail says where it begins from then on.

    Only from a trail that is whole and anchored; an anchor is taken before and after. On PostgreSQL whole years go.

    Example: nicu audit expire --before 2020-01-01 --export audit-before-2020.jsonl
    """
    cutoff, at = instant(before) or 0, now()
    if cutoff > at - LEAST_MS:
        raise CannotRun("the audit trail is kept for six years; name a day that lies further back in --before")
    order = Order(cutoff, at, operator(), export, bare_until)
    with directly() as database:
        must_be_current(database)
        done = bootstrap.expire_trail(database, bootstrap.system_clock(), order, anchors)
    whole = f" with {', '.join(done.parts)}" if done.parts else ""
    words.print(f"Removed {plural(done.rows, 'row')}{whole}" if done.rows else "Nothing is that old")
    return DONE


@trail.command("new-key")
def new_key(file: Annotated[Path, typer.Argument(help="The file to make; it must not exist.")]) -> None:
    """Make a key for the audit trail in a new file that only you can read; name it in NICU_AUDIT_KEY_FILE.

    Keep a copy away from the database and its copies: without the key the trail cannot be judged.

    Example: nicu audit new-key /etc/nicu/audit.key
    """
    try:
        write_new_key(file.expanduser())
    except FileExistsError:
        raise CannotRun(f"{file} exists already; a key is never written over, name another file") from None
    words.print(f"Made {file}; next: set NICU_AUDIT_KEY_FILE to it, and keep a copy somewhere else")


def _say(verdict: Verdict) -> None:
    for fault in verdict.faults[:SHOWN]:
        words.print(fault.text[0].upper() + fault.text[1:])
    if verdict.count > SHOWN:
        words.print(f"… and {plural(verdict.count - SHOWN, 'further fault')}; all in: nicu audit verify --json")
    if not verdict.keyed:
        words.print("Sealed without a key: accidents are found, forgers are not; next: nicu audit new-key FILE")
    if not verdict.anchors:
        words.print("No anchor: rows cut off at the end may not be noticed; set NICU_AUDIT_ANCHOR_FILE")
    reach = f", {verdict.first} to {verdict.last}" if verdict.rows else ""
    words.print(
        f"{plural(verdict.rows, 'row')}{reach}, {plural(verdict.anchors, 'anchor')}, {plural(verdict.count, 'fault')}"
        + (f"; the first bad row is {verdict.first_bad.seq}" if verdict.first_bad else "")
    )


def _document(verdict: Verdict) -> dict[str, object]:
    first = verdict.first_bad
    return {
        "whole": not verdict.faults,
        "rows": verdict.rows,
        "first": verdict.first,
        "last": verdict.last,
        "keyed": verdict.keyed,
        "without_key": verdict.bare,
        "anchors": verdict.anchors,
        "first_bad": None if first is None else first.seq,
        "count": verdict.count,
        "faults": [{"row": fault.seq, "text": fault.text} for fault in verdict.faults],
        "verified_at": now(),
    }
