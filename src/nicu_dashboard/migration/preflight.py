"""Looking at a snapshot from two sides at once: page by page for damage, and column by column for the plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from nicu_dashboard.migration.catalog import read_catalog
from nicu_dashboard.migration.mapping import Mapping
from nicu_dashboard.migration.plan import PRISMA, Plan
from nicu_dashboard.migration.source import open_snapshot, refuse_damage, to_disk
from nicu_dashboard.migration.staging import Converted, stage


def checked_plan(source: Path, snapshot: Path, mapping: Mapping) -> tuple[Plan, Converted]:
    """Return the plan for a snapshot and what was converted in it; damage raises SourceUnreadable, whatever the plan.

    What is converted is written into the snapshot, so it is checked before.
    """
    if mapping.way != PRISMA:
        return _plan_beside_check(source, snapshot, mapping), Converted({})
    _check(source, snapshot)
    converted = stage(mapping, snapshot)
    plan = _plan(snapshot, mapping)
    to_disk(snapshot)
    return replace(plan, not_carried=(*plan.not_carried, *converted.kept)), converted


def _plan_beside_check(source: Path, snapshot: Path, mapping: Mapping) -> Plan:
    with ThreadPoolExecutor(2) as pool:
        check = pool.submit(_check, source, snapshot)
        safe = pool.submit(to_disk, snapshot)  # the journal will rely on it, after a power failure too
        try:
            return _plan(snapshot, mapping)
        finally:
            check.result()
            safe.result()


def _plan(snapshot: Path, mapping: Mapping) -> Plan:
    with closing(open_snapshot(snapshot)) as file:
        return mapping.plan(file, read_catalog(file), sample=True)


def _check(source: Path, snapshot: Path) -> None:
    with closing(open_snapshot(snapshot)) as file:
        refuse_damage(source, file)
