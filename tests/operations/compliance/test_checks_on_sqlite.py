"""The checks that need no server find what was spoiled on purpose in a file's store, and pass before."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event

from nicu_dashboard.adapters.anchor_sinks import FileSink
from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.operations.compliance.patches import AS_OF, judged_sqlite
from nicu_dashboard.operations.compliance.run import CHECKS
from nicu_dashboard.operations.compliance.scene import Scene
from tests.operations.compliance.conftest import ADMIN, AT, later

DAY = 86_400_000


@contextmanager
def _scene(store: Database, **environ: str) -> Iterator[Scene]:
    yield Scene(store, store, environ, AT)


def test_a_file_that_others_may_read(sqlite_store: Database) -> None:
    path = Path(sqlite_store.address.database)
    with _scene(sqlite_store) as scene:
        assert CHECKS["rest.file"].look(scene).state == "pass"
        path.chmod(0o644)
        assert CHECKS["rest.file"].look(scene).evidence == f"others may read {path.name}"
        assert CHECKS["priv.triggers"].look(scene).state == "pass"
        with sqlite_store.writing() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_log_keeps_rows")
        assert CHECKS["priv.triggers"].look(scene).evidence == "missing: audit_log_keeps_rows"


def test_a_spool_that_others_may_enter(sqlite_store: Database, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    with _scene(sqlite_store, NICU_SPOOL_DIR=str(folder)) as scene:
        assert CHECKS["rest.spool"].look(scene).state == "unknown"
        folder.mkdir(mode=0o700)
        assert CHECKS["rest.spool"].look(scene).state == "pass"
        folder.chmod(0o750)
        assert CHECKS["rest.spool"].look(scene).evidence == "mode 0750: others may enter spool"
    with _scene(sqlite_store, NICU_SPOOL_MB="0") as scene:
        assert CHECKS["rest.spool"].look(scene).state == "pass"


def test_where_key_and_anchors_are_kept(sqlite_store: Database, tmp_path: Path) -> None:
    SqlPeople(sqlite_store).record(ADMIN.entry(AT, "did", "something"))
    key, file = tmp_path / "elsewhere.key", tmp_path / "elsewhere.anchors"
    key.write_text("x" * 40)
    key.chmod(0o640)
    own = {"NICU_AUDIT_KEY_FILE": str(key), "NICU_AUDIT_ANCHOR_FILE": str(file)}
    with _scene(sqlite_store) as beside, _scene(sqlite_store, **own) as outside:
        assert CHECKS["app.audit_key"].look(beside).state == "warn"
        assert CHECKS["app.audit_key"].look(outside).state == "fail"
        key.chmod(0o600)
        assert CHECKS["app.audit_key"].look(outside).state == "pass"
        assert CHECKS["app.anchors"].look(outside).state == "fail"
        taken = SqlAnchors(sqlite_store).take(AT)
        assert taken is not None
        FileSink(file).keep(taken.line)
        assert CHECKS["app.anchors"].look(outside).state == "pass"
        assert CHECKS["app.anchors"].look(later(outside, 1)).evidence == "the last anchor is 24 hours old"


def test_people_and_their_keys(sqlite_store: Database) -> None:
    people = SqlPeople(sqlite_store)
    with _scene(sqlite_store) as scene:
        assert CHECKS["app.users"].look(scene).state == "fail"
        added = people.add_user("eva", "Eva", "physician", "hash", ADMIN.entry(AT, "user.add", "user eva"))
        assert CHECKS["app.users"].look(scene).state == "pass"
        people.add_user("Station", "Station", "nurse", "hash", ADMIN.entry(AT, "user.add", "user"))
        assert CHECKS["app.users"].look(scene).state == "warn"
        assert CHECKS["app.second_factor"].look(scene).state == "fail"
        assert CHECKS["app.unused"].look(scene).state == "pass"
        assert CHECKS["app.unused"].look(later(scene, 91)).state == "warn"
        assert CHECKS["app.reads"].look(scene).state == "pass"
        people.open_session("token", added.id, AT, AT + DAY, ADMIN.entry(AT, "session.open", "user eva"))
        assert CHECKS["app.reads"].look(scene).state == "fail"
        with sqlite_store.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO second_factors (user_id, kind, name, secret, created_at)"
                f" VALUES ({added.id}, 'totp', 'phone', 'x', {AT})"
            )
            connection.exec_driver_sql(
                "INSERT INTO device_keys (name, key_hash, scope, created_at) VALUES ('gateway', 'x', '[]', 0)"
            )
            connection.exec_driver_sql(
                "INSERT INTO break_glass (user_id, session_hash, reason, began_at, ends_at)"
                f" VALUES ({added.id}, 'x', 'arrest', {AT - 8 * DAY}, {AT - 8 * DAY + 1})"
            )
        assert CHECKS["app.second_factor"].look(scene).state == "pass"
        assert CHECKS["app.keys"].look(scene).state == "warn"
        assert CHECKS["app.emergency"].look(scene).state == "warn"
    with _scene(sqlite_store, NICU_ALLOW_INSECURE_DATABASE="1", NICU_LOG_LEVEL="debug") as scene:
        assert CHECKS["app.insecure"].look(scene).state == "fail"
        assert CHECKS["phi.own_log"].look(scene).state == "warn"
    with _scene(sqlite_store, NICU_ALLOW_INSECURE_ENGINE="1") as scene:
        assert CHECKS["app.insecure"].look(scene).evidence == "NICU_ALLOW_INSECURE_ENGINE=1"


def test_a_session_that_was_given_longer(sqlite_store: Database) -> None:
    people = SqlPeople(sqlite_store)
    eva = people.add_user("eva", "Eva", "nurse", "hash", ADMIN.entry(AT, "user.add", "user eva"))
    people.open_session("usual", eva.id, AT, AT + DAY // 2, ADMIN.entry(AT, "session.open", "user eva"))
    with _scene(sqlite_store) as scene:
        assert CHECKS["app.log_off"].look(scene).state == "pass"
        people.open_session("endless", eva.id, AT, AT + 365 * DAY, ADMIN.entry(AT, "session.open", "user eva"))
        assert CHECKS["app.log_off"].look(scene).state == "fail"


def test_an_old_library(sqlite_store: Database) -> None:
    listed = parse_instant(f"{AS_OF}T12:00:00Z")
    assert [judged_sqlite(version, listed).state for version in ("3.40.1", "3.50.2", "3.54.1")] == [
        "warn",
        "pass",
        "pass",
    ]
    assert "is stale" in judged_sqlite("3.54.1", listed + 121 * DAY).evidence
    with _scene(sqlite_store) as scene:

        def old(connection: sqlite3.Connection, *_: object) -> None:
            connection.create_function("sqlite_version", 0, lambda: "3.31.1")

        event.listen(sqlite_store.reader, "checkout", old)
        assert CHECKS["patch.sqlite"].look(scene).state == "warn"
