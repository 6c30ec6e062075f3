"""Generated columns: arithmetic that means the same in both databases; all others are kept as plain values."""

from __future__ import annotations

from collections.abc import Mapping

from nicu_dashboard.migration.names import quoted
from nicu_dashboard.migration.plan import ColumnPlan
from nicu_dashboard.migration.sqltext import tokens, unquoted

SAME_SIGNS = frozenset("+-*().0123456789")
NUMBERS = frozenset({"bigint", "double"})


def same_arithmetic(expression: str, result: ColumnPlan, columns: Mapping[str, ColumnPlan]) -> str | None:
    """Return the expression for PostgreSQL when it only adds, subtracts and multiplies number columns, else None.

    `columns` are the columns that are not generated, by their source name in lower case.
    """
    parts, kinds = list[str](), set[str]()
    for token in tokens(expression):
        if token.kind in ("word", "name"):
            column = columns.get(unquoted(token).lower())
            if column is None:
                return None
            kinds.add(column.kind.name)
            parts.append(quoted(column.name))
        elif token.text in SAME_SIGNS:
            parts.append(token.text)
        else:
            return None
    if not kinds or not kinds <= NUMBERS or result.kind.name not in NUMBERS:
        return None
    if result.kind.name == "bigint" and (kinds != {"bigint"} or "." in parts):
        return None
    return "".join(parts)
