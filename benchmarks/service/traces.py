"""What a trace of the service (``benchmarks.service.traced``) says of why answers were late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

STAGES: Final = (
    ("came", "taken", "in the queue"),
    ("taken", "begun", "others of its batch"),
    ("begun", "decided", "its own decision"),
    ("decided", "storing", "others of its batch, after it"),
    ("storing", "answered", "stored, synced, handed back"),
)
SHOWN: Final = 10

Line = Mapping[str, Any]


def read(path: Path) -> list[Line]:
    """The lines of a trace."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def stages(lines: Sequence[Line]) -> Iterator[str]:
    """Of the latest commands how many milliseconds went into each stage and into collecting garbage meanwhile; then all
    collections of garbage that took longer than a millisecond."""
    commands = [line for line in lines if "came" in line and "begun" in line and "storing" in line]
    collections = [line for line in lines if "collected" in line]
    commands.sort(key=lambda line: line["due"] - line["answered"])
    yield f"{len(commands)} commands with a deadline; of the {SHOWN} latest, in milliseconds:"
    for line in commands[:SHOWN]:
        yield _told(line, collections)
    long = sorted((line["took"] for line in collections if line["took"] > 0.001), reverse=True)
    yield (
        f"{len(collections)} collections of garbage, {len(long)} longer than 1 ms, {1000 * sum(long):.0f} ms in all"
        + (f", the longest {1000 * long[0]:.1f} ms" if long else "")
    )


def _told(line: Line, collections: Sequence[Line]) -> str:
    parts = [f"{what} {1000 * (line[until] - line[since]):.1f}" for since, until, what in STAGES]
    collecting = sum(
        max(0.0, min(line["answered"], one["at"] + one["took"]) - max(line["came"], one["at"]))
        for one in collections
    )
    late = 1000 * (line["answered"] - line["due"])
    return (
        f"  late {late:.1f} (given {1000 * (line['due'] - line['came']):.0f}, {line['batch']} in its batch): "
        f"{'; '.join(parts)}; meanwhile {1000 * collecting:.1f} of collecting"
    )
