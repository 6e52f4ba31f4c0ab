"""Admissions to test with: the public instances where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get("WARDFLOW_BENCHMARKS", Path(__file__).parents[1] / ".." / "shared" / "benchmarks")
)


def public(*parts: str) -> Path:
    """A file of the competition; the test is skipped where it is not there."""
    path = FOLDER.joinpath("ihtc2024", *parts)
    if not path.exists():
        pytest.skip("the public instances are not there")
    return path
