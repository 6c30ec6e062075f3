"""`nicu audit verify`: is the audit trail whole?"""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from nicu_dashboard.adapters.sql.audit_trail import sealed_content, sha256_seal
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.cli.common import DONE, FOUND_WRONG, opened, plural, words

PAGE = 1_000

trail = typer.Typer(no_args_is_help=True, help="The audit trail.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(trail, name="audit")


@trail.callback()
def group() -> None:
    """The audit trail."""


@trail.command("verify")
def verify() -> int:
    """Check every row's seal, its link to the row before, and that no number is missing.

    Example: nicu audit verify
    """
    with opened() as store:
        faults, rows = list[str](), 0
        below: Mapping[str, Any] | None = None
        for row in _newest_first(store):
            rows += 1
            if sha256_seal(sealed_content(row)) != row["hash"]:
                faults.append(f"row {row['seq']} was changed after it was sealed")
            if below is not None and (row["seq"] != below["seq"] - 1 or row["hash"] != below["previous_hash"]):
                faults.append(f"row {below['seq']} does not follow row {row['seq']}: rows were removed or reordered")
            below = row
        if below is not None and (below["seq"] != 1 or below["previous_hash"]):
            faults.append(f"the trail begins with row {below['seq']}: earlier rows were removed")
    for fault in reversed(faults):
        words.print(fault)
    words.print(f"{plural(rows, 'row')}, {plural(len(faults), 'fault')}")
    return FOUND_WRONG if faults else DONE


def _newest_first(store: Store) -> Iterator[Mapping[str, Any]]:
    after = None
    while page := store.people.audit(after, PAGE):
        yield from page
        after = page[-1]["seq"]
