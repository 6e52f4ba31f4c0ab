"""One process alone opens an embedded hospital: a lock file beside it, released when the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from models.errors import DatabaseInUse


class ProcessLock:
    """Holds ``<database>.lock`` until closed; raises ``DatabaseInUse`` if another handle has it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise DatabaseInUse(
                f"{database} is open in another wardflow process (process id {holder}). An embedded hospital "
                "has one process; stop that one first."
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let the next process in. The lock file stays: removing it would race with whoever opens it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
