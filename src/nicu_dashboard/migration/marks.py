"""What the target's journal knows of a followed source: its token, how far it was brought, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from nicu_dashboard.migration.target import Connection

DEFINITION = """
CREATE TABLE IF NOT EXISTS nicu_migration.following (
    run_id bigint PRIMARY KEY REFERENCES nicu_migration.runs, token text NOT NULL,
    state text NOT NULL CHECK (state IN ('following', 'moved', 'ended')), passes bigint NOT NULL DEFAULT 0,
    caught_up_at timestamptz, moved_at timestamptz, standstill_ms bigint, setting text);
CREATE TABLE IF NOT EXISTS nicu_migration.marks (
    run_id bigint NOT NULL REFERENCES nicu_migration.runs, source_table text NOT NULL, mark bigint NOT NULL,
    PRIMARY KEY (run_id, source_table));
"""


@dataclass(frozen=True)
class Following:
    """How a run follows its source: `state` is following, moved (cut over) or ended (by an abort)."""

    token: str
    state: str
    passes: int
    setting: str | None


@dataclass
class Marks:
    """These records through one connection; every method works inside the caller's transaction."""

    connection: Connection
    run_id: int

    def begin(self, token: str, marks: Mapping[str, int]) -> None:
        """Record that the run follows its source from its snapshot on."""
        self.connection.execute(sql.SQL(DEFINITION))
        self.connection.execute(
            "INSERT INTO nicu_migration.following (run_id, token, state) VALUES (%s, %s, 'following')",
            (self.run_id, token),
        )
        for table, mark in marks.items():
            self.set_mark(table, mark)

    def following(self) -> Following | None:
        """Return how the run follows its source, None when it does not."""
        if self.connection.execute("SELECT to_regclass('nicu_migration.following')").fetchone() == (None,):
            return None
        row = self.connection.execute(
            "SELECT token, state, passes, setting FROM nicu_migration.following WHERE run_id = %s", (self.run_id,)
        ).fetchone()
        if row is None:
            return None
        return Following(str(row[0]), str(row[1]), int(str(row[2])), None if row[3] is None else str(row[3]))

    def marks(self) -> dict[str, int]:
        """Return how far each appended table was brought."""
        rows = self.connection.execute(
            "SELECT source_table, mark FROM nicu_migration.marks WHERE run_id = %s", (self.run_id,)
        ).fetchall()
        return {str(table): int(str(mark)) for table, mark in rows}

    def set_mark(self, table: str, mark: int) -> None:
        """Record how far an appended table was brought."""
        self.connection.execute(
            "INSERT INTO nicu_migration.marks VALUES (%s, %s, %s)"
            " ON CONFLICT (run_id, source_table) DO UPDATE SET mark = excluded.mark",
            (self.run_id, table, mark),
        )

    def count_pass(self) -> None:
        """Record that one more pass is through."""
        self.connection.execute(
            "UPDATE nicu_migration.following SET passes = passes + 1, caught_up_at = clock_timestamp()"
            " WHERE run_id = %s",
            (self.run_id,),
        )

    def set_moved(self, moved_at: str, standstill_ms: int, setting: str) -> None:
        """Record the cut-over."""
        self.connection.execute(
            "UPDATE nicu_migration.following SET state = 'moved', moved_at = %s::timestamptz, standstill_ms = %s,"
            " setting = %s WHERE run_id = %s",
            (moved_at, standstill_ms, setting, self.run_id),
        )

    def set_ended(self) -> None:
        """Record that the source is no longer followed, or serves again."""
        self.connection.execute("UPDATE nicu_migration.following SET state = 'ended' WHERE run_id = %s", (self.run_id,))
