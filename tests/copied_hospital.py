"""The small hospital of the tests, stored once for each process that tests and each server, and copied for every test:
to store it anew took a quarter of the time in which a test's service starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import URL

from models.folders import make_private_folder

_file: list[bytes] = []
_databases: dict[str, str] = {}


def store_or_copy(address: Path | URL, store: Callable[[], None]) -> None:
    """Have the hospital that ``store`` makes at an address, where nothing is or an empty database."""
    if isinstance(address, Path):
        _file_there(address, store)
    else:
        _database_there(address, store)


def _file_there(path: Path, store: Callable[[], None]) -> None:
    if not _file:
        store()
        _file.append(path.read_bytes())
        return
    make_private_folder(path.parent)
    path.touch(0o600)
    path.write_bytes(_file[0])


def _database_there(url: URL, store: Callable[[], None]) -> None:
    host = str(url.query["host"])
    with psycopg.connect(host=host, user=url.username, dbname="postgres", autocommit=True) as connection:
        if host not in _databases:
            store()
            _databases[host] = f"{url.database}-small"
            connection.execute(f'CREATE DATABASE "{_databases[host]}" TEMPLATE "{url.database}"'.encode())
            return
        connection.execute(f'DROP DATABASE "{url.database}"'.encode())
        connection.execute(f'CREATE DATABASE "{url.database}" TEMPLATE "{_databases[host]}"'.encode())
