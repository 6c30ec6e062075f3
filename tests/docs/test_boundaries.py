"""The inner rooms stand on Python alone; the contracts in pyproject.toml guard the rest."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "nicu_dashboard"
WORLD = {"asyncio", "logging", "os", "pathlib", "random", "socket", "sqlite3", "subprocess", "threading", "time"}


def imported(file: Path) -> Iterator[str]:
    """The top-level names that a file imports, the package's own modules left out."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        yield from (top for name in names if (top := name.partition(".")[0]) != "nicu_dashboard")


def files(room: str) -> list[Path]:
    """Every Python file of a room."""
    return sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("file", [*files("domain"), *files("ports")], ids=lambda file: str(file.relative_to(PACKAGE)))
def test_domain_and_ports_import_the_standard_library_alone(file: Path) -> None:
    assert set(imported(file)) <= sys.stdlib_module_names


@pytest.mark.parametrize("file", files("domain"), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_domain_touches_neither_clock_nor_disk_nor_network(file: Path) -> None:
    assert not set(imported(file)) & WORLD
