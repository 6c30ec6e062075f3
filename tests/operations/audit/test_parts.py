"""The trail in parts on PostgreSQL: years are closed and dropped, and whoever works past the parent is found out."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.operations.audit.anchors import ReadAnchors
from nicu_dashboard.operations.audit.partitions import close_year, parts
from nicu_dashboard.operations.audit.verify import LEAST_MS, verify
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from nicu_dashboard.operations.sessions import CannotCare, unfiltered
from tests.contracts.ward import NIGHT, by_nurse
from tests.operations.audit.trail import KEY, NEXT_YEAR, ROWS, Trail, filled
from tests.operations.conftest import set_up
from tests.postgres import PostgresServer

YEAR = 366 * 86_400_000


@pytest.fixture
def trail(any_server: PostgresServer, tmp_path: Path) -> Iterator[Trail]:
    """A trail of twelve rows in the first part and three in that of the next year."""
    with any_server.database(set_up(any_server)) as url:
        for found in filled(url, tmp_path):
            found.close_year(NEXT_YEAR)
            for number in range(3):
                found.write(f"next year {number}", at=NEXT_YEAR + number)
            yield found


def names(trail: Trail) -> list[str]:
    with unfiltered(trail.database) as connection:
        return [part.name for part in parts(connection)]


def test_a_year_is_closed_once_and_the_chain_goes_on(trail: Trail) -> None:
    assert names(trail) == ["audit_log_first", "audit_log_2025"]
    trail.close_year(NEXT_YEAR + 5)
    assert names(trail) == ["audit_log_first", "audit_log_2025"]
    verdict = trail.verify()
    assert (verdict.faults, verdict.first, verdict.last) == ([], 1, ROWS + 3)
    with psycopg.connect(trail.url) as server:
        rows = server.execute("SELECT tableoid::regclass::text, count(*) FROM audit_log GROUP BY 1 ORDER BY 1")
        assert rows.fetchall() == [("audit_log_2025", 3), ("audit_log_first", ROWS)]
    # An old number finds no way back in, and no number is given twice.
    with pytest.raises(psycopg.errors.UniqueViolation):
        trail.run("INSERT INTO audit_log SELECT * FROM audit_log WHERE seq = 4")


def test_retention_drops_whole_years_that_are_old_and_anchored(trail: Trail, tmp_path: Path) -> None:
    with pytest.raises(CannotCare, match=f"rows up to {ROWS} would go, and anchors reach to 0"):
        trail.expire(NEXT_YEAR)
    trail.anchor()
    assert trail.expire(NIGHT + 5).rows == 0
    export = tmp_path / "old.jsonl"
    done = trail.expire(NEXT_YEAR, export)
    assert (done.rows, done.parts, names(trail)) == (ROWS, ("audit_log_first",), ["audit_log_2025"])
    verdict = trail.verify()
    assert (verdict.faults, verdict.first, verdict.last) == ([], ROWS + 1, ROWS + 4)
    kept = [json.loads(line) for line in export.read_text().splitlines()]
    assert [row["seq"] for row in kept] == list(range(1, ROWS + 1))
    row = SqlPeople(trail.database).audit(limit=1)[0]
    assert row["detail"]["parts"] == ["audit_log_first"]
    assert row["detail"]["export_sha256"] == hashlib.sha256(export.read_bytes()).hexdigest()
    assert trail.expire(NEXT_YEAR).rows == 0
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        trail.run("INSERT INTO audit_log SELECT 4, at, actor, role, action, subject, patient_id, detail, address,"
                  " previous_hash, hash FROM audit_log LIMIT 1")  # fmt: skip


def test_a_file_that_is_there_is_never_written_over_and_then_nothing_goes(trail: Trail, tmp_path: Path) -> None:
    trail.anchor()
    export = tmp_path / "old.jsonl"
    export.write_text("mine")
    with pytest.raises(CannotCare, match="is there already"):
        trail.expire(NEXT_YEAR, export)
    assert (export.read_text(), trail.verify().rows) == ("mine", ROWS + 3)


@pytest.mark.parametrize("part", ["audit_log_first", "audit_log_2025"])
@pytest.mark.parametrize("words", ["UPDATE {} SET actor = 'eve'", "DELETE FROM {}", "TRUNCATE {}"])
def test_each_part_refuses_every_change(trail: Trail, part: str, words: str) -> None:
    for session in ("origin", "replica"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only appended to"):
            trail.run(f"SET session_replication_role = {session}", words.format(part))
    assert trail.verify().faults == []


OFF = "ALTER TABLE audit_log_first DISABLE TRIGGER ALL"
ATTACKS: dict[str, tuple[tuple[str, ...], int]] = {
    "a row of a part edited": ((OFF, "UPDATE audit_log_first SET actor = 'eve' WHERE seq = 7"), 7),
    "a row of a part deleted": ((OFF, "DELETE FROM audit_log_first WHERE seq = 7"), 7),
    "a part emptied": ((OFF, "TRUNCATE audit_log_first"), 1),
    "a part detached": (("ALTER TABLE audit_log DETACH PARTITION audit_log_first",), 1),
    "a part dropped": (("DROP TABLE audit_log_first",), 1),
    "the newest part dropped": (("DROP TABLE audit_log_2025",), ROWS + 1),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_one_part_is_found(trail: Trail, attack: str) -> None:
    statements, bad = ATTACKS[attack]
    trail.run(*statements)
    trail.anchor()
    first = trail.verify().first_bad
    assert first is not None
    assert first.seq == bad


def test_years_go_one_after_the_other(trail: Trail) -> None:
    for years in (2, 3):
        at = NIGHT + years * YEAR
        trail.close_year(at)
        trail.write(f"in year {years}", at=at)
    assert len(names(trail)) == 4
    trail.anchor()
    assert len(trail.expire(NIGHT + 3 * YEAR).parts) == 3
    assert trail.verify().faults == []


def test_the_programs_role_has_no_right_to_a_part(trail: Trail) -> None:
    roles.apply(trail.database, "nicu", Report())
    close_year(trail.database, NIGHT + 2 * YEAR, Report())
    everything = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    held = " OR ".join(f"has_table_privilege('nicu_app', inhrelid, '{right}')" for right in everything)
    with psycopg.connect(trail.url) as server:
        listed = (
            f"SELECT {held}, pg_get_userbyid(relowner), relrowsecurity AND relforcerowsecurity"
            " FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'audit_log'::regclass"
        )
        assert server.execute(listed.encode()).fetchall() == [(False, "nicu_owner", True)] * 3


def _columns(server: Any) -> list[tuple[Any, ...]]:
    told = (
        "SELECT relkind::text, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner),"
        " has_table_privilege('nicu_app', oid, 'INSERT'), has_table_privilege('nicu_app', oid, 'DELETE'),"
        " (SELECT count(*) FROM pg_policies WHERE tablename = 'audit_log')"
        " FROM pg_class WHERE oid = 'audit_log'::regclass"
    )
    return list(server.execute(told).fetchall())


RIGHTS = (
    *(
        f"DO $$ BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        for name in ("nicu_owner", "nicu_app")
    ),
    "GRANT CREATE, USAGE ON SCHEMA public TO nicu_owner",
    "ALTER TABLE audit_log OWNER TO nicu_owner",
    "GRANT SELECT, INSERT ON audit_log TO nicu_app",
    "CREATE POLICY nicu_read ON audit_log FOR SELECT USING (true)",
    "CREATE POLICY nicu_append ON audit_log FOR INSERT WITH CHECK (true)",
    "ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
)


def _down(database: Database) -> None:
    config = revisions._config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")


def test_a_filled_table_becomes_a_part_and_comes_back(any_server: PostgresServer) -> None:
    with any_server.database(set_up(any_server)) as url:
        database = connect(url, 2, environ={"NICU_SECRET_KEY": KEY})
        for number in range(ROWS):
            SqlPeople(database).record(by_nurse(f"act {number}", at=NIGHT + number))
        _down(database)
        with psycopg.connect(url, autocommit=True) as server:
            for statement in RIGHTS:
                server.execute(statement.encode())
        for to, kind in (("0006", "p"), ("0005", "r"), ("0006", "p")):
            if to == "0005":
                _down(database)
            else:
                revisions.upgrade(database, to)
            with psycopg.connect(url) as server:
                assert _columns(server) == [(kind, True, True, "nicu_owner", True, False, 2)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(url) as server:
                server.execute("TRUNCATE audit_log")
        revisions.upgrade(database)
        SqlPeople(database).record(by_nurse("after", at=NIGHT + LEAST_MS))
        verdict = verify(database, ReadAnchors())
        assert (verdict.faults, verdict.rows) == ([], ROWS + 1)
        database.close()
