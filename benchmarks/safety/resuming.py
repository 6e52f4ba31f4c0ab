"""Campaigns that go on where their file of results says they stopped."""

from __future__ import annotations

from pathlib import Path

from benchmarks.record import recorded, revision


def done_before(benchmark: str, kind: str, seed: int, path: Path) -> int:
    """Rounds of this kind and seed that a file holds of the present revision."""
    present, sought = _clean(revision()), (benchmark, kind, seed)
    lines = (line for line in recorded(path) if (line["benchmark"], line["kind"], line["seed"]) == sought)
    return sum(_clean(line["revision"]) == present for line in lines)


def _clean(revision: str) -> str:
    # The file of results itself makes a checkout dirty.
    return revision.removesuffix("-dirty")
