"""The same patients come whatever else a scenario changes: a surge adds to them, and a quieter time leaves some out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulations.hospital import generate
from simulations.placing.arrivals import Arrivals, draw, expected
from simulations.placing.model import PlacedModel, Surge
from simulations.placing.templates import Pools, pools
from solver.hospital.timegrid import MINUTES_PER_DAY

NOW = 29_540_160
MINUTES = 28 * MINUTES_PER_DAY
BEGIN, END = NOW + 3 * MINUTES_PER_DAY, NOW + 8 * MINUTES_PER_DAY


@pytest.fixture(scope="module")
def model() -> PlacedModel:
    return PlacedModel(generate("ward", 1, NOW), NOW)


@pytest.fixture(scope="module")
def pool(model: PlacedModel) -> Pools:
    return pools(model.hospital, NOW)


def rows(found: Arrivals) -> set[tuple[int, ...]]:
    """Who comes when, how long they stay and what notice they give."""
    columns = (found.minute, found.template, found.stretch, found.notice)
    return set(zip(*(column.tolist() for column in columns), strict=True))


def surged(model: PlacedModel, factor: float) -> PlacedModel:
    return replace(model, surges=(Surge("flu", (), BEGIN, END, factor),))


def test_a_surge_adds_patients_and_changes_nobody_who_comes_without_it(
    model: PlacedModel, pool: Pools
) -> None:
    """It used to change who came after it, and how long they stayed: half of a comparison was of other patients."""
    base, more = (rows(draw(each, pool, 1, 0, MINUTES)) for each in (model, surged(model, 3.0)))
    assert base < more
    assert all(BEGIN <= minute < END for minute, *_ in more - base)
    inside = sum(BEGIN <= minute < END for minute, *_ in base)
    assert 1.2 * inside < len(more - base) < 2.8 * inside


def test_a_quieter_time_leaves_some_out_and_a_higher_load_adds_some(model: PlacedModel, pool: Pools) -> None:
    base, fewer, busier = (
        rows(draw(each, pool, 1, 0, MINUTES))
        for each in (model, surged(model, 0.4), replace(model, load=2 * model.load))
    )
    assert fewer < base < busier
    assert all(BEGIN <= minute < END for minute, *_ in base - fewer)


def test_as_many_come_as_the_load_says_and_as_unevenly_as_chance_has_it(
    model: PlacedModel, pool: Pools
) -> None:
    counts = np.array([draw(model, pool, 1, number, MINUTES).minute.size for number in range(200)])
    mean = expected(model, MINUTES)
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / counts.size)
    assert 0.7 < counts.var(ddof=1) / mean < 1.35
    assert (np.diff(draw(model, pool, 1, 0, MINUTES).minute) >= 0).all()
