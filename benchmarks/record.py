"""Results as JSON lines: each with machine, versions and revision, appended as it is known, so runs can resume."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("numba", "numpy", "ortools", "scipy")


def circumstances() -> dict[str, object]:
    """Where and with what a figure was measured; nothing that names a person or a machine's owner."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "revision": revision(),
    }


def revision() -> str:
    """The checkout's revision, or "unknown" outside of one."""
    try:
        command = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def append(path: Path, result: Mapping[str, object]) -> dict[str, Any]:
    """Add one result to a file, with its circumstances; returns the line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {**result, **circumstances()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return line


def recorded(path: Path) -> Iterator[dict[str, Any]]:
    """The results a file holds; none when there is no file."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
