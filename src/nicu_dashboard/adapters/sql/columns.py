"""Column types and constraints that read the same on SQLite and PostgreSQL."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import REAL, BigInteger, CheckConstraint, Column, Float, Identity, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from nicu_dashboard.domain.instants import from_datetime, to_datetime

metadata = MetaData(
    naming_convention={
        "ix": "idx_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer(), "sqlite")
Real = Float(53).with_variant(REAL(), "sqlite").with_variant(DOUBLE_PRECISION(), "postgresql")


class _Timestamp(TypeDecorator[int]):
    """timestamptz whose Python value is epoch milliseconds, converted without passing through a float."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the aware datetime of epoch ms."""
        return None if value is None else to_datetime(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return epoch ms of an aware datetime."""
        return None if value is None else from_datetime(value)


class _JsonText(TypeDecorator[Any]):
    """JSON kept as text; None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return compact JSON."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return what the JSON says."""
        return None if value is None else json.loads(value)


# Epoch milliseconds UTC in Python; INTEGER on SQLite (40 % smaller than ISO text), timestamptz on PostgreSQL.
Instant = Integer().with_variant(_Timestamp(), "postgresql")
Json = _JsonText().with_variant(JSONB(none_as_null=True), "postgresql")


def one_of(column: str, *words: str) -> CheckConstraint:
    """Return the check that a text column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def identity(doc: str) -> Column[int]:
    """Return the `id` column that counts up and is never used again."""
    return Column("id", BigId, Identity(), primary_key=True, doc=doc)


def instant(name: str, doc: str, nullable: bool = False) -> Column[int]:
    """Return an instant column (epoch ms in Python)."""
    return Column(name, Instant, nullable=nullable, doc=doc)


def words(name: str, doc: str, nullable: bool = False) -> Column[str]:
    """Return a text column."""
    return Column(name, Text, nullable=nullable, doc=doc)
