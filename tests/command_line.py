"""The ``wardflow`` command as a person has it: a process of its own, in a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cli.service import Service, start_service
from solver.hospital import Hospital
from solver.hospital.formats import read_hospital
from tests.forked_commands import Forks

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "example-hospital"
PASSWORD = "correct horse battery staple"
LONGEST_SECONDS = 120
ALONE = {"solver_process": False}
"""Settings of a service that is asked for no batch: what plans those takes as long again to start."""

FORKS = Forks()
FOUND = ("init", "--name", "St. Example", "--time-zone", "Asia/Shanghai")


@dataclass(frozen=True)
class Home:
    """Somebody's folder, with the default places below it."""

    folder: Path
    cold: bool = False
    """Commands start the interpreter, as a person's do; else they begin with everything imported."""

    @property
    def database(self) -> Path:
        return self.folder / "share" / "wardflow" / "hospital.db"

    @property
    def key_file(self) -> Path:
        return self.folder / "config" / "wardflow" / "wardflow.keys"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDFLOW_")}
        places = {"share": "XDG_DATA_HOME", "config": "XDG_CONFIG_HOME"}
        return kept | {variable: str(self.folder / name) for name, variable in places.items()}

    def run(self, *words: Any, say: str = "", **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run one command to its end; ``say`` is its standard input, ``settings`` become ``WARDFLOW_*``."""
        extra = {f"WARDFLOW_{name.upper()}": str(value) for name, value in settings.items()}
        environment = self.environment | extra
        if not self.cold:
            return FORKS.run([*map(str, words)], say, self.folder, environment, LONGEST_SECONDS)
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli", *map(str, words)],
            input=say,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=environment,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    def done(self, *words: Any, say: str = "") -> str:
        """Run one command that must go well, and what it said."""
        ended = self.run(*words, say=say)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def refused(self, *words: Any, say: str = "", status: int = 2, **settings: Any) -> str:
        """Run one command that must be refused in plain words, and those words."""
        ended = self.run(*words, say=say, **settings)
        assert ended.returncode == status, (ended.returncode, ended.stdout, ended.stderr)
        assert "Traceback" not in ended.stderr
        return ended.stderr

    def found(self, *more: str) -> Home:
        """Make the hospital."""
        self.done(*FOUND, *more, say=f"{PASSWORD}\n")
        return self

    def copied(self, folder: Path) -> Home:
        """The same hospital in another home."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(self, folder=folder)

    def serve(self, **settings: object) -> Service:
        """Start the service over this home's hospital."""
        return start_service(self.database, self.key_file, self.folder / "run", settings=settings)

    def exported(self, name: str = "exported.json") -> Hospital:
        """What an export gives."""
        self.done("export", name)
        return read_hospital(self.folder / name)
