"""The configuration of pgBackRest on the how-to page, run: from an archive through a mistake to the second before."""

import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.conftest import program
from tests.contracts.ward import Ward
from tests.operations.conftest import ask, fill
from tests.postgres import PostgresServer, programs_of
from tests.waiting import within

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "back-up-and-restore.md"


def blocks() -> tuple[str, dict[str, str]]:
    """The two configurations of the page: pgBackRest's own, and the server's settings."""
    own, server = re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return own, dict(re.findall(r"^(\w+) = '?(.*?)'?$", server, re.MULTILINE))


@dataclass
class Archived:
    """A server whose log is archived, with the program that does it."""

    server: PostgresServer
    command: list[str]

    def __call__(self, *arguments: str) -> str:
        account = self.server.account
        user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
        done = subprocess.run(
            [*self.command, *arguments], capture_output=True, text=True, check=False, cwd="/", user=user, group=group,
            extra_groups=[] if account else None, env={"PATH": os.environ["PATH"], "HOME": "/"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def archived() -> Iterator[Archived]:
    """A server with the page's settings, its paths and port put in place of the page's."""
    pgbackrest = program("pgbackrest")
    own, settings = blocks()
    # Debian's pgBackRest knows Debian's PostgreSQL, not always a newer one.
    server = PostgresServer(settings={"autovacuum": "off"}, programs=programs_of("oldest"))
    folder = Path(tempfile.mkdtemp(prefix="nicu-pgbackrest-"))
    config = folder / "pgbackrest.conf"
    for line, value in {
        "repo1-path": folder / "repo", "log-path": folder / "log", "lock-path": folder / "lock",
        "pg1-path": server.data, "pg1-port": server.port, "pg1-socket-path": folder,
        "repo1-cipher-pass": secrets.token_urlsafe(48),
    }.items():  # fmt: skip
        own, found = re.subn(rf"^{line}=.*$", f"{line}={value}", own, flags=re.MULTILINE)
        assert found == 1
    config.write_text(f"{own}pg1-user=postgres\n")  # the page's commands are run by that account; these may not be
    archive = settings["archive_command"].replace("pgbackrest", f"{pgbackrest} --config={config}", 1)
    server.settings |= {**settings, "archive_command": archive, "unix_socket_directories": str(folder)}
    if server.account:
        _give(folder, server.account)
    try:
        server.start()
        yield Archived(server, [str(pgbackrest), f"--config={config}", "--stanza=nicu"])
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _give(folder: Path, account: pwd.struct_passwd) -> None:
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)


def test_the_second_before_a_mistake_comes_back(archived: Archived) -> None:
    server = archived.server
    url = server.url("postgres")
    archived("stanza-create")
    archived("check")
    store = open_store(url)
    fill(store, 500)
    archived("--type=full", "backup")
    time.sleep(1.1)  # it counts whole seconds, and goes back to a copy that was finished in an earlier one
    ward = Ward(store)
    ward.store(ward.reading(1, heart_rate=151))
    store.close()
    time.sleep(0.1)
    ((before,),) = ask(url, "SELECT now()::text")
    time.sleep(0.1)
    ask(url, "DELETE FROM vitals")
    ask(url, "SELECT pg_switch_wal()")
    server.stop()
    archived("--delta", "--type=time", f"--target={before}", "--target-action=promote", "restore")
    server.start()
    assert ask(url, "SELECT count(*) FROM vitals") == [(501,)]
    within(20, lambda: ask(url, "SELECT pg_is_in_recovery()") == [(False,)], "the server is its own master again")
    assert "status: ok" in archived("info")
