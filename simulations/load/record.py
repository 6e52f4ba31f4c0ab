"""What one process of the generator writes down: latencies, its own lateness, counts, acknowledged writes, faults."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from hdrh.histogram import HdrHistogram

LONGEST_SECONDS: Final = 3600
MICROSECONDS: Final = 1_000_000
DIGITS: Final = 3
FLUSHED: Final = 2_000
"""Lines of the journal that are written at once."""
SHOWN_FAULTS: Final = 1_000
"""More than that nobody reads; they are counted all."""


class Histogram:
    """Times in seconds, kept in microseconds to three digits up to an hour; histograms of processes add up."""

    def __init__(self, encoded: bytes | None = None) -> None:
        self._kept = HdrHistogram(1, LONGEST_SECONDS * MICROSECONDS, DIGITS)
        if encoded is not None:
            self._kept.decode_and_add(encoded)

    def add(self, seconds: float) -> None:
        """One more; nothing is below zero, whatever clocks say."""
        self._kept.record_value(min(max(int(seconds * MICROSECONDS), 0), LONGEST_SECONDS * MICROSECONDS))

    def merge(self, encoded: bytes) -> None:
        """Those of another process."""
        self._kept.decode_and_add(encoded)

    def encoded(self) -> bytes:
        """In the common format of HdrHistogram."""
        return bytes(self._kept.encode())

    @property
    def count(self) -> int:
        """How many."""
        return int(self._kept.get_total_count())

    def milliseconds(self, percentile: float) -> float:
        """0 to 100; 0 of nothing."""
        return float(self._kept.get_value_at_percentile(percentile)) / 1000 if self.count else 0.0


@dataclass(slots=True)
class Record:
    """Everything of a process. Latencies count from the intended time; ``slices``: of equal parts of the run.

    late: by how much this process itself sent later than it could have. slip: by how much an operation waited for the
    one before it of the same patient. seconds: how long was measured; of several processes, the longest.
    """

    slices: list[Histogram]
    latencies: dict[str, Histogram] = field(default_factory=dict)
    everything: Histogram = field(default_factory=Histogram)
    late: Histogram = field(default_factory=Histogram)
    slip: Histogram = field(default_factory=Histogram)
    statuses: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    seconds: float = 0.0

    def latency(self, kind: str, seconds: float, share: float) -> None:
        """Of one answer; ``share``: of the run that was over when it was due, 0 to 1."""
        found = self.latencies.get(kind)
        if found is None:
            found = self.latencies[kind] = Histogram()
        found.add(seconds)
        self.everything.add(seconds)
        self.slices[min(int(share * len(self.slices)), len(self.slices) - 1)].add(seconds)

    def fault(self, what: str) -> None:
        """Something that cannot be so."""
        self.counts["faults"] += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(what)

    def packed(self) -> dict[str, Any]:
        """As plain values that a process hands over."""
        return {
            "latencies": {kind: each.encoded() for kind, each in self.latencies.items()},
            "slices": [each.encoded() for each in self.slices],
            "everything": self.everything.encoded(),
            "late": self.late.encoded(),
            "slip": self.slip.encoded(),
            "statuses": dict(self.statuses),
            "counts": dict(self.counts),
            "faults": self.faults,
            "cpu_seconds": self.cpu_seconds,
            "seconds": self.seconds,
        }


def merged(packed: Iterable[Mapping[str, Any]]) -> Record:
    """The records of all processes as one."""
    several = list(packed)
    whole = Record([Histogram() for _ in several[0]["slices"]])
    for each in several:
        for kind, encoded in each["latencies"].items():
            whole.latencies.setdefault(kind, Histogram()).merge(encoded)
        for mine, encoded in zip(whole.slices, each["slices"], strict=True):
            mine.merge(encoded)
        for mine, name in ((whole.everything, "everything"), (whole.late, "late"), (whole.slip, "slip")):
            mine.merge(each[name])
        whole.statuses.update(each["statuses"])
        whole.counts.update(each["counts"])
        whole.faults += each["faults"]
        whole.cpu_seconds += each["cpu_seconds"]
        whole.seconds = max(whole.seconds, each["seconds"])
    return whole


class Journal:
    """The acknowledged writes, a line of JSON each, in a file."""

    def __init__(self, path: Path) -> None:
        self._file: io.BufferedWriter = path.open("wb")
        self._lines: list[bytes] = []

    def note(self, line: Mapping[str, Any]) -> None:
        """One write."""
        self._lines.append(orjson.dumps(line))
        if len(self._lines) >= FLUSHED:
            self._flush()

    def close(self) -> None:
        """Nothing comes any more."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._file.write(b"\n".join([*self._lines, b""]))
        self._lines.clear()


def read_journals(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The lines of all, in the order in which answers came."""
    lines = [orjson.loads(line) for path in paths for line in path.read_bytes().splitlines() if line]
    return sorted(lines, key=lambda line: float(line["answered"]))
