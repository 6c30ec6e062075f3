"""What a mapping needs done to its private snapshot before it is planned."""

from __future__ import annotations

from pathlib import Path

from nicu_dashboard.migration.mapping import Mapping
from nicu_dashboard.migration.prisma import Prisma
from nicu_dashboard.migration.prisma_staging import Converted, convert


def stage(mapping: Mapping, snapshot: Path) -> Converted:
    """Add our tables to the snapshot of an earlier dashboard's file; leave any other as it is."""
    return convert(snapshot) if isinstance(mapping, Prisma) else Converted({})
