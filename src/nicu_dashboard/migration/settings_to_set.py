"""What a person has to set after a move, without secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path

from dotenv import dotenv_values

from nicu_dashboard.adapters.sql.seals import BESIDE, KEY_FILE, is_configured

SET_IT = "Set this (add the password, if there is one) and start the dashboard again."


def write_url(target: str, file: Path) -> None:
    """Put the new home's address, password and all, into the file that DATABASE_URL_FILE names (mode 0600)."""
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(target + "\n")
        out.flush()
        os.fsync(out.fileno())
    partial.rename(file)


def setting_of(target: str) -> str:
    """Return the line that names the new home, without its password."""
    if "://" in target:
        shown = re.sub(r"^([a-z+]+://[^:/@?#]*):[^@]*@", r"\1@", target)
        shown = re.sub(r"(?<=[?&])(password|sslpassword)=[^&]*&?", "", shown).rstrip("?&")
        return f"DATABASE_URL={shown}"
    plain = re.sub(r"\b(password|sslpassword)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)\s*", "", target).strip()
    return f'DATABASE_URL="{plain}"'


def seal_settings() -> dict[str, str]:
    """Return the environment with `.env` beneath it, as the dashboard reads the settings of its audit trail's key."""
    beneath = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**beneath, **os.environ}


def audit_key_of(source: Path) -> list[str]:
    """Return the line that keeps the audit trail's key in use: it lay beside the SQLite file."""
    key = source.absolute().with_name(source.name + BESIDE)
    return [f"{KEY_FILE}={key}"] if key.exists() and not is_configured(seal_settings()) else []
