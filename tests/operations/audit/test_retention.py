"""What is older than six years may go; nothing else may, and no one may pretend that it was retention."""

import sqlite3

import pytest

from nicu_dashboard.operations.audit.verify import EXPIRED
from nicu_dashboard.operations.sessions import CannotCare
from tests.contracts.ward import NIGHT
from tests.operations.audit.trail import NEXT_YEAR, OLD, ROWS, Trail


def test_rows_missing_at_the_beginning_are_found_unless_retention_says_so(trail: Trail) -> None:
    verdict = trail.attack("DELETE FROM audit_log WHERE seq < 4")
    assert [fault.text for fault in verdict.faults] == ["rows 1 to 3 are missing at the beginning"]
    with trail.database.reading() as connection:
        seal = connection.exec_driver_sql("SELECT previous_hash FROM audit_log WHERE seq = 4").scalar_one()
    trail.write(EXPIRED, at=OLD, detail={"first": 4, "previous_hash": seal, "before": NIGHT})
    assert trail.verify().faults == []


def test_retention_that_took_younger_rows_or_another_start_is_no_excuse(trail: Trail) -> None:
    trail.attack("DELETE FROM audit_log WHERE seq < 4")
    with trail.database.reading() as connection:
        seal = connection.exec_driver_sql("SELECT previous_hash FROM audit_log WHERE seq = 4").scalar_one()
    trail.write(EXPIRED, at=OLD - 1, detail={"first": 4, "previous_hash": seal, "before": NIGHT})
    assert {fault.seq for fault in trail.verify().faults} == {1, ROWS + 1}
    trail.write(EXPIRED, at=OLD, detail={"first": 5, "previous_hash": seal, "before": NIGHT})
    assert "row 4 is there again" in " ".join(fault.text for fault in trail.verify().faults)


def test_retention_by_a_clock_that_was_put_forward_is_found(sqlite_trail: Trail) -> None:
    sqlite_trail.anchor()
    assert sqlite_trail.expire(NIGHT + 5).rows == 5
    assert sqlite_trail.verify().faults == []
    sqlite_trail.write("the clock is right again", at=NIGHT + 100)
    assert [fault.seq for fault in sqlite_trail.verify().faults] == [ROWS + 1]


def test_retention_removes_what_is_old_and_says_where_the_trail_begins(sqlite_trail: Trail) -> None:
    trail = sqlite_trail
    with pytest.raises(CannotCare, match="rows up to 5 would go, and anchors reach to 0"):
        trail.expire(NIGHT + 5)
    trail.anchor()
    assert trail.expire(NIGHT + 5).rows == 5
    verdict = trail.verify()
    assert (verdict.faults, verdict.first, verdict.last) == ([], 6, ROWS + 1)
    assert trail.expire(NIGHT + 5).rows == 0
    with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
        trail.run("DELETE FROM audit_log WHERE seq = 6")
    assert trail.attack("DELETE FROM audit_log WHERE seq = 6").first_bad is not None


def test_the_newest_row_is_never_removed(sqlite_trail: Trail) -> None:
    sqlite_trail.anchor()
    assert sqlite_trail.expire(NIGHT + 10_000).rows > 0
    assert sqlite_trail.verify().faults == []


def test_nothing_is_removed_from_a_trail_that_is_not_whole(trail: Trail) -> None:
    trail.anchor()
    trail.close_year(NEXT_YEAR)
    trail.attack("UPDATE audit_log SET actor = 'eve' WHERE seq = 3")
    with pytest.raises(CannotCare, match="row 3 was changed"):
        trail.expire(NEXT_YEAR)


def test_an_anchor_is_no_excuse_for_a_start(trail: Trail) -> None:
    """An hourly anchor after a theft carries the thief's start."""
    trail.attack("DELETE FROM audit_log WHERE seq < 4")
    trail.anchor()
    assert [fault.text for fault in trail.verify().faults] == ["rows 1 to 3 are missing at the beginning"]
