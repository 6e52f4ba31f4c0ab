"""Hearing of other processes' commits the moment they are made (LISTEN).

A message may come late or, while the server is away, not at all: it only says that looking is worth while. What a batch
stands on is looked up before it is decided, whatever was heard.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.errors import StorageError
from models.postgresql.dialect import CHANNEL

LOOK_SECONDS = 0.5
"""How long it takes at most to notice that it is to stop."""

AGAIN_SECONDS = 1.0
"""Pause before a lost connection is made again."""

log = logging.getLogger(__name__)


class Listener:
    """A thread with a connection of its own that passes on the revision of every commit; to be closed.

    ``connected`` is called whenever it can be heard (again).
    """

    def __init__(self, engine: Engine, heard: Callable[[int], None], connected: Callable[[], None]) -> None:
        self._engine = engine
        self._heard = heard
        self._connected = connected
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wardflow-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except (psycopg.Error, SQLAlchemyError, StorageError) as error:
                log.warning("Not listening for other processes (%s); trying again", type(error).__name__)
                self._ended.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        pooled = self._engine.raw_connection()
        try:
            connection = pooled.driver_connection
            assert isinstance(connection, psycopg.Connection), "PostgreSQL is spoken to by psycopg"
            connection.execute(f"LISTEN {CHANNEL}")
            self._connected()
            while not self._ended.is_set():
                for message in connection.notifies(timeout=LOOK_SECONDS):
                    self._heard(int(message.payload))
        finally:
            pooled.close()
