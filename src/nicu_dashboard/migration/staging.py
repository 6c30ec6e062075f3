"""What a mapping needs done to its private snapshot before it is planned."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field
from pathlib import Path

from nicu_dashboard.migration.mapping import Mapping
from nicu_dashboard.migration.plan import PRISMA, NotCarried
from nicu_dashboard.migration.prisma_columns import Found
from nicu_dashboard.migration.rejects import Reject


@dataclass
class Converted:
    """What the conversion came to: rows refused, and what stays in the schema legacy without fault."""

    found: Lookup[str, Found]
    rejects: list[Reject] = field(default_factory=list)
    kept: list[NotCarried] = field(default_factory=list)


def stage(mapping: Mapping, snapshot: Path) -> Converted:
    """Add our tables to the snapshot of an earlier dashboard's file; leave any other as it is."""
    if mapping.way != PRISMA:
        return Converted({})
    from nicu_dashboard.migration.prisma_staging import convert  # loads all tables of ours

    return convert(snapshot)
