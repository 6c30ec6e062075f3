"""Least privilege and row level security: what each role sees and may, tried as that role."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import errors

from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.adapters.sql.tables import metadata
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.operations.audit.partitions import close_year
from nicu_dashboard.operations.optimizing import partitions
from nicu_dashboard.operations.optimizing.api import Wishes, optimize
from nicu_dashboard.operations.optimizing.periods import WEEKLY
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.roles import api, tables
from nicu_dashboard.operations.sessions import CannotCare
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import StoreUnavailable, Tick
from tests.adapters.addresses.pooler import pgbouncer
from tests.contracts.ward import NIGHT, Ward, by_nurse
from tests.operations.conftest import Told, ask, run
from tests.operations.test_optimizing import TODAY
from tests.postgres import PostgresServer


@dataclass
class Hospital:
    """Two units with a baby each, its roles in order; `as_` gives the URL of a role."""

    url: str
    prefix: str

    def as_(self, duty: str) -> str:
        return self.url.replace("postgres@", f"{self.prefix}_{duty}@")

    def sees(self, duty: str, statement: str, units: str | None = "*") -> list[tuple[object, ...]]:
        with psycopg.connect(self.as_(duty)) as connection:
            if units is not None:
                connection.execute("SELECT set_config('nicu.units', %s, true)", [units])
            return connection.execute(statement).fetchall()


@pytest.fixture
def hospital(store_url: str) -> Iterator[Hospital]:
    prefix = f"t{uuid.uuid4().hex[:8]}"
    store = open_store(store_url)
    ward = Ward(store)
    ward.store(ward.reading(1, heart_rate=140, spo2=95))
    other = (
        "INSERT INTO units (name) VALUES ('Special care');"
        "INSERT INTO cots (unit_id, label, position) VALUES (2, 'SC-01', 1);"
        "INSERT INTO patients (mrn) VALUES ('MRN-BEN');"
        "INSERT INTO admissions (patient_id, cot_id, admitted_at) VALUES (2, 3, now());"
        "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, spo2) VALUES (2, now(), now(), 1, 90);"
    )
    ask(store_url, other)
    api.apply(store, prefix, Report())
    store.close()
    yield Hospital(store_url, prefix)
    server = store_url.rpartition("/")[0] + "/postgres"
    ask(store_url, f"DROP OWNED BY {', '.join(f'{prefix}_{duty}' for duty in ('owner', 'app', 'readonly', 'audit'))}")
    for duty in ("owner", "app", "readonly", "audit"):
        ask(server, f"DROP ROLE {prefix}_{duty}")


def grant(hospital: Hospital, duty: str, unit: str) -> None:
    store = connect(hospital.url)
    api.grant(store, f"{hospital.prefix}_{duty}", unit, Report())
    store.close()


def test_every_table_is_either_open_or_judged_by_a_policy() -> None:
    assert tables.unjudged() == set()
    assert set(tables.SEEN) | tables.OPEN | {"audit_log"} == set(metadata.tables)


def test_a_reader_without_a_grant_sees_nothing(hospital: Hospital) -> None:
    for table in ("patients", "vitals", "admissions", "vitals_minute"):
        assert hospital.sees("readonly", f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_reader_sees_the_unit_granted_and_never_another(hospital: Hospital) -> None:
    grant(hospital, "readonly", "1")
    assert hospital.sees("readonly", "SELECT mrn FROM patients") == [("MRN-ADA",)]
    assert hospital.sees("readonly", "SELECT DISTINCT patient_id FROM vitals") == [(1,)]
    for units in ("1,2", "2", "*", "1, 2, 3"):
        assert (2,) not in hospital.sees("readonly", "SELECT id FROM patients", units)
        assert hospital.sees("readonly", "SELECT count(*) FROM vitals WHERE patient_id = 2", units) == [(0,)]


def test_a_session_that_names_no_unit_sees_nothing(hospital: Hospital) -> None:
    grant(hospital, "readonly", "*")
    for units in (None, "", "x", "99"):
        assert hospital.sees("readonly", "SELECT count(*) FROM patients", units) == [(0,)]
    assert hospital.sees("readonly", "SELECT count(*) FROM patients", "2") == [(1,)]


@pytest.mark.parametrize(
    "trick",
    [
        "ALTER TABLE vitals DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE vitals NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY nicu_units ON vitals",
        "SET row_security = off; SELECT count(*) FROM vitals",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "INSERT INTO nicu_guard.unit_grants VALUES (current_user, '*')",
        "SELECT * FROM nicu_guard.baby_units",
        "CREATE OR REPLACE FUNCTION nicu_guard.speaker() RETURNS name LANGUAGE sql AS $$ SELECT 'postgres'::name $$",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
        "CREATE TABLE mine (x int)",
        "COPY vitals TO PROGRAM 'cat'",
    ],
)
@pytest.mark.parametrize("duty", ["readonly", "app"])
def test_no_trick_turns_the_policy_off(hospital: Hospital, trick: str, duty: str) -> None:
    with psycopg.connect(hospital.as_(duty), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises((errors.InsufficientPrivilege, errors.InvalidParameterValue)):
            connection.execute(trick)


def test_the_owner_too_sees_only_what_it_speaks_for(hospital: Hospital) -> None:
    assert hospital.sees("owner", "SELECT count(*) FROM patients", None) == [(0,)]
    assert hospital.sees("owner", "SELECT count(*) FROM patients", "2") == [(1,)]


def test_the_audit_trail_is_only_appended_to(hospital: Hospital) -> None:
    with psycopg.connect(hospital.as_("app"), autocommit=True) as connection:
        for change in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(change)
    with psycopg.connect(hospital.as_("owner"), autocommit=True) as connection:
        assert connection.execute("UPDATE audit_log SET actor = 'x'").rowcount == 0
        assert connection.execute("DELETE FROM audit_log").rowcount == 0


def test_the_auditor_reads_the_trail_and_no_baby(hospital: Hospital) -> None:
    assert hospital.sees("audit", "SELECT count(*) > 0 FROM audit_log") == [(True,)]
    assert hospital.sees("audit", "SELECT count(*) FROM (SELECT id, name, role FROM users) AS u") == [(0,)]
    for secret in ("SELECT * FROM patients", "SELECT * FROM vitals", "SELECT password_hash FROM users"):
        with pytest.raises(errors.InsufficientPrivilege):
            hospital.sees("audit", secret)


def test_the_reader_reads_no_secrets_and_writes_nothing(hospital: Hospital) -> None:
    for statement in ("SELECT * FROM users", "SELECT * FROM sessions", "SELECT * FROM audit_log"):
        with pytest.raises(errors.InsufficientPrivilege):
            hospital.sees("readonly", statement)
    with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
        hospital.sees("readonly", "DELETE FROM vitals RETURNING 1")


def test_the_program_works_as_the_app_role(hospital: Hospital, store_url: str) -> None:
    store = open_store(hospital.as_("app"), environ={"NICU_UNITS": "1"})
    ward = Ward(store)
    assert ward.store(ward.reading(2, heart_rate=150), ward.reading(2, heart_rate=150)) == ["accepted", "duplicate"]
    assert ward.store(ward.reading(2, heart_rate=149, spo2=91)) == ["merged"]
    baby = ward.roster.add_patient(NewPatient("MRN-CLEO", "Cleo"), by_nurse())
    stay = ward.roster.admit(baby.id, "NICU-02", NIGHT, by_nurse())
    assert (stay.patient.mrn, [one.patient.mrn for one in ward.roster.stays()]) == ("MRN-CLEO", ["MRN-ADA", "MRN-CLEO"])
    ward.roster.discharge(baby.id, NIGHT + 60_000, by_nurse())
    number = ward.journal.reserve_ids("alarm", 1)[0]
    assert number == 1
    ward.journal.commit(Tick(audit=[by_nurse("looked")]))
    assert ward.chart.latest([ward.baby.id])[ward.baby.id][1] == {"heart_rate": 149.0, "spo2": 91.0}
    assert ward.chart.bounds(2) is None
    assert [found.mrn for found in ward.roster.patients()] == ["MRN-ADA", "MRN-CLEO"]
    assert ward.roster.version() == ask(store_url, "SELECT max(seq) FROM audit_log")[0][0]
    store.close()


def test_behind_a_pooler_units_are_said_in_each_transaction_and_never_reach_another_client(
    any_server: PostgresServer, hospital: Hospital
) -> None:
    with pgbouncer(any_server, size=1, user=f"{hospital.prefix}_app") as port:
        url = hospital.as_("app").replace(f":{any_server.port}/", f":{port}/") + "?pgbouncer=true"
        first, second = (open_store(url, environ={"NICU_UNITS": units}) for units in ("1", "2"))
        for _ in range(3):
            for store, mrn in ((first, "MRN-ADA"), (second, "MRN-BEN")):
                with store.reading() as connection:
                    assert connection.exec_driver_sql("SELECT mrn FROM patients").scalars().all() == [mrn]
        first.close()
        second.close()


def test_the_program_cannot_write_into_a_unit_it_does_not_speak_for(hospital: Hospital) -> None:
    store = open_store(hospital.as_("app"), environ={"NICU_UNITS": "2"})
    ward = object.__new__(Ward)
    ward.database = store
    with pytest.raises(StoreUnavailable, match="lacks a privilege"), store.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id) VALUES (1, now(), now(), 1)"
        )
    store.close()


def test_a_baby_and_its_history_move_with_its_stay(hospital: Hospital) -> None:
    grant(hospital, "readonly", "2")
    store = open_store(hospital.as_("app"))
    roster = Ward(store).roster
    assert hospital.sees("readonly", "SELECT count(*) FROM vitals WHERE patient_id = 1") == [(0,)]
    roster.discharge(2, TODAY * 2, by_nurse())
    roster.transfer(1, "SC-01", NIGHT + 1_000, by_nurse())
    store.close()
    assert hospital.sees("readonly", "SELECT count(*) FROM vitals WHERE patient_id = 1") == [(1,)]
    assert hospital.sees("app", "SELECT count(*) FROM patients WHERE id = 1", "1") == [(0,)]


def test_units_are_shown_to_the_owner_and_said_to_be_hidden_from_others(hospital: Hospital) -> None:
    grant(hospital, "readonly", "1")

    def told(duty: str) -> Told:
        return run("db", "roles", "--prefix", hospital.prefix, DATABASE_URL=hospital.as_(duty))

    units = [line.split()[-1] for line in told("owner").stdout.splitlines()[1:]]
    assert units == ["*", "*", "1", "none"]
    for duty in ("app", "readonly", "audit"):
        seen = told(duty)
        assert [line.split()[-1] for line in seen.stdout.splitlines()[1:]] == ["?"] * 4
        assert "this user may not see which units are granted" in seen.stderr
    assert f"\\password {hospital.prefix}_app" in told("owner").stderr


def test_a_grant_is_taken_back_at_once(hospital: Hospital) -> None:
    store = connect(hospital.url)
    name = f"{hospital.prefix}_readonly"
    api.grant(store, name, "Special care", Report())
    assert hospital.sees("readonly", "SELECT mrn FROM patients") == [("MRN-BEN",)]
    api.grant(store, name, "2", Report(), revoke=True)
    assert hospital.sees("readonly", "SELECT mrn FROM patients") == []
    with pytest.raises(CannotCare, match="there is no unit Attic"):
        api.grant(store, name, "Attic", Report())
    with pytest.raises(CannotCare, match="there is no role nobody_here"):
        api.grant(store, "nobody_here", "1", Report())
    store.close()


def test_roles_are_put_in_order_again_and_again(hospital: Hospital) -> None:
    store = connect(hospital.url)
    ask(hospital.url, "ALTER TABLE vitals NO FORCE ROW LEVEL SECURITY")
    assert not api.standing(store, hospital.prefix).in_order
    assert api.apply(store, hospital.prefix, Report()) == []
    found = api.standing(store, hospital.prefix)
    assert found.in_order
    app = next(role for role in found.roles if role.name.endswith("_app"))
    for setting in ("log_parameter_max_length=0", "log_error_verbosity=terse", "log_min_error_statement=panic"):
        assert setting in app.settings
    assert app.units == ("*",)
    ask(hospital.url, f"ALTER ROLE {app.name} CREATEDB")
    assert not api.standing(store, hospital.prefix).in_order
    store.close()


def test_the_app_role_is_no_more_than_it_needs(hospital: Hospital) -> None:
    me = "FROM pg_roles WHERE rolname = current_user"
    flags = f"SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls {me}"
    assert hospital.sees("app", flags) == [(False,) * 5]
    owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    assert hospital.sees("app", owned) == [(0,)]
    assert hospital.sees("app", "SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]
    assert hospital.sees("app", "SHOW log_parameter_max_length") == [("0",)]


def test_row_level_security_outlives_dividing_the_table(hospital: Hospital) -> None:
    store = connect(hospital.url)
    optimize(store, Wishes(WEEKLY), TODAY, Report())
    store.close()
    grant(hospital, "readonly", "1")
    assert hospital.sees("readonly", "SELECT DISTINCT patient_id FROM vitals") == [(1,)]
    with pytest.raises(errors.InsufficientPrivilege):
        hospital.sees("readonly", "SELECT * FROM vitals_past")
    owners = "SELECT count(DISTINCT relowner) FROM pg_class WHERE relname LIKE 'vitals%' AND relkind IN ('r', 'p')"
    assert ask(hospital.url, owners) == [(1,)]
    app = open_store(hospital.as_("app"))
    ward = Ward(app)
    assert ward.store(ward.reading(9, heart_rate=150)) == ["accepted"]
    app.close()


def test_whoever_does_not_see_every_row_may_not_divide_the_table(hospital: Hospital) -> None:
    owner = connect(hospital.as_("owner"))
    with pytest.raises(CannotCare, match="row level security hides rows of vitals from this user"):
        optimize(owner, Wishes(WEEKLY), TODAY, Report())
    owner.close()
    app = connect(hospital.as_("app"))
    with pytest.raises(CannotCare, match=r"only the owner of the tables may do this; use the user t\w+_owner"):
        optimize(app, Wishes(WEEKLY), TODAY, Report())
    app.close()


def test_the_owner_looks_after_tables_whose_rows_it_does_not_see(hospital: Hospital) -> None:
    store = connect(hospital.url)
    optimize(store, Wishes(WEEKLY), TODAY, Report())
    store.close()
    late, later = "2027-01-05 08:00:00+00", parse_instant("2027-01-10T08:00:00Z")
    ask(
        hospital.url,
        "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, spo2)"
        f" VALUES (1, '{late}', now(), 1, 91), (2, '{late}', now(), 1, 92)",
    )
    assert ask(hospital.url, "SELECT count(*) FROM vitals_future") == [(2,)]
    owner = connect(hospital.as_("owner"))
    made = partitions.make_ahead(owner, later, Report())
    assert close_year(owner, later, Report()) == "audit_log_2027"
    owner.close()
    assert ask(hospital.url, f"SELECT array_agg(spo2 ORDER BY spo2) FROM {made[0]}") == [([91, 92],)]
    for command in ("optimize", "maintain"):
        told = run("db", command, DATABASE_URL=hospital.as_("owner"))
        assert told.returncode == 0, told.stderr


def test_roles_need_a_user_who_may_make_them(hospital: Hospital) -> None:
    app = connect(hospital.as_("app"))
    with pytest.raises(CannotCare, match="creating roles needs a superuser or CREATEROLE"):
        api.apply(app, "another", Report())
    app.close()


def test_sqlite_has_no_roles(sqlite_store: Database) -> None:
    with pytest.raises(CannotCare, match="row level security needs PostgreSQL"):
        api.standing(sqlite_store, "nicu")


def test_names_of_units_in_the_environment_are_checked(store_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="NICU_UNITS takes numbers of units"):
        connect(store_url, environ={"NICU_UNITS": "one; DROP TABLE"})
