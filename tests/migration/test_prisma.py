"""A file of the earlier, Prisma-based dashboard: its meaning in our tables, all of it in the schema legacy."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from nicu_dashboard.adapters.sql import roll_ups
from nicu_dashboard.adapters.sql.chart import SqlChart
from nicu_dashboard.adapters.sql.seals import KEY, KEY_FILE, SECRET, SECRET_FILE, write_new_key
from nicu_dashboard.adapters.sql.tables import metadata, vitals
from nicu_dashboard.domain.instants import DAY_MS, MINUTE_MS
from nicu_dashboard.domain.spells import DEFAULT_DEFINITION, DEFINITIONS, Spell, find_spells
from nicu_dashboard.domain.vitals import VITALS
from nicu_dashboard.migration import api
from nicu_dashboard.migration.prisma_words import condition, instant
from tests.cli.conftest import program
from tests.migration.files import contents, make
from tests.migration.prisma_files import NIGHT_MS, build
from tests.migration.wards import everything, opened
from tests.services.unit import TestUnit


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return build(tmp_path / "dev.db")


def one(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        row = connection.execute(statement.encode()).fetchone()
        return row[0] if row and len(row) == 1 else row


def test_their_meaning_arrives_in_our_tables(earlier: Path, postgres_url: str) -> None:
    report = api.run(str(earlier), postgres_url)
    assert (report.exit_code, report.rejects, report.differences) == (0, [], []), report.summary
    assert one(postgres_url, "SELECT count(*) FROM vitals") == 800
    assert one(postgres_url, "SELECT min(recorded_at)::text || max(recorded_at)::text FROM vitals") == (
        "2024-01-01 00:00:00+00" "2024-01-01 00:06:39+00"
    )  # fmt: skip
    assert one(postgres_url, "SELECT (mrn, name, sex, ga_days, birth_weight_g)::text FROM patients WHERE id = 1") == (
        '(MRN-1,"Lovelace, Ada",female,199,)'
    )
    assert one(postgres_url, "SELECT array_agg(label ORDER BY position)::text FROM cots") == "{NICU-01,NICU-02}"
    assert (
        one(postgres_url, "SELECT count(*) FILTER (WHERE ended_at IS NULL)::text || count(*) FROM admissions") == "12"
    )
    assert one(postgres_url, "SELECT array_agg(name || ' ' || interval_s ORDER BY id)::text FROM sources") == (
        '{"earlier dashboard 5","SN-1 1"}'
    )
    assert one(
        postgres_url, "SELECT array_agg((key, status, acknowledged_by)::text ORDER BY id)::text FROM alarms"
    ) == ('{"(spo2:low,ended,)","(heart_rate:low,acknowledged,grete)"}')
    assert one(postgres_url, "SELECT array_agg(cause ORDER BY id)::text FROM alarm_transitions") == (
        "{raised,raised,acknowledged,cleared}"
    )
    assert one(
        postgres_url, "SELECT (password_hash, disabled_at IS NULL, role)::text FROM users WHERE name = 'grete'"
    ) == ("(!,f,nurse)")
    assert (
        one(postgres_url, "SELECT (disabled_at IS NULL, role)::text FROM users WHERE name = 'hugo'") == "(t,physician)"
    )
    assert any("argon2id" in item["why"] for item in report.not_carried)
    assert any(item["name"] == "vitals.systolicBp" and "cuff or artery" in item["why"] for item in report.not_carried)
    assert any(item["name"] == "patients.birthWeight" and "kilograms" in item["why"] for item in report.not_carried)
    assert any(item["name"] == "alarms: 1" and "no condition of ours" in item["why"] for item in report.not_carried)


def test_the_plan_shows_what_becomes_what(earlier: Path, postgres_url: str) -> None:
    report = api.plan(str(earlier), postgres_url)
    assert (report.exit_code, report.reject_count) == (0, 0), report.summary
    becomes = {item["from"]: item["to"] for item in report.mapped}
    assert (becomes["vitals.timestamp"], becomes["beds.bedNumber"]) == ("vitals.recorded_at", "cots.label")
    assert becomes["alarm_acknowledgments.note"] == "alarm_transitions.note"
    named = [name.split(".") for name in becomes.values()]
    assert [name for name in named if name[1] not in metadata.tables[name[0]].columns] == []
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regnamespace('legacy'), to_regclass('vitals')").fetchone() == (None, None)


def test_all_of_it_is_kept_typed_in_legacy_and_comes_back(earlier: Path, postgres_url: str, tmp_path: Path) -> None:
    assert api.run(str(earlier), postgres_url).exit_code == 0
    assert one(postgres_url, 'SELECT "isPrivate"::text || "writtenAt" FROM legacy.shift_notes') == (
        "true2024-01-01 00:00:00.001+00"
    )
    assert one(postgres_url, "SELECT count(*) FROM legacy.vitals") == 800
    assert api.verify(str(earlier), postgres_url, api.Options(thorough=True)).exit_code == 0
    back = api.roll_back(postgres_url, str(tmp_path / "back.db"), api.Options(as_is=True))
    assert back.exit_code == 0
    assert contents(tmp_path / "back.db")["shift_notes"] == contents(earlier)["shift_notes"]
    own = api.roll_back(postgres_url, str(tmp_path / "own.db"))
    assert own.exit_code == 0
    assert everything(f"sqlite:///{tmp_path / 'own.db'}") == everything(postgres_url)


def test_the_roll_ups_are_those_that_the_dashboard_itself_makes(earlier: Path, postgres_url: str) -> None:
    assert api.run(str(earlier), postgres_url).exit_code == 0
    before = everything(postgres_url)
    with opened(postgres_url) as database:
        with database.writing() as connection:
            rows = connection.execute(select(vitals.c.patient_id, vitals.c.recorded_at)).all()
            roll_ups.update(connection, [], {(baby, at - at % MINUTE_MS) for baby, at in rows})
        assert SqlChart(database).bounds(1) == (NIGHT_MS, NIGHT_MS + 399_000)
    assert everything(postgres_url) == before


def test_the_dashboard_finds_the_events_of_the_history(tmp_path: Path, postgres_url: str) -> None:
    """A slow heart in the first minutes of two days: each day is a window of its own, its events the detector's."""
    source = build(tmp_path / "dev.db")
    with closing(sqlite3.connect(source)) as file, file:
        file.executemany(
            "INSERT INTO vitals (patientId, timestamp, heartRate, createdAt) VALUES ('ckpat1', ?, ?, 0)",
            [(at, 70 if 100 <= second < 130 else 150) for second in range(300)
             for at in (NIGHT_MS + 2 * DAY_MS + second * 1_000, NIGHT_MS + 5 * DAY_MS + second * 1_000)],
        )  # fmt: skip
    assert api.run(str(source), postgres_url).exit_code == 0
    assert one(postgres_url, "SELECT count(*) FROM rescans WHERE patient_id = 1") == 3
    own = tmp_path / "own.db"
    assert api.roll_back(postgres_url, str(own)).exit_code == 0

    async def serve() -> tuple[list[Spell], list[Spell]]:
        async with TestUnit.opened(own) as unit:
            await unit.station.upkeep.find_again()
            assert unit.store.journal.rescans() == []
            read = list(unit.store.chart.readings(1, 0, unit.clock.at, tuple(VITALS)))
            found = [item.spell for item in unit.store.chart.spells(1, 0, unit.clock.at)]
            return found, list(find_spells(DEFINITIONS[DEFAULT_DEFINITION], read, 1_000))

    found, wanted = asyncio.run(serve())
    assert sorted(item.started_at for item in found) == sorted(item.started_at for item in wanted)
    assert {item.started_at for item in found} >= {NIGHT_MS + days * DAY_MS + 100_000 for days in (2, 5)}


def test_the_audit_trail_is_sealed_and_verifies(earlier: Path, postgres_url: str, tmp_path: Path) -> None:
    assert api.run(str(earlier), postgres_url).exit_code == 0
    assert one(
        postgres_url, "SELECT (actor, action, detail -> 'earlier' ->> 'a')::text FROM audit_log WHERE seq = 30"
    ) == ('(grete,"VIEW 0",é)')
    said = program("audit", "verify", cwd=tmp_path, DATABASE_URL=postgres_url)
    assert said.code == 0, said.out + said.err


def test_a_trail_that_gets_no_key_is_told_with_the_remedy(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (KEY, KEY_FILE, SECRET, SECRET_FILE):
        monkeypatch.delenv(name, raising=False)
    source = str(build(tmp_path / "dev.db", seconds=1))
    planned, first, again = (command(source, postgres_url) for command in (api.plan, api.run, api.run))
    for report in (planned, first, again):  # a finished move says it again
        (line,) = report.advice
        assert (report.exit_code, "(30 rows)" in line, "without a key" in line) == (0, True, True), report.summary
        assert "`nicu audit new-key FILE`, then set NICU_AUDIT_KEY_FILE" in line
    assert "--restart" in first.advice[0]
    write_new_key(tmp_path / "key")
    (tmp_path / ".env").write_text(f"NICU_AUDIT_KEY_FILE={tmp_path / 'key'}\n")
    keyed = api.run(source, postgres_url, api.Options(restart=True))
    assert (keyed.exit_code, keyed.advice) == (0, []), keyed.summary
    assert one(postgres_url, "SELECT count(*) FROM audit_log WHERE hash NOT LIKE '%:%'") == 0


def test_faults_stop_the_move_or_are_kept_with_the_reason(tmp_path: Path, postgres_url: str) -> None:
    source = build(tmp_path / "old.db", seconds=30, faults=True)
    expected = {
        ("patients → patients", "a baby without a medical record number"),
        ("vitals → vitals", "a reading of a baby that is not there"),
        ("vitals → vitals", "a reading whose time is no instant"),
        ("vitals → vitals", "a value that is physically impossible in its unit"),
        ("vitals → vitals", "a second reading of the same baby, instant and device"),
        ("alarm_acknowledgments → alarm_transitions", "an acknowledgment of an alarm that is not there"),
    }
    planned = api.plan(str(source), postgres_url)
    assert (planned.exit_code, {(item["table"], item["reason"]) for item in planned.rejects}) == (1, expected)
    stopped = api.run(str(source), postgres_url)
    assert (stopped.exit_code, "have no place" in stopped.summary) == (1, True)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regnamespace('nicu_migration')").fetchone() == (None,)
    kept = api.run(str(source), postgres_url, api.Options(on_reject="quarantine"))
    assert (kept.exit_code, {(item["table"], item["reason"]) for item in kept.rejects}) == (1, expected), kept.summary
    arrived = sum(table.rows for table in kept.tables)  # what has no place in our tables is whole in legacy
    assert kept.summary.startswith(f"{arrived:,} rows arrived; {kept.reject_count} are")
    assert any("WIZARD" not in item["why"] and "role is none of ours" in item["why"] for item in kept.not_carried)
    with closing(sqlite3.connect(source)) as file:
        assert (
            one(postgres_url, "SELECT count(*) FROM legacy.vitals")
            == file.execute("SELECT count(*) FROM vitals").fetchone()[0]
        )
    assert api.verify(str(source), postgres_url).differences == []


SNAKES = """
CREATE TABLE _prisma_migrations (id TEXT PRIMARY KEY, finished_at DATETIME);
CREATE TABLE beds (id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT);
CREATE TABLE patients (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, bed_id INTEGER, admitted_at DATETIME);
CREATE TABLE vitals (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER, recorded_at DATETIME, heart_rate REAL);
CREATE TABLE alarms (id INTEGER PRIMARY KEY AUTOINCREMENT, patient_id INTEGER, alarm_type TEXT, severity TEXT,
    triggered_at DATETIME, resolved_at DATETIME, is_active BOOLEAN);
INSERT INTO beds VALUES (7, 'NICU-07');
INSERT INTO patients VALUES (40, 'Ada', 7, '2024-01-01 00:00:00');
INSERT INTO vitals VALUES (900, 40, 1704067200000, 150), (901, 40, '2024-01-01T00:00:01.000Z', 151);
INSERT INTO alarms VALUES (5, 40, 'HEART_RATE_CRITICAL_LOW', 'high', 1704067200000, NULL, 1),
    (6, 40, 'spo2-low', 'high', 1704067200000, '2024-01-01 00:01:00', 0);
"""


def test_other_spellings_and_numbers_for_keys_are_understood(tmp_path: Path, postgres_url: str) -> None:
    report = api.run(str(make(tmp_path / "old.db", SNAKES)), postgres_url)
    assert (report.exit_code, report.differences) == (0, []), (report.summary, report.rejects)
    assert one(postgres_url, "SELECT (id, mrn, name)::text FROM patients") == "(40,earlier-40,Ada)"
    assert one(postgres_url, "SELECT array_agg(id ORDER BY recorded_at)::text FROM vitals") == "{900,901}"
    assert one(postgres_url, "SELECT array_agg(key || ' ' || status ORDER BY id)::text FROM alarms") == (
        '{"heart_rate:low active","spo2:low ended"}'
    )
    assert one(postgres_url, "SELECT cot_id FROM alarms WHERE id = 5") == 7
    assert any(item["name"] == "patients: mrn" for item in report.not_carried)


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        (1_700_000_000_123, 1_700_000_000_123), (1_700_000_000, 1_700_000_000_000),
        ("2023-11-14T22:13:20.123Z", 1_700_000_000_123), ("2023-11-14 22:13:20", 1_700_000_000_000),
        ("2023-11-14T23:13:20.123+01:00", 1_700_000_000_123), (17, None), ("soon", None), (b"x", None), (None, None),
    ],
)  # fmt: skip
def test_an_instant_is_read_exactly_or_not_at_all(written: int | str | bytes | None, ms: int | None) -> None:
    assert instant(written) == ms


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("LOW_SPO2", "spo2:low"), ("spo2_low", "spo2:low"), ("highHeartRate", "heart_rate:high"),
        ("HR_HIGH", "heart_rate:high"), ("Desaturation", "spo2:low"), ("LOW_BATTERY", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_an_alarm_type_is_understood_or_left_alone(type_: str | None, key: str | None) -> None:
    assert condition(type_) == key
