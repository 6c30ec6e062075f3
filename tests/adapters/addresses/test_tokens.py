"""A password that lives for minutes is minted for each connection: by a command, or by an installed package."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from nicu_dashboard.adapters.sql.addresses import tokens
from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault
from nicu_dashboard.adapters.sql.addresses.dialling import dial
from nicu_dashboard.adapters.sql.addresses.engine import postgresql_engine
from nicu_dashboard.adapters.sql.addresses.faults import ConnectFault
from nicu_dashboard.adapters.sql.addresses.reading import read_address
from nicu_dashboard.adapters.sql.addresses.tokens import mint
from tests.adapters.addresses.conftest import GuardedServer

HOOK = """
def mint(*, host, port, user, database):
    return f"{user}-token"

def broken(**place):
    raise RuntimeError("Zaubernuss")

def wordless(**place):
    return None
"""
ENTRY_POINTS = """
[nicu_dashboard.database_passwords]
wards-own = ward_hook:mint
broken = ward_hook:broken
wordless = ward_hook:wordless
"""


def python(code: str) -> str:
    """Return a command that runs a line of Python."""
    return shlex.join([sys.executable, "-c", code])


def address(command: str, url: str = "postgresql://minted@localhost/ward") -> Address:
    """Return an address whose password a command mints."""
    return read_address(url, {"DB_PASSWORD_COMMAND": command})


@pytest.fixture
def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with entry points that mint passwords."""
    (tmp_path / "ward_hook.py").write_text(HOOK)
    info = tmp_path / "ward_hook-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ward-hook\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("ward_hook", None)


def test_every_connection_takes_the_password_of_its_moment(guarded: GuardedServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    engine = postgresql_engine(address(f"cat {shlex.quote(str(token))}", guarded.url("minted")))
    for password in ("first", "second", "third/#@?"):
        token.write_text(password + "\n")
        guarded.execute(f"ALTER ROLE minted PASSWORD '{password}'")
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == "minted"
        engine.dispose()
    guarded.execute("ALTER ROLE minted PASSWORD 'changed'")
    with pytest.raises(ConnectFault, match="refuses this user or password"), engine.connect():
        pass


def test_an_open_connection_outlives_its_token(guarded: GuardedServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    guarded.execute("ALTER ROLE minted PASSWORD 'first'")
    with dial(address(f"cat {shlex.quote(str(token))}", guarded.url("minted"))) as connection:
        guarded.execute("ALTER ROLE minted PASSWORD 'second'")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_command_is_told_the_place_in_libpqs_words() -> None:
    names = ("PGUSER", "PGHOST", "PGPORT", "PGDATABASE")
    command = python(f"import os; print(*(os.environ[name] for name in {names}))")
    assert mint(address(command)) == "minted localhost 5432 ward"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/nowhere/mint", "cannot be run (no such file or directory)"),
        (python("raise SystemExit(3)"), "ended with exit code 3"),
        (python("pass"), "gave 0 lines"),
        (python("print('Zaubernuss'); print('more')"), "gave 2 lines"),
        (python("import os; os.write(1, b'\\xff\\xfe')"), "its output is not text"),
        ("yes Zaubernuss", "gave more than 65536 bytes"),
        (python("import sys; print('Zaubernuss', file=sys.stderr); sys.exit(1)"), "run it by hand"),
    ],
)
def test_a_command_that_fails_is_named_and_its_words_are_not_shown(command: str, says: str) -> None:
    with pytest.raises(AddressFault) as refusal:
        mint(address(command))
    assert says in str(refusal.value)
    assert "Zaubernuss" not in str(refusal.value)


def test_a_command_is_waited_for_and_what_it_leaves_running_is_not(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    # What runs on has the command's own output open until somebody writes into the file.
    assert mint(address(f"sh -c 'cat {held} & echo token'")) == "token"
    held.open("w").close()
    assert mint(address(python("import os, time; os.write(1, b'token'); os.close(1); time.sleep(0.2)"))) == "token"


def test_a_command_that_prints_nothing_in_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_PATIENCE_S", 1)
    with pytest.raises(AddressFault, match="gave no password within 1 seconds"):
        mint(address("sleep 60"))


def test_a_command_with_an_open_quote_is_refused() -> None:
    with pytest.raises(AddressFault, match="quote that is not closed"):
        address("mint 'token")


@pytest.mark.usefixtures("hooks")
def test_an_installed_package_may_mint_the_password() -> None:
    found = read_address("postgresql://minted@localhost/ward", {"DB_PASSWORD_ENTRY_POINT": "wards-own"})
    assert mint(found) == "minted-token"


@pytest.mark.usefixtures("hooks")
@pytest.mark.parametrize(("name", "says"), [("broken", "failed with RuntimeError"), ("wordless", "gave 0 lines")])
def test_a_package_that_fails_is_named_and_its_words_are_not_shown(name: str, says: str) -> None:
    found = read_address("postgresql://minted@localhost/ward", {"DB_PASSWORD_ENTRY_POINT": name})
    with pytest.raises(AddressFault) as refusal:
        mint(found)
    assert says in str(refusal.value)
    assert "Zaubernuss" not in str(refusal.value)
