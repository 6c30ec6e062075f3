"""`nicu db size`: what the store takes on disk, and what a unit will need."""

from typing import Annotated, Any

import typer

from nicu_dashboard.cli.common import opened, plural, print_json, show, table, words
from nicu_dashboard.cli.db_common import size
from nicu_dashboard.operations import planning, sizes
from nicu_dashboard.operations.planning import Plan
from nicu_dashboard.operations.sizes import TableSize


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("size")(measure)


def measure(
    plan: Annotated[bool, typer.Option("--plan", help="Say what a unit will need.")] = False,
    cots: Annotated[int, typer.Option(min=1, max=10_000, help="Cots of the plan.")] = 40,
    interval: Annotated[str, typer.Option(help="Time between two readings of a cot: 1s, 500ms, 1min.")] = "1s",
    months: Annotated[float, typer.Option(min=0.01, max=1_200, help="Months of 30 days.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure every table and index; with --plan, the room a unit will need on each kind of store.

    Example: nicu db size --plan --cots 40 --interval 1s
    """
    every_s = planning.interval_s(interval)
    with opened() as store:
        found, total = sizes.sizes(store.database), sizes.whole(store.database)
    made = planning.plan(cots, every_s, months, planning.measured(found)) if plan else None
    if json:
        print_json(_document(found, total, made, cots, every_s, months))
        return
    _show(found, total)
    if made is not None:
        _show_plan(made, f"{plural(cots, 'cot')}, a reading every {every_s:g} s, {plural_months(months)}")


def plural_months(months: float) -> str:
    """Return months in words: 1 month, 2.5 months."""
    return f"{months:g} month{'' if months == 1 else 's'} of 30 days"


def _show(found: list[TableSize], total: int) -> None:
    shown = table("table", ">rows", ">data", ">indexes", ">in all", ">bytes per row", "")
    for each in found:
        shown.add_row(
            each.name,
            f"{'' if each.exact else '≈ '}{each.rows:,}",
            size(each.data),
            size(each.total - each.data),
            size(each.total),
            "" if each.bytes_per_row is None else f"{each.bytes_per_row:,.0f}",
            plural(each.partitions, "partition") if each.partitions else "",
        )
        for index in each.indexes:
            shown.add_row(f"  {index.name}", "", "", size(index.size), "", "", "")
    show(shown)
    words.print(f"The database takes {size(total)} in all")


def _show_plan(made: Plan, what: str) -> None:
    words.print(f"\n{what}: {plural(made.readings, 'reading')}")
    shown = table("store", ">bytes per row", ">room", ">100 MB per baby and month at")
    for room in made.rooms:
        shown.add_row(room.name, f"{room.bytes_per_row:,.0f}", size(room.total), f"{room.guide_interval_s:.1f} s")
    show(shown)


def _document(
    found: list[TableSize], total: int, made: Plan | None, cots: int, every_s: float, months: float
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "bytes": total,
        "tables": [
            {
                "name": each.name,
                "rows": each.rows,
                "exact": each.exact,
                "data_bytes": each.data,
                "bytes": each.total,
                "bytes_per_row": None if each.bytes_per_row is None else round(each.bytes_per_row, 1),
                "partitions": each.partitions,
                "indexes": [{"name": index.name, "bytes": index.size} for index in each.indexes],
            }
            for each in found
        ],
    }
    if made is not None:
        document["plan"] = {
            "cots": cots,
            "interval_s": every_s,
            "months": months,
            "readings": made.readings,
            "stores": [
                {
                    "name": room.name,
                    "bytes_per_row": round(room.bytes_per_row, 1),
                    "bytes": room.total,
                    "guide_interval_s": round(room.guide_interval_s, 2),
                }
                for room in made.rooms
            ],
        }
    return document
