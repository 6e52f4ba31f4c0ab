"""All systems on 1, 2, 4 ... cores, in rounds, so that a slow moment of the machine meets all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any, Protocol

from benchmarks.scaling.law import Law, fitted
from benchmarks.scaling.systems import SYSTEMS
from benchmarks.scaling.workers import all_cores, pinned
from solver.engine.errors import InvalidInstance, Problem

SERVICE = "service"
NAMES = (*SYSTEMS, SERVICE)
AHEAD = (16, 64)
"""Numbers of cores of which is said what is expected."""


class Measured(Protocol):
    """A pace of any system, on one number of cores."""

    @property
    def throughput(self) -> float: ...

    @property
    def p99_ms(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Point:
    """On so many cores: medians over the rounds. speed_up: over one core, round by round. efficiency: a core's part."""

    cores: int
    throughput: float
    p99_ms: float
    speed_up: float
    efficiency: float
    speed_ups: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """One system. serial: the share that is known to be serial, measured apart, or None. law: fitted, and not better
    than that share allows. expected: speed-up by cores that this machine need not have;
    none from one number of cores alone."""

    name: str
    unit: str
    points: tuple[Point, ...]
    serial: float | None
    law: Law
    expected: Mapping[int, float]
    reasoning: str


def counts(most: int | None = None) -> list[int]:
    """1, 2, 4 ... and all cores of the machine; not above ``most``."""
    there = min(len(all_cores()), most or len(all_cores()))
    return sorted({2**power for power in range(there.bit_length()) if 2**power <= there} | {there})


def measured(
    names: Sequence[str], seconds: float, rounds: int, cores: Sequence[int], tell: Callable[[str], None]
) -> list[Scaling]:
    """Each of ``names`` for ``seconds`` on each number of ``cores``, ``rounds`` times; raises InvalidInstance."""
    _refuse_unknown(names, cores)
    paces: dict[str, list[dict[int, Measured]]] = {name: [] for name in names}
    with _service(names, max(cores)) as service:
        for number in range(rounds):
            # To and fro, so that no number of cores always comes first.
            order = cores if number % 2 == 0 else cores[::-1]
            for name in names:
                tell(f"round {number + 1} of {rounds}: {name}")
                paces[name].append({count: _one(name, count, seconds, service) for count in order})
    return [_scaling(name, paces[name]) for name in names]


def _refuse_unknown(names: Sequence[str], cores: Sequence[int]) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise InvalidInstance(
            [Problem("--systems", unknown[0], f"one of {', '.join(NAMES)}", "Correct the name.")]
        )
    if 1 not in cores or max(cores) > len(all_cores()):
        expected = f"1, and at most {len(all_cores())} as this machine has"
        raise InvalidInstance([Problem("--cores", list(cores), expected, "Correct the numbers.")])
    if SERVICE in names and find_spec("tests") is None:
        remedy = "Measure it from a checkout, or name the other --systems."
        raise InvalidInstance(
            [Problem("--systems", SERVICE, "a checkout, whose tests start PostgreSQL", remedy)]
        )


@contextlib.contextmanager
def _service(names: Sequence[str], most: int) -> Iterator[Any]:
    if SERVICE not in names:
        yield None
        return
    from benchmarks.scaling.service import staged

    with staged(most) as stage:
        yield stage


def _one(name: str, cores: int, seconds: float, service: Any) -> Measured:
    if name == SERVICE:
        pace = service.measure(cores, seconds)
        return _Placed(pace.placed_a_second, pace.p99_ms)
    with pinned(cores):
        return SYSTEMS[name].measure(cores, seconds)


@dataclass(frozen=True, slots=True)
class _Placed:
    throughput: float
    p99_ms: float


def _scaling(name: str, rounds: Sequence[Mapping[int, Measured]]) -> Scaling:
    from benchmarks.scaling import service

    points = [_point(count, rounds) for count in sorted(rounds[0])]
    system = SYSTEMS.get(name)
    serial = system.serial() if system is not None and system.serial is not None else None
    law = fitted({point.cores: point.speed_up for point in points}).at_least(serial or 0.0)
    return Scaling(
        name,
        system.unit if system is not None else service.UNIT,
        tuple(points),
        serial,
        law,
        {cores: law.speed_up(cores) for cores in AHEAD} if len(points) > 1 else {},
        system.reasoning if system is not None else service.REASONING,
    )


def _point(count: int, rounds: Sequence[Mapping[int, Measured]]) -> Point:
    ratios = [each[count].throughput / each[1].throughput for each in rounds]
    return Point(
        count,
        median(each[count].throughput for each in rounds),
        median(each[count].p99_ms for each in rounds),
        median(ratios),
        median(ratios) / count,
        tuple(ratios),
    )
