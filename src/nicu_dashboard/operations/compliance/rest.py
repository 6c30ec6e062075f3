"""Is what lies on disks protected? 164.312(a)(2)(iv), 164.312(c)(1)."""

import os
from pathlib import Path

from nicu_dashboard.operations.compliance.attestations import attested
from nicu_dashboard.operations.compliance.check import Check, Finding, failed, passed, unseen, warned
from nicu_dashboard.operations.compliance.scene import Scene

CLAUSE = "164.312(a)(2)(iv)"


def checksums(scene: Scene) -> Finding:
    """They find pages that rotted; they hide nothing."""
    given = scene.effective("data_checksums")
    return (
        passed("data_checksums = on (integrity, no encryption)")
        if given == "on"
        else failed(f"data_checksums = {given}")
    )


def file_mode(scene: Scene) -> Finding:
    """Who on this machine may read the file of the store, its log and what lies beside it?"""
    path = Path(scene.app.address.database).expanduser()
    beside = [one for one in path.parent.glob(f"{path.name}*") if one.is_file()]
    if not beside:
        return unseen("the file of the database")
    open_ones = [one.name for one in beside if one.stat().st_mode & 0o077]
    return failed(f"others may read {', '.join(sorted(open_ones))}") if open_ones else passed("read by its owner alone")


def spool(scene: Scene) -> Finding:
    """Who on this machine may read what waits for the server? Readings lie there in clear."""
    if scene.environ.get("NICU_SPOOL_MB") == "0":
        return passed("nothing is spooled (NICU_SPOOL_MB=0)")
    folder = Path(scene.environ.get("NICU_SPOOL_DIR", "nicu-spool")).expanduser()
    try:
        there = folder.stat()
    except OSError:
        return Finding("unknown", f"no folder {folder.name} here: run this where the engine runs, with its settings")
    if there.st_mode & 0o077:
        return failed(f"mode {there.st_mode & 0o777:04o}: others may enter {folder.name}")
    # Whoever looks as root cannot tell the service's account from another.
    if there.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        return failed(f"{folder.name} belongs to user {there.st_uid}")
    return passed(f"mode {there.st_mode & 0o777:04o}, of user {there.st_uid}")


def passwords(scene: Scene) -> Finding:
    """How does the server keep passwords?"""
    given = scene.effective("password_encryption")
    return passed("scram-sha-256") if given == "scram-sha-256" else failed(f"password_encryption = {given}")


def stored_passwords(scene: Scene) -> Finding:
    """Are there still passwords kept the old way? Only a superuser may look."""
    rows = scene.ask("SELECT rolname FROM pg_authid WHERE rolcanlogin AND rolpassword LIKE 'md5%'")
    if rows is None:
        return unseen("pg_authid")
    return (
        warned(f"{len(rows)} roles keep an md5 password; set it again") if rows else passed("no md5 password is kept")
    )


CHECKS = (
    Check("rest.checksums", "Damaged pages are noticed", "164.312(c)(1)",
          "stop the server and run pg_checksums --enable", checksums, "postgresql"),
    Check("rest.file", "The file of the store is its owner's alone", CLAUSE,
          "chmod 600 on the file and what lies beside it", file_mode, "sqlite"),
    Check("rest.spool", "What waits for the server is its owner's alone", CLAUSE,
          "chown the folder in NICU_SPOOL_DIR to the account of nicu serve, and chmod 700 it", spool, "postgresql"),
    Check("rest.disk", "The disks of the store and of its copies are encrypted", CLAUSE,
          "encrypt them (LUKS, the provider's keys), then: nicu hipaa attest rest.disk --until DATE --statement TEXT",
          attested("rest.disk")),
    Check("rest.passwords", "Passwords of the server are kept as SCRAM", "164.312(d)",
          "ALTER SYSTEM SET password_encryption = 'scram-sha-256', then set the passwords again", passwords,
          "postgresql"),
    Check("rest.stored_passwords", "No password is kept the old way", "164.312(d)",
          "set these passwords again in psql: \\password ROLE", stored_passwords, "postgresql"),
)  # fmt: skip
