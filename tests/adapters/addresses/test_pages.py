"""The pages about connecting say what the program knows, no more and no less."""

import re
from pathlib import Path

import pytest

from nicu_dashboard.adapters.sql.addresses.faults import SENTENCES
from nicu_dashboard.adapters.sql.addresses.parameters import NUMBERS, PRISMA
from nicu_dashboard.adapters.sql.addresses.pools import CONTAINER, SERVER, SERVERLESS, Deployment
from nicu_dashboard.adapters.sql.addresses.providers import PROVIDERS, Provider
from nicu_dashboard.adapters.sql.addresses.reading import read_address

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference" / "providers.md").read_text()
HOW_TO = (DOCS / "how-to" / "connect-postgresql.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table under a heading, by their first cell."""
    section = REFERENCE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {first: rest for first, *rest in cells[2:]}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.title)
def test_every_provider_has_its_row_with_its_mode(provider: Provider) -> None:
    assert rows("Providers")[provider.title][1] == provider.pool_mode


def test_no_provider_is_on_the_page_alone() -> None:
    assert set(rows("Providers")) == {provider.title for provider in PROVIDERS}


def test_every_fault_has_its_row_with_its_words() -> None:
    assert {kind: sentence for kind, (sentence,) in rows("Faults").items()} == SENTENCES


@pytest.mark.parametrize("kind", [SERVERLESS, CONTAINER, SERVER], ids=lambda kind: kind.name)
def test_every_deployment_has_its_range(kind: Deployment) -> None:
    told, usual, default = rows("Pool size")[kind.name]
    assert (usual, default) == (f"{kind.low} to {kind.high}", str(kind.default))
    assert all(f"`{sign}`" in told for sign in kind.signs)


def test_every_translated_parameter_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)", " ".join(rows("Parameters"))))
    assert explained == PRISMA


def test_every_setting_is_explained_with_its_range() -> None:
    settings = rows("Settings")
    for name in ("DB_POOL_SIZE", "DB_CONNECT_TIMEOUT", "DB_IDLE_TIMEOUT"):
        low, high, _ = NUMBERS[name]
        assert f"{low} to {high}" in settings[f"`{name}`"][0]


def test_the_addresses_of_the_how_to_are_understood() -> None:
    urls = re.findall(r"^DATABASE_(?:DIRECT_)?URL=(\S+)$", HOW_TO, re.MULTILINE)
    assert len(urls) == 5
    for url in urls:
        without_files = re.sub(r"&sslrootcert=[^&]+", "", url)
        assert read_address(without_files, {}).sslmode == "verify-full"


def test_the_commands_of_the_how_to_are_understood() -> None:
    commands = re.findall(r"^DB_PASSWORD_COMMAND=(.+)$", HOW_TO, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        source = read_address("postgresql://nicu@localhost/ward", {"DB_PASSWORD_COMMAND": command}).password_source
        assert source is not None
        assert source.command
