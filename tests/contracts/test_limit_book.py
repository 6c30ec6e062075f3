"""The limits of a baby: every version is kept, and nobody overwrites another's change unseen."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.domain.limits import default_profile
from nicu_dashboard.ports.limit_book import LimitsChangedMeanwhile, LimitVersion
from tests.contracts.ward import NIGHT, Ward, by_nurse


def version(ward: Ward, number: int, by: str = "grete") -> LimitVersion:
    limits = dataclasses.replace(default_profile(28 * 7), version=number)
    return LimitVersion(ward.baby.id, number, limits, NIGHT + number, by, "too many alarms")


def test_a_baby_without_limits_of_its_own_has_none_here(ward: Ward, limit_book: SqlLimitBook) -> None:
    assert limit_book.current([ward.baby.id]) == {}


def test_limits_are_read_back_as_they_were_set(ward: Ward, limit_book: SqlLimitBook) -> None:
    limit_book.change(version(ward, 1), 0, by_nurse())
    limit_book.change(version(ward, 2), 1, by_nurse())
    assert limit_book.current([ward.baby.id, 999]) == {ward.baby.id: version(ward, 2)}
    assert limit_book.history(ward.baby.id) == [version(ward, 2), version(ward, 1)]
    assert ward.rows(audit_log)[-1]["patient_id"] == ward.baby.id


def test_limits_changed_meanwhile_are_not_overwritten(ward: Ward, limit_book: SqlLimitBook) -> None:
    limit_book.change(version(ward, 1, "bertha"), 0, by_nurse())
    with pytest.raises(LimitsChangedMeanwhile, match=r"bertha changed these limits at 2024-01-01T00:00:00.001Z"):
        limit_book.change(version(ward, 1), 0, by_nurse())
    with pytest.raises(LimitsChangedMeanwhile):
        limit_book.change(version(ward, 9), 8, by_nurse())


def test_of_many_at_once_one_change_stands(ward: Ward, limit_book: SqlLimitBook) -> None:
    def change(number: int) -> bool:
        try:
            limit_book.change(version(ward, 1, f"nurse {number}"), 0, by_nurse())
        except LimitsChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(6) as nurses:
        assert sum(nurses.map(change, range(6))) == 1
    assert len(limit_book.history(ward.baby.id)) == 1
