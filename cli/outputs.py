"""Files that a command writes in the end."""

from __future__ import annotations

import os
from pathlib import Path

from cli.errors import Refused


def refuse_unwritable(path: Path | None) -> None:
    """Raise ``Refused`` where a file could not be written: told before minutes of search, not after them."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise Refused(
            f"{path} cannot be written: there is no folder {path.parent}. Make it, or name another file."
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refused(f"{path} cannot be written: access is denied. Allow it, or name another file.")
