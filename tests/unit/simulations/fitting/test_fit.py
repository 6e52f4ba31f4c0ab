"""What was put into a simulated log is found again in it: within intervals, and where simpler estimates are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simulations.fitting.estimate import ALL_CLASSES, Asked, Fitted, stay_of
from simulations.fitting.fit import Fit, Request, fit
from simulations.fitting.reading import Reading
from simulations.fitting.visits import Fate
from simulations.scenarios.text import load_text
from simulations.statistics.survival import Lifetimes
from solver.engine.errors import InvalidInstance
from tests.recorded_logs import HOSPITAL, SECRET, as_transfers, built, log_of, written

LOSS = """\
name: Few beds
run: {start: 2026-01-05, length: 100 d, warm_up: 0 h}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 12}}}}}
pathways:
  stay:
    steps:
      icu: {bed: icu, room_for: 0, takes: {lognormal: {mean: 10 h, sd: 6 h}}}
resources: {icu: {beds: 4}}
"""
IMPATIENT = LOSS.replace("room_for: 0", "patience: {exponential: 6 h}")
LONG_STAYS = LOSS.replace("mean: 10 h, sd: 6 h", "mean: 12 d, sd: 8 d").replace("beds: 4", "beds: 400")


def fitted(folder: Path, text: str, seed: int, request: Request = Request()) -> Fit:  # noqa: B008
    log = log_of(built(folder, text), seed)
    return fit(written(log, folder / "log.csv"), request)


def ward(found: Fitted, name: str) -> int:
    return [each.name for each in found.wards].index(name)


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> list[Fitted]:
    folder = tmp_path_factory.mktemp("fits")
    return [fitted(folder, HOSPITAL, seed).fitted for seed in range(8)]


def checks(found: Fitted) -> Iterator[tuple[str, bool]]:
    """Whether each true number lies within the interval that was told."""
    emergency, elective = found.classes.index("emergency"), found.classes.index("elective")
    triage, icu, general = (ward(found, name) for name in ("triage", "icu", "ward"))
    for group, rate in ((emergency, 10.0), (elective, 3.0)):
        yield "arrivals", found.arrivals[group].low <= rate <= found.arrivals[group].high
    for number, group, to, share in (
        (triage, ALL_CLASSES, icu, 0.1),
        (triage, ALL_CLASSES, general, 0.5),
        (icu, ALL_CLASSES, general, 0.8),
    ):
        route = found.wards[number].routes[group][to]
        yield "routing", route.low <= share <= route.high
    scale = 72 * math.gamma(1.5)
    for number, group, mean in (
        (triage, ALL_CLASSES, 3.0),
        (icu, ALL_CLASSES, 72.0),
        (general, emergency, 96.0),
        (general, elective, scale),
    ):
        stay = found.wards[number].stays[group]
        yield "stays", abs(stay.mean - mean) <= stay.half


def test_arrivals_routing_and_stays_are_found_within_their_intervals(fits: list[Fitted]) -> None:
    held = [each for found in fits for each in checks(found)]
    for what in ("arrivals", "routing", "stays"):
        of_kind = [inside for name, inside in held if name == what]
        assert np.mean(of_kind) >= 0.85, what


def test_beds_are_found_where_patients_waited(fits: list[Fitted]) -> None:
    for found in fits:
        assert {each.name: each.beds for each in found.wards} == {"triage": 3, "icu": 4, "ward": 36}
        assert all(each.known for each in found.wards)


def test_distributions_are_mostly_called_by_their_names(fits: list[Fitted]) -> None:
    names = [found.wards[ward(found, "triage")].stays[ALL_CLASSES].named.family for found in fits]
    assert names.count("gamma") >= 6
    assert all(found.arrivals[found.classes.index("emergency")].by_hour is not None for found in fits)


def test_stays_that_have_not_ended_are_not_forgotten(tmp_path: Path) -> None:
    """Negative control: the mean of the stays that ended within four weeks is far too short."""
    log = log_of(built(tmp_path, LONG_STAYS, ("run.length", "28 d")), 1)
    found = fit(written(log, tmp_path / "log.csv"))
    stay = found.fitted.wards[0].stays[ALL_CLASSES]
    lives = found.fitted_on.visits.stays(found.fitted_on.length)
    naive = lives.exit[lives.ended]
    assert stay.going_on > 80
    assert naive.mean() + 1.96 * naive.std() / math.sqrt(len(naive)) < 0.8 * 288
    assert abs(stay.mean - 288) <= stay.half < 72


def test_who_was_refused_counts_as_demand(tmp_path: Path) -> None:
    found = fitted(tmp_path, LOSS, 3)
    came = found.fitted.arrivals[0]
    visits = found.fitted_on.visits
    served = np.isfinite(visits.started).sum() / 100
    assert came.low <= 12.0 <= came.high
    assert served < 0.9 * 12.0
    [icu] = found.fitted.wards
    assert (icu.room, icu.beds) == (0, 4)
    assert "room_for: 0" in found.text


def test_who_left_no_row_because_all_was_full_counts_where_that_is_said(tmp_path: Path) -> None:
    log = log_of(built(tmp_path, LOSS), 3)
    refused = log[log["event"] == "refused"]
    lost = set(zip(refused["source"], refused["number"], strict=True))
    kept = log[[each not in lost for each in zip(log["source"], log["number"], strict=True)]]
    path = written(kept, tmp_path / "log.csv")
    naive = fit(path).fitted.arrivals[0]
    told = fit(path, Request(asked=Asked(silent_when_full=("icu",))))
    assert naive.high < 12.0
    assert told.fitted.arrivals[0].low <= 12.0 <= told.fitted.arrivals[0].high
    assert "room_for: 0" in told.text


def test_patience_counts_those_who_were_served_first(tmp_path: Path) -> None:
    """Negative control: who gave up had waited far less than the mean patience, for the patient did not."""
    found = fitted(tmp_path, IMPATIENT, 4)
    [icu] = found.fitted.wards
    visits = found.fitted_on.visits
    gave_up = visits.fate == Fate.GAVE_UP
    assert icu.patience == pytest.approx(6.0, rel=0.25)
    assert (visits.gone - visits.asked)[gave_up].mean() < 3.5


def test_a_bed_that_is_kept_until_the_next_is_there_is_seen_in_a_log_of_transfers(tmp_path: Path) -> None:
    log = as_transfers(log_of(built(tmp_path), 5))
    found = fit(written(log, tmp_path / "log.csv"), Request(Reading(frees_bed=("triage",))))
    icu = ward(found.fitted, "icu")
    assert found.fitted.wards[icu].keeps_bed
    assert found.fitted.wards[icu].beds == 4
    assert (
        abs(found.fitted.wards[icu].stays[ALL_CLASSES].mean - 72)
        <= found.fitted.wards[icu].stays[ALL_CLASSES].half
    )
    assert found.text.count("give_back: when the next step starts") == 1
    assert SECRET.split("-")[-1] not in found.text


def test_what_is_written_is_a_scenario_in_every_form(tmp_path: Path) -> None:
    path = written(log_of(built(tmp_path), 6), tmp_path / "log.csv")
    for stays in ("auto", "named", "empirical"):
        found = fit(path, Request(asked=Asked(stays=stays, beds={"icu": 7})))
        scenario = load_text(found.text, found.tested_on.settings).scenario
        assert scenario.resources["icu"].beds == 7
        assert scenario.run.length == 120 * 24
        assert ("empirical" in found.text) >= (stays == "empirical")


def test_quantiles_of_an_empirical_stay_keep_the_mean_whatever_the_longest_was() -> None:
    """Drawn along a straight line to the longest of all, the longest hundredth once made the mean 7 % too long."""
    rng = np.random.default_rng(3)
    durations = np.append(rng.lognormal(4.0, 0.6, 1999), 4000.0)
    lives = Lifetimes(np.zeros(2000), durations, np.ones(2000, dtype=bool))
    stay = stay_of(lives, "empirical")
    assert len(stay.values) == 101
    assert stay.mean == pytest.approx(durations.mean(), rel=0.005)


def test_what_is_asked_is_checked_against_the_log(tmp_path: Path) -> None:
    path = written(log_of(built(tmp_path, LOSS, ("run.length", "10 d"))), tmp_path / "log.csv")
    for request, part in (
        (Request(asked=Asked(beds={"nowhere": 3})), "--beds"),
        (Request(asked=Asked(silent_when_full=("nowhere",))), "--silent-when-full"),
        (Request(reading=Reading(keeps_bed=("nowhere",))), "--keeps-bed"),
        (Request(hold_out=0.5), "at least 7 days"),
    ):
        with pytest.raises(InvalidInstance, match=part):
            fit(path, request)
