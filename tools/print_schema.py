"""Print the schema of the tables' definitions as SQL: `python tools/print_schema.py sqlite|postgresql`."""

import sys

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from nicu_dashboard.adapters.sql.tables import metadata

DIALECTS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def statements(name: str) -> list[str]:
    """Return what creates every table and index on this database, in order."""
    dialect = DIALECTS[name]()
    listed = []
    for table in metadata.sorted_tables:
        listed.append(str(CreateTable(table).compile(dialect=dialect)))
        listed += [
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda i: str(i.name))
        ]
    return ["\n".join(line.rstrip().replace("\t", "    ") for line in text.strip().splitlines()) for text in listed]


if __name__ == "__main__":
    print(";\n\n".join(statements(sys.argv[1])) + ";")
