"""What ``make`` does to the environment of everything it starts."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_compiled_modules_are_kept_though_the_environment_says_to_throw_them_away() -> None:
    """Many containers say so; every process of a test then compiles a thousand modules anew."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    told = subprocess.run(
        ["make", "--silent", "--eval", "told: ; @env", "told"],
        cwd=ROOT,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", "SEEN": "by all"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "SEEN=by all" in told
    assert "PYTHONDONTWRITEBYTECODE" not in told
