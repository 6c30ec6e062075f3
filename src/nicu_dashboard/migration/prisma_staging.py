"""Filling our tables from the earlier dashboard's in a private snapshot: the same file always gives the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Identity, Table, UniqueConstraint
from sqlalchemy.dialects import sqlite

from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.domain.instants import HOUR_MS, MINUTE_MS
from nicu_dashboard.migration.catalog import Catalog, read_catalog
from nicu_dashboard.migration.kinds import SqliteValue, storage_class
from nicu_dashboard.migration.names import quoted, quoted_list
from nicu_dashboard.migration.plan import OURS, NotCarried
from nicu_dashboard.migration.prisma_columns import Found, find, left_in_legacy
from nicu_dashboard.migration.prisma_record import write_acknowledgments, write_audit
from nicu_dashboard.migration.prisma_rows import DEFAULT_SOURCE, EARLIER, Filling, Refusal, fillings
from nicu_dashboard.migration.prisma_words import teach
from nicu_dashboard.migration.rejects import Reject, image_of, raw_of, shown_key
from nicu_dashboard.migration.source import surrogate_text
from nicu_dashboard.migration.staging import Converted

MOST_GAP_S = 3_600
OPEN_TWICE = """
SELECT id FROM nicu_own_admissions WHERE ended_at IS NULL AND (
    cot_id IN (SELECT cot_id FROM nicu_own_admissions WHERE ended_at IS NULL GROUP BY 1 HAVING count(*) > 1) OR
    patient_id IN (SELECT patient_id FROM nicu_own_admissions WHERE ended_at IS NULL GROUP BY 1 HAVING count(*) > 1))
"""


def convert(snapshot: Path) -> Converted:
    """Add our tables, filled, to a private snapshot; call it once."""
    with closing(sqlite3.connect(snapshot, isolation_level=None)) as file:
        file.text_factory = surrogate_text
        teach(file)
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        catalog = read_catalog(file)
        done = Converted(find(catalog))
        _create(file)
        file.execute(f"INSERT INTO {OURS}units (id, name) VALUES (1, 'NICU')")
        file.execute(f"INSERT INTO {OURS}sources (id, name, origin, interval_s) VALUES (?, ?, 'import', 1.0)",
                     (DEFAULT_SOURCE, EARLIER))  # fmt: skip
        for filling in fillings(done.found):
            _fill(file, filling, done)
        _after(file, done)
        done.kept += _left(catalog, done.found)
        file.execute("COMMIT")
    return done


def _create(file: sqlite3.Connection) -> None:
    for table in metadata.sorted_tables:
        file.execute(_create_table(table))


def _create_table(table: Table) -> str:
    dialect, parts = sqlite.dialect(), []
    for column in table.columns:
        kind = column.type.compile(dialect=dialect)
        default = getattr(getattr(column.server_default, "arg", None), "text", None)
        said = f" DEFAULT {default}" if default is not None and not isinstance(column.server_default, Identity) else ""
        parts.append(f"{quoted(column.name)} {kind}{'' if column.nullable else ' NOT NULL'}{said}")
    keys = [("PRIMARY KEY", [column.name for column in table.primary_key.columns])]
    keys += [
        ("UNIQUE", [column.name for column in item.columns])
        for item in sorted(table.constraints, key=lambda item: str(item.name))
        if isinstance(item, UniqueConstraint)
    ]
    whole = [item for item in table.indexes if item.unique and item.dialect_options["sqlite"]["where"] is None]
    keys += [("UNIQUE", [column.name for column in item.columns]) for item in whole]
    parts += [f"{word} ({quoted_list(columns)})" for word, columns in keys]
    tail = "" if table.dialect_options["sqlite"].get("with_rowid", True) else " WITHOUT ROWID"
    return f"CREATE TABLE {OURS}{table.name} ({', '.join(parts)}){tail}"


def _fill(file: sqlite3.Connection, filling: Filling, done: Converted) -> None:
    bad = [f"coalesce({refusal.condition}, 0)" for refusal in filling.refusals]
    kept = [f"coalesce({condition}, 0)" for condition, _ in filling.kept]
    sound = " AND ".join(f"NOT {condition}" for condition in (*bad, *kept)) or "1"
    columns, values = quoted_list(filling.columns), ", ".join(filling.columns.values())
    table = f"{OURS}{filling.ours}"
    file.execute(
        f"INSERT OR IGNORE INTO {table} ({columns}) SELECT {values} FROM {filling.source.name} t WHERE {sound}"
        " ORDER BY t.rowid"
    )
    before = list[str]()
    for refusal, condition in zip(filling.refusals, bad, strict=True):
        done.rejects += _rejected(
            file, filling, refusal, " AND ".join([condition, *(f"NOT {item}" for item in before)])
        )
        before.append(condition)
    missing = f"{sound} AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.id = {filling.columns['id']})"
    done.rejects += _rejected(file, filling, Refusal("", filling.twice, ""), missing)
    for (_, why), condition in zip(filling.kept, kept, strict=True):
        count = file.execute(f"SELECT count(*) FROM {filling.source.name} t WHERE {condition}").fetchone()[0]
        if count:
            done.kept.append(NotCarried("rows", f"{filling.source.table.name}: {count:,}", f"{why}; kept in legacy"))


def _rejected(file: sqlite3.Connection, filling: Filling, refusal: Refusal, condition: str) -> Iterator[Reject]:
    source = filling.source
    names = [column.name for column in source.table.columns]
    at = names.index(source.columns[refusal.what]) if refusal.what in source.columns else None
    for row in file.execute(f"SELECT t.rowid, t.* FROM {source.name} t WHERE {condition} ORDER BY t.rowid"):
        yield reject_of(source, filling.ours, row[0], row[1:], at, refusal.reason)


def reject_of(
    source: Found, ours: str, row_id: int, values: tuple[SqliteValue, ...], at: int | None, reason: str
) -> Reject:
    """Return the reject of a row that is kept in legacy and has no place in ours."""
    names = [column.name for column in source.table.columns]
    value = None if at is None else values[at]
    key = shown_key(source.table.key, [values[names.index(part)] for part in source.table.key], row_id)
    return Reject(
        f"{source.table.name} → {ours}", key, row_id, "" if at is None else names[at], reason, storage_class(value),
        raw_of(value), image_of(values),
    )  # fmt: skip


def _after(file: sqlite3.Connection, done: Converted) -> None:
    _refuse_open_twice(file, done)
    if "alarms" in done.found:
        file.execute(
            f"UPDATE {OURS}alarms SET cot_id = (SELECT a.cot_id FROM {OURS}admissions a WHERE"
            f" a.patient_id = {OURS}alarms.patient_id AND a.admitted_at <= triggered_at"
            " AND (a.ended_at IS NULL OR a.ended_at > triggered_at) ORDER BY a.admitted_at DESC LIMIT 1)"
        )
        done.rejects += write_acknowledgments(file, done.found, reject_of)
    if "audit_log" in done.found:
        done.rejects += write_audit(file, done.found, reject_of)
    for ours, what in (("patients", "mrn"), ("cots", "label"), ("sources", "name")):
        if ours in done.found and not done.found[ours].has(what):
            name = f"{done.found[ours].table.name}: {what}"
            done.kept.append(NotCarried("name", name, "the file has none: rows are called earlier- and their own key"))
    if "users" in done.found:
        count = file.execute(f"SELECT count(*) FROM {OURS}users WHERE password_hash = '!'").fetchone()[0]
        if count:
            why = "the password's hash is of another kind than argon2id: disabled until a new password is given"
            done.kept.append(NotCarried("password", f"users: {count:,}", why))
    _measure_intervals(file)
    _roll_up(file)
    _ask_for_events(file)


def _refuse_open_twice(file: sqlite3.Connection, done: Converted) -> None:
    source = done.found.get("admissions") or done.found["patients"]
    for (number,) in file.execute(OPEN_TWICE).fetchall():
        row = file.execute(f"SELECT t.rowid, t.* FROM {source.name} t WHERE t.rowid = ?", (number,)).fetchone()
        reason = "two open stays in one bed, or of one baby: who lies there cannot be told"
        done.rejects.append(reject_of(source, "admissions", row[0], row[1:], None, reason))
        file.execute(f"DELETE FROM {OURS}admissions WHERE id = ?", (number,))


def _measure_intervals(file: sqlite3.Connection) -> None:
    """Set each source's usual seconds between two readings to what is most often seen in its first readings."""
    for (source,) in file.execute(f"SELECT id FROM {OURS}sources").fetchall():
        row = file.execute(
            "SELECT gap FROM (SELECT recorded_at - lag(recorded_at) OVER (PARTITION BY patient_id ORDER BY recorded_at)"
            f" AS gap FROM (SELECT patient_id, recorded_at FROM {OURS}vitals WHERE source_id = ? ORDER BY id"
            " LIMIT 20000))"
            f" WHERE gap BETWEEN 1 AND {MOST_GAP_S * 1000} GROUP BY gap ORDER BY count(*) DESC, gap LIMIT 1",
            (source,),
        ).fetchone()
        if row is not None:
            file.execute(f"UPDATE {OURS}sources SET interval_s = ? WHERE id = ?", (row[0] / 1_000, source))


def _roll_up(file: sqlite3.Connection) -> None:
    used = [str(column.name) for column in metadata.tables["vitals"].columns if str(column.type) in ("FLOAT", "REAL")]
    for name in used:
        file.execute(
            f"INSERT INTO {OURS}vitals_minute SELECT patient_id, ?, recorded_at - recorded_at % {MINUTE_MS},"
            f" min({name}), max({name}), sum(CAST(round({name} * 1000) AS INTEGER)) / 1000.0, count(*),"
            f" max(max(1, CAST(round(60 / interval_s) AS INTEGER))) FROM {OURS}vitals v"
            f" JOIN {OURS}sources s ON s.id = v.source_id WHERE {name} IS NOT NULL GROUP BY 1, 3",
            (name,),
        )
    file.execute(
        f"INSERT INTO {OURS}vitals_hour SELECT patient_id, parameter, bucket_at - bucket_at % {HOUR_MS}, min(min),"
        " max(max), sum(CAST(round(sum * 1000) AS INTEGER)) / 1000.0, sum(n_valid), sum(n_expected)"
        f" FROM {OURS}vitals_minute GROUP BY 1, 2, 3"
    )


def _ask_for_events(file: sqlite3.Connection) -> None:
    """Put each baby's days on record as windows whose A/B/D events are still to be found: the dashboard finds them."""
    file.execute(
        f"INSERT INTO {OURS}rescans (patient_id, from_at, to_at) SELECT patient_id, min(recorded_at),"
        f" max(recorded_at) + 1 FROM {OURS}vitals GROUP BY patient_id, recorded_at / {24 * HOUR_MS} ORDER BY 1, 2"
    )


def _left(catalog: Catalog, found: Mapping[str, Found]) -> Iterator[NotCarried]:
    for name, why in left_in_legacy(catalog, found):
        yield NotCarried("column" if "." in name else "table", name, why)
