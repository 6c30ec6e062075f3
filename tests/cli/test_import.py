"""`nicu import csv` and `nicu events`, on the recording of a real infant and on files with every fault."""

import json
import sqlite3
from pathlib import Path

import pytest

from nicu_dashboard.cli.main import run
from tests.cli.conftest import Nicu
from tests.samples import BED33, sample
from tests.templates import copy_of_empty_store

HEADING = "recorded_at,heart_rate,spo2\n"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the recording, imported by the command."""
    path = copy_of_empty_store(tmp_path_factory.mktemp("bed33") / "nicu.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{path}")
        assert run(["cot", "add", "NICU-01"]) == 0
        assert run(["admit", "--mrn", "bed33", "--cot", "NICU-01"]) == 0
        assert run(["import", "csv", str(sample(BED33)), "--mrn", "bed33"]) == 0
    return path


@pytest.fixture
def bed33(nicu: Nicu, imported: Path, monkeypatch: pytest.MonkeyPatch) -> Nicu:
    """The command line on that store."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{imported}")
    return nicu


def found(nicu: Nicu, *arguments: str) -> list[dict[str, object]]:
    """The events a command lists as JSON."""
    said = nicu("events", "--mrn", "bed33", "--json", *arguments)
    assert said.code == 0
    rows: list[dict[str, object]] = json.loads(said.out)
    return rows


@pytest.mark.parametrize(
    ("criterion", "count"),
    [
        ("heart_rate<100:4", 1),
        ("heart_rate<80:4", 0),
        ("heart_rate>200:4", 2),
        ("spo2<90:10", 20),
        ("spo2<85:10", 0),
    ],
)
def test_the_reference_counts_of_the_recording_are_reproduced(bed33: Nicu, criterion: str, count: int) -> None:
    assert len(found(bed33, "--criterion", criterion)) == count


def test_the_one_bradycardia_of_the_recording_is_told_exactly(bed33: Nicu) -> None:
    (run_,) = found(bed33, "--criterion", "heart_rate<100:4")
    assert (run_["criterion"], run_["started_at"], run_["duration_s"], run_["extreme"]) == (
        "heart_rate<100:4",
        "2024-01-01T00:05:54.000Z",
        8,
        87,
    )


def test_the_events_of_the_definition_are_on_record_after_the_import(bed33: Nicu) -> None:
    (event,) = found(bed33)
    assert (event["kind"], event["started_at"], event["definition"]) == ("B", "2024-01-01T00:05:54.000Z", "uva v1")
    assert found(bed33, "--definition", "uva") == [event]
    assert len(found(bed33, "--definition", "pmc4285412")) > 1
    assert found(bed33, "--from", "2024-01-01T01:00Z") == []


def test_importing_again_changes_nothing(bed33: Nicu, imported: Path) -> None:
    def rows() -> list[int]:
        connection = sqlite3.connect(imported)
        try:
            tables = ("vitals", "vitals_superseded", "vitals_minute", "vitals_hour", "events")
            return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
        finally:
            connection.close()

    before = rows()
    said = bed33("import", "csv", sample(BED33), "--mrn", "bed33")
    assert said.code == 0
    assert "0 readings stored, 33,475 duplicates, 0 changed" in said.err
    assert rows() == before


def test_roll_ups_are_made_with_the_import(imported: Path) -> None:
    connection = sqlite3.connect(imported)
    query = "SELECT sum(n_valid) FROM vitals_{} WHERE parameter = 'spo2'"
    counts = {connection.execute(query.format(tier)).fetchone()[0] for tier in ("minute", "hour")}
    (stored,) = connection.execute("SELECT count(spo2) FROM vitals").fetchone()
    connection.close()
    assert counts == {stored}


def ward_with_a_baby(nicu: Nicu) -> None:
    """One cot, one baby."""
    nicu("cot", "add", "NICU-01")
    nicu("admit", "--mrn", "A-1", "--cot", "NICU-01")


def test_bad_lines_are_told_with_number_and_reason_and_the_rest_is_stored(nicu: Nicu, tmp_path: Path) -> None:
    ward_with_a_baby(nicu)
    file = tmp_path / "faults.csv"
    file.write_text(
        HEADING.replace("spo2", "spo2,spo_2")
        + "2024-01-01T00:00:00Z,150,95,1\n"
        + "yesterday,150,95,1\n"
        + "2024-01-01T00:00:04,150,95,1\n"
        + "2024-01-01T00:00:06Z,150,130,1\n"
        + "2024-01-01T00:00:08Z,nan,1e400,1\n"
        + "2024-01-01T00:00:10Z,150\n"
        + "\n"
        + "2199-01-01T00:00:00Z,150,95,1\n"
        + "2024-01-01T00:00:12Z,40,45,1\n"
    )
    said = nicu("import", "csv", file, "--mrn", "A-1", "--report", tmp_path / "bad.txt")
    assert said.code == 1
    assert "Column 'spo_2' is no vital sign and is left out (did you mean spo2?)" in said.err
    assert "3 readings stored" in said.err
    told = (tmp_path / "bad.txt").read_text()
    assert "line 3: recorded_at: 'yesterday' is not an ISO 8601 instant" in told
    assert "line 4: recorded_at: '2024-01-01T00:00:04' has no time zone" in told
    assert "line 5: spo2: 130.0 is outside 0–100 % (the rest of the line is kept)" in told
    assert "line 6: heart_rate: nan is not a finite number" in told
    assert "line 7: 2 columns instead of 4" in told
    assert "line 9: recorded_at lies in the future" in told
    (run_,) = json.loads(nicu("events", "--mrn", "A-1", "--criterion", "spo2<50:0", "--json").out)
    assert run_["extreme"] == 45


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no column recorded_at"),
        (b"time,heart_rate\n1,2\n", "has no column recorded_at"),
        (b"recorded_at,pulse\n2024-01-01T00:00:00Z,2\n", "no column of a vital sign"),
        (b"recorded_at,spo2,spo2\n", "names a column twice: spo2"),
        (b"recorded_at,spo2\n", "it has no readings"),
        (b"recorded_at,spo2\nx,2\n", "no line can be imported (line 2"),
        (b"recorded_at,spo2\n2024-01-01T00:00:00Z,\xff\xfe\n", "text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_nothing_is_written(
    nicu: Nicu, tmp_path: Path, content: bytes, reason: str
) -> None:
    ward_with_a_baby(nicu)
    file = tmp_path / "odd.csv"
    file.write_bytes(content)
    said = nicu("import", "csv", file, "--mrn", "A-1")
    assert said.code == 2
    assert reason in said.err.splitlines()[-1]
    assert json.loads(nicu("events", "--mrn", "A-1", "--criterion", "spo2<100:0", "--json").out) == []


def test_an_unknown_mrn_is_one_line_that_does_not_repeat_it(nicu: Nicu, tmp_path: Path) -> None:
    file = tmp_path / "good.csv"
    file.write_text(HEADING + "2024-01-01T00:00:00Z,150,95\n")
    said = nicu("import", "csv", file, "--mrn", "777123")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "no baby with this MRN" in said.err
    assert "nicu admit" in said.err
    assert "777123" not in said.err


def test_of_two_words_about_one_instant_the_last_counts(nicu: Nicu, tmp_path: Path) -> None:
    ward_with_a_baby(nicu)
    file = tmp_path / "twice.csv"
    file.write_text(HEADING + "2024-01-01T00:00:00Z,150,95\n2024-01-01T00:00:02Z,151,95\n2024-01-01T00:00:00Z,,60\n")
    assert "1 followed by another" in nicu("import", "csv", file, "--mrn", "A-1").err
    (run_,) = json.loads(nicu("events", "--mrn", "A-1", "--criterion", "spo2<80:2", "--json").out)
    assert (run_["extreme"], run_["duration_s"]) == (60, 2)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--criterion", "pulse<100:4"), "'pulse' is not a vital sign"),
        (("--criterion", "heart_rate 100"), "is not a criterion"),
        (("--definition", "mine"), "there is no definition 'mine'"),
        (("--definition", "uva", "--criterion", "spo2<80:10"), "not both"),
        (("--from", "2024-01-02", "--to", "2024-01-01"), "--to must be later"),
        (("--from", "tomorrow"), "is not an ISO 8601 instant"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_line(bed33: Nicu, arguments: tuple[str, ...], reason: str) -> None:
    said = bed33("events", "--mrn", "bed33", *arguments)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert reason in said.err


def test_a_person_reads_a_table(bed33: Nicu) -> None:
    said = bed33("events", "--mrn", "bed33")
    assert "2024-01-01 00:05:54" in said.out
    assert "8 s" in said.out
    assert said.err == "1 event\n"
    assert bed33("alarms", "--mrn", "bed33").err == "No such alarms\n"
    assert bed33("alarms", "--status", "never").code == 2
