"""Bookings made by chance in any number: hospitals' days of pumps, monitors and scanners, for speed at size."""

from __future__ import annotations

import numpy as np

from solver.equipment.problem import BookingProblem, BookingRequest, PlannedUnit

DAY = 1440
SPEED = 4
"""A porter's minutes per step between wards."""


def generated(
    bookings: int, units: int, days: int, seed: int, types: int = 20, wards: int = 12
) -> BookingProblem:
    """``bookings`` spread over ``days``, by day more than by night, for ``units`` of ``types``; one in three bookings
    accepts a second type, one unit in five is away for maintenance once."""
    draw = np.random.default_rng(seed)
    places = draw.integers(0, 6, (wards, 2))
    ways = SPEED * np.abs(places[:, None, :] - places[None, :, :]).sum(axis=2)
    names = tuple(f"W{ward}" for ward in range(wards))
    made = []
    for number in range(units):
        begin = int(draw.integers(0, days * DAY))
        away = ((begin, begin + 240),) if draw.random() < 0.2 else ()
        made.append(PlannedUnit(f"D{number}", f"T{number % types}", names[int(draw.integers(wards))], away))
    asked = []
    for number in range(bookings):
        earliest = int(draw.integers(0, days)) * DAY + int(np.clip(draw.normal(720, 240), 0, DAY - 1))
        first = int(draw.integers(types))
        accepted = {f"T{first}", f"T{(first + 1) % types}"} if draw.random() < 0.33 else {f"T{first}"}
        asked.append(
            BookingRequest(
                f"R{number}",
                tuple(sorted(accepted)),
                names[int(draw.integers(wards))],
                earliest,
                earliest + 5 * int(draw.integers(0, 25)),
                5 * int(draw.integers(6, 60)),
                5 * int(draw.integers(0, 5)),
                int(draw.integers(1, 6)),
            )
        )
    transport = tuple(tuple(int(minutes) for minutes in row) for row in ways)
    return BookingProblem(
        names, transport, tuple(made), tuple(asked), name=f"generated-{bookings}-{units}-{days}-{seed}"
    )
