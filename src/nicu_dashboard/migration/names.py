"""Names: quoting for both databases, and names that PostgreSQL would cut or refuse."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

POSTGRES_NAME_BYTES = 63
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


def quoted(name: str) -> str:
    """Return the name in double quotes, which SQLite and PostgreSQL read alike."""
    return '"' + name.replace('"', '""') + '"'


def quoted_list(names: Collection[str]) -> str:
    """Return quoted names with commas between them."""
    return ", ".join(quoted(name) for name in names)


def literal(text: str) -> str:
    """Return the text as a string literal of PostgreSQL (standard_conforming_strings)."""
    return "'" + text.replace("'", "''") + "'"


def postgres_name(name: str, taken: Collection[str] = ()) -> str:
    """Return the name PostgreSQL can keep: not empty, at most 63 bytes, no system column, none of `taken`."""
    wanted = name or "_"
    if wanted in SYSTEM_COLUMNS:
        wanted += "_"
    if len(wanted.encode()) <= POSTGRES_NAME_BYTES and wanted not in taken:
        return wanted
    digest = hashlib.sha256(f"{name}\0{len(taken) if wanted in taken else 0}".encode()).hexdigest()[:8]
    kept = wanted.encode()[: POSTGRES_NAME_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}"
