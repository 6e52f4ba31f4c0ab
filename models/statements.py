"""Statements of the hot path: SQLAlchemy builds each once per connection, the driver's cursor runs it.

Storing a person takes 14 microseconds of processor time instead of 28 (encrypted SQLite, its guards included), and a
booking writes a dozen rows. The SQL and the conversion of values are SQLAlchemy's all the same, and so are the errors.

Where the database is a server, each statement is a journey there and back, which takes longer than all the rest: there
those of a command are sent together (``sent_together``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
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

Missed = Callable[[], Exception]
"""What is raised where a statement that must change one row changes none."""

_QUEUE = f"{__name__}.queue"
"""Where a connection keeps what waits to be sent."""

_WHERE = "where_"
"""What the parameters of a condition are called, beside the columns that are set."""


@dataclass(frozen=True, slots=True)
class _Built:
    """The text in the driver's words; ``parameters`` in the order they stand in it, each with what turns a value into
    the driver's; the names of the ``columns`` it answers with, if it is a question."""

    text: str
    parameters: tuple[tuple[str, Processor | None], ...]
    by_position: bool
    columns: tuple[str, ...] = ()

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
    _run(connection, built, [values])


def insert_rows(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows of the same columns."""
    if rows:
        columns = tuple(rows[0])
        built = _built(connection, ("insert", table, columns), lambda: insert(table).inline(), columns)
        _run(connection, built, rows)


def run_for_each(
    connection: Connection, statement: TextClause, rows: Sequence[Values], missed: Missed
) -> None:
    """Run one statement, kept by the caller, for each of the rows; raises ``missed()`` unless each changed one row."""
    _run(connection, _built(connection, statement, lambda: statement, ()), rows, missed)


def update_row(connection: Connection, table: Table, where: Values, values: Values, missed: Missed) -> None:
    """Change the row whose columns have the values of ``where`` and count its version up; raises ``missed()`` if there
    is none."""
    _update(connection, table, where, values, versioned=True, missed=missed)


def update_rows(connection: Connection, table: Table, where: Values, values: Values) -> None:
    """Change the rows whose columns have the values of ``where``, however many, of a table without versions."""
    _update(connection, table, where, values, versioned=False)


def _update(
    connection: Connection,
    table: Table,
    where: Values,
    values: Values,
    *,
    versioned: bool,
    missed: Missed | None = None,
) -> None:
    columns, conditions = tuple(values), tuple(where)

    def statement() -> ClauseElement:
        met = (table.c[name] == bindparam(_WHERE + name, type_=table.c[name].type) for name in conditions)
        changed = update(table).where(*met)
        return changed.values(version=table.c.version + literal_column("1")) if versioned else changed

    built = _built(connection, ("update", table, columns, conditions, versioned), statement, columns)
    row = {**values, **{_WHERE + name: value for name, value in where.items()}}
    _run(connection, built, [row], missed)


def first_row(connection: Connection, statement: Select[Any], values: Values) -> dict[str, Any] | None:
    """The first row of a question, kept by the caller, by column; for columns of text, bytes and whole numbers alone,
    which come from the driver as they are."""
    send(connection)
    built = _built(connection, statement, lambda: statement, ())
    with _Errors(connection, built.text), closing(connection.connection.cursor()) as cursor:
        cursor.execute(built.text, built.arguments(values))
        found = cursor.fetchone()
    return None if found is None else dict(zip(built.columns, found, strict=True))


def plain(connection: Connection, text: str) -> None:
    """A statement without parameters, such as a savepoint."""
    _run(connection, _plain(text), [{}])


@cache
def _plain(text: str) -> _Built:
    return _Built(text, (), True)


def _run(connection: Connection, built: _Built, rows: Sequence[Values], missed: Missed | None = None) -> None:
    waiting = _Waiting(built.text, [built.arguments(row) for row in rows], missed)
    queue: list[_Waiting] | None = connection.info.get(_QUEUE)
    if queue is not None:
        queue.append(waiting)
        return
    with _Errors(connection, built.text), closing(connection.connection.cursor()) as cursor:
        if len(rows) == 1:
            cursor.execute(waiting.text, waiting.arguments[0])
        else:
            cursor.executemany(waiting.text, waiting.arguments)
        waiting.check(cursor.rowcount)


# --- sent together ------------------------------------------------------------------------------------------
@dataclass(slots=True, eq=False)
class _Waiting:
    """A statement with the parameters of each of its executions; ``missed`` as above."""

    text: str
    arguments: list[Any]
    missed: Missed | None

    def check(self, changed: int) -> None:
        """Raise if not every execution changed its row."""
        if self.missed is not None and changed != len(self.arguments):
            raise self.missed()


@contextmanager
def sent_together(connection: Connection) -> Iterator[None]:
    """Inside, statements wait until something is asked or ``send`` is called, and go to the server in one journey,
    which takes as long as one statement; what they raise is raised then. All are sent at the end. The engine sends what
    waits before it asks anything itself (``before_cursor_execute``)."""
    connection.info[_QUEUE] = []
    try:
        yield
        send(connection)
    finally:
        del connection.info[_QUEUE]


def send(connection: Connection) -> None:
    """Send what waits and check what came of it; whatever is raised, nothing waits any more."""
    queue: list[_Waiting] = connection.info.get(_QUEUE) or []
    together, queue[:] = list(queue), []
    if not together:
        return
    driver: Any = connection.connection.driver_connection
    ran: list[tuple[_Waiting, Any]] = []
    with _Errors(connection, f"{len(together)} statements sent together"), driver.pipeline():
        for waiting in together:
            for arguments in waiting.arguments:
                cursor = driver.cursor()
                cursor.execute(waiting.text, arguments)
                ran.append((waiting, cursor))
    for waiting in together:
        waiting.check(sum(cursor.rowcount for one, cursor in ran if one is waiting))


def forget(connection: Connection, since: str) -> bool:
    """Drop what waits from the plain statement ``since`` on, if it waits still (True), else all that waits: the rest
    is to be taken back where it was sent."""
    queue: list[_Waiting] = connection.info.get(_QUEUE) or []
    begun = [place for place, waiting in enumerate(queue) if waiting.text == since]
    del queue[begun[-1] if begun else 0 :]
    return bool(begun)


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
    answers = tuple(statement.selected_columns.keys()) if isinstance(statement, Select) else ()
    return _Built(str(compiled), parameters, bool(compiled.positional), answers)


def _processor(dialect: Dialect, column_type: TypeEngine[Any]) -> Processor | None:
    return column_type.dialect_impl(dialect).bind_processor(dialect)


class _Errors:
    """Turns the driver's errors into SQLAlchemy's, without the values (they may identify a patient)."""

    __slots__ = ("_connection", "_text")

    def __init__(self, connection: Connection, text: str) -> None:
        self._connection = connection
        self._text = text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        dialect = self._connection.dialect
        driver: Any = dialect.loaded_dbapi.Error
        if not isinstance(error, driver):
            return
        told = getattr(getattr(error, "diag", None), "message_primary", None)
        if told is not None:
            # The lines after the first quote the row that was refused.
            error.args = (told,)
        raise DBAPIError.instance(
            self._text, None, error, driver, hide_parameters=True, dialect=dialect
        ) from error
