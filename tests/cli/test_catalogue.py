"""A command loads what it needs and no more; what the catalogue says of it is its own word."""

import subprocess
import sys

from nicu_dashboard import bootstrap
from nicu_dashboard.cli.catalogue import COMMANDS, every_command

HEAVY = {"alembic", "fastapi", "httpx", "psycopg", "pydantic", "sqlalchemy", "webauthn"}


SCRIPT = """
import sys
from nicu_dashboard.cli.entry import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """Which of the heavy libraries a command line of `nicu` loads."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    assert "nicu_dashboard.cli.main" in modules
    return HEAVY & modules


def test_version_and_help_load_neither_database_nor_web() -> None:
    assert loaded("--version") == set()
    assert loaded("--help") == set()


def test_a_command_of_the_store_loads_neither_web_nor_the_history_of_the_schema() -> None:
    assert not loaded("cot", "list", "--help") & {"alembic", "fastapi", "httpx", "webauthn"}


def test_the_catalogue_says_of_each_command_what_its_own_help_says() -> None:
    own = {name: (command.help or "").split("\n\n")[0].split() for name, command in every_command().items()}
    assert {name: " ".join(words) for name, words in own.items()} == {
        name: place.line for name, place in COMMANDS.items()
    }


def test_every_name_of_the_wiring_is_where_it_is_said_to_be() -> None:
    for name in bootstrap.__all__:
        assert getattr(bootstrap, name).__name__ == name
