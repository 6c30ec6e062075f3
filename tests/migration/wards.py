"""A dashboard's own SQLite file with something in every table, and a store as the program reads it."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Connection, LargeBinary, Table, Text, insert, select

from nicu_dashboard.adapters.sql.columns import Instant, Json
from nicu_dashboard.adapters.sql.engines import Database, connect
from nicu_dashboard.adapters.sql.limit_book import SqlLimitBook
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.tables import (
    attempts,
    break_glass,
    kiosks,
    lease,
    live_snapshot,
    login_steps,
    metadata,
    recovery_codes,
    second_factors,
    sources,
)
from nicu_dashboard.domain.limits import default_profile
from nicu_dashboard.domain.vitals import NoValue
from nicu_dashboard.ports.limit_book import LimitVersion
from nicu_dashboard.ports.tick import Quarantined, Rescan, SpellRow, SuspensionRow, Tick, VitalsRow
from tests.contracts.test_journal import LOW_SPO2, RAISED, desaturation, of_ada
from tests.contracts.ward import NIGHT, Ward, by_nurse
from tests.templates import copy_of_empty_store


def _fill_the_rest(connection: Connection) -> None:
    """Put a row into every table that is still empty, so that no new one is forgotten by these tests."""
    for table in metadata.sorted_tables:
        if not connection.execute(select(table).limit(1)).all():
            connection.execute(insert(table).values({column.name: _some(table, column) for column in table.columns}))


def _some(table: Table, column: Column[Any]) -> Any:
    checks = " ".join(str(item.sqltext) for item in table.constraints if isinstance(item, CheckConstraint))
    if allowed := re.search(rf"\b{column.name} IN \('([^']+)'", checks):
        return allowed[1]
    if column.type is Json:
        return {"b": [1, 2.5, None], "a": "é"}
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, LargeBinary):
        return b"\0\xff"
    if isinstance(column.type, Text):
        return f"some {column.name}"
    return NIGHT if column.type is Instant else 1


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a store for the length of a test's step."""
    database = connect(url, environ={})
    try:
        yield database
    finally:
        database.close()


def filled(path: Path, minutes: int = 3, seed: int = 1) -> Path:
    """Write a file with a small ward that has lived: every table holds something."""
    copy_of_empty_store(path)
    with opened(f"sqlite:///{path}") as database:
        ward = Ward(database)
        live(ward, 0, minutes * 60, seed)
        _people_act(database, ward)
    return path


def live(ward: Ward, from_s: int, to_s: int, seed: int = 1) -> None:
    """Let Ada be measured each second; now and then a value is missing, late, or corrected."""
    chance = random.Random(seed * 1_000_003 + from_s)
    rows = [_reading(ward, at, chance) for at in range(from_s, to_s)]
    for start in range(0, len(rows), 60):
        ward.store(*rows[start : start + 60])
    ward.store(
        ward.reading(from_s + 5, 9_000.0, heart_rate=99.0, fio2=0.3), ward.reading(from_s - 400, heart_rate=140.0)
    )


def _reading(ward: Ward, at: int, chance: random.Random) -> VitalsRow:
    spo2 = NoValue("lead off") if chance.random() < 0.02 else round(chance.uniform(80, 100), 1)
    return ward.reading(at, heart_rate=float(chance.randint(90, 190)), spo2=spo2, resp_rate=chance.uniform(20, 70))


def _people_act(database: Database, ward: Ward) -> None:
    people, book = SqlPeople(database), SqlLimitBook(database)
    nurse = people.add_user("grete", 'Grete O’Hara, ‘night’ \\ "shift"', "nurse", "$argon2id$v=19$x", by_nurse())
    people.open_session("0f" * 32, nurse.id, NIGHT, NIGHT + 3_600_000, by_nurse())
    people.add_key("gateway", "ab" * 32, by_nurse())
    over = dataclasses.replace(LOW_SPO2, id=2, presence="off", ended_at=NIGHT + 60_000, acknowledged_by="grete")
    ward.journal.reserve_ids("alarm", 8)
    ward.journal.commit(
        Tick(
            alarms=[of_ada(ward, LOW_SPO2), of_ada(ward, over)],
            transitions=[RAISED, dataclasses.replace(RAISED, alarm_id=2)],
            spells=[SpellRow(ward.baby.id, ward.cot.id, desaturation(30))],
            suspensions=[
                SuspensionRow(ward.cot.id, ward.baby.id, "off", "spo2:high", NIGHT, None, "room air", "grete"),
            ],
            quarantined=[Quarantined(NIGHT, "monitor-9", "NICU-77", "unknown cot", '{"naïve": "\\u2028 é"}')],
            rescans=[Rescan(ward.baby.id, NIGHT, NIGHT + 60_000)],
            audit=[by_nurse(detail={"why": 'é \\ " \n', "n": [1, 2.50, None, True], "z": {"b": 1, "aa": 2}})],
        )
    )
    ward.chart.annotate(ward.baby.id, NIGHT, "note", "slept, ate 12 ml — über Nacht", "grete", by_nurse())
    limits = LimitVersion(ward.baby.id, 1, default_profile(200), NIGHT, "grete", None)
    book.change(limits, 0, by_nurse())
    with database.writing() as connection:
        connection.execute(insert(sources).values(name="old", origin="import", interval_s=0.1 + 0.2))
        connection.execute(insert(live_snapshot).values(unit_id=1, seq=7, at=NIGHT, payload=bytes(range(256))))
        connection.execute(insert(lease).values(unit_id=1, holder="engine", epoch=3, expires_at=NIGHT))
        _doors(connection, nurse.id)
        _fill_the_rest(connection)


def _doors(connection: Connection, user_id: int) -> None:
    factor = {"user_id": user_id, "kind": "totp", "name": "telephone", "secret": "sealed", "counter": 59_000_000}
    connection.execute(insert(second_factors).values(factor | {"created_at": NIGHT}))
    connection.execute(insert(recovery_codes).values(code_hash="cd" * 32, user_id=user_id, created_at=NIGHT))
    step = {"token_hash": "ef" * 32, "kind": "second factor", "user_id": user_id, "data": {"next": "/é"}}
    connection.execute(insert(login_steps).values(step | {"expires_at": NIGHT + 1}))
    connection.execute(insert(attempts).values(key="01" * 32, count=3, began_at=NIGHT, locked_until=NIGHT + 1))
    connection.execute(insert(kiosks).values(name="corridor", code_expires_at=NIGHT, created_at=NIGHT))
    emergency = {"user_id": user_id, "session_hash": "0f" * 32, "reason": "arrest in “2”", "began_at": NIGHT}
    connection.execute(insert(break_glass).values(emergency | {"ends_at": NIGHT + 3_600_000, "verdict": "justified"}))


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table as the program reads it, in a fixed order."""
    with opened(url) as database, database.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }
