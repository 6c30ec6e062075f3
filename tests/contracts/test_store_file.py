"""The one file of a SQLite store: never written into the void, never served twice."""

from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.ports.tick import AuditEntry, StoreUnavailable
from tests.templates import copy_of_empty_store

ENTRY = AuditEntry(0, "test", "system", "cot.add", "cot")


def test_a_file_that_was_removed_while_in_use_acknowledges_nothing_more(tmp_path: Path) -> None:
    path = copy_of_empty_store(tmp_path / "nicu.db")
    store = revisions.open_store(f"sqlite:///{path}")
    SqlRoster(store).add_cot("NICU-01", ENTRY)
    path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        SqlRoster(store).add_cot("NICU-02", ENTRY)
    copy_of_empty_store(path)
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        SqlRoster(store).add_cot("NICU-02", ENTRY)
    store.close()


def test_a_second_server_on_the_same_file_is_kept_away_until_the_first_ends(tmp_path: Path) -> None:
    path = copy_of_empty_store(tmp_path / "nicu.db")
    first, second = (revisions.open_store(f"sqlite:///{path}") for _ in range(2))
    first.claim()
    with pytest.raises(StoreUnavailable, match="Another server works on the database"):
        second.claim()
    SqlRoster(second).add_cot("NICU-01", ENTRY)
    first.close()
    second.claim()
    second.close()
