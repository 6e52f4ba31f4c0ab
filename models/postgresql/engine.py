"""Connections to PostgreSQL: one that writes, some that only read.

- The writer reads what is committed at each statement (READ COMMITTED): what it may do is decided by the lock on
  the hospital's row and by the guards, not by SERIALIZABLE. Its commits wait for the disk whatever the server's
  default is.
- Readers see one snapshot per transaction (REPEATABLE READ) and cannot write.
- Tables live in a schema of their own, ahead of nothing but temporary tables, so that no table of another schema
  stands in for one of ours.
"""

from __future__ import annotations

import orjson
from sqlalchemy import URL, Engine, ExceptionContext, NullPool, QueuePool, create_engine, event

from models.statements import send

SCHEMA = "wardflow"
IDLE_SECONDS = 90
"""A process that hangs in the middle of a transaction keeps the others waiting no longer than this."""

_COMMON = (f"search_path={SCHEMA},pg_temp", "client_encoding=UTF8", "timezone=UTC")
_WRITER = ("synchronous_commit=on", f"idle_in_transaction_session_timeout={IDLE_SECONDS}s")
_READER = (r"default_transaction_isolation=repeatable\ read", "default_transaction_read_only=on")


def writer_engine(url: URL) -> Engine:
    """The engine of the one writing connection; a second checkout waits for the first to come back."""
    engine = _engine(url, _WRITER, 1)
    event.listen(engine, "before_cursor_execute", lambda connection, *_: send(connection))
    return engine


def reader_engine(url: URL, connections: int) -> Engine:
    """The engine of the reading connections."""
    return _engine(url, _READER, connections)


def plain_engine(url: URL) -> Engine:
    """Connections without a transaction of their own and without a pool: to look, to lock, to listen."""
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args=_arguments(()),
    )


def _engine(url: URL, settings: tuple[str, ...], pool_size: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_reset_on_return="rollback",
        hide_parameters=True,
        json_serializer=_text,
        json_deserializer=orjson.loads,
        connect_args=_arguments(settings),
    )
    event.listen(engine, "handle_error", _leave_values_out)
    return engine


def _leave_values_out(context: ExceptionContext) -> None:
    """Keep the first line of what the server says: the lines after it quote the row that was refused."""
    told = getattr(context.original_exception, "diag", None)
    wrapped = context.sqlalchemy_exception
    if told is None or told.message_primary is None or wrapped is None:
        return
    context.original_exception.args = (told.message_primary,)
    wrapped.args = (f"({type(context.original_exception).__name__}) {told.message_primary}",)


def _arguments(settings: tuple[str, ...]) -> dict[str, object]:
    options = " ".join(f"-c {setting}" for setting in (*_COMMON, *settings))
    return {"options": options, "application_name": "wardflow", "connect_timeout": 10}


def _text(document: object) -> str:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
