"""Migrations, LISTEN and data transfer go past a pooler in transaction mode, or are refused with the way to go."""

from dataclasses import replace
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.direct import direct_address
from nicu_dashboard.adapters.sql.addresses.reading import read_address

POOLED = "postgresql://nicu:Zaubernuss@ep-a-1-pooler.eu-central-1.aws.neon.tech/ward"
DIRECT = "postgresql://nicu:Zaubernuss@ep-a-1.eu-central-1.aws.neon.tech/ward"


def refusal(main: str, direct: str | None = None) -> str:
    """Return the line that refuses the way, without the password."""
    environ = {} if direct is None else {"DATABASE_DIRECT_URL": direct}
    with pytest.raises(AddressFault) as refused:
        direct_address(read_address(main, {}), environ, "migrations")
    assert "Zaubernuss" not in str(refused.value)
    return str(refused.value)


def test_without_a_pooler_the_main_address_does() -> None:
    main = read_address(DIRECT, {})
    assert direct_address(main, {}, "listening") == replace(main, patient=True)


def test_a_pooler_of_sessions_does_too() -> None:
    main = read_address("postgresql://postgres.p:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres", {})
    assert direct_address(main, {}, "listening") == replace(main, patient=True)


def test_past_a_pooler_goes_the_direct_address() -> None:
    direct = direct_address(read_address(POOLED, {}), {"DATABASE_DIRECT_URL": DIRECT}, "data transfer")
    assert (direct.host, direct.pool_mode) == ("ep-a-1.eu-central-1.aws.neon.tech", "direct")


@pytest.mark.parametrize(
    ("main", "way"),
    [
        (POOLED, "the same host without -pooler"),
        ("postgresql://nicu@ward.proxy-c9akciq32.eu-central-1.rds.amazonaws.com/ward", "behind the proxy"),
        ("postgresql://nicu@ward.postgres.database.azure.com:6432/ward", "the same host with port 5432"),
        ("postgresql://postgres.p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", "port 5432 (session pooler)"),
        ("postgresql://u@a.b.tsdb.cloud.timescale.com:30477/tsdb_transaction", "with the database tsdb"),
        ("postgresql://nicu@db.example.org:6432/ward?pgbouncer=true", "the PostgreSQL server's own port"),
        ("postgresql://nicu@localhost:6432/ward?pgbouncer=true", "the PostgreSQL server's own port"),
    ],
)
def test_a_missing_direct_address_is_told_where_it_leads(main: str, way: str) -> None:
    line = refusal(main)
    assert "which migrations cannot use; set DATABASE_DIRECT_URL to" in line
    assert way in line


def test_a_direct_address_that_is_a_pooler_too_is_refused() -> None:
    assert refusal(POOLED, POOLED).startswith("DATABASE_DIRECT_URL leads through a pooler")


def test_a_direct_address_of_another_kind_is_refused() -> None:
    assert "names a SQLite file" in refusal(POOLED, "sqlite:///nicu.db")


def test_a_malformed_direct_address_is_refused_by_its_own_name() -> None:
    assert refusal(POOLED, DIRECT + "?shema=x").startswith("DATABASE_DIRECT_URL: shema is not known")


def test_the_direct_address_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(DIRECT + "\n")
    direct = direct_address(read_address(POOLED, {}), {"DATABASE_DIRECT_URL_FILE": str(file)}, "migrations")
    assert (direct.pool_mode, direct.password) == ("direct", "Zaubernuss")


def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(AddressFault, match="DATABASE_DIRECT_URL_FILE cannot be read"):
        direct_address(read_address(POOLED, {}), {"DATABASE_DIRECT_URL_FILE": str(tmp_path / "gone")}, "migrations")
