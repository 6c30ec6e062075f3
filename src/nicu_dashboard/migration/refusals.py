"""What either database said when it broke a command off, in words that hold no value, and what to do about it."""

from __future__ import annotations

import sqlite3

import psycopg

AGAIN = "Mend the cause and run the same command again."


def postgres_words(error: psycopg.Error, about: str = "") -> tuple[str, str]:
    """Return why PostgreSQL refused, `about` what it was, and what to do."""
    said = (error.diag.message_primary or "the connection is gone") + (f" ({about})" if about else "")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"the role lacks a right: {said}.", "Use the role that made the move, or grant the right to this one."
    if isinstance(error, psycopg.errors.OutOfMemory) and "max_locks_per_transaction" in (error.diag.message_hint or ""):
        return (
            "the server has no room to lock so many tables in one transaction.",
            "Raise max_locks_per_transaction there, for example to 1024, restart it, and run the same command again.",
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return f"the server's disk is full: {said}.", "Make room there and run the same command again: it goes on."
    return f"PostgreSQL refused or broke off: {said}.", AGAIN


def sqlite_words(error: sqlite3.Error) -> tuple[str, str]:
    """Return why a SQLite file cannot be used, and what to do."""
    if "disk is full" in str(error):
        return "the disk is full: a SQLite file could not be written.", "Make room or name another folder, then repeat."
    return f"a SQLite file cannot be used: {error}.", AGAIN
