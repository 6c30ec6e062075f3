"""`vitals` as a hypertable of a real TimescaleDB: made, compressed, corrected, measured, dropped, copied."""

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.tables import vitals
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.operations import maintenance, sizes
from nicu_dashboard.operations.backup import api as copies
from nicu_dashboard.operations.optimizing import conversion, indexes, packing, partitions
from nicu_dashboard.operations.optimizing.api import Wishes, give_up, optimize
from nicu_dashboard.operations.optimizing.periods import DAY_MS
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api as roles
from nicu_dashboard.operations.sessions import CannotCare, unfiltered
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill
from tests.operations.test_keepers import down
from tests.operations.test_optimizing import TODAY, Writer

CHUNKED = Wishes(timescale=True)
_CHUNKS = "SELECT count(*), count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks"


def compress(url: str) -> None:
    """Compress every chunk; where the server's own worker was quicker, it is compressed already."""
    for (chunk,) in ask(url, "SELECT chunk::text FROM show_chunks('vitals') AS chunk"):
        with suppress(psycopg.errors.DuplicateObject):
            ask(url, f"SELECT compress_chunk('{chunk}', if_not_compressed => true)")


def chunked(database: Database, url: str, rows: int = 30_000) -> None:
    """Fill a store from Ada's first night on, divide it into chunks and compress every one."""
    fill(database, rows, every="60 seconds", since="2024-01-01 00:00:00+00")
    optimize(database, CHUNKED, TODAY, Report())
    compress(url)


def test_readings_become_chunks_while_the_ward_writes_and_none_is_lost(database: Database, store_url: str) -> None:
    fill(database, 40_000)
    writer, report = Writer(Ward(database)), Report()
    with writer.at_work():
        optimize(database, CHUNKED, TODAY, report)
    assert ask(store_url, "SELECT count(*), count(DISTINCT id) FROM vitals") == [(40_000 + writer.sent,) * 2]
    assert ask(store_url, "SELECT count(*) FROM vitals WHERE resp_rate = 40") == [(writer.sent // 3,)]
    assert writer.sent > 5
    assert writer.slowest_s < 3
    with unfiltered(database) as connection:
        assert partitions.kind(connection) == "hypertable"
    assert report.deeds[-2] == "chunks of 7 days are compressed after 7 days"
    assert indexes.lacking(database) == []
    assert optimize(database, CHUNKED, TODAY, Report()) == []
    assert packing.pack(database, TODAY, Report()) == []


def test_a_conversion_to_chunks_is_given_up_and_done_again(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 5_000)

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "_compare", interrupted)
        with pytest.raises(KeyboardInterrupt):
            optimize(database, CHUNKED, TODAY, Report())
    assert give_up(database, Report())
    assert ask(store_url, "SELECT count(*) FROM timescaledb_information.hypertables") == [(0,)]
    optimize(database, CHUNKED, TODAY, Report())
    assert ask(store_url, "SELECT count(*) FROM vitals") == [(5_000,)]


def test_a_compressed_store_is_small_and_its_size_is_told(database: Database, store_url: str) -> None:
    chunked(database, store_url)
    found = {table.name: table for table in sizes.sizes(database)}["vitals"]
    assert found.partitions == ask(store_url, _CHUNKS)[0][1] == 4
    assert (found.rows, found.exact) == (30_000, True)
    assert 2 < (found.bytes_per_row or 0) < 40
    assert [state.name for state in maintenance.tables(database) if "_hyper_" in state.name]


def test_a_late_reading_a_second_word_and_a_correction_find_their_place_in_a_compressed_chunk(
    database: Database, store_url: str
) -> None:
    chunked(database, store_url)
    ward = Ward(database)
    late = ward.reading(3_605.5, heart_rate=99.0)
    assert ward.store(late) == ["accepted"]
    assert ward.store(late) == ["duplicate"]
    assert ward.store(ward.reading(3_605.5, resp_rate=44.0)) == ["merged"]
    stored = ward.reading(3_600, heart_rate=1.5)
    assert ward.store(stored) == ["merged"]
    assert ward.store(stored) == ["duplicate"]
    compress(store_url)
    assert ask(store_url, "SELECT count(*), count(*) FILTER (WHERE heart_rate IN (1.5, 99)) FROM vitals") == [
        (30_001, 2)
    ]
    assert len(ward.rows(vitals)) == 30_001


def test_compressed_chunks_go_up_and_down_and_their_readings_stay_unique(database: Database, store_url: str) -> None:
    chunked(database, store_url)
    ward = Ward(database)
    stored = ward.reading(3_600, heart_rate=1.5)
    down(database, "0008")
    ward.store(stored)
    compress(store_url)
    indexes.prepare(database, Report())
    assert revisions.bring_up(database)
    assert ward.store(stored) == ["duplicate"]
    compress(store_url)
    again = "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id)"
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(store_url, f"{again} SELECT patient_id, recorded_at, received_at, source_id FROM vitals LIMIT 1")
    ask(store_url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_vitals_dashboard'::regclass")
    optimize(database, CHUNKED, TODAY, Report())
    assert (indexes.lacking(database), ward.store(stored)) == ([], ["duplicate"])
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(store_url, f"{again} SELECT patient_id, recorded_at, received_at, source_id FROM vitals LIMIT 1")


def test_retention_drops_whole_chunks(database: Database, store_url: str) -> None:
    chunked(database, store_url)
    month = parse_instant("2024-01-15T00:00:00Z")
    dropped = maintenance.keep_partitions(database, month, 7 * DAY_MS, Report())
    assert len(dropped) == 1
    assert ask(store_url, "SELECT min(recorded_at) >= '2024-01-04 00:00:00+00' FROM vitals") == [(True,)]
    maintenance.refresh(database, maintenance.tables(database), Report())


def test_a_copy_of_a_store_with_chunks_comes_back_with_chunks(
    database: Database, store_url: str, empty_url: str, tmp_path: Path
) -> None:
    chunked(database, store_url)
    copied = copies.backup(database, tmp_path, TODAY, Report())
    target = connect(empty_url)
    restored = copies.restore(target, copied.path, Report())
    assert (restored.wrong, restored.rows) == ((), copied.manifest.rows)
    assert ask(empty_url, _CHUNKS) == ask(store_url, _CHUNKS)
    listed = "SELECT hypertable_name FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
    assert ask(empty_url, listed) == [("vitals",)]
    ward = Ward(target)
    assert ward.store(ward.reading(5, heart_rate=120.0)) == ["accepted"]
    target.close()
    assert copies.drill(database, None, TODAY, Report()).wrong == ()


def test_a_damaged_copy_leaves_the_target_as_it_was(
    database: Database, store_url: str, empty_url: str, tmp_path: Path
) -> None:
    chunked(database, store_url, 200)
    copied = copies.backup(database, tmp_path / "copy.dump", TODAY, Report())
    copied.path.with_name("copy.dump.json").unlink()
    with copied.path.open("r+b") as file:
        file.truncate(copied.size * 3 // 4)
    target = connect(empty_url)
    with pytest.raises(CannotCare, match="pg_restore failed"):
        copies.restore(target, copied.path, Report())
    target.close()
    assert ask(empty_url, "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'") == [(0,)]
    assert ask(empty_url, "SELECT current_setting('timescaledb.restoring', true) = 'on'") in ([(False,)], [(None,)])


def test_chunks_and_row_level_security_exclude_each_other(database: Database, store_url: str) -> None:
    chunked(database, store_url, 500)
    with pytest.raises(CannotCare, match="row level security"):
        roles.apply(database, "nicu", Report())
    assert ask(store_url, "SELECT relrowsecurity FROM pg_class WHERE oid = 'vitals'::regclass") == [(False,)]
