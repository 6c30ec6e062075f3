"""Cots, admissions, people and keys from the command line."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nicu_dashboard.services.accounts import token_hash
from tests.cli.conftest import Nicu


def listed(nicu: Nicu) -> list[tuple[str, str | None]]:
    """Which baby lies in which cot."""
    return [(cot["label"], cot["mrn"]) for cot in json.loads(nicu("cot", "list", "--json").out)]


def test_a_baby_comes_moves_and_goes(nicu: Nicu) -> None:
    assert nicu("cot", "add", "NICU-01", "NICU-02").code == 0
    about = ("--name", "Lindqvist, Baby of Eva", "--ga", "28+3", "--sex", "female", "--weight-g", "1100")
    assert nicu("admit", "--mrn", "A-1", "--cot", "NICU-01", "--born", "2024-01-01T08:30Z", *about).code == 0
    assert listed(nicu) == [("NICU-01", "A-1"), ("NICU-02", None)]
    assert nicu("transfer", "--mrn", "A-1", "--cot", "NICU-02").code == 0
    assert listed(nicu) == [("NICU-01", None), ("NICU-02", "A-1")]
    assert nicu("discharge", "--mrn", "A-1").code == 0
    assert listed(nicu) == [("NICU-01", None), ("NICU-02", None)]
    verified = nicu("audit", "verify")
    assert (verified.code, verified.err.splitlines()[-1]) == (0, "6 rows, 1 to 6, 0 anchors, 0 faults")


@pytest.mark.parametrize(
    ("arguments", "cause", "remedy"),
    [
        (("cot", "add", "NICU-01"), "a cot NICU-01 already", "nicu cot list"),
        (("cot", "add", "NICU-03", "NICU-03"), "nothing was added", "nicu cot list"),
        (("admit", "--mrn", "B-2", "--cot", "NICU-01"), "NICU-01 is taken", "transfer or discharge"),
        (("admit", "--mrn", "B-2", "--cot", "NICU-09"), "no cot 'NICU-09'", "nicu cot add NICU-09"),
        (("admit", "--mrn", "A-1", "--cot", "NICU-02"), "already admitted in NICU-01", "transfer"),
        (("admit", "--mrn", "B-2", "--cot", "NICU-02", "--ga", "28.3"), "gestational age", "28+3"),
        (("admit", "--mrn", "B-2", "--cot", "NICU-02", "--born", "2024-01-01T08:30"), "no time zone", "add Z"),
        (("admit", "--mrn", "B-2", "--cot", "NICU-02", "--weight-g", "80"), "weight", "nicu admit --help"),
        (("transfer", "--mrn", "Z-9", "--cot", "NICU-02"), "no baby with this MRN", "nicu admit"),
        (("discharge", "--mrn", "Z-9"), "no baby with this MRN", "nicu admit"),
    ],
)
def test_what_cannot_be_is_one_line_with_the_remedy(
    nicu: Nicu, arguments: tuple[str, ...], cause: str, remedy: str
) -> None:
    nicu("cot", "add", "NICU-01", "NICU-02")
    nicu("admit", "--mrn", "A-1", "--cot", "NICU-01")
    before = listed(nicu)
    said = nicu(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert cause in said.err
    assert remedy in said.err
    assert listed(nicu) == before


def test_a_user_is_added_with_a_password_from_a_file(
    nicu: Nicu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse battery\n")
    monkeypatch.setenv("NICU_NEW_PASSWORD_FILE", str(secret))
    assert nicu("user", "add", "eva", "--role", "charge nurse").code == 0
    again = nicu("user", "add", "eva")
    assert (again.code, "already" in again.err) == (2, True)
    assert nicu("user", "disable", "eva").code == 0
    (user,) = json.loads(nicu("user", "list", "--json").out)
    assert user == {"name": "eva", "display_name": "eva", "role": "charge nurse", "units": None, "disabled": True}


def test_a_short_password_is_refused_and_never_repeated(
    nicu: Nicu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3same\n")
    monkeypatch.setenv("NICU_NEW_PASSWORD_FILE", str(secret))
    said = nicu("user", "add", "eva")
    assert said.code == 2
    assert "at least 12" in said.err
    assert "s3same" not in said.err + said.out


def test_a_password_is_no_option(nicu: Nicu) -> None:
    assert nicu("user", "add", "eva", "--password", "correct horse battery").code == 2


def test_a_key_is_printed_alone_and_kept_as_a_hash(nicu: Nicu, tmp_path: Path) -> None:
    made = nicu("key", "add", "gateway-1")
    key = made.out.strip()
    assert made.out == f"{key}\n"
    assert key not in made.err
    with closing(sqlite3.connect(tmp_path / "nicu.db")) as connection:
        kept = "\n".join(connection.iterdump())
    assert key not in kept
    assert token_hash(key) in kept
    assert nicu("key", "disable", "gateway-1").code == 0
    sends = {"scope": ["send readings"], "units": [1], "expires_at": None}
    assert json.loads(nicu("key", "list", "--json").out) == [{"name": "gateway-1", "disabled": True, **sends}]


def test_a_changed_audit_row_is_found_and_named(nicu: Nicu, tmp_path: Path) -> None:
    nicu("cot", "add", "NICU-01", "NICU-02", "NICU-03")
    with closing(sqlite3.connect(tmp_path / "nicu.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_log_keeps_content")
        connection.execute("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2")
    said = nicu("audit", "verify")
    assert said.code == 1
    assert "Row 2 was changed" in said.err
    assert said.err.endswith("the first bad row is 2\n")


def test_an_anchor_remembers_the_rows_that_were_cut_off(nicu: Nicu, tmp_path: Path) -> None:
    nicu("cot", "add", "NICU-01", "NICU-02", "NICU-03")
    assert nicu("audit", "anchor").err == "The trail is anchored up to row 3\n"
    with closing(sqlite3.connect(tmp_path / "nicu.db")) as connection, connection:
        connection.execute("DROP TRIGGER audit_log_keeps_rows")
        connection.execute("DELETE FROM audit_log WHERE seq = 3")
        connection.execute("UPDATE counters SET value = 2 WHERE name = 'audit'")
    found = json.loads(nicu("audit", "verify", "--json").out)
    assert (found["whole"], found["first_bad"], found["anchors"]) == (False, 3, 1)


def test_a_key_is_made_once_and_is_its_owners_alone(nicu: Nicu, tmp_path: Path) -> None:
    file = tmp_path / "audit.key"
    assert nicu("audit", "new-key", str(file)).code == 0
    assert (file.stat().st_mode & 0o777, len(file.read_text()) > 40) == (0o600, True)
    again = nicu("audit", "new-key", str(file))
    assert (again.code, "never written over" in again.err) == (2, True)


def test_the_check_names_what_is_still_to_be_done(nicu: Nicu) -> None:
    said = nicu("db", "check", "--json")
    report = json.loads(said.out)
    assert said.code == 0
    assert (report["status"], report["database"]["schema"], report["damage"]) == ("healthy", "head", [])
    assert any("nicu user add" in step for step in report["next"])


def test_an_upgrade_of_a_new_store_has_nothing_to_do(nicu: Nicu) -> None:
    said = nicu("db", "upgrade")
    assert (said.code, "nothing to do" in said.err) == (0, True)
