"""The two reports of the documentation are of real runs; `NICU_WRITE_REPORTS=1` writes them anew."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nicu_dashboard.adapters.anchor_sinks import FileSink
from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.operations.compliance import api, attestations, markdown
from tests.operations.compliance.conftest import ADMIN, AT, KEY, Clinic
from tests.operations.conftest import ask, run
from tests.postgres import running_server

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
DAY = 86_400_000
# Which minor release this machine's packages hold changes by the month.
MOVING = {"patch.server"}
_INTROS = {
    "hipaa-well": "`nicu hipaa check --remote --markdown` on a PostgreSQL server configured as the guides say",
    "hipaa-badly": "The same on a PostgreSQL server as it is after `initdb`, with a superuser in `DATABASE_URL`",
}


def compare(name: str, report: Mapping[str, Any]) -> None:
    """Hold a report against its page: the same checks in the same states; evidence and dates may differ."""
    page = REFERENCE / f"{name}.md"
    made = markdown.page(report, _INTROS[name])
    if os.environ.get("NICU_WRITE_REPORTS") == "1":
        page.write_text(made)
    assert states(made) == states(page.read_text())


def states(page: str) -> dict[str, str]:
    """Return the state of each check of a page."""
    found = dict(re.findall(r"^\| `([\w.]+)` [^|]+ \| [^a-z]*(\w+)", page, re.MULTILINE))
    return {name: state for name, state in found.items() if name not in MOVING}


def test_a_server_configured_well(clinic: Clinic, tmp_path: Path) -> None:
    database = clinic.open("nicu_app")
    people = SqlPeople(database)
    eva = people.add_user("eva.lindqvist", "Eva Lindqvist", "physician", "hash", ADMIN.entry(AT, "user.add", "user"))
    people.record(ADMIN.entry(AT, "backup drill", "database", ok=True))
    for name in ("rest.disk", "backup.elsewhere"):
        people.record(attestations.entry(name, "LUKS; a copy in the other building", AT + 90 * DAY, AT, ADMIN))
    clinic.run(
        "INSERT INTO second_factors (user_id, kind, name, secret, created_at)"
        f" VALUES ({eva.id}, 'totp', 'phone', 'x', now())"
    )
    taken = SqlAnchors(database).take(AT)
    assert taken is not None
    FileSink(clinic.anchor_file).keep(taken.line)
    (tmp_path / "spool").mkdir(mode=0o700)
    spool = str(tmp_path / "spool")
    environ = clinic.environ(NICU_HIPAA_URL=clinic.url("postgres"), NICU_SPOOL_DIR=spool)
    report = api.check(database, environ, AT, "127.0.0.1", remote=True)
    wrong = [result.shape() for result in report.results if result.is_wrong and result.check.id not in MOVING]
    assert wrong == []
    assert re.fullmatch(r"verifies \d\d technical items; \d+ remain manual", report.summary)
    compare("hipaa-well", report.shape())
    audit = clinic.environ(NICU_HIPAA_URL=clinic.url("nicu_audit"), NICU_SPOOL_DIR=spool)
    unseen = api.check(database, audit, AT, "127.0.0.1", remote=True)
    assert unseen.wrong == report.wrong
    assert unseen.counts["unknown"] > report.counts["unknown"]


def test_a_server_configured_badly(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool").chmod(0o755)
    with running_server(wal_level="minimal", max_wal_senders="0", listen_addresses="*") as server:
        database = open_store(server.url("postgres"), environ={})
        ask(server.url("postgres"), "ALTER SYSTEM SET log_min_duration_statement = 0")
        ask(server.url("postgres"), "SELECT pg_reload_conf(), pg_sleep(0.3)")
        report = api.check(database, {"NICU_SPOOL_DIR": str(tmp_path / "spool")}, AT, "0.0.0.0", remote=True)
        database.close()
    assert report.wrong > 15
    compare("hipaa-badly", report.shape())


# The command, on a SQLite file.


@pytest.fixture
def own(tmp_path: Path, sqlite_store: Database) -> dict[str, str]:
    """The settings of a store with somebody in it."""
    SqlPeople(sqlite_store).add_user("eva", "Eva", "nurse", "hash", ADMIN.entry(AT, "user.add", "user eva"))
    return {"DATABASE_URL": f"sqlite:///{sqlite_store.address.database}", "NICU_SECRET_KEY": KEY}


def test_the_command_says_what_is_wrong_and_keeps_the_run(own: dict[str, str], sqlite_store: Database) -> None:
    said = run("hipaa", "check", "--json", **own)
    report = json.loads(said.stdout)
    assert said.returncode == 1
    assert {one["id"] for one in report["checks"] if one["state"] == "fail"} >= {"backup.drill"}
    assert all(one["clause"].startswith("164.") for one in report["checks"])
    kept = api.last(sqlite_store)
    assert kept is not None
    assert kept["summary"] == report["summary"]
    assert SqlPeople(sqlite_store).audit(limit=1)[0]["action"] == "compliance.check"
    shown = run("hipaa", "check", "--markdown", **own).stdout
    assert "This is no statement of compliance" in shown


def test_what_was_accepted_for_a_time_fails_no_more(own: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    failing = [
        one["id"]
        for one in json.loads(run("hipaa", "check", "--json", **own).stdout)["checks"]
        if one["state"] == "fail"
    ]
    entry = '[[suppress]]\ncheck = "{}"\nreason = "being set up"\nby = "E. Lindqvist"\nexpires = {}\n'
    file.write_text("".join(entry.format(name, "2999-01-01") for name in failing))
    assert run("hipaa", "check", "--suppressions", str(file), **own).returncode == 0
    file.write_text("".join(entry.format(name, "2020-01-01") for name in failing))
    said = run("hipaa", "check", "--json", "--suppressions", str(file), **own)
    assert (said.returncode, json.loads(said.stdout)["suppressed"]) == (1, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[suppress]]\ncheck = "no.such"\nreason = "x"\nby = "y"\nexpires = 2999-01-01\n',
            "there is no check no.such",
        ),
        ('[[suppress]]\ncheck = "rest.file"\nreason = ""\nby = "y"\nexpires = 2999-01-01\n', "needs a reason"),
        ('[[suppress]]\ncheck = "rest.file"\nreason = "x"\nby = "y"\nexpires = "soon"\n', "YYYY-MM-DD"),
        ("[[suppress]]\n", "needs check, reason and by"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_file_of_suppressions_that_says_nothing_clear_is_refused(
    own: dict[str, str], tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(text)
    said = run("hipaa", "check", "--suppressions", str(file), **own)
    assert (said.returncode, words in said.stderr, said.stderr.count("\n")) == (2, True, 1)


def test_what_no_machine_sees_is_attested(own: dict[str, str]) -> None:
    wrong = run("hipaa", "attest", "net.listen", "--until", "2999-01-01", "--statement", "x", **own)
    assert (wrong.returncode, "rest.disk" in wrong.stderr) == (2, True)
    late = run("hipaa", "attest", "rest.disk", "--until", "2150-01-01", "--statement", "x", **own)
    assert (late.returncode, "within a year" in late.stderr) == (2, True)


def test_a_store_that_cannot_be_reached_could_not_run() -> None:
    said = run("hipaa", "check", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
