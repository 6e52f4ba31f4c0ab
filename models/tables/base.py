"""The common ground of all tables: one metadata with named constraints, and the few column types in use.

Tables are STRICT on SQLite. Times are whole minutes or microseconds since 1970-01-01T00:00Z, intervals
half-open. Every constraint has a name, because a migration can only keep what it can name.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Whole = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit whole number; SQLite's STRICT tables know it as INTEGER."""

LAST_POSITION = 1_000_000_000
"""Position of a record added later: after every record that was imported in an order."""


class Flag(TypeDecorator[bool]):
    """True or false; 0 or 1 in SQLite, whose STRICT tables have no boolean."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BOOLEAN where the database has it."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        """To the database."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """From the database."""
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """A JSON document: text in SQLite, JSONB in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB where the database has it."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """To the database; None is stored as NULL."""
        if value is None or dialect.name != "sqlite":
            return value
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """From the database."""
        return orjson.loads(value) if isinstance(value, str) and dialect.name == "sqlite" else value


def strict_table(name: str, *items: SchemaItem) -> Table:
    """A table of the common metadata, STRICT on SQLite."""
    return Table(name, metadata, *items, sqlite_strict=True)


def one_of(column: str, values: type[StrEnum] | type[IntEnum] | Iterable[str]) -> CheckConstraint:
    """The column holds one of these values, or NULL where NULL is allowed."""
    texts = [v.value if isinstance(v, StrEnum | IntEnum) else v for v in values]
    listed = ", ".join(str(text) if isinstance(text, int) else f"'{text}'" for text in texts)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def record_id(name: str = "id", **options: Any) -> Column[str]:
    """The primary key of a record: an opaque text."""
    return Column(name, Text, primary_key=True, **options)


def position() -> Column[int]:
    """Where the record stood in the import, so that a hospital loads in the order it was stored in."""
    return Column("position", Whole, nullable=False, server_default=str(LAST_POSITION))


def version_columns() -> tuple[Column[int], Column[int]]:
    """What a row with history carries: its version (1, 2, ...) and when this state became known."""
    return (
        Column("version", Whole, nullable=False),
        Column("recorded_microsecond", Whole, nullable=False),
    )


def history_of(table: Table) -> Table:
    """The table that keeps every state a row ever had, by key and version; filled by the database itself."""
    (key,) = table.primary_key.columns
    columns = [Column(column.name, column.type, nullable=column.nullable) for column in table.columns]
    keys = PrimaryKeyConstraint(key.name, "version")
    return strict_table(f"{table.name}_version", *columns, keys)
