"""Putting a stay into the arrays and taking it out again."""

from typing import Any

from solver.engine.jit import kernel


@kernel
def seat(
    stays: Any,
    slot: int,
    bed: int,
    start: int,
    end: int,
    free_from: int,
    person: int,
    sex: int,
    isolation: int,
    cohort: int,
    exposure: int,
    pinned: bool,
    predicted: bool,
) -> None:
    """Fill a free slot and list it with its bed; the bed's row must have room."""
    stays.start[slot] = start
    stays.end[slot] = end
    stays.free_from[slot] = free_from
    stays.person[slot] = person
    stays.sex[slot] = sex
    stays.isolation[slot] = isolation
    stays.cohort[slot] = cohort
    stays.exposure[slot] = exposure
    stays.pinned[slot] = pinned
    stays.predicted[slot] = predicted
    stays.of_bed[bed, stays.of_bed_count[bed]] = slot
    stays.of_bed_count[bed] += 1


@kernel
def unseat(stays: Any, slot: int, bed: int) -> None:
    """Take a slot off its bed's row."""
    last = stays.of_bed_count[bed] - 1
    for index in range(last + 1):
        if stays.of_bed[bed, index] == slot:
            stays.of_bed[bed, index] = stays.of_bed[bed, last]
            stays.of_bed_count[bed] = last
            return
