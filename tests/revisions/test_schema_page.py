"""The page about the schema says what the tables are."""

from pathlib import Path

from nicu_dashboard.adapters.sql.tables import metadata
from tools.print_schema import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "schema.md"


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text("utf-8") == page() + "\n"


def test_every_column_is_explained() -> None:
    unexplained = [str(column) for table in metadata.tables.values() for column in table.columns if not column.doc]
    assert unexplained == []
