"""What can go wrong while moving data, each with the next thing to do."""

from __future__ import annotations


class MigrationError(Exception):
    """The move could not run; `exit_code` 2. Says what, and what to do next; never holds a value or a password."""

    exit_code = 2

    def __init__(self, what: str, next_step: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(what if not next_step else f"{what} {next_step}")
        self.what = what
        self.next_step = next_step
        self.details = details


class SourceUnreadable(MigrationError):
    """The source is missing, locked, damaged or no SQLite database."""


class TargetRefused(MigrationError):
    """The target cannot take the data: not empty, a pooler, too old, no rights, no room."""


class RowsRejected(MigrationError):
    """Rows that the target cannot hold were met under `--on-reject stop`; `exit_code` 1."""

    exit_code = 1


class Unfit(ValueError):
    """One value that its target type cannot hold exactly; the text is the reason, without the value."""
