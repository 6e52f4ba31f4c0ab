"""`python -m benchmarks.service.plain VERB ...`: the `wardflow` command over an SQLite file that is not encrypted.

For measuring what encryption costs, and for nothing else: the service itself offers no way to leave it out. The same
driver, statements and settings; only the key is not set, so that SQLCipher works as SQLite does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import sqlcipher3

from models.keys import Key, KeyRing
from models.sqlite import database, engine

_encrypted_pragmas = engine._pragmas


@contextlib.contextmanager
def unencrypted() -> Iterator[None]:
    """In this process and meanwhile, embedded databases are made and opened without their key."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in _INSTEAD]
    for module, name, instead in _INSTEAD:
        setattr(module, name, instead)
    try:
        yield
    finally:
        for module, name, before in kept:
            setattr(module, name, before)


def _pragmas(key: Key, role: str) -> tuple[str, ...]:
    return tuple(p for p in _encrypted_pragmas(key, role) if not p.startswith(("key=", "cipher_")))


def _key_of(path: Path, keys: KeyRing) -> Key:
    return keys.current


def _write_first_page(path: Path, key: Key) -> None:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    try:
        connection.execute(f"PRAGMA application_id={engine.APPLICATION_ID}").close()
    finally:
        connection.close()


_INSTEAD: Final[tuple[tuple[ModuleType, str, Any], ...]] = (
    (engine, "_pragmas", _pragmas),
    (database, "_key_of", _key_of),
    (database, "_write_first_page", _write_first_page),
)


if __name__ == "__main__":
    from cli.main import main

    with unencrypted():
        main()
