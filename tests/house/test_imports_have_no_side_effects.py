"""No settings read, no logging set up, no file or connection opened, nothing compiled by an import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["solver", "models", "api", "simulations", "benchmarks", "cli"]


def side_effects(folder: Path, package: str) -> list[str]:
    """What importing all of ``package`` did besides, seen in a process of its own."""
    probe = Path(__file__).with_name("import_probe.py")
    done = subprocess.run(
        [sys.executable, str(probe), str(folder), package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_does_nothing_else(package: str) -> None:
    assert side_effects(ROOT, package) == []


SETTINGS = """
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    beds: int = 3
"""


@pytest.mark.parametrize(
    ("source", "deed"),
    [
        ("import os\nHOME = os.getenv('HOME')", "read the environment: HOME"),
        (SETTINGS + "SETTINGS = Settings()", "read the environment: all"),
        ("import os\nHOME = os.environ.get('HOME')", "read the environment"),
        ("import os\nNAMES = list(os.environ)", "read the environment"),
        ("import logging\nlogging.basicConfig()", "added a handler"),
        ("import logging\nlogging.getLogger('ward').setLevel('DEBUG')", "set a log level"),
        ("import threading\nthreading.Thread(target=int).start()", "started a thread"),
        ("from pathlib import Path\nTEXT = Path(__file__).read_text()", "open"),
        ("import sqlite3\nsqlite3.connect(':memory:').close()", "sqlite3.connect"),
        ("import numba\nHALF = numba.njit('int64(int64)')(lambda n: n // 2)", "compiled"),
        ("from solver.engine.jit import kernel\n@kernel\ndef one(): return 1\none()", "compiled one"),
    ],
)
def test_the_probe_sees_a_side_effect(tmp_path: Path, source: str, deed: str) -> None:
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "__init__.py").write_text(source + "\n")
    assert any(deed in line for line in side_effects(tmp_path, "ward"))


def test_the_probe_does_not_blame_us_for_what_a_library_does(tmp_path: Path) -> None:
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "__init__.py").write_text("import numba, fastapi, pandas, sqlalchemy\n" + SETTINGS)
    assert side_effects(tmp_path, "ward") == []
