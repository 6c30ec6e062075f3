"""How much room the disk has that takes a target's tables, where the server is on this machine and the role may see."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg

GROWTH = 2.5
"""Room wanted in the target per byte of source: rows, indexes and the write-ahead log until its next checkpoint."""
HERE = ("", "localhost", "127.0.0.1", "::1")
TABLESPACE = """
SELECT t.spcname, pg_tablespace_location(t.oid) FROM pg_tablespace t WHERE t.oid = coalesce(
    (SELECT oid FROM pg_tablespace WHERE spcname = current_setting('default_tablespace')),
    (SELECT dattablespace FROM pg_database WHERE datname = current_database()))
"""


@dataclass(frozen=True)
class Room:
    """`free` bytes of the disk that `where` names; None where that cannot be told, `why` says the reason."""

    where: str = "the target's disk"
    free: int | None = None
    why: str = ""


def room_for(connection: psycopg.Connection[tuple[object, ...]]) -> Room:
    """Return the room where new tables go: the default tablespace's, else the database's, else the data directory."""
    host = connection.info.host
    if host not in HERE and not host.startswith("/"):
        return Room(why="the server is on another machine")
    try:
        with connection.transaction():
            name, location = connection.execute(TABLESPACE).fetchone() or ("", "")
            folder = Path(str(location))
            if not folder.is_absolute():  # the server's own, or a tablespace within its folder
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
                folder = Path(str(row[0] if row else "")) / folder
        return Room(f"the disk of the tablespace {name}" if location else Room.where, shutil.disk_usage(folder).free)
    except psycopg.errors.InsufficientPrivilege:
        return Room(why="the role may not see where it is (GRANT pg_read_all_settings would let it)")
    except (psycopg.Error, OSError):
        return Room(why="its folder cannot be seen from here")


def refusal_of(room: Room, source_bytes: int) -> list[str]:
    """Return what speaks against a disk for a source of this size."""
    needed = int(source_bytes * GROWTH)
    if room.free is None or room.free >= needed:
        return []
    return [f"{room.where} has {room.free:,} bytes free; about {needed:,} are needed"]


def advice_of(room: Room, source_bytes: int) -> list[str]:
    """Return what a person has to look at where nobody else could."""
    if room.free is not None:
        return []
    needed = int(source_bytes * GROWTH / 1_000_000) + 1
    return [f"Room on the target's disk was not looked at: {room.why}. About {needed:,} MB are needed."]
