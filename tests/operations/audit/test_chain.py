"""Whoever changes the audit trail is found out, and the row is named: on SQLite and on PostgreSQL."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.audit import anchors
from nicu_dashboard.operations.audit.verify import verify
from tests.contracts.ward import NIGHT, by_nurse
from tests.operations.audit.trail import KEY, ROWS, Trail


def test_a_trail_that_nobody_touched_is_whole(trail: Trail) -> None:
    trail.anchor()
    trail.write("later")
    verdict = trail.verify()
    assert (verdict.faults, verdict.rows, verdict.anchors, verdict.bare) == ([], ROWS + 1, 1, 0)


@pytest.mark.parametrize(
    "column",
    [
        "actor = 'eve'", "role = 'physician'", "action = 'act'", "subject = ''", "patient_id = 99", "patient_id = NULL",
        "detail = '{\"limit\":89}'", "address = '10.0.0.1'", "hash = previous_hash", "previous_hash = hash",
    ],
)  # fmt: skip
def test_an_edited_row_is_named(trail: Trail, column: str) -> None:
    verdict = trail.attack(f"UPDATE audit_log SET {column} WHERE seq = 7")
    assert verdict.first_bad is not None
    assert verdict.first_bad.seq == 7
    assert "row 7" in verdict.first_bad.text


@pytest.mark.parametrize("moved", [True, False])
def test_an_instant_moved_by_a_microsecond_or_made_endless_is_named(trail: Trail, moved: bool) -> None:
    if trail.database.engine_name == "sqlite":
        edit = "at = at + 1" if moved else "at = 'never'"
    else:
        edit = "at = at + interval '1 microsecond'" if moved else "at = 'infinity'"
    verdict = trail.attack(f"UPDATE audit_log SET {edit} WHERE seq = 7")
    assert [fault.seq for fault in verdict.faults] == [7]


def test_a_deleted_row_is_named(trail: Trail) -> None:
    verdict = trail.attack("DELETE FROM audit_log WHERE seq = 5")
    assert [(fault.seq, fault.text) for fault in verdict.faults] == [(5, "row 5 is missing")]


def test_rows_renumbered_to_hide_a_deletion_are_named(trail: Trail) -> None:
    verdict = trail.attack(
        "DELETE FROM audit_log WHERE seq = 5",
        *(f"UPDATE audit_log SET seq = {n - 1} WHERE seq = {n}" for n in range(6, 13)),
    )
    assert verdict.first_bad is not None
    assert verdict.first_bad.seq == 5


def test_a_row_put_in_is_named(trail: Trail) -> None:
    last = f"FROM audit_log WHERE seq = {ROWS}"
    verdict = trail.attack(
        "INSERT INTO audit_log (seq, at, actor, role, action, subject, detail, previous_hash, hash)"
        f" SELECT {ROWS + 1}, at, 'eve', role, action, subject, detail, hash, hash {last}",
        f"UPDATE counters SET value = {ROWS + 1} WHERE name = 'audit'",
    )
    assert [fault.seq for fault in verdict.faults] == [ROWS + 1]


def test_a_row_sealed_without_the_key_is_named(trail: Trail) -> None:
    forger = open_store(trail.url, environ={})
    SqlPeople(forger).record(by_nurse("forged"))
    forger.close()
    verdict = trail.verify()
    assert [fault.seq for fault in verdict.faults] == [ROWS + 1]


def test_two_rows_that_changed_places_are_named(trail: Trail) -> None:
    verdict = trail.attack(
        "UPDATE audit_log SET seq = 999 WHERE seq = 4",
        "UPDATE audit_log SET seq = 4 WHERE seq = 9",
        "UPDATE audit_log SET seq = 9 WHERE seq = 999",
    )
    assert {4, 9} <= {fault.seq for fault in verdict.faults}
    assert verdict.first_bad is not None
    assert verdict.first_bad.seq == 4


def test_a_trail_cut_short_is_found_by_its_counter(trail: Trail) -> None:
    verdict = trail.attack("DELETE FROM audit_log WHERE seq > 8")
    assert [fault.text for fault in verdict.faults] == ["rows 9 to 12 are missing at the end: their numbers were given"]


def test_a_trail_cut_short_with_its_counter_is_found_by_an_anchor(trail: Trail) -> None:
    trail.anchor()
    verdict = trail.attack("DELETE FROM audit_log WHERE seq > 8", "UPDATE counters SET value = 8 WHERE name = 'audit'")
    assert verdict.first_bad is not None
    assert verdict.first_bad.seq == 9
    assert (
        "rows 9 to 12 are missing at the end: the anchor of 2024-01-01T00:00:00.000Z saw them" in verdict.first_bad.text
    )


def test_a_trail_that_was_emptied_is_found(trail: Trail) -> None:
    trail.anchor()
    verdict = trail.attack("DELETE FROM audit_log", "DELETE FROM counters WHERE name = 'audit'")
    assert [fault.seq for fault in verdict.faults] == [1]


def test_a_trail_cut_and_continued_is_found_by_an_anchor(trail: Trail) -> None:
    trail.anchor()
    trail.attack("DELETE FROM audit_log WHERE seq > 8", "UPDATE counters SET value = 8 WHERE name = 'audit'")
    for _ in range(6):
        trail.write("as if nothing had happened")
    verdict = trail.verify()
    assert [fault.seq for fault in verdict.faults] == [12]
    assert "is not the one that the anchor of" in verdict.faults[0].text


def test_an_anchor_that_somebody_made_up_is_found(trail: Trail) -> None:
    trail.anchor()
    lines = trail.anchor_file.read_text().splitlines()
    trail.anchor_file.write_text(
        "\n".join([*lines, lines[0].replace('"seq":12', '"seq":4'), "Jan 1 host other: words"])
    )
    (fault,) = trail.verify().faults
    assert fault.text == "line 2 of the anchors is not signed by a key of this installation"


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET actor = 'eve' WHERE seq = 3", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_the_database_itself_refuses_every_change(trail: Trail, change: str) -> None:
    if change.startswith("TRUNCATE") and trail.database.engine_name == "sqlite":
        change = "DELETE FROM audit_log WHERE 1"
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.InsufficientPrivilege), match="only appended to"):
        trail.run(change)
    assert trail.verify().faults == []


def test_a_session_that_calls_itself_a_replica_is_refused_too(trail: Trail) -> None:
    if trail.database.engine_name == "sqlite":
        with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
            trail.run("PRAGMA recursive_triggers = OFF", "DELETE FROM audit_log WHERE seq = 3")
        return
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only appended to"):
        trail.run("SET session_replication_role = replica", "DELETE FROM audit_log WHERE seq = 3")


def test_rows_without_a_key_are_told_from_those_with_one(trail: Trail) -> None:
    store = open_store(
        trail.url, environ={**trail.environ, "NICU_SECRET_KEY": "another key, made when the first was lost"}
    )
    found = verify(store, anchors.ReadAnchors())
    store.close()
    assert found.count == ROWS
    assert "which is not at hand" in found.faults[0].text


def test_an_earlier_key_is_still_known(trail: Trail, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# newest first\na newer key for the audit trail, of this year\n{KEY}\n")
    store = open_store(trail.url, environ={"NICU_AUDIT_KEY_FILE": str(file)})
    SqlPeople(store).record(by_nurse("after the change of keys"))
    assert verify(store, anchors.ReadAnchors()).faults == []
    store.close()


def test_many_writers_leave_one_chain_without_a_gap(trail: Trail) -> None:
    """As several processes would: each with its own store."""
    stores = [open_store(trail.url, environ=trail.environ) for _ in range(4)]

    def write(store: Database) -> None:
        for number in range(15):
            SqlPeople(store).record(by_nurse(f"parallel {number}"))

    writers = [threading.Thread(target=write, args=(store,)) for store in stores]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for store in stores:
        assert store.trail.owed == 0
        store.close()
    verdict = trail.verify()
    assert (verdict.faults, verdict.last) == ([], ROWS + 60)


def _broken(trail: Trail) -> Callable[[], None]:
    """Take the table away, and return what brings it back."""
    trail.run("ALTER TABLE audit_log RENAME TO audit_log_away")
    return lambda: trail.run("ALTER TABLE audit_log_away RENAME TO audit_log")


def test_care_goes_on_while_the_trail_cannot_be_written(trail: Trail) -> None:
    people, mend = SqlPeople(trail.database), _broken(trail)
    user = people.add_user("grete", "Grete Hermann", "nurse", "hash", by_nurse("user.add"))
    people.open_session("token", user.id, NIGHT, NIGHT + 1, by_nurse("session.open"))
    assert people.session("token") is not None
    assert (trail.database.trail.owed, trail.database.trail.failing_since) == (2, NIGHT)
    mend()
    trail.write("mended")
    assert (trail.database.trail.owed, trail.database.trail.failing_since) == (0, None)
    assert trail.verify().faults == []
    assert [row["action"] for row in people.audit(limit=3)] == ["mended", "session.open", "user.add"]


def test_what_a_transaction_under_way_tries_to_append_is_still_owed(trail: Trail) -> None:
    mend = _broken(trail)
    trail.write("owed")
    with trail.database.writing() as connection:
        trail.database.trail.append(connection, [])
        assert trail.database.trail.owed == 1
    assert trail.database.trail.owed == 1
    mend()
    trail.write("mended")
    assert trail.database.trail.owed == 0


def _undone(trail: Trail) -> None:
    with trail.database.writing() as connection:
        trail.database.trail.append(connection, [by_nurse("undone")])
        raise RuntimeError


def test_what_was_undone_is_not_owed(trail: Trail) -> None:
    mend = _broken(trail)
    trail.write("owed")
    with pytest.raises(RuntimeError):
        _undone(trail)
    mend()
    with pytest.raises(RuntimeError):
        _undone(trail)
    assert trail.database.trail.owed == 1
    trail.write("mended")
    assert [row["action"] for row in SqlPeople(trail.database).audit(limit=2)] == ["mended", "owed"]
    assert trail.verify().faults == []
