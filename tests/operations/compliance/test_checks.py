"""Each check finds what was spoiled on purpose on a real server, and passes before."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.engines import connect
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.revisions import open_store
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.operations.compliance import attestations
from nicu_dashboard.operations.compliance.patches import AS_OF, judged
from nicu_dashboard.operations.compliance.run import CHECKS
from nicu_dashboard.operations.compliance.scene import Scene
from tests.adapters.addresses.pooler import pgbouncer
from tests.operations.compliance.conftest import ADMIN, AT, RULES, Clinic, later
from tests.postgres import running_server

DAY = 86_400_000
# The setting that is spoiled, and with what.
SETTINGS = {
    "tls.protocol": ("ssl_min_protocol_version", "TLSv1"),
    "log.connections": ("log_connections", "off"),
    "log.disconnections": ("log_disconnections", "off"),
    "log.prefix": ("log_line_prefix", "%m "),
}
# What the program's own role is told, over the server's settings.
ROLE = {
    "phi.statements": ("log_statement = 'all'", "log_statement"),
    "phi.parameters": ("log_parameter_max_length = -1", "log_parameter_max_length"),
    "phi.parameters_on_error": ("log_parameter_max_length_on_error = -1", "log_parameter_max_length_on_error"),
    "phi.verbosity": ("log_error_verbosity = 'default'", "log_error_verbosity"),
    "phi.error_statements": ("log_min_error_statement = 'error'", "log_min_error_statement"),
    "rest.passwords": ("password_encryption = 'md5'", "password_encryption"),
}
PUT_BACK = {"log_parameter_max_length": "0", "log_error_verbosity": "terse", "log_min_error_statement": "panic"}
RULE = {
    "tls.rules": "host all all 10.0.0.0/8 scram-sha-256",
    "net.ranges": "hostssl all all 0.0.0.0/0 scram-sha-256",
    "net.proof": "hostssl all someone 127.0.0.1/32 trust",
}
# What a superuser did, and how it is undone.
DEEDS = {
    "priv.flags": ("ALTER ROLE nicu_app CREATEDB", "ALTER ROLE nicu_app NOCREATEDB"),
    "priv.owns": ("ALTER TABLE units OWNER TO nicu_app", "ALTER TABLE units OWNER TO nicu_owner"),
    "priv.creates": ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
    "priv.appends": ("GRANT UPDATE ON audit_log TO nicu_app", "REVOKE UPDATE ON audit_log FROM nicu_app"),
    "priv.triggers": (
        "ALTER TABLE audit_log_first ENABLE TRIGGER audit_log_keeps_all",
        "ALTER TABLE audit_log_first ENABLE ALWAYS TRIGGER audit_log_keeps_all",
    ),
    "priv.row_security": (
        "ALTER TABLE vitals NO FORCE ROW LEVEL SECURITY", "ALTER TABLE vitals FORCE ROW LEVEL SECURITY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", SETTINGS)
def test_a_setting_of_the_server(clinic: Clinic, check: str) -> None:
    name, value = SETTINGS[check]
    assert clinic.look(check).state == "pass"
    clinic.set(name, value)
    try:
        assert clinic.look(check).state == "fail"
    finally:
        clinic.set(name, None)


@pytest.mark.parametrize("check", ROLE)
def test_a_setting_of_the_programs_role_goes_before_the_servers(clinic: Clinic, check: str) -> None:
    change, name = ROLE[check]
    assert clinic.look(check).state == "pass"
    clinic.run(f"ALTER ROLE nicu_app SET {change}")
    try:
        expected = "warn" if check == "phi.parameters" else "fail"
        assert clinic.look(check).state == expected
        if check == "phi.parameters":
            clinic.set("log_min_duration_statement", "0")
            assert clinic.look(check).state == "fail"
    finally:
        back = f"SET {name} = '{PUT_BACK[name]}'" if name in PUT_BACK else f"RESET {name}"
        clinic.run(f"ALTER ROLE nicu_app {back}")
        if check == "phi.parameters":
            clinic.set("log_min_duration_statement", None)


@pytest.mark.parametrize("check", RULE)
def test_a_rule_of_access(clinic: Clinic, check: str) -> None:
    assert clinic.look(check).state == "pass"
    clinic.rules(*RULES, RULE[check])
    try:
        assert clinic.look(check).state == "fail"
        assert clinic.look(check, clinic.scene(auditor="nicu_app")).state == "unknown"
    finally:
        clinic.rules()


@pytest.mark.parametrize("check", DEEDS)
def test_a_right_too_many(clinic: Clinic, check: str) -> None:
    spoil, mend = DEEDS[check]
    assert clinic.look(check).state == "pass"
    clinic.run(spoil)
    try:
        assert clinic.look(check).state == "fail"
    finally:
        clinic.run(mend)


def test_a_right_to_one_part_of_the_trail_alone(clinic: Clinic) -> None:
    clinic.run("GRANT DELETE ON audit_log_first TO nicu_app")
    try:
        assert clinic.look("priv.appends").evidence == "the program may change audit_log_first"
    finally:
        clinic.run("REVOKE DELETE ON audit_log_first FROM nicu_app")


def test_a_year_of_the_trail_that_nobody_closed(clinic: Clinic) -> None:
    scene = clinic.scene()
    assert clinic.look("priv.trail_parts", scene).state == "pass"
    assert clinic.look("priv.trail_parts", later(scene, 400)).state == "warn"


def test_a_server_with_a_public_address() -> None:
    """In a network of its own, where its address is nobody else's."""
    script = (
        "from tests.postgres import running_server\n"
        "from nicu_dashboard.adapters.sql.engines import connect\n"
        "from nicu_dashboard.operations.compliance.run import CHECKS\n"
        "from nicu_dashboard.operations.compliance.scene import Scene\n"
        "with running_server(listen_addresses='*') as server:\n"
        "    (server.data / 'pg_hba.conf').write_text('host all all all trust\\n')\n"
        "    server.stop(); server.start()\n"
        "    told = []\n"
        "    for host in ('11.1.1.1', '10.1.1.1'):\n"
        "        url = f'postgresql://postgres@{host}:{server.port}/postgres?sslmode=disable'\n"
        "        database = connect(url, 1, environ={'NICU_ALLOW_INSECURE_DATABASE': '1'})\n"
        "        told.append(CHECKS['net.private'].look(Scene(database, database, {}, 0, remote=True)).state)\n"
        "        database.close()\n"
        "    print(*told)\n"
    )
    net = 'ip link set lo up && ip addr add 11.1.1.1/32 dev lo && ip addr add 10.1.1.1/32 dev lo && exec "$@"'
    words = ("unshare", "--net", "sh", "-c", net, "sh", sys.executable, "-c", script)
    here = Path(__file__).resolve().parents[3]
    done = subprocess.run(words, capture_output=True, text=True, cwd=here, timeout=120)
    assert done.stdout.split() == ["fail", "pass"], done.stderr[-2_000:]


def test_a_plain_connection_is_really_tried(clinic: Clinic) -> None:
    assert clinic.look("tls.plain_refused").state == "pass"
    clinic.rules("host all all 127.0.0.1/32 scram-sha-256")
    try:
        assert clinic.look("tls.plain_refused").state == "fail"
    finally:
        clinic.rules()


def test_a_plain_connection_of_the_program(clinic: Clinic) -> None:
    told = clinic.look("tls.connection")
    assert (told.state, told.evidence) == ("pass", "from the program: TLS")
    clinic.rules("host all all 127.0.0.1/32 scram-sha-256")
    try:
        assert clinic.look("tls.connection", clinic.scene(tls="disable")).state == "fail"
    finally:
        clinic.rules()


def test_behind_a_pooler_both_ways_are_looked_at() -> None:
    with running_server() as server, pgbouncer(server, size=2) as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true"
        database = connect(url, 1, environ={})
        found = CHECKS["tls.connection"].look(Scene(database, database, {}, AT, remote=True))
        database.close()
    assert found.state == "fail"
    assert found.evidence == "from the program: not encrypted; from the pooler: not encrypted"


@pytest.mark.parametrize(("tls", "state"), [("verify-full", "pass"), ("require", "warn"), ("prefer", "fail")])
def test_whether_the_server_proves_its_name(clinic: Clinic, tls: str, state: str) -> None:
    assert clinic.look("tls.identity", clinic.scene(tls=tls)).state == state


@pytest.mark.parametrize(("days", "state"), [(300, "pass"), (5, "warn"), (-1, "fail")])
def test_how_long_the_certificate_is_good(clinic: Clinic, days: int, state: str) -> None:
    scene = clinic.scene()
    clinic.show(clinic.authority.sign("localhost", f"good_{days}", days=days))
    try:
        assert clinic.look("tls.certificate", scene).state == state
    finally:
        clinic.show(clinic.authority.sign("localhost", "server", days=300))


def test_browsers_without_tls(clinic: Clinic) -> None:
    scene = clinic.scene()
    assert clinic.look("tls.browsers", scene).state == "pass"
    assert clinic.look("tls.browsers", replace(scene, host="0.0.0.0")).state == "fail"


def test_an_extension_that_logs_parameters(clinic: Clinic) -> None:
    assert clinic.look("phi.extensions").state == "pass"
    changes = ("session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0")
    clinic.run(*(f"ALTER ROLE nicu_app SET {change}" for change in changes))
    try:
        assert clinic.look("phi.extensions").state == "fail"
    finally:
        clinic.run(*(f"ALTER ROLE nicu_app RESET {change.split(' ')[0]}" for change in changes))


def test_an_archive_that_refuses(clinic: Clinic) -> None:
    assert _eventually(lambda: clinic.look("backup.archived").state, "pass")
    assert clinic.look("backup.archived", later(clinic.scene(), 3)).state == "warn"
    assert clinic.look("backup.archived", later(clinic.scene(), -1)).evidence == "last archived 0 hours ago"
    clinic.set("archive_command", "/bin/false")
    try:
        clinic.run(
            "SELECT pg_switch_wal()", "CREATE TABLE filled (x int)", "DROP TABLE filled", "SELECT pg_switch_wal()"
        )
        assert _eventually(lambda: clinic.look("backup.archived").state, "fail")
    finally:
        clinic.set("archive_command", None)
        clinic.run("SELECT pg_switch_wal()")
    assert _eventually(lambda: clinic.look("backup.archived").state, "pass")


def test_a_server_that_was_never_set_up() -> None:
    settings = {"wal_level": "minimal", "max_wal_senders": "0", "archive_mode": "off", "listen_addresses": "*"}
    with running_server(**settings) as server:
        database = open_store(server.url("postgres"), environ={})
        scene = Scene(database, database, {}, AT, remote=True)
        states = {name: CHECKS[name].look(scene).state for name in NEVER_SET_UP}
        by_syslog = replace(scene, environ={"NICU_AUDIT_ANCHOR_SYSLOG": "udp://loghost:514"})
        told = CHECKS["app.anchors"].look(by_syslog).state
        database.close()
    assert (states, told) == (NEVER_SET_UP, "unknown")


NEVER_SET_UP = {
    "backup.wal": "fail", "backup.archiving": "fail", "backup.archived": "fail", "backup.drill": "fail",
    "rest.checksums": "fail", "net.listen": "warn", "net.proof": "fail", "tls.protocol": "fail",
    "tls.plain_refused": "fail", "priv.flags": "fail", "priv.owns": "fail", "priv.row_security": "fail",
    "app.audit_key": "fail", "app.anchors": "fail", "app.users": "fail",
}  # fmt: skip


def test_the_same_as_they_should_be(clinic: Clinic) -> None:
    scene = clinic.scene()
    for name in ("backup.wal", "backup.archiving", "backup.drill", "rest.checksums", "net.listen", "net.private"):
        assert clinic.look(name, scene).state == "pass", name
    assert clinic.look("backup.drill", later(scene, 100)).state == "warn"


def test_a_version_without_fixes(clinic: Clinic) -> None:
    scene = clinic.scene()
    assert clinic.look("patch.server", scene).state in ("pass", "warn", "fail")  # as the machine's packages are
    listed = parse_instant(f"{AS_OF}T12:00:00Z")
    assert judged(150_020, listed).state == "pass"
    assert judged(150_019, listed).evidence == "PostgreSQL 15.19: 15.20 was seen on 2026-11-13"
    assert judged(140_025, listed).state == "fail"  # since 2026-11-12 whatever its minor release
    assert [judged(number, listed).state for number in (170_010, 180_006, 190_001)] == ["warn"] * 3
    assert "that list is stale" in judged(150_020, listed + 121 * DAY).evidence
    assert "gets no fixes any more" in clinic.look("patch.server", later(scene, 3_000)).evidence


def test_an_old_password(clinic: Clinic) -> None:
    assert clinic.look("rest.stored_passwords").state == "pass"
    assert clinic.look("rest.stored_passwords", clinic.scene(auditor="nicu_audit")).state == "unknown"
    clinic.run("SET password_encryption = md5; CREATE ROLE old LOGIN PASSWORD 'x'")
    try:
        assert clinic.look("rest.stored_passwords").state == "warn"
    finally:
        clinic.run("DROP ROLE old")


def test_what_is_attested_holds_for_a_time_and_is_sealed(clinic: Clinic) -> None:
    scene = clinic.scene()
    assert clinic.look("rest.disk", scene).state == "manual"
    SqlPeople(scene.app).record(attestations.entry("rest.disk", "LUKS on both disks", AT + 90 * DAY, AT, ADMIN))
    assert clinic.look("rest.disk", scene).state == "pass"
    assert clinic.look("rest.disk", later(scene, 80)).state == "warn"
    assert clinic.look("rest.disk", later(scene, 91)).state == "fail"
    clinic.run(
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "UPDATE audit_log SET detail = replace(detail::text, 'LUKS', 'none')::jsonb WHERE action = 'compliance.attest'",
    )
    try:
        assert clinic.look("rest.disk", scene).state == "manual"
        assert clinic.look("app.chain", scene).state == "fail"
    finally:
        clinic.run(
            "UPDATE audit_log SET detail = replace(detail::text, 'none', 'LUKS')::jsonb"
            " WHERE action = 'compliance.attest'",
            "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_keeps_rows",
            "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_keeps_all",
        )
    assert clinic.look("app.chain", scene).state == "pass"


# What the program keeps is looked at on a SQLite file: the same on both.


def test_every_check_is_spoiled_somewhere() -> None:
    here = "".join(path.read_text() for path in Path(__file__).parent.glob("test_checks*.py"))
    by_hand = {name for name, check in CHECKS.items() if check.look.__qualname__.startswith("by_hand")}
    attested = {"backup.elsewhere"}
    assert [name for name in CHECKS if f'"{name}"' not in here and name not in by_hand | attested] == []


def _eventually(look: Callable[[], str], wanted: str) -> bool:
    until = time.monotonic() + 20
    while look() != wanted and time.monotonic() < until:
        time.sleep(0.2)
    return look() == wanted
