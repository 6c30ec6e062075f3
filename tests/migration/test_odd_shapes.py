"""Every odd shape a SQLite file can have goes to PostgreSQL and comes back the same."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.migration import api
from tests.migration.files import contents, make, schema

QUARANTINE = api.Options(as_is=True, on_reject="quarantine")
LANES = ("auto", "plain", "exact")

SHAPES = """
CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, weight REAL, photo BLOB);
INSERT INTO plain (name, weight, photo) VALUES ('a', 1.0, x'00ff'), ('b', -0.1, NULL), ('ü€', 1e300, x'');
INSERT INTO plain (id, name) VALUES (100, 'gone'); DELETE FROM plain WHERE id = 100;
CREATE TABLE without_rowid (unit TEXT, bed INTEGER, note TEXT, PRIMARY KEY (unit, bed)) WITHOUT ROWID;
INSERT INTO without_rowid VALUES ('A', 1, 'x'), ('A', 2, NULL), ('B', 1, 'y');
CREATE TABLE text_key (code TEXT PRIMARY KEY, v INTEGER);
INSERT INTO text_key VALUES ('k1', 9223372036854775807), ('k2', -9223372036854775808), (NULL, 3), (NULL, 4);
CREATE TABLE keyless (a, b);
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (1.0, NULL), ('1', x'31'), (NULL, NULL), (1e999, -1e999);
CREATE TABLE "Mixed Case" ("select" INTEGER, "Order" TEXT, "a""b" TEXT, xmin INTEGER, "ünï" TEXT);
INSERT INTO "Mixed Case" VALUES (1, 'x', 'y', 5, 'z');
CREATE TABLE empty (id INTEGER PRIMARY KEY, at DATETIME, payload JSON, flag BOOLEAN, price DECIMAL(10, 2));
CREATE TABLE parent (id INTEGER PRIMARY KEY, mother INTEGER REFERENCES parent (id),
    child INTEGER REFERENCES child (id));
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent ON DELETE CASCADE,
    unit TEXT, bed INTEGER, FOREIGN KEY (unit, bed) REFERENCES without_rowid (unit, bed) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO parent VALUES (1, NULL, 1), (2, 1, NULL); INSERT INTO child VALUES (1, 1, 'A', 2), (2, 2, 'A', NULL);
CREATE TABLE made (a INTEGER, b INTEGER, twice INTEGER GENERATED ALWAYS AS (a * 2 + b) STORED,
    shout TEXT AS (upper(a || 'x')) VIRTUAL, c TEXT DEFAULT 'it''s', d INTEGER DEFAULT 7,
    e TEXT DEFAULT CURRENT_TIMESTAMP, f REAL DEFAULT (1.5), g BLOB DEFAULT x'00', h TEXT DEFAULT (hex(randomblob(4))));
INSERT INTO made (a, b, e) VALUES (1, 2, '2024-01-01 00:00:00'), (NULL, 2, 'x');
CREATE TABLE folded (code TEXT COLLATE NOCASE UNIQUE, n INTEGER CHECK (n > 0));
INSERT INTO folded VALUES ('Abc', 1);
CREATE TABLE strict (a INT, b ANY, c TEXT) STRICT;
INSERT INTO strict VALUES (1, '1', 'x'), (2, 1, 'y'), (3, x'01', '');
CREATE TABLE wide_int (v INTEGER, w NUMERIC, x DECIMAL(12, 3));
INSERT INTO wide_int VALUES (9007199254740993, 1.5, 12.345), (0.5, 3, -7), (2, 9007199254740993, 1e15),
    (1, 1e300, 0.1);
CREATE INDEX plain_name ON plain (name DESC, weight);
CREATE UNIQUE INDEX plain_some ON plain (name) WHERE weight > 0;
CREATE INDEX plain_expr ON plain (lower(name));
CREATE VIEW heavy AS SELECT * FROM plain WHERE weight > 1;
CREATE TRIGGER noted AFTER INSERT ON text_key BEGIN INSERT INTO keyless VALUES (1, 2); END;
CREATE VIRTUAL TABLE notes USING fts5(title, body); INSERT INTO notes VALUES ('one', 'desat at night');
CREATE TABLE alias_last (x TEXT, n INTEGER PRIMARY KEY);
INSERT INTO alias_last VALUES ('a', -5), ('b', 70000), ('c', 9);
CREATE TABLE shadowed (rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO shadowed VALUES ('a', 'b', 'c'), ('a', 'b', 'c');
"""


def columns(count: int) -> str:
    return ", ".join(f"c{number} {('INTEGER', 'TEXT', 'REAL')[number % 3]}" for number in range(count))


@pytest.mark.parametrize("lane", LANES)
def test_odd_shapes_come_back_the_same(tmp_path: Path, postgres_url: str, lane: str) -> None:
    wide = f"CREATE TABLE wide ({columns(300)}); INSERT INTO wide (c0, c1, c2) VALUES (1, 'a', 0.5);"
    source = make(tmp_path / "odd.db", SHAPES + wide)
    options = api.Options(as_is=True, on_reject="quarantine", lane=lane)

    moved = api.run(str(source), postgres_url, options)
    assert (moved.exit_code, moved.differences, moved.rejects) == (0, [], []), moved.summary
    assert api.verify(str(source), postgres_url, api.Options(as_is=True, thorough=True)).exit_code == 0

    back = api.roll_back(postgres_url, str(tmp_path / "back.db"))
    assert (back.exit_code, back.differences, back.rejects) == (0, [], []), back.summary
    assert contents(tmp_path / "back.db") == contents(source)
    assert schema(tmp_path / "back.db") == schema(source)


def test_a_deleted_id_is_never_given_again(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "odd.db", SHAPES)
    api.run(str(source), postgres_url, QUARANTINE)
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("INSERT INTO plain (name) VALUES ('new') RETURNING id").fetchone()
        assert row == (101,)
        assert connection.execute("INSERT INTO alias_last (x) VALUES ('d') RETURNING n").fetchone() == (70001,)


def test_keys_rules_and_defaults_hold_in_the_target(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "odd.db", SHAPES)
    api.run(str(source), postgres_url, QUARANTINE)
    refused = {
        "INSERT INTO plain (name) VALUES (NULL)": psycopg.errors.NotNullViolation,
        "INSERT INTO folded VALUES ('aBC', 1)": psycopg.errors.UniqueViolation,
        "INSERT INTO folded VALUES ('x', 0)": psycopg.errors.CheckViolation,
        "INSERT INTO child VALUES (9, 99, NULL, NULL)": psycopg.errors.ForeignKeyViolation,
        "INSERT INTO without_rowid VALUES ('A', 1, 'again')": psycopg.errors.UniqueViolation,
        "INSERT INTO plain (name, weight) VALUES ('a', 2)": psycopg.errors.UniqueViolation,
    }
    with psycopg.connect(postgres_url) as connection:
        for statement, error in refused.items():
            with pytest.raises(error), connection.transaction():
                connection.execute(statement.encode())
        row = connection.execute("INSERT INTO made (a, b) VALUES (3, 4) RETURNING twice, c, d, f, g, e").fetchone()
        assert row is not None
        assert row[:5] == (10, "it's", 7, 1.5, b"\0")
        assert len(row[5]) == len("2024-01-01 00:00:00")


def test_what_is_not_carried_is_told(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "odd.db", SHAPES)
    report = api.run(str(source), postgres_url, QUARANTINE)
    told = {(item["what"], item["name"]) for item in report.not_carried}
    assert told >= {
        ("view", "heavy"), ("trigger", "noted"), ("virtual table", "notes"), ("generated column", "made.shout"),
        ("default", "made.h"), ("column name", "Mixed Case.xmin"),
    }  # fmt: skip


def test_a_second_run_says_that_it_is_done(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "odd.db", SHAPES)
    assert api.run(str(source), postgres_url, QUARANTINE).exit_code == 0
    again = api.run(str(source), postgres_url, QUARANTINE)
    assert (again.exit_code, again.summary) == (0, "this target already holds a finished move.")


def test_nothing_stays_beside_the_source(tmp_path: Path, postgres_url: str) -> None:
    source = make(tmp_path / "odd.db", SHAPES)
    before = source.read_bytes()
    api.run(str(source), postgres_url, QUARANTINE)
    assert [path.name for path in tmp_path.iterdir()] == ["odd.db"]
    assert source.read_bytes() == before
