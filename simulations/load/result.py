"""What a load showed: figures, what makes them void, and what is to be known beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulations.load.plan import Planned, Wanted
from simulations.load.record import Histogram, Record
from simulations.load.shapes import Shape

LATE_SHARE: Final = 0.05
"""A run is void whose 99th percentile of lateness is a larger share of the goal."""
HOSPITAL_SHARE: Final = 0.05
"""Of the shortest stay: as much may the service's slowest answers take on the hospital's clock."""
PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9, "max": 100.0}
SHOWN: Final = 50
"""Faults that a report shows; all are counted."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load that is over. faults: what cannot be so. checked: what was looked at for them, and how often."""

    wanted: Wanted
    planned: Planned
    record: Record
    processes: int
    goal_ms: float
    faults: Sequence[str]
    checked: Mapping[str, int]

    @property
    def void(self) -> list[str]:
        """Why the latencies say nothing about the service; empty if they do."""
        found = []
        late, most = self.record.late.milliseconds(99), LATE_SHARE * self.goal_ms
        if late > most:
            found.append(
                f"The generator itself was late: 99 % within {late:.1f} ms, and {most:g} ms are allowed "
                f"({LATE_SHARE:.0%} of the goal). Take more --processes, or a machine of its own."
            )
        if self.record.everything.count == 0:
            found.append("Nothing was measured.")
        if self.record.counts["clock not set"]:
            found.append(
                f"The hospital's clock could not be set {self.record.counts['clock not set']} times."
            )
        return found

    @property
    def warnings(self) -> list[str]:
        """What is to be known beside the figures."""
        found = []
        p99 = self.record.everything.milliseconds(99)
        shortest, compression = self.planned.shortest_activity, self.planned.pace.compression
        if p99 / 1000 * compression > HOSPITAL_SHARE * shortest:
            found.append(
                f"At {compression:,.0f} times the speed of life an answer of {p99:.0f} ms takes "
                f"{p99 / 60_000 * compression:.0f} min of the hospital, more than {HOSPITAL_SHARE:.0%} of its "
                f"shortest stay ({shortest / 60:.0f} min): take more --sites for the same rate."
            )
        for name in ("given up", "unresolved", "timeouts"):
            if self.record.counts[name]:
                found.append(f"{self.record.counts[name]} questions {EXPLAINED[name]}.")
        return found

    @property
    def steps(self) -> list[dict[str, float]]:
        """Of a load that grows: operations a second asked for, and how long answers took."""
        base, slices = self.planned.rate, self.record.slices
        multiples = [multiple for _, multiple in self.planned.steps]
        mean = sum(multiples) / len(multiples)
        return [
            {"rate": base * multiple / mean, **percentiles(each)}
            for multiple, each in zip(multiples, slices, strict=True)
        ]

    @property
    def knee(self) -> float | None:
        """Operations a second of the last step before the goal was missed; None if the first missed it."""
        good = None
        for step in self.steps:
            if not step["count"] or step["p99"] > self.goal_ms:
                break
            good = step["rate"]
        return good

    @property
    def knee_found(self) -> bool:
        """Whether a later step missed the goal; else the service bears more than was asked."""
        return self.knee is None or self.knee < self.steps[-1]["rate"]

    def figures(self) -> dict[str, Any]:
        """Everything as plain values; times in milliseconds."""
        record, wanted, planned = self.record, self.wanted, self.planned
        answered = sum(record.statuses.values())
        found: dict[str, Any] = {
            "shape": str(wanted.shape),
            "seed": wanted.seed,
            "seconds": wanted.seconds,
            "sites": wanted.sites,
            "processes": self.processes,
            "asked_a_second": round(planned.rate, 2),
            "answered_a_second": round(record.everything.count / record.seconds, 2),
            "compression": round(planned.pace.compression, 1),
            "fill_seconds": round(planned.fill, 1),
            "patients": len(planned.patients),
            "goal_ms": self.goal_ms,
            "latency_ms": percentiles(record.everything),
            "latency_ms_by_kind": {
                kind: percentiles(each) for kind, each in sorted(record.latencies.items())
            },
            "latency_ms_by_slice": [percentiles(each) for each in record.slices],
            "slip_ms": percentiles(record.slip),
            "lateness_ms": percentiles(record.late),
            "statuses": dict(sorted(record.statuses.items())),
            "answered": answered,
            "counts": dict(sorted(record.counts.items())),
            "generator_cpu_seconds": round(record.cpu_seconds, 3),
            "checked": dict(self.checked),
            "faults": len(self.faults),
            "first_faults": list(self.faults[:SHOWN]),
            "void": self.void,
            "warnings": self.warnings,
        }
        if wanted.shape is Shape.STEP:
            found |= {"steps": self.steps, "knee_a_second": self.knee, "knee_found": self.knee_found}
        return found


EXPLAINED: Final = {
    "given up": "were asked again and again without an answer, and given up",
    "unresolved": "had no answer when the load was over",
    "timeouts": "had no answer for half a minute and were asked again under their keys",
}


def percentiles(histogram: Histogram) -> dict[str, float]:
    """How many, and percentiles in milliseconds."""
    found = {name: round(histogram.milliseconds(at), 3) for name, at in PERCENTILES.items()}
    return {"count": histogram.count, **found}
