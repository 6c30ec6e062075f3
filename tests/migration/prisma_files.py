"""A file of the earlier, Prisma-based dashboard: as Prisma makes its tables, with the habits and faults of years."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

NIGHT_MS = 1_704_067_200_000
ARGON = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$" + "a" * 43
SCHEMA = """
CREATE TABLE "_prisma_migrations" ("id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME,
    "migration_name" TEXT NOT NULL, "logs" TEXT, "rolled_back_at" DATETIME,
    "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0);
CREATE TABLE "beds" ("id" TEXT NOT NULL PRIMARY KEY, "bedNumber" TEXT NOT NULL,
    "isOccupied" BOOLEAN NOT NULL DEFAULT false);
CREATE TABLE "patients" ("id" TEXT NOT NULL PRIMARY KEY, "mrn" TEXT, "firstName" TEXT NOT NULL,
    "lastName" TEXT NOT NULL,
    "gender" TEXT, "dateOfBirth" DATETIME NOT NULL, "gestationalAgeWeeks" INTEGER, "gestationalAgeDays" INTEGER,
    "birthWeight" REAL, "bedId" TEXT, "admittedAt" DATETIME, "dischargedAt" DATETIME, "metadata" JSONB,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "patients_bedId_fkey" FOREIGN KEY ("bedId") REFERENCES "beds" ("id")
        ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE "devices" ("id" TEXT NOT NULL PRIMARY KEY, "serialNumber" TEXT NOT NULL, "type" TEXT NOT NULL,
    "lastSeen" DATETIME);
CREATE TABLE "vitals" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "patientId" TEXT NOT NULL, "deviceId" TEXT,
    "timestamp" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "heartRate" INTEGER, "spo2" REAL,
    "respiratoryRate" INTEGER, "temperature" REAL, "systolicBp" INTEGER,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "alarms" ("id" TEXT NOT NULL PRIMARY KEY, "patientId" TEXT NOT NULL, "type" TEXT NOT NULL,
    "severity" TEXT NOT NULL, "status" TEXT NOT NULL DEFAULT 'ACTIVE', "message" TEXT NOT NULL, "value" REAL,
    "threshold" REAL, "triggeredAt" DATETIME NOT NULL, "resolvedAt" DATETIME);
CREATE TABLE "users" ("id" TEXT NOT NULL PRIMARY KEY, "username" TEXT NOT NULL, "name" TEXT,
    "passwordHash" TEXT NOT NULL, "role" TEXT NOT NULL, "isActive" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" DATETIME NOT NULL);
CREATE TABLE "alarm_acknowledgments" ("id" TEXT NOT NULL PRIMARY KEY, "alarmId" TEXT NOT NULL, "userId" TEXT NOT NULL,
    "acknowledgedAt" DATETIME NOT NULL, "note" TEXT);
CREATE TABLE "audit_logs" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "userId" TEXT, "action" TEXT NOT NULL,
    "entityType" TEXT, "entityId" TEXT, "details" JSONB, "ipAddress" TEXT,
    "timestamp" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "shift_notes" ("id" TEXT NOT NULL PRIMARY KEY, "patientId" TEXT NOT NULL, "text" TEXT NOT NULL,
    "isPrivate" BOOLEAN NOT NULL, "tags" JSONB, "writtenAt" DATETIME NOT NULL);
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");
CREATE INDEX "vitals_patientId_timestamp_idx" ON "vitals"("patientId", "timestamp");
INSERT INTO "_prisma_migrations" VALUES ('m1', 'x', 1700000000123, '20231114_init', NULL, NULL, 1700000000000, 1);
"""


def habit(at_ms: int, number: int) -> int | str:
    """One instant as Prisma, a script, or SQLite's CURRENT_TIMESTAMP wrote it: all in one column."""
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    if number % 3 == 0:
        return at_ms
    if number % 3 == 1 or at_ms % 1_000:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1_000:03}Z"
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def build(path: Path, seconds: int = 400, faults: bool = False) -> Path:
    """Write a file of two babies; with `faults` also what a real one has after years."""
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(SCHEMA)
        _ward(file)
        chance = random.Random(5)
        vitals = [
            (f"ckpat{1 + number % 2}", "ckdev1" if number % 5 else None, habit(NIGHT_MS + number // 2 * 1_000, number),
             chance.randint(90, 190), round(chance.uniform(80, 100), 1), chance.randint(20, 70), 36.9,
             60 if number % 60 == 0 else None, habit(NIGHT_MS + number // 2 * 1_000 + 300, number))
            for number in range(2 * seconds)
        ]  # fmt: skip
        file.executemany(
            'INSERT INTO vitals ("patientId", "deviceId", "timestamp", "heartRate", "spo2", "respiratoryRate",'
            ' "temperature", "systolicBp", "createdAt") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', vitals,
        )  # fmt: skip
        file.executemany(
            'INSERT INTO audit_logs ("userId", "action", "entityType", "entityId", "details", "timestamp")'
            " VALUES (?, ?, 'Patient', 'ckpat1', ?, ?)",
            [("ckuser1", f"VIEW {at}", '{"b": 1, "a": "é"}', habit(NIGHT_MS - at * 1_000, at)) for at in range(30)],
        )
        if faults:
            _faults(file)
    return path


def _ward(file: sqlite3.Connection) -> None:
    at = habit
    file.executemany("INSERT INTO beds VALUES (?, ?, ?)", [("ckbed1", "NICU-01", 1), ("ckbed2", "NICU-02", 0)])
    file.executemany(
        f"INSERT INTO patients VALUES ({', '.join('?' * 15)})",
        [
            ("ckpat1", "MRN-1", "Ada", "Lovelace", "FEMALE", at(NIGHT_MS - 86_400_000, 2), 28, 3, 980.0, "ckbed1",
             at(NIGHT_MS, 0), None, '{"twin": true}', at(NIGHT_MS, 2), at(NIGHT_MS, 1)),
            ("ckpat2", "MRN-2", "Bo", "O'Hara", None, at(NIGHT_MS, 0), 30, None, None, "ckbed2", at(NIGHT_MS, 1),
             at(NIGHT_MS + 300_000, 0), None, at(NIGHT_MS, 2), at(NIGHT_MS, 0)),
        ],
    )  # fmt: skip
    file.execute("INSERT INTO devices VALUES ('ckdev1', 'SN-1', 'MONITOR', ?)", (at(NIGHT_MS, 0),))
    file.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", [
        ("ckuser1", "grete", "Grete", "$2b$10$abcdefghijklmnopqrstuv", "NURSE", 1, at(NIGHT_MS, 2)),
        ("ckuser2", "hugo", None, ARGON, "DOCTOR", 1, at(NIGHT_MS, 0)),
    ])  # fmt: skip
    file.executemany("INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
        ("ckal1", "ckpat1", "LOW_SPO2", "CRITICAL", "RESOLVED", "SpO2 78 < 80", 78.0, 80.0, at(NIGHT_MS + 60_000, 1),
         at(NIGHT_MS + 90_000, 0)),
        ("ckal2", "ckpat1", "BRADYCARDIA", "WARNING", "ACKNOWLEDGED", "HR 70", 70.0, 80.0,
         at(NIGHT_MS + 120_000, 0), None),
        ("ckal3", "ckpat2", "LOW_BATTERY", "INFO", "ACTIVE", "Battery 5 %", None, None,
         at(NIGHT_MS + 130_000, 2), None),
    ])  # fmt: skip
    file.executemany("INSERT INTO alarm_acknowledgments VALUES (?, ?, ?, ?, ?)", [
        ("ckack1", "ckal2", "ckuser1", at(NIGHT_MS + 125_000, 0), "stimulated"),
        ("ckack2", "ckal2", "ckuser2", at(NIGHT_MS + 127_000, 1), None),
    ])  # fmt: skip
    file.execute(
        "INSERT INTO shift_notes VALUES ('ckn1', 'ckpat1', 'slept', 1, '[\"calm\"]', ?)", (at(NIGHT_MS + 1, 1),)
    )


def _faults(file: sqlite3.Connection) -> None:
    said = 'INSERT INTO vitals ("patientId", "deviceId", "timestamp", "heartRate", "createdAt") VALUES (?, ?, ?, ?, ?)'
    file.execute(said, ("ckgone", None, NIGHT_MS, 120, NIGHT_MS))
    file.execute(said, ("ckpat1", None, "yesterday", 120, NIGHT_MS))
    file.execute(said, ("ckpat1", "ckdev1", NIGHT_MS + 1_000, 121, NIGHT_MS))
    file.execute(said, ("ckpat1", "ckdev1", NIGHT_MS + 900_000, 9_999, NIGHT_MS))
    file.execute(
        "INSERT INTO patients SELECT 'ckpat3', NULL, 'No', 'Number', gender, \"dateOfBirth\", NULL, NULL, NULL, NULL,"
        ' NULL, NULL, NULL, "createdAt", "updatedAt" FROM patients LIMIT 1'
    )
    file.execute("INSERT INTO alarm_acknowledgments VALUES ('ckack3', 'ckgone', 'ckuser1', 1704067200000, NULL)")
    file.execute("INSERT INTO users VALUES ('ckuser3', 'ida', 'Ida', 'x', 'WIZARD', 1, 1704067200000)")
