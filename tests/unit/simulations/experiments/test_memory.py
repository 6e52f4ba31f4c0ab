"""A scenario too large for the memory is refused before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulations.engine import distributions as d
from simulations.experiments.memory import bytes_needed, demand, free_memory, mean, refuse_too_large
from simulations.experiments.replications import Plan, experiment
from simulations.scenarios.build import Built, load
from solver.engine.errors import InvalidInstance

TEXT = """\
name: Ward
run: {start: 2026-01-05, length: 100 d, warm_up: 0 h, replications: 1}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 12}}}}}
pathways:
  stay:
    steps:
      triage: {takes: 1 h, next: {ward: 0.5, leave: 0.5}}
      ward: {bed: ward, takes: {exponential: 10 h}, next: {ward: 0.2, leave: 0.8}}
resources: {ward: {beds: 20}}
"""


def built(folder: Path, *settings: tuple[str, str]) -> Built:
    path = folder / "s.yaml"
    path.write_text(TEXT)
    return load(path, settings)


def test_what_is_present_follows_from_the_traffic_equations(tmp_path: Path) -> None:
    """0.5 an hour come; each is in triage for 1 h and 0.5 / 0.8 times on the ward for 10 h."""
    found = demand(built(tmp_path).model, 2400.0)
    assert found.arrivals == pytest.approx(1200)
    assert found.present == pytest.approx(0.5 * (1 + 0.625 * 10))
    assert found.visits == pytest.approx(0.5 * 1.625 * 2400)


def test_what_a_ward_cannot_serve_piles_up(tmp_path: Path) -> None:
    found = demand(built(tmp_path, ("resources.ward.beds", "1")).model, 2400.0)
    load_in_beds = 0.5 * 0.625 * 10
    assert found.present == pytest.approx(0.5 + load_in_beds + (load_in_beds - 1) / 10 * 2400)


def test_a_mistaken_unit_is_refused_before_anything_is_simulated(tmp_path: Path) -> None:
    huge = built(tmp_path, ("demand.classes.ill.arrivals.random.per_day", "5e9"))
    with pytest.raises(InvalidInstance, match=r"Ward: got 'about [0-9,.]+ GiB needed', expected at most"):
        experiment([huge], Plan())


def test_more_workers_need_more_and_a_log_most_of_all(tmp_path: Path) -> None:
    scenario = built(tmp_path)
    one, two = bytes_needed(scenario, 1), bytes_needed(scenario, 2)
    logged = bytes_needed(scenario, 1, log=True)
    assert one < two < logged
    refuse_too_large([scenario], 1, free=int(one / 0.7) + 1)
    with pytest.raises(InvalidInstance):
        refuse_too_large([scenario], 1, free=int(one / 0.7) - 1)


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (d.Constant(3.0), 3.0),
        (d.Triangular(1.0, 2.0, 6.0), 3.0),
        (d.Weibull(1.0, 3.0), 3.0),
        (d.Erlang(3.0, 4), 3.0),
        (d.Empirical((1.0, 5.0), (1.0, 1.0)), 3.0),
        (d.PhaseType((1.0, 0.0), ((0.0, 0.5), (0.0, 1.0))), 3.0),
    ],
)
def test_means_are_those_of_the_distributions(distribution: d.Distribution, expected: float) -> None:
    assert mean(distribution) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        ("{appointments: {every: 2 h, from: 50 d}}", 600.0),
        ("{gaps: {distribution: {exponential: 2 h}, until: 25 d}}", 300.0),
        ('{sessions: {days: [mon], at: "09:00", number: 3}}', 45.0),
        ("{random: {per_day: 2, groups: [{size: 1, share: 0.5}, {size: 3, share: 0.5}]}}", 400.0),
    ],
)
def test_every_way_of_arriving_is_counted(tmp_path: Path, arrivals: str, expected: float) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(TEXT.replace("{random: {per_day: 12}}", arrivals))
    assert demand(load(path).model, 2400.0).arrivals == pytest.approx(expected)


def test_what_caches_hold_can_be_had(tmp_path: Path) -> None:
    """After a night of other work little is free and much available: small scenarios were refused."""
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:       8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n")
    assert free_memory(told) == 6_000_000 * 1024


@pytest.mark.parametrize("text", [None, "MemFree: 100 kB\n"])
def test_where_nothing_tells_what_is_available_what_is_free_counts(tmp_path: Path, text: str | None) -> None:
    told = tmp_path / "meminfo"
    if text is not None:
        told.write_text(text)
    assert free_memory(told) > 1 << 20
