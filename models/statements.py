"""Statements of the hot path: SQLAlchemy builds each once per connection, the driver's cursor runs it.

Building and running a Core statement takes 90 microseconds of processor time, running a built one 8 (a booking writes
a dozen rows). The SQL and the conversion of values are SQLAlchemy's all the same, and so are the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Select,
    Table,
    TextClause,
    bindparam,
    insert,
    literal_column,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Processor = Callable[[Any], Any]

_WHERE = "where_"
"""What the parameters of a condition are called, beside the columns that are set."""


@dataclass(frozen=True, slots=True)
class _Built:
    """The text in the driver's words; ``parameters`` in the order they stand in it, each with what turns a value into
    the driver's."""

    text: str
    parameters: tuple[tuple[str, Processor | None], ...]
    by_position: bool

    def arguments(self, values: Values) -> Any:
        """The driver's parameters of one execution."""
        if self.by_position:
            return [
                values[name] if process is None else process(values[name])
                for name, process in self.parameters
            ]
        return {
            name: values[name] if process is None else process(values[name])
            for name, process in self.parameters
        }


def insert_row(connection: Connection, table: Table, values: Values) -> None:
    """Insert one row. Raises ``IntegrityError`` if a guard or constraint refuses it."""
    columns = tuple(values)
    built = _built(connection, ("insert", table, columns), lambda: insert(table).inline(), columns)
    _run(connection, built, values)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows of the same columns."""
    if rows:
        columns = tuple(rows[0])
        built = _built(connection, ("insert", table, columns), lambda: insert(table).inline(), columns)
        _run_many(connection, built, rows)


def run_for_each(connection: Connection, statement: TextClause, rows: Sequence[Values]) -> int:
    """Run one statement, kept by the caller, for each of the rows; returns how many rows it changed in all."""
    return _run_many(connection, _built(connection, statement, lambda: statement, ()), rows)


def update_row(connection: Connection, table: Table, where: Values, values: Values) -> int:
    """Change the rows whose columns have the values of ``where``, counting their version up; returns how many."""
    return _update(connection, table, where, values, versioned=True)


def update_rows(connection: Connection, table: Table, where: Values, values: Values) -> int:
    """Change the rows whose columns have the values of ``where``, of a table without versions; returns how many."""
    return _update(connection, table, where, values, versioned=False)


def _update(connection: Connection, table: Table, where: Values, values: Values, *, versioned: bool) -> int:
    columns, conditions = tuple(values), tuple(where)

    def statement() -> ClauseElement:
        met = (table.c[name] == bindparam(_WHERE + name, type_=table.c[name].type) for name in conditions)
        changed = update(table).where(*met)
        return changed.values(version=table.c.version + literal_column("1")) if versioned else changed

    built = _built(connection, ("update", table, columns, conditions, versioned), statement, columns)
    return _run(connection, built, {**values, **{_WHERE + name: value for name, value in where.items()}})


def first_row(connection: Connection, statement: Select[Any], values: Values) -> dict[str, Any] | None:
    """The first row of a question, kept by the caller, by column; for columns of text and whole numbers alone, which
    come from the driver as they are."""
    built = _built(connection, statement, lambda: statement, ())
    with _Errors(connection, built):
        cursor = connection.connection.cursor()
        try:
            cursor.execute(built.text, built.arguments(values))
            found = cursor.fetchone()
        finally:
            cursor.close()
    return None if found is None else dict(zip(statement.selected_columns.keys(), found, strict=True))


def plain(connection: Connection, text: str) -> None:
    """A statement without parameters, such as a savepoint."""
    _run(connection, _Built(text, (), True), {})


def _run(connection: Connection, built: _Built, values: Values) -> int:
    with _Errors(connection, built):
        cursor = connection.connection.cursor()
        try:
            cursor.execute(built.text, built.arguments(values))
            return int(cursor.rowcount)
        finally:
            cursor.close()


def _run_many(connection: Connection, built: _Built, rows: Sequence[Values]) -> int:
    with _Errors(connection, built):
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(built.text, [built.arguments(row) for row in rows])
            return int(cursor.rowcount)
        finally:
            cursor.close()


def _built(
    connection: Connection, name: Hashable, statement: Callable[[], ClauseElement], columns: Iterable[str]
) -> _Built:
    # Kept beside the driver's connection, and gone with it.
    known: dict[Hashable, _Built] = connection.info.setdefault(__name__, {})
    found = known.get(name)
    if found is None:
        found = known[name] = _build(connection.dialect, statement(), columns)
    return found


def _build(dialect: Dialect, statement: ClauseElement, columns: Iterable[str]) -> _Built:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup if compiled.positional else list(compiled.binds)
    parameters = tuple((name, _processor(dialect, compiled.binds[name].type)) for name in names)
    return _Built(str(compiled), parameters, bool(compiled.positional))


def _processor(dialect: Dialect, column_type: TypeEngine[Any]) -> Processor | None:
    return column_type.dialect_impl(dialect).bind_processor(dialect)


class _Errors:
    """Turns the driver's errors into SQLAlchemy's, without the values (they may identify a patient)."""

    __slots__ = ("_built", "_connection")

    def __init__(self, connection: Connection, built: _Built) -> None:
        self._connection = connection
        self._built = built

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        dialect = self._connection.dialect
        driver: Any = dialect.loaded_dbapi.Error
        if isinstance(error, driver):
            raise DBAPIError.instance(
                self._built.text, None, error, driver, hide_parameters=True, dialect=dialect
            ) from error
