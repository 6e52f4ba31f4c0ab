"""A scenario that is right fits the record, one that is wrong does not, and what is wrong comes first."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from simulations.engine.outcome import Area
from simulations.engine.run import Compiled, replicate
from simulations.experiments.catalogue import Key
from simulations.fitting.back_test import BackTest, back_test, misfits
from simulations.fitting.fit import Period, Request, against, back_tested, fit
from simulations.fitting.measures import in_use, measures
from simulations.fitting.reading import Reading, read_log
from simulations.fitting.replaying import stage
from simulations.fitting.visits import hourly
from simulations.reports.back_test_page import back_test_page
from solver.engine.errors import InvalidInstance
from tests.recorded_logs import HOSPITAL, SECRET, as_transfers, built, log_of, written

DAYS = 60
REPLICATIONS = 40
READING = Reading(frees_bed=("triage",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("back_test")
    truth = built(found, HOSPITAL, ("run.length", f"{DAYS} d"))
    written(as_transfers(log_of(truth, 24)), found / "log.csv")
    return found


def held_beside(folder: Path, *changes: tuple[str, str], begin: datetime | None = None) -> BackTest:
    text = HOSPITAL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "tried.yaml"
    path.write_text(text)
    return against(path, folder / "log.csv", Request(READING, begin=begin), replications=REPLICATIONS)


@pytest.fixture(scope="module")
def right(folder: Path) -> BackTest:
    return held_beside(folder)


def test_the_scenario_that_made_the_record_fits_it(right: BackTest) -> None:
    assert len(right.misfits) > 30
    assert len(right.outside) <= 0.1 * len(right.misfits)
    assert right.left_out == 0
    assert [abs(each.size) for each in right.misfits] == sorted(
        (abs(e.size) for e in right.misfits), reverse=True
    )


def test_over_many_records_about_one_in_twenty_numbers_is_outside(folder: Path) -> None:
    """Each is judged by the scenario that made it, so that every misfit is chance."""
    outside = count = 0
    for seed in range(100, 108):
        truth = built(folder, HOSPITAL, ("run.length", "21 d"))
        log = written(as_transfers(log_of(truth, seed)), folder / "other.csv")
        found = against(folder / "truth.yaml", log, Request(READING), replications=REPLICATIONS)
        outside, count = outside + len(found.outside), count + len(found.misfits)
    assert 0.01 <= outside / count <= 0.10


@pytest.mark.parametrize(
    ("change", "worst"),
    [
        (("mean: 3 h, sd: 2 h", "mean: 4 h, sd: 2 h"), {"triage"}),
        (("per_day: 3", "per_day: 5"), {"elective", "ward"}),
        (("{icu: 0.1, ward: 0.5, leave: 0.4}", "{icu: 0.1, ward: 0.3, leave: 0.6}"), {"ward"}),
        (("triage: {beds: 3}", "triage: {beds: 8}"), {"triage"}),
    ],
)
def test_a_wrong_scenario_is_found_out_and_what_is_wrong_comes_first(
    folder: Path, right: BackTest, change: tuple[str, str], worst: set[str]
) -> None:
    found = held_beside(folder, change)
    assert len(found.outside) > len(right.outside)
    first = found.misfits[0]
    assert first.outside
    assert {first.key.place, first.key.patient_class} & worst
    assert abs(first.size) > 3
    assert first.title in found.verdict


def test_what_was_estimated_foretells_the_time_that_was_held_out(folder: Path) -> None:
    found = fit(folder / "log.csv", Request(READING, hold_out=0.4))
    assert found.held_out
    assert (found.fitted_on.length, found.tested_on.length) == (36 * 24, 24 * 24)
    tested = back_tested(found, seed=1, replications=REPLICATIONS)
    assert tested.widened == pytest.approx((1 + 24 / 36) ** 0.5)
    assert len(tested.outside) <= 0.1 * len(tested.misfits)
    assert tested.left_out == 0


def test_a_simulation_of_the_middle_begins_with_who_was_there(folder: Path) -> None:
    """Begun empty, a ward of 36 beds would need a week to fill, and every occupancy would be a misfit."""
    begin = read_log(folder / "log.csv", READING).origin.at(30 * 24.0)
    tested = held_beside(folder, begin=begin)
    ward = next(curve for curve in tested.curves if curve.ward == "ward")
    assert abs(ward.simulated[1][0] - ward.recorded[0]) < 3
    assert len(tested.outside) <= 0.1 * len(tested.misfits)


def test_who_has_no_place_in_the_scenario_is_counted(folder: Path) -> None:
    begin = read_log(folder / "log.csv", READING).origin.at(30 * 24.0)
    tested = held_beside(folder, ("      icu:\n", "      unit:\n"), ("icu: 0.1", "unit: 0.1"), begin=begin)
    assert 0 < tested.left_out <= 6
    assert "had no place in the scenario" in back_test_page(tested, "")


def test_the_report_repeats_byte_for_byte_holds_all_and_nobody(right: BackTest, folder: Path) -> None:
    text = back_test_page(right, "wardflow simulate back-test --seed 1")
    again = held_beside(folder)
    assert back_test_page(again, "wardflow simulate back-test --seed 1") == text
    assert all(each.title.split(",")[0] in text for each in right.misfits)
    assert text.count("<svg") == 3
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#)', text) == []
    assert not re.search(SECRET.format(r"\d+"), text)


def test_record_and_simulation_are_counted_alike(folder: Path) -> None:
    """The beds in use that are counted from visits are those that the engine integrates; from a moment on at which
    somebody keeps a bed of the intensive care unit while waiting for the next."""
    recorded = read_log(folder / "log.csv", READING)
    visits, icu = recorded.visits, recorded.visits.wards.index("icu")
    kept = (visits.ward == icu) & (visits.finished > 200) & (visits.freed > visits.finished + 2)
    begin = float(np.ceil(visits.finished[kept][0]))
    period = Period(recorded.origin.at(begin), 20 * 24.0, visits.within(begin, begin + 20 * 24.0))
    staged = stage(built(folder, HOSPITAL, *period.settings), period.visits)
    assert any(one.waiting and one.holds for one in staged.model.census)
    [outcome] = replicate(Compiled(staged.model), seed=3, replications=[0], horizon=period.length, log=True)
    simulated = staged.visits(outcome)
    found = measures(simulated, period.length, 0)
    for name in ("triage", "icu", "ward"):
        integral = outcome.area_of(name, Area.IN_USE)
        used = in_use(simulated, simulated.wards.index(name), period.length)
        assert used.sum() == pytest.approx(integral, rel=1e-9)
        assert found[Key("in_use_mean", name)] == pytest.approx(integral / period.length)
    assert found[Key("wait_mean", "triage")] == pytest.approx(outcome.mean_wait("emergency/triage"), abs=1e-3)


def test_intervals_are_averaged_over_hours() -> None:
    begun, ended = np.array([-2.0, 0.5, 1.25]), np.array([0.75, np.inf, 1.5])
    assert hourly(begun, ended, 3.0) == pytest.approx([1.25, 1.25, 1.0])


def test_a_band_is_of_single_runs_and_a_misfit_lies_outside_of_it() -> None:
    key, other = Key("in_use_mean", "icu"), Key("refused_share", "icu")
    rows = [{key: 10.0 + (n - 50) / 25, other: 0.0} for n in range(101)]
    [inside] = misfits({key: 11.8, other: 0.0}, rows, 1.0)
    [outside] = misfits({key: 12.1, other: 0.0}, rows, 1.0)
    [wide] = misfits({key: 12.1, other: 0.0}, rows, 2.0)
    assert (inside.low, inside.high) == pytest.approx((8.062, 11.938))
    assert (inside.outside, outside.outside, wide.outside) == (False, True, False)
    assert outside.size == pytest.approx(2.1 / np.std([row[key] for row in rows], ddof=1))


def test_what_never_varies_and_was_never_seen_is_no_end_of_a_misfit() -> None:
    key = Key("refused_share", "icu")
    [found] = misfits({key: 0.2}, [{key: 0.0}] * 60, 1.0)
    assert found.outside
    assert found.size == np.inf


def test_too_few_replications_make_no_band(folder: Path) -> None:
    truth = built(folder)
    visits = read_log(folder / "log.csv", READING).visits
    with pytest.raises(InvalidInstance, match="at least 40"):
        back_test(truth, visits, 24.0, replications=10)


def test_a_wait_counts_for_the_time_in_which_it_began(tmp_path: Path) -> None:
    """Who asked before the time began is nobody whose wait a simulation of that time could have made."""
    rows = "a,icu,2026-01-05 00:00,2026-01-05 12:00,\nb,icu,2026-01-05 07:00,2026-01-05 08:00,\n"
    (tmp_path / "log.csv").write_text(f"patient,ward,requested,start,end\n{rows}")
    visits = read_log(tmp_path / "log.csv").visits
    wait = Key("wait_mean", "icu")
    assert measures(visits.within(0.0, 24.0), 24.0, 0)[wait] == pytest.approx(6.5)
    assert measures(visits.within(6.0, 24.0), 18.0, 6)[wait] == pytest.approx(1.0)
